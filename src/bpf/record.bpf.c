// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The recorder's BPF programs: they count and never stream, so nothing can be lost on the way.
 *
 * Task storage marks the recorded tasks. sys_enter looks up the mark of the process (of the thread
 * group's leader, so that all threads share the image and the phase) and returns at once if there
 * is none. Every thread also has its own mark, since a thread that calls execve becomes the leader.
 * fork passes marks on before the child can run, exec assigns a new image, moving between cgroups
 * adds and removes marks, and an iterator marks running tasks.
 *
 * A count is a word in an array of (CPU, row, number), row = image and phase: the common call needs
 * no hash. The addition is atomic, because it is the kernel's private decision, which has changed
 * before, that this program runs with preemption off. The first count of a number on a CPU takes
 * the slow path, which keeps the stack; a call with a rule takes it too (arguments, phase).
 */
#include "record.h"
#include "kernel.h"
#include "path.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Set before loading. */
const volatile __u32 rows; /* of `counts`, for each CPU */
const volatile __u32 arguments_bound;
const volatile bool is_by_cgroup;
const volatile bool is_starting; /* what runs already is the manager's part */
const volatile bool with_lines; /* tell images apart by what the service manager executed */
const volatile __u8 native_flags[RECORD_NATIVE_CALLS]; /* 1: there is a rule */
const volatile __u32 chain_length;
const volatile char chain_names[RECORD_CHAIN][RECORD_CHAIN_NAME];

/* Shared with user space while it runs. */
__u64 chain_ids[RECORD_CHAIN + 1]; /* [0]: the root of the mount; [chain_length]: the target */
__u64 target_cgroup;
__u32 is_ready; /* what runs already has been marked: who comes from now on comes from outside */
__u32 images_used;
__u32 observer_level; /* of the recorder's PID namespace */
__u32 filter_seen; /* a marked task had a seccomp filter: what it refuses never gets here */
struct record_lost lost;

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct record_state);
} tasks SEC(".maps");

/* [cpu * rows + row][number]; the entries are set before loading. A page each, so CPUs don't share
 * cache lines, and mapped by user space, which sums without a system call. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[RECORD_NATIVE_CALLS]);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RECORD_OTHER_CALLS);
	__type(key, struct record_call);
	__type(value, __u64);
} other_calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RECORD_FIRSTS);
	__type(key, struct record_call);
	__type(value, struct record_first);
} firsts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct record_first);
} first_scratch SEC(".maps");

/* Prompts user space to look at a first sight while the process lives; no loss where it is full. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} news SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RECORD_ABIS *RECORD_RULES);
	__type(key, __u32);
	__type(value, struct record_rule);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RECORD_ARGUMENTS);
	__type(key, struct record_argument_key);
	__type(value, __u64);
} arguments SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RECORD_FIRSTS);
	__type(key, struct record_call);
	__type(value, struct record_argument_set);
} argument_sets SEC(".maps");

/* Hashes of a unit's lines that have no variables. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RECORD_LINES);
	__type(key, __u64);
	__type(value, __u8);
} fixed_lines SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * RECORD_IMAGES);
	__type(key, struct record_image_key);
	__type(value, __u32);
} image_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RECORD_IMAGES);
	__type(key, __u32);
	__type(value, struct record_image);
} images SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct record_image);
} image_scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RECORD_OBJECTS);
	__type(key, struct record_object_key);
	__type(value, struct record_object);
} objects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct record_object);
} object_scratch SEC(".maps");

/* The parts, each of which uses the one before it. */
#include "record_image.bpf.h"

#include "record_call.bpf.h"

#include "record_target.bpf.h"
