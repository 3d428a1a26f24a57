// SPDX-License-Identifier: LGPL-2.1-or-later
/* The managed units, and the discovery of their calls. */
#include "store/database.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const stages[] = {
	[STAGE_RECORD] = "record",	     [STAGE_DECIDE] = "decide", [STAGE_TRIAL] = "trial",
	[STAGE_ENFORCE] = "enforce",	     [STAGE_VERIFY] = "verify", [STAGE_GUARDED] = "guarded",
	[STAGE_ROLLED_BACK] = "rolled-back",
};

static const char *const reactions[] = {
	[REACTION_REPORT] = "report",
	[REACTION_RELAX] = "relax",
	[REACTION_REVERT] = "revert",
};

static int find_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -EINVAL;
}

const char *managed_unit_stage_name(enum stage stage)
{
	return stages[stage];
}

const char *managed_unit_reaction_name(enum reaction reaction)
{
	return reactions[reaction];
}

int managed_unit_reaction_parse(const char *name)
{
	return find_name(reactions, REACTION_COUNT, name);
}

void managed_unit_clean(struct managed_unit *managed_unit)
{
	free(managed_unit->unit);
	free(managed_unit->recording);
	free(managed_unit->policy);
	free(managed_unit->note);
	free(managed_unit->new_name);
	memset(managed_unit, 0, sizeof(*managed_unit));
}

void managed_units_free(struct managed_unit *managed_units, size_t count)
{
	for (size_t i = 0; i < count; i++)
		managed_unit_clean(&managed_units[i]);
	free(managed_units);
}

#define CARE_COLUMNS                                                                        \
	"name, stage, reaction, two_phase, since_us, deadline_us, recording, policy, note," \
	" slices, new_us, new_name,"                                                        \
	" (SELECT count(*) FROM call WHERE call.unit = name),"                              \
	" (SELECT count(*) FROM call WHERE call.unit = name AND call.slices = 1),"          \
	" (SELECT count(*) FROM call WHERE call.unit = name AND call.slices = 2)"

static const char *column(sqlite3_stmt *row, int at)
{
	const char *text = (const char *)sqlite3_column_text(row, at);

	return text ? text : "";
}

static int read_managed_unit(struct store *store, sqlite3_stmt *row,
			     struct managed_unit *managed_unit, struct error *err)
{
	int stage = find_name(stages, STAGE_COUNT, column(row, 1));
	int reaction = find_name(reactions, REACTION_COUNT, column(row, 2));

	*managed_unit = (struct managed_unit){ 0 };
	if (stage < 0 || reaction < 0)
		return error_set(err, -EBADMSG, "%s: unit %s: unknown stage or reaction: %s, %s",
				 store->path, column(row, 0), column(row, 1), column(row, 2));
	managed_unit->stage = (enum stage)stage;
	managed_unit->reaction = (enum reaction)reaction;
	managed_unit->is_two_phase = sqlite3_column_int(row, 3) != 0;
	managed_unit->since_us = (uint64_t)sqlite3_column_int64(row, 4);
	managed_unit->deadline_us = (uint64_t)sqlite3_column_int64(row, 5);
	managed_unit->slices = (uint64_t)sqlite3_column_int64(row, 9);
	managed_unit->new_us = (uint64_t)sqlite3_column_int64(row, 10);
	managed_unit->kinds = (uint64_t)sqlite3_column_int64(row, 12);
	managed_unit->once = (uint64_t)sqlite3_column_int64(row, 13);
	managed_unit->twice = (uint64_t)sqlite3_column_int64(row, 14);
	if (store_text(row, 0, &managed_unit->unit, err) < 0 ||
	    store_text(row, 6, &managed_unit->recording, err) < 0 ||
	    store_text(row, 7, &managed_unit->policy, err) < 0 ||
	    store_text(row, 8, &managed_unit->note, err) < 0 ||
	    store_text(row, 11, &managed_unit->new_name, err) < 0) {
		managed_unit_clean(managed_unit);
		return err->code;
	}
	return 0;
}

int store_get(struct store *store, const char *unit, struct managed_unit *managed_unit,
	      struct error *err)
{
	_cleanup_(statement_finalizep) sqlite3_stmt *statement = NULL;
	int r = store_prepare(store, &statement, err,
			      "SELECT " CARE_COLUMNS " FROM unit WHERE name = ?", "s", unit);

	if (r == 0)
		r = store_step(store, statement, err);
	if (r < 0)
		return r;
	return r ? read_managed_unit(store, statement, managed_unit, err) : -ENOENT;
}

