// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The reading half of json.h. jansson parses; before that, one pass over the text limits the size
 * of the tree that jansson would build: jansson itself only limits the depth to 2,048
 * (JSON_PARSER_MAX_DEPTH, fixed when it was compiled), and takes up to 80 bytes of memory for each
 * byte of text ("{},{},...").
 */
#include "common/json.h"

#include "common/cleanup.h"
#include "common/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* What a value costs on a 64-bit machine (jansson 2.14, glibc's malloc), rounded up. */
#define VALUE_COST  40 /* a number or a string and its place in an array */
#define ARRAY_COST  128
#define OBJECT_COST 240 /* with the hash table's first 8 buckets */
#define MEMBER_COST 88 /* hash entry with its key */

static void place_of(const char *text, size_t offset, unsigned *line, size_t *column)
{
	size_t start = 0;

	*line = 1;
	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n') {
			(*line)++;
			start = i + 1;
		}
	}
	*column = offset - start + 1;
}

int(json_text_error)(const struct json_text *text, size_t offset, struct error *err,
		     const char *reason)
{
	unsigned line;
	size_t column;

	place_of(text->data, offset, &line, &column);
	return error_set(err, -EBADMSG, "%s: line %u, column %zu: %s", text->file, line, column,
			 reason);
}

/* Not a parser: it knows strings from the rest and counts what a piece of TEXT would cost as a tree. Text
 * that is no JSON passes, and jansson refuses it. */
static int check_bounds(const struct json_text *text, const struct json_piece *piece, size_t *cost,
			struct error *err)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = piece->start; i < piece->end; i++) {
		char c = text->data[i];

		if (in_string) {
			++*cost;
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
			continue;
		}
		if (c == '"')
			in_string = true;
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > JSON_DEPTH_MAX)
			return json_text_error(text, i, err, JSON_TOO_DEEP);
		*cost += c == '{'   ? OBJECT_COST
			 : c == '[' ? ARRAY_COST
			 : c == ',' ? VALUE_COST
			 : c == ':' ? MEMBER_COST
				    : 0;
		if (*cost > JSON_MEMORY_MAX)
			return json_text_error(text, i, err,
					       "too large: reading it would take over 1 GiB of "
					       "memory");
	}
	return 0;
}

/* jansson quotes what it met, which is the file's: no control byte of it may reach a terminal. */
static void make_printable(char *text)
{
	uint32_t code = 0;
	size_t length;

	for (; *text; text += length) {
		length = utf8_length(text, &code);
		if (length == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0)) {
			*text = '?';
			length = 1;
		}
	}
}

int json_read_piece(const struct json_text *text, const struct json_piece *piece, size_t *cost,
		    json_t **value, struct error *err)
{
	json_error_t reason;
	unsigned line;
	size_t column;
	int r = check_bounds(text, piece, cost, err);

	if (r < 0)
		return r;
	*value = json_loadb(text->data + piece->start, piece->end - piece->start,
			    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &reason);
	if (*value)
		return 0;
	make_printable(reason.text);
	if (json_error_code(&reason) == json_error_out_of_memory)
		return error_oom(err);
	/* jansson counts lines from 1, and columns in characters, from 0 at the newline before the line. */
	place_of(text->data, piece->start, &line, &column);
	column = (size_t)(reason.column > 0 ? reason.column : 1) +
		 (reason.line == 1 ? column - 1 : 0);
	return error_set(err, -EBADMSG, "%s: line %u, column %zu: %s%s", text->file,
			 line + (unsigned)(reason.line > 0 ? reason.line - 1 : 0), column,
			 reason.text,
			 json_error_code(&reason) == json_error_premature_end_of_input
				 ? "; the file is truncated or incomplete"
				 : "");
}

int json_read(const char *file, const char *data, size_t size, json_t **root, struct error *err)
{
	struct json_text text = { .file = file, .data = data, .size = size };
	struct json_piece whole = { .end = size };
	size_t start = 0, cost = 0;
	int r;

	while (start < size && (data[start] == ' ' || data[start] == '\t' || data[start] == '\r' ||
				data[start] == '\n'))
		start++;
	if (start == size)
		return error_set(err, -EBADMSG, "%s: the file is empty", file);
	if (data[start] != '{' && data[start] != '[')
		return json_text_error(&text, start, err,
				       "not a JSON object, which begins with \"{\"");
	r = json_read_piece(&text, &whole, &cost, root, err);
	if (r < 0)
		return r;
	if (json_is_object(*root))
		return 0;
	json_decref(*root);
	*root = NULL;
	return error_set(err, -EBADMSG, "%s: expected an object ({...}) at the top", file);
}

