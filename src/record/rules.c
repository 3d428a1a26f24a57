// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The rules of single calls: syscall/arguments.h decides which arguments are recorded;
 * syscall/serving_calls.h lists the calls that wait for work, and so end a process's startup.
 */
#include "record/rules.h"

#include "common/cleanup.h"
#include "syscall/arguments.h"
#include "syscall/serving_calls.h"
#include "syscall/syscall.h"

#include <string.h>

_Static_assert(RECORD_VALUES == ARGUMENTS_MAX, "a tuple must fit its key in the kernel");

enum abi rules_abi(enum record_abi abi)
{
	switch (abi) {
	case RECORD_I386:
		return ABI_I386;
	case RECORD_X32:
		return ABI_X32;
	case RECORD_NATIVE:
	case RECORD_ABIS:
		break;
	}
	return ABI_X86_64;
}

_Static_assert((int)RECORD_WAIT_NEVER == (int)WAIT_NEVER &&
		       (int)RECORD_WAIT_ALWAYS == (int)WAIT_ALWAYS &&
		       (int)RECORD_WAIT_NONZERO == (int)WAIT_NONZERO &&
		       (int)RECORD_WAIT_ZERO == (int)WAIT_ZERO &&
		       (int)RECORD_WAIT_TIME == (int)WAIT_TIME,
	       "the kernel's side has the same kinds of waits");

static void rule_wait(const char *name, enum record_abi abi, struct record_rule *rule)
{
	const struct serving_call *wait = serving_call(name);

	if (!wait)
		return;
	rule->wait = (__u8)wait->kind;
	rule->wait_argument = wait->argument;
	rule->wait_mask = wait->mask;
	/* i386's own calls have times of two 32-bit words but for those that say time64. */
	rule->wait_size =
		abi == RECORD_I386 && !strstr(name, "64") && strcmp(name, "epoll_pwait2") != 0 ? 8
											       : 16;
}

static void rule_arguments(const char *name, struct record_rule *rule)
{
	const struct syscall_arguments *row = syscall_arguments(name);

	if (!row)
		return;
	rule->arguments = row->count;
	for (unsigned i = 0; i < row->count; i++) {
		const struct argument *argument = &row->argument[i];

		rule->index[i] = argument->index;
		rule->mask[i] = argument->mask;
		rule->pointee_offset[i] = argument->pointee_offset;
		rule->only_if[i] = syscall_argument_needs(row, i);
	}
}

bool rules_find(enum record_abi abi, unsigned nr, struct record_rule *rule)
{
	const char *name =
		syscall_name(rules_abi(abi), (int)(abi == RECORD_X32 ? nr | X32_BIT : nr));

	*rule = (struct record_rule){ .pointee_offset = { -1, -1, -1 } };
	if (!name)
		return false;
	rule_wait(name, abi, rule);
	rule_arguments(name, rule);
	/* i386's old mmap has its arguments in memory; nothing but very old programs calls it. */
	rule->maps_file =
		strcmp(name, "mmap2") == 0 || (strcmp(name, "mmap") == 0 && abi != RECORD_I386);
	return rule->wait || rule->arguments || rule->maps_file;
}
