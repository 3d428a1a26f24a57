// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Calls one function of libc between two marks that a tracer sees, so that what the function makes
 * of it can be read off: `functions NAME [NR]`. With NR the system call of that number answers
 * ENOSYS, as an old kernel or a filter would, and the exit code tells whether the function still did
 * its work: 0 it did, 1 it did not, 77 it can't be tried here. Built by each libc there is.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

extern char **environ;

static char directory[] = "/tmp/whittle-functions-XXXXXX";
static int file, directory_fd, sockets[2], listener, epoll;
static FILE *stream;
static char buffer[8192];
static struct stat status;
static struct timespec moment = { 0, 1 };

/* What every function may need, made before the first mark. */
static void prepare(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int client;

	if (!mkdtemp(directory) || chdir(directory) < 0)
		_exit(77);
	file = open("file", O_RDWR | O_CREAT, 0644);
	if (file < 0 || write(file, buffer, sizeof(buffer)) < 0 || lseek(file, 0, SEEK_SET) < 0)
		_exit(77);
	directory_fd = open(".", O_RDONLY | O_DIRECTORY);
	stream = fopen("file", "r+");
	socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(address.sun_path, "socket");
	bind(listener, (struct sockaddr *)&address, sizeof(address));
	listen(listener, 5);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(client, (struct sockaddr *)&address, sizeof(address));
	epoll = epoll_create1(0);
}

static void *thread(void *unused)
{
	return unused;
}

static int in_child(int status_of_fork)
{
	if (status_of_fork == 0)
		_exit(0);
	return status_of_fork < 0 ? -1 : 0;
}

static int f_spawn(void)
{
	char *argv[] = { (char *)"true", NULL };
	pid_t pid;
	int result;

	if (posix_spawnp(&pid, "true", NULL, NULL, argv, environ) != 0)
		return -1;
	return waitpid(pid, &result, 0) == pid && result == 0 ? 0 : -1;
}

static int f_thread(void)
{
	pthread_t id;

	return pthread_create(&id, NULL, thread, NULL) || pthread_join(id, NULL) ? -1 : 0;
}

static int f_fexecve(void)
{
	char *argv[] = { (char *)"true", NULL };
	int fd = open("/bin/true", O_RDONLY);

	fexecve(fd, argv, environ);
	return -1;
}

static int f_readdir(void)
{
	DIR *dir = opendir(".");

	return dir && readdir(dir) && closedir(dir) == 0 ? 0 : -1;
}

static int f_select(void)
{
	struct timeval none = { 0, 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(sockets[0], &set);
	return select(sockets[0] + 1, &set, NULL, NULL, &none);
}

/* musl has these two since 1.2.5 only, and closefrom not at all. */
#ifdef __GLIBC__
static int f_readv2(void)
{
	struct iovec vector = { buffer, 10 };

	return (int)preadv2(file, &vector, 1, 0, 0);
}

static int f_writev2(void)
{
	struct iovec vector = { buffer, 10 };

	return (int)pwritev2(file, &vector, 1, 0, 0);
}

static int f_closefrom(void)
{
	closefrom(100);
	return 0;
}
#else
static int f_readv2(void)
{
	_exit(77);
}
#define f_writev2   f_readv2
#define f_closefrom f_readv2
#endif

static int f_semop(void)
{
	struct sembuf operation = { 0, 1, 0 };
	int id = semget(IPC_PRIVATE, 1, 0600), result = semop(id, &operation, 1);

	return id < 0 || semctl(id, 0, IPC_RMID) < 0 ? -1 : result;
}

static int f_shm(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);
	void *memory = shmat(id, NULL, 0);

	return id < 0 || shmctl(id, IPC_RMID, NULL) < 0 ? -1 : shmdt(memory);
}

static int f_msg(void)
{
	struct {
		long type;
		char text[8];
	} message = { 1, "x" };
	int id = msgget(IPC_PRIVATE, 0600);

	if (id < 0 || msgsnd(id, &message, 8, 0) < 0 || msgrcv(id, &message, 8, 0, 0) < 0)
		return -1;
	return msgctl(id, IPC_RMID, NULL);
}

static int f_sigmask(void)
{
	sigset_t set;

	sigemptyset(&set);
	return sigprocmask(SIG_BLOCK, &set, NULL);
}

static int f_signalfd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return signalfd(-1, &set, 0);
}

static int f_pause(void)
{
	struct itimerval soon = { { 0, 0 }, { 0, 20000 } };

	setitimer(ITIMER_REAL, &soon, NULL);
	return pause() == -1 && errno == EINTR ? 0 : -1;
}

