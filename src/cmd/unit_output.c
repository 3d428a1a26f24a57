// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmd/unit_output.h"
#include "cmd/report.h"

#include "cmd/options.h"
#include "common/cleanup.h"
#include "common/print.h"
#include "syscall/abi.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void unit_output_step(void *context, const char *text)
{
	bool colour = report_use_colour(stderr);

	(void)context;
	if (!isatty(STDERR_FILENO))
		return;
	fputs(colour ? "\033[2m" : "", stderr);
	print_text(stderr, "%s ...", text);
	fputs(colour ? "\033[0m\n" : "\n", stderr);
}

void unit_output_warning(void *context, const char *sentence)
{
	(void)context;
	report_warning("%s", sentence);
}

static const char *plural(size_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

void unit_output_verification(const struct verification *verification)
{
	enum abi abis[ABI_COUNT];
	unsigned count = abi_local(abis);

	print_text(stdout,
		   "verified: the kernel enforces the policy on %zu %s (%zu %s): %zu numbers of ",
		   verification->processes, plural(verification->processes, "process", "processes"),
		   verification->threads, plural(verification->threads, "thread", "threads"),
		   verification->calls);
	for (unsigned i = 0; i < count; i++)
		print_text(stdout, "%s%s",
			   i == 0	    ? ""
			   : i + 1 == count ? " and "
					    : ", ",
			   abi_info(abis[i])->name);
	printf(" compared");
	if (verification->further)
		print_text(stdout, "; %zu further %s only narrow%s the policy",
			   verification->further,
			   plural(verification->further, "filter", "filters"),
			   verification->further == 1 ? "s" : "");
	putchar('\n');
}

void unit_output_json_verification(struct json_writer *json,
				   const struct verification *verification)
{
	json_write_object(json, "verified");
	json_write_uint(json, "processes", verification->processes);
	json_write_uint(json, "threads", verification->threads);
	json_write_uint(json, "filters", verification->filters);
	json_write_uint(json, "further_filters", verification->further);
	json_write_uint(json, "inherited_filters", verification->inherited);
	json_write_uint(json, "numbers", verification->calls);
	json_write_end_object(json);
}

void unit_output_serving(const struct serving_result *serving)
{
	size_t tight = serving->counts[SERVING_HAS_IT], whole = serving->counts[SERVING_WHOLE];
	size_t lacking = serving->counts[SERVING_NOT_YET] + serving->counts[SERVING_FAILED];

	print_text(stdout, "serving: %zu %s the serving filter of %s role", tight,
		   plural(tight, "process has", "processes have"), plural(tight, "its", "their"));
	if (whole)
		print_text(stdout, "; %zu %s the whole policy", whole,
			   plural(whole, "needs", "need"));
	if (lacking)
		print_text(
			stdout,
			"; %zu %s it (not serving yet, or started later: 'whittle attach --unit' or "
			"the guard installs it)",
			lacking, plural(lacking, "lacks", "lack"));
	putchar('\n');
}

void unit_output_json_serving(struct json_writer *json, const struct serving_result *serving)
{
	json_write_object(json, "serving");
	json_write_uint(json, "tight", serving->counts[SERVING_HAS_IT]);
	json_write_uint(json, "whole", serving->counts[SERVING_WHOLE]);
	json_write_uint(json, "lacking",
			serving->counts[SERVING_NOT_YET] + serving->counts[SERVING_FAILED]);
	json_write_end_object(json);
}

/* Calls TELL for each line, without the newline. */
static void for_each_line(const char *lines, void (*tell)(void *context, const char *line),
			  void *context)
{
	while (*lines) {
		size_t length = strcspn(lines, "\n");
		_cleanup_free_ char *line = strndup(lines, length);

		if (line)
			tell(context, line);
		lines += length + (lines[length] == '\n');
	}
}

static void print_line(void *context, const char *line)
{
	(void)context;
	print_text(stderr, "  %s\n", line);
}

void unit_output_journal(const char *unit, const char *lines)
{
	if (!lines)
		return;
	print_text(stderr, "The last journal lines of %s:\n", unit);
	for_each_line(lines, print_line, NULL);
}

static void write_line(void *context, const char *line)
{
	json_write_string(context, NULL, line);
}

void unit_output_json_journal(struct json_writer *json, const char *lines)
{
	if (!lines)
		return;
	json_write_array(json, "journal");
	for_each_line(lines, write_line, json);
	json_write_end_array(json);
}
