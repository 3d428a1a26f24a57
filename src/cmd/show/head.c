// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The part before the table: target, time, place and defects of the recording. Every string of a
 * recording is printed by utf8_print_safe().
 */
#include "cmd/show/text.h"
#include "cmd/show/words.h"
#include "common/cleanup.h"
#include "common/utf8.h"

#include <inttypes.h>
#include <time.h>

#define RUNS_SHOWN 8 /* of more runs only what is amiss */

static void print_duration(uint64_t ns)
{
	uint64_t s = ns / 1000000000;

	if (s >= 86400)
		printf("%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
	else if (s >= 3600)
		printf("%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		printf("%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else if (s >= 1)
		printf("%.1f s", (double)ns / 1e9);
	else
		printf("%" PRIu64 " ms", ns / 1000000);
}

static void print_time(uint64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm parts;
	char text[64];

	if (gmtime_r(&seconds, &parts) && strftime(text, sizeof(text), "%F %T UTC", &parts) > 0)
		fputs(text, stdout);
	else
		printf("%" PRIu64 " s after 1970", us / 1000000);
}

static void print_label(const char *label)
{
	printf("  %-9s ", label);
}

static void print_environment(const struct run *run)
{
	const struct {
		const char *before;
		const char *value;
	} parts[] = {
		{ "", run->os },   { "Linux ", run->kernel },	 { "", run->machine },
		{ "", run->libc }, { "systemd ", run->systemd },
	};
	bool is_first = true;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!parts[i].value)
			continue;
		if (is_first)
			print_label("System");
		else
			fputs(", ", stdout);
		is_first = false;
		fputs(parts[i].before, stdout);
		utf8_print_safe(stdout, parts[i].value);
	}
	if (!is_first)
		putchar('\n');
}

static void print_lost_part(uint64_t count, const char *one, const char *many, bool *is_first)
{
	if (count == 0)
		return;
	if (!*is_first)
		fputs("; ", stdout);
	*is_first = false;
	words_counted(stdout, count, one, many);
}

static bool is_lossy(const struct losses *lost)
{
	return lost->calls || lost->arguments || lost->stacks || lost->processes;
}

static void print_lost(const struct losses *lost, bool colour)
{
	bool is_first = true;

	print_label("Lost");
	if (!is_lossy(lost)) {
		puts("nothing");
		return;
	}
	fputs(YELLOW(colour), stdout);
	print_lost_part(lost->calls, "call not counted", "calls not counted", &is_first);
	print_lost_part(lost->arguments, "value of arguments (read: any value)",
			"values of arguments (read: any value)", &is_first);
	print_lost_part(lost->stacks, "first caller", "first callers", &is_first);
	print_lost_part(lost->processes, "process that shares a row with others",
			"processes that share a row with others", &is_first);
	printf("%s\n", PLAIN(colour));
}

static bool has_unseen_line(const struct run *run)
{
	for (size_t i = 0; i < run->lines_count; i++)
		if (!run->lines[i].is_seen)
			return true;
	return false;
}

static void print_unseen_lines(const struct run *run, bool colour)
{
	for (size_t i = 0; i < run->lines_count; i++) {
		const struct unit_line *line = &run->lines[i];

		if (line->is_seen)
			continue;
		print_label("Not run");
		fputs(YELLOW(colour), stdout);
		utf8_print_safe(stdout, line->setting);
		putchar('=');
		utf8_print_safe(stdout, line->command);
		printf("%s was never executed; its calls are not in this recording\n",
		       PLAIN(colour));
	}
}

static void print_filter(const struct run *run, bool colour)
{
	if (run->filter != FILTER_PRESENT)
		return;
	print_label("Filter");
	printf("%sthe target was under a filter: calls that it refused were not recorded%s\n",
	       YELLOW(colour), PLAIN(colour));
}

static void print_news(const struct run *run, bool colour)
{
	if (!run->is_news)
		return;
	print_label("News");
	printf("%sonly new calls: merge it with the known recording%s\n", YELLOW(colour),
	       PLAIN(colour));
}

static void print_target(const struct run *run, bool colour)
{
	fputs(BOLD(colour), stdout);
	utf8_print_safe(stdout, run->target);
	printf("%s (%s)\n", PLAIN(colour), target_kind_name(run->target_kind));
}

static void print_run(const struct run *run, bool colour)
{
	print_target(run, colour);
	print_label("Recorded");
	print_time(run->started_us);
	fputs(" for ", stdout);
	print_duration(run->duration_ns);
	fputs(" by ", stdout);
	utf8_print_safe(stdout, run->observer);
	if (run->ended[0]) {
		fputs("; ended: ", stdout);
		utf8_print_safe(stdout, run->ended);
	}
	putchar('\n');
	print_environment(run);
	print_label("Run");
	puts(run->id);
	print_lost(&run->lost, colour);
	print_news(run, colour);
	print_filter(run, colour);
	print_unseen_lines(run, colour);
	putchar('\n');
}

static void print_amiss(const struct run *run, bool colour)
{
	if (!is_lossy(&run->lost) && run->filter != FILTER_PRESENT && !has_unseen_line(run))
		return;
	print_target(run, colour);
	print_label("Run");
	puts(run->id);
	print_lost(&run->lost, colour);
	print_filter(run, colour);
	print_unseen_lines(run, colour);
	putchar('\n');
}

void show_head(const struct view *view, bool colour)
{
	const struct run *const *runs;
	size_t count = recording_runs(view->recording, &runs);

	for (size_t i = 0; i < count && i < RUNS_SHOWN; i++)
		print_run(runs[i], colour);
	if (count > RUNS_SHOWN) {
		words_counted(stdout, count - RUNS_SHOWN, "run", "runs");
		fputs(" more; of these, only losses and other defects:\n\n", stdout);
	}
	for (size_t i = RUNS_SHOWN; i < count; i++)
		print_amiss(runs[i], colour);
}
