// SPDX-License-Identifier: LGPL-2.1-or-later
/* The records are the kernel's own (6.18), as each tool of Debian 12 carries them. */
#include "common/cleanup.h"
#include "denial/aggregate.h"
#include "denial/dedup.h"
#include "denial/owner.h"
#include "denial/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "auid=4294967295 uid=0 gid=0 ses=4294967295 "
#define RECORD                                                                         \
	HEAD "pid=22021 comm=\"denied\" exe=\"/usr/bin/denied\" sig=31 arch=c000003e " \
	     "syscall=110 compat=0 ip=0x7efeba5c6829 code=0x80000000"
#define STAMP	 "audit(1795574851.425:2): "
#define ENRICHED "AUID=\"unset\" UID=\"root\" GID=\"root\" ARCH=x86_64 SYSCALL=getppid"

static struct denial_scratch scratch;

static struct denial parse(const char *line, enum denial_line expected)
{
	struct denial denial;

	if (denial_parse_line(line, strlen(line), &scratch, &denial) != expected)
		fail_msg("read as another kind of line: %s", line);
	return denial;
}

static void assert_text(struct text text, const char *expected)
{
	if (!text_is(text, expected))
		fail_msg("expected \"%s\", got \"%.*s\"", expected, (int)text.length, text.data);
}

