// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle decide`: computes a policy from recordings. It writes the policy to the output and a summary
 * to standard error: the number of calls by reason, and the open points.
 */
#include "decide/decide.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "cmd/show/policy.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/print.h"
#include "policy/action.h"
#include "reach/code/cache.h"
#include "unit/caution.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

struct decide_arguments {
	const char *level;
	bool portable;
	bool name_executed;
	struct option_list allow;
	struct option_list arguments;
	const char *default_action;
	const char *foreign_action;
	const char *output;
	bool quiet;
};

static const struct option_row decide_rows[] = {
	{ 'l', "level", OPTION_STRING, "LEVEL",
	  "observed: only the observed calls; closed (the default): also\nthose on other paths of the same code; reachable: every call\nthat any code of the program can make",
	  offsetof(struct decide_arguments, level), VALUE_CHOICE, "observed closed reachable" },
	{ 0, "portable", OPTION_FLAG, NULL,
	  "at level closed: allow every sibling of a call, so that the\npolicy fits other kernels and C libraries too",
	  offsetof(struct decide_arguments, portable), VALUE_ANY, NULL },
	{ 'x', "name-executed", OPTION_FLAG, NULL,
	  "at level closed: only name the programs that were not recorded\nand that the code executes, and do not follow them",
	  offsetof(struct decide_arguments, name_executed), VALUE_ANY, NULL },
	{ 'a', "allow", OPTION_LIST, "NAME",
	  "also allow this call or systemd group (@timer);\nmay be repeated",
	  offsetof(struct decide_arguments, allow), VALUE_SYSCALL, NULL },
	{ 'A', "argument", OPTION_LIST, "NAMES",
	  "allow these calls (socket,ioctl,prctl ...) only with the\n"
	  "observed arguments; \"default\" stands for the calls whose\narguments matter most",
	  offsetof(struct decide_arguments, arguments), VALUE_SYSCALL, NULL },
	{ 'd', "default", OPTION_STRING, "ACTION",
	  "action for all other calls: errno:EPERM (the default),\n"
	  "errno:NAME, kill_process, kill_thread, trap, log ...",
	  offsetof(struct decide_arguments, default_action), VALUE_ANY, NULL },
	{ 0, "foreign", OPTION_STRING, "ACTION",
	  "action for calls of an ABI that was not observed:\n"
	  "kill_process (the default), errno:NAME ...",
	  offsetof(struct decide_arguments, foreign_action), VALUE_ANY, NULL },
	{ 'o', "output", OPTION_STRING, "FILE",
	  "write the policy to FILE (default: standard output)",
	  offsetof(struct decide_arguments, output), VALUE_FILE, NULL },
	{ 'q', "quiet", OPTION_FLAG, NULL, "print no summary",
	  offsetof(struct decide_arguments, quiet), VALUE_ANY, NULL },
	OPTION_END,
};

static int parse_action(const char *option, const char *text, uint32_t fallback, uint32_t *parsed,
			struct error *err)
{
	*parsed = fallback;
	if (!text || action_parse(text, parsed) == 0)
		return 0;
	return error_set(err, -EINVAL,
			 "--%s: \"%s\" is not errno:NAME, kill_process, kill_thread, trap, log, "
			 "notify, trace:N or allow",
			 option, text);
}

static int read_recordings(char *const *paths, struct recording **result, struct error *err)
{
	_cleanup_(recording_freep) struct recording *all = recording_new();

	if (!all)
		return error_oom(err);
	for (; *paths; paths++) {
		_cleanup_(recording_freep) struct recording *one = NULL;
		int r = recording_read(*paths, &one, err);

		if (r < 0)
			return r;
		r = recording_merge(all, one, err);
		if (r < 0)
			return error_prefix(err, "%s", *paths);
	}
	*result = take(all);
	return 0;
}

static bool has_kind(const struct rule *rule, enum reason_kind kind)
{
	for (size_t i = 0; i < rule->reasons_count; i++)
		if (rule->reasons[i].kind == kind)
			return true;
	return false;
}

/* Before all else: a policy for a service that did no work is a trap. */
static void print_caution(const struct policy *policy, FILE *out)
{
	_cleanup_(caution_free) char **lines = NULL;

	if (caution_add_idle(policy, &lines) < 0)
		return;
	for (char **line = lines; line && *line; line++)
		fprintf(out, "%s%s\n", line == lines ? "whittle: warning: " : "", *line);
}

