// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle emit`: writes a policy in the format of the software that enforces it. For each rule that
 * the format can't express, it prints a warning to standard error.
 */
#include "emit/emit.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "emit/systemd.h"
#include "systemd/settings.h"
#include "systemd/unit.h"
#include "unit/within.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

struct emit_arguments {
	const char *output;
	const char *unit;
	const char *within;
	uint64_t systemd_version;
	const char *abi;
	bool compact;
	bool no_reasons;
	bool list;
	bool verbose;
};

static const struct option_row emit_rows[] = {
	{ 'o', "output", OPTION_STRING, "FILE", "write to FILE (default: standard output)",
	  offsetof(struct emit_arguments, output), VALUE_FILE, NULL },
	{ 'u', "unit", OPTION_STRING, "UNIT",
	  "name of the unit in comments (default: the policy's)",
	  offsetof(struct emit_arguments, unit), VALUE_UNIT, NULL },
	{ 0, "within", OPTION_STRING, "UNIT|FILE",
	  "for systemd: allow nothing that UNIT, or the unit file or\ndrop-in FILE, denies by itself",
	  offsetof(struct emit_arguments, within), VALUE_UNIT, NULL },
	{ 0, "systemd", OPTION_NUMBER, "VERSION",
	  "version of the target's systemd, for example 252; the\ndefault is the recorded version, else this machine's",
	  offsetof(struct emit_arguments, systemd_version), VALUE_ANY, NULL },
	{ 0, "abi", OPTION_STRING, "ABI", "the ABI, for a format with one ABI (x86_64, i386 ...)",
	  offsetof(struct emit_arguments, abi), VALUE_ANY, NULL },
	{ 0, "compact", OPTION_FLAG, NULL, "use groups (@timer) if they allow no additional call",
	  offsetof(struct emit_arguments, compact), VALUE_ANY, NULL },
	{ 0, "no-reasons", OPTION_FLAG, NULL, "write no comments with reasons",
	  offsetof(struct emit_arguments, no_reasons), VALUE_ANY, NULL },
	{ 0, "list", OPTION_FLAG, NULL, "list the formats and exit",
	  offsetof(struct emit_arguments, list), VALUE_ANY, NULL },
	{ 'v', "verbose", OPTION_FLAG, NULL,
	  "also warn about harmless calls that the consumer adds",
	  offsetof(struct emit_arguments, verbose), VALUE_ANY, NULL },
	OPTION_END,
};

static void warn(void *context, const char *message)
{
	(void)context;
	report_warning("%s", message);
}

static int print_formats(void)
{
	const struct emitter *const *table;
	size_t count = emitter_table(&table);

	for (size_t i = 0; i < count; i++)
		printf("%-18s %s\n", table[i]->name, table[i]->summary);
	return report_finish_output();
}

static const struct emitter *find_format(const char *name, struct error *err)
{
	const struct emitter *emitter = emitter_find(name);

	if (!emitter)
		error_set(err, -EINVAL, "unknown format \"%s\"; 'whittle emit --list' lists all",
			  name);
	return emitter;
}

static int parse_options(const struct emit_arguments *arguments, struct emit_options *options,
			 enum abi *abi, struct error *err)
{
	*options = (struct emit_options){
		.is_compact = arguments->compact,
		.with_reasons = !arguments->no_reasons,
		.is_verbose = arguments->verbose,
		.warn = warn,
	};
	if (arguments->systemd_version > 9999)
		return error_set(err, -EINVAL, "--systemd: this is not a version such as 252");
	options->systemd_version = (unsigned)arguments->systemd_version;
	if (!arguments->abi)
		return 0;
	if (abi_from_name(arguments->abi, abi) < 0)
		return error_set(err, -EINVAL, "--abi: unknown ABI \"%s\"", arguments->abi);
	options->abi = abi;
	return 0;
}

/* ---- the unit's own settings ---- */

static int read_within_unit(const char *name, unsigned version, struct unit_settings *settings,
			    struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(unit_freep) struct unit *unit = NULL;
	_cleanup_(within_clean) struct within within = { 0 };
	int r = manager_open(&manager, err);

	if (r == 0)
		r = unit_load(manager, name, &unit, err);
	if (r == 0 && version && version != manager_version_number(manager))
		r = error_set(err, -EINVAL,
			      "--within %s reads the settings of systemd %u, which runs here, and "
			      "--systemd says %u: name a file instead",
			      name, manager_version_number(manager), version);
	if (r == 0)
		r = within_load(manager, unit, &within, err);
	return r < 0 ? r : settings_copy(&within.settings, settings, err);
}

