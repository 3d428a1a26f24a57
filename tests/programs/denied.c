// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Puts a filter on itself and calls what it refuses. What is refused is getppid (and for `socket`
 * AF_INET6), with the action of the first argument (a number, SECCOMP_RET_*):
 *
 *	denied ACTION once           one call
 *	denied ACTION times N        N calls
 *	denied ACTION storm P N      P processes with N calls each
 *	denied ACTION fill N P       P processes, each with N calls that all differ in what matters, under a
 *	                             name of its own; what is refused is ioctl
 *	denied ACTION mapped FILE N  N processes, each with a call from code at 4096 in FILE, which the first
 *	                             process cuts short and lengthens all the while
 *	denied ACTION thread         a call by a second thread, then one allowed call by the first
 *	denied ACTION deep           a call from outer() by middle() by inner()
 *	denied ACTION exec PROGRAM   executes PROGRAM (with `once`) by a second thread, under the filter
 *	denied ACTION socket         socket(AF_INET6) once, socket(AF_UNIX) allowed
 *	denied ACTION brk            malloc() that would grow the heap, brk being what is refused
 *	denied ACTION forks N        N children, one after the other, that make allowed calls alone
 *	denied ACTION daemon         waits for a line of standard input; then a grandchild whose
 *	                             parent has ended makes one call, and the first process ends
 *	denied ACTION blocked        waits in read() of standard input, calls nothing that is refused
 *	denied ACTION notify         a listener answers each of 10 calls with success
 *	denied ACTION emulated       a tracer takes each of 10 calls away (PTRACE_SYSEMU), no filter
 *	denied ACTION traced         under a tracer that only looks, one call
 *	denied ACTION alike          dup(77), which is refused; dup(-1) 5 times, which fail by themselves
 *	denied ACTION sigreturn      a return from a signal handler to where the result register is -1;
 *	                             what is refused is call -1
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int install(unsigned action, int nr, int argument, unsigned flags)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, argument < 0 ? 1 : 3),
		argument < 0 ? (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action)
			     : (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							    offsetof(struct seccomp_data, args)),
		argument < 0 ? (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
			     : (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							    (unsigned)argument, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };
	long result;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (result < 0) {
		perror("seccomp");
		exit(2);
	}
	return (int)result;
}

static void refused(unsigned long times)
{
	for (unsigned long i = 0; i < times; i++)
		syscall(SYS_getppid);
}

static void *in_thread(void *program)
{
	if (!program)
		refused(1);
	else
		execl(program, program, "0x7fff0000", "once", (char *)NULL);
	return NULL;
}

static void run_thread(char *program)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, in_thread, program) != 0)
		exit(2);
	pthread_join(thread, NULL);
	if (getuid() == 12345)
		exit(3);
}

__attribute__((noinline)) static long inner(void)
{
	return syscall(SYS_getppid) + 1;
}

__attribute__((noinline)) static long middle(void)
{
	return inner() + 1;
}

__attribute__((noinline)) static long outer(void)
{
	return middle() + 1;
}

__attribute__((noinline)) static void grow_heap(void)
{
	char *volatile memory = malloc(64 << 10);

	if (memory)
		memory[0] = 1;
	free(memory);
}

