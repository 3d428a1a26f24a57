// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A large document in pieces: the members of its top object, and the elements of an array among them,
 * are found by their ends alone and parsed one at a time, so that the memory for a file of many
 * elements is that of its text and of one element.
 *
 * The scan knows strings and brackets. Whatever else is wrong with a piece, jansson finds when the
 * piece is parsed; what stands between pieces is checked here.
 */
#include "common/json.h"

#include <errno.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t skip_blanks(const struct json_text *text, size_t at)
{
	while (at < text->size && is_blank(text->data[at]))
		at++;
	return at;
}

static int syntax_error(const struct json_text *text, size_t at, const char *wanted,
			struct error *err)
{
	if (at >= text->size)
		return json_text_error(
			text, at, err,
			"the text ends too early; the file is truncated or incomplete");
	return json_text_error(text, at, err, wanted);
}

/* Behind the string that begins at AT, or the text's end. */
static size_t skip_string(const struct json_text *text, size_t at)
{
	for (at++; at < text->size && text->data[at] != '"'; at++)
		if (text->data[at] == '\\')
			at++;
	return at < text->size ? at + 1 : text->size;
}

/* Behind the value that begins at AT, or the text's end; stops inside one that is nested too deep. */
static size_t skip_value(const struct json_text *text, size_t at, bool *is_too_deep)
{
	size_t depth = 0;

	*is_too_deep = false;
	while (at < text->size) {
		char c = text->data[at];

		if (depth == 0 && (c == ',' || c == '}' || c == ']' || is_blank(c)))
			return at;
		if (c == '"') {
			at = skip_string(text, at);
			if (depth == 0)
				return at;
			continue;
		}
		at++;
		if (c == '{' || c == '[') {
			*is_too_deep = ++depth > JSON_DEPTH_MAX;
			if (*is_too_deep)
				return at - 1;
		} else if ((c == '}' || c == ']') && --depth == 0)
			return at;
	}
	return at;
}

/* The member's key is at AT: finds which of KEYS it is (behind the last: none) and where its value begins. */
static int take_key(const struct json_text *text, size_t *at, const char *const *keys,
		    size_t *index, struct error *err)
{
	size_t start = *at + 1, end;

	if (*at >= text->size || text->data[*at] != '"')
		return syntax_error(text, *at, "expected a key in double quotes", err);
	end = skip_string(text, *at);
	for (*index = 0; keys[*index]; (*index)++) {
		size_t length = strlen(keys[*index]);

		if (end - start == length + 1 &&
		    memcmp(text->data + start, keys[*index], length) == 0)
			break;
	}
	*at = skip_blanks(text, end);
	if (*at >= text->size || text->data[*at] != ':')
		return syntax_error(text, *at, "expected a colon", err);
	*at = skip_blanks(text, *at + 1);
	return 0;
}

/* The value that begins at AT, and behind it the comma (true) or CLOSING (false). */
static int take_value(const struct json_text *text, size_t *at, char closing,
		      struct json_piece *piece, bool *is_last, struct error *err)
{
	bool is_too_deep;
	size_t end = skip_value(text, *at, &is_too_deep);

	if (is_too_deep)
		return json_text_error(text, end, err, JSON_TOO_DEEP);
	if (end == *at)
		return syntax_error(text, *at, "expected a value", err);
	*piece = (struct json_piece){ .start = *at, .end = end };
	*at = skip_blanks(text, end);
	if (*at >= text->size || (text->data[*at] != ',' && text->data[*at] != closing))
		return syntax_error(text, *at,
				    closing == '}' ? "expected a comma or a closing brace"
						   : "expected a comma or a closing bracket",
				    err);
	*is_last = text->data[*at] == closing;
	*at = skip_blanks(text, *at + 1);
	return 0;
}

int json_split(const struct json_text *text, const char *const *keys, struct json_piece *pieces,
	       size_t *unknown, struct error *err)
{
	size_t at = skip_blanks(text, 0), index = 0;
	struct json_piece other;
	bool is_last = false;
	int r;

	*unknown = 0;
	for (size_t i = 0; keys[i]; i++)
		pieces[i] = (struct json_piece){ 0 };
	if (at == text->size)
		return error_set(err, -EBADMSG, "%s: the file is empty", text->file);
	if (text->data[at] != '{')
		return json_text_error(text, at, err, "not a JSON object, which begins with \"{\"");
	at = skip_blanks(text, at + 1);
	if (at < text->size && text->data[at] == '}')
		is_last = true, at = skip_blanks(text, at + 1);
	while (!is_last) {
		size_t key = at;

		r = take_key(text, &at, keys, &index, err);
		if (r == 0 && !keys[index] && !*unknown)
			*unknown = key;
		if (r == 0 && keys[index] && pieces[index].end)
			return json_text_error(text, key, err, "this key was given before");
		r = r ? r
		      : take_value(text, &at, '}', keys[index] ? &pieces[index] : &other, &is_last,
				   err);
		if (r < 0)
			return r;
	}
	if (at < text->size)
		return json_text_error(text, at, err, "the object has ended here");
	return 0;
}

int json_next_element(const struct json_text *text, const struct json_piece *array,
		      struct json_piece *element, struct error *err)
{
	/* Behind the bracket, or behind the comma of the element before. */
	size_t at = skip_blanks(text, element->end ? element->next : array->start + 1);
	bool is_last;
	int r;

	if (text->data[array->start] != '[')
		return json_text_error(text, array->start, err, "expected an array");
	if (element->is_last || (!element->end && at < array->end && text->data[at] == ']'))
		return 0;
	r = take_value(text, &at, ']', element, &is_last, err);
	if (r < 0)
		return r;
	element->next = at;
	element->is_last = is_last;
	return 1;
}
