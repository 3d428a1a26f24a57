// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads the policy's file (docs/policy.md). The reader rejects anything unknown: a key, a
 * comparison or an action that was skipped could be a restriction that somebody relies on. It
 * checks a call's name, number and ABI against each other, so that a policy never says "read" and
 * means 41.
 */
#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "policy/action.h"
#include "policy/parts.h"
#include "policy/policy.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define RULES_MAX      65536
#define CLAUSES_MAX    65536
#define CONDITIONS_MAX 64
#define SEEN_MAX       65536
#define SENTENCES_MAX  65536
#define RECORDINGS_MAX 1048576

static int get_action(const struct json_at *object, const char *key, uint32_t *value,
		      struct error *err)
{
	_cleanup_free_ char *text = NULL;
	struct json_at at;
	int r = json_member(object, key, &at, err);

	if (r == 0)
		r = json_value_string(&at, &text, err);
	if (r < 0)
		return r;
	if (action_parse(text, value) < 0)
		return json_error(&at, err, -EINVAL,
				  "unknown action \"%s\"; the actions are allow, log, errno:EPERM "
				  "(or another error), trap, trace:N, notify, kill_thread and "
				  "kill_process",
				  text);
	return 0;
}

int parts_read_abi(const struct json_at *at, enum abi *abi, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	int r = json_value_string(at, &text, err);

	if (r < 0)
		return r;
	for (int i = 0; i < ABI_COUNT; i++) {
		if (strcmp(text, abi_info((enum abi)i)->name) == 0) {
			*abi = (enum abi)i;
			return 0;
		}
	}
	return json_error(at, err, -EINVAL, "unknown ABI \"%s\"", text);
}

/* All 64 bits: "0x5401", or a JSON number where one is safe. */
static int get_value(const struct json_at *object, const char *key, uint64_t *value,
		     struct error *err)
{
	struct json_at at;
	int r = json_member(object, key, &at, err);

	if (r < 0)
		return r;
	if (json_is_integer(at.value))
		return json_value_uint(&at, JSON_UINT_MAX, value, err);
	return json_value_hex(&at, value, err);
}

static int read_condition(const struct json_at *at, struct clause *clause, struct error *err)
{
	static const char *const keys[] = { "argument", "comparison", "mask", "value", NULL };
	struct condition condition = { 0 };
	uint64_t argument = 0;
	const char *names[COMPARISON_COUNT];
	unsigned comparison = 0;
	struct json_at mask;
	bool has_mask;
	int r = json_read_object(at, keys, err);

	for (unsigned i = 0; i < COMPARISON_COUNT; i++)
		names[i] = comparison_name((enum comparison)i);
	if (r == 0)
		r = json_get_uint(at, "argument", 5, &argument, err);
	if (r == 0)
		r = json_get_choice(at, "comparison", names, COMPARISON_COUNT, &comparison, err);
	if (r == 0)
		r = get_value(at, "value", &condition.value, err);
	if (r < 0)
		return r;
	has_mask = json_find(at, "mask", &mask);
	if (comparison == COMPARE_MASKED_EQUAL)
		r = get_value(at, "mask", &condition.mask, err);
	else if (has_mask)
		r = json_error(&mask, err, -EINVAL, "the comparison %s takes no mask",
			       names[comparison]);
	if (r < 0)
		return r;
	condition.argument = (uint8_t)argument;
	condition.comparison = (enum comparison)comparison;
	return clause_add(clause, condition) < 0 ? error_oom(err) : 0;
}

static int read_clauses(const struct json_at *object, struct rule *rule, struct error *err)
{
	struct json_at at;
	size_t count, conditions;
	int r;

	if (!json_find(object, "clauses", &at))
		return 0;
	r = json_read_array(&at, CLAUSES_MAX, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(&at, i);
		struct clause *clause = rule_add_clause(rule);

		if (!clause)
			return error_oom(err);
		r = json_read_array(&element, CONDITIONS_MAX, &conditions, err);
		if (r == 0 && conditions == 0)
			return json_error(&element, err, -EINVAL,
					  "a clause without a condition is always true; leave "
					  "\"clauses\" out instead");
		for (size_t j = 0; r == 0 && j < conditions; j++) {
			struct json_at condition = json_element(&element, j);

			r = read_condition(&condition, clause, err);
		}
	}
	return r;
}

