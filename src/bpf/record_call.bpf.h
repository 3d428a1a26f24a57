/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls: counts at sys_enter, the phase, the arguments, the first observation. Part of
 * record.bpf.c. */

static __always_inline __u64 argument_of(struct pt_regs *regs, __u32 abi, __u32 index)
{
	/* The kernel's conventions (arch/x86/include/asm/syscall.h). */
	if (abi == RECORD_I386) {
		switch (index) {
		case 0:
			return (__u32)regs->bx;
		case 1:
			return (__u32)regs->cx;
		case 2:
			return (__u32)regs->dx;
		case 3:
			return (__u32)regs->si;
		case 4:
			return (__u32)regs->di;
		default:
			return (__u32)regs->bp;
		}
	}
	switch (index) {
	case 0:
		return regs->di;
	case 1:
		return regs->si;
	case 2:
		return regs->dx;
	case 3:
		return regs->r10;
	case 4:
		return regs->r8;
	default:
		return regs->r9;
	}
}

static __noinline int count_argument(struct record_argument_key *key)
{
	static const struct record_argument_set empty;
	struct record_argument_set *set;
	__u64 one = 1, *count = bpf_map_lookup_elem(&arguments, key);

	if (count) {
		__sync_fetch_and_add(count, 1);
		return 0;
	}
	set = bpf_map_lookup_elem(&argument_sets, &key->call);
	if (!set) {
		bpf_map_update_elem(&argument_sets, &key->call, &empty, BPF_NOEXIST);
		set = bpf_map_lookup_elem(&argument_sets, &key->call);
		if (!set) {
			__sync_fetch_and_add(&lost.arguments, 1);
			return 0;
		}
	}
	if (set->is_any)
		return 0;
	if (set->distinct >= arguments_bound) {
		set->is_any = 1;
		return 0;
	}
	if (bpf_map_update_elem(&arguments, key, &one, BPF_NOEXIST) == 0) {
		__sync_fetch_and_add(&set->distinct, 1);
		return 0;
	}
	/* Another CPU was faster with the same tuple, or the map is full. */
	count = bpf_map_lookup_elem(&arguments, key);
	if (count) {
		__sync_fetch_and_add(count, 1);
	} else {
		set->is_any = 1;
		__sync_fetch_and_add(&lost.arguments, 1);
	}
	return 0;
}

static __always_inline void record_arguments(struct pt_regs *regs, struct record_call *call,
					     struct record_rule *rule)
{
	struct record_argument_key key = { .call = *call };

#pragma clang loop unroll(full)
	for (int i = 0; i < RECORD_VALUES; i++) {
		__u64 value;

		if (i >= rule->arguments)
			break;
		if (i > 0 && rule->only_if[i] && !(key.value[i - 1] & rule->only_if[i]))
			continue;
		value = argument_of(regs, call->abi, rule->index[i]);
		if (rule->pointee_offset[i] >= 0) {
			__u64 pointee = 0;

			bpf_probe_read_user(&pointee, sizeof(pointee),
					    (void *)(value + (__u64)rule->pointee_offset[i]));
			value = pointee;
		}
		key.value[i] = value & rule->mask[i];
	}
	count_argument(&key);
}

static __always_inline bool waits_for_work(struct pt_regs *regs, __u32 abi,
					   struct record_rule *rule)
{
	__u64 time[2] = { 0, 0 }, value;

	if (rule->wait == RECORD_WAIT_ALWAYS)
		return true;
	value = argument_of(regs, abi, rule->wait_argument);
	switch (rule->wait) {
	case RECORD_WAIT_NONZERO:
		return value & rule->wait_mask;
	case RECORD_WAIT_ZERO:
		return !(value & rule->wait_mask);
	case RECORD_WAIT_TIME:
		if (!value)
			return true;
		if (rule->wait_size == 8)
			bpf_probe_read_user(time, 8, (void *)value);
		else
			bpf_probe_read_user(time, 16, (void *)value);
		return time[0] || time[1];
	default:
		return false;
	}
}

static __always_inline void record_object(struct task_struct *task, struct record_state *state,
					  struct file *file)
{
	struct record_object_key key = {
		.inode = BPF_CORE_READ(file, f_inode, i_ino),
		.device = BPF_CORE_READ(file, f_inode, i_sb, s_dev),
	};
	struct record_object *object;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(&objects, &key))
		return;
	object = bpf_map_lookup_elem(&object_scratch, &zero);
	if (!object)
		return;
	object->pid = observed_pid(task);
	object->image = state->image;
	path_read(&object->path, file, task);
	if (bpf_map_update_elem(&objects, &key, object, BPF_NOEXIST) == -7 /* E2BIG */)
		__sync_fetch_and_add(&lost.objects, 1);
}