int store_put(struct store *store, const struct managed_unit *managed_unit, struct error *err)
{
	return store_run(
		store, err,
		"INSERT INTO unit (name, stage, reaction, two_phase, since_us, deadline_us, recording,"
		" policy, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
		" stage = excluded.stage, reaction = excluded.reaction, two_phase = excluded.two_phase,"
		" since_us = excluded.since_us, deadline_us = excluded.deadline_us,"
		" recording = excluded.recording, policy = excluded.policy, note = excluded.note",
		"sssiiisss", managed_unit->unit, managed_unit_stage_name(managed_unit->stage),
		managed_unit_reaction_name(managed_unit->reaction),
		(int64_t)managed_unit->is_two_phase, (int64_t)managed_unit->since_us,
		(int64_t)managed_unit->deadline_us, managed_unit->recording, managed_unit->policy,
		managed_unit->note);
}

int store_list(struct store *store, struct managed_unit **result, size_t *count, struct error *err)
{
	_cleanup_(statement_finalizep) sqlite3_stmt *statement = NULL;
	struct managed_unit *managed_units = NULL, *managed_unit;
	size_t found = 0;
	int r = store_prepare(store, &statement, err,
			      "SELECT " CARE_COLUMNS " FROM unit ORDER BY name", "");

	while (r == 0 && (r = store_step(store, statement, err)) > 0) {
		managed_unit = array_grow_one(&managed_units, found);
		if (!managed_unit) {
			r = error_oom(err);
			break;
		}
		r = read_managed_unit(store, statement, managed_unit, err);
		found += r == 0;
	}
	if (r < 0) {
		managed_units_free(managed_units, found);
		return r;
	}
	*result = managed_units;
	*count = found;
	return 0;
}

/* ---- discovery ---- */

static int compare_calls(const void *a, const void *b)
{
	const struct store_call *one = a, *other = b;

	if (one->abi != other->abi)
		return one->abi < other->abi ? -1 : 1;
	return (one->nr > other->nr) - (one->nr < other->nr);
}

/* 1 if the call was never observed before. */
static int count_call(struct store *store, const char *unit, const struct store_call *call,
		      struct error *err)
{
	_cleanup_(statement_finalizep) sqlite3_stmt *statement = NULL;
	int r = store_prepare(store, &statement, err,
			      "INSERT INTO call (unit, abi, nr, slices) VALUES (?, ?, ?, 1)"
			      " ON CONFLICT DO UPDATE SET slices = slices + 1 RETURNING slices = 1",
			      "ssi", unit, abi_info(call->abi)->name, (int64_t)call->nr);
	int is_new = 0;

	while (r == 0 && (r = store_step(store, statement, err)) > 0) {
		is_new = sqlite3_column_int(statement, 0);
		r = 0;
	}
	return r < 0 ? r : is_new;
}

static int count_calls(struct store *store, const char *unit, const struct store_call *calls,
		       size_t count, uint64_t end_us, struct error *err)
{
	const struct store_call *latest = NULL;
	const char *name;
	int r;

	for (size_t i = 0; i < count; i++) {
		if (i > 0 && compare_calls(&calls[i - 1], &calls[i]) == 0)
			continue;
		r = count_call(store, unit, &calls[i], err);
		if (r < 0)
			return r;
		if (r > 0)
			latest = &calls[i];
	}
	r = store_run(store, err, "UPDATE unit SET slices = slices + 1 WHERE name = ?", "s", unit);
	if (r < 0 || !latest)
		return r;
	name = syscall_name(latest->abi, latest->nr);
	return store_run(store, err, "UPDATE unit SET new_us = ?, new_name = ? WHERE name = ?",
			 "iss", (int64_t)end_us, name ? name : "?", unit);
}

int store_add_slice(struct store *store, const char *unit, const struct store_call *calls,
		    size_t count, uint64_t end_us, struct error *err)
{
	_cleanup_free_ struct store_call *sorted = malloc((count ? count : 1) * sizeof(*sorted));
	int r;

	if (!sorted)
		return error_oom(err);
	if (count) {
		memcpy(sorted, calls, count * sizeof(*sorted));
		qsort(sorted, count, sizeof(*sorted), compare_calls);
	}
	r = store_savepoint(store, err);
	if (r < 0)
		return r;
	return store_release(store, count_calls(store, unit, sorted, count, end_us, err), err);
}