static int read_phases(const struct json_at *object, struct rule *rule, struct error *err)
{
	const char *names[PHASE_COUNT];
	struct json_at at;
	size_t count;
	int r;

	for (unsigned i = 0; i < PHASE_COUNT; i++)
		names[i] = phase_name((enum phase)i);
	if (!json_find(object, "phases", &at))
		return 0;
	r = json_read_array(&at, PHASE_COUNT, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(&at, i);
		unsigned phase = 0;

		r = json_value_choice(&element, names, PHASE_COUNT, &phase, err);
		rule->phases |= 1U << phase;
	}
	return r;
}

/* The names of roles that the policy lists: their bits. */
static int read_role_names(const struct json_at *object, const char *key,
			   const struct policy *policy, uint64_t *roles, struct error *err)
{
	struct json_at at;
	size_t count;
	int r;

	if (!json_find(object, key, &at))
		return 0;
	r = json_read_array(&at, ROLES_MAX, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(&at, i);
		const char *names[ROLES_MAX];
		unsigned role = 0;

		for (size_t k = 0; k < policy->roles_count; k++)
			names[k] = policy->roles[k].name;
		r = json_value_choice(&element, names, policy->roles_count, &role, err);
		if (r == 0)
			*roles |= UINT64_C(1) << role;
	}
	return r;
}

static int read_tuple(const struct json_at *at, struct rule *rule, struct error *err)
{
	static const char *const keys[] = { "count", "values", NULL };
	struct argument_values tuple = { 0 };
	size_t count = 0, expected = rule_tuple_size(rule);
	struct json_at values;
	int r = json_read_object(at, keys, err);

	if (r == 0)
		r = json_get_uint(at, "count", JSON_UINT_MAX, &tuple.count, err);
	if (r == 0)
		r = json_member(at, "values", &values, err);
	if (r == 0)
		r = json_read_array(&values, ARGUMENTS_MAX, &count, err);
	if (r < 0)
		return r;
	if (count != expected)
		return json_error(&values, err, -EINVAL,
				  "%zu values, but %zu of this call's arguments matter", count,
				  expected);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(&values, i);

		r = json_is_integer(element.value)
			    ? json_value_uint(&element, JSON_UINT_MAX, &tuple.value[i], err)
			    : json_value_hex(&element, &tuple.value[i], err);
	}
	if (r == 0 && rule_add_seen(rule, &tuple) < 0)
		r = error_oom(err);
	return r;
}

static int read_seen(const struct json_at *object, struct rule *rule, struct error *err)
{
	struct json_at at;
	size_t count;
	int r;

	if (!json_find(object, "seen", &at))
		return 0;
	r = json_read_array(&at, SEEN_MAX, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(&at, i);

		r = read_tuple(&element, rule, err);
	}
	return r;
}

int parts_read_call(const struct json_at *object, enum abi of, int *number, struct error *err)
{
	_cleanup_free_ char *name = NULL;
	struct json_at name_at, nr_at;
	bool has_name = json_find(object, "name", &name_at);
	bool has_nr = json_find(object, "nr", &nr_at);
	const char *abi = abi_info(of)->name;
	uint64_t nr = 0;
	int known, r = 0;

	if (!has_name && !has_nr)
		return json_error(object, err, -EINVAL, "a call needs \"name\" or \"nr\"");
	if (has_nr)
		r = json_value_uint(&nr_at, INT_MAX, &nr, err);
	if (r == 0 && has_name)
		r = json_value_string(&name_at, &name, err);
	if (r < 0)
		return r;
	*number = (int)nr;
	if (!has_name)
		return 0;
	known = syscall_number(of, name);
	if (known < 0)
		return json_error(&name_at, err, -EINVAL,
				  "%s has no known system call \"%s\"; give a newer call by its "
				  "\"nr\" alone",
				  abi, name);
	if (has_nr && known != *number)
		return json_error(&name_at, err, -EINVAL,
				  "contradiction: on %s \"%s\" is number %d, not %d", abi, name,
				  known, *number);
	*number = known;
	return 0;
}

