// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A thread of the target is borrowed. While it is stopped, two things are written: a routine, into
 * bytes that the target maps as executable and never executes (the last page of a segment, behind
 * the segment's end), and below its stack the filter. Then one ptrace call, which the kernel carries
 * out whole or not at all, sets the registers to the routine's start. The routine calls seccomp(2),
 * loads every register as it was from a table of its own, and jumps to where the thread had been. It
 * needs nobody: when the tracer dies at any point, the kernel detaches the thread, and the thread
 * either never left its place or finds its own way back.
 *
 * While the tracer lives it does better than the routine's end: once seccomp(2) has returned, it
 * stops the thread where signals are looked for, and gives back the very registers of the first
 * stop. An interrupted system call is then restarted, or ended with EINTR for a signal, by the
 * kernel's own rules (arch/x86/kernel/signal.c: arch_do_signal_or_restart()). A signal that comes
 * while the routine runs has the same done at once: it is delivered to the thread as it was, and
 * the whole is tried again.
 *
 * The tracer is a child process: one that takes too long (a thread that sleeps in the kernel and
 * can't be interrupted) is killed, which is safe for the reasons above.
 */
#include "filter/attach.h"

#include "common/cleanup.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#define TRACER_TIMEOUT_MS 20000
#define ATTEMPTS	  200 /* per thread, a pause apart */
#define PAUSE_US	  500

#if defined(__x86_64__)

#define RED_ZONE 128 /* System V ABI: bytes below the stack pointer that belong to the function */

/* include/linux/errno.h: what a system call that was interrupted holds while its thread is stopped;
 * user space never sees them. */
#define ERESTARTSYS	      512
#define ERESTARTNOINTR	      513
#define ERESTARTNOHAND	      514
#define ERESTART_RESTARTBLOCK 516

/*
 * The routine, position-independent, and the table of values behind it. It is entered at its start
 * to set no_new_privs first, or at attach_seccomp; the caller has set the registers of the first
 * call. It touches no floating-point state and no memory but the flags' slot below the stack, and
 * it never executes a `ret`, so that shadow stacks stay as they are.
 */
__asm__(".pushsection .rodata\n"
	".balign 8\n"
	"attach_routine:\n"
	"	syscall\n"
	"attach_seccomp:\n"
	"	mov attach_seccomp_nr(%rip), %rax\n"
	"	mov attach_operation(%rip), %rdi\n"
	"	mov attach_flags(%rip), %rsi\n"
	"	mov attach_program(%rip), %rdx\n"
	"	syscall\n"
	"attach_done:\n"
	"	mov attach_eflags_at(%rip), %rsp\n"
	"	popfq\n"
	"	mov attach_rax(%rip), %rax\n"
	"	mov attach_rbx(%rip), %rbx\n"
	"	mov attach_rcx(%rip), %rcx\n"
	"	mov attach_rdx(%rip), %rdx\n"
	"	mov attach_rsi(%rip), %rsi\n"
	"	mov attach_rdi(%rip), %rdi\n"
	"	mov attach_rbp(%rip), %rbp\n"
	"	mov attach_r8(%rip), %r8\n"
	"	mov attach_r9(%rip), %r9\n"
	"	mov attach_r10(%rip), %r10\n"
	"	mov attach_r11(%rip), %r11\n"
	"	mov attach_r12(%rip), %r12\n"
	"	mov attach_r13(%rip), %r13\n"
	"	mov attach_r14(%rip), %r14\n"
	"	mov attach_r15(%rip), %r15\n"
	"	mov attach_rsp(%rip), %rsp\n"
	"	jmp *attach_rip(%rip)\n"
	"	.balign 8\n"
	"attach_values:\n"
	"attach_seccomp_nr:	.quad 0\n"
	"attach_operation:	.quad 0\n"
	"attach_flags:		.quad 0\n"
	"attach_program:	.quad 0\n"
	"attach_eflags_at:	.quad 0\n"
	"attach_rax:		.quad 0\n"
	"attach_rbx:		.quad 0\n"
	"attach_rcx:		.quad 0\n"
	"attach_rdx:		.quad 0\n"
	"attach_rsi:		.quad 0\n"
	"attach_rdi:		.quad 0\n"
	"attach_rbp:		.quad 0\n"
	"attach_r8:		.quad 0\n"
	"attach_r9:		.quad 0\n"
	"attach_r10:		.quad 0\n"
	"attach_r11:		.quad 0\n"
	"attach_r12:		.quad 0\n"
	"attach_r13:		.quad 0\n"
	"attach_r14:		.quad 0\n"
	"attach_r15:		.quad 0\n"
	"attach_rsp:		.quad 0\n"
	"attach_rip:		.quad 0\n"
	"attach_end:\n"
	".popsection\n");

/* The table, in the routine's order. */
struct routine_values {
	uint64_t seccomp_nr, operation, flags, program, eflags_at;
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rsp, rip;
};

extern const unsigned char attach_routine[] __attribute__((visibility("hidden")));
extern const unsigned char attach_seccomp[] __attribute__((visibility("hidden")));
extern const unsigned char attach_done[] __attribute__((visibility("hidden")));
extern const unsigned char attach_values[] __attribute__((visibility("hidden")));
extern const unsigned char attach_end[] __attribute__((visibility("hidden")));

#define ROUTINE_MAX 512

/* Where a label of the routine stands in it. */
static size_t routine_offset(const unsigned char *label)
{
	return (uintptr_t)label - (uintptr_t)attach_routine;
}

static size_t routine_size(void)
{
	return routine_offset(attach_end);
}

/* One mapping of /proc/PID/maps. */
struct mapping {
	uint64_t start, end;
	char permissions[5];
	bool is_stack;
};

/* What the tracer needs to know; it lives in memory shared with the child, which reports in it. */
struct job {
	pid_t pid, thread;
	bool needs_no_new_privs;
	bool log;
	uint64_t place; /* for the routine */
	const struct filter *filter;

	enum { JOB_STARTED, JOB_TRY_ANOTHER, JOB_FAILED, JOB_DONE } outcome;
	struct error err;
};

/* ---- the target's memory ---- */

static int read_memory(pid_t pid, uint64_t address, void *data, size_t size)
{
	struct iovec local = { data, size }, remote = { (void *)(uintptr_t)address, size };
	ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);

	if (got < 0)
		return -errno;
	return (size_t)got == size ? 0 : -EFAULT;
}

static int write_memory(pid_t pid, uint64_t address, const void *data, size_t size)
{
	struct iovec local = { (void *)(uintptr_t)data, size };
	struct iovec remote = { (void *)(uintptr_t)address, size };
	ssize_t got = process_vm_writev(pid, &local, 1, &remote, 1, 0);

	if (got < 0)
		return -errno;
	return (size_t)got == size ? 0 : -EFAULT;
}

/* Executable pages can't be written but by a tracer's poke, which gives the process a page of its
 * own. ADDRESS and SIZE are multiples of 8. */
static int poke_memory(pid_t thread, uint64_t address, const void *data, size_t size)
{
	for (size_t at = 0; at < size; at += sizeof(long)) {
		long word;

		memcpy(&word, (const char *)data + at, sizeof(word));
		if (ptrace(PTRACE_POKEDATA, thread, (void *)(uintptr_t)(address + at),
			   (void *)word) < 0)
			return -errno;
	}
	return 0;
}

static int next_mapping(FILE *maps, struct mapping *mapping)
{
	char *line = NULL;
	size_t room = 0;
	char name[64] = "";
	int r = -ENOENT;

	*mapping = (struct mapping){ 0 };
	if (getline(&line, &room, maps) > 0) {
		r = sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %*s %63s", &mapping->start,
			   &mapping->end, mapping->permissions, name) >= 3
			    ? 0
			    : -EBADMSG;
		mapping->is_stack = strcmp(name, "[stack]") == 0;
	}
	free(line);
	return r;
}

