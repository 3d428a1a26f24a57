// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle explain`: prints the denials of a log, or the rules of a policy, as sentences. */
#include "cmd/commands.h"
#include "cmd/report.h"

#include "cmd/explain_lines.h"
#include "cmd/explain_policy.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "denial/aggregate.h"
#include "denial/dedup.h"
#include "denial/log_line.h"
#include "denial/owner.h"
#include "denial/reader.h"
#include "denial/sentence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* In a stream, a repeated denial is printed again after this pause at the earliest. */
#define PAUSE_NS 1000000000

struct explain_options {
	bool json, pass;
	struct option_list why;
};

static const struct option_row explain_options[] = {
	{ 'j', "json", OPTION_FLAG, NULL, "print one JSON object per line",
	  offsetof(struct explain_options, json) },
	{ 'w', "why", OPTION_LIST, "NAME",
	  "for a policy: why this call is allowed or denied;\nmay be repeated",
	  offsetof(struct explain_options, why), VALUE_SYSCALL },
	{ 0, "pass", OPTION_FLAG, NULL, "also print the other lines of the log, unchanged",
	  offsetof(struct explain_options, pass) },
	OPTION_END,
};

struct explain {
	struct explain_options options;
	struct sentence_options sentence;
	struct denial_reader *reader;
	struct aggregate *aggregate;
	struct dedup dedup;
	bool is_stream; /* print at once: a reader may be waiting */
	bool is_log; /* a line of the present file has the form of a log's */
	uint64_t lines; /* of programs that report a denial of their own */
};

static volatile sig_atomic_t is_interrupted;

static void on_signal(int number)
{
	(void)number;
	is_interrupted = 1;
}

static int tell(void *context, const struct denial_group *group, uint64_t count, struct error *err)
{
	const struct explain *explain = context;
	struct denial_group named = *group;
	char unit[OWNER_MAX];

	(void)err;
	/* The log names no unit, but one of the processes may still run. */
	for (unsigned i = 0;
	     !named.denial.unit.length && i < group->pids_count && i < AGGREGATE_PIDS; i++)
		if (owner_is_same(group->pids[i], group->denial.exe.data,
				  group->denial.comm.data) &&
		    owner_of_process(group->pids[i], unit, sizeof(unit)))
			named.denial.unit = (struct text){ unit, strlen(unit) };
	if (explain->options.json)
		sentence_print_json(stdout, &named, count);
	else
		sentence_print(stdout, &named, count, &explain->sentence);
	return 0;
}

static int on_denial(void *context, const struct denial *denial, struct error *err)
{
	struct explain *explain = context;

	uint64_t count = dedup_count(&explain->dedup, denial, denial->count);

	return count ? aggregate_add(explain->aggregate, denial, count, err) : 0;
}

static int on_other(void *context, const char *data, size_t length, struct error *err)
{
	struct explain *explain = context;
	int r;
	size_t found =
		explain->options.pass ? 0 : explain_lines(data, length, explain->options.json);

	explain->lines += found;
	explain->is_log = explain->is_log || found || log_line_is_in(data, length);
	if (!explain->options.pass)
		return 0;
	/* Print the denials from before these lines first. */
	r = explain->is_stream ? aggregate_report(explain->aggregate, clock_now_ns(), PAUSE_NS, err)
			       : 0;
	fwrite(data, 1, length, stdout);
	return r;
}

/* Waits for input and prints the denials that become due. Returns false when interrupted. */
static bool wait_for_input(struct explain *explain, int fd, const sigset_t *unblocked,
			   struct error *err, int *r)
{
	static const struct timespec pause = { .tv_sec = PAUSE_NS / 1000000000 };
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	*r = aggregate_report(explain->aggregate, clock_now_ns(), PAUSE_NS, err);
	fflush(stdout);
	while (*r == 0 && !is_interrupted) {
		int ready =
			ppoll(&poll_fd, 1, aggregate_is_pending(explain->aggregate) ? &pause : NULL,
			      unblocked);

		if (ready > 0)
			return true;
		*r = aggregate_report(explain->aggregate, clock_now_ns(), PAUSE_NS, err);
		fflush(stdout);
	}
	return false;
}

static int explain_stream(struct explain *explain, int fd, const char *path, struct error *err)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked, unblocked;
	int r;

	/* Signals are delivered only during the wait, so that none is lost between the test and the wait. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	explain->is_stream = true;
	while (wait_for_input(explain, fd, &unblocked, err, &r)) {
		r = denial_reader_read(explain->reader, fd, path, err);
		if (r <= 0)
			break;
	}
	explain->is_stream = false;
	sigprocmask(SIG_SETMASK, &unblocked, NULL);
	return r;
}

static int read_file(struct explain *explain, const char *path, struct error *err)
{
	bool is_input = strcmp(path, "-") == 0;
	_cleanup_close_ int opened = is_input ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	int fd = is_input ? STDIN_FILENO : opened, r;
	struct stat status;

	if (is_input)
		path = "standard input";
	if (fd < 0 || fstat(fd, &status) < 0)
		return error_set_errno(err, -errno, "%s", path);
	if (S_ISDIR(status.st_mode))
		return error_set_errno(err, -EISDIR, "%s", path);
	if (!S_ISREG(status.st_mode))
		return explain_stream(explain, fd, path, err);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	do {
		r = denial_reader_read(explain->reader, fd, path, err);
	} while (r > 0);
	return r;
}

/* -EBADMSG: the file is no log. */
static int explain_file(struct explain *explain, const char *path, struct error *err)
{
	const struct denial_reader *reader = explain->reader;
	uint64_t bytes = reader->bytes, records = reader->records;
	int r;

	explain->is_log = false;
	r = read_file(explain, path, err);
	if (strcmp(path, "-") == 0)
		path = "standard input";
	if (r < 0 || is_interrupted)
		return r;
	if (reader->bytes == bytes)
		return error_set(err, -EBADMSG, "%s: it is empty: this is no log", path);
	if (!explain->is_log && !explain->options.pass && reader->records == records)
		return error_set(
			err, -EBADMSG,
			"%s: this is no log: no line has the form of the audit daemon, the "
			"kernel or the journal",
			path);
	return 0;
}

