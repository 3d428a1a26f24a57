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
	__u64 cgroup; /* 0 in a folded kind, like the values and the process */
	__u64 value[DENIAL_VALUES];
	__u32 tgid; /* in the initial PID namespace */
	__s32 nr; /* with the x32 bit */
	__u32 abi;
	__u32 action; /* SECCOMP_RET_* with the errno; DENIAL_ANSWERED */
	__u32 share; /* index into SHARES: of the selected unit, or of the group or user */
	__u32 is_folded; /* stands for any arguments of any process: the share has no room for more */
};

/* A supervisor or a tracer, not the filter, may have answered in the kernel's place: no denial, as
 * far as the kernel can show. An action that the kernel does not use. */
#define DENIAL_ANSWERED 0x7fd00000U

/* Which denials are counted; those of others take no room in any map. */
enum denial_selects {
	DENIAL_SELECTS_ALL,
	DENIAL_SELECTS_GROUPS, /* those in GROUPS and below */
	DENIAL_SELECTS_FAMILY,
};

/* Selected units; user space assigns the numbers. */
#define DENIAL_UNITS 1024 /* a power of two */

/* Paths of selected control groups, from the observer's root on: a group that is made there is selected.
 * Longer paths are not; user space reports them. The kernel limits keys to 512 bytes. */
#define DENIAL_SELECT_PATH 512
/* Ids of selected control groups. The kernel's removal of a group removes its id; all denials in it came
 * before. Full: the group is not selected, and denial_totals.unselected counts it. */
#define DENIAL_GROUPS 4096
#define DENIAL_LEVELS \
	32 /* from the root on, where a selected group may be; its descendants may be deeper */

/*
 * Kinds of denials, counted separately. User space removes those of ended processes. Each unit (without a
 * selection: each control group of a system user, each other user) has a share of them. A denial
 * beyond it is folded: counted by call and action alone. Beyond the share of folded kinds it is lost, and
 * denial_share.lost counts it.
 */
#define DENIAL_KINDS 16384
struct denial_count {
	__u64 count;
	__u64 detailed; /* number of events sent; incremented before COUNT */
	__u64 last_ns; /* when the latest was sent */
	__u64 site; /* address of the latest that was sent with its stack */
	__u64 sites; /* number of such events: DENIAL_SITES at most */
	/* Of the first denial: the event may be lost. */
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u64 ip;
	__u64 arguments[6];
	__s32 pid; /* in the observer's PID namespace; 0 outside of it */
	__u32 uid;
	char comm[16];
};
struct denial_share {
	__u64 kinds, folded_kinds; /* present; user space subtracts those that it removes */
	__u64 folded, lost; /* denials */
	__u64 since; /* when the second began in which ... */
	__u64 sent; /* ... so many events were sent, */
	__u64 copied; /* and so many stacks copied */
};
#define DENIAL_SHARES	    DENIAL_UNITS
#define DENIAL_SHARE_KINDS  1024 /* at most; less where many units are selected */
#define DENIAL_SHARE_EVENTS 256 /* sent in a second; the rest is counted */
#define DENIAL_SHARE_STACKS \
	64 /* copied in a second; a later denial from the same address brings it */

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
	__u32 uid;
	__u32 stack_size; /* bytes of STACK; 0: none was copied */
	char comm[16];
	char cgroup[DENIAL_CGROUP_PATH + DENIAL_CGROUP_NAME]; /* "/system.slice/nginx.service" */
	struct record_path exe;
	/* Last: events without a stack end before it. */
	__u8 stack[DENIAL_STACK];
};

/* A file that the process has mapped executable: its /proc may be gone by the time user space reads
 * it. Sent before the event. */
#define DENIAL_MAPPINGS 64
struct denial_mapping {
	__u32 type; /* DENIAL_MAPPING */
	__u32 tgid;
	__u64 start, end, offset;
	struct record_path path; /* sent up to its last used byte */
};

struct denial_totals {
	__u64 denials; /* all, including lost ones and those that are not selected */
	__u64 selected; /* of them */
	__u64 answered; /* by a supervisor or tracer, as far as the kernel can show */
	__u64 undetailed; /* counted, but not sent since the ring was full */
	__u64 unplaced; /* counted only here, since there was no room for another kind */
	__u64 unread; /* calls that were not judged since a filter could not be read */
	__u64 unselected; /* new groups of selected units for which there was no room */
};

#endif
