// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which process made the call? The kernel names the thread. A new thread is looked up in /proc: it
 * belongs to a known process, or is a new process, which starts as a copy of its parent, one fork
 * deeper. After an execve the process is read again: if its stack has moved, it executes a new
 * program. While a call is being counted, its thread waits in the kernel, so /proc cannot change
 * meanwhile.
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/title.h"
#include "record/notify.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define ARGUMENTS_BOUND 64
#define IMAGES_MAX	4096
#define SURVEY_NS	UINT64_C(500000000)
#define ARGV_MAX	4096

/* ---- what /proc says ---- */

/* Up to SIZE - 1 bytes of /proc/PID/NAME with a NUL behind them; how many, 0 where it is gone. */
static size_t read_proc(pid_t pid, const char *name, char *buffer, size_t size)
{
	_cleanup_close_ int fd = -1;
	char path[64];
	size_t used = 0;
	ssize_t got = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && used < size - 1 && (got = read(fd, buffer + used, size - 1 - used)) > 0)
		used += (size_t)got;
	buffer[used] = '\0';
	return used;
}

struct identity {
	pid_t tgid, parent;
	uint64_t stack_start;
	char command[16];
};

static bool read_identity(pid_t tid, struct identity *identity)
{
	char text[8192], *at;

	*identity = (struct identity){ 0 };
	if (!read_proc(tid, "status", text, sizeof(text)))
		return false;
	at = strstr(text, "\nTgid:");
	identity->tgid = at ? (pid_t)strtol(at + 6, NULL, 10) : 0;
	at = strstr(text, "\nPPid:");
	identity->parent = at ? (pid_t)strtol(at + 6, NULL, 10) : 0;
	if (!read_proc(tid, "comm", text, sizeof(identity->command) + 1))
		return false;
	text[strcspn(text, "\n")] = '\0';
	memcpy(identity->command, text, sizeof(identity->command) - 1);
	/* proc_pid_stat(5): startstack is the 28th field; the name before it may hold anything. */
	if (!read_proc(tid, "stat", text, sizeof(text)) || !(at = strrchr(text, ')')))
		return false;
	for (unsigned field = 2; field < 28 && at; field++)
		at = strchr(at + 1, ' ');
	identity->stack_start = at ? strtoull(at + 1, NULL, 10) : 0;
	return identity->tgid > 0;
}

static char *read_executable(pid_t tgid)
{
	char path[64], target[PATH_MAX];
	ssize_t size;

	snprintf(path, sizeof(path), "/proc/%d/exe", tgid);
	size = readlink(path, target, sizeof(target));
	return strndup(target, size > 0 ? (size_t)size : 0);
}

static char **read_argv(pid_t tgid)
{
	char text[ARGV_MAX];
	size_t size = read_proc(tgid, "cmdline", text, sizeof(text)), count = 0;
	char **argv;

	for (size_t at = 0; at < size; at += strlen(text + at) + 1)
		count++;
	argv = calloc(count + 1, sizeof(*argv));
	count = 0;
	for (size_t at = 0; argv && at < size; at += strlen(text + at) + 1) {
		argv[count] = strdup(text + at);
		if (!argv[count++])
			break;
	}
	return argv;
}

/* ---- processes and images ---- */

static int find_image(const struct observation *o, const char *executable, unsigned depth,
		      bool is_manager)
{
	for (size_t i = 0; i < o->images_count; i++) {
		const struct notify_image *image = &o->images[i];

		if (image->depth == depth && image->is_manager == is_manager &&
		    strcmp(image->executable, executable) == 0)
			return (int)i;
	}
	return -1;
}

/* Set-user-ID programs have no effect under no_new_privs: the first of them is named. */
static int note_privilege(struct observation *o, pid_t tgid, const char *executable,
			  struct error *err)
{
	char path[64], text[8192], *at;
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d/exe", tgid);
	if (o->warning || stat(path, &status) < 0 || !(status.st_mode & (S_ISUID | S_ISGID)) ||
	    !read_proc(tgid, "status", text, sizeof(text)) ||
	    !(at = strstr(text, "\nNoNewPrivs:")) || strtol(at + 12, NULL, 10) != 1)
		return 0;
	if (asprintf(&o->warning,
		     "%s is a set-user-ID or set-group-ID program, but ran without that privilege "
		     "while it was recorded (no_new_privs): calls that need the privilege are "
		     "missing; record it as root with BPF",
		     executable) < 0) {
		o->warning = NULL;
		return error_oom(err);
	}
	return 0;
}

