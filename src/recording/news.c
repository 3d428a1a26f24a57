// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finds the calls that a run adds to existing recordings. */
#include "common/cleanup.h"
#include "recording/run.h"

#include <string.h>

struct known {
	struct total *totals;
	size_t count;
};

static void known_clear(struct known *known)
{
	totals_free(known->totals, known->count);
}

static int compare_call(const void *left, const void *right)
{
	const struct total *a = left, *b = right;

	if (a->abi != b->abi)
		return a->abi < b->abi ? -1 : 1;
	return (a->nr > b->nr) - (a->nr < b->nr);
}

/* A phase that is not known may be any: where the run does not tell it, the call is compared without. */
static bool has_phase(const struct total *total, enum phase phase)
{
	return phase == PHASE_UNKNOWN || total->phases & (1U << phase | 1U << PHASE_UNKNOWN);
}

static bool has_values(const struct total *total, const struct argument_values *values)
{
	for (size_t i = 0; i < total->arguments_count; i++)
		if (memcmp(total->arguments[i].value, values->value, sizeof(values->value)) == 0)
			return true;
	return false;
}

/* Whether anything of the call is left. */
static bool keep_news(struct call *call, const struct total *total)
{
	size_t kept = 0;

	if (!total || !has_phase(total, call->phase))
		return true;
	if (total->arguments_any)
		return false;
	if (!call->arguments_any && call->arguments_count == 0)
		return false; /* of which no argument matters */
	if (call->arguments_any)
		return true; /* which of its values are new can't be told */
	call->count = 0;
	for (size_t i = 0; i < call->arguments_count; i++) {
		if (has_values(total, &call->arguments[i]))
			continue;
		call->arguments[kept] = call->arguments[i];
		call->count += call->arguments[kept++].count; /* a part of a sum that did fit */
	}
	call->arguments_count = kept;
	return kept > 0;
}

int run_keep_news(struct run *run, const struct recording *recording, struct error *err)
{
	_cleanup_(known_clear) struct known known = { 0 };
	size_t kept = 0;
	int r = recording_totals(recording, false, &known.totals, &known.count, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < run->calls_count; i++) {
		struct call *call = &run->calls[i], moved;
		struct total key = { .abi = call->abi, .nr = call->nr };
		const struct total *total =
			bsearch(&key, known.totals, known.count, sizeof(key), compare_call);

		/* The manager's part is in no policy: there is nothing that it could be known for. */
		if (!run->processes[call->process].is_manager && !keep_news(call, total)) {
			run_free_call(call);
			*call = (struct call){ 0 };
			continue;
		}
		moved = *call;
		*call = (struct call){ 0 };
		run->calls[kept++] = moved;
	}
	run->calls_count = kept;
	run->is_news = true;
	return 0;
}
