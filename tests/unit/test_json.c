// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_refused(const char *text, size_t size, const char *reason)
{
	_cleanup_(json_freep) json_t *root = NULL;
	struct error err = { 0 };

	assert_true(json_read("a.rec", text, size, &root, &err) < 0);
	assert_null(root);
	if (!strstr(err.message, reason))
		fail_msg("expected \"%s\" in: %s", reason, err.message);
}

static void assert_text_refused(const char *text, const char *reason)
{
	assert_refused(text, strlen(text), reason);
}

static void text_that_is_no_json_is_refused_with_line_and_column(void **state)
{
	(void)state;
	assert_text_refused("", "a.rec: the file is empty");
	assert_text_refused(" \n\t", "a.rec: the file is empty");
	assert_text_refused("{\n  \"a\": 1,\n  \"b\": x\n}", "a.rec: line 3, column 8: ");
	assert_text_refused("{\n  \"a\": [1,", "the file is truncated");
	assert_text_refused("{\"a\": 1, \"a\": 2}", "duplicate");
	assert_text_refused("{\"a\": 9223372036854775808}", "too big integer");
	assert_text_refused("[]", "expected an object");
	assert_text_refused("{} {}", "end of file expected");
	assert_text_refused("{\"a\": \"\\u0000\"}", "line 1, column ");
	assert_refused("{\"\x1b[31m\0\"", 9, "a.rec: line 1, column ");
}

static void what_is_quoted_of_a_file_can_not_steer_a_terminal(void **state)
{
	_cleanup_(json_freep) json_t *root = NULL;
	struct error err = { 0 };
	const char text[] = "{\x1b[31m";

	(void)state;
	assert_true(json_read("a.rec", text, sizeof(text) - 1, &root, &err) < 0);
	assert_null(strchr(err.message, '\x1b'));
}

static void a_hundred_megabytes_of_nesting_are_refused_where_they_get_too_deep(void **state)
{
	size_t size = 100 << 20;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	memset(text, '[', size);
	assert_refused(text, size, "line 1, column 33: nested too deep");
	for (size_t i = 0; i < size; i += 5)
		memcpy(text + i, "{\"a\":", 5);
	assert_refused(text, size, "nested too deep");
	free(text);
}

static void a_tree_that_takes_too_much_memory_is_refused_before_it_is_built(void **state)
{
	size_t size = 100 << 20;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	text[0] = '[';
	for (size_t i = 1; i < size; i++)
		text[i] = "{},"[i % 3];
	assert_refused(text, size, "too large");
	free(text);
}

static char *written(const char *value)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct json_writer writer = json_writer(out);

	assert_non_null(out);
	json_write_object(&writer, NULL);
	json_write_string(&writer, "s", value);
	json_write_end_object(&writer);
	fclose(out);
	return text;
}

static void assert_round_trip(const char *value)
{
	_cleanup_free_ char *text = written(value), *back = NULL;
	_cleanup_(json_freep) json_t *root = NULL;
	struct error err = { 0 };
	struct json_at at;

	if (json_read("a.rec", text, strlen(text), &root, &err) < 0)
		fail_msg("%s: in %s", err.message, text);
	at = json_at_root("a.rec", root);
	assert_int_equal(json_get_string(&at, "s", &back, &err), 0);
	assert_string_equal(back, value);
}

