// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle record`: records the system calls of a unit, control group, container, process or command. */
#include "record/record.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/print.h"
#include "container/container.h"
#include "decide/known.h"
#include "filter/compile.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct record_options {
	const char *unit, *cgroup, *container, *output, *observer;
	struct option_list pids, known;
	uint64_t duration_ns;
	bool is_quiet, is_cycle;
};

static const struct option_row record_options[] = {
	{ 0, "Target (one of these, or a command)", OPTION_HEADING, NULL, NULL, 0, VALUE_ANY,
	  NULL },
	{ 'u', "unit", OPTION_STRING, "UNIT", "a systemd unit",
	  offsetof(struct record_options, unit), VALUE_UNIT, NULL },
	{ 'c', "cgroup", OPTION_STRING, "PATH", "a control group (cgroup v2) and those below it",
	  offsetof(struct record_options, cgroup), VALUE_DIRECTORY, NULL },
	{ 0, "container", OPTION_STRING, "NAME",
	  "a running container of podman, CRI-O, Docker or\ncontainerd, or a pod, by name or id",
	  offsetof(struct record_options, container), VALUE_ANY, NULL },
	{ 'p', "pid", OPTION_LIST, "PID",
	  "a running process with its threads and descendants;\nmay be repeated",
	  offsetof(struct record_options, pids), VALUE_PID, NULL },
	{ 0, "Options", OPTION_HEADING, NULL, NULL, 0, VALUE_ANY, NULL },
	{ 'f', "for", OPTION_DURATION, "TIME", "stop after this time: 30s, 10m, 1h30m",
	  offsetof(struct record_options, duration_ns), VALUE_ANY, NULL },
	{ 0, "cycle", OPTION_FLAG, NULL,
	  "with --unit: reload, restart, stop and start it meanwhile,\nso that each of its command lines runs",
	  offsetof(struct record_options, is_cycle), VALUE_ANY, NULL },
	{ 'k', "known", OPTION_LIST, "FILE",
	  "record only calls that this recording lacks; the observer\nnotify then runs recorded calls at full speed; may be\nrepeated",
	  offsetof(struct record_options, known), VALUE_FILE, NULL },
	{ 0, "observer", OPTION_STRING, "NAME",
	  "bpf (needs root) or notify (needs no root, records only\na command); the default is the first that is permitted",
	  offsetof(struct record_options, observer), VALUE_CHOICE, "bpf notify" },
	{ 'o', "output", OPTION_STRING, "FILE",
	  "write the recording to FILE (default: the target's name\nwith .rec, in this directory)",
	  offsetof(struct record_options, output), VALUE_FILE, NULL },
	{ 'q', "quiet", OPTION_FLAG, NULL, "print no progress and no summary",
	  offsetof(struct record_options, is_quiet), VALUE_ANY, NULL },
	OPTION_END,
};

/* ---- the target ---- */

static int open_pids(const struct option_list *list, struct target **target, struct error *err)
{
	_cleanup_free_ pid_t *pids = calloc(list->count, sizeof(*pids));

	if (!pids)
		return error_oom(err);
	for (size_t i = 0; i < list->count; i++) {
		char *rest;
		long pid;

		errno = 0;
		pid = strtol(list->values[i], &rest, 10);
		if (*rest || errno || pid < 1 || pid > INT32_MAX)
			return error_set(err, -EINVAL, "\"%s\" is not a process id",
					 list->values[i]);
		pids[i] = (pid_t)pid;
	}
	return target_open_pids(pids, list->count, target, err);
}

/* For the observer notify: the filter that makes the command pass its calls to the observer, either all
 * calls or those that --known lacks. */
struct hand_over {
	struct target_filter target;
	struct filter filter;
};

static void hand_over_clear(struct hand_over *hand_over)
{
	filter_free(&hand_over->filter);
}

