/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel types that the programs of this folder use, with only the fields that they use: libbpf
 * relocates each access to the running kernel's own layout (CO-RE), so neither order nor offsets
 * matter here, only names and types. Kept by hand: what is not here is not touched.
 */
#ifndef WHITTLE_BPF_KERNEL_H
#define WHITTLE_BPF_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct {
	int pid;
	int tgid;
	struct task_struct *group_leader;
};

#pragma clang attribute pop

#endif
