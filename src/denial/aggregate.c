// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Groups are in an array in the order of their first denial, which is the order of the output. A table
 * finds them by hash. Groups are only removed all at once. A second list names the groups with unreported
 * denials, so that the cost per line of a stream does not depend on the number of groups.
 */
#include "denial/aggregate.h"

#include "common/cleanup.h"
#include "common/table.h"
#include "syscall/arguments.h"

#include <string.h>

struct aggregate {
	aggregate_reporter tell;
	void *context;
	size_t count;
	size_t waiting_count;
	uint16_t waiting[AGGREGATE_GROUPS];
	struct table by_hash;
	struct denial_group groups[AGGREGATE_GROUPS];
};

_Static_assert(AGGREGATE_GROUPS <= UINT16_MAX + 1, "an index fits in a list");

struct aggregate *aggregate_new(aggregate_reporter tell, void *context)
{
	struct aggregate *aggregate = calloc(1, sizeof(*aggregate));

	if (!aggregate || !table_reserve(&aggregate->by_hash, AGGREGATE_GROUPS)) {
		free(aggregate);
		return NULL;
	}
	aggregate->tell = tell;
	aggregate->context = context;
	return aggregate;
}

static void clear(struct aggregate *aggregate)
{
	for (size_t i = 0; i < aggregate->count; i++)
		free(aggregate->groups[i].strings);
	aggregate->count = aggregate->waiting_count = 0;
	table_clear(&aggregate->by_hash);
}

void aggregate_freep(struct aggregate **aggregate)
{
	if (!*aggregate)
		return;
	clear(*aggregate);
	table_free(&(*aggregate)->by_hash);
	free(take(*aggregate));
}

static uint32_t hash_text(uint32_t hash, struct text text)
{
	return table_hash(table_hash(hash, text.data, text.length), &text.length,
			  sizeof(text.length));
}

/* The arguments by which two calls of the same name differ in kind; how many. */
static unsigned telling_arguments(const struct denial *denial, uint64_t values[ARGUMENTS_MAX])
{
	const struct syscall_arguments *arguments;
	char buffer[64];
	const char *name =
		denial->has_arguments ? denial_name(denial, buffer, sizeof(buffer)) : NULL;
	unsigned count = 0;

	arguments = name ? syscall_arguments_of(denial->abi, name) : NULL;
	for (unsigned i = 0; arguments && i < arguments->count; i++) {
		const struct argument *argument = &arguments->argument[i];

		if (argument->pointee_offset < 0)
			values[count++] = denial->arguments[argument->index] & argument->mask;
	}
	return count;
}

static uint32_t hash_denial(const struct denial *denial)
{
	uint64_t values[ARGUMENTS_MAX] = { 0 };
	uint32_t hash = TABLE_HASH;
	unsigned count = telling_arguments(denial, values);
	const uint64_t numbers[] = {
		denial->audit_arch, (uint64_t)denial->nr, denial->has_abi ? denial->abi : ABI_COUNT,
		denial->has_action ? denial->action : 1, /* no action is 1 */
	};

	hash = table_hash(hash, numbers, sizeof(numbers));
	hash = table_hash(hash, values, count * sizeof(*values));
	if (denial->nr < 0)
		hash = hash_text(hash, denial->name);
	hash = hash_text(hash, denial->comm);
	hash = hash_text(hash, denial->exe);
	hash = hash_text(hash, denial->stack);
	return hash_text(hash, denial->unit);
}

