// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Records with a field of 20 kB, as no kernel writes them (kernel/audit.h: MAX_AUDIT_MESSAGE_LENGTH is
 * 8970) but a log from outside may hold them: what is decoded is cut where its room ends, nothing is
 * written behind that, and the other fields are read as ever.
 */
#include "common/cleanup.h"
#include "denial/denial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LONG	 20000
#define STAMP	 "audit(1795574851.425:2): "
#define HEAD	 "auid=4294967295 uid=33 gid=33 ses=4294967295 "
#define TAIL	 "sig=31 arch=c000003e syscall=41 compat=0 ip=0x7f00 code=0x80000000"
#define JSON_END "\"}"

/* What lies behind the room that texts are decoded into. */
struct guarded {
	struct denial_scratch scratch;
	unsigned char guard[LONG];
};

/* BEFORE, then TEXT so often that it is COUNT bytes, then AFTER. The caller's. */
static char *long_line(const char *before, const char *text, size_t count, const char *after)
{
	char *line = NULL;
	size_t size, length = strlen(text);
	FILE *out = open_memstream(&line, &size);

	fputs(before, out);
	for (size_t i = 0; i < count; i += length)
		fputs(text, out);
	fputs(after, out);
	assert_int_equal(fclose(out), 0);
	return line;
}

static void parse(const char *line, struct guarded *guarded, struct denial *denial)
{
	memset(guarded->guard, 0xa5, sizeof(guarded->guard));
	assert_int_equal(denial_parse_line(line, strlen(line), &guarded->scratch, denial),
			 DENIAL_LINE_RECORD);
	for (size_t i = 0; i < sizeof(guarded->guard); i++)
		assert_int_equal(guarded->guard[i], 0xa5);
	assert_true(guarded->scratch.used <= DENIAL_SCRATCH);
	assert_int_equal(denial->pid, 7);
	assert_int_equal(denial->nr, 41);
	assert_int_equal(denial->abi, ABI_X86_64);
	assert_int_equal(denial->action, 0x80000000U);
}

static void assert_all(struct text text, char byte, size_t length)
{
	assert_int_equal(text.length, length);
	for (size_t i = 0; i < length; i++)
		assert_int_equal(text.data[i], byte);
}

static void a_long_name_in_hexadecimal_is_cut(void **state)
{
	_cleanup_free_ char *one =
		long_line("type=1326 " STAMP HEAD "pid=7 comm=", "61", 2 * LONG, " exe=2F62 " TAIL);
	_cleanup_free_ char *both = long_line(
		"type=1326 " STAMP HEAD "pid=7 comm=63632064 exe=", "61", 2 * LONG, " " TAIL);
	_cleanup_free_ struct guarded *guarded = malloc(sizeof(*guarded));
	struct denial denial;

	(void)state;
	parse(one, guarded, &denial);
	assert_all(denial.comm, 'a', DENIAL_SCRATCH);
	assert_int_equal(denial.exe.length, 0);
	parse(both, guarded, &denial);
	assert_int_equal(denial.comm.length, 4);
	assert_memory_equal(denial.comm.data, "cc d", 4);
	assert_all(denial.exe, 'a', DENIAL_SCRATCH - 4);
}

static void a_long_name_that_needs_no_decoding_is_whole(void **state)
{
	_cleanup_free_ char *line = long_line("type=1326 " STAMP HEAD "pid=7 comm=\"", "/", LONG,
					      "\" exe=\"/b\" " TAIL);
	_cleanup_free_ struct guarded *guarded = malloc(sizeof(*guarded));
	struct denial denial;

	(void)state;
	parse(line, guarded, &denial);
	assert_all(denial.comm, '/', LONG);
	assert_int_equal(denial.exe.length, 2);
}

#define FIELDS_OF_JSON                                                                 \
	"{\"_AUDIT_TYPE\":\"1326\",\"_PID\":\"7\",\"_AUDIT_FIELD_ARCH\":\"c000003e\"," \
	"\"_AUDIT_FIELD_SYSCALL\":\"41\",\"_AUDIT_FIELD_CODE\":\"0x80000000\",\"MESSAGE\":null,"

