// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The seccomp lines of a Firejail profile (firejail-profile(5), src/firejail/profile.c and src/fseccomp of its
 * source). Only one of the three kinds of a filter is in force: "seccomp.keep", an allowlist; else
 * "seccomp.drop", a denylist; else "seccomp", Firejail's own denylist with additions and, behind "!",
 * exceptions. Calls of i386 are free, unless seccomp.block-secondary, or the own denylist, covers them.
 */
#include "import/profile/list_policy.h"

#include "common/cleanup.h"
#include "common/word.h"
#include "import/profile/firejail_groups.h"
#include "import/profile/include.h"
#include "policy/action.h"
#include "syscall/syscall.h"

#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>

#define GROUP_DEPTH 4

struct span_text {
	const char *text;
	size_t length;
	uint64_t line;
};

struct profile {
	struct list_reader *reader;
	struct error *err;
	struct span_text own, drop, keep; /* the lists; TEXT NULL: no such line */
	bool has_own; /* a line "seccomp", with a list or not */
	bool blocks_secondary, allows_debuggers, ignores;
	bool has_other_filters;
	bool includes_missing;
	action error;
	unsigned depth;
	char *texts[INCLUDE_FILES]; /* of included files */
	size_t texts_count;
	bool is_taken[RUN_BUILDER_NUMBERS]; /* calls that an exception allows */
	bool is_denied[RUN_BUILDER_NUMBERS];
};

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

/* ---- lists ---- */

typedef void (*add_call)(struct profile *profile, enum abi abi, int nr);

static void deny(struct profile *profile, enum abi abi, int nr)
{
	struct list_reader *reader = profile->reader;
	struct rule *rule;

	if (nr < 0 || nr >= RUN_BUILDER_NUMBERS ||
	    (abi == reader->policy->abis[0] && profile->is_taken[nr]))
		return;
	if (abi == reader->policy->abis[0])
		profile->is_denied[nr] = true;
	rule = policy_add_verdict(reader->policy, abi, nr, profile->error);
	if (!rule || rule_add_reason(rule, REASON_IMPORTED, "%s", reader->import->result.path) < 0)
		reader->is_out_of_memory = true;
}

static void allow(struct profile *profile, enum abi abi, int nr)
{
	(void)abi;
	list_policy_add_number(profile->reader, nr, SECCOMP_RET_ALLOW, NULL);
}

static void take_out(struct profile *profile, enum abi abi, int nr)
{
	(void)abi;
	if (nr >= 0 && nr < RUN_BUILDER_NUMBERS)
		profile->is_taken[nr] = true;
}

static void add_group(struct profile *profile, const char *members, enum abi abi, add_call add,
		      unsigned depth)
{
	const char *end = members + strlen(members), *word;
	size_t length;

	while (import_word(&members, end, &word, &length)) {
		const char *nested =
			depth < GROUP_DEPTH ? firejail_groups_members(word, length) : NULL;
		char name[NAME_ROOM];
		int nr;

		if (nested) {
			add_group(profile, nested, abi, add, depth + 1);
			continue;
		}
		snprintf(name, sizeof(name), "%.*s", (int)(length < NAME_ROOM ? length : 0), word);
		nr = syscall_number(abi, name);
		if (nr >= 0)
			add(profile, abi, nr);
	}
}

/* A name, a group, or a number behind "$". Firejail ignores a name that it does not know, with a warning. */
static void add_entry(struct profile *profile, const struct span_text *list, const char *entry,
		      size_t length, add_call add)
{
	enum abi abi = profile->reader->policy->abis[0];
	const char *members = firejail_groups_members(entry, length);
	const char *colon = memchr(entry, ':', length);
	char name[NAME_ROOM];
	uint64_t number;

	if (colon) {
		import_mistake(profile->reader->import, list->line,
			       "an error for a single call is not supported", entry, length);
		return;
	}
	if (members) {
		add_group(profile, members, abi, add, 0);
		return;
	}
	if (*entry == '$') {
		if (list_policy_number(entry + 1, length - 1, &number) && number < X32_BIT)
			add(profile, abi, (int)number);
		else
			import_mistake(profile->reader->import, list->line,
				       "not a system call number", entry, length);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(length < NAME_ROOM ? length : 0), entry);
	if (!syscall_is_known(name))
		import_mistake(profile->reader->import, list->line, "no system call has this name",
			       entry, length);
	else if (syscall_number(abi, name) >= 0)
		add(profile, abi, syscall_number(abi, name));
}

/* The entries with "!" in front, or those without. */
static void add_list(struct profile *profile, const struct span_text *list, bool are_exceptions,
		     add_call add)
{
	const char *at = list->text, *end = list->text + list->length;

	while (list->text && at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;
		bool is_exception;

		while (at < stop && (*at == ' ' || *at == '\t'))
			at++;
		while (stop > at && (stop[-1] == ' ' || stop[-1] == '\t'))
			stop--;
		is_exception = at < stop && *at == '!';
		if (at < stop && is_exception == are_exceptions)
			add_entry(profile, list, at + is_exception,
				  (size_t)(stop - at) - is_exception, add);
		at = comma ? comma + 1 : end;
	}
}

