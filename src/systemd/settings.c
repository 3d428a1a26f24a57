// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What one line of a unit file does to the settings before it: src/core/load-fragment.c,
 * config_parse_syscall_filter() and its neighbours, of systemd 247 to 257.
 *
 * SystemCallFilter= and RestrictAddressFamilies= work alike. The first line decides whether the setting is
 * an allowlist, and stays decisive until an empty line resets it. A line of the same sense adds names; one
 * of the other sense removes them. An allowlist of calls begins with @default.
 */
#include "systemd/settings.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "syscall/arguments.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"
#include "systemd/settings_line.h"

#include <ctype.h>
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define FAMILIES_MAX 64
#define ERRNO_MAX    4095

static const struct {
	const char *name;
	uint64_t flag;
	unsigned since; /* the first version that knows the name, stable releases included */
} namespaces[] = {
	{ "cgroup", CLONE_NEWCGROUP, 0 }, { "ipc", CLONE_NEWIPC, 0 },
	{ "net", CLONE_NEWNET, 0 },	  { "mnt", CLONE_NEWNS, 0 },
	{ "pid", CLONE_NEWPID, 0 },	  { "user", CLONE_NEWUSER, 0 },
	{ "uts", CLONE_NEWUTS, 0 },	  { "time", CLONE_NEWTIME, 252 },
};

static const char *const flag_names[SETTINGS_FLAGS] = {
	[SETTINGS_MEMORY_DENY_WRITE_EXECUTE] = "MemoryDenyWriteExecute",
	[SETTINGS_LOCK_PERSONALITY] = "LockPersonality",
	[SETTINGS_RESTRICT_REALTIME] = "RestrictRealtime",
	[SETTINGS_RESTRICT_SUID_SGID] = "RestrictSUIDSGID",
};

const char *settings_flag_name(enum settings_flag flag)
{
	return flag_names[flag];
}

struct unit_settings settings_new(unsigned version)
{
	return (struct unit_settings){ .version = version, .error_number = UNIT_FILTER_KILL };
}

static void reset_calls(struct unit_settings *settings)
{
	for (size_t i = 0; i < settings->calls_count; i++)
		free(settings->calls[i].name);
	free(settings->calls);
	settings->calls = NULL;
	settings->calls_count = 0;
	settings->filter = SETTINGS_NONE;
}

void settings_clean(struct unit_settings *settings)
{
	reset_calls(settings);
	*settings = settings_new(settings->version);
}

int settings_copy(const struct unit_settings *from, struct unit_settings *to, struct error *err)
{
	*to = *from;
	to->calls = NULL;
	to->calls_count = 0;
	for (size_t i = 0; i < from->calls_count; i++) {
		char *name = strdup(from->calls[i].name);

		if (!name || !array_grow_one(&to->calls, to->calls_count)) {
			free(name);
			settings_clean(to);
			return error_oom(err);
		}
		to->calls[to->calls_count++] =
			(struct settings_call){ .name = name, .error = from->calls[i].error };
	}
	return 0;
}

/* ---- values ---- */

/* The next word of a value; false: none is left. */
static bool next_word(const char **at, char *word, size_t size)
{
	size_t length;

	*at += strspn(*at, " \t\r\n");
	length = strcspn(*at, " \t\r\n");
	if (!length)
		return false;
	/* No name of anything is as long; what is cut is no name either. */
	snprintf(word, size, "%.*s", (int)(length < size ? length : size), *at);
	*at += length;
	return true;
}

/* Removes quotes, which some settings allow around a word. */
static void unquote(char *word)
{
	char *out = word;

	for (const char *in = word; *in; in++)
		if (*in != '"' && *in != '\'')
			*out++ = *in;
	*out = '\0';
}

/* parse_boolean(): -EINVAL if it is none. */
static int parse_boolean(const char *text)
{
	static const char *const yes[] = { "1", "yes", "y", "true", "t", "on" }, *const no[] = {
		"0", "no", "n", "false", "f", "off"
	};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (strcasecmp(text, yes[i]) == 0)
			return 1;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (strcasecmp(text, no[i]) == 0)
			return 0;
	return -EINVAL;
}