static void any_bytes_come_back_as_they_were(void **state)
{
	char pair[3] = "";

	(void)state;
	assert_round_trip("");
	assert_round_trip("C:\\d \\x41 \"quoted\" \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
	assert_round_trip("\xed\xa0\x80 \xc0\x80 \xf4\x90\x80\x80 \xe2\x82");
	for (unsigned first = 1; first < 256; first++) {
		for (unsigned second = 1; second < 256; second++) {
			pair[0] = (char)first;
			pair[1] = (char)second;
			assert_round_trip(pair);
		}
	}
}

static void bytes_that_are_no_text_are_written_in_hex(void **state)
{
	_cleanup_free_ char *text = written("a\xff\\");

	(void)state;
	assert_string_equal(text, "{\n  \"s\": \"a\\\\xff\\\\\\\\\"\n}\n");
}

static void a_wrong_value_is_refused_with_its_place(void **state)
{
	static const char *const keys[] = { "runs", NULL };
	const char *text =
		"{\"runs\":[{\"n\":\"1\",\"i\":-1,\"r\":1.0,\"h\":\"0xg\",\"s\":\"\\\\y\"}]}";
	_cleanup_(json_freep) json_t *root = NULL;
	_cleanup_free_ char *string = NULL;
	struct error err = { 0 };
	struct json_at at, runs, run;
	uint64_t number;
	unsigned choice;
	size_t count;
	bool flag;

	(void)state;
	assert_int_equal(json_read("a.rec", text, strlen(text), &root, &err), 0);
	at = json_at_root("a.rec", root);
	assert_int_equal(json_member(&at, "runs", &runs, &err), 0);
	assert_int_equal(json_read_array(&runs, 1, &count, &err), 0);
	assert_int_equal(json_read_array(&runs, 0, &count, &err), -EBADMSG);
	run = json_element(&runs, 0);
	assert_true(json_get_uint(&run, "n", 9, &number, &err) < 0);
	assert_string_equal(err.message,
			    "a.rec: runs[0].n: expected a whole number, found a string");
	assert_true(json_get_uint(&run, "i", 9, &number, &err) < 0);
	assert_string_equal(err.message, "a.rec: runs[0].i: -1 is not in the range 0 to 9");
	assert_true(json_get_uint(&run, "r", 9, &number, &err) < 0);
	assert_true(json_get_uint(&run, "no", 9, &number, &err) < 0);
	assert_string_equal(err.message, "a.rec: runs[0]: \"no\" is missing");
	assert_true(json_get_hex(&run, "h", &number, &err) < 0);
	assert_true(json_get_bool(&run, "h", &flag, &err) < 0);
	assert_true(json_get_string(&run, "s", &string, &err) < 0);
	assert_true(json_get_choice(&run, "n", keys, 1, &choice, &err) < 0);
	assert_string_equal(err.message, "a.rec: runs[0].n: \"1\" is not one of \"runs\"");
	assert_true(json_read_object(&run, keys, &err) < 0);
	assert_non_null(strstr(err.message, "a.rec: runs[0].n: unknown key"));
}

static void a_byte_of_zero_can_not_be_smuggled_in(void **state)
{
	const char *text = "{\"s\": \"a\\\\x00b\"}";
	_cleanup_(json_freep) json_t *root = NULL;
	_cleanup_free_ char *string = NULL;
	struct error err = { 0 };
	struct json_at at;

	(void)state;
	assert_int_equal(json_read("a.rec", text, strlen(text), &root, &err), 0);
	at = json_at_root("a.rec", root);
	assert_true(json_get_string(&at, "s", &string, &err) < 0);
	assert_null(string);
}

static void an_object_on_one_line_ends_on_it(void **state)
{
	char text[256] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	struct json_writer writer = json_writer(out);

	(void)state;
	json_write_object(&writer, NULL);
	json_write_array(&writer, "a");
	json_write_object_line(&writer, NULL);
	json_write_array(&writer, "v");
	json_write_hex(&writer, NULL, UINT64_MAX);
	json_write_int(&writer, NULL, -1);
	json_write_end_array(&writer);
	json_write_bool(&writer, "b", true);
	json_write_string(&writer, "none", NULL);
	json_write_end_object(&writer);
	json_write_end_array(&writer);
	json_write_array(&writer, "empty");
	json_write_end_array(&writer);
	json_write_end_object(&writer);
	fclose(out);
	assert_string_equal(text, "{\n  \"a\": [\n"
				  "    { \"v\": [\"0xffffffffffffffff\", -1], \"b\": true }\n"
				  "  ],\n  \"empty\": []\n}\n");
}

static void text_for_people_is_free_of_control_characters(void **state)
{
	char text[256] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_int_equal(utf8_print_safe(out, "\xc3\xa9\x1b[m\n\xff\xe2\x80\xae"),
			 1 + 4 + 2 + 4 + 4 + 12);
	fclose(out);
	assert_string_equal(text, "\xc3\xa9\\x1b[m\\x0a\\xff\\xe2\\x80\\xae");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_that_is_no_json_is_refused_with_line_and_column),
		cmocka_unit_test(what_is_quoted_of_a_file_can_not_steer_a_terminal),
		cmocka_unit_test(
			a_hundred_megabytes_of_nesting_are_refused_where_they_get_too_deep),
		cmocka_unit_test(a_tree_that_takes_too_much_memory_is_refused_before_it_is_built),
		cmocka_unit_test(any_bytes_come_back_as_they_were),
		cmocka_unit_test(bytes_that_are_no_text_are_written_in_hex),
		cmocka_unit_test(a_wrong_value_is_refused_with_its_place),
		cmocka_unit_test(a_byte_of_zero_can_not_be_smuggled_in),
		cmocka_unit_test(an_object_on_one_line_ends_on_it),
		cmocka_unit_test(text_for_people_is_free_of_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
