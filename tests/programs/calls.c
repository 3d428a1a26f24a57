// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Calls that a recorder must count, by processes that it must not miss. `calls fork 1000` makes 1,000
 * children, of which number i makes one system call of the number 2000 + i, which no kernel has:
 * each child's call can be told from every other's.
 */
#define _GNU_SOURCE 1
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK	2000
#define THREADS 4

static void mark(long index)
{
	syscall(MARK + index);
}

static void await(pid_t pid)
{
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		abort();
}

static void by_fork(long count)
{
	for (long i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			mark(i);
			_exit(0);
		}
		await(pid);
	}
}

/* All at once, so that they run on every CPU while others are being made. */
static void by_fork_together(long count)
{
	for (long i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			abort();
		if (pid == 0) {
			mark(i);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

static void by_vfork(long count)
{
	for (long i = 0; i < count; i++) {
		pid_t pid = vfork();

		if (pid == 0) {
			mark(i);
			_exit(0);
		}
		await(pid);
	}
}

static int clone_child(void *index)
{
	mark((long)index);
	return 0;
}

static void by_clone(long count)
{
	static char stack[65536] __attribute__((aligned(16)));

	for (long i = 0; i < count; i++)
		await(clone(clone_child, stack + sizeof(stack), CLONE_VM | SIGCHLD, (void *)i));
}

static void *thread_child(void *index)
{
	mark((long)index);
	return NULL;
}

static void by_thread(long count)
{
	for (long i = 0; i < count; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, thread_child, (void *)i) != 0)
			abort();
		pthread_join(thread, NULL);
	}
}

/* Grandchildren, whose parents are gone when they call. */
static void by_orphan(long count)
{
	for (long i = 0; i < count; i++) {
		int fds[2];
		pid_t pid;
		char byte;

		if (pipe(fds) < 0)
			abort();
		pid = fork();
		if (pid == 0) {
			if (fork() == 0) {
				while (getppid() == pid)
					sched_yield();
				mark(i);
			}
			_exit(0);
		}
		await(pid);
		close(fds[1]);
		if (read(fds[0], &byte, 1) != 0) /* the grandchild's end */
			abort();
		close(fds[0]);
	}
}

static char *const *exec_argv;

static void *exec_thread(void *unused)
{
	mark(1);
	execv(exec_argv[0], exec_argv);
	abort();
	return unused;
}

/* A thread that is not the first one executes argv[2...]: it takes the first one's place. */
static void thread_exec(char *argv[])
{
	pthread_t thread;

	exec_argv = argv;
	mark(0);
	pthread_create(&thread, NULL, exec_thread, NULL);
	for (;;)
		pause();
}

/* Marks 0, waits for nothing, marks 1, waits, marks 2; a child marks 3 before it waits itself. */
static void phases(void)
{
	pid_t pid;

	mark(0);
	poll(NULL, 0, 0);
	mark(1);
	poll(NULL, 0, 1);
	mark(2);
	pid = fork();
	if (pid == 0) {
		mark(3);
		_exit(0);
	}
	await(pid);
}

static pthread_barrier_t barrier;

static void *waiting_thread(void *index)
{
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 100; i++)
		mark((long)index);
	return NULL;
}

static void child_of_waiting(int fd)
{
	char byte;

	if (read(fd, &byte, 1) == 1)
		for (int i = 0; i < 100; i++)
			mark(10);
	_exit(0);
}

/* Threads and a child that exist already, and call only when a byte comes on standard input. */
static void waiting(void)
{
	pthread_t threads[THREADS];
	int fds[2];
	pid_t pid;

	if (pipe(fds) < 0)
		abort();
	pid = fork();
	if (pid == 0)
		child_of_waiting(fds[0]);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, waiting_thread, (void *)i);
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF || write(fds[1], "", 1) != 1)
		exit(1);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	await(pid);
	by_fork(20);
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*run)(long count);
	} ways[] = {
		{ "fork", by_fork },   { "together", by_fork_together }, { "vfork", by_vfork },
		{ "clone", by_clone }, { "thread", by_thread },		 { "orphan", by_orphan },
	};

	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "thread-exec") == 0)
		thread_exec(argv + 2);
	else if (strcmp(argv[1], "phases") == 0)
		phases();
	else if (strcmp(argv[1], "wait") == 0)
		waiting();
	else if (strcmp(argv[1], "mark") == 0)
		mark(atol(argv[2]));
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(argv[1], ways[i].name) == 0)
			ways[i].run(atol(argv[2]));
	return 0;
}
