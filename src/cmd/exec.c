// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle exec`: runs a command under a policy. Like env(1) and nice(1), this process becomes the
 * command, which therefore keeps descriptors, environment, signals, terminal and exit status. All
 * checks run before the filter is installed, because an error message may be impossible afterwards.
 */
#include "cmd/commands.h"
#include "cmd/operand.h"
#include "cmd/report.h"
#include "common/cleanup.h"
#include "policy/action.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* As env(1): 125 whittle failed, 126 the command can't be run, 127 it was not found. */
#define EXIT_OWN_FAILURE  125
#define EXIT_NOT_RUNNABLE 126
#define EXIT_NOT_FOUND	  127

struct exec_arguments {
	const char *policy;
	bool trial;
	bool log;
	bool no_new_privs;
};

static const struct option_row exec_rows[] = {
	{ 'P', "policy", OPTION_STRING, "FILE", "a policy or a compiled filter",
	  offsetof(struct exec_arguments, policy), VALUE_FILE, NULL },
	{ 't', "trial", OPTION_FLAG, NULL,
	  "deny nothing: the kernel allows and logs calls outside\nthe policy",
	  offsetof(struct exec_arguments, trial), VALUE_ANY, NULL },
	{ 0, "log", OPTION_FLAG, NULL, "make the kernel log denied calls",
	  offsetof(struct exec_arguments, log), VALUE_ANY, NULL },
	{ 0, "no-new-privs", OPTION_FLAG, NULL, "set no_new_privs even as root",
	  offsetof(struct exec_arguments, no_new_privs), VALUE_ANY, NULL },
	OPTION_END,
};

/* ---- the filter ---- */

static void refuse_nothing(struct policy *policy)
{
	action *actions[] = { &policy->default_action, &policy->foreign_action };

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (*actions[i] != SECCOMP_RET_ALLOW)
			*actions[i] = SECCOMP_RET_LOG;
	for (size_t i = 0; i < policy->spans_count; i++)
		if (policy->spans[i].action != SECCOMP_RET_ALLOW)
			policy->spans[i].action = SECCOMP_RET_LOG;
	for (size_t i = 0; i < policy->rules_count; i++)
		if (policy->rules[i].action != SECCOMP_RET_ALLOW)
			policy->rules[i].action = SECCOMP_RET_LOG;
}

static int load_filter(const struct exec_arguments *arguments, struct filter *filter,
		       struct error *err)
{
	_cleanup_(operand_clear) struct source source = { 0 };
	int r = operand_read_file(arguments->policy, &source, err);

	if (r < 0)
		return r;
	if (arguments->trial && !source.policy)
		return error_set(err, -EINVAL,
				 "%s: --trial needs a policy, but this is a compiled filter",
				 arguments->policy);
	if (arguments->trial)
		refuse_nothing(source.policy);
	return operand_take_filter(&source, arguments->policy, filter, err);
}

/* execve() starts the command under the filter, so the filter must allow execve. */
static int check_start(const struct filter *filter, struct error *err)
{
	const uint64_t pointers[6] = { 0x7fff00001000, 0x7fff00002000, 0x7fff00003000 };
	struct seccomp_data data;
	char name[32];
	uint32_t answer;
	int r;

	filter_data(abi_native(), syscall_number(abi_native(), "execve"), pointers, &data);
	r = filter_simulate(filter, &data, &answer, err);
	if (r < 0)
		return r;
	answer = action_outcome(answer);
	if (action_allows(answer))
		return 0;
	return error_set(
		err, -EPERM,
		"the policy denies execve with %s, so the command could not be started: allow "
		"execve ('whittle decide --allow execve')",
		action_format(answer, name, sizeof(name)));
}

/* Without CAP_SYS_ADMIN the kernel accepts filters only from a process that can't gain privileges any
 * more (no_new_privs). Otherwise a user could run a set-user-ID program under a misleading filter. */