static FILE *open_maps(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	return fopen(path, "re");
}

/* The end of the executable segment of the ELF image that is mapped at BASE, if it ends within LAST,
 * a mapping of that image; 0 none. The image is the target's, and hostile: every number is checked
 * by reading through it and by the bounds of the mapping. */
static uint64_t segment_end(pid_t pid, uint64_t base, const struct mapping *last)
{
	Elf64_Ehdr header;
	uint64_t bias = 0, end = 0;

	if (read_memory(pid, base, &header, sizeof(header)) < 0 ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr) ||
	    header.e_phnum > 64)
		return 0;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < header.e_phnum; i++) {
			Elf64_Phdr segment;

			if (read_memory(pid, base + header.e_phoff + i * sizeof(segment), &segment,
					sizeof(segment)) < 0)
				return 0;
			if (segment.p_type != PT_LOAD)
				continue;
			if (pass == 0 && segment.p_offset == 0)
				bias = base - segment.p_vaddr;
			end = bias + segment.p_vaddr + segment.p_memsz;
			if (pass == 1 && (segment.p_flags & PF_X) && end > last->start &&
			    end <= last->end)
				return end;
		}
	}
	return 0;
}

/* Bytes for the routine that nothing executes: behind the end of an executable segment, up to the end
 * of its page. 0 where there is no such place. */
