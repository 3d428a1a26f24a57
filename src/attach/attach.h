/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Puts a filter on a process that is running, all its threads, without a restart. Only a process can
 * put a filter on itself, so one of its threads is made to, by ptrace(2). How that can never leave
 * the process stopped or dead, not even by a SIGKILL of the caller, is told in attach.c.
 */
#ifndef WHITTLE_ATTACH_ATTACH_H
#define WHITTLE_ATTACH_ATTACH_H

#include "filter/filter.h"

#include <stdbool.h>
#include <sys/types.h>

struct attach_options {
	bool log; /* SECCOMP_FILTER_FLAG_LOG: the kernel logs every action but allow */
};

struct attach_result {
	pid_t thread; /* the one that was borrowed */
	bool set_no_new_privs; /* it had to be set, since the process has no CAP_SYS_ADMIN */
};

/*
 * The filter must be one that the kernel takes (filter_check). Errors name the reason: -ESRCH no such
 * process; -EPERM no right to trace it; -EBUSY traced already, or no thread came to a place where it
 * could be borrowed in time; -EOPNOTSUPP a process of another ABI than x86-64, in strict mode, or
 * whose present filters do not let it call seccomp(2); or what seccomp(2) itself answered. After an
 * error the process runs as before; no_new_privs may be set.
 */
int attach_filter(pid_t pid, const struct filter *filter, const struct attach_options *options,
		  struct attach_result *result, struct error *err);

#endif
