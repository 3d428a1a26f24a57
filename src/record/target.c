// SPDX-License-Identifier: LGPL-2.1-or-later
#include "record/target.h"

#include "common/cleanup.h"
#include "systemd/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

static struct target *target_new(enum target_kind kind)
{
	struct target *target = calloc(1, sizeof(*target));

	if (target)
		*target = (struct target){
			.kind = kind, .release_fd = -1, .failed_fd = -1, .listener_fd = -1
		};
	return target;
}

void target_freep(struct target **target)
{
	struct target *t = *target;

	if (!t)
		return;
	if (t->kind == TARGET_COMMAND && t->release_fd >= 0 && t->pids_count == 1) {
		kill(t->pids[0], SIGKILL);
		while (waitpid(t->pids[0], NULL, 0) < 0 && errno == EINTR)
			;
	}
	for (size_t i = 0; i < t->pids_count; i++)
		closep(&t->pidfds[i]);
	closep(&t->release_fd);
	closep(&t->failed_fd);
	closep(&t->listener_fd);
	unit_freep(&t->unit);
	manager_closep(&t->manager);
	free(t->name);
	free(t->cgroup);
	free(t->mount);
	free(t->pids);
	free(t->pidfds);
	free(t);
	*target = NULL;
}

/* ---- control groups ---- */

