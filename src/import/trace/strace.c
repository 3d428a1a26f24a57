// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads logs of strace 4 to 6. A line has a prefix with optional parts (PID, times, the call's number, the
 * instruction pointer), followed by a call, the second half of a call that another process interrupted, a
 * signal, an exit, a stack frame, or a message of strace. A call counts when it is entered. Results matter
 * only for forks and execve. No memory is allocated per line.
 *
 * strace reports that a process runs in another mode on standard error, not in the file of -o. So a process
 * whose calls are only in the 32-bit table is treated as 32-bit from its execve on.
 */
#include "import/trace/strace.h"

#include "common/cleanup.h"
#include "common/word.h"

#include <limits.h>

#define PID_MAX_LIMIT 4194304 /* include/linux/threads.h; a larger number is a time */

#define COMM_ROOM 17 /* "<", TASK_COMM_LEN - 1 bytes, ">" */

struct prefix {
	int pid; /* 0 none */
	bool has_nr;
	int nr;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at, const char *end, uint64_t *value)
{
	*value = 0;
	for (; at < end && is_digit(*at); at++)
		if (*value < UINT64_MAX / 16)
			*value = *value * 10 + (uint64_t)(*at - '0');
	return at;
}

/* "<comm>" behind a PID (-Y), which may hold any bytes, and the PID in another namespace. */
static const char *skip_comm(const char *at, const char *end)
{
	if (at < end && *at == '<') {
		size_t left = (size_t)(end - at), room = left < COMM_ROOM ? left : COMM_ROOM;
		const char *close = memrchr(at, '>', room);

		at = close ? close + 1 : at + 1;
	}
	if (has_prefix(at, (size_t)(end - at), " /*")) {
		const char *close = memmem(at, (size_t)(end - at), "*/", 2);

		at = close ? close + 2 : at;
	}
	return at;
}

/* "[pid  123] ", "[ 59] " (-n), "[00007fc6f76fdad7] " (-i), "[????????????????] ". */
static const char *skip_bracket(const char *at, const char *end, struct prefix *prefix)
{
	const char *close = memchr(at, ']', (size_t)(end - at)), *inside = at + 1;
	uint64_t number;

	if (!close)
		return NULL;
	if (has_prefix(inside, (size_t)(close - inside), "pid ")) {
		for (inside += 4; inside < close && *inside == ' ';)
			inside++;
		inside = skip_digits(inside, close, &number);
		if (number == 0 || number > INT_MAX - 1)
			return NULL;
		prefix->pid = (int)number;
		if (inside < end && *inside == '<') {
			inside = skip_comm(inside, end);
			close = memchr(inside, ']', (size_t)(end - inside));
		}
		return close ? close + 1 : NULL;
	}
	while (inside < close && *inside == ' ')
		inside++;
	/* An address has 8 or 16 digits, with zeros in front; a number has none. */
	if (inside < close && (*inside != '0' || close - inside == 1) && close - inside <= 10) {
		const char *stop = skip_digits(inside, close, &number);

		if (stop == close && number <= UINT32_MAX) {
			prefix->has_nr = true;
			prefix->nr = (int)(uint32_t)number;
		}
	}
	return close + 1;
}

/* Behind the prefix, or NULL where it is none. */
static const char *skip_prefix(const char *at, const char *end, struct prefix *prefix)
{
	while (at < end) {
		uint64_t number;

		if (*at == ' ') {
			at++;
		} else if (is_digit(*at)) {
			const char *stop = skip_digits(at, end, &number);

			if (stop < end && (*stop == '.' || *stop == ':')) {
				while (stop < end && *stop != ' ')
					stop++;
			} else if (!prefix->pid && number <= PID_MAX_LIMIT && number > 0) {
				prefix->pid = (int)number;
				stop = skip_comm(stop, end);
			}
			if (stop < end && *stop != ' ')
				return NULL;
			at = stop;
		} else if (*at == '[') {
			if (has_prefix(at, (size_t)(end - at), "[ Process "))
				return at;
			at = skip_bracket(at, end, prefix);
			if (!at)
				return NULL;
		} else if (*at == '(' && at + 1 < end && at[1] == '+') {
			at = memchr(at, ')', (size_t)(end - at));
			if (!at)
				return NULL;
			at++;
		} else {
			break;
		}
	}
	return at;
}

/* ---- calls ---- */

