// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle learn`: adds calls that a unit was denied, or would have been, to its recording, after a
 * review. A call of a risky class is added only if the user names it: the denial may be the filter doing
 * its work.
 */
#include "cmd/commands.h"
#include "cmd/report.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/print.h"
#include "decide/decide.h"
#include "denial/dedup.h"
#include "denial/owner.h"
#include "denial/reader.h"
#include "denial/sentence.h"
#include "denial/watch.h"
#include "import/denial_evidence.h"
#include "store/store.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"
#include "systemd/unit.h"
#include "systemd/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TICK_MS 200

struct learn_options {
	const char *recording, *output, *state;
	uint64_t duration_ns;
	struct option_list allow;
	bool all, yes, json;
};

#define FIELD(member) offsetof(struct learn_options, member)

static const struct option_row learn_options[] = {
	{ 'r', "recording", OPTION_STRING, "FILE",
	  "add to this recording (default: the managed unit's)", FIELD(recording), VALUE_FILE,
	  NULL },
	{ 'o', "output", OPTION_STRING, "FILE",
	  "write the merged recording to FILE (default: replace the\nrecording)", FIELD(output),
	  VALUE_FILE, NULL },
	{ 'f', "for", OPTION_DURATION, "TIME", "first watch the unit for this time",
	  FIELD(duration_ns), VALUE_ANY, NULL },
	{ 'y', "yes", OPTION_FLAG, NULL,
	  "without asking, add verified calls that give access to no\nmore than files, the network or other processes",
	  FIELD(yes), VALUE_ANY, NULL },
	{ 'a', "allow", OPTION_LIST, "NAME", "add this call, whatever its risk; may be repeated",
	  FIELD(allow), VALUE_SYSCALL, NULL },
	{ 0, "all", OPTION_FLAG, NULL, "also use denials that can't be attributed to the unit",
	  FIELD(all), VALUE_ANY, NULL },
	{ 0, "state", OPTION_STRING, "DIRECTORY",
	  "whittle's state directory (default: " STORE_DIRECTORY ")", FIELD(state), VALUE_DIRECTORY,
	  NULL },
	{ 'j', "json", OPTION_FLAG, NULL, "print the denials as JSON; do not ask", FIELD(json),
	  VALUE_ANY, NULL },
	OPTION_END,
};

struct learning {
	struct learn_options options;
	char *unit;
	struct unit *watched; /* with --for */
	char *path; /* of the recording */
	struct recording *recording;
	struct store *store; /* NULL: there is none, or it lacks the unit */
	struct denial_evidence denial_evidence;
	struct dedup dedup;
	int64_t uid; /* of the unit's user, as unit_uid() */
	bool log_is_safe; /* only root can have written the log that is being read */
	uint64_t others; /* denials of other units */
};

static volatile sig_atomic_t is_interrupted;

static void on_signal(int number)
{
	(void)number;
	is_interrupted = 1;
}

/* ---- whose denials ---- */

static bool is_of_recorded_program(const struct learning *learning, struct text exe)
{
	const struct run *const *runs;
	size_t count = recording_runs(learning->recording, &runs);

	for (size_t i = 0; exe.length && i < count; i++)
		for (size_t j = 0; j < runs[i]->processes_count; j++)
			if (text_is(exe, runs[i]->processes[j].executable))
				return true;
	return false;
}

/* Why a denial is shown, but not a part of --yes. */
static const char doubt_source[] = "no proof that the kernel or the guard wrote it";
static const char doubt_log[] = "others than root can write the log";
static const char doubt_name[] = "only the executable's name says that it is of the unit";
static const char doubt_all[] = "nothing says that it is of the unit (--all)";
static const char doubt_user[] = "from a user who is not the unit's";
static const char doubt_manager[] = "named like systemd's own child before it executes the program";
static const char doubt_arguments[] = "its arguments are unknown: there were too many kinds";

static bool is_of_the_unit_by_name(const struct learning *learning, const struct denial *denial)
{
	return denial->unit.length && !denial->is_user_unit &&
	       text_is(denial->unit, learning->unit);
}

static bool is_of_unit(const struct learning *learning, const struct denial *denial)
{
	if (learning->options.all)
		return true;
	if (denial->unit.length)
		return is_of_the_unit_by_name(learning, denial);
	return is_of_recorded_program(learning, denial->exe);
}

/* systemd names its child "(nginx)" until the execve, and any process may name itself so. */
static bool is_manager(const struct denial *denial)
{
	return denial->comm.length > 2 && denial->comm.data[0] == '(' &&
	       denial->comm.data[denial->comm.length - 1] == ')';
}

