// SPDX-License-Identifier: LGPL-2.1-or-later
/* The evidence of a unit: its denials, and the objects that it had mapped. */
#include "store/database.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "1,2,0,0,0,0" in hexadecimal, or "" where they are unknown. */
#define ARGUMENTS_TEXT (6 * 17 + 1)

static const char *format_arguments(const struct store_denial *denial, char text[ARGUMENTS_TEXT])
{
	const uint64_t *values = denial->arguments;

	text[0] = '\0';
	if (denial->has_arguments)
		snprintf(text, ARGUMENTS_TEXT,
			 "%" PRIx64 ",%" PRIx64 ",%" PRIx64 ",%" PRIx64 ",%" PRIx64 ",%" PRIx64,
			 values[0], values[1], values[2], values[3], values[4], values[5]);
	return text;
}

static bool parse_arguments(const char *text, struct store_denial *denial)
{
	char *end;

	denial->has_arguments = *text != '\0';
	for (unsigned i = 0; i < 6 && denial->has_arguments; i++) {
		denial->arguments[i] = strtoull(text, &end, 16);
		if (end == text || *end != (i < 5 ? ',' : '\0'))
			return false;
		text = end + 1;
	}
	return true;
}

/* Adds to a kind that is there; 1, or 0 if it is not. */
static int add_to_kind(struct store *store, const char *unit, const struct store_denial *denial,
		       const char *arguments, struct error *err)
{
	int r = store_run(
		store, err,
		"UPDATE denial SET count = count + ?, stack = coalesce(stack, ?),"
		" first_us = min(first_us, ?), last_us = max(last_us, ?)"
		" WHERE unit = ? AND abi = ? AND nr = ? AND action = ? AND comm = ? AND uid = ?"
		" AND arguments = ?",
		"isiissiisis", (int64_t)denial->count, denial->stack, (int64_t)denial->first_us,
		(int64_t)denial->last_us, unit, abi_info(denial->abi)->name, (int64_t)denial->nr,
		(int64_t)denial->action, denial->comm, denial->uid, arguments);

	return r < 0 ? r : sqlite3_changes(store->database) > 0;
}

static int add_kind(struct store *store, const char *unit, const struct store_denial *denial,
		    const char *arguments, struct error *err)
{
	return store_run(
		store, err,
		"INSERT INTO denial (unit, abi, nr, action, comm, uid, arguments, stack, count, first_us,"
		" last_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"ssiisissiii", unit, abi_info(denial->abi)->name, (int64_t)denial->nr,
		(int64_t)denial->action, denial->comm, denial->uid, arguments, denial->stack,
		(int64_t)denial->count, (int64_t)denial->first_us, (int64_t)denial->last_us);
}

static int count_kinds(struct store *store, const char *unit, int64_t *count, struct error *err)
{
	_cleanup_(statement_finalizep) sqlite3_stmt *statement = NULL;
	int r = store_prepare(store, &statement, err, "SELECT count(*) FROM denial WHERE unit = ?",
			      "s", unit);

	if (r == 0)
		r = store_step(store, statement, err);
	if (r < 0)
		return r;
	*count = sqlite3_column_int64(statement, 0);
	return 0;
}

static int add_within(struct store *store, const char *unit, const struct store_denial *denial,
		      const char *arguments, int64_t limit, struct error *err)
{
	int64_t count;
	int r = add_to_kind(store, unit, denial, arguments, err);

	if (r != 0)
		return r;
	r = count_kinds(store, unit, &count, err);
	if (r < 0 || count >= limit)
		return r;
	r = add_kind(store, unit, denial, arguments, err);
	return r < 0 ? r : 1;
}

int store_add_denial(struct store *store, const char *unit, const struct store_denial *denial,
		     struct error *err)
{
	char arguments[ARGUMENTS_TEXT], none[] = "";
	_cleanup_free_ char *stack = denial->stack ? strndup(denial->stack, STORE_STACK_MAX) : NULL;
	struct store_denial kind = *denial;
	int r;

	if (denial->stack && !stack)
		return error_oom(err);
	kind.stack = stack;
	if (!kind.comm)
		kind.comm = none;
	r = add_within(store, unit, &kind, format_arguments(&kind, arguments), STORE_KINDS_MAX,
		       err);
	if (r != 0)
		return r < 0 ? r : 0;
	kind.comm = none;
	kind.uid = -1;
	kind.has_arguments = false;
	kind.stack = NULL;
	r = add_within(store, unit, &kind, "", STORE_ROWS_MAX - 1, err);
	if (r != 0)
		return r < 0 ? r : 0;
	kind.abi = abi_native();
	kind.nr = STORE_OTHERS;
	kind.action = 0;
	r = add_within(store, unit, &kind, "", STORE_ROWS_MAX, err);
	return r < 0 ? r : 0;
}

static char *copy_text(struct text text)
{
	/* The pointer of an empty text may be NULL, which strndup() must not get. */
	return text.length ? strndup(text.data, text.length) : strdup("");
}

int store_take_denial(struct store *store, const char *unit, const struct denial *denial,
		      uint64_t count, struct error *err)
{
	_cleanup_free_ char *comm = copy_text(denial->comm), *stack = copy_text(denial->stack);
	struct store_denial kept = { .abi = denial->abi,
				     .nr = denial->nr,
				     .action = denial->action,
				     .comm = comm,
				     .uid = denial->uid,
				     .has_arguments = denial->has_arguments,
				     .stack = denial->stack.length ? stack : NULL,
				     .count = count };
	struct timespec now;

	if (!comm || !stack)
		return error_oom(err);
	if (!denial->has_abi || denial->nr < 0)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	kept.last_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	kept.first_us = denial->time_us ? denial->time_us : kept.last_us;
	if (kept.has_arguments)
		syscall_arguments_that_matter(denial->abi, syscall_name(denial->abi, denial->nr),
					      denial->arguments, kept.arguments);
	return store_add_denial(store, unit, &kept, err);
}

