/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The targets: which tasks are marked, from when, and with which image. Part of record.bpf.c. */

#define CGROUP_LEVELS 32

static __always_inline __u64 ancestor_id(struct cgroup *cgroup, int level)
{
	struct cgroup *ancestor = NULL;
	__u64 id = 0;

	if (bpf_core_field_exists(cgroup->ancestors)) {
		bpf_probe_read_kernel(&ancestor, sizeof(ancestor),
				      (void *)cgroup +
					      bpf_core_field_offset(struct cgroup, ancestors) +
					      (__u64)level * sizeof(ancestor));
		return BPF_CORE_READ(ancestor, kn, id);
	}
	bpf_probe_read_kernel(
		&id, sizeof(id),
		(void *)cgroup + bpf_core_field_offset(struct cgroup___before_6_1, ancestor_ids) +
			(__u64)level * sizeof(id));
	return id;
}

/* Whether the task is in the target cgroup or below it. Only the unified hierarchy counts: ids of
 * version 1 hierarchies are not unique. */
static __noinline int in_target(struct task_struct *task)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	__u64 target = target_cgroup;
	int level = BPF_CORE_READ(cgroup, level);

	if (!target)
		return 0;
	for (int i = 0; i < CGROUP_LEVELS; i++) {
		if (i > level)
			break;
		if (ancestor_id(cgroup, i) == target)
			return 1;
	}
	return 0;
}

/* For a running task found by the iterator: its executable, and how many of its parents run the
 * same one. */
static __always_inline void key_of_running(struct record_image_key *key, struct task_struct *task)
{
	struct task_struct *parent = BPF_CORE_READ(task, group_leader, real_parent);

	key_of_file(key, BPF_CORE_READ(task, mm, exe_file));
	for (int i = 0; i < RECORD_DEPTH; i++) {
		struct record_image_key above = { 0 };

		key_of_file(&above, BPF_CORE_READ(parent, mm, exe_file));
		if (above.inode != key->inode || above.device != key->device)
			break;
		key->depth++;
		parent = BPF_CORE_READ(parent, group_leader, real_parent);
	}
}