static void long_fields_of_the_journal_are_cut(void **state)
{
	_cleanup_free_ char *bytes =
		long_line(FIELDS_OF_JSON "\"_EXE\":[97", ",97", 3 * LONG, "],\"_COMM\":\"c\"}");
	_cleanup_free_ char *escaped = long_line(FIELDS_OF_JSON "\"_COMM\":\"c\",\"_EXE\":\"",
						 "\\u0061", 6 * LONG, JSON_END);
	_cleanup_free_ char *quoted =
		long_line(FIELDS_OF_JSON "\"_COMM\":\"c\",\"_EXE\":\"", "\\/", 2 * LONG, JSON_END);
	_cleanup_free_ struct guarded *guarded = malloc(sizeof(*guarded));
	struct denial denial;

	(void)state;
	parse(bytes, guarded, &denial);
	assert_all(denial.exe, 'a', DENIAL_SCRATCH);
	parse(escaped, guarded, &denial);
	assert_all(denial.exe, 'a', DENIAL_SCRATCH);
	parse(quoted, guarded, &denial);
	assert_all(denial.exe, '/', DENIAL_SCRATCH);
}

/* journalctl writes null for a field that it holds to be too long, wherever that field stands. */
static void what_stands_behind_a_null_is_read(void **state)
{
	static const char *const lines[] = {
		"{\"MESSAGE\":null,\"_AUDIT_TYPE\":\"1326\",\"_PID\":\"7\",\"A\":[null,1,{\"a\":2}],"
		"\"_AUDIT_FIELD_ARCH\":\"c000003e\",\"B\":17,\"_AUDIT_FIELD_CODE\":\"0x80000000\","
		"\"C\":null,\"_AUDIT_FIELD_SYSCALL\":\"41\"}",
		"{ \"_PID\" : \"7\" , \"MESSAGE\" : null , \"_AUDIT_TYPE\" : \"1326\", \"D\" : true , "
		"\"_AUDIT_FIELD_ARCH\":\"c000003e\", \"_AUDIT_FIELD_CODE\":\"0x80000000\", "
		"\"_AUDIT_FIELD_SYSCALL\":\"41\", \"C\" : null }",
	};
	_cleanup_free_ struct guarded *guarded = malloc(sizeof(*guarded));
	struct denial denial;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		parse(lines[i], guarded, &denial);
}

/* Of the fields that audit's record is made of again, 64 bytes are enough for any that is one. */
static void a_long_audit_field_leaves_the_others_alone(void **state)
{
	_cleanup_free_ char *ip =
		long_line(FIELDS_OF_JSON "\"_AUDIT_FIELD_IP\":\"0x", "7", LONG, JSON_END);
	_cleanup_free_ char *signal =
		long_line(FIELDS_OF_JSON "\"_AUDIT_FIELD_SIG\":\"", "7", LONG, JSON_END);
	_cleanup_free_ char *number =
		long_line("{\"_AUDIT_TYPE\":\"1326\",\"_PID\":\"7\",\"_AUDIT_FIELD_SYSCALL\":\"",
			  "4", LONG, JSON_END);
	_cleanup_free_ struct guarded *guarded = malloc(sizeof(*guarded));
	struct denial denial;

	(void)state;
	parse(ip, guarded, &denial);
	assert_int_equal(denial.ip, 0);
	parse(signal, guarded, &denial);
	assert_int_equal(denial_parse_line(number, strlen(number), &guarded->scratch, &denial),
			 DENIAL_LINE_BROKEN);
}

/* The longest record that a kernel writes, as the journal's JSON has it: a path of 4,000 bytes with a blank,
 * in hexadecimal, and quotes that are escaped. */
static void the_longest_record_of_a_kernel_is_read_whole(void **state)
{
	_cleanup_free_ char *line = long_line(
		"{\"_TRANSPORT\":\"audit\",\"_AUDIT_TYPE_NAME\":\"SECCOMP\",\"MESSAGE\":\"SECCOMP " HEAD
		"pid=7 comm=\\\"a\\\" exe=20",
		"61", 2 * 4000, " " TAIL JSON_END);
	_cleanup_free_ struct guarded *guarded = malloc(sizeof(*guarded));
	struct denial denial;

	(void)state;
	parse(line, guarded, &denial);
	assert_int_equal(denial.comm.length, 1);
	assert_int_equal(denial.exe.length, 4001);
	assert_int_equal(denial.exe.data[0], ' ');
	assert_int_equal(denial.exe.data[4000], 'a');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_name_in_hexadecimal_is_cut),
		cmocka_unit_test(a_long_name_that_needs_no_decoding_is_whole),
		cmocka_unit_test(long_fields_of_the_journal_are_cut),
		cmocka_unit_test(what_stands_behind_a_null_is_read),
		cmocka_unit_test(a_long_audit_field_leaves_the_others_alone),
		cmocka_unit_test(the_longest_record_of_a_kernel_is_read_whole),
	};

	return cmocka_run_group_tests_name("long records", tests, NULL, NULL);
}