/* An errno by name or number, or "kill"; -EINVAL. */
static int parse_error(const char *text)
{
	char *end;
	long number;

	if (strcmp(text, "kill") == 0)
		return UNIT_FILTER_KILL;
	if (isdigit((unsigned char)*text)) {
		number = strtol(text, &end, 10);
		return *end || number > ERRNO_MAX ? -EINVAL : (int)number;
	}
	for (int error = 1; error <= ERRNO_MAX; error++) {
		const char *name = strerrorname_np(error);

		if (name && strcmp(name, text) == 0)
			return error;
	}
	/* strerrorname_np() has one name for each number. */
	if (strcmp(text, "EWOULDBLOCK") == 0)
		return EWOULDBLOCK;
	if (strcmp(text, "EDEADLOCK") == 0)
		return EDEADLOCK;
	return strcmp(text, "ENOTSUP") == 0 || strcmp(text, "EOPNOTSUPP") == 0 ? EOPNOTSUPP
									       : -EINVAL;
}

/* ---- SystemCallFilter= ---- */

/* Where the name is, or belongs, in the sorted array. */
static size_t call_place(const struct unit_settings *settings, const char *name)
{
	size_t low = 0, high = settings->calls_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(settings->calls[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool call_is_at(const struct unit_settings *settings, size_t place, const char *name)
{
	return place < settings->calls_count && strcmp(settings->calls[place].name, name) == 0;
}

bool settings_find(const struct unit_settings *settings, const char *name, int *error)
{
	size_t place = call_place(settings, name);

	if (!call_is_at(settings, place, name))
		return false;
	*error = settings->calls[place].error;
	return true;
}

/* systemd drops a name that no ABI has. */
static bool is_call(const struct unit_settings *settings, const char *name)
{
	for (unsigned abi = 0; abi < ABI_COUNT; abi++)
		if (syscall_number((enum abi)abi, name) >= 0)
			return true;
	return groups_know(settings->version, name);
}

static int put_call(struct unit_settings *settings, const char *name, int error)
{
	size_t place = call_place(settings, name);
	char *copy;

	if (call_is_at(settings, place, name)) {
		settings->calls[place].error = error;
		return 0;
	}
	if (!is_call(settings, name))
		return 0;
	copy = strdup(name);
	if (!copy || !array_grow_one(&settings->calls, settings->calls_count)) {
		free(copy);
		return -ENOMEM;
	}
	memmove(&settings->calls[place + 1], &settings->calls[place],
		(settings->calls_count - place) * sizeof(*settings->calls));
	settings->calls[place] = (struct settings_call){ .name = copy, .error = error };
	settings->calls_count++;
	return 0;
}

static void remove_call(struct unit_settings *settings, const char *name)
{
	size_t place = call_place(settings, name);

	if (!call_is_at(settings, place, name))
		return;
	free(settings->calls[place].name);
	settings->calls_count--;
	memmove(&settings->calls[place], &settings->calls[place + 1],
		(settings->calls_count - place) * sizeof(*settings->calls));
}

/* seccomp_parse_syscall_filter(): a call, or each call of a group. */
static int apply_call(struct unit_settings *settings, const char *name, bool is_inverted, int error)
{
	/* `~name:errno` in an allowlist is an entry too; before 249 it was one without effect, and
	 * the name was removed. */
	bool is_put = is_inverted == (settings->filter == SETTINGS_DENY) ||
		      (is_inverted && error >= 0 && settings->version >= 249);
	const char *const one[] = { name }, *const *members = one;
	size_t count = 1;
	int r = 0;

	if (name[0] == '@')
		count = groups_members(settings->version, name, &members);
	for (size_t i = 0; i < count && r == 0; i++)
		if (is_put)
			r = put_call(settings, members[i], error);
		else
			remove_call(settings, members[i]);
	return r;
}

static int set_filter(struct unit_settings *settings, const char *value)
{
	bool is_inverted = *value == '~';
	char word[128];
	int r = 0;

	if (!*value) {
		reset_calls(settings);
		return 0;
	}
	value += is_inverted;
	if (settings->filter == SETTINGS_NONE) {
		settings->filter = is_inverted ? SETTINGS_DENY : SETTINGS_ALLOW;
		if (!is_inverted)
			r = apply_call(settings, "@default", false, SETTINGS_OWN);
	}
	while (r == 0 && next_word(&value, word, sizeof(word))) {
		char *colon = strchr(word, ':');
		int error = colon ? parse_error(colon + 1) : SETTINGS_OWN;

		if (colon)
			*colon = '\0';
		/* A mistake, and an error for a call that is allowed: systemd ignores the entry. */
		if (!*word || (colon && (error < 0 || !is_inverted)))
			continue;
		r = apply_call(settings, word, is_inverted, error);
	}
	return r;
}

static int set_error_number(struct unit_settings *settings, const char *value)
{
	int error = *value ? parse_error(value) : UNIT_FILTER_KILL;

	if (error > 0)
		settings->error_number = error;
	return 0;
}

/* ---- the other settings ---- */

static int set_architectures(struct unit_settings *settings, const char *value)
{
	char word[64];

	if (!*value) {
		settings->has_architectures = settings->has_native = false;
		settings->architectures = 0;
	}
	while (next_word(&value, word, sizeof(word))) {
		/* Those for which whittle has no table. */
		static const char *const others[] = { "mips",	 "mips64",    "mips64-n32",
						      "mips-le", "mips64-le", "mips64-le-n32",
						      "ppc",	 "ppc64",     "s390",
						      "parisc",	 "parisc64",  "loongarch64" };
		bool is_known = false;

		unquote(word);
		if (strcmp(word, "native") == 0)
			is_known = settings->has_native = true;
		for (unsigned abi = 0; abi < ABI_COUNT; abi++)
			if (strcmp(word, abi_info((enum abi)abi)->systemd) == 0) {
				settings->architectures |= 1U << abi;
				is_known = true;
			}
		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			is_known |= strcmp(word, others[i]) == 0;
		settings->has_architectures |= is_known;
	}
	return 0;
}

/* 0 for what is no family. */
static uint64_t family_bit(const char *name)
{
	uint64_t family;

	if (strncmp(name, "AF_", 3) != 0 || strchr(name, '|') ||
	    argument_parse(ABI_X86_64, ARGUMENT_SOCKET_DOMAIN, name, &family) < 0 || family == 0 ||
	    family >= FAMILIES_MAX)
		return 0;
	return UINT64_C(1) << family;
}

static int set_families(struct unit_settings *settings, const char *value)
{
	bool is_inverted = *value == '~';
	char word[64];

	if (!*value || (strcmp(value, "none") == 0 && settings->version >= 249)) {
		settings->families = *value ? SETTINGS_ALLOW : SETTINGS_NONE;
		settings->families_is_none = *value != '\0';
		settings->families_listed = 0;
		return 0;
	}
	value += is_inverted;
	/* After "none" too, systemd has no set, and the line decides. */
	if (settings->families == SETTINGS_NONE || settings->families_is_none)
		settings->families = is_inverted ? SETTINGS_DENY : SETTINGS_ALLOW;
	settings->families_is_none = false;
	while (next_word(&value, word, sizeof(word))) {
		unquote(word);
		if (is_inverted == (settings->families == SETTINGS_DENY))
			settings->families_listed |= family_bit(word);
		else
			settings->families_listed &= ~family_bit(word);
	}
	return 0;
}

static uint64_t all_namespaces(void)
{
	uint64_t flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		flags |= namespaces[i].flag;
	return flags;
}

static int set_namespaces(struct unit_settings *settings, const char *value)
{
	bool is_inverted = *value == '~';
	int answer = parse_boolean(value);
	uint64_t flags = 0;
	char word[64];

	if (!*value || answer >= 0) {
		settings->has_namespaces = *value != '\0';
		settings->namespaces = answer > 0 ? 0 : all_namespaces();
		return 0;
	}
	value += is_inverted;
	while (next_word(&value, word, sizeof(word))) {
		uint64_t flag = 0;

		unquote(word);
		for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
			if (strcmp(word, namespaces[i].name) == 0 &&
			    settings->version >= namespaces[i].since)
				flag = namespaces[i].flag;
		/* systemd ignores the whole line. */
		if (!flag)
			return 0;
		flags |= flag;
	}
	if (!settings->has_namespaces)
		settings->namespaces = is_inverted ? all_namespaces() & ~flags : flags;
	else if (is_inverted)
		settings->namespaces &= ~flags;
	else
		settings->namespaces |= flags;
	settings->has_namespaces = true;
	return 0;
}

static int set_flag(struct unit_settings *settings, enum settings_flag flag, const char *value)
{
	int answer = parse_boolean(value);

	/* config_parse_bool(): an empty value is no boolean, and is ignored; from 255 on it is "no". */
	if (answer >= 0)
		settings->flags[flag] = answer;
	else if (!*value && settings->version >= 255)
		settings->flags[flag] = false;
	return 0;
}

static const struct {
	const char *key;
	int (*set)(struct unit_settings *settings, const char *value);
} setters[] = {
	{ "SystemCallFilter", set_filter },
	{ "SystemCallErrorNumber", set_error_number },
	{ "SystemCallArchitectures", set_architectures },
	{ "RestrictAddressFamilies", set_families },
	{ "RestrictNamespaces", set_namespaces },
};

int settings_set(struct unit_settings *settings, const char *key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(setters); i++)
		if (strcmp(key, setters[i].key) == 0)
			return setters[i].set(settings, value);
	for (unsigned i = 0; i < SETTINGS_FLAGS; i++)
		if (strcmp(key, flag_names[i]) == 0)
			return set_flag(settings, (enum settings_flag)i, value);
	return 0;
}

/* ---- as text ---- */

static void write_calls(const struct unit_settings *settings, FILE *out)
{
	bool is_deny = settings->filter == SETTINGS_DENY;

	/* The first line decides, and an allowlist may lack some of @default. */
	fprintf(out, "SystemCallFilter=\nSystemCallFilter=%s\n", is_deny ? "~" : "@default");
	if (!is_deny)
		fputs("SystemCallFilter=~@default\n", out);
	for (size_t i = 0; i < settings->calls_count; i++) {
		const struct settings_call *call = &settings->calls[i];

		fprintf(out, "SystemCallFilter=%s%s",
			is_deny || call->error != SETTINGS_OWN ? "~" : "", call->name);
		if (call->error == UNIT_FILTER_KILL)
			fputs(":kill", out);
		else if (call->error != SETTINGS_OWN)
			fprintf(out, ":%d", call->error);
		putc('\n', out);
	}
}

static void write_architectures(const struct unit_settings *settings, FILE *out)
{
	fputs("SystemCallArchitectures=\nSystemCallArchitectures=", out);
	if (settings->has_native)
		fputs("native", out);
	/* Only ABIs for which whittle has no table: one of them stands for all. */
	if (!settings->has_native && !settings->architectures)
		fputs("mips", out);
	for (unsigned abi = 0; abi < ABI_COUNT; abi++)
		if (settings->architectures & 1U << abi)
			fprintf(out, " %s", abi_info((enum abi)abi)->systemd);
	putc('\n', out);
}

static void write_families(const struct unit_settings *settings, FILE *out)
{
	char text[64];

	if (settings->families == SETTINGS_ALLOW && !settings->families_listed) {
		fputs("RestrictAddressFamilies=none\n", out);
		return;
	}
	fprintf(out, "RestrictAddressFamilies=%s", settings->families == SETTINGS_DENY ? "~" : "");
	for (unsigned family = 1; family < FAMILIES_MAX; family++)
		if (settings->families_listed & UINT64_C(1) << family)
			fprintf(out, "%s ",
				argument_format(ABI_X86_64, ARGUMENT_SOCKET_DOMAIN, family, 0, text,
						sizeof(text)));
	putc('\n', out);
}

static void write_namespaces(const struct unit_settings *settings, FILE *out)
{
	fputs("RestrictNamespaces=yes\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		if (settings->namespaces & namespaces[i].flag)
			fprintf(out, "RestrictNamespaces=%s\n", namespaces[i].name);
}

void settings_write(const struct unit_settings *settings, FILE *out)
{
	fputs("[Service]\n", out);
	if (settings->filter != SETTINGS_NONE)
		write_calls(settings, out);
	if (settings->error_number != UNIT_FILTER_KILL)
		fprintf(out, "SystemCallErrorNumber=%d\n", settings->error_number);
	if (settings->has_architectures)
		write_architectures(settings, out);
	if (settings->families != SETTINGS_NONE)
		write_families(settings, out);
	if (settings->has_namespaces)
		write_namespaces(settings, out);
	for (unsigned i = 0; i < SETTINGS_FLAGS; i++)
		if (settings->flags[i])
			fprintf(out, "%s=yes\n", flag_names[i]);
}
