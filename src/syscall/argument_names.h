/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data behind argument_text.c. Only this folder includes it. */
#ifndef WHITTLE_SYSCALL_ARGUMENT_NAMES_H
#define WHITTLE_SYSCALL_ARGUMENT_NAMES_H

#include "syscall/abi.h"

#include <stddef.h>
#include <stdint.h>

#define WHOLE UINT64_MAX

/* NAME stands for a value V where (V & mask) == value: the whole value, a field of it or a bit. */
struct argument_name {
	const char *name; /* NULL ends a table */
	uint64_t value, mask;
};

/* The value of a name on other ABIs than x86-64, where it differs. */
struct argument_name_by_abi {
	const char *name;
	unsigned abis; /* bits 1 << enum abi */
	uint64_t value, mask; /* mask 0: they lack the name */
};
extern const struct argument_name_by_abi argument_names_by_abi[]; /* sorted by name */
extern const size_t argument_names_by_abi_count;

extern const struct argument_name argument_names_domain[], argument_names_type[],
	argument_names_protocol[], argument_names_netlink[], argument_names_level[],
	argument_names_so[], argument_names_ip[], argument_names_ipv6[], argument_names_tcp[],
	argument_names_udp[], argument_names_packet[], argument_names_netlink_option[],
	argument_names_raw[], argument_names_icmpv6[], argument_names_alg[], argument_names_ioctl[],
	argument_names_fcntl[], argument_names_prctl[], argument_names_clone[],
	argument_names_protection[], argument_names_map[], argument_names_signal[],
	argument_names_personality[], argument_names_keyctl[], argument_names_bpf[],
	argument_names_madvice[], argument_names_open[], argument_names_mode[],
	argument_names_scheduler[], argument_names_futex[], argument_names_socketcall[],
	argument_names_ipc[], argument_names_shm[], argument_names_ptrace[],
	argument_names_seccomp[], argument_names_arch_prctl[], argument_names_mount[],
	argument_names_umount[], argument_names_memfd[], argument_names_fallocate[],
	argument_names_reboot[], argument_names_quota[], argument_names_io_uring[],
	argument_names_at[];

#endif
