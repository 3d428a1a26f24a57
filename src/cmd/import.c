// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle import`: converts traces and profiles of other tools to recordings. */
#include "cmd/commands.h"
#include "cmd/report.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "common/print.h"
#include "common/utf8.h"
#include "import/import.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>

/* A unit file names no version of systemd; this stands for the newest in the tables. */
#define NEWEST_SYSTEMD 9999

struct import_options {
	const char *output, *from, *abi, *part;
	uint64_t systemd;
	bool strict;
	bool policy;
	bool list;
};

static const struct option_row import_options[] = {
	{ 'o', "output", OPTION_STRING, "FILE",
	  "write the recording to FILE (default: standard output)",
	  offsetof(struct import_options, output), VALUE_FILE, NULL },
	{ 0, "from", OPTION_STRING, "SOURCE",
	  "format of the files (default: detected for each file)",
	  offsetof(struct import_options, from), VALUE_CHOICE, NULL, import_source },
	{ 0, "abi", OPTION_STRING, "ABI",
	  "ABI of calls whose source names none (default: this\nmachine's)",
	  offsetof(struct import_options, abi), VALUE_ANY, NULL },
	{ 0, "systemd", OPTION_NUMBER, "VERSION",
	  "systemd version whose groups a unit file means (default:\nthe newest known)",
	  offsetof(struct import_options, systemd), VALUE_ANY, NULL },
	{ 0, "part", OPTION_STRING, "NAME",
	  "the profile to read from a file with several: a thread of\nFirecracker, or a YAML document by name or number",
	  offsetof(struct import_options, part), VALUE_ANY, NULL },
	{ 0, "strict", OPTION_FLAG, NULL, "fail at the first unreadable line",
	  offsetof(struct import_options, strict), VALUE_ANY, NULL },
	{ 0, "to-policy", OPTION_FLAG, NULL,
	  "convert one profile or filter file to a policy, with its\nconditions",
	  offsetof(struct import_options, policy), VALUE_ANY, NULL },
	{ 0, "list", OPTION_FLAG, NULL, "list the sources and exit",
	  offsetof(struct import_options, list), VALUE_ANY, NULL },
	OPTION_END,
};

static void tell_mistake(const struct import_result *result, const struct import_mistake *mistake)
{
	print_text(stderr, "whittle: warning: %s: ", result->path);
	if (mistake->line)
		fprintf(stderr, "line %" PRIu64 ": ", mistake->line);
	print_text(stderr, "%s: \"", mistake->reason);
	utf8_print_safe(stderr, mistake->excerpt);
	fputs("\"\n", stderr);
}

static void tell(void *context, const struct import_result *result)
{
	(void)context;
	for (uint64_t i = 0; i < result->malformed && i < IMPORT_MISTAKES; i++)
		tell_mistake(result, &result->mistakes[i]);
	if (result->malformed > IMPORT_MISTAKES)
		report_warning("%s: %" PRIu64
			       " entries could not be read; the first %d are printed above",
			       result->path, result->malformed, IMPORT_MISTAKES);
	print_text(stderr, "whittle: %s: %" PRIu64 " calls, read as %s\n", result->path,
		   result->calls, result->source);
}

static void warn(void *context, const char *path, const char *message)
{
	(void)context;
	fprintf(stderr, "whittle: warning: %s: ", path);
	utf8_print_safe(stderr, message);
	putc('\n', stderr);
}

static int import_all(const struct import_options *options, const struct import_settings *settings,
		      char *const *paths, size_t count, struct error *err)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;
	/* Open the output first: reading may take long, and an unwritable output should fail at once. */
	int r = recording ? file_writer_open(options->output, 0644, &writer, err) : error_oom(err);

	r = r < 0 ? r : import_files(paths, count, settings, recording, err);
	if (r < 0)
		return r;
	if (recording_write(recording, file_writer_stream(writer), err) < 0)
		return error_prefix(err, "%s",
				    options->output ? options->output : "standard output");
	return file_writer_commit(take(writer), err);
}

static int import_one_policy(const struct import_options *options,
			     const struct import_settings *settings, const char *path,
			     struct error *err)
{
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	int r = file_writer_open(options->output, 0644, &writer, err);

	if (r == 0)
		r = import_policy(path, settings, &policy, err);
	if (r == 0)
		r = policy_write(policy, file_writer_stream(writer), err);
	return r < 0 ? r : file_writer_commit(take(writer), err);
}

static int print_sources(void)
{
	const char *name;

	for (size_t i = 0; (name = import_source(i)); i++)
		print_text(stdout, "%-18s %s\n", name, import_source_summary(i));
	return report_finish_output();
}

static int cmd_import(int argc, char *argv[])
{
	struct import_options options = { .systemd = NEWEST_SYSTEMD };
	struct import_settings settings = { .abi = abi_native(), .done = tell, .warn = warn };
	struct error err = { 0 };
	int first, r;

	if (options_parse(&command_import, argc, argv, &options, &first, &err) < 0)
		return report_usage(&command_import, &err);
	if (options.list)
		return print_sources();
	if (first == argc)
		error_set(&err, -EINVAL, "name the files to import; \"-\" is standard input");
	else if (options.abi && abi_from_name(options.abi, &settings.abi) < 0)
		error_set(&err, -EINVAL, "--abi: unknown ABI \"%s\"", options.abi);
	else if (options.systemd < 1 || options.systemd > UINT_MAX)
		error_set(&err, -EINVAL, "--systemd: this is not a version such as 252");
	else if (options.policy && argc - first != 1)
		error_set(&err, -EINVAL, "--to-policy takes exactly one file");
	if (err.code)
		return report_usage(&command_import, &err);
	settings.from = options.from;
	settings.part = options.part;
	settings.systemd = (unsigned)options.systemd;
	settings.is_strict = options.strict;
	r = options.policy
		    ? import_one_policy(&options, &settings, argv[first], &err)
		    : import_all(&options, &settings, argv + first, (size_t)(argc - first), &err);
	return r < 0 ? report(&err) : EXIT_SUCCESS;
}

static const struct renamed_option import_renamed[] = {
	{ "-p", "--to-policy" },
	{ "--policy", "--to-policy" },
	{ NULL, NULL },
};

const struct command command_import = {
	.name = "import",
	.group = GROUP_FILES,
	.run = cmd_import,
	.summary = "convert traces and profiles of other tools to recordings",
	.usage = "[OPTION]... -o FILE SOURCE...",
	.options = import_options,
	.description =
		"Reads the output of strace, perf, bpftrace, sysdig and the audit daemon, container\n"
		"profiles and unit files. The recording marks facts that a source lacks as unknown.\n"
		"Unreadable lines are counted, and the first few are printed. The files of one\n"
		"`strace -ff` become one run.",
	.operand = VALUE_FILE,
	.renamed = import_renamed,
};
