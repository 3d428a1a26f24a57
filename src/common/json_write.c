// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The writing half of json.h. Nothing is built in memory: everything goes to the stream at once, so
 * a recording of any size needs no extra memory.
 */
#include "common/json.h"

#include "common/utf8.h"

#include <inttypes.h>
#include <stdbool.h>

struct json_writer json_writer(FILE *out)
{
	return (struct json_writer){ .out = out, .is_first = true };
}

struct json_writer json_element_writer(FILE *out, unsigned depth)
{
	return (struct json_writer){ .out = out, .depth = depth, .is_bare = true };
}

static void new_line(struct json_writer *writer)
{
	putc_unlocked('\n', writer->out);
	for (unsigned i = 0; i < writer->depth; i++)
		fputs_unlocked("  ", writer->out);
}

/* One that JSON and this project's escaping leave as it is, alone. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* The stream is written by one thread: stdio's locks, one a character, would double the time. */
static void write_quoted(FILE *out, const char *text)
{
	putc_unlocked('"', out);
	while (*text) {
		uint32_t code = 0;
		size_t length = 0;

		while (is_plain((unsigned char)text[length]))
			length++;
		if (length > 0) {
			fwrite_unlocked(text, 1, length, out);
			text += length;
			continue;
		}
		length = utf8_length(text, &code);
		if (length == 0)
			fprintf(out, "\\\\x%02x", (unsigned char)*text);
		else if (code == '\\')
			fputs("\\\\\\\\", out);
		else if (code == '"')
			fputs("\\\"", out);
		else if (code < 0x20 || code == 0x7f)
			fprintf(out, "\\u%04x", code);
		else
			fwrite_unlocked(text, 1, length, out);
		text += length ? length : 1;
	}
	putc_unlocked('"', out);
}

/* What stands before any value: the comma, the place, the key. */
static void write_before(struct json_writer *writer, const char *key)
{
	if (writer->is_bare) {
		writer->is_bare = false;
		return;
	}
	if (!writer->is_first)
		putc_unlocked(',', writer->out);
	if (writer->line_depth) {
		if (!writer->is_first || key)
			putc_unlocked(' ', writer->out);
	} else if (writer->depth) {
		new_line(writer);
	}
	if (key) {
		write_quoted(writer->out, key);
		fputs_unlocked(": ", writer->out);
	}
	writer->is_first = false;
}

static void open_container(struct json_writer *writer, const char *key, char bracket, bool line)
{
	write_before(writer, key);
	putc_unlocked(bracket, writer->out);
	writer->depth++;
	writer->is_first = true;
	if (line && !writer->line_depth)
		writer->line_depth = writer->depth;
}

static void close_container(struct json_writer *writer, char bracket)
{
	writer->depth--;
	if (writer->line_depth) {
		if (bracket == '}' && !writer->is_first)
			putc_unlocked(' ', writer->out);
	} else if (!writer->is_first) {
		new_line(writer);
	}
	putc_unlocked(bracket, writer->out);
	if (writer->line_depth > writer->depth)
		writer->line_depth = 0;
	writer->is_first = false;
	if (writer->depth == 0)
		putc_unlocked('\n', writer->out);
}

void json_write_object(struct json_writer *writer, const char *key)
{
	open_container(writer, key, '{', false);
}

void json_write_array(struct json_writer *writer, const char *key)
{
	open_container(writer, key, '[', false);
}

void json_write_object_line(struct json_writer *writer, const char *key)
{
	open_container(writer, key, '{', true);
}

void json_write_array_line(struct json_writer *writer, const char *key)
{
	open_container(writer, key, '[', true);
}

void json_write_end_object(struct json_writer *writer)
{
	close_container(writer, '}');
}

void json_write_end_array(struct json_writer *writer)
{
	close_container(writer, ']');
}

void json_write_string(struct json_writer *writer, const char *key, const char *value)
{
	if (!value)
		return;
	write_before(writer, key);
	write_quoted(writer->out, value);
}

void json_write_uint(struct json_writer *writer, const char *key, uint64_t value)
{
	write_before(writer, key);
	fprintf(writer->out, "%" PRIu64, value);
}

void json_write_int(struct json_writer *writer, const char *key, int64_t value)
{
	write_before(writer, key);
	fprintf(writer->out, "%" PRId64, value);
}

void json_write_hex(struct json_writer *writer, const char *key, uint64_t value)
{
	write_before(writer, key);
	fprintf(writer->out, "\"0x%" PRIx64 "\"", value);
}

void json_write_bool(struct json_writer *writer, const char *key, bool value)
{
	write_before(writer, key);
	fputs(value ? "true" : "false", writer->out);
}

void json_write_null(struct json_writer *writer, const char *key)
{
	write_before(writer, key);
	fputs("null", writer->out);
}

void json_write_text(struct json_writer *writer, const char *element)
{
	write_before(writer, NULL);
	fputs_unlocked(element, writer->out);
}
