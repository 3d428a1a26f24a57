// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Verifying BPF programs has no time limit, and attaching them waits for every CPU. On a machine under
 * heavy load that can block the caller for too long. So a thread opens them. If it is late, the caller
 * goes on without it, and the thread closes them again.
 */
#include "denial/kernel.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

struct opening {
	struct denial_kernel_events events;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock. */
	bool is_done, is_left;
	int result;
	struct error error;
	struct denial_kernel *kernel;
};

static void opening_free(struct opening *opening)
{
	denial_kernel_closep(&opening->kernel);
	pthread_cond_destroy(&opening->changed);
	pthread_mutex_destroy(&opening->lock);
	free(opening);
}

static void *open_kernel(void *context)
{
	struct opening *opening = context;
	struct denial_kernel *kernel = NULL;
	struct error error = { 0 };
	int r = denial_kernel_open(&opening->events, &kernel, &error);
	bool is_left;

	pthread_mutex_lock(&opening->lock);
	opening->is_done = true;
	opening->result = r;
	opening->error = error;
	opening->kernel = kernel;
	is_left = opening->is_left;
	pthread_cond_signal(&opening->changed);
	pthread_mutex_unlock(&opening->lock);
	if (is_left)
		opening_free(opening);
	return NULL;
}

/* Signals stay the other threads' affair. */
static int start(struct opening *opening)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	int r;

	sigfillset(&all);
	r = pthread_attr_init(&attributes);
	if (r != 0)
		return -r;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attributes, open_kernel, opening);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -r;
}

static struct opening *opening_new(const struct denial_kernel_events *events)
{
	struct opening *opening = calloc(1, sizeof(*opening));

	if (!opening)
		return NULL;
	opening->events = *events;
	pthread_mutex_init(&opening->lock, NULL);
	pthread_cond_init(&opening->changed, NULL);
	return opening;
}

int denial_kernel_open_within(const struct denial_kernel_events *events, uint64_t limit_ns,
			      struct denial_kernel **kernel, struct error *err)
{
	struct opening *opening = opening_new(events);
	uint64_t end_ns = clock_now_ns() + limit_ns;
	struct timespec end = { .tv_sec = (time_t)(end_ns / 1000000000),
				.tv_nsec = (long)(end_ns % 1000000000) };
	bool is_done;
	int r;

	if (!opening)
		return error_oom(err);
	r = start(opening);
	if (r < 0) {
		opening_free(opening);
		return error_set_errno(err, r, "a thread can't be started");
	}
	pthread_mutex_lock(&opening->lock);
	while (!opening->is_done && r == 0)
		r = pthread_cond_clockwait(&opening->changed, &opening->lock, CLOCK_MONOTONIC,
					   &end);
	is_done = opening->is_done;
	opening->is_left = !is_done;
	pthread_mutex_unlock(&opening->lock);
	if (!is_done)
		return error_set(err, -ETIMEDOUT,
				 "the kernel did not load the BPF programs within %g s: the "
				 "machine may be overloaded; try again",
				 (double)limit_ns / 1e9);
	r = opening->result;
	if (r < 0)
		*err = opening->error;
	else
		*kernel = take(opening->kernel);
	opening_free(opening);
	return r;
}
