/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by denial.bpf.c and user space: plain types, fixed widths, no pointers. The capacity of
 * every map is here, with the behaviour when it is full.
 */
#ifndef WHITTLE_BPF_DENIAL_H
#define WHITTLE_BPF_DENIAL_H

#include "record.h"

#include <linux/types.h>

/* How a call entered the kernel; the values of denial_key.abi. */
enum denial_abi { DENIAL_NATIVE, DENIAL_I386, DENIAL_X32, DENIAL_ABIS };

/*
 * One byte per thread, found by its number: its owner, and, where filters cannot be read, whether
 * it is in a system call. One cache line suffices for threads that need neither. Numbers are below
 * 2^22 (include/linux/threads.h: PID_MAX_LIMIT), so there is room for all. Neighbours lie in
 * different cache lines, or the threads of one server would compete for them: the low bits choose
 * the line.
 */
#define DENIAL_LINES	 65536
#define DENIAL_LINE_SIZE 64
enum denial_state {
	DENIAL_UNKNOWN, /* not observed since the programs were attached */
	DENIAL_INSIDE, /* sys_enter was the latest */
	DENIAL_OUTSIDE, /* sys_exit was the latest */
	DENIAL_FAMILY = 0x80, /* beside the others: it descends from the watched process */
};

/* Errnos, as bits; 256 are more than Linux has for user space (include/uapi/asm-generic/errno.h).
 * Larger ones are inspected in full. A power of two. */
#define DENIAL_ERRNO_WORDS 4

/* Numbers below this (without the x32 bit) may have arguments that distinguish calls. */
#define DENIAL_RULES  1024
#define DENIAL_VALUES 3
struct denial_rule {
	__u8 count;
	__u8 index[DENIAL_VALUES];
	__u32 unused;
	__u64 mask[DENIAL_VALUES];
};

/* Denials with the same key are counted together. */
struct denial_key {
	__u64 cgroup;
	__u64 value[DENIAL_VALUES];
	__u32 tgid; /* in the initial PID namespace */
	__s32 nr; /* with the x32 bit */
	__u32 abi;
	__u32 action; /* SECCOMP_RET_* with the errno; DENIAL_ANSWERED */
};

/* A supervisor or a tracer, not the filter, may have answered in the kernel's place: no denial, as
 * far as the kernel can show. An action that the kernel does not use. */
#define DENIAL_ANSWERED 0x7fd00000U

/* Kinds of denials, counted separately. Full: denial_totals.unplaced counts them. User space
 * removes those of ended processes. */
#define DENIAL_KINDS 16384
struct denial_count {
	__u64 count;
	__u64 detailed; /* number of events sent; incremented before COUNT */
	__u64 last_ns; /* when the latest was sent */
	__u64 site; /* address of the latest that was sent with its stack */
	__u64 sites; /* number of such events: DENIAL_SITES at most */
};

/* The first denial of a kind is sent in detail, and then one per interval; so are the first ones
 * from other addresses: malloc's brk has another cause than the loader's. */
#define DENIAL_PAUSE_NS 20000000ULL
#define DENIAL_SITES	8

/* Bytes of events that wait to be read. Full: the denial is counted and not sent. */
#define DENIAL_RING (8 << 20)

#define DENIAL_STACK	     8192 /* bytes from the stack pointer on */
#define DENIAL_CGROUP_PATH   512
#define DENIAL_CGROUP_NAME   256
#define DENIAL_CGROUP_LEVELS 16
#define DENIAL_GENERATIONS   32 /* family members that are searched for when the watch begins */

enum denial_event_type { DENIAL_EVENT, DENIAL_MAPPING };

struct denial_event {
	__u32 type; /* DENIAL_EVENT */
	__u32 mappings; /* number of events sent before it */
	struct denial_key key;
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u64 arguments[6];
	__u64 ip, sp, bp, bx, r12, r13, r14, r15;
	__s32 pid, thread; /* in the observer's PID namespace; 0 outside of it */
	__u64 cgroups[DENIAL_CGROUP_LEVELS]; /* ids, from the one below the root on; 0: no more */
	__u32 is_family; /* of the process that is watched */
	__u32 uid;
	__u32 unused;
	__u32 stack_size; /* bytes of STACK; 0: none was copied */
	char comm[16];
	char cgroup[DENIAL_CGROUP_PATH + DENIAL_CGROUP_NAME]; /* "/system.slice/nginx.service" */
	struct record_path exe;
	/* Last: events without a stack end before it. */
	__u8 stack[DENIAL_STACK];
};

/* Stacks copied in a second for one control group; denials beyond come without, and a later one from the same
 * address brings it. The low bits of the group's id choose the budget: two groups may share one. A power of
 * two. */
#define DENIAL_STACKS	     64
#define DENIAL_STACK_BUDGETS 1024
struct denial_stack_budget {
	__u64 since; /* when the second began in which ... */
	__u64 copied; /* ... so many were */
};

/* A file that the process has mapped executable: its /proc may be gone by the time user space reads
 * it. Sent before the event. */
#define DENIAL_MAPPINGS 64
struct denial_mapping {
	__u32 type; /* DENIAL_MAPPING */
	__u32 tgid;
	__u64 start, end, offset;
	struct record_path path;
};

struct denial_totals {
	__u64 denials; /* all, including lost ones */
	__u64 answered; /* by a supervisor or tracer, as far as the kernel can show */
	__u64 undetailed; /* counted, but not sent since the ring was full */
	__u64 unplaced; /* counted only here, since there was no room for another kind */
	__u64 unread; /* calls that were not judged since a filter could not be read */
};

#endif