void json_freep(json_t **value)
{
	json_decref(*value);
	*value = NULL;
}

/* ---- places ---- */

struct json_at json_at_root(const char *file, json_t *root)
{
	return (struct json_at){ .file = file, .value = root };
}

/* Recursion as deep as the file may nest. */
static void write_place(const struct json_at *at, FILE *out)
{
	if (!at->parent)
		return;
	write_place(at->parent, out);
	if (!at->key)
		fprintf(out, "[%zu]", at->index);
	else
		fprintf(out, "%s%s", at->parent->parent ? "." : "", at->key);
}

int(json_error)(const struct json_at *at, struct error *err, int code, const char *format, ...)
{
	char place[256] = "", reason[1024];
	FILE *out;
	va_list ap;

	va_start(ap, format);
	vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	out = fmemopen(place, sizeof(place) - 1, "w"); /* the last byte stays NUL */
	if (!out)
		return error_oom(err);
	write_place(at, out);
	fclose(out);
	make_printable(place);
	make_printable(reason);
	return error_set(err, code, "%s: %s%s%s", at->file, place, place[0] ? ": " : "", reason);
}

static const char *kind_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "a whole number";
	case JSON_REAL:
		return "a number with a fraction or exponent";
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
		return "null";
	}
	return "something else";
}

static int error_kind(const struct json_at *at, const char *expected, struct error *err)
{
	return json_error(at, err, -EBADMSG, "expected %s, found %s", expected, kind_of(at->value));
}

/* ---- containers ---- */

static bool is_one_of(const char *key, const char *const *keys)
{
	for (; *keys; keys++)
		if (strcmp(key, *keys) == 0)
			return true;
	return false;
}

int json_read_object(const struct json_at *at, const char *const *keys, struct error *err)
{
	const char *key;
	json_t *value;

	if (!json_is_object(at->value))
		return error_kind(at, "an object", err);
	json_object_foreach(at->value, key, value)
	{
		struct json_at member = { at->file, value, at, key, 0 };

		if (!is_one_of(key, keys))
			return json_error(&member, err, -EBADMSG,
					  "unknown key; it is misspelt, or a newer whittle wrote "
					  "this file");
	}
	return 0;
}

int json_read_array(const struct json_at *at, size_t max, size_t *count, struct error *err)
{
	if (!json_is_array(at->value))
		return error_kind(at, "an array", err);
	*count = json_array_size(at->value);
	if (*count > max)
		return json_error(at, err, -EBADMSG, "%zu elements, expected at most %zu", *count,
				  max);
	return 0;
}

bool json_find(const struct json_at *object, const char *key, struct json_at *member)
{
	json_t *value = json_object_get(object->value, key);

	if (!value)
		return false;
	*member = (struct json_at){ object->file, value, object, key, 0 };
	return true;
}

int json_member(const struct json_at *object, const char *key, struct json_at *member,
		struct error *err)
{
	if (json_find(object, key, member))
		return 0;
	return json_error(object, err, -EBADMSG, "\"%s\" is missing", key);
}

struct json_at json_element(const struct json_at *array, size_t index)
{
	return (struct json_at){ array->file, json_array_get(array->value, index), array, NULL,
				 index };
}

/* ---- values ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Turns \xHH and \\ back, in place: what comes out is never longer. */
static bool decode(char *text)
{
	char *to = text;

	while (*text) {
		if (*text != '\\') {
			*to++ = *text++;
		} else if (text[1] == '\\') {
			*to++ = '\\';
			text += 2;
		} else {
			int high = text[1] == 'x' ? hex_digit(text[2]) : -1;
			int low = high >= 0 ? hex_digit(text[3]) : -1;

			if (low < 0 || (high | low) == 0)
				return false;
			*to++ = (char)(high << 4 | low);
			text += 4;
		}
	}
	*to = '\0';
	return true;
}

int json_value_string(const struct json_at *at, char **value, struct error *err)
{
	_cleanup_free_ char *text = NULL;

	if (!json_is_string(at->value))
		return error_kind(at, "a string", err);
	text = strdup(json_string_value(at->value));
	if (!text)
		return error_oom(err);
	if (!decode(text))
		return json_error(
			at, err, -EBADMSG,
			"a backslash in a string must be \\\\ or begin \\xHH, a byte from 01 to ff");
	free(*value);
	*value = take(text);
	return 0;
}

int json_value_int(const struct json_at *at, int64_t min, int64_t max, int64_t *value,
		   struct error *err)
{
	json_int_t number;

