// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One row per (ABI, call) over all runs. All rows are collected and sorted by their group, and each
 * group becomes one total: the result does not depend on the order in which runs were merged.
 */
#include "common/cleanup.h"
#include "recording/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct row {
	const struct run *run;
	const struct call *call;
};

/* Rows of one call stand in the order of their first sight, those with a stack first; the run's id
 * and the row's place in it make the order total. */
static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	bool a_known = a->call->first_ns != UINT64_MAX, b_known = b->call->first_ns != UINT64_MAX;
	uint64_t a_us = a->run->started_us + (a_known ? a->call->first_ns / 1000 : 0);
	uint64_t b_us = b->run->started_us + (b_known ? b->call->first_ns / 1000 : 0);
	int order;

	if (a->call->abi != b->call->abi)
		return a->call->abi < b->call->abi ? -1 : 1;
	if (a->call->nr != b->call->nr)
		return a->call->nr < b->call->nr ? -1 : 1;
	if (!a->call->stack_count != !b->call->stack_count)
		return a->call->stack_count ? -1 : 1;
	if (a_known != b_known)
		return a_known ? -1 : 1;
	if (a_us != b_us)
		return a_us < b_us ? -1 : 1;
	order = strcmp(a->run->id, b->run->id);
	/* Both are in the same run's array. */
	return order ? order : a->call < b->call ? -1 : a->call > b->call;
}

static size_t gather(const struct recording *recording, bool with_manager, struct row *rows)
{
	const struct run *const *runs;
	size_t runs_count = recording_runs(recording, &runs), count = 0;

	for (size_t i = 0; i < runs_count; i++) {
		const struct run *run = runs[i];

		for (size_t j = 0; j < run->calls_count; j++) {
			const struct call *call = &run->calls[j];

			if (run->processes[call->process].is_manager != with_manager)
				continue;
			if (rows)
				rows[count] = (struct row){ run, call };
			count++;
		}
	}
	return count;
}

static int unite_arguments(struct total *total, const struct row *rows, size_t count,
			   struct error *err)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		total->arguments_any |= rows[i].call->arguments_any;
		sum += rows[i].call->arguments_count;
	}
	if (sum == 0)
		return 0;
	total->arguments = calloc(sum, sizeof(*total->arguments));
	if (!total->arguments)
		return error_oom(err);
	for (size_t i = 0; i < count; i++) {
		const struct call *call = rows[i].call;

		if (call->arguments_count > 0)
			memcpy(total->arguments + total->arguments_count, call->arguments,
			       call->arguments_count * sizeof(*call->arguments));
		total->arguments_count += call->arguments_count;
	}
	return run_unite_values(total->arguments, &total->arguments_count);
}

static int add_up(struct total *total, const struct row *rows, size_t count, struct error *err)
{
	const struct call *first = rows->call;
	char name[CALL_NAME_SIZE];
	int status = 0;

	*total = (struct total){
		.abi = first->abi,
		.nr = first->nr,
		.first_run = rows->run,
		.first = first,
	};
	for (size_t i = 0; i < count && status == 0; i++) {
		const struct call *call = rows[i].call;

		total->phases |= 1u << call->phase;
		/* A phase's part can't overflow where the whole does not. */
		total->phase_count[call->phase] += call->count;
		status = run_add_count(&total->count, call->count);
	}
	if (status == 0)
		status = unite_arguments(total, rows, count, err);
	if (status == -EOVERFLOW)
		return error_set(
			err, status, "%s of %s: its counts over all runs add up to over 2^63 - 1",
			call_name(first->abi, first->nr, name), abi_info(first->abi)->name);
	return status;
}

int recording_totals(const struct recording *recording, bool with_manager, struct total **totals,
		     size_t *count, struct error *err)
{
	size_t rows_count = gather(recording, with_manager, NULL), groups = 0, same;
	_cleanup_free_ struct row *rows = calloc(rows_count + 1, sizeof(*rows));
	struct total *sums = calloc(rows_count + 1, sizeof(*sums));

	if (!rows || !sums) {
		free(sums);
		return error_oom(err);
	}
	gather(recording, with_manager, rows);
	qsort(rows, rows_count, sizeof(*rows), compare_rows);
	for (size_t i = 0; i < rows_count; i += same) {
		int status;

		same = 1;
		while (i + same < rows_count && rows[i].call->abi == rows[i + same].call->abi &&
		       rows[i].call->nr == rows[i + same].call->nr)
			same++;
		status = add_up(&sums[groups++], rows + i, same, err);
		if (status < 0) {
			totals_free(sums, groups);
			return status;
		}
	}
	*totals = sums;
	*count = groups;
	return 0;
}

void totals_free(struct total *totals, size_t count)
{
	for (size_t i = 0; totals && i < count; i++)
		free(totals[i].arguments);
	free(totals);
}
