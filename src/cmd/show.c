// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle show`: prints recordings or a policy as text, names or JSON. */
#include "cmd/commands.h"
#include "cmd/report.h"

#include "cmd/explain_policy.h"
#include "cmd/show/policy.h"
#include "cmd/show/view.h"
#include "common/cleanup.h"
#include "common/print.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct show_options {
	const char *sort;
	const char *by;
	bool manager;
	bool names;
	bool json;
};

static const struct option_row show_options[] = {
	{ 'b', "by", OPTION_STRING, "WHAT",
	  "print one table per 'process' or 'phase' (default: call)",
	  offsetof(struct show_options, by), VALUE_CHOICE, "call process phase" },
	{ 's', "sort", OPTION_STRING, "KEY", "sort by 'count' (default) or 'name'",
	  offsetof(struct show_options, sort), VALUE_CHOICE, "count name" },
	{ 'm', "manager", OPTION_FLAG, NULL,
	  "show the calls that systemd made before it executed the\nprogram, instead of the program's own",
	  offsetof(struct show_options, manager), VALUE_ANY, NULL },
	{ 0, "names", OPTION_FLAG, NULL, "print only the names, sorted, one per line",
	  offsetof(struct show_options, names), VALUE_ANY, NULL },
	{ 'j', "json", OPTION_FLAG, NULL, "print JSON", offsetof(struct show_options, json),
	  VALUE_ANY, NULL },
	OPTION_END,
};

static const char *const by_names[] = {
	[VIEW_BY_CALL] = "call",
	[VIEW_BY_PROCESS] = "process",
	[VIEW_BY_PHASE] = "phase",
};
static const char *const sort_names[] = {
	[VIEW_SORT_COUNT] = "count",
	[VIEW_SORT_NAME] = "name",
};

/* The index of a value that the option table has checked; 0 is the default. */
static unsigned choose(const char *text, const char *const *names, unsigned count)
{
	for (unsigned i = 0; text && i < count; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	return 0;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static int show_names(const struct view *view, struct error *err)
{
	enum abi native = view_native(view->recording);
	char **names = calloc(view->totals_count + 1, sizeof(*names));
	size_t count = 0;

	if (!names)
		return error_oom(err);
	for (; count < view->totals_count; count++) {
		const struct total *total = &view->totals[count];
		bool is_native = total->abi == native;
		char buffer[CALL_NAME_SIZE];

		if (asprintf(&names[count], "%s%s%s", is_native ? "" : abi_info(total->abi)->name,
			     is_native ? "" : ":", call_name(total->abi, total->nr, buffer)) < 0) {
			names[count] = NULL;
			break;
		}
	}
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++) {
		print_text(stdout, "%s\n", names[i]);
		free(names[i]);
	}
	free(names);
	return count == view->totals_count ? 0 : error_oom(err);
}

static int show(char *const *paths, const struct show_options *options, struct error *err)
{
	unsigned by = choose(options->by, by_names, ARRAY_SIZE(by_names));
	unsigned sort = choose(options->sort, sort_names, ARRAY_SIZE(sort_names));
	_cleanup_(recording_freep) struct recording *recording = NULL;
	_cleanup_(view_freep) struct view *view = NULL;
	int status = recording_read_all(paths, &recording, err);

	if (status < 0)
		return status;
	status = view_new(recording, options->manager, (enum view_by)by, (enum view_sort)sort,
			  &view, err);
	if (status < 0)
		return status;
	if (options->names)
		return show_names(view, err);
	if (options->json)
		show_json(view, stdout);
	else if (show_text(view, report_use_colour(stdout)) < 0)
		return error_oom(err);
	return 0;
}

static int show_policy(const char *path, const struct show_options *options, struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	int r = policy_read(path, &policy, err);

	if (r < 0)
		return r;
	if (options->by || options->sort || options->manager)
		return error_set(
			err, -EINVAL,
			"%s is a policy: --by, --sort and --manager work only for recordings",
			path);
	if (options->names)
		show_policy_names(policy, stdout);
	else if (options->json)
		show_policy_json(policy, stdout);
	else if (show_policy_text(policy, report_use_colour(stdout)) < 0)
		return error_oom(err);
	return 0;
}

static int cmd_show(int argc, char *argv[])
{
	struct show_options options = { 0 };
	struct error err = { 0 };
	int first, status;

	if (options_parse(&command_show, argc, argv, &options, &first, &err) < 0)
		return report_usage(&command_show, &err);
	if (first == argc) {
		error_set(&err, -EINVAL, "name recordings or a policy");
		return report_usage(&command_show, &err);
	}
	if (options.names && options.json) {
		error_set(&err, -EINVAL, "--names and --json can't be combined");
		return report_usage(&command_show, &err);
	}
	if (argc - first == 1 && explain_policy_is_policy(argv[first]))
		status = show_policy(argv[first], &options, &err);
	else
		status = show(argv + first, &options, &err);
	if (status < 0)
		return report(&err);
	return report_finish_output();
}

static const struct renamed_option show_renamed[] = {
	{ "-n", "--names" },
	{ NULL, NULL },
};

const struct command command_show = {
	.name = "show",
	.group = GROUP_STEPS,
	.run = cmd_show,
	.summary = "show recordings or a policy",
	.usage = "[OPTION]... RECORDING...|POLICY",
	.options = show_options,
	.description =
		"Several recordings are merged first. RECORDING \"-\" is standard input. For a\n"
		"policy, it shows the calls of the start-up, the calls that each role keeps\n"
		"while serving, and the reasons for dropping the rest.",
	.operand = VALUE_FILE,
	.renamed = show_renamed,
};