static int read_known(const struct option_list *files, struct recording **known, struct error *err)
{
	_cleanup_(recording_freep) struct recording *all = NULL;
	int r = 0;

	for (size_t i = 0; i < files->count && r == 0; i++) {
		_cleanup_(recording_freep) struct recording *one = NULL;

		r = recording_read(files->values[i], &one, err);
		if (r == 0 && all)
			r = recording_merge(all, one, err);
		else if (r == 0)
			all = take(one);
	}
	*known = r == 0 ? take(all) : NULL;
	return r;
}

static int make_filter(const struct recording *known, struct hand_over *hand_over,
		       struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	int r;

	hand_over->target.confine = notify_confine;
	if (!known)
		return 0;
	r = known_policy(known, &policy, err);
	if (r == 0)
		r = filter_compile(policy, NULL, &hand_over->filter, err);
	hand_over->target.instructions = hand_over->filter.instructions;
	hand_over->target.count = (unsigned short)hand_over->filter.count;
	return r;
}

static int open_container(const char *name, struct target **target, struct error *err)
{
	_cleanup_(container_clear) struct container container = { 0 };
	int r = container_find(NULL, name, &container, err);

	if (r == 0)
		r = target_open_cgroup(container.cgroup, target, err);
	return r < 0 ? r : target_rename(*target, name, err);
}

static int open_target(const struct record_options *options, char **command,
		       const struct target_filter *filter, struct target **target,
		       struct error *err)
{
	if (options->unit)
		return target_open_unit(options->unit, options->is_cycle, target, err);
	if (options->cgroup)
		return target_open_cgroup(options->cgroup, target, err);
	if (options->container)
		return open_container(options->container, target, err);
	if (options->pids.count)
		return open_pids(&options->pids, target, err);
	return target_open_command(command, filter, target, err);
}

static bool is_one_target(const struct record_options *options, char **command)
{
	return (options->unit != NULL) + (options->cgroup != NULL) + (options->container != NULL) +
		       (options->pids.count > 0) + (command[0] != NULL) ==
	       1;
}

/* "nginx.service" gives nginx.rec, /usr/sbin/nginx as well, -p 12 gives 12.rec. */
static int output_name(const struct record_options *options, char **command, char **name,
		       struct error *err)
{
	const char *from = options->unit	? options->unit
			   : options->cgroup	? options->cgroup
			   : options->container ? options->container
			   : command[0]		? command[0]
						: options->pids.values[0];
	size_t length = strlen(from);
	const char *start;

	while (length > 1 && from[length - 1] == '/')
		length--;
	start = memrchr(from, '/', length);
	start = start && length > 1 ? start + 1 : from;
	length -= (size_t)(start - from);
	if (length == 1 && *start == '/') {
		start = "root";
		length = strlen(start);
	}
	if (length > 8 && strncmp(start + length - 8, ".service", 8) == 0)
		length -= 8;
	if (asprintf(name, "%.*s.rec", (int)length, start) < 0) {
		*name = NULL;
		return error_oom(err);
	}
	return 0;
}

/* ---- progress and summary ---- */

struct display {
	bool is_on, is_quiet;
	uint64_t calls, elapsed_ns, shown_ns;
	const char *output;
	struct file_writer **writer; /* of OUTPUT */
};

