// SPDX-License-Identifier: LGPL-2.1-or-later
/* Counts system calls on entry. */
#include "record.h"
#include "kernel.h"

char LICENSE[] SEC("license") = "GPL";

__u64 counts[RECORD_NATIVE_CALLS];

SEC("tp_btf/sys_enter")
int BPF_PROG(record_sys_enter, struct pt_regs *regs, long nr)
{
	if (nr >= 0 && nr < RECORD_NATIVE_CALLS)
		__sync_fetch_and_add(&counts[nr], 1);
	return 0;
}
