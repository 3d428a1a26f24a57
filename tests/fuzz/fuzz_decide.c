// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A decision on any recording that can be read is made, or refused with its reason; it allows every
 * call that was seen outside the manager's part, each with a reason, and its text can be read.
 */
#include "common/cleanup.h"
#include "decide/decide.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_seen(const struct recording *recording, const struct policy *policy)
{
	struct error err = { 0 };
	struct total *totals;
	size_t count, rules;

	must(recording_totals(recording, false, &totals, &count, &err) == 0);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = policy_find(policy, totals[i].abi, totals[i].nr, &rules);

		must(totals[i].nr < 0 || (rule && rules == 1 && rule->reasons_count > 0 &&
					  rule->action == SECCOMP_RET_ALLOW));
	}
	totals_free(totals, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct decide_options options = { .level = "observed",
						.default_action = SECCOMP_RET_ERRNO | EPERM,
						.foreign_action = SECCOMP_RET_KILL_PROCESS };
	_cleanup_(recording_freep) struct recording *recording = NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };
	size_t length;
	FILE *out;

	if (recording_parse("fuzz", (const char *)data, size, &recording, &err) < 0)
		return 0;
	if (decide_policy(recording, &options, &policy, &err) < 0) {
		must(err.message[0]);
		return 0;
	}
	check_seen(recording, policy);
	out = open_memstream(&text, &length);
	must(out && policy_write(policy, out, &err) == 0 && fclose(out) == 0);
	must(policy_parse("again", text, length, &again, &err) == 0);
	return 0;
}
