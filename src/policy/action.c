// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An action is the kernel's own 32 bits: a kind in the upper half, data in the lower. A name is the
 * kind's, with the data after a colon where there is any; what has no name is written in hex, so
 * that every value can be written and read back.
 */
#include "policy/action.h"

#include "common/cleanup.h"
#include "common/word.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What the kernel does with a kind that it does not know is to kill the process
 * (kernel/seccomp.c: __seccomp_filter, the default of its switch). */
static const struct {
	const char *name;
	uint32_t kind;
} kinds[] = {
	{ "allow", SECCOMP_RET_ALLOW },
	{ "errno", SECCOMP_RET_ERRNO },
	{ "kill_process", SECCOMP_RET_KILL_PROCESS },
	{ "kill_thread", SECCOMP_RET_KILL_THREAD },
	{ "log", SECCOMP_RET_LOG },
	{ "notify", SECCOMP_RET_USER_NOTIF },
	{ "trace", SECCOMP_RET_TRACE },
	{ "trap", SECCOMP_RET_TRAP },
	/* As systemd's SystemCallErrorNumber= and audit's readers have it. */
	{ "kill", SECCOMP_RET_KILL_THREAD },
};

/* Two names for one number; strerrorname_np() gives one of them. */
static const struct {
	const char *name;
	int number;
} errno_aliases[] = {
	{ "EDEADLOCK", EDEADLOCK },
	{ "ENOTSUP", ENOTSUP },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EWOULDBLOCK", EWOULDBLOCK },
};

#define ERRNO_MAX 4095 /* include/linux/err.h: MAX_ERRNO */

const char *action_format(uint32_t action, char *buffer, size_t size)
{
	uint32_t kind = action & SECCOMP_RET_ACTION_FULL, data = action & SECCOMP_RET_DATA;
	const char *name;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].kind != kind)
			continue;
		name = kind == SECCOMP_RET_ERRNO && data ? strerrorname_np((int)data) : NULL;
		if (name)
			snprintf(buffer, size, "%s:%s", kinds[i].name, name);
		else if (data || kind == SECCOMP_RET_ERRNO)
			snprintf(buffer, size, "%s:%u", kinds[i].name, data);
		else
			snprintf(buffer, size, "%s", kinds[i].name);
		return buffer;
	}
	snprintf(buffer, size, "0x%08x", action);
	return buffer;
}

/* Digits to the end, no sign, no blank, at most LIMIT. */
static bool parse_digits(const char *text, unsigned base, uint32_t limit, uint32_t *value)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t sum = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		char lower = (char)(*text >= 'A' && *text <= 'F' ? *text + 32 : *text);
		const char *digit = strchr(digits, lower);

		if (!digit || (size_t)(digit - digits) >= base)
			return false;
		sum = sum * base + (uint64_t)(digit - digits);
		if (sum > limit)
			return false;
	}
	*value = (uint32_t)sum;
	return true;
}

static bool parse_errno(const char *text, uint32_t *value)
{
	if (parse_digits(text, 10, SECCOMP_RET_DATA, value))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(errno_aliases); i++) {
		if (strcmp(text, errno_aliases[i].name) == 0) {
			*value = (uint32_t)errno_aliases[i].number;
			return true;
		}
	}
	for (int number = 1; number <= ERRNO_MAX; number++) {
		const char *name = strerrorname_np(number);

		if (name && strcmp(text, name) == 0) {
			*value = (uint32_t)number;
			return true;
		}
	}
	return false;
}

int action_parse(const char *text, uint32_t *action)
{
	size_t length = strcspn(text, ":");
	const char *data = text[length] ? text + length + 1 : NULL;
	uint32_t value = 0;

	if (strncmp(text, "0x", 2) == 0)
		return parse_digits(text + 2, 16, UINT32_MAX, action) ? 0 : -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!is_word(text, length, kinds[i].name))
			continue;
		if (kinds[i].kind == SECCOMP_RET_ERRNO) {
			if (!data || !parse_errno(data, &value))
				return -EINVAL;
		} else if (data && !parse_digits(data, 10, SECCOMP_RET_DATA, &value)) {
			return -EINVAL;
		}
		*action = kinds[i].kind | value;
		return 0;
	}
	return -EINVAL;
}

uint32_t action_stronger(uint32_t a, uint32_t b)
{
	int32_t kind_of_a = (int32_t)(a & SECCOMP_RET_ACTION_FULL);
	int32_t kind_of_b = (int32_t)(b & SECCOMP_RET_ACTION_FULL);

	return kind_of_b < kind_of_a ? b : a;
}

uint32_t action_outcome(uint32_t answer)
{
	uint32_t data = answer & SECCOMP_RET_DATA;

	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		return SECCOMP_RET_ERRNO | (data > ERRNO_MAX ? ERRNO_MAX : data);
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_TRACE:
		return answer;
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_KILL_THREAD:
		return answer & SECCOMP_RET_ACTION_FULL;
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

bool action_allows(uint32_t action)
{
	uint32_t kind = action & SECCOMP_RET_ACTION_FULL;

	return kind == SECCOMP_RET_ALLOW || kind == SECCOMP_RET_LOG;
}