/* ---- lines ---- */

static void read_error_action(struct profile *profile, uint64_t line, const char *value,
			      size_t length)
{
	char text[40];
	action verdict;

	snprintf(text, sizeof(text), "errno:%.*s", (int)(length < 24 ? length : 24), value);
	if (is_word(value, length, "kill"))
		profile->error = SECCOMP_RET_KILL_THREAD;
	else if (is_word(value, length, "log"))
		profile->error = SECCOMP_RET_LOG;
	else if (action_parse(text, &verdict) == 0)
		profile->error = verdict;
	else
		import_mistake(profile->reader->import, line,
			       "an error's name, kill or log is expected", value, length);
}

static int read_file(struct profile *profile, const char *path, const char *data, size_t size);

/* Local additions may be missing; a profile that is included has the lines that this one lacks. */
static int read_include(struct profile *profile, const char *from, const char *name, size_t length)
{
	struct error missing = { 0 };
	_cleanup_free_ char *path = NULL;
	char *data = NULL;
	size_t size;
	int r;

	if (profile->depth == INCLUDE_DEPTH || profile->texts_count == INCLUDE_FILES)
		return error_set(profile->err, -ELOOP, "%s: too many included files", from);
	if (memmem(name, length, "${", 2) ||
	    include_read(profile->reader, from, name, length, &path, &data, &size, &missing) < 0) {
		if (length > 8 && memcmp(name + length - 8, ".profile", 8) == 0)
			profile->includes_missing = true;
		return 0;
	}
	profile->texts[profile->texts_count++] = data;
	profile->depth++;
	r = read_file(profile, path, data, size);
	profile->depth--;
	return r;
}

static struct span_text list_of(const char *value, const char *end, uint64_t line)
{
	return (struct span_text){ value, (size_t)(end - value), line };
}

static int read_line(struct profile *profile, const char *path, const char *text, size_t length,
		     uint64_t line)
{
	static const char *const filters[] = {
		"protocol",   "memory-deny-write-execute", "restrict-namespaces",
		"seccomp.32", "seccomp.32.drop",	   "seccomp.32.keep"
	};
	const char *end = text + length, *value;

	value = value_of(text, length, "ignore");
	if (value && has_prefix(value, (size_t)(end - value), "seccomp"))
		profile->ignores = true;
	value = value_of(text, length, "include");
	if (value)
		return read_include(profile, path, value, (size_t)(end - value));
	profile->allows_debuggers |= value_of(text, length, "allow-debuggers") != NULL;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		profile->has_other_filters |= value_of(text, length, filters[i]) != NULL;
	if (profile->ignores)
		return 0;
	value = value_of(text, length, "seccomp");
	if (value) {
		profile->has_own = true;
		if (value < end)
			profile->own = list_of(value, end, line);
	}
	value = value_of(text, length, "seccomp.drop");
	if (value)
		profile->drop = list_of(value, end, line);
	value = value_of(text, length, "seccomp.keep");
	if (value)
		profile->keep = list_of(value, end, line);
	value = value_of(text, length, "seccomp-error-action");
	if (value)
		read_error_action(profile, line, value, (size_t)(end - value));
	profile->blocks_secondary |= value_of(text, length, "seccomp.block-secondary") != NULL;
	return 0;
}

static int read_file(struct profile *profile, const char *path, const char *data, size_t size)
{
	const char *at = data, *end = data + size, *text;
	uint64_t line = 0;
	size_t length;
	int r = 0;

	while (r == 0 && list_policy_line(&at, end, &text, &length, &line)) {
		const char *comment = memchr(text, '#', length);

		if (comment)
			length = (size_t)(comment - text);
		while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
			length--;
		if (length)
			r = read_line(profile, path, text, length, line);
	}
	return r;
}

/* ---- the filter ---- */

/* seccomp.block-secondary allows personality(2) only to ask, and to choose PER_LINUX. */
static void limit_personality(struct profile *profile)
{
	enum abi abi = profile->reader->policy->abis[0];
	static const uint64_t values[] = { 0, 0xffffffff };
	int nr = syscall_number(abi, "personality");

	if (nr < 0 || profile->is_denied[nr] || profile->keep.text)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct list_clause clause = { 0 };

		list_clause_add(&clause, (struct condition){ 0, COMPARE_EQUAL, values[i], 0 });
		list_policy_add_number(profile->reader, nr, SECCOMP_RET_ALLOW, &clause);
	}
	list_policy_add_number(profile->reader, nr, profile->error, NULL);
}

