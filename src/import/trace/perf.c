// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * perf(1): the summaries and the lines of `perf trace`, and `perf script` of system call events.
 *
 *	 ls (25701), 290 events, 97.3%
 *	   mmap                  30      0     0.459     0.013     0.015     0.022      2.83%
 *	 0.071 ( 0.013 ms): ls/25718 brk()                          = 0x559e54089000
 *	 ls 25703 [000]  6067.875886: raw_syscalls:sys_enter: NR 12 (0, 7ffde448df0c, 0, 37f, 0, 0)
 *	 ls 25740 [001]  6069.101847:            syscalls:sys_enter_brk: brk: 0x00000000
 *
 * The events of raw_syscalls give numbers and arguments, not the ABI that they are of.
 */
#include "import/common/importer.h"

#include <limits.h>

struct perf {
	unsigned image; /* of the summary's block at hand */
	bool has_lines; /* `perf trace -S`: the calls of the summary stand above it */
};

#define COMM_ROOM 64

/* A program known by its comm. */
static unsigned image_of(struct import *import, const char *comm, size_t length)
{
	char name[COMM_ROOM];

	snprintf(name, sizeof(name), "%.*s", (int)(length < COMM_ROOM ? length : 0), comm);
	return run_builder_image(import->run_builder, name, 0, false);
}

/* ---- perf trace -s ---- */

/* " ls (25701), 290 events, 97.3%": the length of the name, 0 where it is none. */
static size_t block_name(const char *line, size_t length, const char **name)
{
	const char *end = line + length, *open = memmem(line, length, " (", 2), *at;

	*name = line;
	while (*name < end && **name == ' ')
		(*name)++;
	if (!open || open <= *name)
		return 0;
	for (at = open + 2; at < end && *at >= '0' && *at <= '9';)
		at++;
	if (at == open + 2 || !has_prefix(at, (size_t)(end - at), "), ") ||
	    !memmem(at, (size_t)(end - at), " events", 7))
		return 0;
	return (size_t)(open - *name);
}

static bool is_counted(struct import *import, const char *name, size_t length)
{
	enum abi abi = import->settings->abi;
	int nr;

	return names_find(&import->run_builder->names, abi, name, length, &nr) &&
	       run_builder_has(import->run_builder, abi, nr);
}

static const char *read_row(struct import *import, const char *line, size_t length)
{
	const struct perf *perf = import->state;
	const char *at = line, *end = line + length, *name, *word;
	size_t name_length, size;
	uint64_t count;

	if (!import_word(&at, end, &name, &name_length) || name[0] == '-' || name[0] == '(' ||
	    has_prefix(line, length, " Summary of events"))
		return NULL;
	if (!import_word(&at, end, &word, &size) || !import_number(word, size, &count))
		return has_prefix(name, name_length, "syscall") ? NULL : "not a line of perf trace";
	if (perf->has_lines && is_counted(import, name, name_length))
		return NULL;
	return import_count_name(import, perf->image, name, name_length, count);
}

/* ---- perf trace ---- */

/* Behind "( 0.013 ms): ", or NULL. */
static const char *behind_duration(const char *line, size_t length)
{
	const char *open = memchr(line, '(', length), *close;

	for (const char *at = line; open && at < open; at++)
		if (*at != ' ' && *at != '?' && *at != '.' && (*at < '0' || *at > '9'))
			return NULL;
	close = open ? memmem(open, length - (size_t)(open - line), "): ", 3) : NULL;
	return close ? close + 3 : NULL;
}

static const char *read_traced(struct import *import, const char *at, const char *end)
{
	static const char continued[] = "[continued]: ";
	const char *open, *name, *comm = at, *slash, *back;
	unsigned image;

	/* "ls/25718 ... [continued]: execve()" is the second half of a call. */
	back = memmem(at, (size_t)(end - at), continued, sizeof(continued) - 1);
	if (back)
		at = back + sizeof(continued) - 1;
	open = memchr(at, '(', (size_t)(end - at));
	if (!open)
		return "not a line of perf trace";
	for (name = open; name > at && is_name_byte(name[-1]);)
		name--;
	slash = memchr(comm, '/', (size_t)(name - comm));
	image = slash ? image_of(import, comm, (size_t)(slash - comm)) : image_of(import, "", 0);
	return import_count_name(import, image, name, (size_t)(open - name), back ? 0 : 1);
}

