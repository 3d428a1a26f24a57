// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What runs under the formats' outputs: tells what becomes of a call outside of the policy (getpriority), of
 * one with an argument outside (socket of AF_INET) and of one inside (of AF_UNIX), then serves: each
 * line that it reads comes back. With an argument only the latter two, to be recorded.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int outcome(long result)
{
	return result < 0 ? errno : 0;
}

static int open_socket(int domain)
{
	int fd = socket(domain, SOCK_STREAM, 0), error = outcome(fd);

	if (fd >= 0)
		close(fd);
	return error;
}

int main(int argc, char *argv[])
{
	int outside = argc > 1 ? 0 : outcome(syscall(SYS_getpriority, 0, 0));
	int inet = argc > 1 ? 0 : open_socket(AF_INET);
	char text[256];
	ssize_t length;

	(void)argv;
	length = snprintf(text, sizeof(text), "ready outside=%d inet=%d unix=%d\n", outside, inet,
			  open_socket(AF_UNIX));
	while (length > 0 && write(STDOUT_FILENO, text, (size_t)length) == length)
		length = read(STDIN_FILENO, text, sizeof(text));
	return length != 0;
}
