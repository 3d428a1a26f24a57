// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two formats with filters as settings: seccomp lines of a Firejail profile (firejail-profile(5)), and
 * SystemCallFilter= of a systemd-nspawn file (systemd.nspawn(5)). The latter modifies nspawn's built-in
 * filter, of which only the named calls are known and read.
 */
#include "import/profile/list_policy.h"

#include "common/cleanup.h"
#include "policy/action.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>

/* What stands behind KEY and blanks; NULL: it is another line. */
static const char *value_of(const char *text, size_t length, const char *key)
{
	const char *end = text + length, *at = text + strlen(key);

	if (!has_prefix(text, length, key) || (at < end && *at != ' ' && *at != '\t'))
		return NULL;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* ---- Firejail ---- */

static void read_keep(struct list_reader *reader, uint64_t line, const char *at, const char *end)
{
	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		size_t length = (size_t)((comma ? comma : end) - at);
		uint64_t number;

		if (length && *at == '$') {
			if (list_policy_number(at + 1, length - 1, &number) && number < X32_BIT)
				list_policy_add_number(reader, (int)number, SECCOMP_RET_ALLOW,
						       NULL);
			else
				import_mistake(reader->import, line, "not a system call number", at,
					       length);
		} else if (length) {
			list_policy_add(reader, line, at, length, SECCOMP_RET_ALLOW, NULL);
		}
		at = comma ? comma + 1 : end;
	}
}

static void read_error_action(struct list_reader *reader, uint64_t line, const char *value,
			      size_t length)
{
	char text[40];
	action verdict;

	snprintf(text, sizeof(text), "errno:%.*s", (int)(length < 24 ? length : 24), value);
	if (length == 4 && memcmp(value, "kill", 4) == 0)
		reader->policy->default_action = SECCOMP_RET_KILL_THREAD;
	else if (length == 3 && memcmp(value, "log", 3) == 0)
		reader->policy->default_action = SECCOMP_RET_LOG;
	else if (action_parse(text, &verdict) == 0)
		reader->policy->default_action = verdict;
	else
		import_mistake(reader->import, line, "an error's name, kill or log is expected",
			       value, length);
}

static int read_firejail(struct list_reader *reader, const char *data, size_t size,
			 struct error *err)
{
	const char *at = data, *end = data + size, *text, *value;
	uint64_t line = 0;
	size_t length;
	bool has_list = false, is_shut = false;

	while (list_policy_line(&at, end, &text, &length, &line)) {
		value = value_of(text, length, "seccomp.keep");
		if (value) {
			has_list = true;
			read_keep(reader, line, value, text + length);
		}
		value = value_of(text, length, "seccomp-error-action");
		if (value)
			read_error_action(reader, line, value, (size_t)(text + length - value));
		is_shut |= value_of(text, length, "seccomp.block-secondary") != NULL;
		if (value_of(text, length, "seccomp") || value_of(text, length, "seccomp.drop"))
			import_mistake(
				reader->import, line,
				"a list of denied calls, which includes Firejail's built-in list, is not supported",
				text, length);
	}
	if (!has_list)
		return error_set(err, -EBADMSG, "%s: it has no seccomp.keep",
				 reader->import->result.path);
	reader->policy->foreign_action =
		is_shut ? reader->policy->default_action : SECCOMP_RET_ALLOW;
	return 0;
}

static bool is_keep(const char *line, size_t length)
{
	return value_of(line, length, "seccomp.keep") != NULL;
}

static bool sniff_firejail(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 10000, is_keep);
}

const struct importer importer_firejail = {
	.name = "firejail",
	.summary = "Firejail profiles with seccomp.keep",
	.sniff = sniff_firejail,
	.policy = read_firejail,
};

/* ---- nspawn ---- */

/* To take away what no ABI here has changes nothing. */
static void read_names(struct list_reader *reader, const char *at, const char *end, bool *set,
		       bool is_taken)
{
	enum abi abi = reader->policy->abis[0];
	const char *const *members, *word;
	size_t length, count;

	while (import_word(&at, end, &word, &length)) {
		char name[NAME_ROOM];

		snprintf(name, sizeof(name), "%.*s", (int)(length < NAME_ROOM ? length : 0), word);
		count = *name == '@'
				? groups_members(reader->import->settings->systemd, name, &members)
				: 0;
		for (size_t i = 0; i < count; i++) {
			int nr = syscall_number(abi, members[i]);

			if (nr >= 0 && (nr & ~X32_BIT) < RUN_BUILDER_NUMBERS)
				set[nr & ~X32_BIT] = true;
		}
		if (!count && !(*name && *name != '@' && syscall_is_known(name))) {
			if (!is_taken)
				import_mistake(reader->import, 0, "no system call has this name",
					       word, length);
		} else if (!count) {
			int nr = syscall_number(abi, name);

			if (nr >= 0 && (nr & ~X32_BIT) < RUN_BUILDER_NUMBERS)
				set[nr & ~X32_BIT] = true;
		}
	}
}

static int read_nspawn(struct list_reader *reader, const char *data, size_t size, struct error *err)
{
	static const char key[] = "SystemCallFilter=";
	_cleanup_free_ bool *in = calloc(RUN_BUILDER_NUMBERS, sizeof(*in));
	_cleanup_free_ bool *out = calloc(RUN_BUILDER_NUMBERS, sizeof(*out));
	int base = reader->policy->abis[0] == ABI_X32 ? X32_BIT : 0;
	const char *at = data, *end = data + size, *text;
	uint64_t line = 0;
	size_t length;

	if (!in || !out)
		return error_oom(err);
	while (list_policy_line(&at, end, &text, &length, &line)) {
		const char *value = text + sizeof(key) - 1, *stop = text + length;

		if (!has_prefix(text, length, key))
			continue;
		if (value < stop && *value == '~')
			read_names(reader, value + 1, stop, out, true);
		else
			read_names(reader, value, stop, in, false);
	}
	for (int i = 0; i < RUN_BUILDER_NUMBERS; i++)
		if (in[i] && !out[i])
			list_policy_add_number(reader, base + i, SECCOMP_RET_ALLOW, NULL);
	return 0;
}

static bool is_exec_section(const char *line, size_t length)
{
	return has_prefix(line, length, "[Exec]");
}

static bool sniff_nspawn(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 1000, is_exec_section) &&
	       memmem(head, length, "SystemCallFilter=", 17);
}

const struct importer importer_nspawn = {
	.name = "nspawn",
	.summary = "SystemCallFilter= in settings of systemd-nspawn",
	.sniff = sniff_nspawn,
	.policy = read_nspawn,
};
