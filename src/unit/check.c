// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/check.h"

#include "common/cleanup.h"
#include "systemd/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* In the child: a process group of its own, so that all of it can be ended at once, and signals as
 * every program expects them. */
static void execute(const char *command)
{
	const char *const argv[] = { "sh", "-c", command, NULL };
	sigset_t none;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(126);
	/* execv takes no const, and changes nothing. */
	execv("/bin/sh", (char *const *)(uintptr_t)argv);
	_exit(127);
}

static int wait_for_end(int child_fd, int cancel_fd, uint64_t deadline_ns)
{
	struct pollfd fds[2] = { { .fd = child_fd, .events = POLLIN },
				 { .fd = cancel_fd, .events = POLLIN } };

	for (;;) {
		int left_ms = wait_milliseconds_until(deadline_ns);
		int r = left_ms == 0 ? 0 : poll(fds, 2, left_ms);

		if (r < 0 && errno != EINTR)
			return -errno;
		if (r > 0 && fds[0].revents)
			return 0;
		if (r > 0 && fds[1].revents)
			return -EINTR;
		if (left_ms == 0)
			return -ETIMEDOUT;
	}
}

static int tell(const char *command, int status, struct error *err)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status))
		return error_set(err, -ECANCELED, "the check '%.300s' exited with status %d",
				 command, WEXITSTATUS(status));
	return error_set(err, -ECANCELED, "the check '%.300s' was killed by SIG%s", command,
			 sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?");
}

int check_run(const char *command, uint64_t timeout_ns, int cancel_fd, struct error *err)
{
	_cleanup_close_ int child_fd = -1;
	int status, r;
	pid_t child;

	child = fork();
	if (child < 0)
		return error_set_errno(err, -errno, "can't start the check");
	if (child == 0)
		execute(command);
	/* Here too: whichever of the two runs first, the group is there before it is killed. */
	setpgid(child, child);
	child_fd = (int)syscall(SYS_pidfd_open, child, 0);
	r = child_fd < 0 ? -errno
			 : wait_for_end(child_fd, cancel_fd, wait_deadline_after(timeout_ns));
	if (r < 0)
		kill(-child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (r == -ETIMEDOUT)
		return error_set(err, r, "the check '%.300s' did not end within %g s", command,
				 (double)timeout_ns / 1e9);
	if (r == -EINTR)
		return error_set(err, r, "interrupted");
	if (r < 0)
		return error_set_errno(err, r, "can't wait for the check");
	return tell(command, status, err);
}
