// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that does the same on every run: threads, forks, vfork, execve of itself, sockets, calls of
 * the 32-bit ABI, a signal. What would hang on timing is made to happen: a thread that is joined
 * still sleeps, a child that is waited for has not ended yet.
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void pause_ms(long ms)
{
	struct timespec time = { .tv_nsec = ms * 1000000 };

	nanosleep(&time, NULL);
}

static void *work(void *argument)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)argument;
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &(int){ 1 }, sizeof(int));
	close(fd);
	pause_ms(100);
	return NULL;
}

static void run_threads(void)
{
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			abort();
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

static void on_signal(int number)
{
	(void)number;
}

static void fork_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		pause_ms(50);
		setpriority(0, 0, 5);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void execute_child(const char *self)
{
	char *const arguments[] = { (char *)(unsigned long)self, (char[]){ "again" }, NULL };
	pid_t child = vfork();

	if (child == 0) {
		execve(self, arguments, environ);
		_exit(1);
	}
	waitpid(child, NULL, 0);
}

static long call_i386(long nr)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(0L), "c"(0L) : "memory");
	return result;
}

int main(int argc, char *argv[])
{
	struct open_how how = { .flags = O_RDONLY };
	int fd, pair[2];

	(void)argc;
	if (argv[1] && strcmp(argv[1], "again") == 0) {
		sched_get_priority_max(0);
		pause_ms(50);
		return 0;
	}
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	prctl(PR_SET_NAME, "family");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0) {
		ioctl(pair[0], FIONREAD, &fd);
		fcntl(pair[0], F_SETFL, O_NONBLOCK);
	}
	mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fd = open("/dev/null", O_WRONLY | O_CREAT, 0644);
	close(fd);
	fd = (int)syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, sizeof(how));
	close(fd);
	call_i386(64); /* getppid, and semget of x86-64 */
	run_threads();
	fork_child();
	execute_child(argv[0]);
	return 0;
}