static int image_of(struct observation *o, pid_t tgid, const struct identity *identity,
		    unsigned depth, bool is_manager, struct error *err)
{
	_cleanup_free_ char *executable = read_executable(tgid);
	struct notify_image *image;
	int found;

	if (!executable)
		return error_oom(err);
	if (depth > RECORD_DEPTH)
		depth = RECORD_DEPTH;
	found = find_image(o, executable, depth, is_manager);
	if (found >= 0)
		return found;
	if (note_privilege(o, tgid, executable, err) < 0)
		return err->code;
	if (o->images_count == IMAGES_MAX) {
		o->lost.processes++;
		return IMAGES_MAX - 1;
	}
	image = array_grow_one(&o->images, o->images_count);
	if (!image)
		return error_oom(err);
	image->executable = take(executable);
	image->command = strdup(identity->command);
	image->argv = read_argv(tgid);
	image->depth = depth;
	image->is_manager = is_manager;
	image->pid = tgid;
	if (!image->command || !image->argv)
		return error_oom(err);
	o->images_count++;
	/* What whittle itself has mapped is not the program's code. */
	if (!is_manager)
		objects_note_process(o->objects, tgid, NULL);
	return (int)o->images_count - 1;
}

static uint32_t *thread_slot(struct observation *o, pid_t tid)
{
	return tid > 0 && (size_t)tid < o->threads_max ? &o->process_of_thread[tid] : NULL;
}

/* The child that whittle forked: until it has executed the command, what it calls is whittle's. */
static bool is_own_child(const struct observation *o, const struct identity *identity)
{
	return o->processes_count == 0 && identity->tgid == o->target->pids[0];
}

static int add_process(struct observation *o, const struct identity *identity, struct error *err)
{
	const uint32_t *parent_slot = thread_slot(o, identity->parent);
	bool is_own = is_own_child(o, identity);
	struct notify_process *process;
	unsigned depth = 0;
	int image;

	if (parent_slot && *parent_slot)
		depth = o->images[o->processes[*parent_slot - 1].image].depth + 1;
	else if (!is_own)
		depth = 1; /* its parent has ended: it is a child of something that was recorded */
	image = image_of(o, identity->tgid, identity, depth, is_own, err);
	if (image < 0)
		return image;
	process = array_grow_one(&o->processes, o->processes_count);
	if (!process)
		return error_oom(err);
	process->tgid = identity->tgid;
	process->image = (unsigned)image;
	process->phase = o->first_phase;
	process->stack_start = identity->stack_start;
	process->may_have_executed = !is_own; /* it may have, where that call was known already */
	o->processes_count++;
	return 0;
}

static int look_again(struct observation *o, struct notify_process *process, struct error *err)
{
	struct identity identity;
	int image;

	process->may_have_executed = false;
	if (!read_identity(process->tgid, &identity) ||
	    identity.stack_start == process->stack_start)
		return 0;
	process->stack_start = identity.stack_start;
	process->phase = o->first_phase;
	image = image_of(o, process->tgid, &identity, 0, false, err);
	if (image < 0)
		return image;
	process->image = (unsigned)image;
	objects_note_process(o->objects, process->tgid, NULL);
	return 0;
}

static int process_of(struct observation *o, pid_t tid, struct notify_process **process,
		      struct error *err)
{
	uint32_t *slot = thread_slot(o, tid), *leader;
	struct identity identity;
	pid_t *known;
	int r;

	*process = NULL;
	if (!slot)
		return error_set(err, -ERANGE,
				 "thread %d is above the largest thread id of this "
				 "kernel",
				 tid);
	if (*slot) {
		*process = &o->processes[*slot - 1];
		return (*process)->may_have_executed ? look_again(o, *process, err) : 0;
	}
	if (!read_identity(tid, &identity))
		return 0;
	leader = thread_slot(o, identity.tgid);
	if (!leader)
		return error_set(err, -ERANGE,
				 "process %d is above the largest process id of "
				 "this kernel",
				 identity.tgid);
	if (!*leader) {
		r = add_process(o, &identity, err);
		if (r < 0)
			return r;
		*leader = (uint32_t)o->processes_count;
	}
	known = array_grow_one(&o->threads, o->threads_count);
	if (!known)
		return error_oom(err);
	*known = tid;
	o->threads_count++;
	*slot = *leader;
	*process = &o->processes[*slot - 1];
	return 0;
}

