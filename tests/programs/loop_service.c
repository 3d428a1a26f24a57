// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A service for the tests of the whole loop: it waits on a FIFO (its first argument) and does for
 * each byte that it reads what a letter says, then adds the letter and what the call gave, in a line,
 * to a file (its second argument).
 *
 *	p	getppid()
 *	b	malloc()s what has the heap grow: brk()
 *	6	socket(AF_INET6)
 *	c	a child's child calls personality()
 *	q	ends, with status 0
 *	k	times() from outer() by inner()
 *
 * SIGHUP, its reload, has it call getpriority().
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t is_reloading;

static void on_hangup(int signal)
{
	(void)signal;
	is_reloading = 1;
}

__attribute__((noinline)) static long inner(void)
{
	long result = syscall(SYS_times, NULL);

	__asm__ volatile("");
	return result;
}

__attribute__((noinline)) static long outer(void)
{
	long result = inner();

	__asm__ volatile("");
	return result;
}

__attribute__((noinline)) static long grow(void)
{
	void *end = sbrk(0);
	/* sbrk() asks the kernel for it: nothing else in the program does. */
	void *former = sbrk(65536);

	return former == (void *)-1 || former != end ? -1 : 0;
}

__attribute__((noinline)) static long by_grandchild(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		pid_t grandchild = fork();

		if (grandchild == 0)
			_exit(syscall(SYS_personality, 0xffffffff) < 0 ? 1 : 0);
		_exit(waitpid(grandchild, &status, 0) == grandchild && status == 0 ? 0 : 1);
	}
	return waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

static long act(char letter)
{
	int fd;

	switch (letter) {
	case 'p':
		return syscall(SYS_getppid) < 0 ? -1 : 0;
	case 'b':
		return grow();
	case '6':
		fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
		return fd < 0 ? -1 : close(fd);
	case 'c':
		return by_grandchild();
	case 'k':
		return outer() < 0 ? -1 : 0;
	case 'q':
		exit(0);
	default:
		return 0;
	}
}

static void answer(const char *path, char letter)
{
	int saved, fd;
	char line[32];

	errno = 0;
	saved = act(letter) < 0 ? errno : 0;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	snprintf(line, sizeof(line), "%c %d\n", letter, saved);
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		exit(1);
	close(fd);
}

int main(int argc, char *argv[])
{
	struct sigaction action = { .sa_handler = on_hangup };
	struct pollfd fd = { .events = POLLIN };

	if (argc != 3)
		return 2;
	sigaction(SIGHUP, &action, NULL);
	fd.fd = open(argv[1], O_RDWR | O_CLOEXEC);
	if (fd.fd < 0)
		return 3;
	for (;;) {
		char letter;

		if (poll(&fd, 1, -1) > 0 && read(fd.fd, &letter, 1) == 1)
			answer(argv[2], letter);
		if (is_reloading) {
			is_reloading = 0;
			getpriority(PRIO_PROCESS, 0);
			answer(argv[2], 'r');
		}
	}
}