static uint64_t find_place(pid_t pid)
{
	_cleanup_fclose_ FILE *maps = open_maps(pid);
	const uint64_t size = routine_size();
	struct mapping mapping;
	uint64_t image = 0; /* where the ELF header of the mappings that follow stands */

	while (maps && next_mapping(maps, &mapping) == 0) {
		char magic[SELFMAG];
		uint64_t end;

		if (mapping.permissions[0] == 'r' &&
		    read_memory(pid, mapping.start, magic, sizeof(magic)) == 0 &&
		    memcmp(magic, ELFMAG, SELFMAG) == 0)
			image = mapping.start;
		/* A shared mapping's page is the file's: it must not be written. */
		if (!image || mapping.permissions[2] != 'x' || mapping.permissions[3] != 'p')
			continue;
		end = segment_end(pid, image, &mapping);
		end = (end + 15) & ~15ULL;
		if (end && end + size <= mapping.end && mapping.end - end < 4096)
			return end;
	}
	return 0;
}

/*
 * Whether SIZE bytes below the stack pointer are the thread's own stack. The main thread's is the
 * kernel's [stack]. Those that glibc and musl make for other threads hold the thread's control block at
 * their upper end and begin with a guard page, which keeps them from merging with what is mapped
 * below. Elsewhere (a goroutine's or a coroutine's stack, an alternate signal stack) what lies below
 * may be somebody else's.
 */
static bool has_room_below(const struct job *job, const struct user_regs_struct *registers,
			   size_t size)
{
	_cleanup_fclose_ FILE *maps = open_maps(job->pid);
	struct mapping mapping;

	while (maps && next_mapping(maps, &mapping) == 0) {
		bool is_own;

		if (registers->rsp < mapping.start || registers->rsp >= mapping.end)
			continue;
		if (job->thread == job->pid)
			is_own = mapping.is_stack;
		else
			is_own = registers->fs_base > registers->rsp &&
				 registers->fs_base < mapping.end;
		return is_own && mapping.permissions[1] == 'w' &&
		       registers->rsp - mapping.start > size;
	}
	return false;
}

/* ---- the tracer, in a child of its own ---- */

enum stop { STOP_EVENT, STOP_SIGNAL, STOP_SYSCALL, STOP_GONE };

static enum stop wait_stop(pid_t thread, int *signal_number)
{
	int status;

	while (waitpid(thread, &status, __WALL) < 0)
		if (errno != EINTR)
			return STOP_GONE;
	if (!WIFSTOPPED(status))
		return STOP_GONE;
	*signal_number = WSTOPSIG(status);
	if (status >> 16 == PTRACE_EVENT_STOP)
		return STOP_EVENT;
	if (WSTOPSIG(status) == (SIGTRAP | 0x80))
		return STOP_SYSCALL;
	return STOP_SIGNAL;
}