static __always_inline void mark(struct task_struct *task, struct record_state *state)
{
	if (!bpf_task_storage_get(&tasks, task, state, BPF_LOCAL_STORAGE_GET_F_CREATE))
		__sync_fetch_and_add(&lost.tasks, 1);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(record_fork, struct task_struct *parent, struct task_struct *child)
{
	struct record_state *of_parent, state = { 0 };

	if (is_by_cgroup && !in_target(child))
		return 0;
	of_parent = bpf_task_storage_get(&tasks, parent->group_leader, NULL, 0);
	if (of_parent) {
		state = *of_parent;
		if (child->tgid != parent->tgid && state.row != RECORD_PENDING) {
			if (!state.key.is_manager && state.key.depth < RECORD_DEPTH)
				state.key.depth++;
			state_set_image(&state, child, NULL, of_parent->image);
			state.row = state.image * 2;
		}
	} else if (is_by_cgroup && child->tgid != parent->tgid) {
		/* CLONE_INTO_CGROUP from outside, or a parent that the iterator has not reached. */
		key_of_running(&state.key, child);
		state.key.is_manager = !in_target(parent);
		if (state.key.is_manager)
			state.key.depth = 0;
		state_set_image(&state, child, BPF_CORE_READ(child, mm, exe_file), 0);
		state.row = state.image * 2;
	} else {
		return 0;
	}
	mark(child, &state);
	return 0;
}

/* systemd executes a program of its own in the unit's cgroup, which then executes the unit's. */
static __always_inline bool is_manager_program(struct file *file)
{
	/* As words: a comparison byte by byte doubles what the verifier must follow at each. */
	static const union {
		char name[24];
		__u64 words[3];
	} executor = { "systemd-executor" };
	union {
		char name[24];
		__u64 words[3];
	} name = { "" };

	bpf_probe_read_kernel_str(name.name, sizeof(name.name),
				  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	return !((name.words[0] ^ executor.words[0]) | (name.words[1] ^ executor.words[1]) |
		 (name.words[2] ^ executor.words[2]));
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(record_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct record_state *mark_there = bpf_task_storage_get(&tasks, task, NULL, 0);
	struct file *file = bprm->file;
	struct record_state state = { 0 };
	struct record_image *scratch;
	bool was_manager;
	__u32 zero = 0;

	if (is_by_cgroup && !in_target(task)) {
		if (mark_there)
			bpf_task_storage_delete(&tasks, task);
		return 0;
	}
	if (mark_there)
		state = *mark_there;
	else if (!is_by_cgroup)
		return 0;
	was_manager = state.key.is_manager;
	key_of_file(&state.key, file);
	state.key.depth = 0;
	state.key.is_manager = was_manager && is_manager_program(file);
	if (was_manager && !state.key.is_manager && with_lines) {
		scratch = bpf_map_lookup_elem(&image_scratch, &zero);
		if (scratch)
			state.key.line = line_of(scratch, task);
		state.origin = RECORD_ORIGIN_SELF;
	}
	state_set_image(&state, task, file, 0);
	state.row = state.image * 2;
	if (mark_there)
		*mark_there = state;
	else
		mark(task, &state);
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(record_attach, struct cgroup *to, const char *path, struct task_struct *task,
	     bool is_process)
{
	struct task_struct *leader = task->group_leader;
	struct record_state *mark_there, state = { 0 };

	if (!is_by_cgroup)
		return 0;
	mark_there = bpf_task_storage_get(&tasks, leader, NULL, 0);
	if (!in_target(leader)) {
		if (mark_there)
			bpf_task_storage_delete(&tasks, leader);
		return 0;
	}
	if (mark_there)
		return 0;
	key_of_running(&state.key, leader);
	state.key.is_manager = is_ready;
	if (state.key.is_manager)
		state.key.depth = 0;
	state_set_image(&state, leader, BPF_CORE_READ(leader, mm, exe_file), 0);
	state.row = state.image * 2;
	mark(leader, &state);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(record_mkdir, struct cgroup *cgroup, const char *path)
{
	int level = BPF_CORE_READ(cgroup, level);
	char name[RECORD_CHAIN_NAME] = "";
	__u32 at = RECORD_CHAIN;
	__u64 parent;

	if (!is_by_cgroup || level < 1)
		return 0;
	parent = ancestor_id(cgroup, level - 1);
	for (__u32 i = 0; i < RECORD_CHAIN; i++)
		if (i < chain_length && chain_ids[i] == parent)
			at = i;
	if (at >= RECORD_CHAIN)
		return 0;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(cgroup, kn, name));
	for (__u32 i = 0; i < RECORD_CHAIN_NAME; i++) {
		if (name[i] != chain_names[at][i])
			return 0;
		if (!name[i])
			break;
	}
	chain_ids[at + 1] = BPF_CORE_READ(cgroup, kn, id);
	if (at + 1 == chain_length)
		target_cgroup = chain_ids[at + 1];
	return 0;
}

/* Marks running tasks; read again until `marked` stays the same, since a child may come before its
 * parent and a process may fork meanwhile. */
__u32 marked;

SEC("iter/task")
int record_mark(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task, *leader, *parent;
	struct record_state *mark_there, state = { 0 };

	if (!task || task->flags & PF_KTHREAD || task->exit_state)
		return 0;
	leader = task->group_leader;
	mark_there = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (mark_there && mark_there->row != RECORD_PENDING)
		return 0;
	if (is_by_cgroup) {
		if (!in_target(leader))
			return 0;
	} else if (!mark_there) {
		parent = leader->real_parent;
		if (!bpf_task_storage_get(&tasks, leader, NULL, 0) &&
		    !bpf_task_storage_get(&tasks, parent->group_leader, NULL, 0))
			return 0;
	}
	key_of_running(&state.key, task);
	if (is_starting) {
		state.key.is_manager = 1;
		state.key.depth = 0;
	}
	state_set_image(&state, task, BPF_CORE_READ(task, mm, exe_file), 0);
	/* It may have waited for work long ago: its present calls cannot count as startup. */
	state.row = state.image * 2 + !is_starting;
	if (mark_there)
		*mark_there = state;
	else
		mark(task, &state);
	__sync_fetch_and_add(&marked, 1);
	return 0;
}

/* Lists the live recorded processes to user space. */
SEC("iter/task")
int record_list(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct record_state *state;
	struct record_live live = { 0 };

	if (!task || task->pid != task->tgid || task->exit_state)
		return 0;
	state = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (!state)
		return 0;
	live.pid = observed_pid(task);
	live.row = state->row;
	bpf_seq_write(ctx->meta->seq, &live, sizeof(live));
	return 0;
}

/* Reports the level of the reader's PID namespace. */
SEC("iter/task")
int record_level(struct bpf_iter__task *ctx)
{
	struct task_struct *reader = bpf_get_current_task_btf();

	observer_level = BPF_CORE_READ(reader, thread_pid, level);
	return 0;
}
