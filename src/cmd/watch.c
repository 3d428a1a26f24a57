// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle watch`: prints denials as they happen, of the whole machine or of one unit. */
#include "cmd/commands.h"
#include "cmd/report.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/print.h"
#include "denial/aggregate.h"
#include "denial/owner.h"
#include "denial/sentence.h"
#include "denial/watch.h"
#include "systemd/unit.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#define TICK_MS	 200
#define PAUSE_NS 1000000000ULL /* a repeated denial is printed again after this pause */

struct watch_options {
	const char *cgroup, *pid;
	uint64_t duration_ns;
	bool json;
};

static const struct option_row watch_options[] = {
	{ 'c', "cgroup", OPTION_STRING, "PATH",
	  "only this control group (cgroup v2) and those below it",
	  offsetof(struct watch_options, cgroup), VALUE_DIRECTORY, NULL },
	{ 'p', "pid", OPTION_STRING, "PID",
	  "only this process and its descendants, even if\nintermediate parents have ended",
	  offsetof(struct watch_options, pid), VALUE_PID, NULL },
	{ 'f', "for", OPTION_DURATION, "TIME", "stop after this time: 30s, 10m, 1h30m",
	  offsetof(struct watch_options, duration_ns), VALUE_ANY, NULL },
	{ 'j', "json", OPTION_FLAG, NULL, "print one JSON object per line",
	  offsetof(struct watch_options, json), VALUE_ANY, NULL },
	OPTION_END,
};

struct watching {
	struct watch_options options;
	struct sentence_options sentence;
	struct unit *unit; /* NULL: any */
	uint64_t cgroup; /* id; 0: any */
	int pid; /* 0: any */
	struct denial_watch *watch;
	struct aggregate *aggregate;
	uint64_t denials;
};

static volatile sig_atomic_t is_interrupted;

static void on_signal(int number)
{
	(void)number;
	is_interrupted = 1;
}

/* ---- whose denials ---- */

/* Whether a running process is in the control group with this id, or in one below it. */
static bool is_in_cgroup(int64_t pid, uint64_t id)
{
	_cleanup_free_ char *path = owner_cgroup(pid), *directory = NULL;
	struct error ignored = { 0 };
	struct stat status;

	if (!path || cgroup_directory(path, &directory, &ignored) < 0 || !directory)
		return false;
	for (char *end = directory + strlen(directory); end > directory;
	     end = strrchr(directory, '/')) {
		*end = '\0';
		if (stat(directory, &status) == 0 && status.st_ino == id)
			return true;
	}
	return false;
}

/* Whether a running process is in the unit's control group, by the whole path. */
static bool is_of_unit(int64_t pid, const struct unit *unit)
{
	_cleanup_free_ char *path = owner_cgroup(pid);

	return path && cgroup_is_within(path, unit->control_group);
}

/* A record names only the process. Its control group is known only while it runs. */
static bool wants_record(void *context, const struct denial *denial)
{
	const struct watching *watching = context;

	if (watching->unit)
		return is_of_unit(denial->pid, watching->unit);
	if (watching->cgroup)
		return is_in_cgroup(denial->pid, watching->cgroup);
	return denial_watch_is_family(watching->watch, denial->pid);
}

static int find_cgroup(const char *path, uint64_t *id, struct error *err)
{
	_cleanup_free_ char *absolute = NULL, *directory = NULL;
	struct stat status;
	int r;

	if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode)) {
		if (asprintf(&absolute, "/%s", path + strspn(path, "/")) < 0)
			return error_oom(err);
		r = cgroup_directory(absolute, &directory, err);
		if (r < 0)
			return r;
		if (!directory || stat(directory, &status) < 0)
			return error_set(err, -ENOENT, "%s: no such control group", path);
	}
	/* The inode of a control group's directory is its id (fs/kernfs/inode.c). */
	*id = status.st_ino;
	return 0;
}

static int load_unit(const char *name, struct unit **unit, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	int r = manager_open(&manager, err);

	return r < 0 ? r : unit_load(manager, name, unit, err);
}

static int find_target(struct watching *watching, char *operands[], int count, struct error *err)
{
	const struct watch_options *options = &watching->options;

	if (count)
		return load_unit(operands[0], &watching->unit, err);
	if (options->cgroup)
		return find_cgroup(options->cgroup, &watching->cgroup, err);
	if (options->pid) {
		char *rest;
		long pid;

		errno = 0;
		pid = strtol(options->pid, &rest, 10);
		if (*rest || errno || pid < 1 || pid > INT32_MAX)
			return error_set(err, -EINVAL, "\"%s\" is not a process id", options->pid);
		if (kill((pid_t)pid, 0) < 0 && errno == ESRCH)
			return error_set(err, -ESRCH, "there is no process %ld", pid);
		watching->pid = (int)pid;
	}
	return 0;
}

/* Selects the denials in the kernel; those of others don't reach this process. */
static int select_target(struct watching *watching, struct error *err)
{
	struct denial_select select = { .name = watching->options.cgroup, .id = watching->cgroup };
	struct cgroup_identity identity = { 0 };
	int r = 0;

	if (watching->unit) {
		r = cgroup_identify(watching->unit->control_group, &identity, err);
		select = (struct denial_select){ .name = watching->unit->name,
						 .path = watching->unit->control_group,
						 .id = identity.id };
	}
	if (r < 0 || !select.name)
		return r;
	return denial_watch_select(watching->watch, identity.root, &select, 1, err);
}

/* ---- output ---- */