/* Brings the thread to a stop of our own asking; signals on their way are let through first. */
static bool stop_thread(pid_t thread)
{
	int signal_number;

	if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) < 0)
		return false;
	for (;;) {
		switch (wait_stop(thread, &signal_number)) {
		case STOP_EVENT:
			return true;
		case STOP_GONE:
			return false;
		case STOP_SIGNAL:
			ptrace(PTRACE_CONT, thread, NULL, (void *)(long)signal_number);
			break;
		case STOP_SYSCALL:
			ptrace(PTRACE_CONT, thread, NULL, NULL);
			break;
		}
	}
}

/* A restartable sequence that is interrupted must be aborted by the kernel, which looks at the
 * instruction pointer: it must not be taken away from there. (rseq(2); linux/ptrace.h, since 5.13.) */
static bool in_restartable_sequence(pid_t thread, uint64_t rip)
{
	struct {
		uint64_t pointer;
		uint32_t size, signature, flags, pad;
	} area = { 0 };
	struct {
		uint32_t version, flags;
		uint64_t start, length, abort;
	} section;
	uint64_t at;

	if (ptrace((enum __ptrace_request)0x420f, thread, (void *)sizeof(area), &area) < 0 ||
	    !area.pointer)
		return false;
	if (read_memory(thread, area.pointer + 8, &at, sizeof(at)) < 0 || !at)
		return false;
	return read_memory(thread, at, &section, sizeof(section)) < 0 ||
	       rip - section.start < section.length;
}

/* A signal that waits for delivery decides how an interrupted call ends; it goes first. */
static bool has_pending_signal(pid_t pid, pid_t thread)
{
	_cleanup_fclose_ FILE *status = NULL;
	unsigned long long own = 0, shared = 0, blocked = 0;
	char path[64], *line = NULL;
	size_t room = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, thread);
	status = fopen(path, "re");
	while (status && getline(&line, &room, status) > 0) {
		sscanf(line, "SigPnd: %llx", &own);
		sscanf(line, "ShdPnd: %llx", &shared);
		sscanf(line, "SigBlk: %llx", &blocked);
	}
	free(line);
	return ((own | shared) & ~blocked) != 0;
}

/* The registers with which the routine sends the thread back when it is alone: a call that was
 * interrupted is made again, as arch_do_signal_or_restart() would have it without a signal. */
static struct user_regs_struct restarted(const struct user_regs_struct *stopped)
{
	struct user_regs_struct registers = *stopped;

	if ((long)stopped->orig_rax < 0)
		return registers;
	switch (-(long)stopped->rax) {
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
		registers.rax = stopped->orig_rax;
		registers.rip -= 2;
		break;
	case ERESTART_RESTARTBLOCK:
		registers.rax = SYS_restart_syscall;
		registers.rip -= 2;
		break;
	}
	return registers;
}

/* Where everything lies while the routine runs, from the stack pointer down. */
struct layout {
	uint64_t eflags, instructions, program, stack;
	size_t size; /* of all of it with the red zone */
};

static struct layout lay_out(uint64_t rsp, size_t count)
{
	struct layout layout;

	layout.eflags = ((rsp - RED_ZONE) & ~15ULL) - 16;
	layout.instructions = (layout.eflags - count * sizeof(struct sock_filter)) & ~15ULL;
	layout.program = layout.instructions - sizeof(struct sock_fprog);
	/* A signal's frame would be built below this. */
	layout.stack = (layout.program - RED_ZONE) & ~15ULL;
	layout.size = (size_t)(rsp - layout.stack);
	return layout;
}

/* What was overwritten, to be put back. */
struct saved {
	struct user_regs_struct registers;
	unsigned char routine[ROUTINE_MAX];
	unsigned char *below; /* from layout.program up to layout.eflags + 8 */
	size_t below_size;
};

static int write_below(const struct job *job, const struct layout *layout, uint64_t eflags)
{
	struct sock_fprog program = {
		.len = (unsigned short)job->filter->count,
		.filter = (struct sock_filter *)(uintptr_t)layout->instructions,
	};
	int r = write_memory(job->pid, layout->program, &program, sizeof(program));

	if (r == 0)
		r = write_memory(job->pid, layout->instructions, job->filter->instructions,
				 job->filter->count * sizeof(struct sock_filter));
	if (r == 0)
		r = write_memory(job->pid, layout->eflags, &eflags, sizeof(eflags));
	return r;
}