/* What a call's name means beyond itself. */
static const struct {
	const char *name;
	enum strace_role role;
} roles[] = {
	{ "clone", ROLE_FORK },
	{ "clone3", ROLE_FORK },
	{ "fork", ROLE_FORK },
	{ "vfork", ROLE_FORK },
	{ "execve", ROLE_EXECVE },
	{ "execveat", ROLE_EXECVE },
	{ "restart_syscall", ROLE_RESTART },
};

static enum strace_role role_of(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		if (roles[i].name[0] == name[0] && is_word(name, length, roles[i].name))
			return roles[i].role;
	return ROLE_NONE;
}

/* Where the value stands that the call returned: behind the last " = ", outside of a string in any
 * line that is whole. */
static const char *find_result(const char *line, const char *end)
{
	const char *at = end;

	while ((at = memrchr(line, '=', (size_t)(at - line)))) {
		if (at > line && at[-1] == ' ' && at + 1 < end && at[1] == ' ')
			return at + 2;
	}
	return NULL;
}

static void handle_result(struct import *import, struct strace_process *process, int pid,
			  enum strace_role role, const char *result, const char *end)
{
	struct strace *strace = import->state;
	uint64_t value = 0;
	bool is_number = result < end && is_digit(*result);

	skip_digits(result, end, &value);
	if (role == ROLE_FORK)
		strace_fork_end(import, &strace->processes, process,
				is_number && value <= PID_MAX_LIMIT ? (int)value : 0);
	else if (role == ROLE_EXECVE)
		strace_exec_end(import, &strace->processes, pid, is_number && value == 0);
}

/* i386's and s390x's multiplexers: strace prints the inner call's name, and since Linux 4.3 most of
 * these have numbers of their own too. Only -n tells which it was. */
static const char *multiplexer_of(const char *name, size_t length)
{
	static const char *const sockets[] = {
		"socket",      "bind",	      "connect",    "listen",	  "accept",
		"getsockname", "getpeername", "socketpair", "send",	  "recv",
		"sendto",      "recvfrom",    "shutdown",   "setsockopt", "getsockopt",
		"sendmsg",     "recvmsg",     "accept4",    "recvmmsg",	  "sendmmsg",
	};
	static const char *const ipcs[] = {
		"semop",  "semget", "semctl", "semtimedop", "msgsnd", "msgrcv",
		"msgget", "msgctl", "shmat",  "shmdt",	    "shmget", "shmctl",
	};

	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++)
		if (is_word(name, length, sockets[i]))
			return "socketcall";
	for (size_t i = 0; i < ARRAY_SIZE(ipcs); i++)
		if (is_word(name, length, ipcs[i]))
			return "ipc";
	return NULL;
}

static bool has_multiplexer(enum abi abi)
{
	return abi == ABI_I386 || abi == ABI_S390X || abi == ABI_PPC64LE;
}

/* Counts a call by its name; the ABI is the process's, or, where only the 32-bit table has the name,
 * that one from the process's execve on. */
static const char *count_name(struct import *import, const struct strace_process *process,
			      const char *name, size_t length, struct run_builder_row **row)
{
	enum abi abi = strace_process_abi(import, process), other = ABI_I386;
	const char *multiplexer = NULL;
	int nr;

	if (!names_find(&import->run_builder->names, abi, name, length, &nr)) {
		if (abi == ABI_AARCH64)
			other = ABI_ARM;
		if (has_multiplexer(abi) && (multiplexer = multiplexer_of(name, length))) {
			names_find(&import->run_builder->names, abi, multiplexer,
				   strlen(multiplexer), &nr);
			*row = run_builder_add(import->run_builder, process->image, abi, nr, 1);
			return NULL;
		}
		if ((abi != ABI_X86_64 && abi != ABI_AARCH64) || process->has_abi ||
		    (!names_find(&import->run_builder->names, other, name, length, &nr) &&
		     !multiplexer_of(name, length)))
			return "no system call has this name";
		run_builder_move(import->run_builder, process->image, abi, other);
		return count_name(import, process, name, length, row);
	}
	*row = run_builder_begin(import->run_builder, process->image, abi, nr);
	if (has_multiplexer(abi) && (multiplexer = multiplexer_of(name, length)) &&
	    names_find(&import->run_builder->names, abi, multiplexer, strlen(multiplexer), &nr))
		run_builder_add(import->run_builder, process->image, abi, nr, 0);
	return NULL;
}