/* A file that exists or has a slash in its name, else a unit. */
static int read_within(const struct emit_arguments *arguments, unsigned version,
		       struct unit_settings *settings, struct error *err)
{
	const char *name = arguments->within;
	int r;

	if (!strchr(name, '/') && access(name, F_OK) < 0)
		return read_within_unit(name, (unsigned)arguments->systemd_version, settings, err);
	*settings = settings_new(version);
	r = settings_read(settings, name, err);
	if (r == 0 && !settings->has_section)
		r = error_set(err, -EBADMSG,
			      "%s: it has no [Service] section, so it is no unit file of a service "
			      "and no drop-in",
			      name);
	return r;
}

static int emit_as(const struct emitter *emitter, const struct emit_arguments *arguments,
		   struct emit_options *options, const char *path, struct error *err)
{
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;
	_cleanup_(settings_clean) struct unit_settings settings = { 0 };
	_cleanup_(policy_freep) struct policy *policy = NULL;
	int r = policy_read(path, &policy, err);

	if (r == 0 && arguments->within)
		r = read_within(arguments, systemd_target_version(policy, options), &settings, err);
	if (r == 0 && arguments->within)
		options->within = &settings;
	if (r == 0 && emitter->can & EMIT_BINARY && !arguments->output && isatty(STDOUT_FILENO))
		r = error_set(err, -EINVAL,
			      "%s is binary and standard output is a terminal: name a file with -o",
			      emitter->name);
	if (r == 0)
		r = file_writer_open(arguments->output, 0644, &writer, err);
	if (r == 0)
		r = emit_policy(emitter, policy, options, file_writer_stream(writer), err);
	if (r == 0)
		r = file_writer_commit(take(writer), err);
	return r;
}

static int emit(const struct emitter *emitter, const struct emit_arguments *arguments,
		struct emit_options *options, const char *path, struct error *err)
{
	_cleanup_free_ char *unit = NULL;
	int r = arguments->unit ? unit_name_complete(arguments->unit, &unit, err) : 0;

	options->unit = unit;
	return r < 0 ? r : emit_as(emitter, arguments, options, path, err);
}

static int cmd_emit(int argc, char *argv[])
{
	struct emit_arguments arguments = { 0 };
	const struct emitter *emitter;
	struct emit_options options;
	struct error err = { 0 };
	enum abi abi;
	int first;

	if (options_parse(&command_emit, argc, argv, &arguments, &first, &err) < 0)
		return report_usage(&command_emit, &err);
	if (arguments.list)
		return print_formats();
	if (argc - first != 2) {
		error_set(&err, -EINVAL, "name a format and a policy (--list lists the formats)");
		return report_usage(&command_emit, &err);
	}
	emitter = find_format(argv[first], &err);
	if (emitter && arguments.within && strcmp(emitter->name, "systemd") != 0) {
		error_set(&err, -EINVAL, "--within needs the format systemd");
		return report_usage(&command_emit, &err);
	}
	if (!emitter || parse_options(&arguments, &options, &abi, &err) < 0)
		return report_usage(&command_emit, &err);
	return emit(emitter, &arguments, &options, argv[first + 1], &err) < 0 ? report(&err)
									      : EXIT_SUCCESS;
}

static const struct renamed_option emit_renamed[] = {
	{ "-c", "--compact" }, { "-l", "--list" },
	{ "--arch", "--abi" }, { "--systemd-version", "--systemd" },
	{ NULL, NULL },
};

const struct command command_emit = {
	.name = "emit",
	.group = GROUP_STEPS,
	.run = cmd_emit,
	.summary = "write a policy in the format of systemd, OCI and others",
	.usage = "[OPTION]... FORMAT POLICY",
	.options = emit_rows,
	.description = "--list lists the formats. POLICY \"-\" is standard input.",
	.operand = VALUE_FORMAT,
	.further = VALUE_POLICY,
	.renamed = emit_renamed,
};
