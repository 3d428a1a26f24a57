// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle oci-hook`: a hook that a container's run-time executes before the container's program. It
 * starts a recorder in the background, waits until the recorder observes every call, and returns to the
 * run-time, so the recording begins with the first instruction. It ends with the container's last
 * process.
 */
#include "cmd/commands.h"
#include "cmd/report.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/print.h"
#include "container/container.h"
#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>

#define STATE_LIMIT 1048576
#define READY \
	"" /* the recorder's message when it is ready; any other is the reason of its failure */

struct hook_options {
	const char *directory, *hooks_directory;
	uint64_t duration_ns;
	bool is_install;
};

static const struct option_row hook_options[] = {
	{ 0, "directory", OPTION_STRING, "DIRECTORY",
	  "directory for the recordings (default:\n/var/lib/whittle/containers)",
	  offsetof(struct hook_options, directory), VALUE_DIRECTORY, NULL },
	{ 'f', "for", OPTION_DURATION, "TIME", "stop recording after this time: 30s, 10m, 1h30m",
	  offsetof(struct hook_options, duration_ns), VALUE_ANY, NULL },
	{ 0, "install", OPTION_FLAG, NULL,
	  "create the directory and the hook's configuration, which\nruns this command with the other options given here",
	  offsetof(struct hook_options, is_install), VALUE_ANY, NULL },
	{ 0, "hooks-directory", OPTION_STRING, "DIRECTORY",
	  "directory to which --install writes whittle.json\n(default: /etc/containers/oci/hooks.d)",
	  offsetof(struct hook_options, hooks_directory), VALUE_DIRECTORY, NULL },
	OPTION_END,
};

/* ---- --install ---- */

static int make_directories(const char *path, mode_t mode, struct error *err)
{
	_cleanup_free_ char *copy = strdup(path), *parent = strdup(path);
	int r = 0;

	if (!copy || !parent)
		return error_oom(err);
	if (access(dirname(parent), F_OK) < 0)
		r = make_directories(dirname(copy), 0755, err);
	if (r == 0 && mkdir(path, mode) < 0 && errno != EEXIST)
		r = error_set_errno(err, -errno, "%s", path);
	return r;
}

static int install(const struct hook_options *options, struct error *err)
{
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;
	_cleanup_free_ char *path = NULL, *limit = NULL;
	const char *arguments[6] = { "oci-hook", "--directory", options->directory };
	char program[PATH_MAX] = "";
	int r = make_directories(options->directory, 0700, err);

	if (r == 0)
		r = make_directories(options->hooks_directory, 0755, err);
	if (r < 0)
		return r;
	if (options->directory[0] != '/')
		return error_set(
			err, -EINVAL,
			"%s: give an absolute path, because a hook may run in any directory",
			options->directory);
	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		return error_set_errno(err, -errno, "/proc/self/exe");
	if (asprintf(&path, "%s/whittle.json", options->hooks_directory) < 0) {
		path = NULL;
		return error_oom(err);
	}
	if (asprintf(&limit, "%llums", (unsigned long long)(options->duration_ns / 1000000)) < 0) {
		limit = NULL;
		return error_oom(err);
	}
	if (options->duration_ns) {
		arguments[3] = "--for";
		arguments[4] = limit;
	}
	r = file_writer_open(path, 0644, &writer, err);
	if (r < 0)
		return r;
	container_hook_write(file_writer_stream(writer), program, arguments);
	r = file_writer_commit(take(writer), err);
	if (r == 0)
		print_text(stderr,
			   "whittle: %s: containers with the annotation " CONTAINER_ANNOTATION
			   "=NAME will be recorded to %s/NAME.rec\n",
			   path, options->directory);
	return r;
}

/* ---- the recorder ---- */

struct recorder {
	const struct container_state *state;
	uint64_t duration_ns;
	const char *path;
	int ready_fd;
};

static void tell_ready(void *context, const struct record_settings *settings)
{
	struct recorder *recorder = context;

	(void)settings;
	/* Without a reader, the run-time has given up. */
	if (write(recorder->ready_fd, READY, sizeof(READY)) < 0)
		syslog(LOG_WARNING, "%s: the hook has ended early", recorder->path);
	closep(&recorder->ready_fd);
	recorder->ready_fd = -1;
}

/* Records the container's control group, which includes processes started later (podman exec), or its
 * first process if it has no control group of its own. */
static int open_target(const struct container_state *state, struct target **target,
		       struct error *err)
{
	_cleanup_free_ char *cgroup = NULL;
	int r = container_cgroup_of(state->pid, &cgroup, err);

	if (r == 0)
		r = cgroup ? target_open_cgroup(cgroup, target, err)
			   : target_open_pids(&state->pid, 1, target, err);
	if (r < 0)
		return r;
	(*target)->is_starting = true;
	return target_rename(*target, state->id, err);
}

static int write_run(struct run **run, struct file_writer **writer, struct error *err)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	int r = recording ? recording_add(recording, take(*run), err) : error_oom(err);

	if (r == 0)
		r = recording_write(recording, file_writer_stream(*writer), err);
	return r < 0 ? r : file_writer_commit(take(*writer), err);
}