static void fill_routine(const struct job *job, const struct layout *layout,
			 const struct user_regs_struct *back, unsigned char *routine)
{
	struct routine_values values = {
		.seccomp_nr = SYS_seccomp,
		.operation = SECCOMP_SET_MODE_FILTER,
		.flags = SECCOMP_FILTER_FLAG_TSYNC | (job->log ? SECCOMP_FILTER_FLAG_LOG : 0),
		.program = layout->program,
		.eflags_at = layout->eflags,
		.rax = back->rax,
		.rbx = back->rbx,
		.rcx = back->rcx,
		.rdx = back->rdx,
		.rsi = back->rsi,
		.rdi = back->rdi,
		.rbp = back->rbp,
		.r8 = back->r8,
		.r9 = back->r9,
		.r10 = back->r10,
		.r11 = back->r11,
		.r12 = back->r12,
		.r13 = back->r13,
		.r14 = back->r14,
		.r15 = back->r15,
		.rsp = back->rsp,
		.rip = back->rip,
	};

	memcpy(routine, attach_routine, routine_size());
	memcpy(routine + routine_offset(attach_values), &values, sizeof(values));
}

/* The registers at the routine's start. orig_rax -1: the kernel must not take this for a call to be
 * restarted. */
static struct user_regs_struct entering(const struct job *job, const struct layout *layout,
					const struct user_regs_struct *stopped)
{
	struct user_regs_struct registers = *stopped;

	registers.orig_rax = (unsigned long)-1;
	registers.rsp = layout->stack;
	registers.rip = job->place;
	/* Single-stepping and the direction flag are not the routine's. */
	registers.eflags &= ~0x500ULL;
	if (!job->needs_no_new_privs) {
		registers.rip += routine_offset(attach_seccomp);
		return registers;
	}
	registers.rax = SYS_prctl;
	registers.rdi = PR_SET_NO_NEW_PRIVS;
	registers.rsi = 1;
	registers.rdx = registers.r10 = registers.r8 = 0;
	return registers;
}

/* The kernel's answer to seccomp(2), in words. */
static int judge_result(struct job *job, long result)
{
	struct error *err = &job->err;

	if (result == 0)
		return 0;
	if (result > 0)
		return error_set(
			err, -EBUSY,
			"process %d: its thread %ld has filters that the others do not have, "
			"so that one filter can't be put on all of them",
			job->pid, result);
	if (result == -EACCES)
		return error_set(err, -EPERM,
				 "process %d: the kernel refused: it has neither CAP_SYS_ADMIN nor "
				 "no_new_privs",
				 job->pid);
	return error_set_errno(err, (int)result, "process %d: the kernel refused the filter",
			       job->pid);
}

/* Runs the routine until seccomp(2) has returned. 1: done, *RESULT is its answer. 0: a signal came,
 * *SIGNAL_NUMBER, before that. */
static int run_to_result(struct job *job, long *result, int *signal_number)
{
	const uint64_t done = job->place + routine_offset(attach_done);
	struct user_regs_struct registers;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, job->thread, NULL, NULL) < 0)
			return -errno;
		switch (wait_stop(job->thread, signal_number)) {
		case STOP_GONE:
			return -ESRCH;
		case STOP_SIGNAL:
			return 0;
		case STOP_EVENT:
			continue; /* a group stop: the thread is ours and goes on */
		case STOP_SYSCALL:
			break;
		}
		if (ptrace(PTRACE_GETREGS, job->thread, NULL, &registers) < 0)
			return -errno;
		/* At the entry of a call rax is -ENOSYS; at its exit the instruction pointer, the same,
		 * stands behind the call. */
		if (registers.rip == done && registers.orig_rax == SYS_seccomp &&
		    registers.rax != (unsigned long)-ENOSYS) {
			*result = (long)registers.rax;
			return 1;
		}
	}
}

