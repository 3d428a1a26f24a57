// SPDX-License-Identifier: LGPL-2.1-or-later
/* The parts of version 2 in memory: adding, copying, freeing, and the checks of policy_finish(). */
#include "policy/parts.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static int copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

/* ---- reasons ---- */

int parts_add_reason(struct reason **reasons, size_t *count, const struct reason *reason)
{
	struct reason *at = array_grow_one(reasons, *count);

	if (!at) {
		free(reason->text);
		return -ENOMEM;
	}
	*at = *reason;
	++*count;
	return 0;
}

int parts_format_reason(struct reason **reasons, size_t *count, enum reason_kind kind,
			const char *format, va_list arguments)
{
	char *text;

	return vasprintf(&text, format, arguments) < 0
		       ? -ENOMEM
		       : parts_add_reason(reasons, count,
					  &(struct reason){ .kind = kind, .text = text });
}

int parts_copy_reasons(struct reason **to, size_t *to_count, const struct reason *from,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct reason copy = from[i];

		copy.text = strdup(from[i].text);
		if (!copy.text || parts_add_reason(to, to_count, &copy) < 0)
			return -ENOMEM;
	}
	return 0;
}

int parts_check_reasons(const struct reason *reasons, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct reason *reason = &reasons[i];

		if (reason->hosts > reason->of_hosts || (reason->of_hosts && !reason->hosts) ||
		    reason->of_hosts > JSON_UINT_MAX)
			return error_set(
				err, -EINVAL,
				"a reason names %llu of %llu hosts: it must be at least 1, "
				"and no more than there are",
				(unsigned long long)reason->hosts,
				(unsigned long long)reason->of_hosts);
	}
	return 0;
}

void parts_free_reasons(struct reason *reasons, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(reasons[i].text);
	free(reasons);
}

/* ---- adding ---- */

struct start *policy_add_start(struct policy *policy)
{
	struct start *start = array_grow_one(&policy->starts, policy->starts_count);

	policy->starts_known = true;
	if (start)
		policy->starts_count++;
	return start;
}

struct withheld_call *policy_add_withheld(struct policy *policy)
{
	struct withheld_call *call = array_grow_one(&policy->withheld, policy->withheld_count);

	if (call)
		policy->withheld_count++;
	return call;
}

static struct directive *add_directive(struct directive **directives, size_t *count)
{
	struct directive *directive = array_grow_one(directives, *count);

	if (directive)
		++*count;
	return directive;
}

struct directive *policy_add_directive(struct policy *policy)
{
	return add_directive(&policy->directives, &policy->directives_count);
}

struct directive *policy_add_omitted(struct policy *policy)
{
	return add_directive(&policy->omitted, &policy->omitted_count);
}

int directive_add_value(struct directive *directive, const char *value)
{
	char **at = array_grow_one(&directive->values, directive->values_count);

	if (!at || copy_text(at, value) < 0)
		return -ENOMEM;
	directive->values_count++;
	return 0;
}

int directive_add_reason(struct directive *directive, enum reason_kind kind, const char *format,
			 ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = parts_format_reason(&directive->reasons, &directive->reasons_count, kind, format, ap);
	va_end(ap);
	return r;
}

/* ---- freeing and copying ---- */

static void free_directives(struct directive *directives, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(directives[i].name);
		free(directives[i].value);
		for (size_t k = 0; k < directives[i].values_count; k++)
			free(directives[i].values[k]);
		free(directives[i].values);
		parts_free_reasons(directives[i].reasons, directives[i].reasons_count);
	}
	free(directives);
}

void parts_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->starts_count; i++)
		free(policy->starts[i].executable);
	free(policy->starts);
	for (size_t i = 0; i < policy->withheld_count; i++)
		free(policy->withheld[i].path);
	free(policy->withheld);
	free_directives(policy->directives, policy->directives_count);
	free_directives(policy->omitted, policy->omitted_count);
}

static int copy_directives(struct directive **to, size_t *to_count, const struct directive *from,
			   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct directive *directive = add_directive(to, to_count);

		if (!directive || copy_text(&directive->name, from[i].name) < 0 ||
		    copy_text(&directive->value, from[i].value) < 0 ||
		    parts_copy_reasons(&directive->reasons, &directive->reasons_count,
				       from[i].reasons, from[i].reasons_count) < 0)
			return -ENOMEM;
		for (size_t k = 0; k < from[i].values_count; k++)
			if (directive_add_value(directive, from[i].values[k]) < 0)
				return -ENOMEM;
	}
	return 0;
}

int parts_copy(struct policy *to, const struct policy *from)
{
	to->starts_known = from->starts_known;
	to->is_idle = from->is_idle;
	for (size_t i = 0; i < from->starts_count; i++) {
		struct start *start = policy_add_start(to);

		if (!start || copy_text(&start->executable, from->starts[i].executable) < 0)
			return -ENOMEM;
		start->runs = from->starts[i].runs;
	}
	for (size_t i = 0; i < from->withheld_count; i++) {
		const struct withheld_call *call = &from->withheld[i];
		struct withheld_call *copy = policy_add_withheld(to);

		if (!copy || copy_text(&copy->path, call->path) < 0)
			return -ENOMEM;
		copy->abi = call->abi;
		copy->nr = call->nr;
		copy->is_own = call->is_own;
	}
	if (copy_directives(&to->directives, &to->directives_count, from->directives,
			    from->directives_count) < 0)
		return -ENOMEM;
	return copy_directives(&to->omitted, &to->omitted_count, from->omitted,
			       from->omitted_count);
}

