/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Denials from the kernel itself, by BPF (bpf/denial.bpf.c): every call that any filter refuses, on
 * the whole machine, with or without a log. Of each kind (process, call, its telling arguments,
 * outcome) the first comes in detail at once, with the user-space stack; then at most one each
 * 10 ms; the rest are counted, and told with the count.
 *
 * Not seen: calls that a filter allows and logs (SECCOMP_RET_LOG), which enter the kernel as any
 * other. Told apart and not counted as denials: calls that a supervisor (user notification) or a
 * tracer answered.
 *
 * A call that ended in an error is put to the filters once more. Where the kernel does not keep their
 * programs (no CONFIG_CHECKPOINT_RESTORE) a refusal is an exit without an entry: that costs every call of
 * the machine more, a refusal under a filter with a listener can't be told from the listener's answer, and
 * a thread's first call after the opening is not judged: it may have entered before.
 */
#ifndef WHITTLE_DENIAL_KERNEL_H
#define WHITTLE_DENIAL_KERNEL_H

#include "bpf/denial.h"
#include "common/error.h"
#include "denial/denial.h"

struct denial_kernel;

struct denial_kernel_events {
	/* COUNT denials like DENIAL, whose texts are gone after the call. A negative errno ends the
	 * reading. */
	int (*denial)(void *context, const struct denial *denial, uint64_t count,
		      struct error *err);
	/* Whether denials of this kind are to be told; NULL: all. */
	bool (*wants)(void *context, const struct denial_event *event);
	/* The process whose family is marked (denial_event.is_family): itself, and whoever descends
	 * from it, though the ones between have ended. 0: none. */
	int family;
	/* Bytes of events that wait to be read, a power of two of pages: less memory, and under a storm
	 * fewer details; all are counted. 0: DENIAL_RING. */
	uint32_t ring_size;
	void *context;
};

struct denial_kernel_totals {
	uint64_t denials; /* seen since the opening */
	uint64_t
		undetailed; /* counted, with the arguments and the stack of another of their kind */
	uint64_t unplaced; /* counted here alone: there were too many kinds at once */
	uint64_t answered; /* by a supervisor or tracer: no denials as far as the kernel tells */
	/* Times that a program did not run or could not read a filter: what it would have seen is
	 * unknown. */
	uint64_t missed;
};

/* -EPERM, -EOPNOTSUPP: with what is missing. */
int denial_kernel_open(const struct denial_kernel_events *events, struct denial_kernel **kernel,
		       struct error *err);
/* The same with a limit: -ETIMEDOUT where the kernel has not taken the programs by then. It may still do so
 * behind our back; they are then taken out at once. */
int denial_kernel_open_within(const struct denial_kernel_events *events, uint64_t limit_ns,
			      struct denial_kernel **kernel, struct error *err);
void denial_kernel_closep(struct denial_kernel **kernel);

/* Readable when events wait. */
int denial_kernel_fd(const struct denial_kernel *kernel);

/* Takes what waits. */
int denial_kernel_read(struct denial_kernel *kernel, struct error *err);

/* Tells what was only counted; to be called once in a while, and after the last read. */
int denial_kernel_sweep(struct denial_kernel *kernel, struct error *err);

/* Whether PID, as the first PID namespace knows it, is of the family; also when it has ended, until
 * its number is used again. */
bool denial_kernel_is_family(const struct denial_kernel *kernel, int64_t pid);

/* Ends the seeing; what was seen can still be read and swept. */
void denial_kernel_stop(struct denial_kernel *kernel);

void denial_kernel_totals(const struct denial_kernel *kernel, struct denial_kernel_totals *totals);

#endif
