/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What denial.bpf.c and user space share: plain types, fixed widths, no pointers. Every map's
 * capacity stands here with what happens when it is full.
 */
#ifndef WHITTLE_BPF_DENIAL_H
#define WHITTLE_BPF_DENIAL_H

#include "record.h"

#include <linux/types.h>

/* How a call entered the kernel; the values of denial_key.abi. */
enum denial_abi { DENIAL_NATIVE, DENIAL_I386, DENIAL_X32, DENIAL_ABIS };

/*
 * One byte a thread, found by its number: whose it is, and, where filters can't be read, whether it is in a
 * system call. One line is enough for who needs neither. Numbers are below 2^22
 * (include/linux/threads.h: PID_MAX_LIMIT), so there is room for all. Neighbours lie in different
 * cache lines, or the threads of one server would fight for them: the low bits choose the line.
 */
#define DENIAL_LINES	 65536
#define DENIAL_LINE_SIZE 64
enum denial_state {
	DENIAL_UNKNOWN, /* not seen since the programs were attached */
	DENIAL_INSIDE, /* sys_enter was the latest */
	DENIAL_OUTSIDE, /* sys_exit was the latest */
	DENIAL_FAMILY = 0x80, /* beside the others: it descends from the process that is watched */
};

/* Errnos, as bits; 256 are more than Linux has for user space (include/uapi/asm-generic/errno.h). What is
 * beyond is looked at more closely. A power of two. */
#define DENIAL_ERRNO_WORDS 4

/* Numbers below this (without the x32 bit) may have arguments that tell calls apart. */
#define DENIAL_RULES  1024
#define DENIAL_VALUES 3
struct denial_rule {
	__u8 count;
	__u8 index[DENIAL_VALUES];
	__u32 unused;
	__u64 mask[DENIAL_VALUES];
};

/* What is counted together. */
struct denial_key {
	__u64 cgroup;
	__u64 value[DENIAL_VALUES];
	__u32 tgid; /* in the first PID namespace */
	__s32 nr; /* with the x32 bit */
	__u32 abi;
	__u32 action; /* SECCOMP_RET_* with the errno; DENIAL_ANSWERED */
};

/* Not the filter but a supervisor or a tracer may have answered in the kernel's place: no denial,
 * as far as the kernel tells. An action that the kernel does not use. */
#define DENIAL_ANSWERED 0x7fd00000U

/* Kinds of denials counted apart. Full: denial_totals.unplaced counts them. User space takes those
 * of ended processes out. */
#define DENIAL_KINDS 16384
struct denial_count {
	__u64 count;
	__u64 detailed; /* of them sent; incremented before COUNT */
	__u64 last_ns; /* when the latest was sent */
	__u64 site; /* address of the latest that was sent with its stack */
	__u64 sites; /* how many were: DENIAL_SITES at most */
};

/* Of one kind the first is sent in detail, and then one each so long; and the first ones from other
 * addresses: malloc's brk is another story than the loader's. */
#define DENIAL_PAUSE_NS 20000000ULL
#define DENIAL_SITES	8

/* Bytes of events that wait to be read. Full: the denial is counted and not sent. */
#define DENIAL_RING (8 << 20)

#define DENIAL_STACK	     8192 /* bytes from the stack pointer on */
#define DENIAL_CGROUP_PATH   512
#define DENIAL_CGROUP_NAME   256
#define DENIAL_CGROUP_LEVELS 16
#define DENIAL_GENERATIONS   32 /* of a family that are looked for when the watch begins */

enum denial_event_type { DENIAL_EVENT, DENIAL_MAPPING };

struct denial_event {
	__u32 type; /* DENIAL_EVENT */
	__u32 mappings; /* how many were sent before it */
	struct denial_key key;
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u64 arguments[6];
	__u64 ip, sp, bp, bx, r12, r13, r14, r15;
	__s32 pid, thread; /* in the observer's PID namespace; 0 outside of it */
	__u64 cgroups[DENIAL_CGROUP_LEVELS]; /* ids, from the one below the root on; 0: no more */
	__u32 is_family; /* of the process that is watched */
	__u32 uid;
	__u32 unused;
	__u32 stack_size; /* bytes of STACK; 0: none was taken */
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

/* A file that the process has mapped executable: its /proc may be gone by the time that user space
 * could look. Sent before the event. */
#define DENIAL_MAPPINGS 64
struct denial_mapping {
	__u32 type; /* DENIAL_MAPPING */
	__u32 tgid;
	__u64 start, end, offset;
	struct record_path path;
};

struct denial_totals {
	__u64 denials; /* all, whatever became of the rest */
	__u64 answered; /* by a supervisor or tracer, as far as the kernel tells */
	__u64 undetailed; /* counted, but not sent since the ring was full */
	__u64 unplaced; /* counted here alone since there was no room for another kind */
	__u64 unread; /* calls that were not judged since a filter could not be read */
};

#endif
