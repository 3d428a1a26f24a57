/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Denials from the kernel, by BPF (bpf/denial.bpf.c): every call that any filter on the machine denies,
 * logged or not. For each kind (process, call, relevant arguments, outcome), the first denial is reported
 * at once with details and the user-space stack, then at most one per 10 ms. The rest are counted and
 * reported with their count.
 *
 * Calls that a filter allows and logs (SECCOMP_RET_LOG) are not observed, because they enter the kernel
 * like any other. Calls answered by a supervisor (user notification) or a tracer are distinguished and not
 * counted as denials.
 *
 * At sys_exit, a call that ended in an error is evaluated by the filters again. If the kernel does not keep
 * their programs (no CONFIG_CHECKPOINT_RESTORE), a denial is a sys_exit without a sys_enter. That costs
 * every call of the machine more, can't distinguish a denial from the answer of a filter's listener, and
 * skips a thread's first call after the opening, which may have entered before.
 */
#ifndef WHITTLE_DENIAL_KERNEL_H
#define WHITTLE_DENIAL_KERNEL_H

#include "bpf/denial.h"
#include "common/error.h"
#include "denial/denial.h"

struct denial_kernel;

struct denial_kernel_events {
	/* Called with COUNT denials like DENIAL, whose texts are valid only during the call. A
	 * negative errno ends the reading. */
	int (*denial)(void *context, const struct denial *denial, uint64_t count,
		      struct error *err);
	/* Whether to report denials of this kind; NULL: all. */
	bool (*wants)(void *context, const struct denial_event *event);
	/* The process whose family is marked (denial_event.is_family): itself and its descendants,
	 * even if intermediate parents have ended. 0: none. */
	int family;
	/* Size of the event buffer, a power of two of pages. A smaller one saves memory, but a storm
	 * then yields fewer details; all denials are counted. 0: DENIAL_RING. */
	uint32_t ring_size;
	void *context;
};

struct denial_kernel_totals {
	uint64_t denials; /* since the opening */
	uint64_t undetailed; /* counted without their own arguments and stack */
	uint64_t unplaced; /* only counted here, because too many kinds came at once */
	uint64_t answered; /* by a supervisor or tracer; no denials as far as the kernel knows */
	/* Times that a program did not run or could not read a filter, so that denials may be
	 * missing. */
	uint64_t missed;
};

/* -EPERM, -EOPNOTSUPP: the error names the missing requirement. */
int denial_kernel_open(const struct denial_kernel_events *events, struct denial_kernel **kernel,
		       struct error *err);
/* The same with a time limit: -ETIMEDOUT if the kernel has not loaded the programs by then. If it loads
 * them later, they are removed at once. */
int denial_kernel_open_within(const struct denial_kernel_events *events, uint64_t limit_ns,
			      struct denial_kernel **kernel, struct error *err);
void denial_kernel_closep(struct denial_kernel **kernel);

/* Readable when events wait. */
int denial_kernel_fd(const struct denial_kernel *kernel);

/* Reads the waiting events. */
int denial_kernel_read(struct denial_kernel *kernel, struct error *err);

/* Reports denials that were only counted. Call it regularly, and after the last read. */
int denial_kernel_sweep(struct denial_kernel *kernel, struct error *err);

/* Whether PID, in the initial PID namespace, is of the family; also after its end, until its number is
 * reused. */
bool denial_kernel_is_family(const struct denial_kernel *kernel, int64_t pid);

/* Stops observing. Observed denials can still be read and swept. */
void denial_kernel_stop(struct denial_kernel *kernel);

void denial_kernel_totals(const struct denial_kernel *kernel, struct denial_kernel_totals *totals);

#endif
