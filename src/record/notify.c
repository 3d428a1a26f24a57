// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The unprivileged observer: a command installs a filter that passes each of its calls to whittle
 * (SECCOMP_RET_USER_NOTIF). whittle counts the call and lets the kernel continue it
 * (SECCOMP_USER_NOTIF_FLAG_CONTINUE, Linux 5.5). The alternative was ptrace with SECCOMP_RET_TRACE:
 * both cost two context switches per call, but here nothing is stopped, no signal passes through
 * whittle, and the command may itself trace or be traced.
 *
 * A filter cannot be removed. If whittle ended before the last process of the command, every later
 * call would fail with ENOSYS, since nobody listens. So a keeper, a child of whittle that outlives
 * it, keeps the listener and continues every call until the last process has ended.
 */
#include "record/notify.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/title.h"
#include "record/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	   SECCOMP_IOW(4, __u64) /* Linux 6.6 */
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#define WAKE_SIGNAL SIGURG /* to the server, out of its ioctl; by default it is ignored */

/* ---- in the command's process, just before its execve ---- */

/*
 * With its filter on, the process can make no call that is not handed over, and nobody listens before
 * whittle has the listener. So one call is exempt, by which the process sends it: a sendmsg(2) with
 * flags that mean nothing together, that a socket of AF_UNIX ignores, and that no program gives.
 * (pidfd_getfd(2) would need no such call, but is what containers' profiles forbid.)
 */
#define SENDING_FLAGS (MSG_CONFIRM | MSG_PROXY | MSG_MORE | MSG_NOSIGNAL)
static const struct sock_filter sending[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendmsg, 0, 5),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SENDING_FLAGS, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/* The listener, or a negative errno. */
static int install(const struct sock_fprog *program)
{
	/* An observer changes nothing: before Linux 5.16 a filter without SPEC_ALLOW slowed its process
	 * down by mitigations (speculative store bypass), on some kernels it still does. */
	unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	int fd;

	/* Once whittle has seen a call, only a deadly signal may end it: else a call that is
	 * interrupted and made again would be counted twice. Older kernels do not know the flag. */
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, program);
	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
	return fd < 0 ? -errno : fd;
}

union descriptor_message {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static int send_listener(int socket, int listener)
{
	union descriptor_message control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
							 .cmsg_level = SOL_SOCKET,
							 .cmsg_type = SCM_RIGHTS } };
	struct iovec byte = { (char[]){ 'l' }, 1 };
	struct msghdr message = { .msg_iov = &byte,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.header), &listener, sizeof(listener));
	return syscall(SYS_sendmsg, socket, &message, SENDING_FLAGS) == 1 ? 0 : -errno;
}

int notify_confine(const struct target_filter *filter, int socket)
{
	static const struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	size_t count = filter->count ? filter->count : 1, before = ARRAY_SIZE(sending);
	struct sock_filter instructions[BPF_MAXINSNS];
	struct sock_fprog program = { (unsigned short)(before + count), instructions };
	int listener;

	if (before + count > BPF_MAXINSNS)
		return -E2BIG;
	memcpy(instructions, sending, sizeof(sending));
	memcpy(instructions + before, filter->count ? filter->instructions : &all,
	       count * sizeof(all));
	/* With CAP_SYS_ADMIN nothing else is changed. Without, the kernel takes a filter only from who
	 * can gain no privilege by execve: a set-user-ID program that the command starts then keeps
	 * the user who started it, and the user is told. */
	listener = install(&program);
	if (listener == -EACCES) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			return -errno;
		listener = install(&program);
	}
	return listener < 0 ? listener : send_listener(socket, listener);
}

/* ---- the listener ---- */

static int receive_listener(int socket)
{
	union descriptor_message control = { 0 };
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int listener;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 ||
	    control.header.cmsg_type != SCM_RIGHTS ||
	    control.header.cmsg_len != CMSG_LEN(sizeof(int)))
		return -ESRCH;
	memcpy(&listener, CMSG_DATA(&control.header), sizeof(listener));
	return listener;
}

/* Waits for the command's process to send it, or to have ended. */
static int fetch_listener(struct observation *o)
{
	struct pollfd fds[] = { { .fd = o->target->listener_fd, .events = POLLIN },
				{ .fd = o->target->pidfds[0], .events = POLLIN } };

	/* Interrupted: it is all over. */
	while (!atomic_load(&o->is_over)) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		return fds[0].revents ? receive_listener(fds[0].fd) : -ESRCH;
	}
	return -ESRCH;
}