static void the_record_is_read_in_every_dress(void **state)
{
	static const struct {
		const char *line;
		enum denial_source source;
		bool has_time;
	} rows[] = {
		{ "type=SECCOMP msg=" STAMP RECORD, DENIAL_FROM_AUDIT_LOG, true },
		{ "node=web1 type=SECCOMP msg=" STAMP RECORD, DENIAL_FROM_AUDIT_LOG, true },
		{ "type=1326 msg=" STAMP RECORD, DENIAL_FROM_AUDIT_LOG, true },
		{ "type=UNKNOWN[1326] msg=" STAMP RECORD, DENIAL_FROM_AUDIT_LOG, true },
		{ "type=SECCOMP msg=" STAMP RECORD "\x1d" ENRICHED, DENIAL_FROM_AUDIT_LOG, true },
		{ "type=SECCOMP msg=" STAMP RECORD ENRICHED, DENIAL_FROM_AUDIT_LOG, true },
		{ "type=SECCOMP msg=" STAMP RECORD "\r", DENIAL_FROM_AUDIT_LOG, true },
		{ "audit: type=1326 " STAMP RECORD, DENIAL_FROM_KERNEL_LOG, true },
		{ "[ 1607.462886] audit: type=1326 " STAMP RECORD, DENIAL_FROM_KERNEL_LOG, true },
		{ "[Wed Nov 25 02:47:31 2026] audit: type=1326 " STAMP RECORD,
		  DENIAL_FROM_KERNEL_LOG, true },
		{ "5,1016,1607462886,-;audit: type=1326 " STAMP RECORD, DENIAL_FROM_KERNEL_LOG,
		  true },
		{ "kern  :notice: [ 1607.462886] audit: type=1326 " STAMP RECORD,
		  DENIAL_FROM_KERNEL_LOG, true },
		{ "Nov 25 02:47:31 web1 kernel: audit: type=1326 " STAMP RECORD,
		  DENIAL_FROM_KERNEL_LOG, true },
		{ "Nov 25 02:47:31 web1 kernel: [ 1607.462886] audit: type=1326 " STAMP RECORD,
		  DENIAL_FROM_KERNEL_LOG, true },
		{ "2026-11-25T02:47:31.425000+00:00 web1 kernel: audit: type=1326 " STAMP RECORD,
		  DENIAL_FROM_KERNEL_LOG, true },
		{ "Nov 25 02:47:31 web1 audit[22021]: SECCOMP " RECORD, DENIAL_FROM_JOURNAL,
		  false },
		{ "2026-11-25T02:47:31+0000 web1 audit[22021]: SECCOMP " RECORD,
		  DENIAL_FROM_JOURNAL, false },
		{ "Nov 25 02:47:31 web1 audit: SECCOMP " RECORD, DENIAL_FROM_JOURNAL, false },
		{ "Nov 25 02:47:31 web1 audit[22021]: AUDIT1326 " RECORD, DENIAL_FROM_JOURNAL,
		  false },
		{ "    MESSAGE=SECCOMP " RECORD, DENIAL_FROM_JOURNAL, false },
		{ "Nov 25 02:47:31 web1 audisp-syslog[9]: type=SECCOMP msg=" STAMP RECORD,
		  DENIAL_FROM_AUDIT_LOG, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct denial denial = parse(rows[i].line, DENIAL_LINE_RECORD);

		assert_int_equal(denial.source, rows[i].source);
		assert_int_equal(denial.time_us, rows[i].has_time ? 1795574851425000 : 0);
		assert_int_equal(denial.serial, rows[i].has_time ? 2 : 0);
		assert_true(denial.has_abi);
		assert_int_equal(denial.abi, ABI_X86_64);
		assert_int_equal(denial.nr, 110);
		assert_int_equal(denial.pid, 22021);
		assert_int_equal(denial.uid, 0);
		assert_text(denial.comm, "denied");
		assert_text(denial.exe, "/usr/bin/denied");
		assert_int_equal(denial.ip, 0x7efeba5c6829);
		assert_true(denial.has_action);
		assert_int_equal(denial.action, SECCOMP_RET_KILL_PROCESS);
	}
}

static void ausearch_interpreted_is_read(void **state)
{
	struct denial denial = parse(
		"type=SECCOMP msg=audit(11/25/26 02:47:31.425:2) : auid=unset uid=root gid=root "
		"ses=unset pid=22021 comm=two words exe=/opt/a b/beef sig=SIG0 arch=i386 "
		"syscall=getppid compat=1 ip=0xf7fc25e9 code=errno ",
		DENIAL_LINE_RECORD);

	(void)state;
	assert_int_equal(denial.serial, 2);
	assert_int_equal(denial.time_us, 0);
	assert_int_equal(denial.abi, ABI_I386);
	assert_int_equal(denial.nr, 64);
	assert_text(denial.comm, "two words");
	assert_text(denial.exe, "/opt/a b/beef");
	assert_int_equal(denial_verdict(&denial), SECCOMP_RET_ERRNO);
	assert_false(denial.has_errno);
}

static void hex_is_decoded_only_where_the_kernel_writes_it(void **state)
{
	struct denial denial;

	(void)state;
	denial = parse("type=1326 " STAMP HEAD
		       "pid=7 comm=776F726B65722031 exe=2F6F70742F61D1 sig=0 arch=c000003e "
		       "syscall=12 compat=0 ip=0x1 code=0x50000",
		       DENIAL_LINE_RECORD);
	assert_text(denial.comm, "worker 1");
	assert_text(denial.exe, "/opt/a\xd1");
	denial = parse("type=1326 " STAMP HEAD "pid=7 comm=\"BEEF\" exe=\"/a\" sig=0 arch=c000003e "
		       "syscall=12 compat=0 ip=0x1 code=0x50000",
		       DENIAL_LINE_RECORD);
	assert_text(denial.comm, "BEEF");
	denial = parse(
		"type=SECCOMP msg=audit(11/25/26 02:47:31.425:2) : auid=unset pid=7 comm=BEEF "
		"exe=/a sig=SIG0 arch=x86_64 syscall=brk compat=0 ip=0x1 code=log",
		DENIAL_LINE_RECORD);
	assert_text(denial.comm, "BEEF");
	denial = parse("type=1326 " STAMP HEAD "pid=7 comm=(null) exe=(null) sig=0 arch=c000003e "
		       "syscall=12 compat=0 ip=0x1 code=0x50000",
		       DENIAL_LINE_RECORD);
	assert_text(denial.comm, "");
}

static void labels_stand_in_no_ones_way(void **state)
{
	static const char *const labels[] = {
		"subj=unconfined ",
		"subj==unconfined ",
		"subj=docker-default (enforce) ",
		"subj=system_u:system_r:httpd_t:s0 ",
		"subj=? ",
	};
	char line[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		snprintf(line, sizeof(line),
			 "type=1326 " STAMP HEAD "%spid=7 comm=\"a\" exe=\"/a\" sig=0 "
			 "arch=c00000b7 syscall=214 compat=0 ip=0x1 code=0x7ffc0000",
			 labels[i]);
		assert_int_equal(parse(line, DENIAL_LINE_RECORD).abi, ABI_AARCH64);
	}
}

static void each_architecture_names_its_own_call(void **state)
{
	static const struct {
		const char *arch;
		long nr;
		bool is_known;
		enum abi abi;
		const char *name;
	} rows[] = {
		{ "c000003e", 12, true, ABI_X86_64, "brk" },
		{ "40000003", 45, true, ABI_I386, "brk" },
		{ "c000003e", 0x40000000 + 12, true, ABI_X32, "brk" },
		{ "x86_64", 0x40000000 + 12, true, ABI_X32, "brk" },
		{ "c00000b7", 214, true, ABI_AARCH64, "brk" },
		{ "aarch64", 214, true, ABI_AARCH64, "brk" },
		{ "c0000008", 12, false, 0, NULL }, /* MIPS */
		{ "c000003e", 99999, true, ABI_X86_64, NULL },
	};
	char line[512], buffer[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct denial denial;
		const char *name;

		snprintf(line, sizeof(line),
			 "type=1326 " STAMP HEAD "pid=7 comm=\"a\" exe=\"/a\" sig=0 arch=%s "
			 "syscall=%ld compat=0 ip=0x1 code=0x7ffc0000",
			 rows[i].arch, rows[i].nr);
		denial = parse(line, DENIAL_LINE_RECORD);
		assert_int_equal(denial.nr, rows[i].nr);
		assert_int_equal(denial.has_abi, rows[i].is_known);
		if (rows[i].is_known)
			assert_int_equal(denial.abi, rows[i].abi);
		name = denial_name(&denial, buffer, sizeof(buffer));
		if (rows[i].name)
			assert_string_equal(name, rows[i].name);
		else
			assert_null(name);
	}
}

static void a_call_without_a_name_here_takes_the_logs(void **state)
{
	struct denial denial =
		parse("type=SECCOMP msg=" STAMP HEAD "pid=7 comm=\"a\" exe=\"/a\" sig=0 "
		      "arch=c000003e syscall=9999 compat=0 ip=0x1 code=0x0AUID=\"unset\" "
		      "ARCH=x86_64 SYSCALL=newer_call",
		      DENIAL_LINE_RECORD);
	char buffer[64];

	(void)state;
	assert_string_equal(denial_name(&denial, buffer, sizeof(buffer)), "newer_call");
	assert_int_equal(denial.action, SECCOMP_RET_KILL_THREAD);
}

static void every_code_is_an_action(void **state)
{
	static const struct {
		const char *code, *action;
	} rows[] = {
		{ "0x80000000", "kill_process" },
		{ "0x0", "kill_thread" },
		{ "0x00000000", "kill_thread" },
		{ "0x30000", "trap" },
		{ "0x00030000", "trap" },
		{ "0x50000", "errno" },
		{ "0x00050001", "errno" },
		{ "0x7fc00000", "notify" },
		{ "0x7ff00000", "trace" },
		{ "0x7ffc0000", "log" },
		{ "0x0AUID=\"unset\"", "kill_thread" },
		{ "0x50000AUID=\"unset\"", "errno" },
		{ "kill-process", "kill_process" },
		{ "user-notify", "notify" },
		{ "trap", "trap" },
		{ "nonsense", "unknown" },
	};
	char line[512], buffer[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct denial denial;

		snprintf(line, sizeof(line),
			 "type=1326 " STAMP HEAD "pid=7 comm=\"a\" exe=\"/a\" sig=0 arch=c000003e "
			 "syscall=12 compat=0 ip=0x1 code=%s",
			 rows[i].code);
		denial = parse(line, DENIAL_LINE_RECORD);
		assert_string_equal(denial_action(&denial, buffer, sizeof(buffer)), rows[i].action);
	}
}

static void journal_objects_are_read(void **state)
{
	struct denial denial;

	(void)state;
	denial = parse(
		"{\"__REALTIME_TIMESTAMP\":\"1795574851425001\",\"_TRANSPORT\":\"audit\","
		"\"_AUDIT_TYPE_NAME\":\"SECCOMP\",\"_AUDIT_ID\":\"2\",\"X\":[[1],{\"a\":\"}\"}],"
		"\"_SYSTEMD_UNIT\":\"nginx.service\",\"MESSAGE\":\"SECCOMP " HEAD
		"pid=7 comm=\\\"a\\\" exe=\\\"/usr/bin/a\\\" sig=0 arch=c000003e syscall=12 "
		"compat=0 ip=0x1 code=0x50000\"}",
		DENIAL_LINE_RECORD);
	assert_text(denial.unit, "nginx.service");
	assert_text(denial.exe, "/usr/bin/a");
	assert_int_equal(denial.time_us, 1795574851425001);
	assert_int_equal(denial.serial, 2);
	assert_int_equal(denial.source, DENIAL_FROM_JOURNAL);
	/* Only the fields; the message is something else, or bytes. */
	denial = parse("{ \"_AUDIT_TYPE\" : \"1326\", \"_PID\":\"7\", \"_COMM\":\"a b\", "
		       "\"_EXE\":\"/a\", \"_AUDIT_FIELD_ARCH\":\"40000003\", "
		       "\"_AUDIT_FIELD_SYSCALL\":\"45\", \"_AUDIT_FIELD_SIG\":\"31\", "
		       "\"_AUDIT_FIELD_CODE\":\"0x80000000\", \"MESSAGE\":null }",
		       DENIAL_LINE_RECORD);
	assert_int_equal(denial.abi, ABI_I386);
	assert_text(denial.comm, "a b");
	/* An entry of the kernel's: systemd's fields there are not the process's. */
	denial = parse("{\"_TRANSPORT\":\"kernel\",\"_SYSTEMD_UNIT\":\"init.scope\","
		       "\"MESSAGE\":\"audit: type=1326 " STAMP HEAD
		       "pid=7 comm=\\\"a\\\" exe=\\\"/a\\\" sig=0 arch=c000003e syscall=12 "
		       "compat=0 ip=0x1 code=0x50000\"}",
		       DENIAL_LINE_RECORD);
	assert_int_equal(denial.source, DENIAL_FROM_KERNEL_LOG);
	assert_text(denial.unit, "");
	parse("{\"_TRANSPORT\":\"audit\",\"MESSAGE\":\"SECCOMP " HEAD "pid=7 comm=", //
	      DENIAL_LINE_BROKEN);
}

static void lines_cut_short_are_told_from_other_lines(void **state)
{
	static const char *const broken[] = {
		"type=1326 " STAMP HEAD "pid=7 comm=\"a\" exe=\"/a",
		"type=1326 " STAMP HEAD "pid=7 comm=\"a\" exe=\"/a\" sig=0 arch=c000003e sysc",
		"type=1326 " STAMP HEAD "pid=x comm=\"a\" exe=\"/a\" sig=0 syscall=12",
		"type=1326 " STAMP HEAD "pid=99999999999 syscall=12",
		"type=1326 " STAMP HEAD "pid=7 syscall=-12",
		"type=1326 audit(1795574851.425:2",
	};
	static const char *const others[] = {
		"",
		"CONFIG_SECCOMP=y",
		"systemd[1]: foo.service: SECCOMP features not detected in the kernel",
		"type=SYSCALL msg=" STAMP "arch=c000003e syscall=59 success=yes pid=1326",
		"type=13260 audit(1:2): auid=0 pid=7 syscall=12",
		"Nov 25 02:47:31 web1 nginx[1326]: hello",
		"{\"MESSAGE\":\"hello\"}",
		"{",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++)
		parse(broken[i], DENIAL_LINE_BROKEN);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		parse(others[i], DENIAL_LINE_OTHER);
}

static void every_prefix_of_a_record_is_survived(void **state)
{
	static const char line[] = "type=SECCOMP msg=" STAMP RECORD "\x1d" ENRICHED;
	struct denial denial;

	(void)state;
	for (size_t length = 0; length < sizeof(line); length++) {
		/* An exact copy, for the sanitizer to see a byte too far. */
		_cleanup_free_ char *copy = malloc(length + 1);

		assert_non_null(copy);
		memcpy(copy, line, length);
		denial_parse_line(copy, length, &scratch, &denial);
	}
}

struct heard {
	uint64_t denials, other_bytes;
	struct error err;
};

static int hear_denial(void *context, const struct denial *denial, struct error *err)
{
	struct heard *heard = context;

	(void)err;
	assert_int_equal(denial->nr, 110);
	heard->denials++;
	return 0;
}

static int hear_other(void *context, const char *data, size_t length, struct error *err)
{
	struct heard *heard = context;

	(void)data;
	(void)err;
	heard->other_bytes += length;
	return 0;
}

static void read_file(const char *text, size_t length, struct heard *heard)
{
	struct denial_reader_events events = { hear_denial, hear_other, heard };
	_cleanup_(denial_reader_freep) struct denial_reader *reader = denial_reader_new(&events);
	_cleanup_fclose_ FILE *file = tmpfile();
	int r;

	assert_non_null(reader);
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	rewind(file);
	do {
		r = denial_reader_read(reader, fileno(file), "log", &heard->err);
	} while (r > 0);
	assert_int_equal(r, 0);
}

static void a_reader_keeps_what_is_no_denial_apart(void **state)
{
	static const char log[] = "one\ntype=1326 " STAMP RECORD "\ntwo\n\ntype=1326 " STAMP RECORD;
	struct heard heard = { 0 };

	(void)state;
	read_file(log, sizeof(log) - 1, &heard);
	assert_int_equal(heard.denials, 2);
	assert_int_equal(heard.other_bytes, strlen("one\ntwo\n\n"));
}

static void a_line_longer_than_a_block_is_passed_over(void **state)
{
	static const char record[] = "\ntype=1326 " STAMP RECORD "\n";
	size_t giant = 3 * READER_BLOCK + 17, size = giant + sizeof(record) - 1;
	_cleanup_free_ char *log = malloc(size);
	struct heard heard = { 0 };

	(void)state;
	assert_non_null(log);
	memset(log, 'x', giant);
	memcpy(log + giant, record, sizeof(record) - 1);
	read_file(log, size, &heard);
	assert_int_equal(heard.denials, 1);
	assert_int_equal(heard.other_bytes, giant + 1);
}

static struct denial twin(enum denial_source source, int64_t pid, uint64_t time_us)
{
	struct denial denial = parse("type=1326 " STAMP RECORD, DENIAL_LINE_RECORD);

	denial.source = source;
	denial.pid = pid;
	denial.time_us = time_us;
	return denial;
}

static void a_denial_told_by_two_sources_counts_once(void **state)
{
	static const enum denial_source order[] = {
		DENIAL_FROM_BPF,	DENIAL_FROM_AUDIT_LOG, DENIAL_FROM_BPF,
		DENIAL_FROM_BPF,	DENIAL_FROM_AUDIT_LOG, DENIAL_FROM_AUDIT_LOG,
		DENIAL_FROM_KERNEL_LOG,
	};
	_cleanup_free_ struct dedup *dedup = calloc(1, sizeof(*dedup));
	unsigned counted = 0;

	(void)state;
	assert_non_null(dedup);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		struct denial denial = twin(order[i], 7, 0);

		counted += (unsigned)dedup_count(dedup, &denial, 1);
	}
	assert_int_equal(counted, 3);
}

