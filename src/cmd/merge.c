// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle merge`: merges recordings. */
#include "cmd/commands.h"
#include "cmd/report.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "recording/recording.h"

#include <errno.h>
#include <stddef.h>

struct merge_options {
	const char *output;
};

static const struct option_row merge_options[] = {
	{ 'o', "output", OPTION_STRING, "FILE",
	  "write to FILE, which may be one of the inputs (default:\nstandard output)",
	  offsetof(struct merge_options, output), VALUE_FILE, NULL },
	OPTION_END,
};

static int merge(const char *output, char *const *paths, struct error *err)
{
	_cleanup_(recording_freep) struct recording *all = NULL;
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;
	/* Open the output first: reading may take long, and an unwritable output should fail at once. */
	int status = file_writer_open(output, 0644, &writer, err);

	if (status == 0)
		status = recording_read_all(paths, &all, err);
	if (status < 0)
		return status;
	if (recording_write(all, file_writer_stream(writer), err) < 0)
		return error_prefix(err, "%s", output ? output : "standard output");
	return file_writer_commit(take(writer), err);
}

static int cmd_merge(int argc, char *argv[])
{
	struct merge_options options = { 0 };
	struct error err = { 0 };
	int first;

	if (options_parse(&command_merge, argc, argv, &options, &first, &err) < 0)
		return report_usage(&command_merge, &err);
	if (first == argc) {
		error_set(&err, -EINVAL, "name the recordings to merge");
		return report_usage(&command_merge, &err);
	}
	if (merge(options.output, argv + first, &err) < 0)
		return report(&err);
	return EXIT_SUCCESS;
}

const struct command command_merge = {
	.name = "merge",
	.group = GROUP_STEPS,
	.run = cmd_merge,
	.summary = "merge recordings into one",
	.usage = "[-o FILE] RECORDING...",
	.options = merge_options,
	.description =
		"The result contains every run of every RECORDING once, whatever the order of the\n"
		"files. A file that is given twice, or merged again, changes nothing. RECORDING\n"
		"\"-\" is standard input.",
	.operand = VALUE_FILE,
};
