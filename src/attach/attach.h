/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Installs a filter in a running process, in all its threads, without a restart. Only a process
 * itself can install a filter, so ptrace(2) makes one of its threads do it. attach.c explains why
 * this never leaves the process stopped or dead, not even if the caller gets SIGKILL.
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
	pid_t thread; /* the thread that made the call */
	bool set_no_new_privs; /* it had to be set, since the process has no CAP_SYS_ADMIN */
};

/*
 * The kernel must accept the filter (filter_check). Errors name the reason: -ESRCH no such process;
 * -EPERM no right to trace it; -EBUSY traced already, or no thread reached a usable place in time;
 * -EOPNOTSUPP a process of another ABI than x86-64, in strict mode, or whose present filters deny
 * seccomp(2); or the error of seccomp(2) itself. After an error the process runs as before;
 * no_new_privs may be set.
 */
int attach_filter(pid_t pid, const struct filter *filter, const struct attach_options *options,
		  struct attach_result *result, struct error *err);

#endif
