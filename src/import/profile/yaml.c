// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A recursive reader of lines. The present line is described by its indent and its rest: "- name: x" is an
 * element's dash and then, two columns further, the first line of a mapping.
 */
#include "import/profile/yaml.h"

#include "common/cleanup.h"

#include <string.h>

struct yaml {
	const char *path;
	const char *next, *end; /* of the lines behind the one at hand */
	const char *text, *stop; /* what is left of the line at hand; NULL: there is none */
	size_t indent;
	unsigned line;
	unsigned depth;
	struct error *err;
};

static json_t *refuse(struct yaml *yaml, const char *reason)
{
	if (!yaml->err->code)
		error_set(yaml->err, -EBADMSG,
			  "%s: line %u: %s; only YAML as written by kubectl is supported; "
			  "`kubectl get -o json` prints JSON instead",
			  yaml->path, yaml->line, reason);
	return NULL;
}

static json_t *out_of_memory(struct yaml *yaml)
{
	error_oom(yaml->err);
	return NULL;
}

/* Cuts a comment and the blanks before it. A "#" begins one behind a blank, outside of quotes. */
static const char *cut_comment(const char *at, const char *end)
{
	char quote = '\0';

	for (const char *c = at; c < end; c++) {
		if (quote)
			quote = *c == quote ? '\0' : quote;
		else if ((*c == '"' || *c == '\'') && (c == at || strchr(" [,", c[-1])))
			quote = *c;
		else if (*c == '#' && (c == at || c[-1] == ' ' || c[-1] == '\t'))
			end = c;
	}
	while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	return end;
}

/* To the next line that holds something. */
static void advance(struct yaml *yaml)
{
	for (;;) {
		const char *newline, *start = yaml->next, *at;

		yaml->text = NULL;
		if (start == yaml->end)
			return;
		newline = memchr(start, '\n', (size_t)(yaml->end - start));
		yaml->next = newline ? newline + 1 : yaml->end;
		yaml->line++;
		for (at = start; at < yaml->end && *at == ' ';)
			at++;
		yaml->indent = (size_t)(at - start);
		yaml->stop = cut_comment(at, newline ? newline : yaml->end);
		if (at < yaml->stop) {
			yaml->text = at;
			return;
		}
	}
}

static bool is_dash(const struct yaml *yaml)
{
	return yaml->text[0] == '-' && (yaml->text + 1 == yaml->stop || yaml->text[1] == ' ');
}

/* ---- scalars ---- */

static json_t *make_string(struct yaml *yaml, const char *at, const char *end)
{
	json_t *string = json_stringn(at, (size_t)(end - at));

	return string ? string : refuse(yaml, "text that is not UTF-8");
}

static json_t *read_scalar(struct yaml *yaml, const char *at, const char *end)
{
	size_t length = (size_t)(end - at);

	if (*at == '"' || *at == '\'') {
		if (length < 2 || end[-1] != *at || memchr(at + 1, *at, length - 2))
			return refuse(
				yaml,
				"a quoted text that does not end, or is followed by more text");
		if (memchr(at, '\\', length))
			return refuse(yaml, "an escape in a quoted text");
		return make_string(yaml, at + 1, end - 1);
	}
	if (strchr("&*!|>{}[]%@`,?", *at) || memmem(at, length, ": ", 2))
		return refuse(yaml, "an unsupported kind of value");
	return make_string(yaml, at, end);
}

/* "[a, b]" on one line. */
static json_t *read_flow(struct yaml *yaml, const char *at, const char *end)
{
	_cleanup_(json_freep) json_t *array = json_array();

	if (!array)
		return out_of_memory(yaml);
	if (end[-1] != ']')
		return refuse(yaml, "a list in brackets that continues on another line");
	at++;
	end--;
	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;
		json_t *element;

		while (at < stop && *at == ' ')
			at++;
		while (stop > at && stop[-1] == ' ')
			stop--;
		if (at < stop) {
			element = read_scalar(yaml, at, stop);
			if (!element || json_array_append_new(array, element) < 0)
				return element ? out_of_memory(yaml) : NULL;
		}
		at = comma ? comma + 1 : end;
	}
	return take(array);
}

static json_t *read_value(struct yaml *yaml, const char *at, const char *end)
{
	if (*at == '[')
		return read_flow(yaml, at, end);
	if (end - at == 2 && at[0] == '{' && at[1] == '}')
		return json_object();
	return read_scalar(yaml, at, end);
}

/* ---- blocks ---- */

static json_t *read_block(struct yaml *yaml);