static __always_inline void record_mapping(struct task_struct *task, struct pt_regs *regs,
					   struct record_state *state, __u32 abi)
{
	__u32 fd = (__u32)argument_of(regs, abi, 4);
	struct file **table, *file = NULL;

	if (!(argument_of(regs, abi, 2) & PROT_EXEC) || argument_of(regs, abi, 3) & MAP_ANONYMOUS ||
	    fd >= BPF_CORE_READ(task, files, fdt, max_fds))
		return;
	table = BPF_CORE_READ(task, files, fdt, fd);
	bpf_probe_read_kernel(&file, sizeof(file), table + fd);
	if (file)
		record_object(task, state, file);
}

static __noinline int apply_rule(struct task_struct *task, struct pt_regs *regs,
				 struct record_state *state, __s32 nr, __u32 abi)
{
	__u32 index = abi * RECORD_RULES + ((__u32)nr & ~X32_BIT);
	struct record_rule *rule;
	struct record_call call = { .nr = nr, .abi = abi };

	if (((__u32)nr & ~X32_BIT) >= RECORD_RULES)
		return 0;
	rule = bpf_map_lookup_elem(&rules, &index);
	if (!rule)
		return 0;
	if (rule->wait && !(state->row & 1) && waits_for_work(regs, abi, rule))
		state->row |= 1;
	call.row = state->row;
	if (rule->arguments)
		record_arguments(regs, &call, rule);
	if (rule->maps_file && !state->key.is_manager)
		record_mapping(task, regs, state, abi);
	return 0;
}

/* Keeps the stack and the time of the first observation of this call in this row. */
static __noinline int first_sight(void *ctx, struct task_struct *task, __u32 row, __s32 nr,
				  __u32 abi)
{
	struct record_call call = { .row = row, .nr = nr, .abi = abi };
	struct record_first *first;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(&firsts, &call))
		return 0;
	if (bpf_core_field_exists(task->seccomp.mode) && task->seccomp.mode == SECCOMP_MODE_FILTER)
		filter_seen = 1;
	first = bpf_map_lookup_elem(&first_scratch, &zero);
	if (!first)
		return 0;
	first->time_ns = bpf_ktime_get_ns();
	first->pid = observed_pid(task);
	first->size = (__s32)bpf_get_stack(ctx, first->frames, sizeof(first->frames),
					   BPF_F_USER_STACK | BPF_F_USER_BUILD_ID);
	if (bpf_map_update_elem(&firsts, &call, first, BPF_NOEXIST) == -7 /* E2BIG */)
		__sync_fetch_and_add(&lost.stacks, 1);
	bpf_ringbuf_output(&news, &call, sizeof(call), 0);
	return 0;
}

static __always_inline void count_other(void *ctx, struct task_struct *task, __u32 row, __s32 nr,
					__u32 abi)
{
	struct record_call call = { .row = row, .nr = nr, .abi = abi };
	__u64 zero = 0, *count = bpf_map_lookup_elem(&other_calls, &call);

	if (!count) {
		first_sight(ctx, task, row, nr, abi);
		bpf_map_update_elem(&other_calls, &call, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&other_calls, &call);
	}
	__sync_fetch_and_add(count ? count : &lost.calls, 1);
}

static __noinline int enter_other(void *ctx, struct task_struct *task, struct pt_regs *regs,
				  struct record_state *state, __s32 nr)
{
	__u32 abi = RECORD_NATIVE;

	if (state->row == RECORD_PENDING)
		return 0;
	if (task->thread_info.status & TS_COMPAT)
		abi = RECORD_I386;
	else if (nr >= 0 && nr & X32_BIT)
		abi = RECORD_X32;
	apply_rule(task, regs, state, nr, abi);
	count_other(ctx, task, state->row, nr, abi);
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(record_sys_enter, struct pt_regs *regs, long id)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct record_state *state;
	__u32 nr = (__u32)id, row, index;
	struct task_struct *leader = task->group_leader;
	__u64 *row_counts;

	/* Most processes of a machine are nobody's target: spare them the helper. */
	if (!leader->bpf_storage)
		return 0;
	state = bpf_task_storage_get(&tasks, leader, NULL, 0);
	if (!state)
		return 0;
	row = state->row;
	if (task->thread_info.status & TS_COMPAT || nr >= RECORD_NATIVE_CALLS || row >= rows)
		return enter_other(ctx, task, regs, state, (__s32)nr);
	if (native_flags[nr]) {
		apply_rule(task, regs, state, (__s32)nr, RECORD_NATIVE);
		row = state->row;
	}
	index = bpf_get_smp_processor_id() * rows + row;
	row_counts = bpf_map_lookup_elem(&counts, &index);
	if (!row_counts)
		return 0; /* never: row < rows, and there are rows for each CPU */
	if (!row_counts[nr])
		first_sight(ctx, task, row, (__s32)nr, RECORD_NATIVE);
	__sync_fetch_and_add(&row_counts[nr], 1);
	return 0;
}