static void on_alarm(int signal)
{
	(void)signal;
}

static struct rlimit limit;
static struct utsname name;
static struct statfs file_system;
static struct timex clock_state;
static struct epoll_event event;
static struct pollfd pollfd;
static struct msghdr message;
static struct timeval times_of_file[2];
static const struct timespec times_at[2];
static time_t seconds;

#define FUNCTION(name_, expression_)       \
	static int call_##name_(void)      \
	{                                  \
		return (int)(expression_); \
	}
#define FUNCTIONS                                                                                  \
	X(open, open("file", O_RDONLY))                                                            \
	X(creat, creat("new", 0600))                                                               \
	X(stat, stat("file", &status))                                                             \
	X(lstat, lstat("file", &status))                                                           \
	X(fstat, fstat(file, &status))                                                             \
	X(fstatat, fstatat(directory_fd, "file", &status, 0))                                      \
	X(access, access("file", R_OK))                                                            \
	X(faccessat, faccessat(directory_fd, "file", R_OK, 0))                                     \
	X(eaccess, faccessat(AT_FDCWD, "file", R_OK, AT_EACCESS))                                  \
	X(chmod, chmod("file", 0600))                                                              \
	X(fchmod, fchmod(file, 0600))                                                              \
	X(fchmodat, fchmodat(directory_fd, "file", 0600, 0))                                       \
	X(chown, chown("file", getuid(), getgid()))                                                \
	X(lchown, lchown("file", getuid(), getgid()))                                              \
	X(fchown, fchown(file, getuid(), getgid()))                                                \
	X(link, link("file", "linked"))                                                            \
	X(symlink, symlink("file", "symlinked"))                                                   \
	X(readlink, readlink("/proc/self/exe", buffer, sizeof(buffer)))                            \
	X(mkdir, mkdir("made", 0700))                                                              \
	X(rmdir, rmdir("empty") < 0 && errno == ENOENT ? 0 : -1)                                   \
	X(mknod, mknod("node", S_IFIFO | 0600, 0))                                                 \
	X(unlink, unlink("nothing") < 0 && errno == ENOENT ? 0 : -1)                               \
	X(rename, rename("file", "renamed"))                                                       \
	X(renameat, renameat(directory_fd, "file", directory_fd, "renamed"))                       \
	X(utime, utime("file", NULL))                                                              \
	X(utimes, utimes("file", times_of_file))                                                   \
	X(utimensat, utimensat(AT_FDCWD, "file", times_at, 0))                                     \
	X(readdir, f_readdir())                                                                    \
	X(truncate, truncate("file", 100))                                                         \
	X(ftruncate, ftruncate(file, 100))                                                         \
	X(statfs, statfs(".", &file_system))                                                       \
	X(fstatfs, fstatfs(file, &file_system))                                                    \
	X(lseek, lseek(file, 10, SEEK_SET))                                                        \
	X(fcntl, fcntl(file, F_SETLK, &(struct flock){ .l_type = F_UNLCK }))                       \
	X(fadvise, posix_fadvise(file, 0, 0, POSIX_FADV_NORMAL) ? -1 : 0)                          \
	X(fread, fread(buffer, 1, 100, stream) == 100 ? 0 : -1)                                    \
	X(fwrite, fwrite(buffer, 1, 100, stream) == 100 && fflush(stream) == 0 ? 0 : -1)           \
	X(preadv2, f_readv2())                                                                     \
	X(pwritev2, f_writev2())                                                                   \
	X(dup2, dup2(file, 90))                                                                    \
	X(dup3, dup3(file, 90, O_CLOEXEC))                                                         \
	X(closefrom, f_closefrom())                                                                \
	X(pipe, pipe((int[2]){ 0, 0 }))                                                            \
	X(pipe2, pipe2((int[2]){ 0, 0 }, O_CLOEXEC))                                               \
	X(eventfd, eventfd(0, 0))                                                                  \
	X(signalfd, f_signalfd())                                                                  \
	X(inotify_init, inotify_init())                                                            \
	X(inotify_init1, inotify_init1(0))                                                         \
	X(epoll_create, epoll_create(1))                                                           \
	X(epoll_create1, epoll_create1(0))                                                         \
	X(epoll_wait, epoll_wait(epoll, &event, 1, 0))                                             \
	X(epoll_pwait, epoll_pwait(epoll, &event, 1, 0, NULL))                                     \
	X(select, f_select())                                                                      \
	X(poll, poll(&pollfd, 1, 0) < 0 ? -1 : 0)                                                  \
	X(pause, f_pause())                                                                        \
	X(fork, in_child(fork()))                                                                  \
	X(posix_spawn, f_spawn())                                                                  \
	X(pthread_create, f_thread())                                                              \
	X(waitpid, waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : -1)                     \
	X(fexecve, f_fexecve())                                                                    \
	X(getrlimit, getrlimit(RLIMIT_NOFILE, &limit))                                             \
	X(setrlimit, setrlimit(RLIMIT_CORE, &limit))                                               \
	X(nice, nice(1) == -1 ? -1 : 0)                                                            \
	X(getpgrp, getpgrp())                                                                      \
	X(sigaction, sigaction(SIGUSR2, &(struct sigaction){ .sa_handler = on_alarm }, NULL))      \
	X(sigprocmask, f_sigmask())                                                                \
	X(raise, raise(SIGALRM))                                                                   \
	X(kill, kill(getpid(), SIGALRM))                                                           \
	X(time, time(&seconds) < 0)                                                                \
	X(nanosleep, nanosleep(&moment, NULL))                                                     \
	X(usleep, usleep(1))                                                                       \
	X(alarm, alarm(100))                                                                       \
	X(adjtimex, adjtimex(&clock_state))                                                        \
	X(accept, accept(listener, NULL, NULL))                                                    \
	X(accept4, accept4(listener, NULL, NULL, 0))                                               \
	X(socket, socket(AF_UNIX, SOCK_STREAM, 0))                                                 \
	X(socketpair, socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){ 0, 0 }))                       \
	X(setsockopt, setsockopt(sockets[0], SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)))   \
	X(getsockname, getsockname(sockets[0], (struct sockaddr *)buffer, &(socklen_t){ 100 }))    \
	X(send, send(sockets[0], "x", 1, 0))                                                       \
	X(recv, recv(sockets[0], buffer, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN ? 0 : -1)         \
	X(sendmsg, sendmsg(sockets[0], &message, 0))                                               \
	X(shutdown, shutdown(sockets[0], SHUT_RDWR))                                               \
	X(semop, f_semop())                                                                        \
	X(shm, f_shm())                                                                            \
	X(msg, f_msg())                                                                            \
	X(malloc, malloc(1 << 24) ? 0 : -1)                                                        \
	X(mprotect, mprotect((void *)((uintptr_t)buffer & ~4095ul), 4096, PROT_READ | PROT_WRITE)) \
	X(mlock, mlock(buffer, 1))                                                                 \
	X(getuid, getuid() + geteuid() + getgid() + getegid() > 0xfffffff)                         \
	X(setuid, setuid(getuid()))                                                                \
	X(setgid, setgid(getgid()))                                                                \
	X(getgroups, getgroups(0, NULL))                                                           \
	X(uname, uname(&name))                                                                     \
	X(statx, syscall_statx())                                                                  \
	X(sendfile, sendfile(sockets[0], file, NULL, 10))

#ifdef STATX_BASIC_STATS
static int syscall_statx(void)
{
	static struct statx result;

	return statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, &result);
}
#else
static int syscall_statx(void)
{
	_exit(77); /* a libc without it */
}
#endif