static json_t *read_sequence(struct yaml *yaml, size_t indent)
{
	_cleanup_(json_freep) json_t *array = json_array();

	if (!array)
		return out_of_memory(yaml);
	while (yaml->text && yaml->indent == indent && is_dash(yaml)) {
		json_t *element;

		for (yaml->text++, yaml->indent++; yaml->text < yaml->stop && *yaml->text == ' ';) {
			yaml->text++;
			yaml->indent++;
		}
		if (yaml->text == yaml->stop)
			advance(yaml);
		if (!yaml->text || yaml->indent <= indent)
			element = json_null();
		else
			element = read_block(yaml);
		if (!element || json_array_append_new(array, element) < 0)
			return element ? out_of_memory(yaml) : NULL;
	}
	return take(array);
}

/* The colon behind the key that TEXT begins with, or NULL. */
static const char *find_colon(const struct yaml *yaml)
{
	for (const char *at = yaml->text; at < yaml->stop; at++)
		if (*at == ':' && (at + 1 == yaml->stop || at[1] == ' '))
			return at;
	return NULL;
}

static bool is_quoted(const char *at, const char *end)
{
	return end - at >= 2 && (*at == '"' || *at == '\'') && end[-1] == *at;
}

static int read_member(struct yaml *yaml, json_t *object, const char *colon, size_t indent)
{
	const char *key = yaml->text, *key_end = colon, *at = colon + 1;
	json_t *value;

	if (is_quoted(key, key_end)) {
		key++;
		key_end--;
	}
	if (json_object_getn(object, key, (size_t)(key_end - key))) {
		refuse(yaml, "a duplicate key");
		return -1;
	}
	while (at < yaml->stop && *at == ' ')
		at++;
	if (at < yaml->stop) {
		value = read_value(yaml, at, yaml->stop);
		advance(yaml);
	} else {
		advance(yaml);
		/* The dashes of a list may stand under its key. */
		if (yaml->text && yaml->indent == indent && is_dash(yaml))
			value = read_sequence(yaml, indent);
		else if (yaml->text && yaml->indent > indent)
			value = read_block(yaml);
		else
			value = json_null();
	}
	if (!value || json_object_setn_new(object, key, (size_t)(key_end - key), value) < 0) {
		if (!yaml->err->code)
			refuse(yaml, "a key that is not UTF-8");
		return -1;
	}
	return 0;
}

static json_t *read_mapping(struct yaml *yaml, size_t indent)
{
	_cleanup_(json_freep) json_t *object = json_object();

	if (!object)
		return out_of_memory(yaml);
	while (yaml->text && yaml->indent == indent && !is_dash(yaml)) {
		const char *colon = find_colon(yaml);

		if (!colon)
			return refuse(yaml, "neither \"key: value\" nor \"- element\"");
		if (strchr("&*!|>{}[]%@`?\t", *yaml->text))
			return refuse(yaml, "an unsupported kind of key");
		if (read_member(yaml, object, colon, indent) < 0)
			return NULL;
	}
	return take(object);
}

static json_t *read_block(struct yaml *yaml)
{
	size_t indent = yaml->indent;
	json_t *value;

	if (yaml->depth == JSON_DEPTH_MAX)
		return refuse(yaml, "nested too deep");
	yaml->depth++;
	if (is_dash(yaml)) {
		value = read_sequence(yaml, indent);
	} else if (find_colon(yaml) && !is_quoted(yaml->text, yaml->stop)) {
		value = read_mapping(yaml, indent);
	} else {
		value = read_value(yaml, yaml->text, yaml->stop);
		advance(yaml);
	}
	yaml->depth--;
	if (value && yaml->text && yaml->indent > indent) {
		json_decref(value);
		return refuse(yaml, "an indent that matches no line above");
	}
	return value;
}

int yaml_read(const char *path, const char *data, size_t size, json_t **root, struct error *err)
{
	struct yaml yaml = { .path = path, .next = data, .end = data + size, .err = err };
	json_t *value;

	if (memchr(data, '\0', size))
		return error_set(err, -EBADMSG, "%s: it has a NUL byte, so it is not text", path);
	advance(&yaml);
	if (yaml.text && yaml.stop - yaml.text == 3 && memcmp(yaml.text, "---", 3) == 0)
		advance(&yaml);
	if (!yaml.text)
		return error_set(err, -EBADMSG, "%s: the file is empty", path);
	value = read_block(&yaml);
	if (value && yaml.text)
		refuse(&yaml, "text after the end of the document");
	if (err->code) {
		json_decref(value);
		return err->code;
	}
	if (!value)
		return error_oom(err);
	*root = value;
	return 0;
}
