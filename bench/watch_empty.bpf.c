// SPDX-License-Identifier: LGPL-2.1-or-later
/* The floor: what any program on sys_exit costs, since it does nothing. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tp_btf/sys_exit")
int empty(void *ctx)
{
	return 0;
}
