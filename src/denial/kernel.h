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
	/*
	 * A denial is reported before its stack is resolved, which may take a second: if its STACK_FOLLOWS, this
	 * is called later with the same denial, with or without a stack. NULL: the denial itself is reported
	 * then.
	 */
	int (*stack)(void *context, const struct denial *denial, struct error *err);
	/* Only denials in the selected control groups (denial_kernel_select()): until then none. Others
	 * take no room, so that nobody else can fill the tables. */
	bool is_selective;
	/* Only denials of this process and its descendants, even if intermediate parents have ended. 0:
	 * of all. */
	int family;
	/* Size of the event buffer, a power of two of pages. A smaller one saves memory, but a storm
	 * then yields fewer details; all denials are counted. 0: DENIAL_RING. */
	uint32_t ring_size;
	void *context;
};

/* A control group; groups below it belong to it, whatever their names. */
struct denial_select {
	const char *name; /* the `unit` of its denials */
	/* "/system.slice/nginx.service", below the observer's root: groups that are made there later are
	 * selected too. NULL: only ID. */
	const char *path;
	uint64_t id; /* of the present group; 0: there is none */
};

/* Of a selected name, or of the whole machine without a selection, since the opening. */
struct denial_kernel_share {
	uint64_t folded; /* counted by call and action alone, because too many kinds came */
	uint64_t lost; /* not counted: too many calls and actions came */
};

struct denial_kernel_totals {
	uint64_t denials; /* of the whole machine since the opening */
	uint64_t selected; /* of them */
	uint64_t undetailed; /* counted without their own arguments and stack */
	uint64_t unplaced; /* only counted here and in denial_kernel_share.lost */
	uint64_t unselected; /* starts of selected units that could not be selected */
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

/* Replaces the selection; ROOT is the id of the observer's root of control groups, 0 unknown. The ids of
 * earlier starts stay selected until the kernel has removed their groups. -E2BIG: more than DENIAL_UNITS,
 * or a path is too long. */
int denial_kernel_select(struct denial_kernel *kernel, uint64_t root,
			 const struct denial_select *selects, size_t count, struct error *err);
/* NAME may be NULL: all together. */
struct denial_kernel_share denial_kernel_share(const struct denial_kernel *kernel,
					       const char *name);

/* Readable when events wait. */
int denial_kernel_fd(const struct denial_kernel *kernel);

/* Reads the waiting events. */
int denial_kernel_read(struct denial_kernel *kernel, struct error *err);

/* Reports denials that were only counted. Call it regularly, and after the last read. */
int denial_kernel_sweep(struct denial_kernel *kernel, struct error *err);

/* Whether PID, in the initial PID namespace, is of the family; also after its end, until its number is
 * reused. */
bool denial_kernel_is_family(const struct denial_kernel *kernel, int64_t pid);

/* Stops observing. Observed denials can still be read and swept; reading then waits for their stacks. */
void denial_kernel_stop(struct denial_kernel *kernel);

void denial_kernel_totals(const struct denial_kernel *kernel, struct denial_kernel_totals *totals);

#endif