static void show_progress(void *context, const struct progress *progress)
{
	struct display *display = context;
	double seconds = (double)progress->elapsed_ns / 1e9, rate;
	uint64_t since = progress->elapsed_ns - display->shown_ns;

	if (!display->is_on || since < 250000000)
		return;
	rate = (double)(progress->calls - display->calls) * 1e9 / (double)since;
	display->shown_ns = progress->elapsed_ns;
	display->calls = progress->calls;
	fprintf(stderr, "\r%.0f s  %.0f calls/s  %zu distinct, the last new one %.0f s ago\033[K",
		seconds, rate, progress->distinct,
		(double)(progress->elapsed_ns - progress->last_new_ns) / 1e9);
	fflush(stderr);
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* The program's part: distinct calls, and how often in all. Calls are sorted by ABI and number. */
static size_t count_calls(const struct run *run, uint64_t *times)
{
	const struct call *last = NULL;
	size_t distinct = 0;

	*times = 0;
	for (size_t i = 0; i < run->calls_count; i++) {
		const struct call *call = &run->calls[i];

		if (run->processes[call->process].is_manager)
			continue;
		distinct += !last || last->abi != call->abi || last->nr != call->nr;
		*times += call->count;
		last = call;
	}
	return distinct;
}

/* Facts that matter before a policy is decided from this recording. */
static void warn_of_gaps(const struct run *run)
{
	const struct losses *lost = &run->lost;

	if (lost->calls)
		report_warning("%" PRIu64
			       " call%s could not be recorded: a policy decided from this "
			       "recording may lack calls",
			       lost->calls, plural(lost->calls));
	if (lost->arguments)
		report_warning("the arguments of some calls could not be stored (%" PRIu64
			       " time%s): they "
			       "are recorded as \"any\"",
			       lost->arguments, plural(lost->arguments));
	if (lost->processes)
		report_warning(
			"%" PRIu64
			" process%s did not fit into the table of programs and share one row",
			lost->processes, lost->processes == 1 ? "" : "es");
	if (run->filter == FILTER_PRESENT)
		report_warning(
			"the target runs under a seccomp filter: the recording lacks the calls "
			"that the filter denies");
	for (size_t i = 0; i < run->lines_count; i++)
		if (!run->lines[i].is_seen)
			report_warning(
				"%s=%s did not run, so the recording lacks its calls; --cycle runs all "
				"commands but those for a crash",
				run->lines[i].setting, run->lines[i].command);
}

static void print_summary(const struct run *run, const char *output, bool has_known)
{
	uint64_t times;
	size_t distinct = count_calls(run, &times);

	print_text(stderr,
		   "whittle: %s: %zu %ssystem call%s, made %" PRIu64
		   " time%s in %.1f s; ended: %s; %s\n",
		   output, distinct, has_known ? "new " : "", plural(distinct), times,
		   plural(times), (double)run->duration_ns / 1e9, run->ended,
		   run->lost.calls ? "INCOMPLETE" : "nothing lost");
	if (distinct == 0 && !has_known)
		report_warning(
			"nothing was recorded: the target made no system call during this time");
	warn_of_gaps(run);
}

/* Names the observer if the preferred one can't be used. */
static void show_observer(void *context, const struct record_settings *settings)
{
	const struct display *display = context;

	if (settings->instead.code && !display->is_quiet)
		print_text(stderr,
			   "whittle: recording with %s: %s.\n"
			   "whittle: (not with %s: %s)\n",
			   settings->observer->name, settings->observer->summary,
			   observers[0]->name, settings->instead.message);
}

static const struct observer *find_observer(const char *name)
{
	for (const struct observer *const *at = observers; name && *at; at++)
		if (strcmp((*at)->name, name) == 0)
			return *at;
	return NULL;
}

/* ---- the command ---- */

/* Writes the complete file and takes ownership of RUN. The recording stays for the summary. */
static int write_run(struct run **run, struct recording *recording, const char *output,
		     struct file_writer **writer, struct error *err)
{
	int r = recording_add(recording, take(*run), err);

	if (r < 0)
		return r;
	r = recording_write(recording, file_writer_stream(*writer), err);
	if (r < 0)
		return error_prefix(err, "%s", output);
	return file_writer_commit(take(*writer), err);
}

/* Saves what was observed; the complete recording replaces it. */
static int preserve(void *context, struct run *run, struct error *err)
{
	struct display *display = context;
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	_cleanup_(run_freep) struct run *owned = run;
	int r;

	if (!recording)
		return error_oom(err);
	r = write_run(&owned, recording, display->output, display->writer, err);
	return r < 0 ? r : file_writer_open(display->output, 0644, display->writer, err);
}

/* Not standard output, a pipe or a device. */
static bool can_be_replaced(const char *output)
{
	struct stat status;

	return strcmp(output, "-") != 0 && (stat(output, &status) < 0 || S_ISREG(status.st_mode));
}

static void summarize(const struct recording *recording, const char *output, bool has_known)
{
	const struct run *const *runs;

	if (recording_runs(recording, &runs) == 1)
		print_summary(runs[0], output, has_known);
}

static int record(const struct record_options *options, char **command, int *exit_status,
		  struct error *err)
{
	_cleanup_(hand_over_clear) struct hand_over hand_over = { 0 };
	_cleanup_(recording_freep) struct recording *known = NULL;
	_cleanup_(target_freep) struct target *target = NULL;
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	_cleanup_(run_freep) struct run *run = NULL;
	_cleanup_free_ char *output = NULL;
	_cleanup_close_ int signal_fd = -1;
	struct display display = { .is_on = isatty(STDERR_FILENO) && !options->is_quiet,
				   .is_quiet = options->is_quiet };
	struct record_settings settings = {
		.observer = find_observer(options->observer),
		.duration_ns = options->duration_ns,
		.is_cycle = options->is_cycle,
		.started = show_observer,
		.progress = show_progress,
		.context = &display,
	};
	const char *name;
	int r = recording ? 0 : error_oom(err);

	/* A command may be recorded without root; for the rest that is missing first of all. */
	if (r == 0 && !command[0])
		r = record_is_permitted(err);
	if (r == 0)
		r = read_known(&options->known, &known, err);
	if (r == 0)
		r = make_filter(known, &hand_over, err);
	if (r == 0 && !options->output)
		r = output_name(options, command, &output, err);
	name = options->output ? options->output : output;
	if (r == 0)
		r = file_writer_open(name, 0644, &writer, err);
	if (r == 0)
		r = record_block_signals(&signal_fd, err);
	if (r == 0)
		r = open_target(options, command, &hand_over.target, &target, err);
	if (r < 0)
		return r;
	display.output = name;
	display.writer = &writer;
	settings.preserve = can_be_replaced(name) ? preserve : NULL;
	settings.target = target;
	settings.known = known;
	settings.signal_fd = signal_fd;
	r = record_run(&settings, &run, err);
	if (display.is_on && display.shown_ns)
		fputs("\r\033[K", stderr);
	*exit_status = settings.command_status;
	if (r == 0)
		r = write_run(&run, recording, name, &writer, err);
	if (r == 0 && settings.warning)
		report_warning("%s", settings.warning);
	free(settings.warning);
	if (r == 0 && !options->is_quiet)
		summarize(recording, name, known != NULL);
	if (r == 0 && settings.failure.code)
		*err = settings.failure;
	return r < 0 ? r : settings.failure.code;
}

static int check_options(const struct record_options *options, char **command, struct error *err)
{
	if (!is_one_target(options, command))
		return error_set(
			err, -EINVAL,
			"name one target: --unit, --cgroup, --container, --pid, or a command "
			"after --");
	if (options->is_cycle && !options->unit)
		return error_set(err, -EINVAL, "--cycle needs --unit");
	return 0;
}

static int cmd_record(int argc, char *argv[])
{
	struct record_options options = { 0 };
	struct error err = { 0 };
	int first, status = -1, r;

	if (options_parse(&command_record, argc, argv, &options, &first, &err) < 0 ||
	    check_options(&options, argv + first, &err) < 0) {
		options_list_free(&options.pids);
		options_list_free(&options.known);
		return report_usage(&command_record, &err);
	}
	r = record(&options, argv + first, &status, &err);
	options_list_free(&options.pids);
	options_list_free(&options.known);
	if (r < 0)
		return report(&err);
	if (status < 0)
		return EXIT_SUCCESS;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

const struct command command_record = {
	.name = "record",
	.group = GROUP_STEPS,
	.run = cmd_record,
	.summary = "record the system calls of a unit, process or command",
	.usage =
		"[OPTION]... --unit UNIT | --cgroup PATH | --container NAME | --pid PID... | [--] COMMAND [ARGUMENT]...",
	.options = record_options,
	.operand = VALUE_COMMAND,
	.operands_are_command = true,
};
