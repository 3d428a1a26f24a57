// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads the recording's file: its runs one by one, and before them the parts that runs share. Every
 * member is checked where it is read, so that an error has its place; run_finish(), which runs from
 * every source pass through, checks the relations between members.
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "recording/names.h"
#include "recording/run.h"
#include "recording/run_read.h"

#include <errno.h>
#include <string.h>

/* ---- runs that share their shape ---- */

/* The pieces of a file, and of shared parts the trees, which are kept until the last run is read. */
struct parts {
	struct json_at *at;
	json_t **trees;
	size_t count;
};

struct reader {
	struct json_text text;
	struct recording *recording;
	struct json_at root, shapes_at, numbers_at, runs_at;
	struct parts shapes, numbers;
	size_t cost; /* of the trees that are kept */
};

static void parts_clean(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		json_decref(parts->trees[i]);
	free(parts->trees);
	free(parts->at);
}

static void reader_clean(struct reader *reader)
{
	parts_clean(&reader->shapes);
	parts_clean(&reader->numbers);
}

/* The numbers of an array, COUNT of them, each at least MIN, into VALUES. */
static int read_numbers(const struct json_at *at, const char *key, int64_t min, size_t count,
			int64_t *values, struct error *err)
{
	struct json_at array;
	size_t given = 0;
	int status = json_member(at, key, &array, err);

	status = status ? status : json_read_array(&array, SIZE_MAX, &given, err);
	if (status == 0 && given != count)
		return json_error(&array, err, -EBADMSG, "%zu numbers for a shape that has %zu",
				  given, count);
	for (size_t i = 0; i < count && status == 0; i++) {
		struct json_at element = json_element(&array, i);

		status = json_value_int(&element, min, INT64_MAX, &values[i], err);
	}
	return status;
}

static int fill_numbers(const struct json_at *at, struct run *run, struct error *err)
{
	static const char *const keys[] = { "count", "first_ns", "values", NULL };
	_cleanup_free_ int64_t *numbers = NULL;
	size_t calls = run->calls_count, values = 0, next = 0;
	int status = json_read_object(at, keys, err);

	for (size_t i = 0; i < calls; i++)
		values += run->calls[i].arguments_count;
	numbers = calloc((calls > values ? calls : values) + 1, sizeof(*numbers));
	if (!numbers)
		return error_oom(err);
	status = status ? status : read_numbers(at, "count", 0, calls, numbers, err);
	for (size_t i = 0; i < calls && status == 0; i++)
		run->calls[i].count = (uint64_t)numbers[i];
	status = status ? status : read_numbers(at, "first_ns", -1, calls, numbers, err);
	for (size_t i = 0; i < calls && status == 0; i++)
		run->calls[i].first_ns = numbers[i] < 0 ? UINT64_MAX : (uint64_t)numbers[i];
	status = status ? status : read_numbers(at, "values", 0, values, numbers, err);
	for (size_t i = 0; i < calls && status == 0; i++)
		for (size_t j = 0; j < run->calls[i].arguments_count; j++)
			run->calls[i].arguments[j].count = (uint64_t)numbers[next++];
	return status;
}

static int read_reference(const struct json_at *at, const char *key, const struct parts *parts,
			  const struct json_at **part, struct error *err)
{
	struct json_at member;
	uint64_t index = 0;
	int status = json_get_uint(at, key, JSON_UINT_MAX, &index, err);

	if (status == 0 && index >= parts->count) {
		json_find(at, key, &member);
		return json_error(&member, err, -EBADMSG, "the file has %zu of them", parts->count);
	}
	*part = status == 0 ? &parts->at[index] : NULL;
	return status;
}

static int read_shared_run(struct reader *reader, const struct json_at *at, struct run *run,
			   struct error *err)
{
	static const char *const keys[] = { "id",   "started_us", "duration_ns", "ended",
					    "lost", "shape",	  "numbers",	 NULL };
	const struct json_at *shape = NULL, *numbers = NULL;
	int status = json_read_object(at, keys, err);

	status = status ? status : read_reference(at, "shape", &reader->shapes, &shape, err);
	status = status ? status : read_reference(at, "numbers", &reader->numbers, &numbers, err);
	status = status ? status : run_read_head(at, run, err);
	status = status ? status : run_read_body(shape, run, false, err);
	return status ? status : fill_numbers(numbers, run, err);
}