/* The doubt of a denial that is known to be of the kernel's and in the unit. */
static const char *find_doubt(const struct learning *learning, const struct denial *denial)
{
	if (!owner_is_own_user(denial->uid, learning->uid))
		return doubt_user;
	return is_manager(denial) ? doubt_manager : NULL;
}

static const char *find_log_doubt(const struct learning *learning, const struct denial *denial)
{
	if (!denial->is_proven)
		return doubt_source;
	if (!learning->log_is_safe)
		return doubt_log;
	if (!denial->unit.length)
		return is_of_recorded_program(learning, denial->exe) ? doubt_name : doubt_all;
	return is_of_the_unit_by_name(learning, denial) ? find_doubt(learning, denial) : doubt_all;
}

static int take_denial(struct learning *learning, const struct denial *denial, uint64_t count,
		       const char *doubt, struct error *err)
{
	if (is_of_unit(learning, denial))
		return denial_evidence_add(&learning->denial_evidence, denial, count, doubt, err);
	learning->others += count;
	return 0;
}

/* ---- reading the denials ---- */

static int on_logged(void *context, const struct denial *denial, struct error *err)
{
	struct learning *learning = context;
	uint64_t count = dedup_count(&learning->dedup, denial, denial->count);

	return count ? take_denial(learning, denial, count, find_log_doubt(learning, denial), err)
		     : 0;
}

/* A log, or a pipe, of root's or the caller's that nobody else can write. */
static bool is_safe(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode)) &&
	       (status.st_uid == 0 || status.st_uid == geteuid()) &&
	       !(status.st_mode & (S_IWGRP | S_IWOTH));
}

static int read_log(struct learning *learning, struct denial_reader *reader, const char *path,
		    struct error *err)
{
	bool is_input = strcmp(path, "-") == 0;
	_cleanup_close_ int opened = is_input ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = 1;

	if (!is_input && opened < 0)
		return error_set_errno(err, -errno, "%s", path);
	learning->log_is_safe = is_safe(is_input ? STDIN_FILENO : opened);
	while (r > 0 && !is_interrupted)
		r = denial_reader_read(reader, is_input ? STDIN_FILENO : opened,
				       is_input ? "standard input" : path, err);
	return r;
}

static int read_logs(struct learning *learning, char *paths[], int count, struct error *err)
{
	struct denial_reader_events events = { .denial = on_logged, .context = learning };
	_cleanup_(denial_reader_freep) struct denial_reader *reader = denial_reader_new(&events);
	int r = reader ? 0 : error_oom(err);

	for (int i = 0; r == 0 && i < count; i++)
		r = read_log(learning, reader, paths[i], err);
	if (reader && reader->broken)
		report_warning("skipped %" PRIu64 " denial record%s: cut short or garbled",
			       reader->broken, reader->broken == 1 ? "" : "s");
	return r;
}

/* The guard and harden stored it; its user may be another's, or unknown. */
static const char *find_stored_doubt(const struct learning *learning, const struct denial *denial)
{
	const char *name = denial->nr < 0 ? NULL : syscall_name(denial->abi, denial->nr);

	if (!denial->has_arguments && !denial->comm.length && name && syscall_arguments(name))
		return doubt_arguments;
	return find_doubt(learning, denial);
}

static int read_store(struct learning *learning, struct error *err)
{
	struct store_denial *denials;
	size_t count;
	int r = store_denials(learning->store, learning->unit, &denials, &count, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct denial denial = store_denial_told(&denials[i], learning->unit);

		r = take_denial(learning, &denial, denials[i].count,
				find_stored_doubt(learning, &denial), err);
	}
	store_denials_free(denials, count);
	return r;
}

static int on_watched(void *context, const struct denial *denial, uint64_t count, struct error *err)
{
	return take_denial(context, denial, count, find_doubt(context, denial), err);
}

/* By the whole path of the process's control group: a name proves nothing. */
static bool wants_record(void *context, const struct denial *denial)
{
	const struct learning *learning = context;
	_cleanup_free_ char *path = owner_cgroup(denial->pid);

	return path && cgroup_is_within(path, learning->watched->control_group);
}