	if (!json_is_integer(at->value))
		return error_kind(at, "a whole number", err);
	number = json_integer_value(at->value);
	if (number < min || number > max)
		return json_error(at, err, -ERANGE, "%lld is not in the range %lld to %lld",
				  (long long)number, (long long)min, (long long)max);
	*value = number;
	return 0;
}

int json_value_uint(const struct json_at *at, uint64_t max, uint64_t *value, struct error *err)
{
	int64_t number = 0;
	int status = json_value_int(at, 0, (int64_t)(max < JSON_UINT_MAX ? max : JSON_UINT_MAX),
				    &number, err);

	if (status == 0)
		*value = (uint64_t)number;
	return status;
}

int json_value_hex(const struct json_at *at, uint64_t *value, struct error *err)
{
	const char *text = json_string_value(at->value);
	uint64_t number = 0;
	size_t digits = 0;

	if (!text)
		return error_kind(at, "a string of hexadecimal digits (\"0x5401\")", err);
	if (text[0] == '0' && text[1] == 'x') {
		for (digits = 0; hex_digit(text[2 + digits]) >= 0 && digits < 17; digits++)
			number = number << 4 | (uint64_t)hex_digit(text[2 + digits]);
		if (text[2 + digits])
			digits = 0;
	}
	if (digits < 1 || digits > 16)
		return json_error(at, err, -EBADMSG,
				  "expected \"0x\" and 1 to 16 hexadecimal digits, found \"%.40s\"",
				  text);
	*value = number;
	return 0;
}

static int read_bool(const struct json_at *at, bool *value, struct error *err)
{
	if (!json_is_boolean(at->value))
		return error_kind(at, "true or false", err);
	*value = json_is_true(at->value);
	return 0;
}

int json_value_choice(const struct json_at *at, const char *const *names, size_t count,
		      unsigned *value, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	char all[512];
	size_t used = 0;
	int r = json_value_string(at, &text, err);

	if (r < 0)
		return r;
	all[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (!names[i])
			continue;
		if (strcmp(text, names[i]) == 0) {
			*value = (unsigned)i;
			return 0;
		}
		if (used < sizeof(all))
			used += (size_t)snprintf(all + used, sizeof(all) - used, "%s\"%s\"",
						 used ? ", " : "", names[i]);
	}
	return json_error(at, err, -EBADMSG, "\"%.80s\" is not one of %s", text, all);
}

int json_get_string(const struct json_at *object, const char *key, char **value, struct error *err)
{
	struct json_at at;
	int status = json_member(object, key, &at, err);

	return status < 0 ? status : json_value_string(&at, value, err);
}

int json_get_uint(const struct json_at *object, const char *key, uint64_t max, uint64_t *value,
		  struct error *err)
{
	struct json_at at;
	int status = json_member(object, key, &at, err);

	return status < 0 ? status : json_value_uint(&at, max, value, err);
}

int json_get_int(const struct json_at *object, const char *key, int64_t min, int64_t max,
		 int64_t *value, struct error *err)
{
	struct json_at at;
	int status = json_member(object, key, &at, err);

	return status < 0 ? status : json_value_int(&at, min, max, value, err);
}

int json_get_hex(const struct json_at *object, const char *key, uint64_t *value, struct error *err)
{
	struct json_at at;
	int status = json_member(object, key, &at, err);

	return status < 0 ? status : json_value_hex(&at, value, err);
}

int json_get_bool(const struct json_at *object, const char *key, bool *value, struct error *err)
{
	struct json_at at;
	int status = json_member(object, key, &at, err);

	return status < 0 ? status : read_bool(&at, value, err);
}

int json_get_choice(const struct json_at *object, const char *key, const char *const *names,
		    size_t count, unsigned *value, struct error *err)
{
	struct json_at at;
	int status = json_member(object, key, &at, err);

	return status < 0 ? status : json_value_choice(&at, names, count, value, err);
}

int json_may_string(const struct json_at *object, const char *key, char **value, struct error *err)
{
	struct json_at at;

	return json_find(object, key, &at) ? json_value_string(&at, value, err) : 0;
}

int json_may_uint(const struct json_at *object, const char *key, uint64_t max, uint64_t *value,
		  struct error *err)
{
	struct json_at at;

	return json_find(object, key, &at) ? json_value_uint(&at, max, value, err) : 0;
}

int json_may_bool(const struct json_at *object, const char *key, bool *value, struct error *err)
{
	struct json_at at;

	return json_find(object, key, &at) ? read_bool(&at, value, err) : 0;
}
