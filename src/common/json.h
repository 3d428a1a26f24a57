/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The project's JSON files: jansson reads them within bounds, and every error has its place. They are
 * written as a stream in an order that the caller fixes, so that equal data give equal bytes.
 *
 * Every file follows three conventions:
 * - Counts and times are whole numbers from 0 to JSON_UINT_MAX (what jansson's signed 64 bits hold).
 * - Values that use all 64 bits (arguments of calls, masks, file offsets) are strings of hexadecimal
 *   digits, "0x5401": a JSON number past 2^53 is not safe in other programs.
 * - Strings come from kernels, ELF files and command lines, and are bytes. Valid UTF-8 is
 *   written unchanged, any other byte as \xHH (two lower-case digits), a backslash as two. JSON's own
 *   escaping is added to this: the byte 0xff is "\\xff", the path C:\d is
 *   "C:\\\\d". The reader turns both back, so that the round trip is exact. No string contains NUL.
 */
#ifndef WHITTLE_COMMON_JSON_H
#define WHITTLE_COMMON_JSON_H

#include "common/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_UINT_MAX	((uint64_t)INT64_MAX)
#define JSON_FILE_MAX	((size_t)256 << 20) /* bytes of text: file_read's limit */
#define JSON_MEMORY_MAX ((size_t)1 << 30) /* bytes that the tree may take */
#define JSON_DEPTH_MAX	32
#define JSON_TOO_DEEP	"nested too deeply for a file of whittle"

/* ---- reading ---- */

/* Parses TEXT, whose top must be an object. FILE is its name in errors. Text that is too deep or
 * would take too much memory is rejected before a tree is built. The caller owns the result:
 * json_decref. */
int json_read(const char *file, const char *text, size_t size, json_t **root, struct error *err);

/* A text and the name by which errors call it. */
struct json_text {
	const char *file;
	const char *data;
	size_t size;
};

/* One value in it: its first byte and the one behind it; `end` 0: there is none. */
struct json_piece {
	size_t start, end;
	size_t next; /* json_next_element's own */
	bool is_last; /* likewise */
};

/* Finds the members of the text's top object without parsing them: PIECES[i] is the value of KEYS[i]
 * (NULL-terminated), empty where it is absent. A key that stands there twice is an error. *UNKNOWN is the
 * offset of the first key that is none of KEYS, 0 where there is none. */
int json_split(const struct json_text *text, const char *const *keys, struct json_piece *pieces,
	       size_t *unknown, struct error *err);

/* The elements of an array that json_split() found, one a call; begins with a zeroed ELEMENT. 1: here is one,
 * 0: there are no more. -EBADMSG. */
int json_next_element(const struct json_text *text, const struct json_piece *array,
		      struct json_piece *element, struct error *err);

/* Parses a piece. *COST grows by an estimate of its tree's memory, and what would make it larger than
 * JSON_MEMORY_MAX is refused first: a caller that keeps several trees passes one COST for all. */
int json_read_piece(const struct json_text *text, const struct json_piece *piece, size_t *cost,
		    json_t **value, struct error *err);

/* "nginx.rec: line 3, column 7: REASON"; returns -EBADMSG. */
int json_text_error(const struct json_text *text, size_t offset, struct error *err,
		    const char *reason);
#define json_text_error(...) error_negative((json_text_error)(__VA_ARGS__))

/* json_decref for _cleanup_(). */
void json_freep(json_t **value);

/* The place of a value: it is on the reader's stack and names its parents for errors. */
struct json_at {
	const char *file;
	json_t *value;
	const struct json_at *parent; /* NULL: the whole file */
	const char *key; /* in the parent; NULL: INDEX counts */
	size_t index;
};

struct json_at json_at_root(const char *file, json_t *root);

/* "nginx.rec: runs[0].calls[3].nr: SENTENCE"; returns CODE. */
int json_error(const struct json_at *at, struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
#define json_error(...) error_negative((json_error)(__VA_ARGS__))

/* Checks that AT is an object whose keys are all in KEYS (NULL-terminated): an unknown key could be
 * a restriction, so it is rejected and not skipped. */
int json_read_object(const struct json_at *at, const char *const *keys, struct error *err);

/* Checks that AT is an array of at most MAX elements and stores their number. */
int json_read_array(const struct json_at *at, size_t max, size_t *count, struct error *err);

/* The members of objects. `json_find` is false if there is no such key; `json_member` makes that an
 * error. MEMBER refers to OBJECT, which must outlive it. */
bool json_find(const struct json_at *object, const char *key, struct json_at *member);
int json_member(const struct json_at *object, const char *key, struct json_at *member,
		struct error *err);
struct json_at json_element(const struct json_at *array, size_t index);

/* The value at AT itself. Strings are decoded (see above) and malloc'd; the caller owns them. */
int json_value_string(const struct json_at *at, char **value, struct error *err);
int json_value_uint(const struct json_at *at, uint64_t max, uint64_t *value, struct error *err);
int json_value_int(const struct json_at *at, int64_t min, int64_t max, int64_t *value,
		   struct error *err);
int json_value_hex(const struct json_at *at, uint64_t *value, struct error *err);
/* One of NAMES (COUNT of them, NULL ones are skipped): its index. */
int json_value_choice(const struct json_at *at, const char *const *names, size_t count,
		      unsigned *value, struct error *err);

/* The same for a required member. */
int json_get_string(const struct json_at *object, const char *key, char **value, struct error *err);
int json_get_uint(const struct json_at *object, const char *key, uint64_t max, uint64_t *value,
		  struct error *err);
int json_get_int(const struct json_at *object, const char *key, int64_t min, int64_t max,
		 int64_t *value, struct error *err);
int json_get_hex(const struct json_at *object, const char *key, uint64_t *value, struct error *err);
int json_get_bool(const struct json_at *object, const char *key, bool *value, struct error *err);
int json_get_choice(const struct json_at *object, const char *key, const char *const *names,
		    size_t count, unsigned *value, struct error *err);

/* The same for an optional member: if it is absent, *VALUE is unchanged. */
int json_may_string(const struct json_at *object, const char *key, char **value, struct error *err);
int json_may_uint(const struct json_at *object, const char *key, uint64_t max, uint64_t *value,
		  struct error *err);
int json_may_bool(const struct json_at *object, const char *key, bool *value, struct error *err);

/* ---- writing ---- */

/*
 * A stream of JSON: 2 spaces an indent, a newline at the end. KEY is NULL for an element of an
 * array (and for the top). Write errors stay in the stream's error flag, for the function that
 * closes it.
 */
struct json_writer {
	FILE *out;
	unsigned depth;
	unsigned line_depth; /* of the outermost container on one line; 0 none */
	bool is_first; /* in the container that is open */
	bool is_bare; /* the next value stands alone: nothing goes before it */
};

struct json_writer json_writer(FILE *out);

/* A writer of one value that json_write_text() puts into another stream, as an element of an array that stands
 * DEPTH containers deep. */
struct json_writer json_element_writer(FILE *out, unsigned depth);
void json_write_text(struct json_writer *writer, const char *element);

void json_write_object(struct json_writer *writer, const char *key);
void json_write_array(struct json_writer *writer, const char *key);
/* The same, with all its contents on one line. */
void json_write_object_line(struct json_writer *writer, const char *key);
void json_write_array_line(struct json_writer *writer, const char *key);
void json_write_end_object(struct json_writer *writer);
void json_write_end_array(struct json_writer *writer);

/* VALUE NULL: nothing is written, the member is absent. */
void json_write_string(struct json_writer *writer, const char *key, const char *value);
void json_write_uint(struct json_writer *writer, const char *key, uint64_t value);
void json_write_int(struct json_writer *writer, const char *key, int64_t value);
void json_write_hex(struct json_writer *writer, const char *key, uint64_t value);
void json_write_bool(struct json_writer *writer, const char *key, bool value);
void json_write_null(struct json_writer *writer, const char *key);

#endif