static int read_denial(struct store *store, sqlite3_stmt *row, struct store_denial *denial,
		       struct error *err)
{
	const char *abi = (const char *)sqlite3_column_text(row, 0);
	const char *arguments = (const char *)sqlite3_column_text(row, 8);

	*denial = (struct store_denial){
		.nr = sqlite3_column_int(row, 1),
		.action = (uint32_t)sqlite3_column_int64(row, 2),
		.count = (uint64_t)sqlite3_column_int64(row, 5),
		.first_us = (uint64_t)sqlite3_column_int64(row, 6),
		.last_us = (uint64_t)sqlite3_column_int64(row, 7),
		.uid = sqlite3_column_int64(row, 9),
	};
	if (abi_from_name(abi ? abi : "", &denial->abi) < 0)
		return error_set(err, -EBADMSG, "%s: a denial has an unknown ABI: %s", store->path,
				 abi ? abi : "null");
	if (!parse_arguments(arguments ? arguments : "", denial))
		return error_set(err, -EBADMSG, "%s: a denial has invalid arguments: %s",
				 store->path, arguments);
	if (store_text(row, 3, &denial->comm, err) < 0)
		return err->code;
	if (store_text(row, 4, &denial->stack, err) < 0) {
		free(denial->comm);
		return err->code;
	}
	return 0;
}

int store_denials(struct store *store, const char *unit, struct store_denial **result,
		  size_t *count, struct error *err)
{
	_cleanup_(statement_finalizep) sqlite3_stmt *statement = NULL;
	struct store_denial *denials = NULL, *denial;
	size_t found = 0;
	int r = store_prepare(
		store, &statement, err,
		"SELECT abi, nr, action, comm, stack, count, first_us, last_us, arguments, uid FROM denial"
		" WHERE unit = ? ORDER BY last_us DESC, abi, nr, action, comm, uid, arguments",
		"s", unit);

	while (r == 0 && (r = store_step(store, statement, err)) > 0) {
		denial = array_grow_one(&denials, found);
		if (!denial) {
			r = error_oom(err);
			break;
		}
		r = read_denial(store, statement, denial, err);
		found += r == 0;
	}
	if (r < 0) {
		store_denials_free(denials, found);
		return r;
	}
	*result = denials;
	*count = found;
	return 0;
}

struct denial store_denial_told(const struct store_denial *kept, const char *unit)
{
	struct denial denial = { .has_abi = true,
				 .abi = kept->abi,
				 .nr = kept->nr,
				 .has_action = true,
				 .action = kept->action,
				 .has_errno = true,
				 .pid = -1,
				 .thread = -1,
				 .uid = kept->uid,
				 .comm = text_from(kept->comm),
				 .stack = text_from(kept->stack),
				 .unit = text_from(unit),
				 .has_arguments = kept->has_arguments };

	memcpy(denial.arguments, kept->arguments, sizeof(denial.arguments));
	return denial;
}

void store_denials_free(struct store_denial *denials, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(denials[i].comm);
		free(denials[i].stack);
	}
	free(denials);
}

int store_forget_denials(struct store *store, const char *unit, struct error *err)
{
	return store_run(store, err, "DELETE FROM denial WHERE unit = ?", "s", unit);
}

static int replace_objects(struct store *store, const char *unit,
			   const struct store_object *objects, size_t count, struct error *err)
{
	int r = store_run(store, err, "DELETE FROM object WHERE unit = ?", "s", unit);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = store_run(store, err,
			      "INSERT INTO object (unit, path, build_id) VALUES (?, ?, ?)"
			      " ON CONFLICT DO UPDATE SET build_id = excluded.build_id",
			      "sss", unit, objects[i].path, objects[i].build_id);
	return r;
}

int store_set_objects(struct store *store, const char *unit, const struct store_object *objects,
		      size_t count, struct error *err)
{
	int r = store_savepoint(store, err);

	if (r < 0)
		return r;
	return store_release(store, replace_objects(store, unit, objects, count, err), err);
}

int store_objects(struct store *store, const char *unit, struct store_object **result,
		  size_t *count, struct error *err)
{
	_cleanup_(statement_finalizep) sqlite3_stmt *statement = NULL;
	struct store_object *objects = NULL, *object;
	size_t found = 0;
	int r = store_prepare(store, &statement, err,
			      "SELECT path, build_id FROM object WHERE unit = ? ORDER BY path", "s",
			      unit);

	while (r == 0 && (r = store_step(store, statement, err)) > 0) {
		object = array_grow_one(&objects, found);
		if (!object) {
			r = error_oom(err);
			break;
		}
		r = store_text(statement, 0, &object->path, err);
		if (r == 0)
			r = store_text(statement, 1, &object->build_id, err);
		found++;
	}
	if (r < 0) {
		store_objects_free(objects, found);
		return r;
	}
	*result = objects;
	*count = found;
	return 0;
}

void store_objects_free(struct store_object *objects, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(objects[i].path);
		free(objects[i].build_id);
	}
	free(objects);
}