static int select_unit(struct learning *learning, struct denial_watch *watch, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	struct cgroup_identity identity = { 0 };
	int r = manager_open(&manager, err);

	if (r == 0)
		r = unit_load(manager, learning->unit, &learning->watched, err);
	if (r == 0)
		r = cgroup_identify(learning->watched->control_group, &identity, err);
	if (r < 0)
		return r;
	return denial_watch_select(
		watch, identity.root,
		&(struct denial_select){ .name = learning->unit,
					 .path = learning->watched->control_group,
					 .id = identity.id },
		1, err);
}

static int watch_unit(struct learning *learning, struct error *err)
{
	struct denial_watch_events events = { .denial = on_watched,
					      .is_selective = true,
					      .wants_record = wants_record,
					      .context = learning };
	_cleanup_(denial_watch_closep) struct denial_watch *watch = NULL;
	struct sigaction handler = { .sa_handler = on_signal };
	uint64_t end = wait_deadline_after(learning->options.duration_ns);
	sigset_t blocked, unblocked;
	int r = 0;

	/* Signals are delivered only during the wait. Ctrl-C ends the watching; the review follows. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	sigaction(SIGINT, &handler, NULL);
	sigaction(SIGTERM, &handler, NULL);
	r = denial_watch_open(&events, &watch, err);
	if (r == 0)
		r = select_unit(learning, watch, err);
	if (r == 0 && denial_watch_lacks(watch))
		report_warning("%s; only denials that the kernel logs are reported",
			       denial_watch_lacks(watch));
	if (r == 0)
		print_text(stderr, "whittle: watching %s through %s; Ctrl-C ends\n", learning->unit,
			   denial_watch_sources(watch));
	while (r == 0 && !is_interrupted && wait_milliseconds_until(end) > 0) {
		int left = wait_milliseconds_until(end);

		r = denial_watch_wait(watch, left < TICK_MS ? left : TICK_MS, &unblocked, err);
	}
	if (r == 0)
		r = denial_watch_finish(watch, err);
	sigprocmask(SIG_SETMASK, &unblocked, NULL);
	is_interrupted = 0;
	return r;
}

/* ---- the review ---- */

static bool is_named(const struct learning *learning, const char *name)
{
	for (size_t i = 0; i < learning->options.allow.count; i++)
		if (strcmp(learning->options.allow.values[i], name) == 0)
			return true;
	return false;
}

/* Whether --yes is enough to add the call. */
static bool is_mild(const char *name)
{
	const struct syscall_info *info = syscall_info(name);

	return info && !decide_is_new_privilege(name) && info->risk != RISK_IDENTITY &&
	       info->risk != RISK_EXECUTE && info->risk != RISK_SYSTEM;
}

/* How many adjacent entries are of the same call. */
static size_t kinds_of_call(const struct denial_evidence *denial_evidence, size_t first)
{
	const struct denial_evidence_call *denial_evidence_call =
		&denial_evidence->denial_evidence[first];
	size_t count = 1;

	while (first + count < denial_evidence->count &&
	       denial_evidence_call[count].abi == denial_evidence_call->abi &&
	       denial_evidence_call[count].nr == denial_evidence_call->nr)
		count++;
	return count;
}

static void print_kind(const struct learning *learning,
		       const struct denial_evidence_call *denial_evidence_call)
{
	struct denial_group group = {
		.denial = { .count = 1,
			    .source = DENIAL_FROM_BPF,
			    .has_abi = true,
			    .abi = denial_evidence_call->abi,
			    .audit_arch = abi_info(denial_evidence_call->abi)->audit_arch,
			    .nr = denial_evidence_call->nr,
			    .has_action = denial_evidence_call->has_action,
			    .action = denial_evidence_call->action,
			    .has_errno = denial_evidence_call->has_errno,
			    .pid = -1,
			    .thread = -1,
			    .uid = denial_evidence_call->uid,
			    .comm = text_from(denial_evidence_call->comm),
			    .exe = text_from(denial_evidence_call->exe),
			    .unit = text_from(learning->unit),
			    .has_arguments = denial_evidence_call->has_arguments,
			    .stack = text_from(denial_evidence_call->stack) },
		.count = denial_evidence_call->count
	};

	memcpy(group.denial.arguments, denial_evidence_call->arguments,
	       sizeof(denial_evidence_call->arguments));
	sentence_print(stdout, &group, denial_evidence_call->count,
		       &(struct sentence_options){ .with_colour = report_use_colour(stdout) });
	if (denial_evidence_call->uid >= 0)
		printf("    user   %" PRId64 "\n", denial_evidence_call->uid);
	if (denial_evidence_call->doubt)
		printf("    unverified: %s\n", denial_evidence_call->doubt);
}

/* Any answer but y means no. */
static bool ask(const char *name)
{
	char answer[16];

	print_text(stdout, "Add %s to the recording? [y/N] ", name);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	if (!strchr(answer, '\n'))
		for (int c = getchar(); c != '\n' && c != EOF; c = getchar())
			;
	return answer[0] == 'y' || answer[0] == 'Y';
}

/* Reviews each call and marks the ones to add. Returns how many. */
static size_t look(struct learning *learning)
{
	const struct learn_options *options = &learning->options;
	struct denial_evidence *denial_evidence = &learning->denial_evidence;
	bool can_ask = !options->yes && !options->json && !options->allow.count &&
		       isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	size_t taken = 0, count;

	for (size_t i = 0; i < denial_evidence->count; i += count) {
		struct denial_evidence_call *denial_evidence_call =
			&denial_evidence->denial_evidence[i];
		char buffer[CALL_NAME_SIZE];
		const char *name =
			call_name(denial_evidence_call->abi, denial_evidence_call->nr, buffer);
		bool is_taken = is_named(learning, name), is_any_taken = false;

		count = kinds_of_call(denial_evidence, i);
		for (size_t k = 0; k < count && !options->json; k++)
			print_kind(learning, &denial_evidence_call[k]);
		if (can_ask)
			is_taken = ask(name);
		for (size_t k = 0; k < count; k++) {
			denial_evidence_call[k].is_taken =
				is_taken ||
				(options->yes && is_mild(name) && !denial_evidence_call[k].doubt);
			is_any_taken |= denial_evidence_call[k].is_taken;
		}
		taken += is_any_taken;
	}
	return taken;
}

static void print_json(const struct learning *learning)
{
	struct json_writer json = json_writer(stdout);

	json_write_object(&json, NULL);
	json_write_string(&json, "unit", learning->unit);
	json_write_array(&json, "found");
	for (size_t i = 0; i < learning->denial_evidence.count; i++) {
		const struct denial_evidence_call *denial_evidence_call =
			&learning->denial_evidence.denial_evidence[i];
		char buffer[CALL_NAME_SIZE];
		const char *name =
			call_name(denial_evidence_call->abi, denial_evidence_call->nr, buffer);
		const struct syscall_info *info = syscall_info(name);

		json_write_object_line(&json, NULL);
		json_write_string(&json, "name", name);
		json_write_string(&json, "abi", abi_info(denial_evidence_call->abi)->name);
		json_write_uint(&json, "count", denial_evidence_call->count);
		json_write_string(&json, "comm", denial_evidence_call->comm);
		if (info)
			json_write_string(&json, "risk", syscall_risk_name(info->risk));
		if (denial_evidence_call->uid >= 0)
			json_write_uint(&json, "uid", (uint64_t)denial_evidence_call->uid);
		if (denial_evidence_call->doubt)
			json_write_string(&json, "unverified", denial_evidence_call->doubt);
		json_write_bool(&json, "taken", denial_evidence_call->is_taken);
		json_write_end_object(&json);
	}
	json_write_end_array(&json);
	json_write_uint(&json, "of_others", learning->others);
	json_write_end_object(&json);
}

/* ---- the command ---- */

static int keep(struct learning *learning, struct error *err)
{
	struct run *run = NULL;
	int r = denial_evidence_run(&learning->denial_evidence, learning->unit, &run, err);

	if (r == 0)
		r = recording_add(learning->recording, run, err);
	if (r == 0)
		r = recording_save(learning->recording,
				   learning->options.output ? learning->options.output
							    : learning->path,
				   0644, err);
	/* They are in the recording now. Calls that were not added will be denied again if they matter. */
	if (r == 0 && learning->store && !learning->options.output)
		r = store_forget_denials(learning->store, learning->unit, err);
	return r;
}

static void tell_rest(const struct learning *learning, size_t taken)
{
	FILE *out = learning->options.json ? stderr : stdout;

	if (learning->denial_evidence.left_out)
		report_warning(
			"%" PRIu64
			" denials are left out: of unknown numbers or ABIs, or beyond the limit "
			"of kinds",
			learning->denial_evidence.left_out);
	if (learning->others)
		report_warning("%" PRIu64
			       " denials can't be attributed to %s (--all includes them)",
			       learning->others, learning->unit);
	if (!learning->denial_evidence.count)
		print_text(out, "%s: no denials\n", learning->unit);
	else if (taken)
		print_text(out, "%s: %zu call%s added to %s; now decide and apply again\n",
			   learning->unit, taken, taken == 1 ? "" : "s",
			   learning->options.output ? learning->options.output : learning->path);
	else
		print_text(
			out,
			"%s: nothing added; --yes adds verified calls that give access to no more than files, "
			"the network or other processes; --allow=NAME adds any call\n",
			learning->unit);
}

/* Opens the state if it has the unit. */
static int open_store(struct learning *learning, struct error *err)
{
	struct managed_unit managed_unit = { 0 };
	int r = store_open(learning->options.state, &learning->store, err);

	/* An unreadable state counts as none, unless it would name the recording. */
	if ((r == -EACCES || r == -EPERM) && !learning->options.recording)
		return r;
	if (r == -EACCES || r == -ENOENT || r == -EPERM || r == -EROFS) {
		error_clear(err);
		return 0;
	}
	if (r == 0)
		r = store_get(learning->store, learning->unit, &managed_unit, err);
	if (r == 0)
		learning->path = take(managed_unit.recording);
	managed_unit_clean(&managed_unit);
	if (r == -ENOENT) {
		store_closep(&learning->store);
		r = 0;
	}
	return r;
}

static int open_recording(struct learning *learning, struct error *err)
{
	if (learning->options.recording) {
		free(learning->path);
		learning->path = strdup(learning->options.recording);
		if (!learning->path)
			return error_oom(err);
	}
	if (!learning->path)
		return error_set(
			err, -EINVAL,
			"%s is not managed by whittle: name its recording with --recording",
			learning->unit);
	return recording_read(learning->path, &learning->recording, err);
}

/* The log may be of another machine: a unit that is not here has no user that is known. */
static void find_user(struct learning *learning)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(unit_freep) struct unit *unit = NULL;
	struct error ignored = { 0 };

	learning->uid = -1;
	if (manager_open(&manager, &ignored) == 0 &&
	    unit_load(manager, learning->unit, &unit, &ignored) == 0)
		learning->uid = unit_uid(unit);
}