/* Lets one call go on. -ENOENT: it is gone, by a signal. */
static int let_go(int listener, uint64_t id)
{
	struct seccomp_notif_resp answer = {
		.id = id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0 ? -errno : 0;
}

/* The kernel may know a longer struct than this program was built with: it is told how much room there
 * is by nothing but the header it shares, so ask. */
struct notification {
	struct seccomp_notif call;
	unsigned char room[256];
};

static bool fits(void)
{
	struct seccomp_notif_sizes sizes = { 0 };

	return syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0 &&
	       sizes.seccomp_notif <= sizeof(struct notification);
}

/* Whether nobody is left who has the filter: the kernel hangs the listener up (Linux 5.9). */
static bool is_deserted(int listener, int timeout_ms)
{
	struct pollfd fd = { .fd = listener, .events = POLLIN };

	return poll(&fd, 1, timeout_ms) > 0 && (fd.revents & (POLLIN | POLLHUP)) == POLLHUP;
}

/* The server's life: one call after the other, until the last process of the command is gone. */
static void *serve(void *argument)
{
	struct observation *o = argument;
	struct notification notification;
	uint64_t flags = SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP;
	struct error err = { 0 };
	int listener = fetch_listener(o), r;

	pthread_mutex_lock(&o->lock);
	o->listener = listener;
	pthread_mutex_unlock(&o->lock);
	if (listener < 0)
		return NULL;
	/* The two take turns, so they are best on one processor. Older kernels do not know it. */
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags);
	while (!atomic_load(&o->is_over)) {
		memset(&notification, 0, sizeof(notification));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification.call) < 0) {
			if (errno == ENOENT && is_deserted(listener, 0))
				break;
			continue;
		}
		pthread_mutex_lock(&o->lock);
		r = notify_account(o, &notification.call, &err);
		if (r < 0 && !o->err.code)
			o->err = err;
		pthread_mutex_unlock(&o->lock);
		let_go(listener, notification.call.id);
	}
	return NULL;
}

/* Goes on alone until nobody is left who needs it. Forked twice, so that it is init's child. */
static void leave_keeper(int listener)
{
	struct notification notification;
	pid_t child = _Fork();

	if (child != 0) {
		if (child > 0)
			while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
				continue;
		return;
	}
	if (_Fork() != 0)
		_exit(0);
	setsid();
	signal(SIGHUP, SIG_IGN);
	/* Whoever waits for the end of whittle's output must not wait for this. */
	for (int fd = 0; fd < 1024; fd++)
		if (fd != listener)
			close(fd);
	while (!is_deserted(listener, -1)) {
		memset(&notification, 0, sizeof(notification));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification.call) == 0)
			let_go(listener, notification.call.id);
	}
	_exit(0);
}

/* ---- the observer ---- */

static size_t read_pid_max(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/kernel/pid_max", "re");
	size_t max = 0;

	if (!file || fscanf(file, "%zu", &max) != 1 || max < 1024 || max > 4194304)
		max = 4194304; /* include/linux/threads.h: PID_MAX_LIMIT */
	return max + 1;
}

static void fill_rules(struct observation *o)
{
	for (unsigned abi = 0; abi < RECORD_ABIS; abi++)
		for (unsigned nr = 0; nr < RECORD_RULES; nr++)
			o->has_rule[abi][nr] =
				rules_find((enum record_abi)abi, nr, &o->rules[abi][nr]);
}

static void on_wake(int number)
{
	(void)number;
}

static int observe_start(struct observation *o, struct error *err)
{
	struct sigaction wake = { .sa_handler = on_wake }; /* without SA_RESTART: EINTR is wanted */
	int r;

	o->started_ns = o->last_new_ns = clock_now_ns();
	sigaction(WAKE_SIGNAL, &wake, NULL);
	r = pthread_create(&o->server, NULL, serve, o);
	if (r != 0)
		return error_set_errno(err, -r, "starting a thread");
	o->is_served = true;
	return 0;
}

static int observe_fd(struct observation *o)
{
	(void)o;
	return -1; /* the server sees to what comes */
}

static int observe_handle(struct observation *o, struct error *err)
{
	int r;

	pthread_mutex_lock(&o->lock);
	r = o->err.code;
	if (r < 0)
		*err = o->err;
	else
		r = notify_survey(o, err);
	pthread_mutex_unlock(&o->lock);
	return r;
}

