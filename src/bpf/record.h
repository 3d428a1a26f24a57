/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by record.bpf.c and user space: plain types, fixed widths, no pointers. The capacity of
 * every map is here, with the behaviour when it is full.
 */
#ifndef WHITTLE_BPF_RECORD_H
#define WHITTLE_BPF_RECORD_H

#include <linux/types.h>

/* How a call entered the kernel; the values of record_call.abi. */
enum record_abi { RECORD_NATIVE, RECORD_I386, RECORD_X32, RECORD_ABIS };

/* Numbers of the native ABI below this are counted in an array, without a hash. */
#define RECORD_NATIVE_CALLS 512
/* Numbers below this (without the x32 bit) may have a rule, in any ABI. */
#define RECORD_RULES 1024

/* Process images. The last one stands for all that find the table full: they are counted there, and
 * `processes` of record_lost reports that they share it. */
#define RECORD_IMAGES	    512
#define RECORD_IMAGE_OTHERS (RECORD_IMAGES - 1)

/* (row, ABI, number) counted by hash: other ABIs, odd numbers, and rows past those that the array
 * has. Full: the call is added to record_lost.calls. */
#define RECORD_OTHER_CALLS 16384
/* First observations. Full: record_lost.stacks. */
#define RECORD_FIRSTS 8192
/* Distinct tuples of arguments. Full: the call's set becomes "any", record_lost.arguments. */
#define RECORD_ARGUMENTS 32768
/* Files mapped executable. Full: record_lost.objects. */
#define RECORD_OBJECTS 1024

/* Forks since the execve are distinguished up to this depth. */
#define RECORD_DEPTH 2

/* Names of a path, the last one first, each with its NUL. */
#define RECORD_PATH	 1024
#define RECORD_PATH_NAME 256
struct record_path {
	__u32 length; /* bytes used of names */
	__u32 is_cut; /* deeper, or longer, than there was room for */
	char names[RECORD_PATH + RECORD_PATH_NAME];
};

/* Lines of a unit that are identified by their exact arguments. Full: further ones are identified
 * without digits. */
#define RECORD_LINES	  256
#define RECORD_HASH_START 14695981039346656037ULL /* FNV-1a, 64 bits */
#define RECORD_HASH_PRIME 1099511628211ULL

/* Processes with an equal key share one image. */
struct record_image_key {
	__u64 inode; /* of the executable; 0 none */
	__u64 line; /* hash of the arguments that the service manager executed; 0 not in a unit */
	__u32 device;
	__u8 depth;
	__u8 is_manager;
	__u16 unused;
};

#define RECORD_ARGV 1024
struct record_image {
	struct record_image_key key;
	__u32 is_used;
	__u32 parent; /* the image that forked it (depth > 0), else itself */
	__u32 origin; /* the image that the service manager executed, else itself */
	__s32 pid; /* of the first process, in the recorder's PID namespace; 0 outside of it */
	char command[16];
	__u32 argv_length;
	char argv[RECORD_ARGV]; /* NUL-separated */
	struct record_path path;
};

/* Stored for each recorded task; a process uses that of its leader. */
struct record_state {
	__u32 row; /* image * 2 + phase; RECORD_PENDING */
	__u32 image;
	__u32 origin;
	__u32 unused;
	struct record_image_key key;
};

/* In record_state.origin, before the image is known: that image itself. */
#define RECORD_ORIGIN_SELF 0xffffffffU

/* Marked by user space, not yet visited by the iterator that finds the image: not counted. */
#define RECORD_PENDING 0xffffffffU

struct record_call {
	__u32 row;
	__s32 nr; /* with the x32 bit */
	__u32 abi;
	__u32 unused;
};

/* Frames of a stack as struct bpf_stack_build_id, innermost first. */
#define RECORD_FRAMES 24
struct record_frame {
	__s32 status; /* BPF_STACK_BUILD_ID_* */
	__u8 build_id[20];
	__u64 offset_or_ip;
};

struct record_first {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__s32 pid;
	__s32 size; /* of frames, in bytes; negative: an errno */
	struct record_frame frames[RECORD_FRAMES];
};

#define RECORD_VALUES 3 /* ARGUMENTS_MAX */
struct record_argument_key {
	struct record_call call;
	__u64 value[RECORD_VALUES];
};

struct record_argument_set {
	__u32 distinct;
	__u32 is_any;
};

struct record_object_key {
	__u64 inode;
	__u32 device;
	__u32 unused;
};

struct record_object {
	__s32 pid; /* of the first process that mapped it */
	__u32 image;
	struct record_path path;
};

/* When a call means that the process waits for work. */
enum record_wait {
	RECORD_WAIT_NEVER,
	RECORD_WAIT_ALWAYS,
	RECORD_WAIT_NONZERO, /* where (argument & mask) is not 0 */
	RECORD_WAIT_ZERO, /* where it is 0: a "don't wait" flag is absent */
	RECORD_WAIT_TIME, /* where the argument is NULL or points at a time that is not 0 */
};

/* What to do at a call beyond counting it. */
struct record_rule {
	__u8 wait; /* enum record_wait */
	__u8 wait_argument;
	__u8 wait_size; /* of the time: 8 or 16 bytes */
	__u8 maps_file; /* 1: mmap(PROT_EXEC, fd) names an object */
	__u8 arguments; /* how many are recorded */
	__u8 index[RECORD_VALUES];
	__s16 pointee_offset[RECORD_VALUES];
	__u16 unused;
	__u64 wait_mask;
	__u64 mask[RECORD_VALUES];
	/* The value counts only if the argument before it has one of these bits: else it is 0. 0:
	 * always. */
	__u64 only_if[RECORD_VALUES];
};

struct record_lost {
	__u64 calls;
	__u64 arguments;
	__u64 stacks;
	__u64 processes; /* sharing the image RECORD_IMAGE_OTHERS */
	__u64 tasks; /* could not be marked: their calls are missing */
	__u64 objects;
};

/* A unit's cgroup is removed and created again when the unit is restarted: it is recognised by its
 * names, from the root of the mount down. */
#define RECORD_CHAIN	  16
#define RECORD_CHAIN_NAME 256

/* One live process, as the iterator lists it. */
struct record_live {
	__s32 pid; /* in the recorder's PID namespace */
	__u32 row;
};

#endif
