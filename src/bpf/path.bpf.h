/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The path of a file, as a program may read it: bpf_d_path() is not available to tracepoints, so
 * the program walks the dentries upwards, over mount points, to the root of the task. It stores the
 * names in that order, the last one first; user space reverses them. A concurrent rename may give a
 * mix of the old path and the new; a helper that survives freed memory reads each pointer.
 */
#ifndef WHITTLE_BPF_PATH_BPF_H
#define WHITTLE_BPF_PATH_BPF_H

#include "kernel.h"
#include "record.h"

#define PATH_COMPONENTS 40

static __always_inline void path_push(struct record_path *out, struct dentry *dentry)
{
	const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);
	__u32 used = out->length;
	long size;

	if (used >= RECORD_PATH) {
		out->is_cut = 1;
		return;
	}
	size = bpf_probe_read_kernel_str(out->names + used, RECORD_PATH_NAME, name);
	if (size > 0)
		out->length = used + (__u32)size;
}

static __noinline int path_read(struct record_path *out, struct file *file,
				struct task_struct *task)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct vfsmount *mount = BPF_CORE_READ(file, f_path.mnt);
	struct dentry *root = BPF_CORE_READ(task, fs, root.dentry);
	struct vfsmount *root_mount = BPF_CORE_READ(task, fs, root.mnt);

	out->length = 0;
	out->is_cut = 0;
	for (int i = 0; i < PATH_COMPONENTS; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

		if (dentry == root && mount == root_mount)
			return 0;
		if (dentry == BPF_CORE_READ(mount, mnt_root)) {
			struct mount *inner =
				(void *)mount - bpf_core_field_offset(struct mount, mnt);
			struct mount *outer = BPF_CORE_READ(inner, mnt_parent);

			if (outer == inner)
				return 0;
			dentry = BPF_CORE_READ(inner, mnt_mountpoint);
			mount = (void *)outer + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		path_push(out, dentry);
		if (parent == dentry)
			return 0; /* not in the tree: memfd:NAME and similar */
		dentry = parent;
	}
	out->is_cut = 1;
	return 0;
}

#endif
