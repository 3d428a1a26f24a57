// SPDX-License-Identifier: LGPL-2.1-or-later
/* Makes the same calls each time; with an argument two more that are new, one of them by its domain. */
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void open_socket(int domain)
{
	int fd = socket(domain, SOCK_STREAM, 0);

	if (fd >= 0)
		close(fd);
}

int main(int argc, char *argv[])
{
	(void)argv;
	open_socket(AF_INET);
	if (argc > 1) {
		open_socket(AF_UNIX);
		syscall(SYS_getppid);
		syscall(SYS_getppid);
	}
	return 0;
}
