// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Policies in JSON: OCI's seccomp object, Docker's profile, Firecracker's filters and, in YAML, the
 * Kubernetes operator's resource, whose scalars are all strings.
 *
 * All conditions of one entry must be true. But if two are for the same argument, the run-times treat each
 * as an alternative (runc: libcontainer/seccomp, crun: src/libcrun/seccomp.c), and so does this code.
 */
#include "import/profile/list_policy.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "import/profile/libseccomp_rules.h"
#include "import/profile/yaml.h"
#include "policy/libseccomp_names.h"

#include <errno.h>
#include <linux/seccomp.h>

#define YAML_MAX ((size_t)2 << 20) /* etcd keeps 1.5 MiB */

/* A number, or a string that is one; false where there is neither. */
static bool read_number(const json_t *value, uint64_t *number)
{
	const char *text = json_string_value(value);
	json_int_t integer = json_integer_value(value);

	if (text)
		return list_policy_number(text, strlen(text), number);
	*number = (uint64_t)integer;
	return json_is_integer(value) && integer >= 0;
}

static bool find_name(const char *const *names, size_t count, const char *name, unsigned *index)
{
	for (unsigned i = 0; name && i < count; i++)
		if (names[i] && strcmp(names[i], name) == 0) {
			*index = i;
			return true;
		}
	return false;
}

/* ---- OCI ---- */

static bool read_action(const json_t *object, const char *key, const char *error_key,
			action *verdict)
{
	static const char *const names[] = {
		"SCMP_ACT_KILL",  "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS",
		"SCMP_ACT_TRAP",  "SCMP_ACT_ERRNO",	  "SCMP_ACT_TRACE",
		"SCMP_ACT_ALLOW", "SCMP_ACT_LOG",	  "SCMP_ACT_NOTIFY",
	};
	static const action actions[] = {
		SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS,
		SECCOMP_RET_TRAP,	 SECCOMP_RET_ERRNO,	  SECCOMP_RET_TRACE,
		SECCOMP_RET_ALLOW,	 SECCOMP_RET_LOG,	  SECCOMP_RET_USER_NOTIF,
	};
	const json_t *error = json_object_get(object, error_key);
	uint64_t number = EPERM;
	unsigned index;

	if (!find_name(names, ARRAY_SIZE(names), json_string_value(json_object_get(object, key)),
		       &index) ||
	    (error && (!read_number(error, &number) || number > SECCOMP_RET_DATA)))
		return false;
	*verdict = actions[index];
	if (*verdict == SECCOMP_RET_ERRNO || *verdict == SECCOMP_RET_TRACE)
		*verdict |= (action)number;
	return true;
}

static bool read_argument(const json_t *object, struct condition *condition)
{
	const char *names[COMPARISON_COUNT];
	const json_t *two = json_object_get(object, "valueTwo");
	uint64_t index, value, value_two = 0;
	unsigned comparison;

	for (unsigned i = 0; i < COMPARISON_COUNT; i++)
		names[i] = libseccomp_names_comparison((enum comparison)i);
	if (!read_number(json_object_get(object, "index"), &index) || index > 5 ||
	    !read_number(json_object_get(object, "value"), &value) ||
	    (two && !read_number(two, &value_two)) ||
	    !find_name(names, ARRAY_SIZE(names), json_string_value(json_object_get(object, "op")),
		       &comparison))
		return false;
	*condition = (struct condition){ (uint8_t)index, (enum comparison)comparison, value, 0 };
	if (comparison == COMPARE_MASKED_EQUAL) {
		condition->mask = value;
		condition->value = value_two;
	}
	return true;
}

static void add_name(struct list_reader *reader, const char *name, action verdict,
		     const struct list_clause *clause, bool is_repeated)
{
	if (!name)
		import_mistake(reader->import, 0, "the name of a system call is expected", "", 0);
	else if (!is_repeated)
		libseccomp_rules_add(reader, 0, name, strlen(name), verdict,
				     clause->count ? clause : NULL, MULTIPLEXED_FOLLOWED);
	for (size_t i = 0; name && is_repeated && i < clause->count; i++) {
		const struct list_clause one = { { clause->conditions[i] }, 1, false };

		libseccomp_rules_add(reader, 0, name, strlen(name), verdict, &one,
				     MULTIPLEXED_FOLLOWED);
	}
}