static int read_rule(const struct json_at *at, struct policy *policy, struct error *err)
{
	static const char *const keys[] = { "abi",  "action",	"clauses", "frequency",
					    "name", "nr",	"phases",  "reasons",
					    "seen", "seen_any", "serving", "startup",
					    NULL };
	struct rule *rule = policy_add_rule(policy);
	struct json_at abi;
	int r;

	if (!rule)
		return error_oom(err);
	r = json_read_object(at, keys, err);
	if (r == 0)
		r = json_member(at, "abi", &abi, err);
	if (r == 0)
		r = parts_read_abi(&abi, &rule->abi, err);
	if (r == 0 && !policy_has_abi(policy, rule->abi))
		return json_error(&abi, err, -EINVAL,
				  "contradiction: a rule for %s, which \"abis\" does not list",
				  abi_info(rule->abi)->name);
	if (r == 0)
		r = parts_read_call(at, rule->abi, &rule->nr, err);
	if (r == 0)
		r = get_action(at, "action", &rule->action, err);
	if (r == 0)
		r = read_clauses(at, rule, err);
	if (r == 0)
		r = parts_read_reasons(at, &rule->reasons, &rule->reasons_count, err);
	if (r == 0)
		r = read_phases(at, rule, err);
	if (r == 0)
		r = read_role_names(at, "startup", policy, &rule->startup_roles, err);
	if (r == 0)
		r = read_role_names(at, "serving", policy, &rule->serving_roles, err);
	if (r == 0)
		r = json_may_uint(at, "frequency", JSON_UINT_MAX, &rule->frequency, err);
	if (r == 0)
		r = read_seen(at, rule, err);
	if (r == 0)
		r = json_may_bool(at, "seen_any", &rule->seen_any, err);
	return r;
}

static int read_abis(const struct json_at *root, struct policy *policy, struct error *err)
{
	struct json_at at;
	size_t count;
	int r = json_member(root, "abis", &at, err);

	if (r == 0)
		r = json_read_array(&at, ABI_COUNT, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(&at, i);
		enum abi abi = ABI_X86_64;

		r = parts_read_abi(&element, &abi, err);
		if (r == 0 && policy_has_abi(policy, abi))
			return json_error(&element, err, -EINVAL, "%s is listed twice",
					  abi_info(abi)->name);
		if (r == 0 && policy_add_abi(policy, abi) < 0)
			return error_oom(err);
	}
	return r;
}

static int read_default(const struct json_at *at, struct policy *policy, struct error *err)
{
	static const char *const keys[] = { "abi", "action", "first", "last", NULL };
	struct span span = { .abi = ABI_X86_64 };
	uint64_t first = 0, last = UINT32_MAX;
	struct json_at abi;
	int r = json_read_object(at, keys, err);

	if (r == 0)
		r = json_member(at, "abi", &abi, err);
	if (r == 0)
		r = parts_read_abi(&abi, &span.abi, err);
	if (r == 0)
		r = json_may_uint(at, "first", UINT32_MAX, &first, err);
	if (r == 0)
		r = json_may_uint(at, "last", UINT32_MAX, &last, err);
	if (r == 0)
		r = get_action(at, "action", &span.action, err);
	if (r == 0 && first > last)
		r = json_error(at, err, -EINVAL, "the range from %llu to %llu is empty",
			       (unsigned long long)first, (unsigned long long)last);
	span.first = (uint32_t)first;
	span.last = (uint32_t)last;
	return r == 0 && policy_add_span(policy, span) < 0 ? error_oom(err) : r;
}

static int read_defaults(const struct json_at *root, struct policy *policy, struct error *err)
{
	struct json_at at;
	size_t count;
	int r;

	if (!json_find(root, "defaults", &at))
		return 0;
	r = json_read_array(&at, SPANS_MAX, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(&at, i);

		r = read_default(&element, policy, err);
	}
	return r;
}

static bool is_id(const char *id)
{
	return strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32;
}

static int read_recordings(const struct json_at *root, struct policy *policy, struct error *err)
{
	struct json_at at;
	size_t count;
	int r;

	if (!json_find(root, "recordings", &at))
		return 0;
	r = json_read_array(&at, RECORDINGS_MAX, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(&at, i);
		_cleanup_free_ char *id = NULL;

		r = json_value_string(&element, &id, err);
		if (r == 0 && !is_id(id))
			return json_error(&element, err, -EINVAL,
					  "a recording's id has 32 digits, 0 to 9 and a to f");
		if (r == 0 && policy_add_recording(policy, id) < 0)
			return error_oom(err);
	}
	return r;
}

static int read_open(const struct json_at *root, struct policy *policy, struct error *err)
{
	struct json_at at;
	size_t count;
	int r;

	if (!json_find(root, "open", &at))
		return 0;
	r = json_read_array(&at, SENTENCES_MAX, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(&at, i);
		_cleanup_free_ char *sentence = NULL;

		r = json_value_string(&element, &sentence, err);
		if (r == 0 && policy_add_open(policy, "%s", sentence) < 0)
			return error_oom(err);
	}
	return r;
}

