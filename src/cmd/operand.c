// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The content of a file shows its type: a policy is a JSON object; a filter consists of whole instructions.
 */
#include "cmd/operand.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "filter/compile.h"
#include "unit/verify.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define POLICY_SIZE_MAX (64u << 20)

static void group_clear(struct operand_group *group)
{
	filter_stack_free(&group->stack);
	free(group->pids);
}

void operand_clear(struct source *source)
{
	policy_freep(&source->policy);
	for (size_t i = 0; i < source->groups_count; i++)
		group_clear(&source->groups[i]);
	free(source->groups);
	*source = (struct source){ 0 };
}

static bool is_json(const char *data, size_t size)
{
	size_t at = 0;

	while (at < size && isspace((unsigned char)data[at]))
		at++;
	return at < size && data[at] == '{';
}

/* Takes ownership of the stack, even on failure. */
static int add_group(struct source *source, struct filter_stack *stack, struct error *err)
{
	struct operand_group *group = array_grow_one(&source->groups, source->groups_count);

	if (!group) {
		filter_stack_free(stack);
		return error_oom(err);
	}
	source->groups_count++;
	group->stack = *stack;
	*stack = (struct filter_stack){ 0 };
	return 0;
}

int operand_read_file(const char *path, struct source *source, struct error *err)
{
	const char *shown = strcmp(path, "-") == 0 ? "standard input" : path;
	_cleanup_free_ char *data = NULL;
	struct filter_stack stack = { .count = 1 };
	size_t size;
	int r = file_read(path, POLICY_SIZE_MAX, &data, &size, err);

	*source = (struct source){ 0 };
	if (r < 0)
		return r;
	if (is_json(data, size))
		return policy_parse(shown, data, size, &source->policy, err);
	stack.filters = calloc(1, sizeof(*stack.filters));
	if (!stack.filters)
		return error_oom(err);
	r = filter_from_bytes(data, size, &stack.filters[0], &source->big_endian, err);
	if (r < 0) {
		filter_stack_free(&stack);
		return error_prefix(err, "%s", shown);
	}
	return add_group(source, &stack, err);
}

static bool stacks_are_equal(const struct filter_stack *a, const struct filter_stack *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->filters[i].count != b->filters[i].count ||
		    memcmp(a->filters[i].instructions, b->filters[i].instructions,
			   a->filters[i].count * sizeof(struct sock_filter)) != 0)
			return false;
	return true;
}

static int add_process(struct source *source, pid_t pid, struct error *err)
{
	_cleanup_(filter_stack_free) struct filter_stack stack = { 0 };
	struct operand_group *group = NULL;
	pid_t *added;
	int r = filter_fetch(pid, &stack, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < source->groups_count; i++)
		if (stacks_are_equal(&source->groups[i].stack, &stack))
			group = &source->groups[i];
	if (!group) {
		r = add_group(source, &stack, err);
		if (r < 0)
			return r;
		group = &source->groups[source->groups_count - 1];
	}
	added = array_grow_one(&group->pids, group->pids_count);
	if (!added)
		return error_oom(err);
	*added = pid;
	group->pids_count++;
	return 0;
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

int operand_read_process(const char *pid, struct source *source, struct error *err)
{
	long number;

	*source = (struct source){ 0 };
	errno = 0;
	number = strtol(pid, NULL, 10);
	if (!is_number(pid) || errno || number <= 0 || number > INT32_MAX)
		return error_set(err, -EINVAL, "\"%s\" is not a process id", pid);
	return add_process(source, (pid_t)number, err);
}

int operand_load_unit(const char *name, struct manager **manager, struct unit **unit,
		      struct error *err)
{
	int r = verify_is_permitted(err);

	if (r == 0)
		r = manager_open(manager, err);
	return r < 0 ? r : unit_load(*manager, name, unit, err);
}

int operand_read_unit(const char *name, struct source *source, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(unit_freep) struct unit *unit = NULL;
	_cleanup_free_ pid_t *pids = NULL;
	size_t count = 0;
	int r = operand_load_unit(name, &manager, &unit, err);

	*source = (struct source){ 0 };
	if (r == 0)
		r = unit_pids(manager, unit->name, &pids, &count, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		r = add_process(source, pids[i], err);
		if (r == -ESRCH) /* it ended meanwhile */
			error_clear(err);
		else if (r < 0)
			return error_prefix(err, "unit %s", unit->name);
	}
	if (source->groups_count == 0)
		return error_set(err, -ESRCH, "unit %s: it has no process: start it first",
				 unit->name);
	return 0;
}

/* A name without a slash that is no file. Without the rights to read filters, "nginx" would be a unit, but
 * "nginx.policy" is rather a file. */
static bool may_be_unit(const char *name)
{
	static const char *const suffixes[] = { ".service", ".scope", ".slice",
						".socket",  ".mount", ".swap" };
	const char *dot = strrchr(name, '.');
	struct error ignored = { 0 };

	if (!*name || strchr(name, '/'))
		return false;
	for (size_t i = 0; dot && i < ARRAY_SIZE(suffixes); i++)
		if (strcmp(dot, suffixes[i]) == 0)
			return true;
	return !dot || verify_is_permitted(&ignored) == 0;
}

static int read_named_unit(const char *name, struct source *source, struct error *err)
{
	struct error failure = { 0 };
	int r = operand_read_unit(name, source, &failure);

	if (r == -EOPNOTSUPP || r == -EINVAL)
		return error_set_errno(err, -ENOENT, "%s", name);
	if (r < 0)
		return error_set(err, r, "%s: there is no such file; %s", name, failure.message);
	return 0;
}

int operand_read(const char *operand, struct source *source, struct error *err)
{
	if (strncmp(operand, "pid:", 4) == 0)
		return operand_read_process(operand + 4, source, err);
	if (strncmp(operand, "unit:", 5) == 0)
		return operand_read_unit(operand + 5, source, err);
	if (strcmp(operand, "-") != 0 && access(operand, F_OK) < 0) {
		if (is_number(operand))
			return operand_read_process(operand, source, err);
		if (may_be_unit(operand))
			return read_named_unit(operand, source, err);
	}
	return operand_read_file(operand, source, err);
}

int operand_side(const struct source *source, const char *name, struct side *side,
		 struct error *err)
{
	if (source->policy) {
		*side = (struct side){ .policy = source->policy };
		return 0;
	}
	if (source->groups_count != 1)
		return error_set(
			err, -EINVAL,
			"%s: its processes have %zu different sets of filters (for example "
			"processes %d and %d): name one process with pid:N",
			name, source->groups_count, source->groups[0].pids[0],
			source->groups[1].pids[0]);
	*side = (struct side){ .stack = &source->groups[0].stack };
	return 0;
}

int operand_take_filter(struct source *source, const char *name, struct filter *filter,
			struct error *err)
{
	int r = 0;

	if (source->policy) {
		r = filter_compile_local(source->policy, filter, err);
		return r < 0 ? error_prefix(err, "%s", name) : 0;
	}
	*filter = source->groups[0].stack.filters[0];
	source->groups[0].stack.filters[0] = (struct filter){ 0 };
	return 0;
}