static bool is_cgroup2(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* The directory of a control group whose name is relative to the root of the hierarchy, or that is
 * given as a path of the file system. */
static int find_cgroup(const char *path, char **directory, struct error *err)
{
	_cleanup_free_ char *name = NULL;
	int r;

	if (path[0] == '/' && is_cgroup2(path)) {
		*directory = realpath(path, NULL);
		return *directory ? 0 : error_set_errno(err, -errno, "%s", path);
	}
	if (asprintf(&name, "%s%s", path[0] == '/' ? "" : "/", path) < 0) {
		name = NULL;
		return error_oom(err);
	}
	r = cgroup_directory(name, directory, err);
	if (r < 0)
		return r;
	if (!*directory)
		return error_set(
			err, -EOPNOTSUPP,
			"%s: no cgroup2 hierarchy is mounted here; record by PID (-p) instead",
			path);
	return 0;
}

/* The longest prefix of DIRECTORY that is the root of its mount: the deepest one whose parent is in
 * another file system. */
static int find_mount(const char *directory, char **mount, struct error *err)
{
	_cleanup_free_ char *at = strdup(directory);
	char *slash;

	if (!at)
		return error_oom(err);
	while (!is_cgroup2(at)) { /* not there yet: a unit that is stopped */
		slash = strrchr(at, '/');
		if (!slash || slash == at)
			return error_set(err, -ENOENT, "%s: not in a cgroup2 hierarchy", directory);
		*slash = '\0';
	}
	for (;;) {
		slash = strrchr(at, '/');
		if (!slash || slash == at)
			break;
		*slash = '\0';
		if (!is_cgroup2(at)) {
			*slash = '/';
			break;
		}
	}
	*mount = take(at);
	return 0;
}

int target_open_cgroup(const char *path, struct target **target, struct error *err)
{
	_cleanup_(target_freep) struct target *t = target_new(TARGET_CGROUP);
	struct stat status;
	int r;

	if (!t)
		return error_oom(err);
	t->name = strdup(path);
	if (!t->name)
		return error_oom(err);
	r = find_cgroup(path, &t->cgroup, err);
	if (r < 0)
		return r;
	if (stat(t->cgroup, &status) < 0)
		return error_set(err, -errno, "%s: no such control group (looked for %s)", path,
				 t->cgroup);
	r = find_mount(t->cgroup, &t->mount, err);
	if (r < 0)
		return r;
	*target = take(t);
	return 0;
}

int target_rename(struct target *target, const char *name, struct error *err)
{
	char *copy = strdup(name);

	if (!copy)
		return error_oom(err);
	free(target->name);
	target->name = copy;
	return 0;
}

/* ---- units ---- */

int target_open_unit(const char *name, bool may_be_stopped, struct target **target,
		     struct error *err)
{
	_cleanup_(target_freep) struct target *t = target_new(TARGET_UNIT);
	int r;

	if (!t)
		return error_oom(err);
	r = manager_open(&t->manager, err);
	if (r == 0)
		r = unit_load(t->manager, name, &t->unit, err);
	if (r < 0)
		return r;
	if (!unit_is_running(t->unit) && !may_be_stopped)
		return error_set(err, -ESRCH,
				 "%s is not running (%s): start it first, or give --cycle, which "
				 "starts it while it records",
				 t->unit->name, t->unit->active_state);
	if (!t->unit->cgroup_directory || (strcmp(t->unit->active_state, "active") == 0 &&
					   access(t->unit->cgroup_directory, F_OK) < 0))
		return error_set(
			err, -EOPNOTSUPP,
			"%s is in no cgroup2 hierarchy (systemd on this machine uses version 1); "
			"record its processes with --pid instead",
			t->unit->name);
	t->name = strdup(t->unit->name);
	t->cgroup = strdup(t->unit->cgroup_directory);
	if (!t->name || !t->cgroup)
		return error_oom(err);
	r = find_mount(t->cgroup, &t->mount, err);
	if (r < 0)
		return r;
	*target = take(t);
	return 0;
}

/* ---- processes ---- */

static int add_pid(struct target *target, pid_t pid, struct error *err)
{
	int fd = pidfd_open(pid, 0);

	if (fd < 0 && errno == EINVAL)
		return error_set(err, -EINVAL,
				 "%d is a thread; name the process that it belongs to", pid);
	if (fd < 0)
		return error_set_errno(err, -errno, "process %d", pid);
	target->pids[target->pids_count] = pid;
	target->pidfds[target->pids_count++] = fd;
	return 0;
}

static int pids_name(const pid_t *pids, size_t count, char **name, struct error *err)
{
	size_t size = 0;
	FILE *out = open_memstream(name, &size);

	if (!out)
		return error_oom(err);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%d", i ? " " : "", pids[i]);
	if (fclose(out) != 0)
		return error_oom(err);
	return 0;
}

int target_open_pids(const pid_t *pids, size_t count, struct target **target, struct error *err)
{
	_cleanup_(target_freep) struct target *t = target_new(TARGET_PID);
	int r;

	if (!t)
		return error_oom(err);
	t->pids = calloc(count, sizeof(*t->pids));
	t->pidfds = calloc(count, sizeof(*t->pidfds));
	if (!t->pids || !t->pidfds)
		return error_oom(err);
	r = pids_name(pids, count, &t->name, err);
	for (size_t i = 0; i < count && r == 0; i++)
		r = add_pid(t, pids[i], err);
	if (r < 0)
		return r;
	*target = take(t);
	return 0;
}

/* ---- a command ---- */

static int command_name(char *const argv[], char **name, struct error *err)
{
	size_t size = 0;
	FILE *out = open_memstream(name, &size);

	if (!out)
		return error_oom(err);
	for (size_t i = 0; argv[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", argv[i]);
	if (fclose(out) != 0)
		return error_oom(err);
	return 0;
}

/* The byte that releases a child which is to put its filter on. */
#define CONFINED 'f'

/* Between fork and execve: only what may be called there. */
static _Noreturn void run_child(char *const argv[], const struct target_filter *filter, int wait_fd,
				int failed_fd, int listener_fd)
{
	sigset_t none;
	ssize_t size;
	int code;
	char byte;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	do
		size = read(wait_fd, &byte, 1);
	while (size < 0 && errno == EINTR);
	if (size != 1) /* whittle is gone: nobody would record */
		_exit(127);
	code = filter && byte == CONFINED ? filter->confine(filter, listener_fd) : 0;
	if (code == 0) {
		execvp(argv[0], argv);
		code = errno;
	}
	size = write(failed_fd, &code, sizeof(code));
	_exit(size == sizeof(code) ? 127 : 126);
}

int target_open_command(char *const argv[], const struct target_filter *filter,
			struct target **target, struct error *err)
{
	_cleanup_(target_freep) struct target *t = target_new(TARGET_COMMAND);
	_cleanup_close_ int wait_fd = -1, failed_fd = -1, listener_fd = -1;
	int fds[2], r;
	pid_t pid;

	if (!t)
		return error_oom(err);
	t->pids = calloc(1, sizeof(*t->pids));
	t->pidfds = calloc(1, sizeof(*t->pidfds));
	if (!t->pids || !t->pidfds)
		return error_oom(err);
	t->filter = filter;
	r = command_name(argv, &t->name, err);
	if (r < 0)
		return r;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_set_errno(err, -errno, "a pipe");
	wait_fd = fds[0];
	t->release_fd = fds[1];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_set_errno(err, -errno, "a pipe");
	t->failed_fd = fds[0];
	failed_fd = fds[1];
	if (filter) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
			return error_set_errno(err, -errno, "a socket");
		t->listener_fd = fds[0];
		listener_fd = fds[1];
	}
	pid = fork();
	if (pid < 0)
		return error_set_errno(err, -errno, "starting a process");
	if (pid == 0) {
		close(t->release_fd);
		run_child(argv, filter, wait_fd, failed_fd, listener_fd);
	}
	r = add_pid(t, pid, err);
	if (r < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return r;
	}
	*target = take(t);
	return 0;
}

int target_release(struct target *target, struct error *err)
{
	char release = '\0';
	ssize_t size;
	int code;

	if (target->kind != TARGET_COMMAND)
		return 0;
	if (target->is_confined)
		release = CONFINED;
	if (write(target->release_fd, &release, 1) != 1)
		return error_set_errno(err, -errno, "%s", target->name);
	closep(&target->release_fd);
	target->release_fd = -1;
	do
		size = read(target->failed_fd, &code, sizeof(code));
	while (size < 0 && errno == EINTR);
	if (size != sizeof(code))
		return 0; /* closed by the execve */
	while (waitpid(target->pids[0], NULL, 0) < 0 && errno == EINTR)
		;
	if (code == -EBUSY)
		return error_set(
			err, code,
			"another recorder already listens to the calls of this process, and the "
			"kernel allows only one; start whittle outside of that recorder");
	if (code < 0)
		return error_set_errno(
			err, code,
			"this process may not install a filter that passes calls on (a filter of "
			"its container or service may forbid it)");
	return error_set_errno(err, -code, "%s", target->name);
}