static int read_run(struct reader *reader, const struct json_at *at, struct run **result,
		    struct error *err)
{
	static const char *const keys[] = { "id",	 "observer",	"target",      "started_us",
					    "ended",	 "duration_ns", "lost",	       "filter",
					    "news",	 "lines",	"environment", "objects",
					    "processes", "calls",	NULL };
	_cleanup_(run_freep) struct run *run = run_new();
	struct error reason = { 0 };
	struct json_at member;
	int status;

	if (!run || run_set_source(run, at->file) < 0)
		return error_oom(err);
	if (json_is_object(at->value) && json_find(at, "shape", &member)) {
		status = read_shared_run(reader, at, run, err);
	} else {
		status = json_read_object(at, keys, err);
		status = status ? status : run_read_head(at, run, err);
		status = status ? status : run_read_body(at, run, true, err);
	}
	if (status < 0)
		return status;
	status = run_finish(run, &reason);
	if (status < 0)
		return json_error(at, err, status, "%s", reason.message);
	*result = take(run);
	return 0;
}

/* ---- the file ---- */

/* The trees of all elements of "shapes" or "numbers". */
static int read_parts(struct reader *reader, const struct json_piece *array,
		      const struct json_at *parent, struct parts *parts, struct error *err)
{
	static const char *const shape_keys[] = { "observer",	 "target", "filter",  "news",
						  "environment", "lines",  "objects", "processes",
						  "calls",	 NULL };
	struct json_piece element = { 0 };
	int r;

	if (array->end == 0)
		return 0;
	while ((r = json_next_element(&reader->text, array, &element, err)) > 0) {
		json_t *tree = NULL;

		if (!array_grow_one(&parts->trees, parts->count) ||
		    !array_grow_one(&parts->at, parts->count))
			return error_oom(err);
		r = json_read_piece(&reader->text, &element, &reader->cost, &tree, err);
		if (r < 0)
			return r;
		parts->trees[parts->count] = tree;
		parts->at[parts->count] = (struct json_at){ .file = reader->text.file,
							    .value = tree,
							    .parent = parent,
							    .index = parts->count };
		parts->count++;
		if (parent == &reader->shapes_at) {
			r = json_read_object(&parts->at[parts->count - 1], shape_keys, err);
			if (r < 0)
				return r;
		}
	}
	return r;
}

static int compare_ids(const void *left, const void *right)
{
	return strcmp((*(struct run *const *)left)->id, (*(struct run *const *)right)->id);
}

/* Each run is parsed by itself, so that the memory for a file of many is that of its text and its runs. They are
 * added in order of id whatever the file's: each goes to the end of the set then, where that costs nothing. */
static int read_runs(struct reader *reader, const struct json_piece *array, struct error *err)
{
	_cleanup_free_ struct run **runs = NULL;
	struct json_piece element = { 0 };
	size_t used = 0;
	int r;

	while ((r = json_next_element(&reader->text, array, &element, err)) > 0) {
		_cleanup_(json_freep) json_t *tree = NULL;
		size_t cost = reader->cost;
		struct json_at at = { .file = reader->text.file,
				      .parent = &reader->runs_at,
				      .index = used };

		if (!array_grow_one(&runs, used)) {
			r = error_oom(err);
			break;
		}
		r = json_read_piece(&reader->text, &element, &cost, &tree, err);
		if (r < 0)
			break;
		at.value = tree;
		r = read_run(reader, &at, &runs[used], err);
		if (r < 0)
			break;
		used++;
	}
	if (r == 0 && used > 0)
		qsort(runs, used, sizeof(struct run *), compare_ids);
	for (size_t i = 0; i < used; i++) {
		if (r == 0)
			r = recording_add(reader->recording, take(runs[i]), err);
		run_freep(&runs[i]);
	}
	return r;
}

/* The value of a member, as an object with that one member, so that errors have its place. */
static int read_member(const struct reader *reader, const char *key, const struct json_piece *piece,
		       struct json_at *at, json_t **value, struct error *err)
{
	size_t cost = 0;
	int r = json_read_piece(&reader->text, piece, &cost, value, err);

	if (r < 0)
		return r;
	*at = (struct json_at){
		.file = reader->text.file, .value = *value, .parent = &reader->root, .key = key
	};
	return 0;
}