static void denials_of_one_source_are_never_twins(void **state)
{
	_cleanup_free_ struct dedup *dedup = calloc(1, sizeof(*dedup));

	(void)state;
	assert_non_null(dedup);
	for (unsigned i = 0; i < 100; i++) {
		struct denial denial = twin(DENIAL_FROM_AUDIT_LOG, 7, 0);

		assert_int_equal(dedup_count(dedup, &denial, 1), 1);
	}
}

static void many_told_at_once_have_that_many_twins(void **state)
{
	_cleanup_free_ struct dedup *dedup = calloc(1, sizeof(*dedup));
	struct denial seen = twin(DENIAL_FROM_BPF, 7, 0);
	struct denial record = twin(DENIAL_FROM_AUDIT_LOG, 7, 0);

	(void)state;
	assert_non_null(dedup);
	assert_int_equal(dedup_count(dedup, &record, 1), 1);
	assert_int_equal(dedup_count(dedup, &seen, 5), 4);
	assert_int_equal(dedup_count(dedup, &record, 6), 2);
}

static void dedup_are_near_each_other_in_time(void **state)
{
	_cleanup_free_ struct dedup *dedup = calloc(1, sizeof(*dedup));
	struct denial early = twin(DENIAL_FROM_AUDIT_LOG, 7, 1000000);
	struct denial late = twin(DENIAL_FROM_KERNEL_LOG, 7, 1000000 + 11000000);

	(void)state;
	assert_non_null(dedup);
	assert_int_equal(dedup_count(dedup, &early, 1), 1);
	assert_int_equal(dedup_count(dedup, &late, 1), 1);
}