static int learn(struct learning *learning, char *operands[], int count, struct error *err)
{
	size_t taken;
	int r = unit_name_complete(operands[0], &learning->unit, err);

	if (r == 0)
		r = open_store(learning, err);
	if (r == 0)
		r = open_recording(learning, err);
	if (r == 0)
		find_user(learning);
	if (r == 0 && learning->options.duration_ns)
		r = watch_unit(learning, err);
	if (r == 0 && count > 1)
		r = read_logs(learning, operands + 1, count - 1, err);
	else if (r == 0 && learning->store)
		r = read_store(learning, err);
	if (r < 0)
		return r;
	denial_evidence_sort(&learning->denial_evidence);
	taken = look(learning);
	if (taken)
		r = keep(learning, err);
	if (r < 0)
		return r;
	if (learning->options.json)
		print_json(learning);
	tell_rest(learning, taken);
	return 0;
}

static int cmd_learn(int argc, char *argv[])
{
	struct learning *learning = calloc(1, sizeof(*learning));
	struct error err = { 0 };
	int first, r;

	if (!learning) {
		error_oom(&err);
		return report(&err);
	}
	r = options_parse(&command_learn, argc, argv, &learning->options, &first, &err);
	if (r == 0 && first == argc)
		r = error_set(&err, -EINVAL, "name a unit");
	if (r < 0) {
		r = report_usage(&command_learn, &err);
	} else {
		r = learn(learning, argv + first, argc - first, &err);
		r = r < 0 ? report(&err) : report_finish_output();
	}
	options_list_free(&learning->options.allow);
	denial_evidence_clean(&learning->denial_evidence);
	recording_freep(&learning->recording);
	store_closep(&learning->store);
	unit_freep(&learning->watched);
	free(learning->unit);
	free(learning->path);
	free(learning);
	return r;
}

const struct command command_learn = {
	.name = "learn",
	.group = GROUP_ANALYSIS,
	.run = cmd_learn,
	.summary = "review a unit's denials and add them to its recording",
	.usage = "[OPTION]... UNIT [LOG]...",
	.options = learn_options,
	.description =
		"Reads the denials of UNIT from LOGs (output of `whittle watch --json`, logs of the audit\n"
		"daemon, the kernel or the journal; \"-\" is standard input), by default from whittle's\n"
		"state. It prints each call with the risk of allowing it, and asks. The added calls\n"
		"become a run of the recording, marked as learned from denials. The next `whittle\n"
		"decide` allows them and gives this reason.",
	.operand = VALUE_UNIT,
	.further = VALUE_FILE,
};
