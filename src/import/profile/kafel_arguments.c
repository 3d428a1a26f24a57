// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Kafel takes the names from the kernel's source, and so does syscall/parameters.h; here is where Kafel's
 * table (src/syscalls/) has others: of other kernels, of calls that only some builds have, or by hand.
 */
#include "import/profile/kafel_arguments.h"

#include "common/cleanup.h"
#include "common/word.h"
#include "syscall/parameters.h"

#include <stdio.h>

#define NAME_ROOM 64

static const struct {
	const char *name, *parameters;
} rows[] = {
	{ "arch_prctl", "code:4 addr" },
	{ "delete_module", "name_user flags:4" },
	{ "finit_module", "fd:4 uargs flags:4" },
	{ "fsconfig", "fd:4 cmd:4 key value aux:4" },
	{ "fsopen", "fs_name flags:4" },
	{ "get_thread_area", "u_info" },
	{ "getrandom", "buf count flags:4" },
	{ "init_module", "umod len uargs" },
	{ "io_pgetevents", "ctx_id min_nr nr events timeout sig" },
	{ "kexec_file_load", "kernel_fd:4 initrd_fd:4 cmdline_len cmdline_ptr flags" },
	{ "kexec_load", "entry nr_segments segments flags" },
	{ "landlock_add_rule", "ruleset_fd:4 rule_type:4 rule_attr flags:4" },
	{ "landlock_create_ruleset", "attr size flags:4" },
	{ "landlock_restrict_self", "ruleset_fd:4 flags:4" },
	{ "lookup_dcookie", "cookie64 buf len" },
	{ "map_shadow_stack", "addr size flags:4" },
	{ "membarrier", "cmd:4 flags:4" },
	{ "mseal", "start size flags:4" },
	{ "openat2", "dfd:4 filename how size" },
	{ "pkey_alloc", "flags:4 init_val:4" },
	{ "sched_getattr", "pid:4 uattr size:4 flags:4" },
	{ "set_mempolicy_home_node", "start len home_node:4 flags:4" },
	{ "set_thread_area", "u_info" },
	{ "setns", "fd:4 nstype:4" },
	{ "statx", "dfd:4 filename flags:4 mask:4 statxbuf" },
	{ "sysctl", "args" },
	{ "uselib", "library" },
	{ "vmsplice", "fd:4 iov nr_segs flags:4" },
	/* Everybody's names of what the kernel's functions call otherwise. */
	{ "fstat", "fd:4 statbuf" },
	{ "lstat", "filename statbuf" },
	{ "sendfile", "out_fd:4 in_fd:4 offset count" },
	{ "stat", "filename statbuf" },
	{ "umount2", "name flags:4" },
	{ "uname", "name" },
};

static bool find_in(const char *parameters, const char *name, size_t length, uint8_t *argument,
		    bool *is_narrow)
{
	for (uint8_t i = 0; parameters && *parameters; i++) {
		size_t whole = strcspn(parameters, " "), bare = strcspn(parameters, ": ");

		if (bare == length && memcmp(parameters, name, length) == 0) {
			*argument = i;
			*is_narrow = bare != whole;
			return true;
		}
		parameters += whole;
		parameters += *parameters == ' ';
	}
	return false;
}

bool kafel_arguments_find(const char *call, size_t call_length, const char *name, size_t length,
			  uint8_t *argument, bool *is_narrow)
{
	char text[NAME_ROOM];

	if (call_length >= sizeof(text))
		return false;
	memcpy(text, call, call_length);
	text[call_length] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].name, text) == 0 &&
		    find_in(rows[i].parameters, name, length, argument, is_narrow))
			return true;
	return find_in(parameters_of(text), name, length, argument, is_narrow);
}
