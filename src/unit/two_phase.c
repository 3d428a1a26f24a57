// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/two_phase.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <string.h>

#define MARK "# Two phases: "

static uint64_t roles_that_make(const struct policy *policy, const char *const *names, size_t count)
{
	uint64_t roles = 0;

	for (size_t i = 0; i < count; i++) {
		int nr = syscall_number(abi_native(), names[i]);
		const struct rule *rule =
			nr < 0 ? NULL : policy_find(policy, abi_native(), nr, NULL);

		roles |= rule ? rule->serving_roles : 0;
	}
	return roles;
}

/* A role forked by another, of the same executable. */
static bool has_roles_below(const struct policy *policy, size_t role)
{
	const struct role *above = &policy->roles[role];

	for (size_t i = 0; i < policy->roles_count; i++)
		if (policy->roles[i].depth > above->depth &&
		    strcmp(policy->roles[i].executable, above->executable) == 0)
			return true;
	return false;
}

/* Roles that, while serving, start processes with serving roles of their own. Such processes inherit
 * the filter and must still be able to install theirs. */
static uint64_t roles_that_pass_on(const struct policy *policy)
{
	static const char *const forks[] = { "clone", "clone3", "fork", "vfork" },
				 *const executes[] = { "execve", "execveat" };
	uint64_t forking = roles_that_make(policy, forks, ARRAY_SIZE(forks));
	uint64_t passing = roles_that_make(policy, executes, ARRAY_SIZE(executes));

	for (size_t i = 0; i < policy->roles_count; i++)
		if (forking >> i & 1 && has_roles_below(policy, i))
			passing |= UINT64_C(1) << i;
	return passing;
}

static int allow(struct policy *policy, enum abi abi, const char *name, uint64_t roles,
		 struct error *err)
{
	int nr = syscall_number(abi, name);
	struct rule *rule;

	const struct rule *there = nr < 0 ? NULL : policy_find(policy, abi, nr, NULL);

	if (there)
		policy->rules[there - policy->rules].serving_roles |= roles;
	if (nr < 0 || there)
		return 0;
	rule = policy_add_verdict(policy, abi, nr, SECCOMP_RET_ALLOW);
	if (!rule)
		return error_oom(err);
	rule->serving_roles = roles;
	if (rule_add_reason(rule, REASON_BASE,
			    "used by a process to install the filter of its role, once it serves") <
	    0)
		return error_oom(err);
	return policy_place_last_rule(policy, err);
}

/* A rule of the policy that denies the same call stays; attach then reports the denied call. */
int two_phase_policy(const struct policy *policy, struct policy **result, struct error *err)
{
	_cleanup_(policy_freep) struct policy *with = policy_copy(policy);
	uint64_t roles = roles_that_pass_on(policy);
	int r;

	if (!with)
		return error_oom(err);
	r = allow(with, abi_native(), "seccomp", roles, err);
	if (r == 0)
		r = allow(with, abi_native(), "prctl", roles, err);
	if (r < 0)
		return r;
	*result = take(with);
	return 0;
}

/* FNV-1a is enough to distinguish contents: only root can write here. */
static uint64_t hash(const char *text, size_t size)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		value = (value ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return value;
}

int two_phase_text(const struct policy *policy, char **text, size_t *size, char **name,
		   struct error *err)
{
	FILE *out = open_memstream(text, size);
	int r;

	if (!out)
		return error_oom(err);
	r = policy_write(policy, out, err);
	if (fclose(out) != 0 && r >= 0)
		r = error_oom(err);
	if (r < 0)
		return r;
	if (asprintf(name, TWO_PHASE_PREFIX "%016" PRIx64, hash(*text, *size)) < 0) {
		*name = NULL;
		return error_oom(err);
	}
	return 0;
}

/* The path of the running program, which systemd executes at each start. */
static int find_program(char path[PATH_MAX], struct error *err)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789/._+-@:~,";
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (length < 0)
		return error_set_errno(err, -errno, "/proc/self/exe");
	path[length] = '\0';
	if (strspn(path, safe) != (size_t)length)
		return error_set(
			err, -EINVAL,
			"\"%s\": a unit file can't express the path of this whittle program", path);
	return 0;
}

/* Quotes as in systemd.service(5): a unit's name may contain a backslash, but no other special
 * character. */
static void write_argument(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '%' || *text == '$')
			putc(*text, out);
		putc(*text, out);
	}
}

static void write_command(const struct two_phase_lines *lines, const char *setting,
			  const char *program, const char *more, FILE *out)
{
	/* "+": with full privileges and outside of the unit's filter, under which whittle could
	 * neither work nor read filters. */
	fprintf(out, "%s=+%s%s attach --phase=serving --unit=%%n%s --policy=", setting,
		lines->is_required ? "" : "-", program, more);
	write_argument(out, lines->policy_path);
	putc('\n', out);
}

int two_phase_write(const struct two_phase_lines *lines, FILE *out, struct error *err)
{
	char program[PATH_MAX];
	int r = find_program(program, err);

	if (r < 0)
		return r;
	fputs("\n" MARK
	      "each process that has started serving gets the tighter filter of its role.\n",
	      out);
	write_command(lines, "ExecStartPost", program, "", out);
	/* A reload ends before its new processes exist. */
	if (lines->on_reload)
		write_command(lines, "ExecReload", program, " --linger=1s", out);
	return 0;
}

bool two_phase_is_in(const char *text)
{
	return text && strstr(text, "\n" MARK);
}
