// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lines of a Firejail profile. seccomp.keep is an allowlist for the native ABI alone. It would
 * leave other ABIs open, so seccomp.block-secondary shuts them: it answers EPERM, except for x32.
 * Firejail adds the calls that it makes itself after it has installed the filter
 * (src/fseccomp/seccomp.c).
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <string.h>

/* What Firejail's build did not know by name it would pass over: after rseq (4.18) numbers stand. */
static bool is_recent(enum abi abi, int nr)
{
	return nr > syscall_number(abi, "rseq");
}

static const char *const added[] = { "execve", "execveat", "prctl" };

static int print_list(FILE *out, const char *key, const struct policy *policy, enum abi abi,
		      struct error *err)
{
	size_t count, shown = 0;
	_cleanup_free_ const struct rule **rules = emit_rules_by_name(policy, &count);

	if (!rules)
		return error_oom(err);
	for (size_t i = 0; i < count; i++) {
		const char *name = syscall_name(abi, rules[i]->nr);

		if (rules[i]->abi != abi || rules[i]->action != SECCOMP_RET_ALLOW)
			continue;
		fputs(shown++ ? "," : key, out);
		if (name && !is_recent(abi, rules[i]->nr))
			fputs(name, out);
		else
			fprintf(out, "$%d", rules[i]->nr);
	}
	if (shown)
		putc('\n', out);
	return 0;
}

static void print_reasons(FILE *out, const struct policy *policy)
{
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];
		char number[16];

		if (!rule->reasons_count)
			continue;
		fprintf(out, "# %s: ", emit_call_name(rule, number));
		emit_reason_text(out, rule);
		putc('\n', out);
	}
}

static int emit(const struct policy *policy, const struct emit_options *options, FILE *out,
		struct error *err)
{
	uint32_t kind = policy->default_action & SECCOMP_RET_ACTION_FULL;
	const char *error = strerrorname_np((int)(policy->default_action & SECCOMP_RET_DATA));
	int r;

	if (kind == SECCOMP_RET_ERRNO && (!error || !(policy->default_action & SECCOMP_RET_DATA)))
		return error_set(err, -EOPNOTSUPP,
				 "firejail needs the name of an error, and %" PRIu32 " has none",
				 policy->default_action & SECCOMP_RET_DATA);
	if (policy->foreign_action != (SECCOMP_RET_ERRNO | EPERM))
		emit_warn(options,
			  "calls of other ABIs are denied with EPERM: the format cannot express "
			  "another action");
	emit_header(out, "#", policy, options);
	if (options->with_reasons)
		print_reasons(out, policy);
	fprintf(out, "seccomp.block-secondary\nseccomp-error-action %s\n",
		kind == SECCOMP_RET_ERRNO ? error : "kill");
	r = print_list(out, "seccomp.keep ", policy, policy->abis[0], err);
	return r;
}

static int firejail_meaning(const struct policy *policy, const struct emit_options *options,
			    struct policy **result, struct error *err)
{
	_cleanup_(policy_freep) struct policy *meaning = policy_copy(policy);
	enum abi abi = policy->abis[0];

	(void)options;
	if (!meaning)
		return error_oom(err);
	meaning->foreign_action = SECCOMP_RET_ERRNO | EPERM;
	/* x32's numbers are refused by the filter for x86-64, as what it does not list. */
	if (abi == ABI_X86_64 && policy_add_abi(meaning, ABI_X32) < 0)
		return error_oom(err);
	for (size_t i = 0; i < ARRAY_SIZE(added); i++) {
		if (policy_find(policy, abi, syscall_number(abi, added[i]), NULL))
			continue;
		if (!policy_add_verdict(meaning, abi, syscall_number(abi, added[i]),
					SECCOMP_RET_ALLOW))
			return error_oom(err);
	}
	if (policy_finish(meaning, err) < 0)
		return err->code;
	*result = take(meaning);
	return 0;
}

const struct emitter emit_firejail = {
	.name = "firejail",
	.summary = "seccomp lines of a Firejail profile",
	.enforced_by = "firejail --profile=FILE",
	.can = EMIT_COMMENTS | EMIT_NUMBERS | EMIT_FOREIGN,
	.defaults = EMIT_KILL_THREAD | EMIT_ERRNO,
	.loses = "execve, execveat and prctl are always allowed",
	.emit = emit,
	.meaning = firejail_meaning,
};