/* Other ABIs of x86-64: x32's numbers are an error to each filter of Firejail's. */
static int add_others(struct profile *profile, bool covers_i386)
{
	struct policy *policy = profile->reader->policy;
	struct span x32 = { ABI_X32, 0, UINT32_MAX, profile->error };

	policy->foreign_action = profile->blocks_secondary ? profile->error : SECCOMP_RET_ALLOW;
	if (policy->abis[0] != ABI_X86_64 || profile->blocks_secondary)
		return 0;
	if (policy_add_abi(policy, ABI_X32) < 0 || policy_add_span(policy, x32) < 0)
		return error_oom(profile->err);
	if (!covers_i386)
		return 0;
	if (policy_add_abi(policy, ABI_I386) < 0)
		return error_oom(profile->err);
	add_group(profile, firejail_groups_members("@default-nodebuggers", 20), ABI_I386, deny, 0);
	return 0;
}

static int make_filter(struct profile *profile)
{
	struct policy *policy = profile->reader->policy;

	if (profile->keep.text) {
		policy->default_action = profile->error;
		add_list(profile, &profile->keep, false, allow);
		policy->foreign_action =
			profile->blocks_secondary ? profile->error : SECCOMP_RET_ALLOW;
		return 0;
	}
	policy->default_action = SECCOMP_RET_ALLOW;
	if (profile->drop.text) {
		add_list(profile, &profile->drop, true, take_out);
		add_list(profile, &profile->drop, false, deny);
	} else {
		const char *own = profile->allows_debuggers ? "@default" : "@default-nodebuggers";

		add_list(profile, &profile->own, true, take_out);
		add_group(profile, firejail_groups_members(own, strlen(own)), policy->abis[0], deny,
			  0);
		add_list(profile, &profile->own, false, deny);
	}
	if (profile->blocks_secondary)
		limit_personality(profile);
	return add_others(profile, !profile->drop.text);
}

static void profile_freep(struct profile **profile)
{
	for (size_t i = 0; *profile && i < (*profile)->texts_count; i++)
		free((*profile)->texts[i]);
	free(*profile);
}

static int read_firejail(struct list_reader *reader, const char *data, size_t size,
			 struct error *err)
{
	_cleanup_(profile_freep) struct profile *profile = calloc(1, sizeof(*profile));
	const char *path = reader->import->result.path;
	int r;

	if (!profile)
		return error_oom(err);
	profile->reader = reader;
	profile->err = err;
	profile->error = SECCOMP_RET_ERRNO | EPERM;
	r = read_file(profile, path, data, size);
	if (r < 0)
		return r;
	if (!profile->has_own && !profile->drop.text && !profile->keep.text)
		return error_set(err, -EBADMSG,
				 "%s: it has no seccomp, seccomp.drop or seccomp.keep%s", path,
				 profile->includes_missing
					 ? ", and a profile that it includes is not beside it"
					 : "");
	if (profile->has_other_filters)
		import_warn(
			reader->import,
			"protocol, memory-deny-write-execute, restrict-namespaces and seccomp.32 "
			"are further filters, which are not read");
	return make_filter(profile);
}

/* ---- sniffing ---- */

static bool is_own_line(const char *line, size_t length)
{
	return value_of(line, length, "seccomp.keep") || value_of(line, length, "seccomp.drop") ||
	       value_of(line, length, "seccomp.32.drop") ||
	       value_of(line, length, "seccomp.block-secondary") ||
	       value_of(line, length, "seccomp-error-action") ||
	       has_prefix(line, length, "seccomp !");
}

/* "seccomp" alone is also the name of a call, in a list. */
static bool is_directive(const char *line, size_t length)
{
	static const char *const words[] = {
		"include",    "noblacklist", "blacklist", "whitelist",	 "caps.drop",	"caps",
		"nonewprivs", "noroot",	     "netfilter", "private-dev", "private-tmp", "protocol",
		"quiet",      "disable-mnt", "nogroups",  "nodvd",	 "notv",	"shell",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (value_of(line, length, words[i]))
			return true;
	return false;
}

static bool is_seccomp(const char *line, size_t length)
{
	return value_of(line, length, "seccomp") != NULL;
}

static bool has_suffix(const char *path, const char *suffix)
{
	size_t length = strlen(path), tail = strlen(suffix);

	return length > tail && strcmp(path + length - tail, suffix) == 0;
}

static bool sniff(const char *path, const char *head, size_t length)
{
	bool is_named = has_suffix(path, ".profile") || has_suffix(path, ".local") ||
			has_suffix(path, ".inc");

	if (import_any_line(head, length, 10000, is_own_line))
		return true;
	return (is_named || import_any_line(head, length, 10000, is_seccomp)) &&
	       import_any_line(head, length, 10000, is_named ? is_seccomp : is_directive);
}

const struct importer importer_firejail = {
	.name = "firejail",
	.summary = "seccomp lines of Firejail profiles",
	.sniff = sniff,
	.policy = read_firejail,
};
