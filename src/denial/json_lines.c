// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads a line of `whittle watch --json` or `whittle explain --json`, so that other commands can use their
 * output. Unlike the journal's, these lines are few, so a JSON library reads them.
 */
#include "denial/denial.h"

#include "common/cleanup.h"
#include "policy/action.h"

#include <errno.h>
#include <jansson.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

static struct text copy_text(struct denial *denial, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	size_t length = json_string_length(value);
	struct denial_scratch *scratch = denial->scratch;
	char *to = scratch->bytes + scratch->used;

	if (!json_is_string(value) || length > sizeof(scratch->bytes) - scratch->used)
		return (struct text){ 0 };
	memcpy(to, json_string_value(value), length);
	scratch->used += length;
	return (struct text){ to, length };
}

static bool read_hex(const json_t *value, uint64_t *number)
{
	const char *text = json_string_value(value);
	char *end;

	if (!text || strncmp(text, "0x", 2) != 0)
		return false;
	errno = 0;
	*number = strtoull(text, &end, 16);
	return errno == 0 && *end == '\0';
}

static void read_arguments(struct denial *denial, const json_t *object)
{
	const json_t *values = json_object_get(object, "arguments");

	if (json_array_size(values) != 6)
		return;
	denial->has_arguments = true;
	for (unsigned i = 0; i < 6; i++)
		denial->has_arguments &= read_hex(json_array_get(values, i), &denial->arguments[i]);
}

static void read_action(struct denial *denial, const json_t *object)
{
	const char *action = json_string_value(json_object_get(object, "action"));

	if (!action)
		return;
	/* An errno that the source did not know. */
	denial->has_errno = strcmp(action, "errno") != 0;
	if (!denial->has_errno) {
		denial->has_action = true;
		denial->action = SECCOMP_RET_ERRNO;
		return;
	}
	denial->has_action = action_parse(action, &denial->action) == 0;
	denial->has_errno = denial->has_action && denial_verdict(denial) == SECCOMP_RET_ERRNO;
}

static int64_t read_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

enum denial_line denial_parse_told(const char *line, size_t length, struct denial *denial)
{
	json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	const json_t *name = json_object_get(object, "name"), *nr = json_object_get(object, "nr");
	const char *abi = json_string_value(json_object_get(object, "abi"));
	enum denial_line kind = DENIAL_LINE_BROKEN;
	int64_t count = read_number(object, "count"), time_us = read_number(object, "time_us");
	uint64_t arch = 0;

	if (json_is_integer(nr) && json_integer_value(nr) >= 0 &&
	    json_integer_value(nr) <= INT32_MAX && (json_is_string(name) || json_is_null(name)) &&
	    count > 0) {
		kind = DENIAL_LINE_RECORD;
		denial->source = DENIAL_FROM_BPF;
		denial->nr = (int)json_integer_value(nr);
		denial->count = (uint64_t)count;
		denial->has_abi = abi && abi_from_name(abi, &denial->abi) == 0;
		if (read_hex(json_object_get(object, "arch"), &arch))
			denial->audit_arch = (uint32_t)arch;
		denial->pid = read_number(object, "pid");
		denial->uid = read_number(object, "uid");
		denial->time_us = time_us > 0 ? (uint64_t)time_us : 0;
		denial->name = copy_text(denial, object, "name");
		denial->comm = copy_text(denial, object, "comm");
		denial->exe = copy_text(denial, object, "exe");
		denial->unit = copy_text(denial, object, "unit");
		denial->stack = copy_text(denial, object, "stack");
		read_action(denial, object);
		read_arguments(denial, object);
	}
	json_decref(object);
	return kind;
}