static void add_entry(struct list_reader *reader, const json_t *entry)
{
	const json_t *args = json_object_get(entry, "args");
	const json_t *names = json_object_get(entry, "names");
	struct list_clause clause = { 0 };
	bool is_repeated = false;
	unsigned seen = 0;
	action verdict;

	if (!read_action(entry, "action", "errnoRet", &verdict)) {
		import_mistake(reader->import, 0, "an entry without a known action", "", 0);
		return;
	}
	for (size_t i = 0; i < json_array_size(args); i++) {
		struct condition condition;

		if (!read_argument(json_array_get(args, i), &condition)) {
			import_mistake(reader->import, 0, "an unreadable condition", "", 0);
			continue;
		}
		is_repeated |= seen & 1U << condition.argument;
		seen |= 1U << condition.argument;
		list_clause_add(&clause, condition);
	}
	if (json_object_get(entry, "name"))
		add_name(reader, json_string_value(json_object_get(entry, "name")), verdict,
			 &clause, is_repeated);
	for (size_t i = 0; i < json_array_size(names); i++)
		add_name(reader, json_string_value(json_array_get(names, i)), verdict, &clause,
			 is_repeated);
}

static void add_abis(struct list_reader *reader, const json_t *names)
{
	enum abi abi;

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		/* Of another maker's machine there is nothing to say here. */
		if (name && abi_from_name(name, &abi) == 0 &&
		    policy_add_abi(reader->policy, abi) < 0)
			reader->is_out_of_memory = true;
	}
}

static void read_abis(struct list_reader *reader, const json_t *profile)
{
	const json_t *names = json_object_get(profile, "architectures");
	const json_t *machines = json_object_get(profile, "archMap");
	enum abi native = reader->import->settings->abi, abi;

	if (json_array_size(names)) {
		reader->policy->abis_count = 0;
		add_abis(reader, names);
	}
	for (size_t i = 0; i < json_array_size(machines); i++) {
		const json_t *machine = json_array_get(machines, i);
		const char *name = json_string_value(json_object_get(machine, "architecture"));

		if (name && abi_from_name(name, &abi) == 0 && abi == native)
			add_abis(reader, json_object_get(machine, "subArchitectures"));
	}
	if (reader->policy->abis_count == 0 && policy_add_abi(reader->policy, native) < 0)
		reader->is_out_of_memory = true;
}

static int read_profile(struct list_reader *reader, const json_t *root, struct error *err)
{
	const json_t *profile = profile_find(root);
	const json_t *entries = json_object_get(profile, "syscalls");

	if (!profile || (entries && !json_is_array(entries)) ||
	    !read_action(profile, "defaultAction", "defaultErrnoRet",
			 &reader->policy->default_action))
		return error_set(err, -EBADMSG,
				 "%s: not a seccomp profile: \"defaultAction\" must be an action, "
				 "and \"syscalls\" an array",
				 reader->import->result.path);
	read_abis(reader, profile);
	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);

		if (profile_is_in_force(entry, reader->import->settings->abi))
			add_entry(reader, entry);
	}
	return 0;
}

static int read_oci(struct list_reader *reader, const char *data, size_t size, struct error *err)
{
	_cleanup_(json_freep) json_t *root = NULL;
	int r = json_read(reader->import->result.path, data, size, &root, err);

	return r < 0 ? r : read_profile(reader, root, err);
}

/* ---- documents of a YAML file ---- */

#define DOCUMENTS 64

struct document {
	const char *start, *end;
	json_t *root;
	const char *name; /* metadata.name; NULL: none */
};

static bool is_mark(const char *line, size_t length)
{
	return has_prefix(line, length, "---") && (length == 3 || strchr(" \t\r", line[3]));
}

/* The documents with a profile in them: others are not read, and may be of any kind. */
static size_t split_documents(const char *data, size_t size, struct document documents[DOCUMENTS])
{
	static const char key[] = "defaultAction:";
	const char *at = data, *end = data + size, *start = data;
	size_t count = 0;

	while (at <= end && count < DOCUMENTS) {
		const char *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
		const char *stop = newline ? newline : end;

		if (at == end || is_mark(at, (size_t)(stop - at))) {
			if (memmem(start, (size_t)(at - start), key, sizeof(key) - 1))
				documents[count++] = (struct document){ .start = start, .end = at };
			start = stop;
		}
		if (at == end)
			break;
		at = newline ? newline + 1 : end;
	}
	return count;
}

/* The lines before and behind it are empty, so that errors name the file's lines. */
static int read_document(const char *path, const char *data, size_t size, struct document *document,
			 struct error *err)
{
	_cleanup_free_ char *copy = malloc(size + 1);
	int r;

	if (!copy)
		return error_oom(err);
	for (size_t i = 0; i < size; i++) {
		bool is_inside = data + i >= document->start && data + i < document->end;

		copy[i] = is_inside || data[i] == '\n' ? data[i] : ' ';
	}
	r = yaml_read(path, copy, size, &document->root, err);
	if (r == 0)
		document->name = json_string_value(
			json_object_get(json_object_get(document->root, "metadata"), "name"));
	return r;
}