static int read_role(const struct json_at *at, struct policy *policy, struct error *err)
{
	static const char *const keys[] = { "depth", "executable", "name", "title", NULL };
	struct role *role = policy_add_role(policy);
	uint64_t depth = 0;
	int r;

	if (!role)
		return error_oom(err);
	r = json_read_object(at, keys, err);
	if (r == 0)
		r = json_get_string(at, "name", &role->name, err);
	if (r == 0)
		r = json_get_string(at, "executable", &role->executable, err);
	if (r == 0)
		r = json_may_string(at, "title", &role->title, err);
	if (r == 0)
		r = json_may_uint(at, "depth", UINT8_MAX, &depth, err);
	role->depth = (unsigned)depth;
	return r;
}

static int read_roles(const struct json_at *root, struct policy *policy, struct error *err)
{
	struct json_at at;
	size_t count;
	int r;

	if (!json_find(root, "roles", &at))
		return 0;
	r = json_read_array(&at, ROLES_MAX, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(&at, i);

		r = read_role(&element, policy, err);
	}
	return r;
}

static int read_rules(const struct json_at *root, struct policy *policy, struct error *err)
{
	struct json_at at;
	size_t count;
	int r = json_member(root, "rules", &at, err);

	if (r == 0)
		r = json_read_array(&at, RULES_MAX, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(&at, i);

		r = read_rule(&element, policy, err);
	}
	return r;
}

/* What the file is comes before what is in it: a policy of a later version must be called that, not
 * a file with unknown keys. */
static int check_format(const struct json_at *root, struct error *err)
{
	_cleanup_free_ char *format = NULL;
	struct json_at at;
	uint64_t version = 0;
	int r;

	if (!json_find(root, "format", &at) || !json_is_string(at.value) ||
	    json_value_string(&at, &format, err) < 0 || strcmp(format, POLICY_FORMAT) != 0)
		return json_error(root, err, -EBADMSG,
				  "not a policy: \"format\" is not \"" POLICY_FORMAT
				  "\"; whittle decide makes one from a recording");
	r = json_member(root, "version", &at, err);
	if (r == 0)
		r = json_value_uint(&at, JSON_UINT_MAX, &version, err);
	if (r == 0 && (version < 1 || version > POLICY_VERSION))
		r = json_error(&at, err, -EINVAL,
			       "policy version %llu is not supported; this program reads versions "
			       "1 to %d",
			       (unsigned long long)version, POLICY_VERSION);
	return r;
}

static int read_root(const struct json_at *root, struct policy *policy, struct error *err)
{
	static const char *const keys[] = { "abis",    "default", "defaults", "directives",
					    "foreign", "format",  "idle",     "level",
					    "libc",    "omitted", "open",     "recordings",
					    "roles",   "rules",	  "starts",   "systemd",
					    "target",  "version", "withheld", NULL };
	int r = check_format(root, err);

	if (r == 0)
		r = json_read_object(root, keys, err);
	if (r == 0)
		r = json_may_string(root, "target", &policy->target, err);
	if (r == 0)
		r = json_may_string(root, "level", &policy->level, err);
	if (r == 0)
		r = json_may_string(root, "systemd", &policy->systemd, err);
	if (r == 0)
		r = json_may_string(root, "libc", &policy->libc, err);
	if (r == 0)
		r = get_action(root, "default", &policy->default_action, err);
	if (r == 0)
		r = get_action(root, "foreign", &policy->foreign_action, err);
	if (r == 0)
		r = read_abis(root, policy, err);
	if (r == 0)
		r = read_defaults(root, policy, err);
	if (r == 0)
		r = read_recordings(root, policy, err);
	if (r == 0)
		r = read_open(root, policy, err);
	if (r == 0)
		r = read_roles(root, policy, err);
	if (r == 0)
		r = parts_read(root, policy, err);
	if (r == 0)
		r = read_rules(root, policy, err);
	return r;
}

int policy_parse(const char *path, const char *data, size_t size, struct policy **result,
		 struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = policy_new();
	_cleanup_(json_freep) json_t *json = NULL;
	struct json_at root;
	int r;

	if (!policy)
		return error_oom(err);
	r = json_read(path, data, size, &json, err);
	if (r < 0)
		return r;
	root = json_at_root(path, json);
	r = read_root(&root, policy, err);
	if (r < 0)
		return r;
	r = policy_finish(policy, err);
	if (r < 0)
		return error_prefix(err, "%s", path);
	*result = take(policy);
	return 0;
}

int policy_read(const char *path, struct policy **policy, struct error *err)
{
	_cleanup_free_ char *data = NULL;
	size_t size;
	int r = file_read(path, JSON_FILE_MAX, &data, &size, err);

	if (r < 0)
		return r;
	return policy_parse(strcmp(path, "-") == 0 ? "standard input" : path, data, size, policy,
			    err);
}
