// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle attach`: puts a policy on processes that are running. */
#include "commands.h"
#include "common/cleanup.h"
#include "filter/attach.h"
#include "policy/serving.h"
#include "source.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

struct attach_arguments {
	const char *policy, *phase;
	struct option_list pids;
	bool log, is_quiet;
};

static const struct option_row attach_rows[] = {
	{ 'p', "pid", OPTION_LIST, "PID", "a process; may be given again and again",
	  offsetof(struct attach_arguments, pids), VALUE_PID, NULL },
	{ 'P', "policy", OPTION_STRING, "FILE", "the policy, or a compiled filter",
	  offsetof(struct attach_arguments, policy), VALUE_FILE, NULL },
	{ 0, "phase", OPTION_STRING, "PHASE",
	  "serving: the policy less the powers seen only in start-up;\nall (the default): the whole policy",
	  offsetof(struct attach_arguments, phase), VALUE_CHOICE, "all serving" },
	{ 'l', "log", OPTION_FLAG, NULL, "have the kernel log what is refused",
	  offsetof(struct attach_arguments, log), VALUE_ANY, NULL },
	{ 'q', "quiet", OPTION_FLAG, NULL, "print nothing but errors",
	  offsetof(struct attach_arguments, is_quiet), VALUE_ANY, NULL },
	OPTION_END,
};

static int to_serving(const struct attach_arguments *arguments, struct source *source,
		      struct error *err)
{
	struct policy *serving;
	size_t removed;
	int r;

	if (!source->policy)
		return error_set(err, -EINVAL,
				 "%s: --phase needs a policy, and this is a compiled filter",
				 arguments->policy);
	r = policy_serving(source->policy, ROLE_ANY, &serving, &removed, err);
	if (r < 0)
		return r;
	policy_freep(&source->policy);
	source->policy = serving;
	return 0;
}

static int load_filter(const struct attach_arguments *arguments, struct filter *filter,
		       struct error *err)
{
	_cleanup_(source_clear) struct source source = { 0 };
	int r = source_read_file(arguments->policy, &source, err);

	if (r == 0 && arguments->phase && strcmp(arguments->phase, "serving") == 0)
		r = to_serving(arguments, &source, err);
	return r < 0 ? r : source_take_filter(&source, arguments->policy, filter, err);
}

static int parse_pid(const char *text, pid_t *pid, struct error *err)
{
	char *rest;
	long value;

	errno = 0;
	value = strtol(text, &rest, 10);
	if (*rest || errno || value < 1 || value > INT32_MAX)
		return error_set(err, -EINVAL, "\"%s\" is not a process number", text);
	*pid = (pid_t)value;
	return 0;
}

/* All of them, whatever becomes of one: the first failure is the command's. */
static int attach_all(const struct attach_arguments *arguments, const struct filter *filter,
		      struct error *err)
{
	const struct attach_options options = { .log = arguments->log };

	for (size_t i = 0; i < arguments->pids.count; i++) {
		struct attach_result result = { 0 };
		struct error failure = { 0 };
		pid_t pid;

		if (parse_pid(arguments->pids.values[i], &pid, &failure) < 0 ||
		    filter_attach(pid, filter, &options, &result, &failure) < 0) {
			if (err->code)
				report(err);
			*err = failure;
			continue;
		}
		if (!arguments->is_quiet)
			printf("%d: confined, with all its threads%s\n", pid,
			       result.set_no_new_privs ? "; no_new_privs was set" : "");
	}
	return err->code;
}

static int cmd_attach(int argc, char *argv[])
{
	_cleanup_(filter_free) struct filter filter = { 0 };
	struct attach_arguments arguments = { 0 };
	struct error err = { 0 };
	int first, r;

	if (options_parse(&command_attach, argc, argv, &arguments, &first, &err) < 0)
		return report_usage(&command_attach, &err);
	if (!arguments.policy || arguments.pids.count == 0 || first < argc) {
		error_set(&err, -EINVAL, "name a policy by --policy and processes by --pid");
		return report_usage(&command_attach, &err);
	}
	r = load_filter(&arguments, &filter, &err);
	if (r == 0)
		r = attach_all(&arguments, &filter, &err);
	option_list_free(&arguments.pids);
	return r < 0 ? report(&err) : finish_output();
}

const struct command command_attach = {
	.name = "attach",
	.run = cmd_attach,
	.summary = "Put a policy on processes that are running",
	.usage = "--policy FILE --pid PID... [OPTION]...",
	.options = attach_rows,
	.description =
		"The process is confined with all its threads, without a restart, and nothing can "
		"take the\nfilter off. A failure, or the death, of whittle leaves the process running.",
	.operand = VALUE_ANY,
};