static int tell(void *context, const struct denial_group *group, uint64_t count, struct error *err)
{
	const struct watching *watching = context;

	(void)err;
	if (watching->options.json)
		sentence_print_json(stdout, group, count);
	else
		sentence_print(stdout, group, count, &watching->sentence);
	return 0;
}

static int on_denial(void *context, const struct denial *denial, uint64_t count, struct error *err)
{
	struct watching *watching = context;

	watching->denials += count;
	return aggregate_add(watching->aggregate, denial, count, err);
}

static void report_start(const struct watching *watching)
{
	const char *lacks = denial_watch_lacks(watching->watch);

	if (lacks)
		report_warning("%s; only denials that the kernel logs are reported", lacks);
	print_text(stderr, "whittle: watching through %s; Ctrl-C ends\n",
		   denial_watch_sources(watching->watch));
}

static void report_end(const struct watching *watching)
{
	struct denial_watch_totals totals;

	denial_watch_totals(watching->watch, &totals);
	fprintf(stderr, "whittle: %" PRIu64 " denials", watching->denials);
	if (totals.kernel.undetailed)
		fprintf(stderr,
			"; %" PRIu64 " of %s%" PRIu64
			" were only counted by kind, without arguments and stack",
			totals.kernel.undetailed,
			totals.kernel.selected == totals.kernel.denials ? "the machine's " : "",
			totals.kernel.selected);
	if (totals.kernel.answered)
		fprintf(stderr,
			"; not among them: at least %" PRIu64
			" calls answered by a supervisor or a "
			"tracer",
			totals.kernel.answered);
	fputc('\n', stderr);
	if (totals.share.folded)
		report_warning("%" PRIu64
			       " denials were only counted by call and action: too many kinds came "
			       "at once",
			       totals.share.folded);
	if (totals.share.lost)
		report_warning("%" PRIu64
			       " denials are lost: too many calls and actions came at once",
			       totals.share.lost);
	if (totals.kernel.unselected)
		report_warning("%" PRIu64
			       " starts of the unit could not be watched: too many control groups",
			       totals.kernel.unselected);
	if (totals.kernel.missed)
		report_warning("the BPF programs were skipped or could not read a filter %" PRIu64
			       " times: denials may be missing or wrong",
			       totals.kernel.missed);
	if (totals.records_lost)
		report_warning("the kernel's log lost at least %" PRIu64 " denials",
			       totals.records_lost);
}

static int watch_until_end(struct watching *watching, const sigset_t *unblocked, struct error *err)
{
	uint64_t start = clock_now_ns(), limit = watching->options.duration_ns;
	int r = 0;

	while (r == 0 && !is_interrupted && (!limit || clock_now_ns() - start < limit)) {
		r = denial_watch_wait(watching->watch, TICK_MS, unblocked, err);
		if (r == 0)
			r = aggregate_report(watching->aggregate, clock_now_ns(), PAUSE_NS, err);
		fflush(stdout);
		if (ferror(stdout))
			break;
	}
	if (r == 0)
		r = denial_watch_finish(watching->watch, err);
	return r < 0 ? r : aggregate_report(watching->aggregate, 0, 0, err);
}

static int run_watch(struct watching *watching, char *operands[], int count, struct error *err)
{
	struct denial_watch_events events = { .denial = on_denial, .context = watching };
	_cleanup_(denial_watch_closep) struct denial_watch *watch = NULL;
	_cleanup_(aggregate_freep) struct aggregate *aggregate = aggregate_new(tell, watching);
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked, unblocked;
	int r;

	if (!aggregate)
		return error_oom(err);
	watching->aggregate = aggregate;
	/* The unit is looked up when the watch is open: an ordinary user reads first that this needs root. */
	r = count ? 0 : find_target(watching, NULL, 0, err);
	if (r < 0)
		return r;
	if (count || watching->cgroup || watching->pid) {
		events.is_selective = !watching->pid;
		events.wants_record = wants_record;
		events.family = watching->pid;
	}
	/* Signals are delivered only during the wait, so that none is lost between the test and the wait. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	r = denial_watch_open(&events, &watch, err);
	if (r == 0 && count)
		r = find_target(watching, operands, count, err);
	if (r < 0)
		return r;
	watching->watch = watch;
	r = select_target(watching, err);
	if (r < 0)
		return r;
	report_start(watching);
	r = watch_until_end(watching, &unblocked, err);
	fflush(stdout);
	report_end(watching);
	return r;
}

static int cmd_watch(int argc, char *argv[])
{
	struct watching watching = { .sentence.with_time = true };
	struct error err = { 0 };
	int first, r;

	if (options_parse(&command_watch, argc, argv, &watching.options, &first, &err) < 0)
		return report_usage(&command_watch, &err);
	if (argc - first + (watching.options.cgroup != NULL) + (watching.options.pid != NULL) > 1) {
		error_set(&err, -EINVAL, "name at most one of a unit, --cgroup and --pid");
		return report_usage(&command_watch, &err);
	}
	watching.sentence.with_colour = report_use_colour(stdout);
	r = run_watch(&watching, argv + first, argc - first, &err);
	unit_freep(&watching.unit);
	if (r < 0)
		return report(&err);
	return report_finish_output();
}

const struct command command_watch = {
	.name = "watch",
	.group = GROUP_START,
	.run = cmd_watch,
	.summary = "print denials as they happen, with an explanation",
	.usage = "[OPTION]... [UNIT]",
	.options = watch_options,
	.description =
		"Reports every system call that a seccomp filter denies, with any filter of any\n"
		"program, whether the filter returns an error or kills, with the arguments, the process, its unit and the\n"
		"stack. Calls that a filter allows and logs come from the kernel's log.",
	.operand = VALUE_UNIT,
};