static int install(const struct filter *filter, const struct exec_arguments *arguments,
		   struct error *err)
{
	const struct sock_fprog program = { .len = (unsigned short)filter->count,
					    .filter = filter->instructions };
	unsigned long flags = SECCOMP_FILTER_FLAG_TSYNC;
	long r;

	if (arguments->log || arguments->trial)
		flags |= SECCOMP_FILTER_FLAG_LOG;
	if (arguments->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set_errno(err, -errno, "no_new_privs");
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (r < 0 && errno == EACCES) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			return error_set_errno(err, -errno, "no_new_privs");
		r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	}
	return r < 0 ? error_set_errno(err, -errno, "the kernel rejects the filter") : 0;
}

/* ---- the command ---- */

static bool is_runnable(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* The path that execvp(3) would find. execvp() searches under the filter, when an error message may
 * be impossible. */
static int find_command(const char *name, char **path, struct error *err)
{
	const char *search = getenv("PATH");
	int failure = -ENOENT;

	if (strchr(name, '/')) {
		*path = strdup(name);
		if (!*path)
			return error_oom(err);
		if (is_runnable(name))
			return 0;
		return error_set_errno(err, access(name, F_OK) < 0 ? -errno : -EACCES, "%s", name);
	}
	if (!search)
		search = "/bin:/usr/bin"; /* as confstr(_CS_PATH) */
	while (*name) {
		size_t length = strcspn(search, ":");
		_cleanup_free_ char *candidate = NULL;

		/* An empty part is the current directory. */
		if (asprintf(&candidate, "%.*s%s%s", (int)length, search, length ? "/" : "./",
			     name) < 0)
			return error_oom(err);
		if (is_runnable(candidate)) {
			*path = take(candidate);
			return 0;
		}
		if (access(candidate, F_OK) == 0)
			failure = -EACCES;
		if (!search[length])
			break;
		search += length + 1;
	}
	return error_set_errno(err, failure, "%s", name);
}

static int fail(const struct error *err, int status)
{
	report(err);
	return status;
}

static int cmd_exec(int argc, char *argv[])
{
	_cleanup_(filter_free) struct filter filter = { 0 };
	_cleanup_free_ char *path = NULL;
	struct exec_arguments arguments = { 0 };
	struct error err = { 0 };
	int first, r;

	if (options_parse(&command_exec, argc, argv, &arguments, &first, &err) < 0) {
		report_usage(&command_exec, &err);
		return EXIT_OWN_FAILURE;
	}
	if (!arguments.policy || first == argc) {
		error_set(&err, -EINVAL,
			  arguments.policy ? "name a command to run"
					   : "name a policy with --policy");
		report_usage(&command_exec, &err);
		return EXIT_OWN_FAILURE;
	}
	if (load_filter(&arguments, &filter, &err) < 0 || check_start(&filter, &err) < 0)
		return fail(&err, EXIT_OWN_FAILURE);
	r = find_command(argv[first], &path, &err);
	if (r < 0)
		return fail(&err, r == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE);
	if (install(&filter, &arguments, &err) < 0)
		return fail(&err, EXIT_OWN_FAILURE);
	/* Not execv(): execvp() runs a script without "#!" by the shell. */
	execvp(path, &argv[first]);
	r = -errno;
	error_set_errno(&err, r, "%s", path);
	return fail(&err, r == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE);
}

static const struct renamed_option exec_renamed[] = {
	{ "-l", "--log" },
	{ "-n", "--no-new-privs" },
	{ NULL, NULL },
};

const struct command command_exec = {
	.name = "exec",
	.group = GROUP_FILES,
	.run = cmd_exec,
	.summary = "run a command under a policy",
	.usage = "--policy FILE [OPTION]... [--] COMMAND [ARGUMENT]...",
	.options = exec_rows,
	.description =
		"Works with and without root. Without root it sets no_new_privs, so set-user-ID "
		"programs\nrun without their privileges.",
	.operand = VALUE_COMMAND,
	.operands_are_command = true,
	.renamed = exec_renamed,
};
