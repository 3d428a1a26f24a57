// SPDX-License-Identifier: LGPL-2.1-or-later
#include "syscall/serving_calls.h"

#include <string.h>
#include <sys/ipc.h>

/*
 * A call waits for work where a server stands while it has nothing to do: for a connection, a
 * request, an event, a signal, a message. Not in the list, since a program does them on its way
 * up as well: read and recv (files, name servers), futex (locks, joins), sleeps (retries), wait4
 * (its own set-up commands), flock. A poll that only looks (timeout 0) does not wait.
 */
static const struct serving_call waits[] = {
	{ "accept", WAIT_ALWAYS, 0, 0 },
	{ "accept4", WAIT_ALWAYS, 0, 0 },
	{ "epoll_pwait", WAIT_NONZERO, 3, 0xffffffff }, /* int timeout, -1 forever */
	{ "epoll_pwait2", WAIT_TIME, 3, 0 },
	{ "epoll_wait", WAIT_NONZERO, 3, 0xffffffff },
	{ "io_uring_enter", WAIT_NONZERO, 2, 0xffffffff }, /* min_complete */
	{ "mq_timedreceive", WAIT_ALWAYS, 0, 0 },
	{ "mq_timedreceive_time64", WAIT_ALWAYS, 0, 0 },
	{ "msgrcv", WAIT_ZERO, 4, IPC_NOWAIT },
	{ "pause", WAIT_ALWAYS, 0, 0 },
	{ "poll", WAIT_NONZERO, 2, 0xffffffff },
	{ "ppoll", WAIT_TIME, 2, 0 },
	{ "ppoll_time64", WAIT_TIME, 2, 0 },
	{ "pselect6", WAIT_TIME, 4, 0 },
	{ "pselect6_time64", WAIT_TIME, 4, 0 },
	{ "rt_sigsuspend", WAIT_ALWAYS, 0, 0 },
	{ "rt_sigtimedwait", WAIT_TIME, 2, 0 },
	{ "rt_sigtimedwait_time64", WAIT_TIME, 2, 0 },
	{ "select", WAIT_TIME, 4, 0 },
	{ "sigsuspend", WAIT_ALWAYS, 0, 0 },
};

const struct serving_call *serving_call(const char *name)
{
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		if (strcmp(waits[i].name, name) == 0)
			return &waits[i];
	return NULL;
}