/* Everything as it was at the stop. The registers first: from then on nothing leads to the routine. */
static int give_back(struct job *job, const struct layout *layout, const struct saved *saved)
{
	if (ptrace(PTRACE_SETREGS, job->thread, NULL, &saved->registers) < 0)
		return -errno;
	poke_memory(job->thread, job->place, saved->routine, routine_size());
	write_memory(job->pid, layout->program, saved->below, saved->below_size);
	return 0;
}

/* The thread is stopped at SAVED: one try. 1: it has the filter (or the kernel's refusal is in
 * job->err). 0: try again. */
static int borrow(struct job *job, const struct layout *layout, struct saved *saved)
{
	struct user_regs_struct back = restarted(&saved->registers);
	struct user_regs_struct start = entering(job, layout, &saved->registers);
	unsigned char routine[ROUTINE_MAX];
	int signal_number = 0, r;
	long result = 0;

	fill_routine(job, layout, &back, routine);
	r = write_below(job, layout, back.eflags);
	if (r == 0)
		r = poke_memory(job->thread, job->place, routine, routine_size());
	if (r == 0 && ptrace(PTRACE_SETREGS, job->thread, NULL, &start) < 0)
		r = -errno;
	if (r < 0) {
		give_back(job, layout, saved);
		return r;
	}
	r = run_to_result(job, &result, &signal_number);
	if (r < 0)
		return r;
	if (r == 0) {
		/* The thread as it was gets the signal, and all begins anew. */
		r = give_back(job, layout, saved);
		ptrace(PTRACE_CONT, job->thread, NULL, (void *)(long)signal_number);
		return r;
	}
	/* Once more to where signals are looked for: there the kernel restarts calls. Whatever signal comes
	 * first finds the thread as it was, too. */
	ptrace(PTRACE_INTERRUPT, job->thread, NULL, NULL);
	ptrace(PTRACE_CONT, job->thread, NULL, NULL);
	switch (wait_stop(job->thread, &signal_number)) {
	case STOP_EVENT:
		signal_number = 0;
		break;
	case STOP_SIGNAL:
		break;
	case STOP_SYSCALL:
	case STOP_GONE:
		return -ESRCH;
	}
	r = give_back(job, layout, saved);
	if (r < 0)
		return r;
	job->outcome = judge_result(job, result) == 0 ? JOB_DONE : JOB_FAILED;
	ptrace(PTRACE_DETACH, job->thread, NULL, (void *)(long)signal_number);
	return 1;
}

/* Stopped anywhere: whether the thread can be borrowed here. */
static bool is_good_place(struct job *job, const struct user_regs_struct *registers, size_t room)
{
	if (registers->cs == 0x23) {
		job->outcome = JOB_FAILED;
		error_set(
			&job->err, -EOPNOTSUPP,
			"process %d runs 32-bit code, and a filter can be put only on x86-64 ones",
			job->pid);
		return false;
	}
	return has_room_below(job, registers, room + 1024) &&
	       !in_restartable_sequence(job->thread, registers->rip) &&
	       !has_pending_signal(job->pid, job->thread) &&
	       registers->rip - job->place >= routine_size();
}

static int save(const struct job *job, const struct layout *layout, struct saved *saved)
{
	int r = read_memory(job->pid, job->place, saved->routine, routine_size());

	saved->below_size = (size_t)(layout->eflags + 8 - layout->program);
	saved->below = malloc(saved->below_size);
	if (!saved->below)
		return -ENOMEM;
	return r < 0 ? r : read_memory(job->pid, layout->program, saved->below, saved->below_size);
}