static bool is_chosen(const char *part, const struct document *document, size_t index)
{
	uint64_t number;

	return (document->name && strcmp(document->name, part) == 0) ||
	       (import_number(part, strlen(part), &number) && number == index + 1);
}

/* The names, or numbers, of what can be chosen. */
static int refuse_parts(struct list_reader *reader, const struct document *documents, size_t count,
			struct error *err)
{
	char names[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < count && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%zu (%s)",
					 i ? ", " : "", i + 1,
					 documents[i].name ? documents[i].name : "no name");
	return error_set(err, -EBADMSG,
			 "%s: it has %zu profiles, and not one alone is meant: %s; choose one with "
			 "--part",
			 reader->import->result.path, count, names);
}

static int read_chosen(struct list_reader *reader, const json_t *root, struct error *err)
{
	const char *base = json_string_value(
		json_object_get(json_object_get(root, "spec"), "baseProfileName"));

	if (base)
		import_warn(reader->import,
			    "the calls of its baseProfileName \"%s\" are missing: import that "
			    "profile too, and merge both",
			    base);
	return read_profile(reader, root, err);
}

static int read_resource(struct list_reader *reader, const char *data, size_t size,
			 struct error *err)
{
	struct document documents[DOCUMENTS] = { 0 };
	const char *part = reader->import->settings->part;
	const char *path = reader->import->result.path;
	const struct document *chosen = NULL;
	size_t count;
	int r = 0;

	if (size > YAML_MAX)
		return error_set(err, -EFBIG, "%s: larger than any resource of Kubernetes is",
				 path);
	count = split_documents(data, size, documents);
	if (!count)
		return error_set(err, -EBADMSG, "%s: it has no defaultAction", path);
	for (size_t i = 0; i < count && r == 0; i++) {
		r = read_document(path, data, size, &documents[i], err);
		if (r == 0 && (count == 1 || (part && is_chosen(part, &documents[i], i))) &&
		    !chosen)
			chosen = &documents[i];
	}
	if (r == 0)
		r = chosen ? read_chosen(reader, chosen->root, err)
			   : refuse_parts(reader, documents, count, err);
	for (size_t i = 0; i < count; i++)
		json_decref(documents[i].root);
	return r;
}

static bool sniff_oci(const char *path, const char *head, size_t length)
{
	size_t at = 0;

	(void)path;
	while (at < length && strchr(" \t\r\n", head[at]) && head[at])
		at++;
	return at < length && head[at] == '{' && memmem(head, length, "\"defaultAction\"", 15);
}

static bool is_default_action(const char *line, size_t length)
{
	const char *at = line, *end = line + length;

	while (at < end && *at == ' ')
		at++;
	return has_prefix(at, (size_t)(end - at), "defaultAction:");
}

static bool sniff_resource(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 10000, is_default_action);
}

const struct importer importer_oci = {
	.name = "oci",
	.summary = "seccomp profiles of container runtimes, as JSON",
	.sniff = sniff_oci,
	.policy = read_oci,
};

const struct importer importer_seccomp_profile = {
	.name = "seccomp-profile",
	.summary = "SeccompProfile resources of Kubernetes, as YAML",
	.sniff = sniff_resource,
	.policy = read_resource,
};

/* ---- Firecracker ---- */

static bool read_filter_action(const json_t *value, action *verdict)
{
	static const char *const names[] = { "allow", "log",	     "trap",
					     "kill",  "kill_thread", "kill_process" };
	static const action actions[] = { SECCOMP_RET_ALLOW,	   SECCOMP_RET_LOG,
					  SECCOMP_RET_TRAP,	   SECCOMP_RET_KILL_PROCESS,
					  SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS };
	const json_t *error = json_object_get(value, "errno");
	const json_t *trace = json_object_get(value, "trace");
	uint64_t number;
	unsigned index;

	if (error || trace) {
		if (!read_number(error ? error : trace, &number) || number > SECCOMP_RET_DATA)
			return false;
		*verdict = (error ? SECCOMP_RET_ERRNO : SECCOMP_RET_TRACE) | (action)number;
		return true;
	}
	if (!find_name(names, ARRAY_SIZE(names), json_string_value(value), &index))
		return false;
	*verdict = actions[index];
	return true;
}

