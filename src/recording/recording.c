// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The set of runs, an array sorted by id. Runs are shared, not copied, so merging costs one pass
 * over two sorted arrays of pointers.
 */
#include "recording/recording.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "recording/run.h"

#include <errno.h>
#include <string.h>

struct recording {
	struct run **runs;
	size_t count;
};

struct recording *recording_new(void)
{
	return calloc(1, sizeof(struct recording));
}

void recording_freep(struct recording **pointer)
{
	struct recording *recording = take(*pointer);

	if (!recording)
		return;
	for (size_t i = 0; i < recording->count; i++)
		run_freep(&recording->runs[i]);
	free(recording->runs);
	free(recording);
}

/* The place of ID, or where it would be. */
static size_t find_place(const struct recording *recording, const char *id, bool *found)
{
	size_t low = 0, high = recording->count;

	*found = false;
	/* Files are sorted, so that a reader always adds at the end. */
	if (high > 0 && strcmp(recording->runs[high - 1]->id, id) < 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(recording->runs[middle]->id, id);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int error_conflict(const struct run *a, const struct run *b, struct error *err)
{
	const char *a_source = run_source(a), *b_source = run_source(b);

	return error_set(err, -EBADMSG,
			 "%s and %s: both contain the run %s, but with different content: one of "
			 "them was changed after it was recorded",
			 a_source ? a_source : "a new recording",
			 b_source ? b_source : "a new recording", a->id);
}

int recording_add(struct recording *recording, struct run *given, struct error *err)
{
	_cleanup_(run_freep) struct run *run = given;
	bool found;
	size_t at = find_place(recording, run->id, &found);

	if (found) {
		if (run_equal(recording->runs[at], run))
			return 0;
		return error_conflict(recording->runs[at], run, err);
	}
	if (!array_grow_one(&recording->runs, recording->count))
		return error_oom(err);
	memmove(&recording->runs[at + 1], &recording->runs[at],
		(recording->count - at) * sizeof(struct run *));
	recording->runs[at] = take(run);
	recording->count++;
	return 0;
}

static int unite(struct recording *both, const struct recording *a, const struct recording *b,
		 struct error *err)
{
	size_t i = 0, j = 0;

	if (!array_grow(&both->runs, 0, a->count + b->count))
		return error_oom(err);
	while (i < a->count || j < b->count) {
		int order = i == a->count   ? 1
			    : j == b->count ? -1
					    : strcmp(a->runs[i]->id, b->runs[j]->id);

		if (order == 0 && !run_equal(a->runs[i], b->runs[j]))
			return error_conflict(a->runs[i], b->runs[j], err);
		both->runs[both->count++] = run_share(order <= 0 ? a->runs[i] : b->runs[j]);
		i += order <= 0;
		j += order >= 0;
	}
	return 0;
}

int recording_merge(struct recording *into, const struct recording *from, struct error *err)
{
	_cleanup_(recording_freep) struct recording *both = recording_new();
	struct recording swap;
	int status;

	if (!both)
		return error_oom(err);
	if (from->count == 0)
		return 0;
	status = unite(both, into, from, err);
	if (status < 0)
		return status;
	swap = *into;
	*into = *both;
	*both = swap;
	return 0;
}

size_t recording_runs(const struct recording *recording, const struct run *const **runs)
{
	*runs = (const struct run *const *)recording->runs;
	return recording->count;
}

bool recording_equal(const struct recording *a, const struct recording *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!run_equal(a->runs[i], b->runs[i]))
			return false;
	return true;
}

static void add_up_to_the_largest(uint64_t *sum, uint64_t more)
{
	if (run_add_count(sum, more) < 0)
		*sum = JSON_UINT_MAX;
}

struct losses recording_losses(const struct recording *recording)
{
	struct losses sum = { 0 };

	for (size_t i = 0; i < recording->count; i++) {
		const struct losses *lost = &recording->runs[i]->lost;

		add_up_to_the_largest(&sum.calls, lost->calls);
		add_up_to_the_largest(&sum.arguments, lost->arguments);
		add_up_to_the_largest(&sum.stacks, lost->stacks);
		add_up_to_the_largest(&sum.processes, lost->processes);
	}
	return sum;
}