static int sum_counts(void *context, const struct denial_group *group, uint64_t count,
		      struct error *err)
{
	(void)group;
	(void)err;
	*(uint64_t *)context += count;
	return 0;
}

static void a_full_table_loses_no_denial(void **state)
{
	uint64_t told = 0;
	_cleanup_(aggregate_freep) struct aggregate *aggregate = aggregate_new(sum_counts, &told);
	struct denial denial = parse("type=1326 " STAMP RECORD, DENIAL_LINE_RECORD);
	struct error err = { 0 };

	(void)state;
	assert_non_null(aggregate);
	for (int i = 0; i < 3 * AGGREGATE_GROUPS + 5; i++) {
		denial.nr = i;
		assert_int_equal(aggregate_add(aggregate, &denial, 2, &err), 0);
	}
	assert_int_equal(aggregate_report(aggregate, 0, 0, &err), 0);
	assert_int_equal(told, 2 * (3 * AGGREGATE_GROUPS + 5));
	assert_false(aggregate_is_pending(aggregate));
}

static void repeats_wait_for_the_pause(void **state)
{
	uint64_t told = 0;
	_cleanup_(aggregate_freep) struct aggregate *aggregate = aggregate_new(sum_counts, &told);
	struct denial denial = parse("type=1326 " STAMP RECORD, DENIAL_LINE_RECORD);
	struct error err = { 0 };

	(void)state;
	assert_non_null(aggregate);
	assert_int_equal(aggregate_add(aggregate, &denial, 1, &err), 0);
	assert_int_equal(aggregate_report(aggregate, 100, 50, &err), 0);
	assert_int_equal(told, 1);
	assert_int_equal(aggregate_add(aggregate, &denial, 1, &err), 0);
	assert_int_equal(aggregate_report(aggregate, 149, 50, &err), 0);
	assert_int_equal(told, 1);
	assert_true(aggregate_is_pending(aggregate));
	assert_int_equal(aggregate_report(aggregate, 150, 50, &err), 0);
	assert_int_equal(told, 2);
}