static int check_format(const struct reader *reader, const struct json_piece *format_piece,
			const struct json_piece *version_piece, uint64_t *version,
			struct error *err)
{
	_cleanup_(json_freep) json_t *format_value = NULL, *version_value = NULL;
	_cleanup_free_ char *format = NULL;
	struct json_at at;
	int status;

	if (format_piece->end == 0)
		return json_error(&reader->root, err, -EBADMSG,
				  "not a recording: there is no \"format\": \"%s\"",
				  RECORDING_FORMAT);
	status = read_member(reader, "format", format_piece, &at, &format_value, err);
	status = status ? status : json_value_string(&at, &format, err);
	if (status < 0)
		return status;
	if (strcmp(format, RECORDING_FORMAT) != 0)
		return json_error(&at, err, -EBADMSG, "not a recording: \"%.64s\", expected \"%s\"",
				  format, RECORDING_FORMAT);
	if (version_piece->end == 0)
		return json_error(&reader->root, err, -EBADMSG, "\"version\" is missing");
	status = read_member(reader, "version", version_piece, &at, &version_value, err);
	status = status ? status : json_value_uint(&at, JSON_UINT_MAX, version, err);
	if (status == 0 && (*version < 1 || *version > RECORDING_VERSION))
		return json_error(
			&at, err, -EBADMSG,
			"%llu is not supported: whittle %s reads versions 1 to %d; a newer "
			"whittle may read this file",
			(unsigned long long)*version, WHITTLE_VERSION, RECORDING_VERSION);
	return status;
}

enum { FORMAT, VERSION, SHAPES, NUMBERS, RUNS, MEMBERS };

static int read_members(struct reader *reader, struct error *err)
{
	static const char *const keys[MEMBERS + 1] = { "format",  "version", "shapes",
						       "numbers", "runs",    NULL };
	struct json_piece pieces[MEMBERS];
	uint64_t version = 0;
	size_t unknown = 0;
	int status = json_split(&reader->text, keys, pieces, &unknown, err);

	status = status ? status
			: check_format(reader, &pieces[FORMAT], &pieces[VERSION], &version, err);
	if (status < 0)
		return status;
	if (unknown)
		return json_text_error(&reader->text, unknown, err, "this version has no such key");
	if (version < 2 && (pieces[SHAPES].end || pieces[NUMBERS].end))
		return json_error(&reader->root, err, -EBADMSG,
				  "version 1 has neither \"shapes\" nor \"numbers\"");
	if (pieces[RUNS].end == 0)
		return json_error(&reader->root, err, -EBADMSG, "\"runs\" is missing");
	status = read_parts(reader, &pieces[SHAPES], &reader->shapes_at, &reader->shapes, err);
	status = status ? status
			: read_parts(reader, &pieces[NUMBERS], &reader->numbers_at,
				     &reader->numbers, err);
	return status ? status : read_runs(reader, &pieces[RUNS], err);
}

int recording_parse(const char *path, const char *data, size_t size, struct recording **recording,
		    struct error *err)
{
	_cleanup_(recording_freep) struct recording *read = recording_new();
	_cleanup_(reader_clean) struct reader reader = {
		.text = { .file = path, .data = data, .size = size },
		.recording = read,
		.root = { .file = path },
		.shapes_at = { .file = path, .parent = &reader.root, .key = "shapes" },
		.numbers_at = { .file = path, .parent = &reader.root, .key = "numbers" },
		.runs_at = { .file = path, .parent = &reader.root, .key = "runs" },
	};
	int status;

	if (!read)
		return error_oom(err);
	status = read_members(&reader, err);
	if (status == 0)
		*recording = take(read);
	return status;
}

int recording_read(const char *path, struct recording **recording, struct error *err)
{
	_cleanup_free_ char *data = NULL;
	size_t size = 0;
	int status = file_read(path, JSON_FILE_MAX, &data, &size, err);

	if (status < 0)
		return status;
	return recording_parse(strcmp(path, "-") == 0 ? "standard input" : path, data, size,
			       recording, err);
}

int recording_read_all(char *const *paths, struct recording **recording, struct error *err)
{
	_cleanup_(recording_freep) struct recording *all = recording_new();

	if (!all)
		return error_oom(err);
	for (; *paths; paths++) {
		_cleanup_(recording_freep) struct recording *next = NULL;
		int status = recording_read(*paths, &next, err);

		if (status == 0)
			status = recording_merge(all, next, err);
		if (status < 0)
			return status;
	}
	*recording = take(all);
	return 0;
}
