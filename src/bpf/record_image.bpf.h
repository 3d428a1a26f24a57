/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Process images: finds the image of a task, and its data. Part of record.bpf.c. */

/* The task's PID in the recorder's namespace, 0 outside of it. */
static __always_inline __s32 observed_pid(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	__u32 level = observer_level;
	__s32 nr = 0;

	if (level > BPF_CORE_READ(pid, level))
		return 0;
	bpf_probe_read_kernel(&nr, sizeof(nr),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      (__u64)level * bpf_core_type_size(struct upid) +
				      bpf_core_field_offset(struct upid, nr));
	return nr;
}

static __always_inline void key_of_file(struct record_image_key *key, struct file *file)
{
	key->inode = BPF_CORE_READ(file, f_inode, i_ino);
	key->device = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
}

/* The arguments as the process has them. */
static __noinline int read_argv(struct record_image *image, struct task_struct *task)
{
	unsigned long start = BPF_CORE_READ(task, mm, arg_start);
	unsigned long length = BPF_CORE_READ(task, mm, arg_end) - start;

	if (length > RECORD_ARGV - 1)
		length = RECORD_ARGV - 1;
	if (bpf_probe_read_user(image->argv, length & (RECORD_ARGV - 1), (void *)start) < 0)
		length = 0;
	image->argv_length = (__u32)length;
	return 0;
}

/*
 * FNV-1a, as bpf_load.c has it. IS_LOOSE (0 or 1): runs of digits count as one, so that $MAINPID in
 * ExecReload= makes no image of its own at each reload.
 *
 * In arithmetic, without a branch: the verifier follows both sides of each one, over and over in a loop.
 * Not static, so that it checks the loop by itself, once.
 */
__noinline __u64 hash_argv(const struct record_image *image, __u32 is_loose)
{
	__u64 hash = RECORD_HASH_START, in_digits = 0, loose = is_loose & 1;

	if (!image)
		return 0;
	for (__u32 i = 0; i < RECORD_ARGV && i < image->argv_length; i++) {
		__u64 byte = (__u8)image->argv[i], is_digit, keep, next;

		is_digit = byte - '0';
		barrier_var(is_digit); /* else the compiler makes it a comparison again */
		is_digit = (is_digit - 10) >> 63 & ~is_digit >> 63 & loose;
		barrier_var(is_digit);
		keep = -(is_digit & in_digits); /* all ones: the hash stays */
		next = (hash ^ byte ^ ((byte ^ '0') & -is_digit)) * RECORD_HASH_PRIME;
		hash = (hash & keep) | (next & ~keep);
		in_digits = is_digit;
	}
	return hash | 1; /* 0 says "not in a unit" */
}

/* A line without variables is identified by its exact arguments, others by constant parts. */
static __always_inline __u64 line_of(struct record_image *scratch, struct task_struct *task)
{
	__u64 hash;

	read_argv(scratch, task);
	hash = hash_argv(scratch, 0);
	return bpf_map_lookup_elem(&fixed_lines, &hash) ? hash : hash_argv(scratch, 1);
}

static __always_inline __u32 image_claim(void)
{
	__u32 image = __sync_fetch_and_add(&images_used, 1);

	if (image >= RECORD_IMAGE_OTHERS) {
		__sync_fetch_and_add(&images_used, -1);
		return RECORD_IMAGE_OTHERS;
	}
	return image;
}

/*
 * Finds or creates the image of this key and points the state at it, in the startup phase. FILE is
 * the executable if it is new to the task (exec, or a running task found by the iterator), NULL at
 * a fork: PARENT then has the path.
 */
static __noinline int state_set_image(struct record_state *state, struct task_struct *task,
				      struct file *file, __u32 parent)
{
	__u32 *found = bpf_map_lookup_elem(&image_slots, &state->key), index;
	struct record_image *image;

	if (found) {
		state->image = *found;
		if (state->origin == RECORD_ORIGIN_SELF)
			state->origin = *found;
		return 0;
	}
	index = image_claim();
	state->image = index;
	if (state->origin == RECORD_ORIGIN_SELF)
		state->origin = index;
	if (index == RECORD_IMAGE_OTHERS) {
		__sync_fetch_and_add(&lost.processes, 1);
	} else if (bpf_map_update_elem(&image_slots, &state->key, &index, BPF_NOEXIST) < 0) {
		found = bpf_map_lookup_elem(&image_slots, &state->key);
		if (found) /* another CPU created it meanwhile; this index stays unused */
			state->image = *found;
		return 0;
	}
	image = bpf_map_lookup_elem(&images, &index);
	if (!image)
		return 0;
	image->key = state->key;
	image->parent = file ? index : parent;
	image->origin = state->origin;
	image->pid = observed_pid(task);
	bpf_probe_read_kernel_str(image->command, sizeof(image->command), task->comm);
	read_argv(image, task);
	if (file)
		path_read(&image->path, file, task);
	image->is_used = 1;
	return 0;
}
