// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Preloaded into a service: on SIGRTMIN+3 the process that got it tries what its start-up may have
 * been allowed, and writes what became of each call, an errno, to $TRIES/PID. No call can succeed, so
 * that nothing changes: a filter says EPERM, and the kernel, which is asked for what there is not,
 * says ENOENT, EINVAL and EBADF.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char directory[200];

static int outcome(long result)
{
	return result < 0 ? errno : 0;
}

static void try_all(int signal_number)
{
	char text[100], path[240];
	int saved = errno, fd, size;

	(void)signal_number;
	size = snprintf(text, sizeof(text), "execve=%d setuid=%d bind=%d seccomp=%d\n",
			outcome(syscall(SYS_execve, "/nonexistent", NULL, NULL)),
			outcome(syscall(SYS_setuid, -1)), outcome(syscall(SYS_bind, -1, NULL, 0)),
			outcome(syscall(SYS_seccomp, 0xffff, 0, NULL)));
	snprintf(path, sizeof(path), "%s/%d", directory, (int)syscall(SYS_getpid));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd >= 0 && write(fd, text, (size_t)size) == size)
		close(fd);
	errno = saved;
}

__attribute__((constructor)) static void install(void)
{
	struct sigaction action = { .sa_handler = try_all, .sa_flags = SA_RESTART };
	const char *given = getenv("TRIES");

	if (!given)
		return;
	snprintf(directory, sizeof(directory), "%s", given);
	sigaction(SIGRTMIN + 3, &action, NULL);
}
