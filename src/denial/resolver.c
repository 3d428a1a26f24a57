// SPDX-License-Identifier: LGPL-2.1-or-later
#include "denial/resolver.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define THREAD_STACK (256 << 10)

/* Shared with its thread. Whoever comes last frees it. */
struct worker {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int done_fd; /* a byte for each resolved stack; not written to when IS_LEFT */
	/* Under the lock. */
	struct stack *stack; /* to resolve */
	char *text; /* resolved */
	bool is_done, is_left, is_stuck;
};

struct waiting {
	struct stack *stack;
	void *owner;
};

struct resolver {
	struct resolver_calls calls;
	int done[2]; /* a pipe */
	struct worker *worker; /* NULL: none yet */
	bool is_busy;
	void *owner; /* of the stack that the worker resolves, since ... */
	uint64_t begun_ns;
	size_t first, count;
	struct waiting waiting[RESOLVER_WAITING];
};

/* Threads that were left alone and have not ended. */
static atomic_uint stuck;

static void worker_free(struct worker *worker)
{
	stack_freep(&worker->stack);
	free(worker->text);
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}

static void *work(void *context)
{
	struct worker *worker = context;
	bool is_stuck;

	pthread_mutex_lock(&worker->lock);
	while (!worker->is_left) {
		struct stack *stack = take(worker->stack);
		char *text;

		if (!stack) {
			pthread_cond_wait(&worker->changed, &worker->lock);
			continue;
		}
		pthread_mutex_unlock(&worker->lock);
		text = stack_resolve(stack);
		stack_freep(&stack);
		pthread_mutex_lock(&worker->lock);
		worker->text = text;
		worker->is_done = true;
		/* A full pipe says enough. */
		if (!worker->is_left && write(worker->done_fd, "", 1) < 0)
			continue;
	}
	is_stuck = worker->is_stuck;
	pthread_mutex_unlock(&worker->lock);
	worker_free(worker);
	if (is_stuck)
		atomic_fetch_sub(&stuck, 1);
	return NULL;
}

/* Signals stay the other threads' affair. */
static struct worker *start_worker(int done_fd)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int r;

	if (!worker)
		return NULL;
	worker->done_fd = done_fd;
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->changed, NULL);
	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, THREAD_STACK);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attributes, work, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (r == 0)
		return worker;
	worker_free(worker);
	return NULL;
}

struct resolver *resolver_new(const struct resolver_calls *calls)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (!resolver)
		return NULL;
	resolver->calls = *calls;
	if (pipe2(resolver->done, O_CLOEXEC | O_NONBLOCK) == 0)
		return resolver;
	free(resolver);
	return NULL;
}

/* The thread frees what is shared, when it comes back. */
static void leave_worker(struct resolver *resolver)
{
	struct worker *worker = take(resolver->worker);

	pthread_mutex_lock(&worker->lock);
	worker->is_left = true;
	worker->is_stuck = resolver->is_busy && !worker->is_done;
	if (worker->is_stuck)
		atomic_fetch_add(&stuck, 1);
	pthread_cond_signal(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
	resolver->is_busy = false;
}

void resolver_freep(struct resolver **at)
{
	struct resolver *resolver = take(*at);

	if (!resolver)
		return;
	if (resolver->is_busy)
		resolver->calls.drop(resolver->owner);
	if (resolver->worker)
		leave_worker(resolver);
	for (; resolver->count; resolver->count--) {
		resolver->calls.drop(resolver->waiting[resolver->first].owner);
		stack_freep(&resolver->waiting[resolver->first].stack);
		resolver->first = (resolver->first + 1) % RESOLVER_WAITING;
	}
	close(resolver->done[0]);
	close(resolver->done[1]);
	free(resolver);
}

static void begin_next(struct resolver *resolver)
{
	struct waiting *next = &resolver->waiting[resolver->first];

	if (resolver->is_busy || !resolver->count)
		return;
	if (!resolver->worker && atomic_load(&stuck) < RESOLVER_STUCK)
		resolver->worker = start_worker(resolver->done[1]);
	resolver->first = (resolver->first + 1) % RESOLVER_WAITING;
	resolver->count--;
	if (!resolver->worker) {
		stack_freep(&next->stack);
		resolver->calls.tell(resolver->calls.context, next->owner, NULL);
		return;
	}
	resolver->is_busy = true;
	resolver->owner = next->owner;
	resolver->begun_ns = clock_now_ns();
	pthread_mutex_lock(&resolver->worker->lock);
	resolver->worker->is_done = false;
	resolver->worker->stack = take(next->stack);
	pthread_cond_signal(&resolver->worker->changed);
	pthread_mutex_unlock(&resolver->worker->lock);
}

bool resolver_add(struct resolver *resolver, struct stack *stack, void *owner)
{
	bool has_room = resolver->count < RESOLVER_WAITING &&
			(resolver->worker || atomic_load(&stuck) < RESOLVER_STUCK);

	if (!has_room) {
		stack_freep(&stack);
		return false;
	}
	resolver->waiting[(resolver->first + resolver->count++) % RESOLVER_WAITING] =
		(struct waiting){ stack, owner };
	begin_next(resolver);
	return true;
}

int resolver_fd(const struct resolver *resolver)
{
	return resolver->done[0];
}

/* Whether the stack that is being resolved is done with. */
static bool end_one(struct resolver *resolver)
{
	struct worker *worker = resolver->worker;
	char *text = NULL;
	bool is_done;

	pthread_mutex_lock(&worker->lock);
	is_done = worker->is_done;
	if (is_done)
		text = take(worker->text);
	pthread_mutex_unlock(&worker->lock);
	if (!is_done && clock_now_ns() - resolver->begun_ns < RESOLVER_LIMIT_NS)
		return false;
	if (!is_done)
		leave_worker(resolver);
	resolver->is_busy = false;
	resolver->calls.tell(resolver->calls.context, resolver->owner, text);
	return true;
}

void resolver_read(struct resolver *resolver)
{
	char bytes[64];

	while (read(resolver->done[0], bytes, sizeof(bytes)) > 0)
		;
	while (!resolver->is_busy || end_one(resolver)) {
		if (!resolver->count)
			return;
		begin_next(resolver);
	}
}

void resolver_finish(struct resolver *resolver)
{
	struct pollfd done = { .fd = resolver->done[0], .events = POLLIN };

	for (resolver_read(resolver); resolver->is_busy; resolver_read(resolver))
		poll(&done, 1, 100);
}
