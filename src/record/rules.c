// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The rules of single calls: which arguments are recorded comes from syscall/arguments.h; which
 * calls wait for work, and so end a process's startup, stands in the table below.
 */
#include "record/rules.h"

#include "common/cleanup.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <string.h>
#include <sys/ipc.h>

/*
 * A call waits for work where a server stands while it has nothing to do: for a connection, a
 * request, an event, a signal, a message. Not in the list, since a program does them on its way
 * up as well: read and recv (files, name servers), futex (locks, joins), sleeps (retries), wait4
 * (its own set-up commands), flock. A poll that only looks (timeout 0) does not wait.
 */
static const struct {
	const char *name;
	enum record_wait wait;
	uint8_t argument;
	uint64_t mask;
} waits[] = {
	{ "accept", RECORD_WAIT_ALWAYS, 0, 0 },
	{ "accept4", RECORD_WAIT_ALWAYS, 0, 0 },
	{ "epoll_pwait", RECORD_WAIT_NONZERO, 3, 0xffffffff }, /* int timeout, -1 forever */
	{ "epoll_pwait2", RECORD_WAIT_TIME, 3, 0 },
	{ "epoll_wait", RECORD_WAIT_NONZERO, 3, 0xffffffff },
	{ "io_uring_enter", RECORD_WAIT_NONZERO, 2, 0xffffffff }, /* min_complete */
	{ "mq_timedreceive", RECORD_WAIT_ALWAYS, 0, 0 },
	{ "mq_timedreceive_time64", RECORD_WAIT_ALWAYS, 0, 0 },
	{ "msgrcv", RECORD_WAIT_ZERO, 4, IPC_NOWAIT },
	{ "pause", RECORD_WAIT_ALWAYS, 0, 0 },
	{ "poll", RECORD_WAIT_NONZERO, 2, 0xffffffff },
	{ "ppoll", RECORD_WAIT_TIME, 2, 0 },
	{ "ppoll_time64", RECORD_WAIT_TIME, 2, 0 },
	{ "pselect6", RECORD_WAIT_TIME, 4, 0 },
	{ "pselect6_time64", RECORD_WAIT_TIME, 4, 0 },
	{ "rt_sigsuspend", RECORD_WAIT_ALWAYS, 0, 0 },
	{ "rt_sigtimedwait", RECORD_WAIT_TIME, 2, 0 },
	{ "rt_sigtimedwait_time64", RECORD_WAIT_TIME, 2, 0 },
	{ "select", RECORD_WAIT_TIME, 4, 0 },
	{ "sigsuspend", RECORD_WAIT_ALWAYS, 0, 0 },
};

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

static void rule_wait(const char *name, enum record_abi abi, struct record_rule *rule)
{
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		if (strcmp(waits[i].name, name) != 0)
			continue;
		rule->wait = (__u8)waits[i].wait;
		rule->wait_argument = waits[i].argument;
		rule->wait_mask = waits[i].mask;
		/* i386's own calls have times of two 32-bit words but for those that say time64. */
		rule->wait_size = abi == RECORD_I386 && !strstr(name, "64") &&
						  strcmp(name, "epoll_pwait2") != 0
					  ? 8
					  : 16;
	}
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

bool rule_find(enum record_abi abi, unsigned nr, struct record_rule *rule)
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