static bool read_condition(const json_t *object, struct list_clause *clause)
{
	static const char *const names[COMPARISON_COUNT] = {
		[COMPARE_EQUAL] = "eq",	  [COMPARE_NOT_EQUAL] = "ne",
		[COMPARE_LESS] = "lt",	  [COMPARE_LESS_EQUAL] = "le",
		[COMPARE_GREATER] = "gt", [COMPARE_GREATER_EQUAL] = "ge",
	};
	const json_t *operator= json_object_get(object, "op");
	const json_t *index = json_object_get(object, "index");
	const char *type = json_string_value(json_object_get(object, "type"));
	struct condition condition = { 0 };
	unsigned comparison = COMPARE_MASKED_EQUAL;
	bool is_half;
	uint64_t number;

	/* As releases before 1.0 called them. */
	index = index ? index : json_object_get(object, "arg_index");
	type = type ? type : json_string_value(json_object_get(object, "arg_type"));
	is_half = type && strcmp(type, "dword") == 0;
	if (!read_number(index, &number) || number > 5 ||
	    !read_number(json_object_get(object, "val"), &condition.value) ||
	    (!read_number(json_object_get(operator, "masked_eq"), &condition.mask) &&
	     !find_name(names, ARRAY_SIZE(names), json_string_value(operator), &comparison)))
		return false;
	condition.argument = (uint8_t)number;
	condition.comparison = (enum comparison)comparison;
	if (is_half && comparison == COMPARE_MASKED_EQUAL)
		condition.mask &= UINT32_MAX;
	else if (is_half && comparison == COMPARE_EQUAL)
		condition = (struct condition){ condition.argument, COMPARE_MASKED_EQUAL,
						condition.value, UINT32_MAX };
	else if (is_half)
		return false;
	list_clause_add(clause, condition);
	return true;
}

static void add_filter(struct list_reader *reader, const json_t *filter)
{
	const json_t *rules = json_object_get(filter, "filter");
	action verdict;

	if (!read_filter_action(json_object_get(filter, "default_action"),
				&reader->policy->default_action) ||
	    !read_filter_action(json_object_get(filter, "filter_action"), &verdict)) {
		import_mistake(reader->import, 0, "a filter without known actions", "", 0);
		return;
	}
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *rule = json_array_get(rules, i);
		const char *name = json_string_value(json_object_get(rule, "syscall"));
		const json_t *args = json_object_get(rule, "args");
		struct list_clause clause = { 0 };

		for (size_t j = 0; j < json_array_size(args); j++)
			if (!read_condition(json_array_get(args, j), &clause))
				import_mistake(reader->import, 0, "an unreadable condition",
					       name ? name : "", name ? strlen(name) : 0);
		list_policy_add(reader, 0, name ? name : "", name ? strlen(name) : 0, verdict,
				clause.count ? &clause : NULL);
	}
}

/* A filter for each kind of thread, which are alike in a file that `whittle emit firecracker` wrote. */
static const json_t *choose_thread(json_t *root, const char *part)
{
	const json_t *first = NULL;
	const char *key;
	json_t *filter;

	if (part)
		return json_object_get(root, part);
	json_object_foreach(root, key, filter)
	{
		if (first && !json_equal(first, filter))
			return NULL;
		first = first ? first : filter;
	}
	return first;
}

static int refuse_threads(const char *path, json_t *root, struct error *err)
{
	char names[256] = "";
	size_t used = 0;
	const char *key;
	json_t *filter;

	json_object_foreach(root, key, filter)
	{
		if (used < sizeof(names))
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 used ? ", " : "", key);
	}
	return error_set(
		err, -EBADMSG,
		"%s: each kind of thread has a filter of its own: %s; choose one with --part", path,
		names);
}

static int read_firecracker(struct list_reader *reader, const char *data, size_t size,
			    struct error *err)
{
	_cleanup_(json_freep) json_t *root = NULL;
	const char *path = reader->import->result.path;
	int r = json_read(path, data, size, &root, err);
	const json_t *filter;

	if (r < 0)
		return r;
	reader->policy->foreign_action = SECCOMP_RET_KILL_PROCESS;
	filter = choose_thread(root, reader->import->settings->part);
	if (!filter)
		return refuse_threads(path, root, err);
	add_filter(reader, filter);
	return 0;
}

static bool sniff_firecracker(const char *path, const char *head, size_t length)
{
	(void)path;
	return length && memchr(head, '{', length) &&
	       memmem(head, length, "\"default_action\"", 16) &&
	       memmem(head, length, "\"filter_action\"", 15);
}

const struct importer importer_firecracker = {
	.name = "firecracker",
	.summary = "filters of Firecracker's seccompiler, as JSON",
	.sniff = sniff_firecracker,
	.policy = read_firecracker,
};