static bool is_number_of(struct import *import, enum abi abi, const char *name, size_t length,
			 int nr)
{
	struct call_names *names = &import->run_builder->names;
	const char *multiplexer = has_multiplexer(abi) ? multiplexer_of(name, length) : NULL;
	int number;

	return (names_find(names, abi, name, length, &number) && number == nr) ||
	       (multiplexer && names_find(names, abi, multiplexer, strlen(multiplexer), &number) &&
		number == nr);
}

static const char *count_call(struct import *import, const struct strace_process *process,
			      const struct prefix *prefix, const char *name, size_t length,
			      struct run_builder_row **row)
{
	enum abi abi = strace_process_abi(import, process);

	if (!prefix->has_nr)
		return count_name(import, process, name, length, row);
	/* A number of -n is the truth, whatever name strace gives it; the ABI whose number it is
	 * for that name may be the 32-bit one, of this call alone: 64-bit programs can make such. */
	if (!process->has_abi && abi == ABI_X86_64 && !(prefix->nr & X32_BIT) &&
	    !is_number_of(import, abi, name, length, prefix->nr) &&
	    is_number_of(import, ABI_I386, name, length, prefix->nr))
		abi = ABI_I386;
	if (abi == ABI_X86_64 && prefix->nr > 0 && prefix->nr & X32_BIT)
		abi = ABI_X32;
	*row = run_builder_begin(import->run_builder, process->image, abi, prefix->nr);
	return NULL;
}

/* "restart_syscall(<... resuming interrupted read ...>": strace came while a process was in it. */
static void see_interrupted(struct import *import, const struct strace_process *process,
			    const char *arguments, const char *end)
{
	static const char words[] = "<... resuming interrupted ";
	struct run_builder_row *row;
	const char *stop;

	if (!has_prefix(arguments, (size_t)(end - arguments), words))
		return;
	arguments += sizeof(words) - 1;
	for (stop = arguments; stop < end && is_name_byte(*stop);)
		stop++;
	if (has_prefix(arguments, (size_t)(stop - arguments), "system") ||
	    count_name(import, process, arguments, (size_t)(stop - arguments), &row))
		return;
	run_builder_set_source(import->run_builder, row, NULL);
}

static bool has_ending(const char *at, const char *end, const char *ending)
{
	size_t length = strlen(ending);

	return (size_t)(end - at) >= length && memcmp(end - length, ending, length) == 0;
}

/* Whether a call without a result is one that strace leaves so: it goes on in a later line. */
static bool is_unfinished(const char *at, const char *end)
{
	static const char *const endings[] = { "<unfinished ...>", "<detached ...>",
					       "<ptrace(SYSCALL):No such process>" };

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (has_ending(at, end, endings[i]))
			return true;
	return false;
}

/* "clone(child_stack=NULL, strace: Process 7 attached": on standard error a message of strace's own
 * may cut a line in two. */
static bool is_split(const char *at, const char *end)
{
	return has_ending(at, end, " attached") || has_ending(at, end, " (waiting for parent)");
}

/* Only where the row is of the call whose name is printed: not of a multiplexer, nor of one whose older
 * kin strace calls by the same name. */
static void tell_arguments(struct import *import, enum abi abi, const char *name, const char *open,
			   const char *end)
{
	struct strace *strace = import->state;
	const struct syscall_arguments *table = strace->row ? strace->row->table : NULL;
	uint64_t values[ARGUMENTS_MAX] = { 0 };
	size_t length = (size_t)(open - name);
	bool is_told;

	if (!table)
		return;
	is_told = is_word(name, length, table->name) &&
		  strace_arguments(strace->words, abi, table, open + 1, end, values);
	run_builder_set_source(import->run_builder, strace->row, is_told ? values : NULL);
}

