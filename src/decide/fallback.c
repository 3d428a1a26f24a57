// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A run-time library that is newer than the recorded one tries a newer call first and falls back to
 * the older one, but only if the answer is ENOSYS: it passes EPERM on to the program, which fails
 * (runc#2151, systemd#19922). So where the older call is allowed and the newer one was never
 * observed, the newer one returns ENOSYS. This allows nothing more: the call is denied as before.
 */
#include "common/cleanup.h"
#include "decide/levels.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>

/* Read in the sources of the libraries named: where the older call stands behind a test of errno for
 * ENOSYS and nothing else. */
static const struct {
	const char *newer, *older, *who;
} rows[] = {
	{ "clone3", "clone", "glibc 2.34 and later" },
	{ "faccessat2", "faccessat", "glibc 2.33 and later" },
	{ "fchmodat2", "fchmodat", "glibc 2.39 and later" },
	{ "preadv2", "preadv", "glibc 2.26 and later" },
	{ "pwritev2", "pwritev", "glibc 2.26 and later" },
	{ "statx", "newfstatat", "code that tries statx first (Rust's standard library)" },
	/* 32-bit ABIs, since time has 64 bits (glibc 2.34, musl 1.2). */
	{ "clock_getres_time64", "clock_getres", "a C library with 64-bit time" },
	{ "clock_gettime64", "clock_gettime", "a C library with 64-bit time" },
	{ "clock_nanosleep_time64", "clock_nanosleep", "a C library with 64-bit time" },
	{ "clock_settime64", "clock_settime", "a C library with 64-bit time" },
	{ "futex_time64", "futex", "a C library with 64-bit time" },
	{ "mq_timedreceive_time64", "mq_timedreceive", "a C library with 64-bit time" },
	{ "mq_timedsend_time64", "mq_timedsend", "a C library with 64-bit time" },
	{ "ppoll_time64", "ppoll", "a C library with 64-bit time" },
	{ "pselect6_time64", "pselect6", "a C library with 64-bit time" },
	{ "recvmmsg_time64", "recvmmsg", "a C library with 64-bit time" },
	{ "rt_sigtimedwait_time64", "rt_sigtimedwait", "a C library with 64-bit time" },
	{ "sched_rr_get_interval_time64", "sched_rr_get_interval", "a C library with 64-bit time" },
	{ "statx", "fstatat64", "a C library with 64-bit time" },
	{ "timer_gettime64", "timer_gettime", "a C library with 64-bit time" },
	{ "timer_settime64", "timer_settime", "a C library with 64-bit time" },
	{ "timerfd_gettime64", "timerfd_gettime", "a C library with 64-bit time" },
	{ "timerfd_settime64", "timerfd_settime", "a C library with 64-bit time" },
	{ "utimensat_time64", "utimensat", "a C library with 64-bit time" },
};

/* Something that was seen or asked for; the base alone makes nobody try the newer call. */
static bool is_used(const struct policy *policy, enum abi abi, int nr)
{
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];

		if (rule->abi != abi || rule->nr != nr || rule->action != SECCOMP_RET_ALLOW)
			continue;
		for (size_t j = 0; j < rule->reasons_count; j++)
			if (rule->reasons[j].kind != REASON_BASE)
				return true;
	}
	return false;
}

static int add_row(struct policy *policy, enum abi abi, size_t row)
{
	int newer = syscall_number(abi, rows[row].newer);
	int older = syscall_number(abi, rows[row].older);
	struct rule *rule;

	if (newer < 0 || older < 0 || decide_has(policy, abi, newer) ||
	    !is_used(policy, abi, older))
		return 0;
	rule = decide_allow(policy, abi, newer);
	if (!rule)
		return -ENOMEM;
	rule->action = SECCOMP_RET_ERRNO | ENOSYS;
	return rule_add_reason(rule, REASON_RUNTIME,
			       "returns ENOSYS, the only error on which %s falls back to %s, "
			       "which is allowed",
			       rows[row].who, rows[row].older);
}

int fallback_add(struct policy *policy, struct error *err)
{
	/* No newer call is another row's older one, so the rows need no order. */
	for (size_t i = 0; i < policy->abis_count; i++)
		for (size_t row = 0; row < ARRAY_SIZE(rows); row++)
			if (add_row(policy, policy->abis[i], row) < 0)
				return error_oom(err);
	return 0;
}
