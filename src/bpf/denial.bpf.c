// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Detects refused system calls at their exit (tracepoint sys_exit). Most exits are dismissed at
 * once: the result is neither an error nor the call's own number, which the kernel returns when it
 * kills or traps; or the task has no filter; or the kernel's bitmap shows that its filters never
 * refuse this number. For the remaining exits the task's filters run once more (filter.bpf.h): a
 * call is refused if they refuse it and it ended accordingly. So sys_enter is not needed, and a call
 * that fails by itself is never taken for a refused one, except if another thread installs a
 * stricter filter on this one during the call.
 *
 * Call -1 is judged only if it was killed or trapped: rt_sigreturn leaves with that number too, and
 * with any result.
 *
 * A thread killed together with others ends inside the filter (do_exit in kernel/seccomp.c): its
 * end is the evidence.
 *
 * If the kernel does not keep the filters' programs, an exit without an entry is the evidence
 * (denial_pair.bpf.h).
 *
 * Everything is counted in a hash; only the details go through the ring buffer.
 *
 * Denials are selected before they take room in a map. A unit is found by the ids of its control groups:
 * those that exist when it is selected, and those that the kernel makes at its path later. A name proves
 * nothing: a user's service and a delegated group may have any. A denial may end its process and its group
 * before user space reads of it, so its unit is determined here.
 */
#include "denial.h"
#include "filter.bpf.h"
#include "kernel.h"
#include "path.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define SECCOMP_MODE_DEAD 3 /* kernel/seccomp.c: the filter has killed this thread */
#define SIGSYS_BIT	  (1UL << 30)
/* include/linux/ptrace.h: PT_EVENT_FLAG(PTRACE_EVENT_SECCOMP), PT_SUSPEND_SECCOMP */
#define TRACES_SECCOMP	    (1U << 10)
#define SUSPENDS_SECCOMP    (1U << 24)
#define VM_EXEC		    0x4 /* include/linux/mm.h */
#define PAGE_SIZE	    4096
#define SYSTEM_USERS	    1000 /* login.defs(5): SYS_UID_MAX */
#define EVENT_WITHOUT_STACK __builtin_offsetof(struct denial_event, stack)

struct denial_totals totals;
__u32 observer_level; /* of the observer's PID namespace */
__s32 family_pid; /* the process whose family is marked, by the observer's number; 0: none */
const volatile bool by_pairs; /* the kernel does not keep the filters' programs */
const volatile __u32 selects; /* enum denial_selects */
__u64 root_group; /* id of the control group that is the observer's root */
__u64 share_kinds; /* of each unit; half as many are folded ones */
struct denial_share shares[DENIAL_SHARES];

struct group_path {
	char text[DENIAL_CGROUP_PATH + DENIAL_CGROUP_NAME];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct group_path);
} group_path SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, DENIAL_UNITS);
	__type(key, char[DENIAL_SELECT_PATH]);
	__type(value, __u32); /* the unit's number */
} paths SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, DENIAL_GROUPS);
	__type(key, __u64);
	__type(value, __u32); /* the unit's number */
} groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DENIAL_LINES);
	__type(key, __u32);
	__type(value, __u8[DENIAL_LINE_SIZE]);
} threads SEC(".maps");

/* Of a task that was looked at more closely. No memory for one: it takes longer. */
struct mark {
	__u64 filter; /* the newest, when ERRNOS was filled */
	__u64 errnos[DENIAL_ERRNO_WORDS]; /* that its filters could answer with */
	__u32 is_told; /* its being killed was counted */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct mark);
} marks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DENIAL_KINDS);
	__type(key, struct denial_key);
	__type(value, struct denial_count);
} kinds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DENIAL_ABIS *DENIAL_RULES);
	__type(key, __u32);
	__type(value, struct denial_rule);
} rules SEC(".maps");