static const char *read_call(struct import *import, const struct prefix *prefix, const char *name,
			     const char *open, const char *end)
{
	struct strace *strace = import->state;
	int pid = prefix->pid ? prefix->pid : strace->file_pid;
	struct strace_process *process = strace_process_find(import, &strace->processes, pid);
	size_t length = (size_t)(open - name);
	const char *result = find_result(open, end), *wrong;
	enum strace_role role = role_of(name, length);

	/* The first execve is strace's own child: what comes before it is no part of the program. */
	if (role == ROLE_EXECVE && !strace->has_calls)
		process->image = run_builder_image(import->run_builder, "", 0, true);
	strace->has_calls = true;
	wrong = count_call(import, process, prefix, name, length, &strace->row);
	if (wrong)
		return wrong;
	tell_arguments(import, strace_process_abi(import, process), name, open, end);
	if (strace->row && strace->row->stack)
		strace->row = NULL;
	if (role == ROLE_FORK)
		strace_fork_begin(process, &strace->processes, open, (size_t)(end - open));
	else if (role == ROLE_EXECVE)
		strace_exec_begin(&strace->processes, pid, open, end);
	else if (role == ROLE_RESTART)
		see_interrupted(import, process, open + 1, end);
	if (!result && is_split(open, end)) {
		strace->has_split = true;
		strace->split_pid = pid;
		strace->split_role = role;
		return NULL;
	}
	if (!result || is_unfinished(result, end))
		return is_unfinished(open, end) ? NULL
						: "cut short: the call is counted, but its end is "
						  "missing";
	if (role != ROLE_NONE)
		handle_result(import, process, pid, role, result, end);
	return NULL;
}

/* "<... read resumed>..., 4096) = 12": the call was counted where it began. */
static const char *read_resumed(struct import *import, const struct prefix *prefix, const char *at,
				const char *end)
{
	struct strace *strace = import->state;
	int pid = prefix->pid ? prefix->pid : strace->file_pid;
	struct strace_process *process = strace_process_find(import, &strace->processes, pid);
	const char *name = at + strlen("<... "), *stop = name, *result;
	enum strace_role role;

	while (stop < end && is_name_byte(*stop))
		stop++;
	if (has_prefix(stop, (size_t)(end - stop), "??\? resumed"))
		return NULL;
	if (stop == name || !has_prefix(stop, (size_t)(end - stop), " resumed"))
		return "neither a call nor a resumed one";
	role = role_of(name, (size_t)(stop - name));
	result = find_result(stop, end);
	if (role != ROLE_NONE && result)
		handle_result(import, process, pid, role, result, end);
	/* Its beginning may stand before the log's. */
	if (role == ROLE_NONE && !prefix->has_nr) {
		const char *wrong =
			count_name(import, process, name, (size_t)(stop - name), &strace->row);

		if (wrong)
			return wrong;
		if (strace->row && strace->row->count > 1) {
			strace->row->count--;
			import->run_builder->total--;
		} else {
			run_builder_set_source(import->run_builder, strace->row, NULL);
		}
		if (strace->row && strace->row->stack)
			strace->row = NULL;
	}
	return NULL;
}

/* ---- everything else ---- */

static bool read_notice(struct import *import, const char *at, const char *end)
{
	static const char start[] = "[ Process PID=", runs[] = " runs in ", own[] = "strace: ";
	struct strace *strace = import->state;
	struct strace_process *process;
	uint64_t pid;

	/* Before version 5.6 it begins as its other messages do. */
	if (has_prefix(at, (size_t)(end - at), own))
		at += sizeof(own) - 1;
	if (!has_prefix(at, (size_t)(end - at), start))
		return false;
	at = skip_digits(at + sizeof(start) - 1, end, &pid);
	at = memmem(at, (size_t)(end - at), runs, sizeof(runs) - 1);
	if (!at || pid > PID_MAX_LIMIT)
		return true;
	at += sizeof(runs) - 1;
	/* Without -f the lines have no PID. */
	process = strace_process_find(
		import, &strace->processes,
		strace->processes.used_count || !strace->processes.single.is_used ? (int)pid : 0);
	process->has_abi =
		strace_table_mode(import->settings->abi, at, (size_t)(end - at), &process->abi);
	if (strace->processes.single.is_used && process != &strace->processes.single &&
	    strace->processes.used_count == 1) {
		strace->processes.single.has_abi = process->has_abi;
		strace->processes.single.abi = process->abi;
	}
	return true;
}

