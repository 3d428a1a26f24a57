// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads the maps that bpftrace(8) prints at its end, with a call as key: its number (args->id), the probe's
 * name, or a name that the script derived from one. Other keys (comm, pid) may precede it.
 *
 *	@[12]: 3
 *	@calls[nginx, 257]: 81
 *	@[tracepoint:syscalls:sys_enter_read]: 5321
 *	@[kprobe:__x64_sys_read]: 7
 */
#include "import/common/importer.h"

#include "common/cleanup.h"

#define KEYS_MAX 8

struct row {
	const char *keys[KEYS_MAX];
	size_t lengths[KEYS_MAX];
	unsigned count;
	uint64_t number;
};

static bool parse(const char *line, size_t length, struct row *row)
{
	const char *end = line + length, *open = memchr(line, '[', length), *close;

	row->count = 0;
	if (!length || line[0] != '@' || !open)
		return false;
	for (const char *at = line + 1; at < open; at++)
		if (!is_name_byte(*at))
			return false;
	close = memmem(open, (size_t)(end - open), "]: ", 3);
	if (!close || !import_number(close + 3, (size_t)(end - close - 3), &row->number))
		return false;
	for (const char *at = open + 1; row->count < KEYS_MAX;) {
		const char *comma = memmem(at, (size_t)(close - at), ", ", 2);

		row->keys[row->count] = at;
		row->lengths[row->count++] = (size_t)((comma ? comma : close) - at);
		if (!comma)
			break;
		at = comma + 2;
	}
	return true;
}

/* The call's name in a probe's. */
static void strip(const char **key, size_t *length)
{
	static const char *const prefixes[] = { "sys_enter_",	"sys_exit_",	  "__x64_sys_",
						"__arm64_sys_", "__do_sys_",	  "__se_sys_",
						"ksys_",	"__ia32_compat_", "sys_" };
	const char *colon = memrchr(*key, ':', *length);

	if (colon) {
		*length -= (size_t)(colon + 1 - *key);
		*key = colon + 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (!has_prefix(*key, *length, prefixes[i]))
			continue;
		*key += strlen(prefixes[i]);
		*length -= strlen(prefixes[i]);
		return;
	}
}

/* The last key that is a call: before it stand whoever made it. */
static bool find_call(struct import *import, const struct row *row, unsigned *key, int *nr)
{
	enum abi abi = import->settings->abi;

	for (*key = row->count; (*key)-- > 0;) {
		const char *name = row->keys[*key];
		size_t length = row->lengths[*key];
		uint64_t number;

		if (import_number(name, length, &number) && number < RUN_BUILDER_NUMBERS) {
			*nr = (int)(abi == ABI_X32 ? number | X32_BIT : number);
			return true;
		}
		strip(&name, &length);
		if (names_find(&import->run_builder->names, abi, name, length, nr))
			return true;
	}
	return false;
}

static const char *read_line(struct import *import, const char *line, size_t length)
{
	char comm[64] = "";
	struct row row;
	uint64_t number;
	unsigned key;
	int nr;

	if (!parse(line, length, &row))
		return length == 0 || has_prefix(line, length, "Attaching ") ||
				       has_prefix(line, length, "Attached ")
			       ? NULL
			       : "not a count in a bpftrace map";
	if (!find_call(import, &row, &key, &nr))
		return "none of its keys is a system call of this ABI";
	for (unsigned i = 0; i < row.count; i++)
		if (i != key && !import_number(row.keys[i], row.lengths[i], &number) &&
		    row.lengths[i] < sizeof(comm))
			snprintf(comm, sizeof(comm), "%.*s", (int)row.lengths[i], row.keys[i]);
	run_builder_add(import->run_builder, run_builder_image(import->run_builder, comm, 0, false),
			import->settings->abi, nr, row.number);
	return NULL;
}

static bool is_row(const char *line, size_t length)
{
	struct row row;

	return parse(line, length, &row);
}

static bool sniff(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 100, is_row);
}

const struct importer importer_bpftrace = {
	.name = "bpftrace",
	.summary = "maps that bpftrace prints at its end",
	.sniff = sniff,
	.line = read_line,
};