/* The stack of a program has no room for these. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct denial_mapping);
} mapping_scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct denial_count);
} count_scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, DENIAL_RING);
} events SEC(".maps");

static __always_inline __u8 *state_of(int pid)
{
	__u32 line = (__u32)pid % DENIAL_LINES;
	__u8 *bytes = bpf_map_lookup_elem(&threads, &line);

	return bytes ? bytes + (((__u32)pid / DENIAL_LINES) % DENIAL_LINE_SIZE) : NULL;
}

/* Who belongs to the family stays in it. */
static __always_inline void set_state(__u8 *state, __u8 value)
{
	*state = (*state & DENIAL_FAMILY) | value;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(denial_fork, struct task_struct *parent, struct task_struct *child)
{
	__u8 *state = state_of(child->pid), *of_parent = state_of(parent->pid);

	/* The number may have been another's before. */
	if (state)
		*state = DENIAL_INSIDE | (of_parent ? *of_parent & DENIAL_FAMILY : 0);
	return 0;
}

static __always_inline void read_arguments(__u64 *to, struct pt_regs *regs, bool is_compat)
{
	if (is_compat) {
		to[0] = (__u32)BPF_CORE_READ(regs, bx);
		to[1] = (__u32)BPF_CORE_READ(regs, cx);
		to[2] = (__u32)BPF_CORE_READ(regs, dx);
		to[3] = (__u32)BPF_CORE_READ(regs, si);
		to[4] = (__u32)BPF_CORE_READ(regs, di);
		to[5] = (__u32)BPF_CORE_READ(regs, bp);
	} else {
		to[0] = BPF_CORE_READ(regs, di);
		to[1] = BPF_CORE_READ(regs, si);
		to[2] = BPF_CORE_READ(regs, dx);
		to[3] = BPF_CORE_READ(regs, r10);
		to[4] = BPF_CORE_READ(regs, r8);
		to[5] = BPF_CORE_READ(regs, r9);
	}
}

static __always_inline void fill_values(struct denial_key *key, const __u64 *arguments)
{
	__u32 nr = (__u32)(key->nr & ~X32_BIT), at = key->abi * DENIAL_RULES + nr;
	struct denial_rule *rule;

	if (nr >= DENIAL_RULES)
		return;
	rule = bpf_map_lookup_elem(&rules, &at);
	if (!rule)
		return;
	for (int i = 0; i < DENIAL_VALUES; i++) {
		__u32 index = rule->index[i];

		if (i < rule->count && index < 6)
			key->value[i] = arguments[index] & rule->mask[i];
	}
}

/* The path below the group with the id ROOT, or, where ROOT is 0, below the root of all. Returns whether
 * it is whole and below ROOT; PATH has room for DENIAL_CGROUP_PATH + DENIAL_CGROUP_NAME. */
static __always_inline bool read_cgroup(char *path, struct cgroup *cgroup, __u64 root)
{
	int level = BPF_CORE_READ(cgroup, level);
	bool is_below = !root;
	__u32 used = 0;

	path[0] = '\0';
	if (!bpf_core_field_exists(cgroup->ancestors))
		return false;
	for (int i = 0; i <= DENIAL_CGROUP_LEVELS; i++) {
		struct cgroup *ancestor = NULL;
		long size;

		if (i > level)
			return is_below;
		if (used >= DENIAL_CGROUP_PATH - 1)
			return false;
		bpf_probe_read_kernel(&ancestor, sizeof(ancestor),
				      (void *)cgroup +
					      bpf_core_field_offset(struct cgroup, ancestors) +
					      (__u64)i * sizeof(ancestor));
		if (!is_below) {
			is_below = BPF_CORE_READ(ancestor, kn, id) == root;
			continue;
		}
		if (i == 0)
			continue;
		path[used++] = '/';
		size = bpf_probe_read_kernel_str(path + used, DENIAL_CGROUP_NAME,
						 BPF_CORE_READ(ancestor, kn, name));
		if (size > 1)
			used += (__u32)size - 1;
		used &= DENIAL_CGROUP_PATH * 2 - 1;
	}
	return false;
}

/* Is called when the group has its place in the tree and no process yet (kernel/cgroup/cgroup.c:
 * cgroup_mkdir()). */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(denial_cgroup_mkdir, struct cgroup *group)
{
	struct cgroup *own = BPF_CORE_READ(bpf_get_current_task_btf(), cgroups, dfl_cgrp);
	__u32 zero = 0, *unit;
	struct group_path *path = bpf_map_lookup_elem(&group_path, &zero);
	__u64 id;

	/* Hierarchies of version 1 have ids of their own. */
	if (!path || BPF_CORE_READ(group, root) != BPF_CORE_READ(own, root))
		return 0;
	__builtin_memset(path, 0, sizeof(*path));
	if (!read_cgroup(path->text, group, root_group))
		return 0;
	unit = bpf_map_lookup_elem(&paths, path->text);
	if (!unit)
		return 0;
	id = BPF_CORE_READ(group, kn, id);
	if (bpf_map_update_elem(&groups, &id, unit, BPF_ANY) != 0)
		__sync_fetch_and_add(&totals.unselected, 1);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(denial_cgroup_rmdir, struct cgroup *group)
{
	struct cgroup *own = BPF_CORE_READ(bpf_get_current_task_btf(), cgroups, dfl_cgrp);
	__u64 id = BPF_CORE_READ(group, kn, id);

	if (BPF_CORE_READ(group, root) == BPF_CORE_READ(own, root))
		bpf_map_delete_elem(&groups, &id);
	return 0;
}

/* Whether the current task's denial counts, and on whose share. A selected group lies near the root,
 * however deep below it the task's is. */
static __noinline bool select(struct task_struct *task, __u32 *share)
{
	__u8 *state;
	__u32 uid;

	if (selects == DENIAL_SELECTS_GROUPS) {
		for (int i = 0; i < DENIAL_LEVELS; i++) {
			__u64 id = bpf_get_current_ancestor_cgroup_id(i);
			__u32 *unit = id ? bpf_map_lookup_elem(&groups, &id) : NULL;

			if (!id)
				return false;
			if (unit) {
				*share = *unit & (DENIAL_SHARES - 1);
				return true;
			}
		}
		return false;
	}
	uid = BPF_CORE_READ(task, cred, uid.val);
	*share = (uid < SYSTEM_USERS ? (__u32)bpf_get_current_cgroup_id() : uid) &
		 (DENIAL_SHARES - 1);
	if (selects != DENIAL_SELECTS_FAMILY)
		return true;
	state = state_of(task->pid);
	return state && *state & DENIAL_FAMILY;
}

/* A process's number as the observer knows it. */
static __always_inline int observed(struct pid *pid)
{
	__u32 level = observer_level;
	struct upid number = { 0 };

	if (BPF_CORE_READ(pid, level) < level)
		return 0;
	bpf_probe_read_kernel(&number, sizeof(number),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      (__u64)level * bpf_core_type_size(struct upid));
	return number.nr;
}

/* As the current task sees it. Not static: the verifier then walks it once, by itself, and not
 * again at each call; so it can take numbers only. */
__noinline int read_path(struct record_path *out, __u64 file)
{
	if (!out)
		return 0;
	return path_read(out, (struct file *)file, (struct task_struct *)bpf_get_current_task());
}

static __always_inline void fill_event(struct denial_event *event, struct denial_key *key,
				       struct task_struct *task, struct pt_regs *regs)
{
	event->type = DENIAL_EVENT;
	event->mappings = 0;
	event->key = *key;
	event->time_ns = bpf_ktime_get_boot_ns();
	read_arguments(event->arguments, regs, key->abi == DENIAL_I386);
	event->ip = BPF_CORE_READ(regs, ip);
	event->sp = BPF_CORE_READ(regs, sp);
	event->bp = BPF_CORE_READ(regs, bp);
	event->bx = BPF_CORE_READ(regs, bx);
	event->r12 = BPF_CORE_READ(regs, r12);
	event->r13 = BPF_CORE_READ(regs, r13);
	event->r14 = BPF_CORE_READ(regs, r14);
	event->r15 = BPF_CORE_READ(regs, r15);
	event->pid = observed(BPF_CORE_READ(task, group_leader, thread_pid));
	event->thread = observed(BPF_CORE_READ(task, thread_pid));
	event->uid = BPF_CORE_READ(task, cred, uid.val);
	event->stack_size = 0;
	bpf_probe_read_kernel_str(event->comm, sizeof(event->comm), task->comm);
	read_cgroup(event->cgroup, BPF_CORE_READ(task, cgroups, dfl_cgrp), 0);
	read_path(&event->exe, (__u64)BPF_CORE_READ(task, mm, exe_file));
}

/* Since Linux 6.7; where it is missing, user space tries to be faster than the process's end. */
extern int bpf_iter_task_vma_new(struct bpf_iter_task_vma *it, struct task_struct *task,
				 __u64 address) __weak __ksym;
extern struct vm_area_struct *bpf_iter_task_vma_next(struct bpf_iter_task_vma *it) __weak __ksym;
extern void bpf_iter_task_vma_destroy(struct bpf_iter_task_vma *it) __weak __ksym;

/* Most paths are short, and there may be 64 of them: only the used bytes take room. */
static __always_inline bool send_mapping(struct vm_area_struct *area, struct task_struct *task)
{
	__u32 zero = 0, length;
	struct denial_mapping *mapping = bpf_map_lookup_elem(&mapping_scratch, &zero);

	if (!mapping)
		return false;
	mapping->type = DENIAL_MAPPING;
	mapping->tgid = (__u32)task->tgid;
	mapping->start = area->vm_start;
	mapping->end = area->vm_end;
	mapping->offset = area->vm_pgoff * PAGE_SIZE;
	read_path(&mapping->path, (__u64)BPF_CORE_READ(area, vm_file));
	length = mapping->path.length;
	if (length > RECORD_PATH + RECORD_PATH_NAME)
		return false;
	/* The event that follows wakes the reader. */
	return bpf_ringbuf_output(&events, mapping,
				  __builtin_offsetof(struct denial_mapping, path.names) + length,
				  BPF_RB_NO_WAKEUP) == 0;
}

static __noinline int send_mappings(struct task_struct *task)
{
	struct bpf_iter_task_vma it;
	struct vm_area_struct *area;
	int sent = 0;

	if (!bpf_iter_task_vma_new)
		return 0;
	bpf_iter_task_vma_new(&it, task, 0);
	while ((area = bpf_iter_task_vma_next(&it))) {
		if (!(area->vm_flags & VM_EXEC) || !area->vm_file)
			continue;
		if (sent >= DENIAL_MAPPINGS || !send_mapping(area, task))
			break;
		sent++;
	}
	bpf_iter_task_vma_destroy(&it);
	return sent;
}

/* The stack may end anywhere above: half and half again. */
static __always_inline void copy_stack(struct denial_event *event)
{
	const void *from = (const void *)event->sp;

	if (bpf_probe_read_user(event->stack, DENIAL_STACK, from) == 0)
		event->stack_size = DENIAL_STACK;
	else if (bpf_probe_read_user(event->stack, DENIAL_STACK / 2, from) == 0)
		event->stack_size = DENIAL_STACK / 2;
	else if (bpf_probe_read_user(event->stack, DENIAL_STACK / 4, from) == 0)
		event->stack_size = DENIAL_STACK / 4;
	else if (bpf_probe_read_user(event->stack, DENIAL_STACK / 8, from) == 0)
		event->stack_size = DENIAL_STACK / 8;
	else if (bpf_probe_read_user(event->stack, DENIAL_STACK / 16, from) == 0)
		event->stack_size = DENIAL_STACK / 16;
	else if (bpf_probe_read_user(event->stack, DENIAL_STACK / 64, from) == 0)
		event->stack_size = DENIAL_STACK / 64;
}

/* The first of a kind from an address comes with its stack: COUNT notes the address only then. */
static __always_inline bool send_event(struct denial_key *key, struct denial_count *count,
				       struct task_struct *task, struct pt_regs *regs,
				       bool with_stack)
{
	struct denial_event *event;
	int mappings = 0;

	if (with_stack) {
		mappings = send_mappings(task);
		event = bpf_ringbuf_reserve(&events, sizeof(struct denial_event), 0);
		if (event) {
			fill_event(event, key, task, regs);
			event->mappings = (__u32)mappings;
			copy_stack(event);
			count->site = event->ip;
			count->sites++;
			bpf_ringbuf_submit(event, 0);
			return true;
		}
	}
	event = bpf_ringbuf_reserve(&events, EVENT_WITHOUT_STACK, 0);
	if (!event)
		return false;
	fill_event(event, key, task, regs);
	bpf_ringbuf_submit(event, 0);
	return true;
}

/* A kind that is counted for the first time; KEY becomes that of a folded one if the share is used up. */
static __always_inline struct denial_count *place(struct denial_key *key, struct task_struct *task,
						  struct pt_regs *regs)
{
	struct denial_share *share = &shares[key->share & (DENIAL_SHARES - 1)];
	struct denial_count *count, *fresh;
	__u32 zero = 0;

	fresh = bpf_map_lookup_elem(&count_scratch, &zero);
	if (!fresh)
		return NULL;
	/* The counters stay 0. */
	fresh->time_ns = bpf_ktime_get_boot_ns();
	fresh->ip = BPF_CORE_READ(regs, ip);
	read_arguments(fresh->arguments, regs, key->abi == DENIAL_I386);
	fresh->pid = observed(BPF_CORE_READ(task, group_leader, thread_pid));
	fresh->uid = BPF_CORE_READ(task, cred, uid.val);
	bpf_probe_read_kernel_str(fresh->comm, sizeof(fresh->comm), task->comm);
	if (share->kinds < share_kinds && bpf_map_update_elem(&kinds, key, fresh, BPF_NOEXIST) == 0)
		__sync_fetch_and_add(&share->kinds, 1);
	count = bpf_map_lookup_elem(&kinds, key);
	if (count)
		return count;
	key->cgroup = 0;
	key->tgid = 0;
	key->is_folded = 1;
	for (int i = 0; i < DENIAL_VALUES; i++)
		key->value[i] = 0;
	count = bpf_map_lookup_elem(&kinds, key);
	if (!count && share->folded_kinds < share_kinds / 2) {
		if (bpf_map_update_elem(&kinds, key, fresh, BPF_NOEXIST) == 0)
			__sync_fetch_and_add(&share->folded_kinds, 1);
		count = bpf_map_lookup_elem(&kinds, key);
	}
	if (count) {
		__sync_fetch_and_add(&share->folded, 1);
	} else {
		__sync_fetch_and_add(&share->lost, 1);
		__sync_fetch_and_add(&totals.unplaced, 1);
	}
	return count;
}

/* The events and stacks of one share leave the room of the others. A copy of a stack with the mappings is
 * large. */
static __always_inline bool may_send(__u32 index, __u64 now, bool *with_stack)
{
	struct denial_share *share = &shares[index & (DENIAL_SHARES - 1)];

	if (now - share->since >= 1000000000) {
		share->since = now;
		share->sent = share->copied = 0;
	}
	if (share->sent >= DENIAL_SHARE_EVENTS ||
	    __sync_fetch_and_add(&share->sent, 1) >= DENIAL_SHARE_EVENTS)
		return false;
	*with_stack = *with_stack && share->copied < DENIAL_SHARE_STACKS &&
		      __sync_fetch_and_add(&share->copied, 1) < DENIAL_SHARE_STACKS;
	return true;
}

static __always_inline void count_denial(struct denial_key *key, struct task_struct *task,
					 struct pt_regs *regs)
{
	struct denial_count *count = bpf_map_lookup_elem(&kinds, key);
	__u64 now = bpf_ktime_get_ns(), site = BPF_CORE_READ(regs, ip);
	bool with_stack, is_due;

	if (!count)
		count = place(key, task, regs);
	if (!count)
		return;
	with_stack = count->site != site && count->sites < DENIAL_SITES;
	is_due = with_stack || now - count->last_ns >= DENIAL_PAUSE_NS;
	if (is_due && may_send(key->share, now, &with_stack)) {
		count->last_ns = now;
		if (send_event(key, count, task, regs, with_stack))
			__sync_fetch_and_add(&count->detailed, 1);
		else
			__sync_fetch_and_add(&totals.undetailed, 1);
	} else {
		__sync_fetch_and_add(&totals.undetailed, 1);
	}
	__sync_fetch_and_add(&count->count, 1);
}

static __noinline int refused(struct task_struct *task, struct pt_regs *regs, __u32 action)
{
	struct denial_key key = { 0 };
	__u64 arguments[6];
	bool is_compat = task->thread_info.status & TS_COMPAT;

	if (!select(task, &key.share))
		return 0;
	__sync_fetch_and_add(&totals.selected, 1);
	key.cgroup = bpf_get_current_cgroup_id();
	key.tgid = (__u32)task->tgid;
	key.nr = (__s32)BPF_CORE_READ(regs, orig_ax);
	key.abi = is_compat			   ? DENIAL_I386
		  : key.nr > 0 && key.nr & X32_BIT ? DENIAL_X32
						   : DENIAL_NATIVE;
	key.action = action;
	read_arguments(arguments, regs, is_compat);
	fill_values(&key, arguments);
	count_denial(&key, task, regs);
	return 0;
}

static __noinline int count_refusal(struct task_struct *task, struct pt_regs *regs, __u32 action)
{
	struct mark *mark;

	if (action == SECCOMP_RET_ALLOW)
		return 0;
	if (action == DENIAL_ANSWERED) {
		__sync_fetch_and_add(&totals.answered, 1);
		return 0;
	}
	if (action == SECCOMP_RET_KILL_PROCESS) {
		mark = bpf_task_storage_get(&marks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (mark)
			mark->is_told = 1;
	}
	__sync_fetch_and_add(&totals.denials, 1);
	refused(task, regs, action);
	return 0;
}

/* The kernel puts the number back where the result would be, and the signal is on its way. */
static __always_inline bool is_trapped(struct task_struct *task, struct pt_regs *regs, long result)
{
	return (int)result == (int)regs->orig_ax && task->pending.signal.sig[0] & SIGSYS_BIT;
}

static __always_inline bool is_emulated(struct task_struct *task)
{
	return task->ptrace && task->thread_info.syscall_work &
				       1UL << bpf_core_enum_value(enum syscall_work_bit,
								  SYSCALL_WORK_BIT_SYSCALL_EMU);
}

#include "denial_pair.bpf.h"

/* Whether any instruction of the task's filters answers with this errno: most of the calls that get so far
 * failed by themselves, in another way. */
static __always_inline bool may_answer(struct task_struct *task, struct seccomp_filter *filter,
				       __u32 number)
{
	struct mark *mark =
		bpf_task_storage_get(&marks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	__u32 word = number / FILTER_WORD_BITS;

	if (!mark || word >= DENIAL_ERRNO_WORDS)
		return true;
	if (mark->filter != (__u64)filter) {
		struct filter_scan scan = { 0 };

		filter_scan_all(&scan, filter);
		for (int i = 0; i < DENIAL_ERRNO_WORDS; i++)
			mark->errnos[i] = scan.errnos[i];
		mark->filter = (__u64)filter;
	}
	/* The verifier wants to see the mask, which the compiler finds needless. */
	barrier_var(word);
	return mark->errnos[word & (DENIAL_ERRNO_WORDS - 1)] >> (number % FILTER_WORD_BITS) & 1;
}

/* What the filters did to the call; SECCOMP_RET_ALLOW: nothing. */
static __noinline __u32 put_to_filters(struct task_struct *task, struct pt_regs *regs, long result)
{
	struct filter_run run = { 0 };
	struct seccomp_filter *decisive;
	__u32 number;

	if (is_emulated(task))
		return DENIAL_ANSWERED;
	if (task->ptrace & SUSPENDS_SECCOMP)
		return SECCOMP_RET_ALLOW;
	filter_fill_data(&run, regs, task->thread_info.status & TS_COMPAT);
	if (!filter_run_all(&run, task->seccomp.filter)) {
		__sync_fetch_and_add(&totals.unread, 1);
		return SECCOMP_RET_ALLOW;
	}
	number = ENOSYS;
	switch (run.action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_TRAP:
		return is_trapped(task, regs, result) ? SECCOMP_RET_TRAP : SECCOMP_RET_ALLOW;
	case SECCOMP_RET_TRACE:
		if (task->ptrace & TRACES_SECCOMP)
			return DENIAL_ANSWERED;
		break;
	case SECCOMP_RET_USER_NOTIF:
		decisive = (struct seccomp_filter *)run.decisive;
		if (BPF_CORE_READ(decisive, notif))
			return DENIAL_ANSWERED;
		break;
	case SECCOMP_RET_ERRNO:
		number = run.action & SECCOMP_RET_DATA;
		if (number > MAX_ERRNO)
			number = MAX_ERRNO;
		break;
	default:
		return SECCOMP_RET_ALLOW;
	}
	return result == -(long)number ? SECCOMP_RET_ERRNO | number : SECCOMP_RET_ALLOW;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(denial_sys_exit, struct pt_regs *regs, long result)
{
	struct task_struct *task;
	struct seccomp_filter *filter;
	int nr;

	if (by_pairs)
		return exit_of_pair(regs, result);
	nr = (int)regs->orig_ax;
	if ((unsigned long)-result > MAX_ERRNO && (int)result != nr)
		return 0;
	task = bpf_get_current_task_btf();
	if (task->seccomp.mode == SECCOMP_MODE_DEAD)
		return count_refusal(task, regs, SECCOMP_RET_KILL_PROCESS);
	if (task->seccomp.mode != SECCOMP_MODE_FILTER)
		return 0;
	filter = task->seccomp.filter;
	if (filter_always_allows(filter, (__u32)nr, task->thread_info.status & TS_COMPAT))
		return 0;
	if (!is_trapped(task, regs, result) && (nr == -1 || (unsigned long)-result > MAX_ERRNO ||
						!may_answer(task, filter, (__u32)-result)))
		return 0;
	return count_refusal(task, regs, put_to_filters(task, regs, result));
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(denial_exit, struct task_struct *task)
{
	struct mark *mark;

	if (task->seccomp.mode != SECCOMP_MODE_DEAD)
		return 0;
	mark = bpf_task_storage_get(&marks, task, NULL, 0);
	if (mark && mark->is_told)
		return 0;
	__sync_fetch_and_add(&totals.denials, 1);
	task = bpf_get_current_task_btf();
	refused(task, (struct pt_regs *)bpf_task_pt_regs(task), SECCOMP_RET_KILL_THREAD);
	return 0;
}

/*
 * Run once for each task by the observer, when forks are seen already: tells the level of its PID
 * namespace, and marks the family that there is so far. Those who are forked later are marked by
 * their parents (denial_fork), so that a daemon that lets its parent end stays in the family.
 */
SEC("iter/task")
int denial_begin(struct bpf_iter__task *ctx)
{
	struct task_struct *reader = bpf_get_current_task_btf(), *task = ctx->task, *at;
	__u8 *state;

	observer_level = BPF_CORE_READ(reader, thread_pid, level);
	if (!task || !family_pid)
		return 0;
	at = BPF_CORE_READ(task, group_leader);
	for (int i = 0; at && i < DENIAL_GENERATIONS; i++) {
		if (observed(BPF_CORE_READ(at, thread_pid)) == family_pid) {
			state = state_of(task->pid);
			if (state)
				*state |= DENIAL_FAMILY;
			return 0;
		}
		at = BPF_CORE_READ(at, real_parent, group_leader);
	}
	return 0;
}
