/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel types that the programs of this folder use, with only the fields that they use: libbpf
 * relocates each access to the running kernel's own layout (CO-RE), so neither order nor offsets
 * matter here, only names and types. Maintained by hand: the programs touch no other field.
 */
#ifndef WHITTLE_BPF_KERNEL_H
#define WHITTLE_BPF_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define PF_KTHREAD	    0x00200000 /* include/linux/sched.h */
#define TS_COMPAT	    0x0002 /* arch/x86/include/asm/thread_info.h: a 32-bit call is active */
#define X32_BIT		    0x40000000 /* __X32_SYSCALL_BIT */
#define SECCOMP_MODE_FILTER 2
#define PROT_EXEC	    0x4
#define MAP_ANONYMOUS	    0x20

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Of the process that entered the kernel (x86). */
struct pt_regs {
	unsigned long bx, cx, dx, si, di, bp;
	unsigned long r8, r9, r10, r12, r13, r14, r15;
	unsigned long orig_ax, ip, sp;
};

struct thread_info {
	unsigned long syscall_work;
	__u32 status;
};

enum syscall_work_bit { SYSCALL_WORK_BIT_SYSCALL_EMU = 3 };

typedef struct {
	unsigned long sig[1];
} sigset_t;

struct sigpending {
	sigset_t signal;
};

struct notification;

struct sock_filter;

struct sock_fprog_kern {
	__u16 len;
	struct sock_filter *filter;
};

struct bpf_prog {
	struct sock_fprog_kern *orig_prog; /* with CONFIG_CHECKPOINT_RESTORE, of filters */
};

/* Since 5.11, a bit for each number. Linux 6.1 has 451 of them. */
struct action_cache {
	unsigned long allow_native[8], allow_compat[8];
};

struct seccomp_filter {
	struct action_cache cache;
	struct seccomp_filter *prev;
	struct bpf_prog *prog;
	struct notification *notif;
};

struct seccomp {
	int mode;
	struct seccomp_filter *filter;
};

typedef struct {
	unsigned int val;
} kuid_t;

struct cred {
	kuid_t uid;
};

struct super_block {
	__u32 s_dev;
};

struct inode {
	struct super_block *i_sb;
	unsigned long i_ino;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
};

struct vm_area_struct {
	unsigned long vm_start, vm_end, vm_pgoff, vm_flags;
	struct file *vm_file;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root;
};

struct mm_struct {
	unsigned long arg_start, arg_end;
	struct file *exe_file;
};

struct kernfs_node {
	const char *name;
	__u64 id;
};

struct cgroup_root;

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup_root *root;
	struct cgroup *ancestors[]; /* since 6.1 */
};

/* Before 6.1. */
struct cgroup___before_6_1 {
	int level;
	__u64 ancestor_ids[];
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct bpf_local_storage;

struct task_struct {
	struct bpf_local_storage *bpf_storage;
	struct seccomp seccomp; /* with CONFIG_SECCOMP */
	struct thread_info thread_info;
	unsigned int flags;
	unsigned int ptrace;
	int exit_state;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	char comm[16];
	struct mm_struct *mm;
	struct fs_struct *fs;
	struct files_struct *files;
	struct css_set *cgroups;
	struct cred *cred;
	struct sigpending pending;
};

struct linux_binprm {
	struct file *file;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* On the stack of a program: its size is the kernel's, never relocated. */
struct bpf_iter_task_vma {
	__u64 opaque[1];
} __attribute__((aligned(8)));

#endif