/* A file that is no log keeps no other from being explained; the last such error is the command's. */
static int explain_files(struct explain *explain, char *paths[], int count, struct error *err)
{
	struct error wrong = { 0 };
	int r = 0;

	for (int i = 0; r == 0 && !is_interrupted && i < count; i++) {
		r = explain_file(explain, paths[i], err);
		if (r != -EBADMSG)
			continue;
		if (wrong.code)
			report(&wrong);
		wrong = *err;
		error_clear(err);
		r = 0;
	}
	if (r == 0)
		r = aggregate_report(explain->aggregate, 0, 0, err);
	if (r == 0 && wrong.code) {
		*err = wrong;
		r = wrong.code;
	}
	return r;
}

static void report_broken(const struct denial_reader *reader)
{
	if (reader->broken)
		report_warning("skipped %" PRIu64 " denial record%s: cut short or garbled",
			       reader->broken, reader->broken == 1 ? "" : "s");
	if (reader->giants)
		report_warning("skipped %" PRIu64 " line%s longer than %d bytes", reader->giants,
			       reader->giants == 1 ? "" : "s", READER_BLOCK);
}

static int explain_all(struct explain *explain, char *paths[], int count, struct error *err)
{
	struct denial_reader_events events = {
		.denial = on_denial,
		.other = on_other,
		.context = explain,
	};
	_cleanup_(denial_reader_freep) struct denial_reader *reader = denial_reader_new(&events);
	_cleanup_(aggregate_freep) struct aggregate *aggregate = aggregate_new(tell, explain);
	char input[] = "-", *inputs[] = { input };
	int r;

	if (!reader || !aggregate)
		return error_oom(err);
	explain->reader = reader;
	reader->joins_lines = true;
	explain->aggregate = aggregate;
	r = count ? explain_files(explain, paths, count, err)
		  : explain_files(explain, inputs, 1, err);
	fflush(stdout);
	report_broken(reader);
	/* Silence would look like an answer. */
	if (r == 0 && !reader->records && !explain->lines && !explain->options.pass &&
	    !is_interrupted)
		return error_set(
			err, -ENODATA,
			"no denial of a seccomp filter was found; the kernel's log "
			"(journalctl -k, dmesg) and the audit daemon's (ausearch -m SECCOMP) "
			"have them");
	return r;
}

/* Operands are logs unless they are policies or --why is given. */
static int explain_operands(struct explain *explain, char *paths[], int count, struct error *err)
{
	const struct option_list *why = &explain->options.why;

	if (why->count > 0 && count == 0)
		return error_set(err, -EINVAL, "--why needs a policy as operand");
	if (count == 0 || (why->count == 0 && !explain_policy_is_policy(paths[0])))
		return explain_all(explain, paths, count, err);
	for (int i = 0; i < count; i++) {
		int r = explain_policy(paths[i], why->values, explain->options.json, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int cmd_explain(int argc, char *argv[])
{
	_cleanup_free_ struct explain *explain = calloc(1, sizeof(*explain));
	struct error err = { 0 };
	int first, r;

	if (!explain) {
		error_oom(&err);
		return report(&err);
	}
	if (options_parse(&command_explain, argc, argv, &explain->options, &first, &err) < 0)
		return report_usage(&command_explain, &err);
	explain->sentence.with_colour = report_use_colour(stdout);
	explain->sentence.with_time = true;
	r = explain_operands(explain, argv + first, argc - first, &err);
	options_list_free(&explain->options.why);
	if (r < 0)
		return report(&err);
	return report_finish_output();
}

const struct command command_explain = {
	.name = "explain",
	.group = GROUP_ANALYSIS,
	.run = cmd_explain,
	.summary = "explain the denials in a log or the rules of a policy",
	.usage = "[OPTION]... [LOG]...\n       whittle explain [--why NAME]... [--json] POLICY...",
	.options = explain_options,
	.description =
		"Reads logs (default: standard input) of the audit daemon and the kernel, the journal in\n"
		"any format, and the output of ausearch. For each call that a seccomp filter denied or\n"
		"logged it prints the call, the process, the action, the risk of allowing the call, and\n"
		"how to allow it. Repeats are printed once, with a count. For a POLICY it prints every\n"
		"allowed call with its reasons.",
	.operand = VALUE_FILE,
};