static void trace(struct job *job)
{
	struct saved saved = { 0 };
	int r = 0;

	if (ptrace(PTRACE_SEIZE, job->thread, NULL, (void *)PTRACE_O_TRACESYSGOOD) < 0) {
		job->outcome = errno == ESRCH ? JOB_TRY_ANOTHER : JOB_FAILED;
		error_set_errno(&job->err, -errno, "process %d: thread %d can't be traced",
				job->pid, job->thread);
		return;
	}
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		struct layout layout;

		if (!stop_thread(job->thread) ||
		    ptrace(PTRACE_GETREGS, job->thread, NULL, &saved.registers) < 0)
			break;
		layout = lay_out(saved.registers.rsp, job->filter->count);
		if (is_good_place(job, &saved.registers, layout.size)) {
			free(saved.below);
			r = save(job, &layout, &saved);
			if (r == 0)
				r = borrow(job, &layout, &saved);
			if (r != 0)
				break;
		} else if (job->outcome == JOB_FAILED) {
			break;
		} else {
			ptrace(PTRACE_CONT, job->thread, NULL, NULL);
		}
		usleep(PAUSE_US);
	}
	free(saved.below);
	if (job->outcome != JOB_STARTED)
		return; /* the kernel detaches at our exit */
	job->outcome = JOB_TRY_ANOTHER;
	if (r < 0)
		error_set_errno(&job->err, r, "process %d: thread %d", job->pid, job->thread);
	else
		error_set(&job->err, -EBUSY,
			  "process %d: thread %d never stood where it can be borrowed: on its own "
			  "stack, with no signal waiting, outside a restartable sequence",
			  job->pid, job->thread);
}

/* ---- the caller's side ---- */

