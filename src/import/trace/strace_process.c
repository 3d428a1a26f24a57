// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tracks the processes of an strace log. A process begins with its parent's image, one fork deeper, and
 * execve changes its image. A child's lines may precede the line with its PID, so an unknown PID is the
 * child of the process that is in fork at that time.
 *
 * A process is removed at its "+++" line.
 */
#include "import/trace/strace.h"

static uint32_t hash_of(int pid)
{
	return (uint32_t)pid * UINT32_C(2654435761) >> 8;
}

static unsigned image_of_new(struct import *import, struct strace_processes *all)
{
	unsigned depth;

	if (!all->has_parent)
		return run_builder_image(import->run_builder, "", 0, false);
	depth = import->run_builder->images[all->parent_image].depth + !all->is_thread;
	return run_builder_image(import->run_builder,
				 import->run_builder->images[all->parent_image].executable, depth,
				 false);
}

/* The place of a PID in the array, or TABLE_NONE. */
static uint32_t find(const struct strace_processes *all, int pid)
{
	uint32_t hash = hash_of(pid);

	TABLE_EACH (index, &all->by_pid, hash)
		if (all->used[index].pid == pid)
			return index;
	return TABLE_NONE;
}

struct strace_process *strace_process_find(struct import *import, struct strace_processes *all,
					   int pid)
{
	uint32_t place = pid == 0 ? TABLE_NONE : find(all, pid);
	struct strace_process *process = &all->single;

	if (place != TABLE_NONE)
		return &all->used[place];
	if (pid != 0) {
		if (all->used_count < STRACE_PROCESSES_MAX &&
		    table_add(&all->by_pid, hash_of(pid), all->used_count))
			process = &all->used[all->used_count++];
		else
			import->run_builder->lost.processes++;
	}
	if (process == &all->single && process->is_used)
		return process;
	*process = (struct strace_process){ .pid = pid, .is_used = true };
	process->image = image_of_new(import, all);
	return process;
}

void strace_process_end(struct strace_processes *all, int pid)
{
	uint32_t place = pid == 0 ? TABLE_NONE : find(all, pid), last = all->used_count - 1;

	if (place == TABLE_NONE)
		return;
	/* The last one moves into its place. */
	table_remove(&all->by_pid, hash_of(pid), place);
	if (place != last) {
		uint32_t hash = hash_of(all->used[last].pid);

		table_remove(&all->by_pid, hash, last);
		table_add(&all->by_pid, hash, place);
		all->used[place] = all->used[last];
	}
	all->used_count--;
}

void strace_processes_clear(struct strace_processes *all)
{
	table_free(&all->by_pid);
}

enum abi strace_process_abi(const struct import *import, const struct strace_process *process)
{
	return process->has_abi ? process->abi : import->run_builder->images[process->image].abi;
}

/* ---- fork ---- */

void strace_fork_begin(const struct strace_process *process, struct strace_processes *all,
		       const char *line, size_t length)
{
	static const char thread[] = "CLONE_THREAD";

	all->has_parent = true;
	all->parent_image = process->image;
	all->is_thread = memmem(line, length, thread, sizeof(thread) - 1);
}

void strace_fork_end(struct import *import, struct strace_processes *all,
		     const struct strace_process *process, int child)
{
	/* Another may have called fork meanwhile; this one's image is known for sure. */
	all->parent_image = process->image;
	if (child > 0) {
		struct strace_process *new = strace_process_find(import, all, child);

		if (process->has_abi && !new->has_abi) {
			new->has_abi = true;
			new->abi = process->abi;
		}
	}
}

/* ---- execve ---- */

static int digit_of(char c, int base)
{
	int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;

	return digit < base ? digit : -1;
}

/* One character of a string as strace prints it: C's escapes, octal of up to three digits. */
static const char *decode(const char *at, const char *end, char *byte)
{
	static const char letters[] = "n\nt\tr\rv\vf\fa\ab\be\033";
	int base = 8, digits = 3, value = 0;

	if (*at != '\\' || at + 1 == end) {
		*byte = *at;
		return at + 1;
	}
	at++;
	if (*at == 'x') {
		at++;
		base = 16;
		digits = 2;
	} else if (digit_of(*at, 8) < 0) {
		const char *letter = NULL;

		for (size_t i = 0; i + 1 < sizeof(letters); i += 2)
			if (letters[i] == *at)
				letter = &letters[i + 1];
		*byte = letter ? *letter : *at;
		return at + 1;
	}
	while (digits-- > 0 && at < end && digit_of(*at, base) >= 0)
		value = value * base + digit_of(*at++, base);
	*byte = (char)value;
	return at;
}

void strace_exec_begin(struct strace_processes *all, int pid, const char *arguments,
		       const char *end)
{
	struct strace_exec *exec = NULL;
	const char *at = memchr(arguments, '"', (size_t)(end - arguments));
	const char *array = memchr(arguments, '[', (size_t)(end - arguments));
	size_t used = 0;

	for (size_t i = 0; i < STRACE_EXECS; i++) {
		if (all->execs[i].pid == pid + 1 || (!exec && all->execs[i].pid == 0))
			exec = &all->execs[i];
	}
	if (!exec)
		return;
	exec->pid = pid + 1; /* 0 is a process too: that of a log without PIDs */
	/* A path that was not decoded (-X raw, a bad pointer): the first quote is argv's. */
	if (at && array && array < at)
		at = NULL;
	for (at = at ? at + 1 : end; at < end && *at != '"' && used + 1 < STRACE_PATH;) {
		char byte;

		at = decode(at, end, &byte);
		if (byte)
			exec->path[used++] = byte;
	}
	exec->path[used] = '\0';
}

void strace_exec_end(struct import *import, struct strace_processes *all, int pid, bool is_done)
{
	struct strace_process *process = strace_process_find(import, all, pid);
	const char *path = "";

	for (size_t i = 0; i < STRACE_EXECS; i++) {
		if (all->execs[i].pid != pid + 1)
			continue;
		all->execs[i].pid = 0;
		path = all->execs[i].path;
	}
	if (!is_done)
		return;
	process->has_abi = false;
	process->image = run_builder_image(import->run_builder, path, 0, false);
}
