// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * systemd-nspawn's .nspawn file. There, SystemCallFilter= changes nspawn's own allowlist: it adds
 * names, and with "~" it removes names, which wins. So the file adds all calls that the policy
 * allows, and removes every other name that this systemd knows.
 *
 * nspawn filters every ABI of the machine by the same names, answers EPERM to calls that it knows
 * and ENOSYS to others, and denies audit's sockets in a separate filter
 * (src/nspawn/nspawn-seccomp.c).
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "emit/libseccomp.h"
#include "emit/systemd.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/socket.h>

#define WIDTH 78

struct line {
	FILE *out;
	const char *key;
	size_t column;
};

static void add_word(struct line *line, const char *word)
{
	size_t length = strlen(word);

	if (line->column && line->column + 1 + length > WIDTH) {
		putc('\n', line->out);
		line->column = 0;
	}
	line->column += (size_t)(line->column ? fprintf(line->out, " %s", word)
					      : fprintf(line->out, "%s%s", line->key, word));
}

static bool is_allowed(const struct rule *const *rules, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(syscall_name(rules[i]->abi, rules[i]->nr), name) == 0)
			return true;
	return false;
}

static int emit(const struct policy *policy, const struct emit_options *options, FILE *out,
		struct error *err)
{
	struct line allowed = { out, "SystemCallFilter=", 0 };
	struct line taken = { out, "SystemCallFilter=~", 0 };
	struct systemd_target target;
	const char *const *known;
	size_t count, known_count;
	_cleanup_free_ const struct rule **rules = emit_rules_by_name(policy, &count);

	if (!rules)
		return error_oom(err);
	systemd_target_find(policy, options, &target);
	if (policy->default_action != (SECCOMP_RET_ERRNO | EPERM))
		emit_warn(options,
			  "all other calls are denied with EPERM: nspawn has no setting for "
			  "another error");
	emit_header(out, "#", policy, options);
	for (size_t i = 0; i < count && options->with_reasons; i++) {
		if (!rules[i]->reasons_count)
			continue;
		fprintf(out, "# %s: ", syscall_name(rules[i]->abi, rules[i]->nr));
		emit_reason_text(out, rules[i]);
		/* A backslash would go on in the next line. */
		fputs(" .\n", out);
	}
	fputs("[Exec]\n", out);
	for (size_t i = 0; i < count; i++) {
		const char *name = syscall_name(rules[i]->abi, rules[i]->nr);

		if (systemd_knows(&target, name))
			add_word(&allowed, name);
		else
			emit_warn(options, "%s is left out: systemd %u does not know it", name,
				  target.version);
	}
	fputs(allowed.column ? "\n" : "", out);
	known_count = groups_members(target.version, "@known", &known);
	for (size_t i = 0; i < known_count; i++)
		if (!is_allowed(rules, count, known[i]))
			add_word(&taken, known[i]);
	fputs(taken.column ? "\n" : "", out);
	return 0;
}

/* ---- meaning ---- */

/* socket(AF_NETLINK, *, NETLINK_AUDIT), whose kernel side has no namespaces. */
static int refuse_audit(struct policy *meaning, enum abi abi, int nr)
{
	const struct condition is_netlink = { 0, COMPARE_MASKED_EQUAL, AF_NETLINK, UINT32_MAX };
	const struct condition is_audit = { 2, COMPARE_MASKED_EQUAL, NETLINK_AUDIT, UINT32_MAX };
	struct clause *clause;

	if (!policy_add_verdict(meaning, abi, nr, SECCOMP_RET_ERRNO | EAFNOSUPPORT))
		return -ENOMEM;
	clause = rule_add_clause(&meaning->rules[meaning->rules_count - 1]);
	return clause && clause_add(clause, is_netlink) == 0 && clause_add(clause, is_audit) == 0
		       ? 0
		       : -ENOMEM;
}

static int add_abi(struct policy *meaning, const struct systemd_target *target, enum abi abi,
		   const struct rule *const *rules, size_t count)
{
	const struct syscall_entry *calls;
	size_t calls_count = syscall_table(abi, &calls);

	if (policy_add_abi(meaning, abi) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < calls_count; i++) {
		const char *name = calls[i].name;
		int nr = systemd_number(target, abi, name), r;

		if (nr < 0 || !systemd_knows(target, name))
			continue;
		if (is_allowed(rules, count, name)) {
			r = strcmp(name, "socket") == 0 ? refuse_audit(meaning, abi, nr) : 0;
			if (r < 0 || !policy_add_verdict(meaning, abi, nr, SECCOMP_RET_ALLOW))
				return -ENOMEM;
		} else if (groups_contain(target->version, "@known", name) &&
			   !policy_add_verdict(meaning, abi, nr, SECCOMP_RET_ERRNO | EPERM)) {
			return -ENOMEM;
		}
	}
	return 0;
}

static int nspawn_meaning(const struct policy *policy, const struct emit_options *options,
			  struct policy **result, struct error *err)
{
	_cleanup_(policy_freep) struct policy *meaning = policy_new();
	size_t count;
	_cleanup_free_ const struct rule **rules = emit_rules_by_name(policy, &count);
	struct systemd_target target;
	int r;

	if (!meaning || !rules)
		return error_oom(err);
	systemd_target_find(policy, options, &target);
	meaning->default_action = SECCOMP_RET_ERRNO | ENOSYS;
	meaning->foreign_action = SECCOMP_RET_KILL_THREAD;
	for (size_t i = 0; i < policy->abis_count; i++)
		if (add_abi(meaning, &target, policy->abis[i], rules, count) < 0)
			return error_oom(err);
	r = policy_finish(meaning, err);
	if (r < 0)
		return r;
	*result = take(meaning);
	return 0;
}

const struct emitter emit_nspawn = {
	.name = "nspawn",
	.summary = "settings of a systemd-nspawn container",
	.enforced_by = "systemd-nspawn, machinectl",
	.can = EMIT_COMMENTS | EMIT_ABIS | EMIT_ONE_LIST | EMIT_EVERY_ABI,
	.defaults = EMIT_ERRNO,
	.loses = "the default error",
	.emit = emit,
	.meaning = nspawn_meaning,
};