static void storm(unsigned processes, unsigned long times)
{
	for (unsigned i = 0; i < processes; i++) {
		if (fork() == 0) {
			refused(times);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

static void forks(unsigned long times)
{
	for (unsigned long i = 0; i < times; i++) {
		pid_t child = fork();

		if (child == 0) {
			(void)!write(-1, "", 0);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
}

/* The grandchild knows by the pipe that its parent has ended, and this process that it has. */
static void become_daemon(void)
{
	int parent[2], daemon[2];
	char byte;

	if (read(STDIN_FILENO, &byte, 1) != 1 || pipe(parent) < 0 || pipe(daemon) < 0)
		exit(2);
	if (fork() == 0) {
		if (fork() != 0)
			_exit(0);
		close(parent[1]);
		(void)!read(parent[0], &byte, 1);
		refused(1);
		_exit(0);
	}
	close(parent[1]);
	wait(NULL);
	close(daemon[1]);
	(void)!read(daemon[0], &byte, 1);
}

static void notify(void)
{
	int fd = install(SECCOMP_RET_USER_NOTIF, SYS_getppid, -1, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	pid_t child = fork();

	if (child == 0) {
		refused(10);
		_exit(0);
	}
	for (int i = 0; i < 10; i++) {
		struct seccomp_notif request = { 0 };
		struct seccomp_notif_resp answer = { 0 };

		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
			exit(2);
		answer.id = request.id;
		/* Success, then refusals: a supervisor may say either. */
		answer.error = i % 2 ? -EPERM : 0;
		answer.val = i;
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0)
			exit(2);
	}
	waitpid(child, NULL, 0);
}

/* The child is traced from the start; REQUEST lets it go on to the next call. */
static void trace(enum __ptrace_request request, unsigned action, unsigned long times)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		/* For the emulated one a filter that allows all, so that it is a candidate. */
		install(request == PTRACE_SYSEMU ? SECCOMP_RET_ALLOW : action, SYS_getppid, -1, 0);
		raise(SIGSTOP);
		refused(times);
		kill(getpid(), SIGKILL);
	}
	waitpid(child, &status, 0);
	for (unsigned long calls = 0; WIFSTOPPED(status); calls++) {
		/* The last one is real again: the child could not end otherwise. */
		if (request == PTRACE_SYSEMU && calls == times + 1) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			break;
		}
		ptrace(request, child, NULL, NULL);
		waitpid(child, &status, 0);
	}
}

static void alike(void)
{
	syscall(SYS_dup, 77);
	for (int i = 0; i < 5; i++)
		syscall(SYS_dup, -1);
}

static volatile sig_atomic_t is_interrupted;

static void on_alarm(int number)
{
	(void)number;
	is_interrupted = 1;
}

static void return_to_minus_one(void)
{
	struct itimerval soon = { .it_value.tv_usec = 1000 };

	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &soon, NULL);
	__asm__ volatile("1: cmpl $0, %0\n\tje 1b" : : "m"(is_interrupted), "a"(-1L) : "cc");
}

/* Each of its own kind: a hostile neighbour. */
static void fill(unsigned action, int count, int processes)
{
	char name[16];

	for (int i = 0; i < processes; i++) {
		if (fork() != 0)
			continue;
		snprintf(name, sizeof(name), "(f%d)", i);
		prctl(PR_SET_NAME, name);
		install(action, SYS_ioctl, -1, 0);
		for (int k = 0; k < count; k++)
			syscall(SYS_ioctl, -1, i * count + k, 0);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
}

#ifdef __x86_64__
/* "syscall; ret" with a made-up chain of frame pointers above, all of whose frames are in the file. */
static void call_mapped(const char *code)
{
	unsigned long frames[32];
	long result = SYS_getppid;

	for (int i = 0; i < 30; i += 2) {
		frames[i] = (unsigned long)&frames[i + 2];
		frames[i + 1] = (unsigned long)code + 16;
	}
	frames[30] = frames[31] = 0;
	__asm__ volatile("push %%rbp; mov %1, %%rbp; call *%2; pop %%rbp"
			 : "+a"(result)
			 : "r"((unsigned long)frames), "r"(code)
			 : "rcx", "r11", "memory");
}

static void mapped(unsigned action, const char *path, int processes)
{
	int fd = open(path, O_RDWR);
	off_t size = lseek(fd, 0, SEEK_END);
	char *code = mmap(NULL, 12288, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (fd < 0 || code == MAP_FAILED)
		exit(1);
	for (int i = 0; i < processes; i++) {
		if (fork() != 0)
			continue;
		usleep((useconds_t)i * 30000);
		install(action, SYS_getppid, -1, 0);
		call_mapped(code + 4096);
		_exit(0);
	}
	for (int ended = 0; ended<processes; ended += waitpid(-1, NULL, WNOHANG)> 0) {
		usleep(5000);
		if (ftruncate(fd, 12288) != 0)
			exit(1);
		usleep(1000);
		if (ftruncate(fd, size) != 0)
			exit(1);
	}
}

#else
static void mapped(unsigned action, const char *path, int processes)
{
	(void)action;
	(void)path;
	(void)processes;
	exit(1);
}
#endif

static void run(unsigned action, const char *mode, char *argument, char *second)
{
	unsigned long number = argument ? strtoul(argument, NULL, 0) : 0;
	char byte;

	if (strcmp(mode, "notify") == 0) {
		notify();
		return;
	}
	if (strcmp(mode, "fill") == 0 && second) {
		fill(action, (int)number, atoi(second));
		return;
	}
	if (strcmp(mode, "mapped") == 0 && second) {
		mapped(action, argument, atoi(second));
		return;
	}
	if (strcmp(mode, "emulated") == 0 || strcmp(mode, "traced") == 0) {
		trace(mode[0] == 'e' ? PTRACE_SYSEMU : PTRACE_SYSCALL, action,
		      mode[0] == 'e' ? 10 : 1);
		return;
	}
	if (strcmp(mode, "socket") == 0)
		install(action, SYS_socket, AF_INET6, 0);
	else if (strcmp(mode, "brk") == 0)
		install(action, SYS_brk, -1, 0);
	else if (strcmp(mode, "alike") == 0)
		install(action, SYS_dup, 77, 0);
	else if (strcmp(mode, "sigreturn") == 0)
		install(action, -1, -1, 0);
	else
		install(action, SYS_getppid, -1, 0);
	if (strcmp(mode, "once") == 0)
		refused(1);
	else if (strcmp(mode, "times") == 0)
		refused(number);
	else if (strcmp(mode, "storm") == 0 && second)
		storm((unsigned)number, strtoul(second, NULL, 0));
	else if (strcmp(mode, "thread") == 0)
		run_thread(NULL);
	else if (strcmp(mode, "deep") == 0)
		outer();
	else if (strcmp(mode, "exec") == 0)
		run_thread(argument);
	else if (strcmp(mode, "brk") == 0)
		grow_heap();
	else if (strcmp(mode, "forks") == 0)
		forks(number);
	else if (strcmp(mode, "daemon") == 0)
		become_daemon();
	else if (strcmp(mode, "blocked") == 0)
		(void)!read(STDIN_FILENO, &byte, 1);
	else if (strcmp(mode, "alike") == 0)
		alike();
	else if (strcmp(mode, "sigreturn") == 0)
		return_to_minus_one();
	else if (strcmp(mode, "socket") == 0) {
		close(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
		close(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	}
}

int main(int argc, char *argv[])
{
	if (argc < 3) {
		fprintf(stderr, "usage: denied ACTION MODE [ARGUMENT]...\n");
		return 2;
	}
	run((unsigned)strtoul(argv[1], NULL, 0), argv[2], argc > 3 ? argv[3] : NULL,
	    argc > 4 ? argv[4] : NULL);
	return 0;
}