static void print_summary(const struct policy *policy, FILE *out)
{
	size_t of_kind[REASON_COUNT] = { 0 }, allowed = 0, refused = 0;

	/* A call counts once, under its first reason. */
	for (size_t i = 0; i < policy->rules_count; i++) {
		if (policy->rules[i].action != SECCOMP_RET_ALLOW) {
			refused++;
			continue;
		}
		allowed++;
		for (unsigned kind = 0; kind < REASON_COUNT; kind++) {
			if (has_kind(&policy->rules[i], (enum reason_kind)kind)) {
				of_kind[kind]++;
				break;
			}
		}
	}
	print_text(out,
		   "%s%s%zu calls are allowed at level %s:", policy->target ? policy->target : "",
		   policy->target ? ": " : "", allowed, policy->level);
	for (unsigned kind = 0, shown = 0; kind < REASON_COUNT; kind++)
		if (of_kind[kind])
			print_text(out, "%s %zu %s", shown++ ? "," : "", of_kind[kind],
				   reason_kind_name((enum reason_kind)kind));
	if (refused)
		fprintf(out, "; %zu more are denied with ENOSYS, for a newer libc", refused);
	fputc('\n', out);
	for (size_t i = 0; i < policy->roles_count; i++)
		print_text(out, "%s%s %zu",
			   i ? ", " : "Calls needed while serving: ", policy->roles[i].name,
			   show_policy_kept(policy, i));
	if (policy->roles_count)
		fputs(" ('whittle show POLICY' lists them)\n", out);
	if (!policy->open || !policy->open[0])
		return;
	fputs("Open points:\n", out);
	for (char **sentence = policy->open; *sentence; sentence++)
		print_text(out, "  - %s\n", *sentence);
}

/* "socket,ioctl" and "prctl" into one list of names; they point into *TEXT. */
static int split_names(const struct option_list *lists, char **text, const char ***names,
		       struct error *err)
{
	size_t size = 1, count = 0;
	char *rest, *name;

	for (size_t i = 0; i < lists->count; i++)
		size += strlen(lists->values[i]) + 1;
	*text = calloc(1, size);
	*names = calloc(size, sizeof(**names));
	if (!*text || !*names)
		return error_oom(err);
	for (size_t i = 0, used = 0; i < lists->count; i++)
		used += (size_t)snprintf(*text + used, size - used, "%s,", lists->values[i]);
	rest = *text;
	while ((name = strsep(&rest, ",")))
		if (*name)
			(*names)[count++] = name;
	return 0;
}

static int decide(const struct decide_arguments *arguments, char *const *paths, struct error *err)
{
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;
	_cleanup_(recording_freep) struct recording *recording = NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_free_ char *cache = cache_directory(), *text = NULL;
	_cleanup_free_ const char **names = NULL;
	struct decide_options options = { .level = arguments->level,
					  .portable = arguments->portable,
					  .names_executed = arguments->name_executed,
					  .reach_cache = cache,
					  .allow = arguments->allow.values };
	int r = parse_action("default", arguments->default_action, SECCOMP_RET_ERRNO | EPERM,
			     &options.default_action, err);

	if (r == 0 && arguments->arguments.count)
		r = split_names(&arguments->arguments, &text, &names, err);
	options.arguments = names;
	if (r == 0)
		r = parse_action("foreign", arguments->foreign_action, SECCOMP_RET_KILL_PROCESS,
				 &options.foreign_action, err);
	if (r == 0)
		r = file_writer_open(arguments->output, 0644, &writer, err);
	if (r == 0)
		r = read_recordings(paths, &recording, err);
	if (r == 0)
		r = decide_policy(recording, &options, &policy, err);
	if (r == 0)
		r = policy_write(policy, file_writer_stream(writer), err);
	if (r == 0)
		r = file_writer_commit(take(writer), err);
	if (r == 0)
		print_caution(policy, stderr);
	if (r == 0 && !arguments->quiet)
		print_summary(policy, stderr);
	return r;
}

static int cmd_decide(int argc, char *argv[])
{
	struct decide_arguments arguments = { 0 };
	struct error err = { 0 };
	int first, r;

	r = options_parse(&command_decide, argc, argv, &arguments, &first, &err);
	if (r == 0 && first == argc)
		r = error_set(&err, -EINVAL, "name at least one recording");
	r = r < 0					 ? report_usage(&command_decide, &err)
	    : decide(&arguments, argv + first, &err) < 0 ? report(&err)
							 : EXIT_SUCCESS;
	options_list_free(&arguments.allow);
	options_list_free(&arguments.arguments);
	return r;
}

static const struct renamed_option decide_renamed[] = {
	{ "-f", "--foreign" },
	{ "-p", "--portable" },
	{ NULL, NULL },
};

const struct command command_decide = {
	.name = "decide",
	.group = GROUP_STEPS,
	.run = cmd_decide,
	.summary = "compute a policy from recordings",
	.usage = "[OPTION]... RECORDING...",
	.options = decide_rows,
	.description =
		"Writes a policy that lists every allowed call with its reasons. Several recordings are\n"
		"merged first. \"-\" is standard input.",
	.operand = VALUE_FILE,
	.renamed = decide_renamed,
};
