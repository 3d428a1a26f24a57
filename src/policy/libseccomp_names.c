// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/libseccomp_names.h"

#include <linux/seccomp.h>

const char *libseccomp_names_action(action verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
		return "SCMP_ACT_KILL_PROCESS";
	case SECCOMP_RET_KILL_THREAD:
		return "SCMP_ACT_KILL_THREAD";
	case SECCOMP_RET_TRAP:
		return "SCMP_ACT_TRAP";
	case SECCOMP_RET_ERRNO:
		return "SCMP_ACT_ERRNO";
	case SECCOMP_RET_TRACE:
		return "SCMP_ACT_TRACE";
	case SECCOMP_RET_LOG:
		return "SCMP_ACT_LOG";
	case SECCOMP_RET_ALLOW:
		return "SCMP_ACT_ALLOW";
	case SECCOMP_RET_USER_NOTIF:
		return "SCMP_ACT_NOTIFY";
	default:
		return NULL;
	}
}

const char *libseccomp_names_comparison(enum comparison comparison)
{
	static const char *const names[COMPARISON_COUNT] = {
		[COMPARE_EQUAL] = "SCMP_CMP_EQ",
		[COMPARE_NOT_EQUAL] = "SCMP_CMP_NE",
		[COMPARE_LESS] = "SCMP_CMP_LT",
		[COMPARE_LESS_EQUAL] = "SCMP_CMP_LE",
		[COMPARE_GREATER] = "SCMP_CMP_GT",
		[COMPARE_GREATER_EQUAL] = "SCMP_CMP_GE",
		[COMPARE_MASKED_EQUAL] = "SCMP_CMP_MASKED_EQ",
	};

	return (unsigned)comparison < COMPARISON_COUNT ? names[comparison] : NULL;
}
