// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A process for the attach tests to interrupt, which notices when anything in it has changed: each
 * kind of life checks its own results all the time and ends with a message and exit code 1 at the
 * first that is wrong. It runs until SIGTERM, then exits 0. It prints "ready" once it runs.
 *
 *	attach_target compute|read|sleep|futex|signals|threads|coroutine [THREADS]
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static atomic_bool is_over;

static void on_term(int number)
{
	(void)number;
	atomic_store(&is_over, true);
}

static void wrong(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void wrong(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(1);
}

/* Integer and vector registers, flags and the red zone, in a loop without a call. */
static void *compute(void *argument)
{
	uint64_t expected = 0;

	(void)argument;
	for (unsigned round = 0; !atomic_load(&is_over); round++) {
		uint64_t sum = 0x9e3779b97f4a7c15;
		double product = 1.0;

		for (unsigned i = 1; i < 200000; i++) {
			sum = (sum << 7 | sum >> 57) ^ (sum * i);
			product = product * 1.0000001 + 1e-9;
		}
		sum ^= (uint64_t)(product * 1e15);
		if (round == 0)
			expected = sum;
		else if (sum != expected)
			wrong("round %u computed %016llx, not %016llx", round,
			      (unsigned long long)sum, (unsigned long long)expected);
	}
	return NULL;
}

static int pipe_ends[2];

/* A read that nothing ever interrupts: it must give the bytes that were written, in order. */
static void *writer(void *argument)
{
	(void)argument;
	for (uint64_t next = 0; !atomic_load(&is_over); next++) {
		struct timespec pause = { .tv_nsec = 3000000 };

		nanosleep(&pause, NULL);
		if (write(pipe_ends[1], &next, sizeof(next)) != sizeof(next))
			wrong("write: %s", strerror(errno));
	}
	close(pipe_ends[1]);
	return NULL;
}

static void *reader(void *argument)
{
	(void)argument;
	for (uint64_t expected = 0;; expected++) {
		uint64_t got;
		ssize_t size = read(pipe_ends[0], &got, sizeof(got));

		if (size == 0)
			return NULL;
		if (size != sizeof(got))
			wrong("read gave %zd: %s", size, strerror(errno));
		if (got != expected)
			wrong("read %llu, not %llu", (unsigned long long)got,
			      (unsigned long long)expected);
	}
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Sleeps of every restartable kind must last their whole time and end without an error. */
static void *sleeper(void *argument)
{
	(void)argument;
	while (!atomic_load(&is_over)) {
		struct timespec pause = { .tv_nsec = 40000000 };
		double start = now();

		/* The signal that ends the program may end a sleep. */
		if (nanosleep(&pause, NULL) < 0 && !atomic_load(&is_over))
			wrong("nanosleep: %s", strerror(errno));
		if (now() - start < 0.039 && !atomic_load(&is_over))
			wrong("nanosleep lasted %.4f s of 0.04", now() - start);
		start = now();
		if (poll(NULL, 0, 40) != 0 && !atomic_load(&is_over))
			wrong("poll: %s", strerror(errno));
		if (now() - start < 0.039 && !atomic_load(&is_over))
			wrong("poll lasted %.4f s of 0.04", now() - start);
		pause.tv_nsec = 40000000;
		start = now();
		if (ppoll(NULL, 0, &pause, NULL) != 0 && !atomic_load(&is_over))
			wrong("ppoll: %s", strerror(errno));
		if (now() - start < 0.039 && !atomic_load(&is_over))
			wrong("ppoll lasted %.4f s of 0.04", now() - start);
	}
	return NULL;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static void *futex_waiter(void *argument)
{
	(void)argument;
	while (!atomic_load(&is_over)) {
		struct timespec until;
		int r;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 30000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
		pthread_mutex_lock(&mutex);
		r = pthread_cond_timedwait(&condition, &mutex, &until);
		pthread_mutex_unlock(&mutex);
		if (r != ETIMEDOUT && r != 0)
			wrong("pthread_cond_timedwait: %s", strerror(r));
	}
	return NULL;
}

static atomic_uint alarms;

static void on_alarm(int number)
{
	(void)number;
	atomic_fetch_add(&alarms, 1);
}

/* Each signal, handled without SA_RESTART, must end the read that it interrupts. */
static void *interrupted_reader(void *argument)
{
	struct itimerval every = { .it_interval.tv_usec = 0, .it_value.tv_usec = 4000 };
	int ends[2];
	char byte;

	(void)argument;
	if (pipe(ends) < 0)
		wrong("pipe: %s", strerror(errno));
	while (!atomic_load(&is_over)) {
		unsigned before = atomic_load(&alarms);

		setitimer(ITIMER_REAL, &every, NULL);
		if (read(ends[0], &byte, 1) >= 0 || errno != EINTR)
			wrong("read was not interrupted: %s", strerror(errno));
		if (!atomic_load(&is_over) && atomic_load(&alarms) == before)
			wrong("read ended with EINTR without a signal");
	}
	return NULL;
}

static ucontext_t main_context, routine_context;

static void on_a_stack_of_its_own(void)
{
	compute(NULL);
}

/* A thread whose stack lies in the middle of other data, which must not be touched. */
static void *coroutine(void *argument)
{
	const size_t size = 65536, around = 65536;
	unsigned char *memory = mmap(NULL, size + 2 * around, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	static char signal_stack[65536]; /* the kernel's frame for a signal would not fit */
	stack_t alternate = { .ss_sp = signal_stack, .ss_size = sizeof(signal_stack) };

	(void)argument;
	sigaltstack(&alternate, NULL);
	memset(memory, 0xa5, around);
	memset(memory + around + size, 0xa5, around);
	getcontext(&routine_context);
	/* Little room: 2 KiB of the stack are left below. */
	routine_context.uc_stack.ss_sp = memory + around;
	routine_context.uc_stack.ss_size = 2048;
	routine_context.uc_link = &main_context;
	makecontext(&routine_context, on_a_stack_of_its_own, 0);
	swapcontext(&main_context, &routine_context);
	for (size_t i = 0; i < around; i++)
		if (memory[i] != 0xa5 || memory[around + size + i] != 0xa5)
			wrong("memory beside the stack was changed");
	return NULL;
}

static const struct {
	const char *name;
	void *(*run)(void *argument);
} lives[] = {
	{ "compute", compute },
	{ "read", reader },
	{ "sleep", sleeper },
	{ "futex", futex_waiter },
	{ "signals", interrupted_reader },
	{ "coroutine", coroutine },
};

int main(int argc, char *argv[])
{
	struct sigaction on_end = { .sa_handler = on_term, .sa_flags = SA_RESTART | SA_ONSTACK };
	struct sigaction on_tick = { .sa_handler = on_alarm };
	unsigned count = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	pthread_t writer_thread, threads[1024];
	bool is_mix = argc > 1 && strcmp(argv[1], "threads") == 0;
	size_t life = 0;

	while (!is_mix && life < sizeof(lives) / sizeof(lives[0]) &&
	       (argc < 2 || strcmp(argv[1], lives[life].name) != 0))
		life++;
	if (life == sizeof(lives) / sizeof(lives[0]) || count > 1024 || count == 0)
		wrong("usage: attach_target LIFE [THREADS]");
	sigaction(SIGTERM, &on_end, NULL);
	sigaction(SIGALRM, &on_tick, NULL);
	puts("ready");
	fflush(stdout);
	if (strcmp(lives[life].name, "read") == 0) {
		if (pipe(pipe_ends) < 0)
			wrong("pipe: %s", strerror(errno));
		pthread_create(&writer_thread, NULL, writer, NULL);
	}
	/* Sleepers and waiters in many threads; each other life in the main one alone. */
	for (unsigned i = 1; i < count; i++)
		pthread_create(&threads[i], NULL,
			       is_mix ? (i % 2 ? sleeper : futex_waiter) : lives[life].run, NULL);
	if (is_mix)
		sleeper(NULL);
	else
		lives[life].run(NULL);
	for (unsigned i = 1; i < count; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