static bool text_equal(struct text a, struct text b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static bool is_alike(const struct denial *a, const struct denial *b)
{
	uint64_t left[ARGUMENTS_MAX] = { 0 }, right[ARGUMENTS_MAX] = { 0 };
	unsigned count;

	if (a->audit_arch != b->audit_arch || a->nr != b->nr || a->has_abi != b->has_abi ||
	    a->abi != b->abi || a->has_action != b->has_action || a->action != b->action ||
	    a->has_errno != b->has_errno || (a->nr < 0 && !text_equal(a->name, b->name)) ||
	    !text_equal(a->comm, b->comm) || !text_equal(a->exe, b->exe) ||
	    !text_equal(a->unit, b->unit) || !text_equal(a->stack, b->stack) ||
	    a->has_arguments != b->has_arguments)
		return false;
	count = telling_arguments(a, left);
	return telling_arguments(b, right) == count &&
	       memcmp(left, right, count * sizeof(*left)) == 0;
}

/* Copies TEXT to *AT, terminated, and points it there. */
static void keep_text(struct text *text, char **at)
{
	if (text->length)
		memcpy(*at, text->data, text->length);
	(*at)[text->length] = '\0';
	text->data = *at;
	*at += text->length + 1;
}

static int begin_group(struct denial_group *group, const struct denial *denial, struct error *err)
{
	char *at;

	*group = (struct denial_group){ .denial = *denial };
	/* Each is a part of one line, which is in memory: the sum can't wrap. */
	at = malloc(denial->name.length + denial->comm.length + denial->exe.length +
		    denial->unit.length + denial->stack.length + 5);
	if (!at)
		return error_oom(err);
	group->strings = at;
	keep_text(&group->denial.name, &at);
	keep_text(&group->denial.comm, &at);
	keep_text(&group->denial.exe, &at);
	keep_text(&group->denial.unit, &at);
	keep_text(&group->denial.stack, &at);
	group->denial.scratch = NULL;
	return 0;
}

static void note_pid(struct denial_group *group, int64_t pid)
{
	for (unsigned i = 0; i < group->pids_count && i < AGGREGATE_PIDS; i++)
		if (group->pids[i] == pid)
			return;
	if (group->pids_count < AGGREGATE_PIDS)
		group->pids[group->pids_count++] = pid;
	else
		group->pids_count = AGGREGATE_PIDS + 1;
}

static int find_group(struct aggregate *aggregate, const struct denial *denial,
		      struct denial_group **found, struct error *err)
{
	uint32_t hash = hash_denial(denial);
	int r;

	TABLE_EACH (index, &aggregate->by_hash, hash) {
		if (is_alike(&aggregate->groups[index].denial, denial)) {
			*found = &aggregate->groups[index];
			return 0;
		}
	}
	if (aggregate->count == AGGREGATE_GROUPS) {
		r = aggregate_report(aggregate, 0, 0, err);
		if (r < 0)
			return r;
		clear(aggregate);
	}
	r = begin_group(&aggregate->groups[aggregate->count], denial, err);
	if (r < 0)
		return r;
	*found = &aggregate->groups[aggregate->count];
	/* There is room for all groups. */
	table_add(&aggregate->by_hash, hash, (uint32_t)aggregate->count++);
	return 0;
}

int aggregate_add(struct aggregate *aggregate, const struct denial *denial, uint64_t count,
		  struct error *err)
{
	struct denial_group *group;
	int r = find_group(aggregate, denial, &group, err);

	if (r < 0)
		return r;
	group->count += count;
	if (denial->time_us)
		group->denial.time_us = denial->time_us;
	group->denial.serial = denial->serial;
	group->denial.pid = denial->pid;
	group->denial.thread = denial->thread;
	group->denial.ip = denial->ip;
	note_pid(group, denial->pid);
	if (!group->is_waiting) {
		group->is_waiting = true;
		aggregate->waiting[aggregate->waiting_count++] =
			(uint16_t)(group - aggregate->groups);
	}
	return 0;
}

int aggregate_report(struct aggregate *aggregate, uint64_t now_ns, uint64_t pause_ns,
		     struct error *err)
{
	size_t left = 0;

	for (size_t i = 0; i < aggregate->waiting_count; i++) {
		struct denial_group *group = &aggregate->groups[aggregate->waiting[i]];
		int r;

		if (pause_ns && group->told && now_ns - group->told_ns < pause_ns) {
			aggregate->waiting[left++] = aggregate->waiting[i];
			continue;
		}
		r = aggregate->tell(aggregate->context, group, group->count - group->told, err);
		if (r < 0)
			return r;
		group->told = group->count;
		group->told_ns = now_ns;
		group->is_waiting = false;
	}
	aggregate->waiting_count = left;
	return 0;
}

bool aggregate_is_pending(const struct aggregate *aggregate)
{
	return aggregate->waiting_count > 0;
}