static void observe_progress(struct observation *o, struct progress *progress)
{
	pthread_mutex_lock(&o->lock);
	progress->elapsed_ns = clock_now_ns() - o->started_ns;
	progress->calls = o->calls;
	progress->lost = o->lost.calls;
	progress->distinct = o->distinct;
	progress->last_new_ns = o->last_new_ns - o->started_ns;
	pthread_mutex_unlock(&o->lock);
}

/* Who lives is not counted: whether anyone does is what the listener tells. */
static int observe_living(struct observation *o, pid_t *pids, size_t room, struct error *err)
{
	int listener;

	(void)err;
	pthread_mutex_lock(&o->lock);
	listener = o->listener;
	pthread_mutex_unlock(&o->lock);
	if (listener < 0 || is_deserted(listener, 0))
		return 0;
	if (room > 0)
		pids[0] = 0;
	return 1;
}

static void stop_server(struct observation *o)
{
	struct timespec until;

	if (!o->is_served)
		return;
	atomic_store(&o->is_over, true);
	/* The signal may come just before the server enters its ioctl: again, until it has ended. */
	do {
		pthread_kill(o->server, WAKE_SIGNAL);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 10000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
	} while (pthread_timedjoin_np(o->server, NULL, &until) == ETIMEDOUT);
	o->is_served = false;
}

static int observe_finish(struct observation *o, struct run *run, struct error *err)
{
	stop_server(o);
	if (!o->err.code)
		return notify_collect(o, run, err);
	*err = o->err;
	return err->code;
}

static const char *observe_warning(const struct observation *o)
{
	return o->warning;
}

static void free_image(struct notify_image *image)
{
	for (unsigned at = 0; at < NOTIFY_PHASES * RECORD_ABIS; at++) {
		struct notify_calls *calls = image->calls[at / RECORD_ABIS][at % RECORD_ABIS];

		for (unsigned nr = 0; calls && nr < RECORD_RULES; nr++) {
			if (calls->arguments[nr])
				free(calls->arguments[nr]->values);
			free(calls->arguments[nr]);
		}
		free(calls);
	}
	for (char **at = image->argv; at && *at; at++)
		free(*at);
	free(image->argv);
	free(image->executable);
	free(image->command);
	titles_free(image->titles);
}

static void observe_close(struct observation *o)
{
	if (!o)
		return;
	stop_server(o);
	if (observe_living(o, NULL, 0, NULL) > 0)
		leave_keeper(o->listener);
	for (size_t i = 0; i < o->images_count; i++)
		free_image(&o->images[i]);
	free(o->images);
	free(o->processes);
	free(o->others);
	free(o->process_of_thread);
	free(o->threads);
	free(o->warning);
	objects_freep(&o->objects);
	closep(&o->listener);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

static int observe_open(struct target *target, struct observation **observation, struct error *err)
{
	struct observation *o;

	if (target->kind != TARGET_COMMAND || !target->filter)
		return error_set(
			err, -EOPNOTSUPP,
			"without root, whittle records only a command that it starts (whittle "
			"record -- COMMAND); recording a unit or running processes needs BPF, and "
			"BPF needs root");
	if (!fits())
		return error_set(
			err, -EOPNOTSUPP,
			"seccomp user notification is not available here: it needs Linux 5.9 and, "
			"in a container, a profile that allows seccomp(2)");
	o = calloc(1, sizeof(*o));
	if (!o)
		return error_oom(err);
	o->target = target;
	o->listener = -1;
	o->first_phase = target->filter->count ? PHASE_UNKNOWN : PHASE_STARTUP;
	pthread_mutex_init(&o->lock, NULL);
	o->threads_max = read_pid_max();
	/* Pages of it that no thread's number falls in are never touched. */
	o->process_of_thread = calloc(o->threads_max, sizeof(*o->process_of_thread));
	o->objects = objects_new();
	if (!o->process_of_thread || !o->objects) {
		observe_close(o);
		return error_oom(err);
	}
	fill_rules(o);
	target->is_confined = true;
	*observation = o;
	return 0;
}

const struct observer observer_notify = {
	.name = "notify",
	.summary = "seccomp user notification: needs no root, costs some microseconds per call",
	.open = observe_open,
	.start = observe_start,
	.fd = observe_fd,
	.handle = observe_handle,
	.progress = observe_progress,
	.living = observe_living,
	.finish = observe_finish,
	.warning = observe_warning,
	.close = observe_close,
};