static int wait_for_tracer(pid_t tracer, struct job *job)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, tracer, 0);
	struct pollfd waited = { .fd = pidfd, .events = POLLIN };
	int r;

	do {
		r = pidfd < 0 ? 0 : poll(&waited, 1, TRACER_TIMEOUT_MS);
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		kill(tracer, SIGKILL);
	while (waitpid(tracer, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (r > 0)
		return 0;
	job->outcome = JOB_TRY_ANOTHER;
	return error_set(
		&job->err, -ETIMEDOUT,
		"process %d: thread %d did not stop within %d s: it waits in the kernel for "
		"something that can't be interrupted",
		job->pid, job->thread, TRACER_TIMEOUT_MS / 1000);
}

static int run_tracer(struct job *job)
{
	pid_t parent = getpid(), tracer = _Fork();

	if (tracer < 0) {
		job->outcome = JOB_FAILED;
		return error_set_errno(&job->err, -errno, "fork");
	}
	if (tracer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			trace(job);
		_exit(0);
	}
	return wait_for_tracer(tracer, job);
}

/* Tries the threads in turn, the main one first: any one will do, the kernel gives the filter to all. */
static int try_threads(struct job *job, struct attach_result *result, struct error *err)
{
	_cleanup_closedir_ DIR *tasks = NULL;
	struct dirent *entry;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", job->pid);
	tasks = opendir(path);
	if (!tasks)
		return error_set(err, -ESRCH, "there is no process %d", job->pid);
	job->outcome = JOB_TRY_ANOTHER;
	error_set(&job->err, -ESRCH, "process %d ended meanwhile", job->pid);
	while (job->outcome == JOB_TRY_ANOTHER && (entry = readdir(tasks))) {
		job->thread = (pid_t)strtol(entry->d_name, NULL, 10);
		if (job->thread <= 0)
			continue;
		job->outcome = JOB_STARTED;
		run_tracer(job);
		if (job->outcome == JOB_STARTED)
			job->outcome = JOB_TRY_ANOTHER;
	}
	if (job->outcome != JOB_DONE) {
		*err = job->err;
		return err->code;
	}
	result->thread = job->thread;
	result->set_no_new_privs = job->needs_no_new_privs;
	return 0;
}

struct target_state {
	bool no_new_privs, has_admin;
	long seccomp_mode, tracer;
	bool has_memory; /* no kernel thread, no zombie */
};

static int read_state(pid_t pid, struct target_state *state, struct error *err)
{
	_cleanup_fclose_ FILE *status = NULL;
	char path[64], *line = NULL;
	unsigned long long effective = 0;
	size_t room = 0;
	long number;

	*state = (struct target_state){ 0 };
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	if (!status && errno == ENOENT)
		return error_set(err, -ESRCH, "there is no process %d", pid);
	if (!status)
		return error_set_errno(err, -errno, "%s", path);
	while (getline(&line, &room, status) > 0) {
		sscanf(line, "CapEff: %llx", &effective);
		sscanf(line, "TracerPid: %ld", &state->tracer);
		sscanf(line, "Seccomp: %ld", &state->seccomp_mode);
		if (sscanf(line, "NoNewPrivs: %ld", &number) == 1)
			state->no_new_privs = number != 0;
		if (strncmp(line, "VmSize:", 7) == 0)
			state->has_memory = true;
	}
	free(line);
	state->has_admin = effective >> 21 & 1; /* CAP_SYS_ADMIN */
	return 0;
}

/* The calls that the routine makes, and restart_syscall for who was sleeping, through the filters that
 * are there: a refusal must be known before the thread makes them, for it may be death. */
static int check_present_filters(const struct job *job, struct error *err)
{
	_cleanup_(filter_stack_free) struct filter_stack stack = { 0 };
	struct seccomp_data calls[] = {
		{ .nr = SYS_seccomp,
		  .args = { SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_TSYNC |
				    (job->log ? SECCOMP_FILTER_FLAG_LOG : 0) } },
		{ .nr = SYS_prctl, .args = { PR_SET_NO_NEW_PRIVS, 1 } },
		{ .nr = SYS_restart_syscall },
	};
	const char *const names[] = { "seccomp", "prctl(PR_SET_NO_NEW_PRIVS)", "restart_syscall" };
	int r = filter_fetch(job->pid, &stack, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		uint32_t action;

		if (i == 1 && !job->needs_no_new_privs)
			continue;
		calls[i].arch = AUDIT_ARCH_X86_64;
		calls[i].instruction_pointer = job->place;
		r = filter_stack_simulate(&stack, &calls[i], &action, err);
		if (r < 0)
			return r;
		action &= SECCOMP_RET_ACTION_FULL;
		if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG)
			return error_set(
				err, -EOPNOTSUPP,
				"process %d is under a filter that refuses %s, which it must "
				"call to take another filter",
				job->pid, names[i]);
	}
	return 0;
}

static int check_target(struct job *job, struct error *err)
{
	struct target_state state;
	int r = read_state(job->pid, &state, err);

	if (r < 0)
		return r;
	if (job->pid == getpid())
		return error_set(err, -EINVAL, "a process can't be attached to itself");
	if (!state.has_memory)
		return error_set(err, -EOPNOTSUPP,
				 "process %d is a kernel thread or has ended: it makes no calls",
				 job->pid);
	if (state.tracer)
		return error_set(
			err, -EBUSY,
			"process %d is traced by process %ld already, and only one can: end "
			"that one first",
			job->pid, state.tracer);
	if (state.seccomp_mode == SECCOMP_MODE_STRICT)
		return error_set(
			err, -EOPNOTSUPP,
			"process %d is in seccomp's strict mode, which allows no more filters",
			job->pid);
	job->needs_no_new_privs = !state.no_new_privs && !state.has_admin;
	job->place = find_place(job->pid);
	if (!job->place && errno == EPERM)
		return error_set(err, -EPERM, "process %d may not be traced: this needs root",
				 job->pid);
	if (!job->place)
		return error_set(
			err, -EOPNOTSUPP,
			"process %d maps no executable page with %zu unused bytes at its end "
			"(or is no x86-64 process)",
			job->pid, routine_size());
	return state.seccomp_mode == SECCOMP_MODE_FILTER ? check_present_filters(job, err) : 0;
}

int filter_attach(pid_t pid, const struct filter *filter, const struct attach_options *options,
		  struct attach_result *result, struct error *err)
{
	struct job *job;
	int r = filter_check(filter, err);

	if (r < 0)
		return r;
	/* Shared with the tracer, which reports in it. */
	job = mmap(NULL, sizeof(*job), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (job == MAP_FAILED)
		return error_oom(err);
	job->pid = pid;
	job->log = options->log;
	job->filter = filter;
	r = check_target(job, err);
	if (r == 0)
		r = try_threads(job, result, err);
	munmap(job, sizeof(*job));
	return r;
}

#else

int filter_attach(pid_t pid, const struct filter *filter, const struct attach_options *options,
		  struct attach_result *result, struct error *err)
{
	(void)filter;
	(void)options;
	(void)result;
	return error_set(err, -EOPNOTSUPP,
			 "process %d: a filter can be put on a running process only on x86-64",
			 pid);
}

#endif