static int record(struct recorder *recorder, struct error *err)
{
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;
	_cleanup_(target_freep) struct target *target = NULL;
	_cleanup_(run_freep) struct run *run = NULL;
	_cleanup_close_ int signal_fd = -1;
	struct record_settings settings = {
		.duration_ns = recorder->duration_ns,
		.started = tell_ready,
		.context = recorder,
	};
	int r = file_writer_open(recorder->path, 0600, &writer, err);

	if (r == 0)
		r = record_block_signals(&signal_fd, err);
	if (r == 0)
		r = open_target(recorder->state, &target, err);
	if (r < 0)
		return r;
	settings.target = target;
	settings.signal_fd = signal_fd;
	r = record_run(&settings, &run, err);
	return r < 0 ? r : write_run(&run, &writer, err);
}

/* A separate process: in a session that no terminal ends, and without open files of the run-time, which
 * would wait for them. Later errors go to the system's log. */
static _Noreturn void run_recorder(struct recorder *recorder)
{
	struct error err = { 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), ready = recorder->ready_fd;

	setsid();
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    dup2(ready, 3) < 0 || fcntl(3, F_SETFD, FD_CLOEXEC) < 0 || chdir("/") < 0)
		_exit(EXIT_FAILURE);
	recorder->ready_fd = 3;
	close_range(4, ~0U, 0);
	openlog("whittle", LOG_PID, LOG_DAEMON);
	if (record(recorder, &err) == 0)
		_exit(EXIT_SUCCESS);
	unlink(recorder->path); /* ours, and still empty */
	syslog(LOG_ERR, "%s: %s", recorder->path, err.message);
	if (recorder->ready_fd >= 0 &&
	    write(recorder->ready_fd, err.message, strlen(err.message) + 1) < 0)
		syslog(LOG_ERR, "%s: the hook has ended early", recorder->path);
	_exit(EXIT_FAILURE);
}

/* Forks twice, so that the recorder is a child of init and not of the run-time. */
static int start_recorder(struct recorder *recorder, int *ready_fd, struct error *err)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_set_errno(err, -errno, "a pipe");
	recorder->ready_fd = fds[1];
	*ready_fd = fds[0];
	child = fork();
	if (child == 0) {
		pid_t grandchild = fork();

		if (grandchild == 0)
			run_recorder(recorder);
		_exit(grandchild < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	close(fds[1]);
	if (child < 0)
		return error_set_errno(err, -errno, "can't start a process");
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
	return 0;
}

static int await_recorder(int ready_fd, struct error *err)
{
	char answer[sizeof(err->message)] = "";
	size_t used = 0;
	ssize_t got;

	do {
		got = read(ready_fd, answer + used, sizeof(answer) - used);
		if (got > 0)
			used += (size_t)got;
	} while ((got < 0 && errno == EINTR) ||
		 (got > 0 && used < sizeof(answer) && answer[used - 1] != '\0'));
	if (used == 0)
		return error_set(err, -EIO, "the recorder ended without a message");
	answer[sizeof(answer) - 1] = '\0';
	if (answer[0])
		return error_set(err, -EIO, "%s", answer);
	return 0;
}

static int hook(const struct hook_options *options, struct error *err)
{
	_cleanup_(container_state_clear) struct container_state state = { 0 };
	_cleanup_free_ char *text = NULL, *path = NULL;
	_cleanup_close_ int ready_fd = -1;
	struct recorder recorder = { .state = &state, .duration_ns = options->duration_ns };
	size_t size;
	int r = file_read("-", STATE_LIMIT, &text, &size, err);

	if (r == 0)
		r = container_state_parse(text, size, &state, err);
	if (r < 0 || !state.file)
		return r;
	r = container_reserve_file(options->directory, state.file, &path, err);
	if (r < 0)
		return r;
	recorder.path = path;
	r = start_recorder(&recorder, &ready_fd, err);
	return r < 0 ? r : await_recorder(ready_fd, err);
}

static int cmd_oci_hook(int argc, char *argv[])
{
	struct hook_options options = { .directory = "/var/lib/whittle/containers",
					.hooks_directory = "/etc/containers/oci/hooks.d" };
	struct error err = { 0 };
	int first, r;

	r = options_parse(&command_oci_hook, argc, argv, &options, &first, &err);
	if (r == 0 && argv[first])
		r = error_set(&err, -EINVAL, "%s: this command takes no operands", argv[first]);
	if (r < 0)
		return report_usage(&command_oci_hook, &err);
	r = options.is_install ? install(&options, &err) : hook(&options, &err);
	return r < 0 ? report(&err) : EXIT_SUCCESS;
}

static const struct renamed_option oci_hook_renamed[] = {
	{ "-d", "--directory" },
	{ NULL, NULL },
};

const struct command command_oci_hook = {
	.name = "oci-hook",
	.group = GROUP_STEPS,
	.run = cmd_oci_hook,
	.summary = "record containers from their first instruction (OCI hook)",
	.usage = "[--directory DIRECTORY] [--for TIME] [--install [--hooks-directory DIRECTORY]]",
	.options = hook_options,
	.renamed = oci_hook_renamed,
};