/* ---- finishing ---- */

static int compare_starts(const void *a, const void *b)
{
	return strcmp(((const struct start *)a)->executable, ((const struct start *)b)->executable);
}

static int finish_starts(struct policy *policy, struct error *err)
{
	for (size_t i = 0; i < policy->starts_count; i++)
		if (!policy->starts[i].executable || !*policy->starts[i].executable ||
		    !policy->starts[i].runs || policy->starts[i].runs > JSON_UINT_MAX)
			return error_set(err, -EINVAL,
					 "a start without an executable or without a run");
	if (policy->starts_count > 1)
		qsort(policy->starts, policy->starts_count, sizeof(*policy->starts),
		      compare_starts);
	for (size_t i = 1; i < policy->starts_count; i++)
		if (compare_starts(&policy->starts[i - 1], &policy->starts[i]) == 0)
			return error_set(err, -EINVAL, "the starts of %s are listed twice",
					 policy->starts[i].executable);
	return 0;
}

static int compare_withheld(const void *left, const void *right)
{
	const struct withheld_call *a = left, *b = right;

	if (a->abi != b->abi)
		return a->abi < b->abi ? -1 : 1;
	return (a->nr > b->nr) - (a->nr < b->nr);
}

static int finish_withheld(struct policy *policy, struct error *err)
{
	for (size_t i = 0; i < policy->withheld_count; i++) {
		const struct withheld_call *call = &policy->withheld[i];

		if ((unsigned)call->abi >= ABI_COUNT || !policy_has_abi(policy, call->abi) ||
		    call->nr < 0 || !call->path)
			return error_set(err, -EINVAL,
					 "withheld call %d: it has no path, or the policy does not "
					 "list its ABI",
					 call->nr);
	}
	if (policy->withheld_count > 1)
		qsort(policy->withheld, policy->withheld_count, sizeof(*policy->withheld),
		      compare_withheld);
	for (size_t i = 1; i < policy->withheld_count; i++)
		if (compare_withheld(&policy->withheld[i - 1], &policy->withheld[i]) == 0)
			return error_set(err, -EINVAL, "call %d is listed twice as withheld",
					 policy->withheld[i].nr);
	return 0;
}

/* The text goes into a file that root's service manager reads: one line, no control character. */
static bool is_setting_value(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return false;
	return true;
}

static bool is_setting_name(const char *name)
{
	if (!name || !isupper((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name))
			return false;
	return true;
}

static int compare_directives(const void *a, const void *b)
{
	return strcmp(((const struct directive *)a)->name, ((const struct directive *)b)->name);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_values(struct directive *directive)
{
	size_t kept = 0;

	if (directive->values_count < 2)
		return;
	qsort(directive->values, directive->values_count, sizeof(*directive->values),
	      compare_texts);
	for (size_t i = 0; i < directive->values_count; i++) {
		if (kept && strcmp(directive->values[kept - 1], directive->values[i]) == 0)
			free(directive->values[i]);
		else
			directive->values[kept++] = directive->values[i];
	}
	directive->values_count = kept;
}

static int check_directive(const struct directive *directive, bool is_omitted, struct error *err)
{
	if (!is_setting_name(directive->name))
		return error_set(
			err, -EINVAL,
			"a directive's name consists of letters and digits, and begins with "
			"a capital letter: MemoryDenyWriteExecute");
	if ((directive->value && directive->values_count) ||
	    (is_omitted && (directive->value || directive->values_count)))
		return error_set(err, -EINVAL, "directive %s: %s", directive->name,
				 is_omitted ? "it is left out and has a value"
					    : "it has both a value and a list of values");
	if (directive->value && (!*directive->value || !is_setting_value(directive->value)))
		return error_set(err, -EINVAL,
				 "directive %s: its value is empty or has a control character",
				 directive->name);
	for (size_t i = 0; i < directive->values_count; i++)
		if (!*directive->values[i] || !is_setting_value(directive->values[i]))
			return error_set(
				err, -EINVAL,
				"directive %s: one of its values is empty or has a control "
				"character",
				directive->name);
	if (parts_check_reasons(directive->reasons, directive->reasons_count, err) < 0)
		return error_prefix(err, "directive %s", directive->name);
	return 0;
}

static int finish_directives(struct directive *directives, size_t count, bool are_omitted,
			     struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (check_directive(&directives[i], are_omitted, err) < 0)
			return err->code;
		sort_values(&directives[i]);
	}
	if (count > 1)
		qsort(directives, count, sizeof(*directives), compare_directives);
	for (size_t i = 1; i < count; i++)
		if (compare_directives(&directives[i - 1], &directives[i]) == 0)
			return error_set(err, -EINVAL, "directive %s is listed twice",
					 directives[i].name);
	return 0;
}

static bool is_set(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->directives_count; i++)
		if (strcmp(policy->directives[i].name, name) == 0)
			return true;
	return false;
}

int parts_finish(struct policy *policy, struct error *err)
{
	if (finish_starts(policy, err) < 0 || finish_withheld(policy, err) < 0 ||
	    finish_directives(policy->directives, policy->directives_count, false, err) < 0 ||
	    finish_directives(policy->omitted, policy->omitted_count, true, err) < 0)
		return err->code;
	for (size_t i = 0; i < policy->omitted_count; i++)
		if (is_set(policy, policy->omitted[i].name))
			return error_set(err, -EINVAL, "directive %s is both set and left out",
					 policy->omitted[i].name);
	return 0;
}
