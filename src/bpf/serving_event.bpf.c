// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reports each new process of some units when it makes its first call that waits for work: from
 * then on it serves. A process becomes new by its fork or its exec in the unit's control group, and
 * stops being new with that call or its end. While there is no new process, a call of any process
 * costs one look at a number.
 */
#include "serving_event.h"
#include "kernel.h"

char LICENSE[] SEC("license") = "GPL";

__u64 fresh_count; /* entries of FRESH */
__u64 lost; /* events for which the ring had no room */
__u8 waits[SERVING_EVENT_CALLS];

struct name {
	char text[SERVING_EVENT_NAME];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SERVING_EVENT_UNITS);
	__type(key, struct name);
	__type(value, __u32);
} units SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SERVING_EVENT_FRESH);
	__type(key, __u32);
	__type(value, __u32);
} fresh SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SERVING_EVENT_RING);
} serving_events SEC(".maps");

/* A name is too long for the stack. One a CPU: nobody else runs here between the fill and the look. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct name);
} scratch SEC(".maps");

static __always_inline void tell(__u32 unit, __u32 tgid)
{
	struct serving_event *serving_event =
		bpf_ringbuf_reserve(&serving_events, sizeof(*serving_event), 0);

	if (!serving_event) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	serving_event->unit = unit;
	serving_event->tgid = tgid;
	bpf_ringbuf_submit(serving_event, 0);
}

static __noinline int note(struct task_struct *task)
{
	struct cgroup *group = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	__u32 zero = 0, tgid = (__u32)task->tgid, *unit;
	struct name *name = bpf_map_lookup_elem(&scratch, &zero);

	if (!name)
		return 0;
	__builtin_memset(name, 0, sizeof(*name));
	bpf_probe_read_kernel_str(name->text, sizeof(name->text), BPF_CORE_READ(group, kn, name));
	unit = bpf_map_lookup_elem(&units, name);
	if (!unit)
		return 0;
	if (bpf_map_update_elem(&fresh, &tgid, unit, BPF_NOEXIST) == 0)
		__sync_fetch_and_add(&fresh_count, 1);
	else if (!bpf_map_lookup_elem(&fresh, &tgid))
		tell(*unit, tgid);
	return 0;
}

static __always_inline bool forget(__u32 tgid)
{
	if (bpf_map_delete_elem(&fresh, &tgid) != 0)
		return false;
	__sync_fetch_and_add(&fresh_count, -1);
	return true;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(arrival_fork, struct task_struct *parent, struct task_struct *child)
{
	return child->pid == child->tgid ? note(child) : 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(arrival_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	return note(task);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(arrival_exit, struct task_struct *task)
{
	if (fresh_count && task->pid == task->tgid)
		forget((__u32)task->tgid);
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(arrival_sys_enter, struct pt_regs *regs, long nr)
{
	struct task_struct *task;
	__u32 tgid, *unit, index;

	if (!fresh_count)
		return 0;
	task = bpf_get_current_task_btf();
	if (nr < 0 || nr >= SERVING_EVENT_CALLS || task->thread_info.status & TS_COMPAT)
		return 0;
	if (!waits[nr & (SERVING_EVENT_CALLS - 1)])
		return 0;
	tgid = (__u32)task->tgid;
	unit = bpf_map_lookup_elem(&fresh, &tgid);
	if (!unit)
		return 0;
	index = *unit;
	/* Of two threads that come at once only one tells. */
	if (forget(tgid))
		tell(index, tgid);
	return 0;
}
