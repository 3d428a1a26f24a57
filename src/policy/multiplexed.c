// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/multiplexed.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <string.h>

/* i386's multiplexers: libseccomp filters a call of these names by its own number and, by its first
 * argument, through the multiplexer (libseccomp's src/arch-x86.c). */
static const struct multiplexed multiplexed[] = {
	{ "accept", "socketcall", 5 },
	{ "accept4", "socketcall", 18 },
	{ "bind", "socketcall", 2 },
	{ "connect", "socketcall", 3 },
	{ "getpeername", "socketcall", 7 },
	{ "getsockname", "socketcall", 6 },
	{ "getsockopt", "socketcall", 15 },
	{ "listen", "socketcall", 4 },
	{ "msgctl", "ipc", 14 },
	{ "msgget", "ipc", 13 },
	{ "msgrcv", "ipc", 12 },
	{ "msgsnd", "ipc", 11 },
	{ "recv", "socketcall", 10 },
	{ "recvfrom", "socketcall", 12 },
	{ "recvmmsg", "socketcall", 19 },
	{ "recvmsg", "socketcall", 17 },
	{ "semctl", "ipc", 3 },
	{ "semget", "ipc", 2 },
	{ "semop", "ipc", 1 },
	{ "semtimedop", "ipc", 4 },
	{ "send", "socketcall", 9 },
	{ "sendmmsg", "socketcall", 20 },
	{ "sendmsg", "socketcall", 16 },
	{ "sendto", "socketcall", 11 },
	{ "setsockopt", "socketcall", 14 },
	{ "shmat", "ipc", 21 },
	{ "shmctl", "ipc", 24 },
	{ "shmdt", "ipc", 22 },
	{ "shmget", "ipc", 23 },
	{ "shutdown", "socketcall", 13 },
	{ "socket", "socketcall", 1 },
	{ "socketpair", "socketcall", 8 },
};

size_t multiplexed_calls(const struct multiplexed **rows)
{
	*rows = multiplexed;
	return ARRAY_SIZE(multiplexed);
}

int multiplexed_add(struct policy *meaning, const struct multiplexed *row, uint32_t verdict)
{
	const struct condition is_call = { 0, COMPARE_MASKED_EQUAL, row->number, UINT32_MAX };
	struct rule *rule = policy_add_verdict(meaning, ABI_I386,
					       syscall_number(ABI_I386, row->through), verdict);
	struct clause *clause = rule ? rule_add_clause(rule) : NULL;

	return clause && clause_add(clause, is_call) == 0 ? 0 : -ENOMEM;
}

const struct multiplexed *multiplexed_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(multiplexed); i++)
		if (strcmp(multiplexed[i].name, name) == 0)
			return &multiplexed[i];
	return NULL;
}