static const char *read_trace_line(struct import *import, const char *line, size_t length)
{
	struct perf *perf = import->state;
	const char *name, *behind = behind_duration(line, length);
	size_t size;

	if (behind)
		perf->has_lines = true;
	if (behind)
		return read_traced(import, behind, line + length);
	size = block_name(line, length, &name);
	if (!size)
		return read_row(import, line, length);
	perf->image = image_of(import, name, size);
	return NULL;
}

static bool is_trace(const char *line, size_t length)
{
	const char *name;

	return block_name(line, length, &name) ||
	       (behind_duration(line, length) && memmem(line, length, " ms): ", 6)) ||
	       has_prefix(line, length, " Summary of events:");
}

static bool sniff_trace(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 100, is_trace);
}

const struct importer importer_perf_trace = {
	.name = "perf-trace",
	.summary = "output of `perf trace`, or its summary",
	.sniff = sniff_trace,
	.state_size = sizeof(struct perf),
	.line = read_trace_line,
};

/* ---- perf script ---- */

static const char raw_event[] = "raw_syscalls:sys_enter: NR ";
static const char named_event[] = " syscalls:sys_enter_";

/* The comm before " 25703 [000]  6067.875886:", which may hold blanks itself. */
static unsigned image_before(struct import *import, const char *line, const char *event)
{
	const char *bracket = memrchr(line, '[', (size_t)(event - line)), *end;

	if (!bracket)
		return image_of(import, "", 0);
	for (end = bracket; end > line && end[-1] == ' ';)
		end--;
	/* "25703", or "25703/25703" of PID and thread */
	while (end > line && end[-1] != ' ')
		end--;
	while (end > line && end[-1] == ' ')
		end--;
	while (line < end && *line == ' ')
		line++;
	return image_of(import, line, (size_t)(end - line));
}

static const char *parse_hex(const char *at, const char *end, uint64_t *value)
{
	const char *start = at;

	for (*value = 0; at < end && at - start < 16; at++) {
		int digit = *at >= '0' && *at <= '9'   ? *at - '0'
			    : *at >= 'a' && *at <= 'f' ? *at - 'a' + 10
						       : -1;
		if (digit < 0)
			break;
		*value = *value << 4 | (unsigned)digit;
	}
	return at > start ? at : NULL;
}

static const char *read_raw(struct import *import, const char *line, const char *event,
			    const char *end)
{
	const char *at = event + sizeof(raw_event) - 1, *stop;
	uint64_t number, values[6];
	unsigned image = image_before(import, line, event);

	for (stop = at; stop < end && *stop >= '0' && *stop <= '9';)
		stop++;
	if (!import_number(at, (size_t)(stop - at), &number) || number > UINT32_MAX)
		return "an event without a system call number";
	at = has_prefix(stop, (size_t)(end - stop), " (") ? stop + 2 : NULL;
	for (unsigned i = 0; at && i < 6; i++) {
		at = parse_hex(at, end, &values[i]);
		if (at && has_prefix(at, (size_t)(end - at), ", "))
			at += 2;
		else if (at && i < 5)
			at = NULL;
	}
	if (at)
		run_builder_add_told(import->run_builder, image, import->settings->abi, (int)number,
				     values, 1);
	else
		run_builder_add(import->run_builder, image, import->settings->abi, (int)number, 1);
	return NULL;
}

static const char *read_script_line(struct import *import, const char *line, size_t length)
{
	const char *end = line + length, *name, *stop;
	const char *event = memmem(line, length, raw_event, sizeof(raw_event) - 1);

	if (event)
		return read_raw(import, line, event, end);
	event = memmem(line, length, named_event, sizeof(named_event) - 1);
	if (!event) /* of other events, of stacks, between them */
		return length == 0 || line[0] == '\t' || line[0] == '#' ||
				       memmem(line, length, "PERF_RECORD_", 12) ||
				       memmem(line, length, "syscalls:sys_exit", 17)
			       ? NULL
			       : "not a system call event";
	name = event + sizeof(named_event) - 1;
	for (stop = name; stop < end && is_name_byte(*stop);)
		stop++;
	return import_count_name(import, image_before(import, line, event), name,
				 (size_t)(stop - name), 1);
}

static bool is_event(const char *line, size_t length)
{
	return memmem(line, length, raw_event, sizeof(raw_event) - 1) ||
	       memmem(line, length, named_event, sizeof(named_event) - 1);
}

static bool sniff_script(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 1000, is_event);
}

const struct importer importer_perf_script = {
	.name = "perf-script",
	.summary = "`perf script` of the tracepoints of system calls",
	.sniff = sniff_script,
	.line = read_script_line,
};
