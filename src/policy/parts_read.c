// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads the parts of a policy that version 2 added, and reasons. */
#include "common/cleanup.h"
#include "policy/parts.h"

#include <errno.h>
#include <string.h>

#define REASONS_MAX    4096
#define STARTS_MAX     65536
#define WITHHELD_MAX   65536
#define DIRECTIVES_MAX 1024
#define VALUES_MAX     65536

/* Of the file that the value is in; checked before. */
static json_int_t file_version(const struct json_at *at)
{
	while (at->parent)
		at = at->parent;
	return json_integer_value(json_object_get(at->value, "version"));
}

/* 1: the optional member is there; 0: it is not. A file of version 1 must not have it. */
static int find_since_2(const struct json_at *object, const char *key, struct json_at *member,
			struct error *err)
{
	if (!json_find(object, key, member))
		return 0;
	if (file_version(object) < 2)
		return json_error(member, err, -EINVAL, "unknown key in a file of version 1");
	return 1;
}

static int read_hosts(const struct json_at *at, struct reason *reason, struct error *err)
{
	struct json_at hosts, of_hosts;
	int first = find_since_2(at, "hosts", &hosts, err);
	int second = first < 0 ? first : find_since_2(at, "of_hosts", &of_hosts, err);
	int r;

	if (second < 0 || (first == 0 && second == 0))
		return second;
	r = json_get_uint(at, "hosts", JSON_UINT_MAX, &reason->hosts, err);
	if (r == 0)
		r = json_get_uint(at, "of_hosts", JSON_UINT_MAX, &reason->of_hosts, err);
	if (r == 0 && (!reason->hosts || reason->hosts > reason->of_hosts))
		r = json_error(&hosts, err, -EINVAL,
			       "%llu is not in the range 1 to \"of_hosts\", which is %llu",
			       (unsigned long long)reason->hosts,
			       (unsigned long long)reason->of_hosts);
	return r;
}

int parts_read_reasons(const struct json_at *object, struct reason **reasons, size_t *reasons_count,
		       struct error *err)
{
	static const char *const keys[] = { "hosts", "kind", "of_hosts", "text", NULL };
	const char *kinds[REASON_COUNT];
	struct json_at at;
	size_t count;
	int r;

	for (unsigned i = 0; i < REASON_COUNT; i++)
		kinds[i] = reason_kind_name((enum reason_kind)i);
	if (!json_find(object, "reasons", &at))
		return 0;
	r = json_read_array(&at, REASONS_MAX, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(&at, i);
		struct reason reason = { .kind = REASON_SEEN };
		unsigned kind = 0;

		r = json_read_object(&element, keys, err);
		if (r == 0)
			r = json_get_choice(&element, "kind", kinds, REASON_COUNT, &kind, err);
		if (r == 0)
			r = read_hosts(&element, &reason, err);
		if (r == 0)
			r = json_get_string(&element, "text", &reason.text, err);
		reason.kind = (enum reason_kind)kind;
		if (r == 0 && parts_add_reason(reasons, reasons_count, &reason) < 0)
			r = error_oom(err);
	}
	return r;
}

static int read_start(const struct json_at *at, struct policy *policy, struct error *err)
{
	static const char *const keys[] = { "executable", "runs", NULL };
	struct start *start = policy_add_start(policy);
	int r;

	if (!start)
		return error_oom(err);
	r = json_read_object(at, keys, err);
	if (r == 0)
		r = json_get_string(at, "executable", &start->executable, err);
	if (r == 0)
		r = json_get_uint(at, "runs", JSON_UINT_MAX, &start->runs, err);
	return r;
}

static int read_withheld_call(const struct json_at *at, struct policy *policy, struct error *err)
{
	static const char *const keys[] = { "abi", "name", "nr", "own", "path", NULL };
	struct withheld_call *call = policy_add_withheld(policy);
	struct json_at abi;
	int r;

	if (!call)
		return error_oom(err);
	r = json_read_object(at, keys, err);
	if (r == 0)
		r = json_member(at, "abi", &abi, err);
	if (r == 0)
		r = parts_read_abi(&abi, &call->abi, err);
	if (r == 0)
		r = parts_read_call(at, call->abi, &call->nr, err);
	if (r == 0)
		r = json_get_string(at, "path", &call->path, err);
	if (r == 0)
		r = json_get_bool(at, "own", &call->is_own, err);
	return r;
}

static int read_values(const struct json_at *at, struct directive *directive, struct error *err)
{
	size_t count;
	int r = json_read_array(at, VALUES_MAX, &count, err);

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at element = json_element(at, i);
		_cleanup_free_ char *value = NULL;

		r = json_value_string(&element, &value, err);
		if (r == 0 && directive_add_value(directive, value) < 0)
			return error_oom(err);
	}
	return r;
}

static int read_directive(const struct json_at *at, struct policy *policy, struct error *err)
{
	static const char *const keys[] = { "name", "reasons", "value", "values", NULL };
	struct directive *directive = policy_add_directive(policy);
	bool has_value, has_values;
	struct json_at value, values;
	int r;

	if (!directive)
		return error_oom(err);
	r = json_read_object(at, keys, err);
	if (r == 0)
		r = json_get_string(at, "name", &directive->name, err);
	if (r < 0)
		return r;
	has_value = json_find(at, "value", &value);
	has_values = json_find(at, "values", &values);
	if (has_value == has_values)
		return json_error(at, err, -EINVAL,
				  "a directive has either \"value\" or \"values\"");
	r = has_value ? json_value_string(&value, &directive->value, err)
		      : read_values(&values, directive, err);
	return r < 0 ? r
		     : parts_read_reasons(at, &directive->reasons, &directive->reasons_count, err);
}

static int read_omitted(const struct json_at *at, struct policy *policy, struct error *err)
{
	static const char *const keys[] = { "name", "reasons", NULL };
	struct directive *directive = policy_add_omitted(policy);
	int r;

	if (!directive)
		return error_oom(err);
	r = json_read_object(at, keys, err);
	if (r == 0)
		r = json_get_string(at, "name", &directive->name, err);
	return r < 0 ? r
		     : parts_read_reasons(at, &directive->reasons, &directive->reasons_count, err);
}

static int read_idle(const struct json_at *root, struct policy *policy, struct error *err)
{
	struct json_at at;
	int r = find_since_2(root, "idle", &at, err);

	if (r <= 0)
		return r;
	r = json_may_bool(root, "idle", &policy->is_idle, err);
	if (r == 0 && !policy->is_idle)
		return json_error(&at, err, -EINVAL, "\"idle\" is true or absent");
	return r;
}

int parts_read(const struct json_at *root, struct policy *policy, struct error *err)
{
	static const struct {
		const char *key;
		size_t max;
		int (*read)(const struct json_at *at, struct policy *policy, struct error *err);
	} members[] = {
		{ "starts", STARTS_MAX, read_start },
		{ "withheld", WITHHELD_MAX, read_withheld_call },
		{ "directives", DIRECTIVES_MAX, read_directive },
		{ "omitted", DIRECTIVES_MAX, read_omitted },
	};
	int r = read_idle(root, policy, err);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(members); i++) {
		struct json_at at;
		size_t count = 0;

		r = find_since_2(root, members[i].key, &at, err);
		if (r <= 0)
			continue;
		policy->starts_known |= members[i].read == read_start;
		r = json_read_array(&at, members[i].max, &count, err);
		for (size_t k = 0; r == 0 && k < count; k++) {
			struct json_at element = json_element(&at, k);

			r = members[i].read(&element, policy, err);
		}
	}
	return r < 0 ? r : 0;
}