/* What strace says of itself. */
static bool is_message(const char *at, const char *end)
{
	static const char *const starts[] = { "strace: ", "Process ",	 "System call usage",
					      "---",	  "<unfinished", "> ",
					      "??\?(",	  "<detached",	 "???" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (has_prefix(at, (size_t)(end - at), starts[i]))
			return true;
	return false;
}

static const char *read_other(struct import *import, const struct prefix *prefix, const char *line,
			      const char *at, const char *end)
{
	struct strace *strace = import->state;
	int pid = prefix->pid ? prefix->pid : strace->file_pid;

	if (has_prefix(at, (size_t)(end - at), "<... "))
		return read_resumed(import, prefix, at, end);
	if (has_prefix(at, (size_t)(end - at), "+++ ")) {
		/* "+++ superseded by execve in pid 7 +++": the thread's PID lives on. */
		if (!has_prefix(at, (size_t)(end - at), "+++ superseded"))
			strace_process_end(&strace->processes, pid);
		return NULL;
	}
	if (strace_table_is_title(&strace->table, at, (size_t)(end - at)) ||
	    read_notice(import, at, end))
		return NULL;
	if (strace_table_is_head(line, (size_t)(end - line))) {
		strace_table_begin(&strace->table, line, (size_t)(end - line));
		return NULL;
	}
	if (has_prefix(at, (size_t)(end - at), "??\?("))
		import->run_builder->lost.calls++;
	if (at == end || is_message(at, end))
		return NULL;
	if (strace->has_split && find_result(line, end)) {
		strace->has_split = false;
		handle_result(import,
			      strace_process_find(import, &strace->processes, strace->split_pid),
			      strace->split_pid, strace->split_role, find_result(line, end), end);
		return NULL;
	}
	return "not a line of strace";
}

static const char *read_line(struct import *import, const char *line, size_t length)
{
	struct strace *strace = import->state;
	const char *end = line + length, *at, *stop;
	struct prefix prefix = { 0 };

	if (length > 2 && line[0] == ' ' && line[1] == '>') {
		if (strace->row)
			strace_stack_line(import, strace->row, line, length);
		return NULL;
	}
	strace->row = NULL;
	if (strace->table.is_open)
		return strace_table_line(import, &strace->table, strace->has_calls, line, length);
	at = skip_prefix(line, end, &prefix);
	if (!at)
		return "not a line of strace";
	for (stop = at; stop < end && is_name_byte(*stop);)
		stop++;
	if (stop > at && stop < end && *stop == '(')
		return read_call(import, &prefix, at, stop, end);
	return read_other(import, &prefix, line, at, end);
}

/* ---- files ---- */

/* `strace -ff -o LOG` writes LOG.PID: a file's PID, and how much of its path all have. */
static size_t stem(const char *path)
{
	size_t length = strlen(path), digits = 0;

	while (digits < length && is_digit(path[length - 1 - digits]))
		digits++;
	if (!digits || digits > 7 || digits + 1 >= length || path[length - 1 - digits] != '.')
		return 0;
	return length - 1 - digits;
}

static void begin(struct import *import, const char *path)
{
	struct strace *strace = import->state;
	size_t length = stem(path);
	uint64_t pid = 0;

	if (length)
		skip_digits(path + length + 1, path + strlen(path), &pid);
	strace->file_pid = pid <= PID_MAX_LIMIT ? (int)pid : 0;
	strace->row = NULL;
	strace->table.is_open = false;
}

static bool looks_like_strace(const char *line, size_t length)
{
	const char *end = line + length, *at, *stop;
	struct prefix prefix = { 0 };

	if (strace_table_is_head(line, length))
		return memmem(line, length, "calls", 5) && memmem(line, length, "time", 4);
	at = skip_prefix(line, end, &prefix);
	for (stop = at; stop && stop < end && is_name_byte(*stop);)
		stop++;
	if (at && stop > at && stop < end && *stop == '(')
		return find_result(stop, end) || is_unfinished(stop, end);
	return at && at < end &&
	       (has_prefix(at, (size_t)(end - at), "<... ") ||
		has_prefix(at, (size_t)(end - at), "strace: Process") ||
		has_prefix(at, (size_t)(end - at), "strace: [ Process PID=") ||
		has_prefix(at, (size_t)(end - at), "[ Process PID="));
}

static bool sniff(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 100, looks_like_strace);
}

static void clear(void *state)
{
	struct strace *strace = state;

	strace_processes_clear(&strace->processes);
}

const struct importer importer_strace = {
	.name = "strace",
	.summary = "logs of strace, or its summary",
	.sniff = sniff,
	.state_size = sizeof(struct strace),
	.clear_state = clear,
	.begin = begin,
	.line = read_line,
	.stem = stem,
};