static void a_control_group_names_its_unit(void **state)
{
	static const struct {
		const char *path, *unit;
	} rows[] = {
		{ "/system.slice/nginx.service", "nginx.service" },
		{ "/system.slice/nginx.service/worker", "nginx.service" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service",
		  "x.service" },
		{ "/system.slice/docker-0123.scope", "docker-0123.scope" },
		{ "/machine.slice", "/machine.slice" },
		{ "/.service", "/.service" },
		{ "/", "" },
		{ "", "" },
	};
	char unit[OWNER_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		owner_of_cgroup(rows[i].path, unit, sizeof(unit));
		assert_string_equal(unit, rows[i].unit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_record_is_read_in_every_dress),
		cmocka_unit_test(ausearch_interpreted_is_read),
		cmocka_unit_test(hex_is_decoded_only_where_the_kernel_writes_it),
		cmocka_unit_test(labels_stand_in_no_ones_way),
		cmocka_unit_test(each_architecture_names_its_own_call),
		cmocka_unit_test(a_call_without_a_name_here_takes_the_logs),
		cmocka_unit_test(every_code_is_an_action),
		cmocka_unit_test(journal_objects_are_read),
		cmocka_unit_test(lines_cut_short_are_told_from_other_lines),
		cmocka_unit_test(every_prefix_of_a_record_is_survived),
		cmocka_unit_test(a_reader_keeps_what_is_no_denial_apart),
		cmocka_unit_test(a_line_longer_than_a_block_is_passed_over),
		cmocka_unit_test(a_denial_told_by_two_sources_counts_once),
		cmocka_unit_test(denials_of_one_source_are_never_twins),
		cmocka_unit_test(many_told_at_once_have_that_many_twins),
		cmocka_unit_test(dedup_are_near_each_other_in_time),
		cmocka_unit_test(a_full_table_loses_no_denial),
		cmocka_unit_test(repeats_wait_for_the_pause),
		cmocka_unit_test(a_control_group_names_its_unit),
	};

	return cmocka_run_group_tests_name("denial", tests, NULL, NULL);
}