/* ---- calls ---- */

static enum record_abi abi_of(const struct seccomp_data *data)
{
	if (data->arch == AUDIT_ARCH_I386)
		return RECORD_I386;
	return data->nr & X32_BIT ? RECORD_X32 : RECORD_NATIVE;
}

static bool read_user(pid_t tid, uint64_t address, void *data, size_t size)
{
	struct iovec local = { data, size }, remote = { (void *)(uintptr_t)address, size };

	return process_vm_readv(tid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

static bool waits_for_work(const struct record_rule *rule, const struct seccomp_notif *call)
{
	uint64_t argument = call->data.args[rule->wait_argument % 6], words[2] = { 0 };

	switch ((enum record_wait)rule->wait) {
	case RECORD_WAIT_NEVER:
		return false;
	case RECORD_WAIT_ALWAYS:
		return true;
	case RECORD_WAIT_NONZERO:
		return (argument & rule->wait_mask) != 0;
	case RECORD_WAIT_ZERO:
		return (argument & rule->wait_mask) == 0;
	case RECORD_WAIT_TIME:
		return !argument ||
		       !read_user((pid_t)call->pid, argument, words,
				  rule->wait_size == 8 ? 8 : 16) ||
		       words[0] || words[1];
	}
	return false;
}

/* False: a value lies in memory that could not be read. */
static bool read_values(const struct record_rule *rule, const struct seccomp_notif *call,
			uint64_t values[ARGUMENTS_MAX])
{
	for (unsigned i = 0; i < rule->arguments && i < ARGUMENTS_MAX; i++) {
		uint64_t value = call->data.args[rule->index[i] % 6];

		if (rule->pointee_offset[i] >= 0 &&
		    !read_user((pid_t)call->pid, value + (uint64_t)rule->pointee_offset[i], &value,
			       sizeof(value)))
			return false;
		values[i] = value & rule->mask[i];
		if (i > 0 && rule->only_if[i] && !(values[i - 1] & rule->only_if[i]))
			values[i] = 0;
	}
	return true;
}

static int count_arguments(struct notify_arguments **set_pointer, const struct record_rule *rule,
			   const struct seccomp_notif *call, struct error *err)
{
	struct argument_values values = { .count = 1 }, *at;
	struct notify_arguments *set = *set_pointer;

	if (!set) {
		set = *set_pointer = calloc(1, sizeof(*set));
		if (!set)
			return error_oom(err);
	}
	if (set->is_any)
		return 0;
	if (!read_values(rule, call, values.value)) {
		set->is_any = true;
		return 0;
	}
	for (size_t i = 0; i < set->count; i++) {
		at = &set->values[i];
		if (memcmp(at->value, values.value, sizeof(at->value)) == 0) {
			at->count++;
			return 0;
		}
	}
	if (set->count == ARGUMENTS_BOUND) {
		set->is_any = true;
		return 0;
	}
	at = array_grow_one(&set->values, set->count);
	if (!at)
		return error_oom(err);
	*at = values;
	set->count++;
	return 0;
}

static int count_other(struct observation *o, const struct notify_process *process,
		       enum record_abi abi, int nr, struct error *err)
{
	struct notify_other *other;

	for (size_t i = 0; i < o->others_count; i++) {
		other = &o->others[i];
		if (other->image == process->image && other->phase == process->phase &&
		    other->abi == abi && other->nr == nr) {
			other->count++;
			return 0;
		}
	}
	if (o->others_count == RECORD_OTHER_CALLS) {
		o->lost.calls++;
		return 0;
	}
	other = array_grow_one(&o->others, o->others_count);
	if (!other)
		return error_oom(err);
	o->others_count++;
	*other = (struct notify_other){
		process->image, process->phase, abi, nr, 1, clock_now_ns() - o->started_ns
	};
	return 0;
}

/* The stack's innermost frame is all that the kernel tells of it. */
static int see_first(struct observation *o, struct notify_calls *calls, unsigned nr,
		     const struct notify_process *process, uint64_t address, struct error *err)
{
	struct notify_image *image = &o->images[process->image];
	uint64_t now = clock_now_ns();

	calls->first_ns[nr] = now - o->started_ns;
	o->last_new_ns = now;
	o->distinct++;
	calls->first[nr].object = -1;
	if (image->is_manager)
		return 0;
	objects_note_process(o->objects, process->tgid, NULL);
	calls->first[nr].object =
		objects_find_address(o->objects, process->tgid, address, &calls->first[nr].offset);
	if (calls->first[nr].object < 0)
		o->lost.stacks++;
	/* Who serves has its title by then, and may end before the next survey. */
	return process->phase == PHASE_SERVING
		       ? titles_note(&image->titles, process->tgid, true, err)
		       : 0;
}

static int count_call(struct observation *o, struct notify_process *process,
		      const struct seccomp_notif *call, struct error *err)
{
	enum record_abi abi = abi_of(&call->data);
	unsigned nr = (unsigned)call->data.nr & ~(unsigned)X32_BIT;
	const struct record_rule *rule = NULL;
	struct notify_calls **calls;

	if (nr >= RECORD_RULES || (abi == RECORD_I386 && (call->data.nr & X32_BIT)))
		return count_other(o, process, abi, call->data.nr, err);
	if (o->has_rule[abi][nr])
		rule = &o->rules[abi][nr];
	if (rule && process->phase == PHASE_STARTUP && waits_for_work(rule, call))
		process->phase = PHASE_SERVING;
	calls = &o->images[process->image].calls[process->phase][abi];
	if (!*calls) {
		*calls = calloc(1, sizeof(**calls));
		if (!*calls)
			return error_oom(err);
	}
	if ((*calls)->count[nr]++ == 0 &&
	    see_first(o, *calls, nr, process, call->data.instruction_pointer, err) < 0)
		return err->code;
	return rule && rule->arguments ? count_arguments(&(*calls)->arguments[nr], rule, call, err)
				       : 0;
}

/* What a filter of the process's own refuses is not handed over (seccomp(2): the strictest answer
 * counts), so the reader of the recording must know of it. */
static bool is_filtering(const struct seccomp_data *data)
{
	if (data->arch != AUDIT_ARCH_X86_64)
		return false;
	return ((data->nr & ~X32_BIT) == SYS_seccomp && data->args[0] < 2) ||
	       ((data->nr & ~X32_BIT) == SYS_prctl && data->args[0] == PR_SET_SECCOMP);
}

int notify_account(struct observation *o, const struct seccomp_notif *call, struct error *err)
{
	struct notify_process *process;
	const char *name;
	int r = process_of(o, (pid_t)call->pid, &process, err);

	if (r < 0)
		return r;
	o->calls++;
	if (!process) {
		o->lost.calls++;
		return 0;
	}
	r = count_call(o, process, call, err);
	if (r < 0)
		return r;
	o->is_filtered |= is_filtering(&call->data);
	name = abi_of(&call->data) == RECORD_I386
		       ? syscall_name(ABI_I386, call->data.nr)
		       : syscall_name(ABI_X86_64, call->data.nr & ~X32_BIT);
	if (name && strncmp(name, "execve", 6) == 0)
		process->may_have_executed = true;
	return 0;
}

int notify_survey(struct observation *o, struct error *err)
{
	uint64_t now = clock_now_ns();
	size_t kept = 0;
	int r = 0;

	if (now < o->next_survey_ns)
		return 0;
	o->next_survey_ns = now + SURVEY_NS;
	for (size_t i = 0; i < o->threads_count; i++) {
		/* A thread that has ended must not lend its number to the next one. */
		if (kill(o->threads[i], 0) < 0 && errno == ESRCH)
			o->process_of_thread[o->threads[i]] = 0;
		else
			o->threads[kept++] = o->threads[i];
	}
	o->threads_count = kept;
	for (size_t i = 0; i < o->processes_count && r == 0; i++) {
		const struct notify_process *process = &o->processes[i];

		if (o->process_of_thread[process->tgid] == i + 1)
			r = titles_note(&o->images[process->image].titles, process->tgid,
					process->phase == PHASE_SERVING, err);
	}
	return r;
}