#define X FUNCTION
FUNCTIONS
#undef X

static const struct {
	const char *name;
	int (*call)(void);
} functions[] = {
#define X(name_, expression_) { #name_, call_##name_ },
	FUNCTIONS
#undef X
};

static void answer_enosys(unsigned nr)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(77);
}

/* Not by write of libc's stdio: the marks are what the tracer looks for. */
static void mark(const char *text)
{
	syscall(SYS_write, -1, text, strlen(text));
}

static void clean(void)
{
	static const char *const names[] = { "file",	"new",	"linked", "symlinked",
					     "renamed", "node", "socket" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	rmdir("made");
	if (chdir("/") == 0)
		rmdir(directory);
}

int main(int argc, char *argv[])
{
	signal(SIGALRM, on_alarm);
	if (argc == 1)
		for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
			puts(functions[i].name);
	for (size_t i = 0; argc > 1 && i < sizeof(functions) / sizeof(functions[0]); i++) {
		pid_t child;
		int result;

		if (strcmp(functions[i].name, argv[1]) != 0)
			continue;
		prepare();
		/* In a child, so that what the filter refuses doesn't hinder the clean-up. */
		child = fork();
		if (child == 0) {
			if (argc > 2)
				answer_enosys((unsigned)strtoul(argv[2], NULL, 0));
			mark("BEGIN");
			result = functions[i].call();
			mark("END");
			_exit(result < 0);
		}
		while (waitpid(child, &result, 0) < 0)
			;
		clean();
		return WIFEXITED(result) ? WEXITSTATUS(result) : 1;
	}
	return argc > 1 ? 64 : 0;
}
