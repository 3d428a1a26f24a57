// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/cleanup.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <sqlite3.h>

#include <cmocka.h>

static char directory[64], file[96];

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	(void)status;
	(void)kind;
	(void)at;
	return remove(path);
}

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/whittle-test-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(file, sizeof(file), "%s/state.db", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	return nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The structures own their strings; these last for the test. */
static char *text(const char *constant)
{
	static char texts[16][64];
	static unsigned turn;
	char *copy = texts[turn++ % ARRAY_SIZE(texts)];

	snprintf(copy, sizeof(texts[0]), "%s", constant);
	return copy;
}

static struct store *open_store(void)
{
	struct error err = { 0 };
	struct store *store = NULL;

	if (store_open(directory, &store, &err) < 0)
		fail_msg("%s", err.message);
	return store;
}

static void put(struct store *store, const char *unit, enum stage stage)
{
	struct error err = { 0 };
	struct managed_unit managed_unit = {
		.unit = text(unit), .stage = stage, .since_us = 7, .note = text("waits")
	};

	assert_int_equal(store_put(store, &managed_unit, &err), 0);
}

static enum stage stage_of(struct store *store, const char *unit)
{
	struct error err = { 0 };
	struct managed_unit managed_unit = { 0 };
	enum stage stage;

	assert_int_equal(store_get(store, unit, &managed_unit, &err), 0);
	stage = managed_unit.stage;
	managed_unit_clean(&managed_unit);
	return stage;
}

static void what_was_put_is_there_after_closing(void **state)
{
	_cleanup_(store_closep) struct store *store = open_store();
	struct error err = { 0 };
	struct managed_unit managed_unit = { .unit = text("web.service"),
					     .stage = STAGE_ENFORCE,
					     .reaction = REACTION_RELAX,
					     .is_two_phase = true,
					     .since_us = 1,
					     .deadline_us = UINT64_C(1) << 52,
					     .recording = text("/r"),
					     .policy = text("/p") };
	struct stat status;

	(void)state;
	assert_int_equal(store_put(store, &managed_unit, &err), 0);
	store_closep(&store);
	store = open_store();
	memset(&managed_unit, 0, sizeof(managed_unit));
	assert_int_equal(store_get(store, "web.service", &managed_unit, &err), 0);
	assert_int_equal(managed_unit.stage, STAGE_ENFORCE);
	assert_int_equal(managed_unit.reaction, REACTION_RELAX);
	assert_true(managed_unit.is_two_phase);
	assert_int_equal(managed_unit.deadline_us, UINT64_C(1) << 52);
	assert_string_equal(managed_unit.recording, "/r");
	assert_string_equal(managed_unit.policy, "/p");
	assert_null(managed_unit.note);
	managed_unit_clean(&managed_unit);
	assert_int_equal(store_get(store, "other.service", &managed_unit, &err), -ENOENT);
	assert_int_equal(stat(file, &status), 0);
}

static void units_are_listed_by_name(void **state)
{
	_cleanup_(store_closep) struct store *store = open_store();
	struct error err = { 0 };
	struct managed_unit *managed_units;
	size_t count;

	(void)state;
	put(store, "b.service", STAGE_TRIAL);
	put(store, "a.service", STAGE_RECORD);
	assert_int_equal(store_list(store, &managed_units, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_string_equal(managed_units[0].unit, "a.service");
	assert_string_equal(managed_units[1].unit, "b.service");
	managed_units_free(managed_units, count);
}

static void denials_of_a_kind_are_summed(void **state)
{
	_cleanup_(store_closep) struct store *store = open_store();
	struct store_denial denial = { .abi = ABI_I386,
				       .nr = 45,
				       .action = SECCOMP_RET_ERRNO | EPERM,
				       .comm = text("worker"),
				       .count = 3,
				       .first_us = 10,
				       .last_us = 20 };
	struct store_denial *denials;
	struct error err = { 0 };
	size_t count;

	(void)state;
	put(store, "web.service", STAGE_GUARDED);
	assert_int_equal(store_add_denial(store, "web.service", &denial, &err), 0);
	denial.count = 4;
	denial.first_us = 15;
	denial.last_us = 30;
	denial.stack = text("brk <- sbrk");
	assert_int_equal(store_add_denial(store, "web.service", &denial, &err), 0);
	assert_int_equal(store_denials(store, "web.service", &denials, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(denials[0].abi, ABI_I386);
	assert_int_equal(denials[0].action, SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(denials[0].count, 7);
	assert_int_equal(denials[0].first_us, 10);
	assert_int_equal(denials[0].last_us, 30);
	assert_string_equal(denials[0].stack, "brk <- sbrk");
	assert_false(denials[0].has_arguments);
	store_denials_free(denials, count);
	denial.has_arguments = true;
	denial.arguments[1] = UINT64_MAX;
	assert_int_equal(store_add_denial(store, "web.service", &denial, &err), 0);
	assert_int_equal(store_denials(store, "web.service", &denials, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_true(denials[0].has_arguments != denials[1].has_arguments);
	assert_int_equal(denials[denials[1].has_arguments].arguments[1], UINT64_MAX);
	store_denials_free(denials, count);
	assert_int_equal(store_forget_denials(store, "web.service", &err), 0);
	assert_int_equal(store_denials(store, "web.service", &denials, &count, &err), 0);
	assert_int_equal(count, 0);
	store_denials_free(denials, count);
}

/* Of openat's arguments its flags matter, and of these not O_CLOEXEC; its path is an address. */
static void a_denial_is_kept_with_the_arguments_that_matter(void **state)
{
	_cleanup_(store_closep) struct store *store = open_store();
	struct denial denial = { .has_abi = true,
				 .abi = ABI_X86_64,
				 .nr = 257,
				 .has_action = true,
				 .action = SECCOMP_RET_ERRNO | EPERM,
				 .time_us = 17,
				 .comm = text_from("worker"),
				 .has_arguments = true,
				 .arguments = { (uint32_t)AT_FDCWD, 0x7fff12345678,
						O_WRONLY | O_CREAT | O_CLOEXEC, 0644 } };
	struct store_denial *denials;
	struct error err = { 0 };
	size_t count;

	(void)state;
	put(store, "web.service", STAGE_ENFORCE);
	assert_int_equal(store_take_denial(store, "web.service", &denial, 2, &err), 0);
	/* The same kind of call. */
	denial.arguments[1]++;
	assert_int_equal(store_take_denial(store, "web.service", &denial, 3, &err), 0);
	assert_int_equal(store_denials(store, "web.service", &denials, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(denials[0].count, 5);
	assert_int_equal(denials[0].first_us, 17);
	assert_string_equal(denials[0].comm, "worker");
	assert_null(denials[0].stack);
	assert_true(denials[0].has_arguments);
	assert_int_equal(denials[0].arguments[0], 0);
	assert_int_equal(denials[0].arguments[1], 0);
	assert_int_equal(denials[0].arguments[2], O_WRONLY | O_CREAT);
	assert_int_equal(denials[0].arguments[3], 0);
	store_denials_free(denials, count);
}

/* Its number is unknown: there is no call that a rule could be about. */
static void a_denial_of_no_known_number_is_passed_over(void **state)
{
	_cleanup_(store_closep) struct store *store = open_store();
	struct denial denial = { .has_abi = true, .abi = ABI_X86_64, .nr = -1 };
	struct store_denial *denials;
	struct error err = { 0 };
	size_t count;

	(void)state;
	put(store, "web.service", STAGE_ENFORCE);
	assert_int_equal(store_take_denial(store, "web.service", &denial, 1, &err), 0);
	assert_int_equal(store_denials(store, "web.service", &denials, &count, &err), 0);
	assert_int_equal(count, 0);
	store_denials_free(denials, count);
}

/* A hostile service varies names, arguments, calls: all denials are counted, in a bounded number of rows. */
static void the_kinds_of_a_unit_are_bounded(void **state)
{
	_cleanup_(store_closep) struct store *store = open_store();
	struct denial denial = { .has_abi = true,
				 .abi = ABI_X86_64,
				 .has_action = true,
				 .action = SECCOMP_RET_ERRNO | EPERM,
				 .has_arguments = true };
	struct store_denial *denials;
	struct error err = { 0 };
	size_t count, others = 0;
	uint64_t sum = 0;
	char comm[16];

	(void)state;
	put(store, "web.service", STAGE_ENFORCE);
	put(store, "other.service", STAGE_ENFORCE);
	assert_int_equal(store_begin(store, &err), 0);
	for (int i = 0; i < 4 * STORE_KINDS_MAX; i++) {
		snprintf(comm, sizeof(comm), "c%d", i);
		denial.comm = text_from(comm);
		denial.nr = i < 2 * STORE_KINDS_MAX ? 16 : i;
		denial.uid = i;
		assert_int_equal(store_take_denial(store, "web.service", &denial, 2, &err), 0);
	}
	assert_int_equal(store_take_denial(store, "other.service", &denial, 1, &err), 0);
	assert_int_equal(store_commit(store, &err), 0);
	assert_int_equal(store_denials(store, "web.service", &denials, &count, &err), 0);
	for (size_t i = 0; i < count; i++) {
		sum += denials[i].count;
		others += denials[i].nr == STORE_OTHERS;
		if (denials[i].nr == 16 && denials[i].comm[0] == '\0')
			assert_false(denials[i].has_arguments);
	}
	store_denials_free(denials, count);
	assert_int_equal(count, STORE_ROWS_MAX);
	assert_int_equal(sum, 8 * STORE_KINDS_MAX);
	assert_int_equal(others, 1);
	assert_int_equal(store_denials(store, "other.service", &denials, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(denials[0].uid, 4 * STORE_KINDS_MAX - 1);
	store_denials_free(denials, count);
}

/* Layout 1, as whittle 0.1 wrote it. */
static void a_store_of_the_first_layout_is_brought_up_to_date(void **state)
{
	_cleanup_(store_closep) struct store *store = open_store();
	struct store_denial *denials;
	struct error err = { 0 };
	sqlite3 *database;
	size_t count;

	(void)state;
	put(store, "web.service", STAGE_GUARDED);
	store_closep(&store);
	assert_int_equal(sqlite3_open(file, &database), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(
			database,
			"DROP TABLE denial;"
			"CREATE TABLE denial (unit TEXT NOT NULL REFERENCES unit(name) ON DELETE CASCADE,"
			" abi TEXT NOT NULL, nr INTEGER NOT NULL, action INTEGER NOT NULL, comm TEXT NOT NULL,"
			" arguments TEXT NOT NULL, stack TEXT, count INTEGER NOT NULL, first_us INTEGER NOT NULL,"
			" last_us INTEGER NOT NULL, PRIMARY KEY (unit, abi, nr, action, comm, arguments)) STRICT;"
			"INSERT INTO denial VALUES ('web.service', 'x86_64', 12, 327681, 'web', '', 'brk', 3, 5, 7);"
			"PRAGMA user_version = 1",
			NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(database);
	assert_int_equal(store_open_reading(directory, &store, &err), 0);
	assert_int_equal(store_denials(store, "web.service", &denials, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(denials[0].uid, -1);
	assert_int_equal(denials[0].count, 3);
	assert_string_equal(denials[0].stack, "brk");
	store_denials_free(denials, count);
}

static void denials_of_a_unit_that_is_not_under_care_are_refused(void **state)
{
	_cleanup_(store_closep) struct store *store = open_store();
	struct store_denial denial = { .abi = ABI_X86_64, .nr = 12, .count = 1 };
	struct error err = { 0 };

	(void)state;
	assert_true(store_add_denial(store, "none.service", &denial, &err) < 0);
}

static void slices_tell_what_was_seen_once_and_twice(void **state)
{
	static const struct store_call first[] = { { ABI_X86_64, 0 },
						   { ABI_X86_64, 1 },
						   { ABI_X86_64, 0 } };
	static const struct store_call second[] = { { ABI_X86_64, 0 }, { ABI_X86_64, 12 } };
	static const struct store_call third[] = { { ABI_X86_64, 0 }, { ABI_X86_64, 12 } };
	_cleanup_(store_closep) struct store *store = open_store();
	struct error err = { 0 };
	struct managed_unit managed_unit;

	(void)state;
	put(store, "web.service", STAGE_RECORD);
	assert_int_equal(store_add_slice(store, "web.service", first, 3, 100, &err), 0);
	assert_int_equal(store_add_slice(store, "web.service", second, 2, 200, &err), 0);
	assert_int_equal(store_add_slice(store, "web.service", third, 2, 300, &err), 0);
	assert_int_equal(store_add_slice(store, "web.service", NULL, 0, 400, &err), 0);
	put(store, "web.service", STAGE_TRIAL); /* leaves the discovery */
	assert_int_equal(store_get(store, "web.service", &managed_unit, &err), 0);
	assert_int_equal(managed_unit.slices, 4);
	assert_int_equal(managed_unit.kinds, 3);
	assert_int_equal(managed_unit.once, 1);
	assert_int_equal(managed_unit.twice, 1);
	assert_int_equal(managed_unit.new_us, 200);
	assert_string_equal(managed_unit.new_name, "brk");
	managed_unit_clean(&managed_unit);
}

static void objects_are_replaced_together(void **state)
{
	struct store_object objects[] = { { text("/usr/sbin/nginx"), text("abcd") },
					  { text("/lib/x.so"), NULL } };
	_cleanup_(store_closep) struct store *store = open_store();
	struct store_object *found;
	struct error err = { 0 };
	size_t count;

	(void)state;
	put(store, "web.service", STAGE_GUARDED);
	assert_int_equal(store_set_objects(store, "web.service", objects, 2, &err), 0);
	assert_int_equal(store_set_objects(store, "web.service", objects, 1, &err), 0);
	assert_int_equal(store_objects(store, "web.service", &found, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_string_equal(found[0].path, "/usr/sbin/nginx");
	assert_string_equal(found[0].build_id, "abcd");
	store_objects_free(found, count);
}

/* The child is killed with a step half done, over and over, at another moment each time. */
static void a_step_that_is_killed_never_was(void **state)
{
	_cleanup_(store_closep) struct store *store = open_store();

	(void)state;
	put(store, "web.service", STAGE_TRIAL);
	store_closep(&store);
	for (int round = 0; round < 10; round++) {
		int status;
		pid_t child = fork();

		if (child == 0) {
			struct error err = { 0 };

			store = open_store();
			if (store_begin(store, &err) < 0)
				_exit(1);
			put(store, "web.service", STAGE_ENFORCE);
			for (int i = 0; i < round; i++) {
				struct store_object object = { .path = text("/x") };

				store_set_objects(store, "web.service", &object, 1, &err);
			}
			kill(getpid(), SIGKILL);
		}
		assert_true(child > 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		store = open_store();
		assert_int_equal(stage_of(store, "web.service"), STAGE_TRIAL);
		store_closep(&store);
	}
}

static void write_file(const char *data, size_t size)
{
	FILE *out = fopen(file, "we");

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	fclose(out);
}

/* A step so large that a part of it is in the file already, and its journal beside it. */
static void die_in_a_large_step(void)
{
	_cleanup_(store_closep) struct store *store = open_store();
	struct managed_unit managed_unit = { .unit = text("web.service"), .stage = STAGE_ENFORCE };
	struct error err = { 0 };

	managed_unit.note = malloc(8 << 20);
	if (!managed_unit.note)
		_exit(1);
	memset(managed_unit.note, 'n', (8 << 20) - 1);
	managed_unit.note[(8 << 20) - 1] = '\0';
	if (store_begin(store, &err) < 0 || store_put(store, &managed_unit, &err) < 0)
		_exit(1);
	kill(getpid(), SIGKILL);
}

static void a_step_that_was_cut_short_is_read_as_never_made(void **state)
{
	_cleanup_(store_closep) struct store *store = open_store();
	struct error err = { 0 };
	char journal[128];
	struct stat info;
	int status;
	pid_t child;

	(void)state;
	put(store, "web.service", STAGE_TRIAL);
	store_closep(&store);
	child = fork();
	if (child == 0)
		die_in_a_large_step();
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	snprintf(journal, sizeof(journal), "%s-journal", file);
	assert_int_equal(stat(journal, &info), 0);
	assert_true(info.st_size > 0);
	/* By one who only reads. */
	if (store_open_reading(directory, &store, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(stage_of(store, "web.service"), STAGE_TRIAL);
}

/* What a kill leaves before the first step is in the file. */
static void a_store_whose_making_was_cut_short_is_none_yet(void **state)
{
	_cleanup_(store_closep) struct store *store = NULL;
	struct error err = { 0 };
	int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(store_open_reading(directory, &store, &err), -ENOENT);
	assert_null(store);
	store = open_store();
	put(store, "web.service", STAGE_RECORD);
	assert_int_equal(stage_of(store, "web.service"), STAGE_RECORD);
}

static void a_file_that_is_no_store_is_left_alone(void **state)
{
	static const char diary[] =
		"a diary, not a database; long enough to have what would be a header, "
		"which SQLite wants to be a hundred bytes long, and then some more.";
	_cleanup_(store_closep) struct store *store = NULL;
	struct error err = { 0 };
	char found[sizeof(diary)] = "";
	FILE *in;

	(void)state;
	write_file(diary, sizeof(diary));
	assert_int_equal(store_open(directory, &store, &err), -EBADMSG);
	assert_non_null(strstr(err.message, file));
	in = fopen(file, "re");
	assert_non_null(in);
	assert_int_equal(fread(found, 1, sizeof(found), in), sizeof(diary));
	fclose(in);
	assert_memory_equal(found, diary, sizeof(diary));
}

static void a_store_of_a_newer_layout_is_not_touched(void **state)
{
	_cleanup_(store_closep) struct store *store = open_store();
	struct error err = { 0 };
	FILE *at;

	(void)state;
	store_closep(&store);
	/* The user version stands at byte 60 of the header, big-endian (sqlite.org/fileformat.html). */
	at = fopen(file, "r+be");
	assert_non_null(at);
	assert_int_equal(fseek(at, 63, SEEK_SET), 0);
	assert_int_equal(fputc(9, at), 9);
	fclose(at);
	assert_int_equal(store_open(directory, &store, &err), -EPROTONOSUPPORT);
}

static void reading_makes_nothing(void **state)
{
	_cleanup_(store_closep) struct store *store = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(store_open_reading(directory, &store, &err), -ENOENT);
	assert_int_equal(access(file, F_OK), -1);
}

static void a_unit_s_files_stay_in_the_directory(void **state)
{
	_cleanup_(store_closep) struct store *store = open_store();
	_cleanup_free_ char *path = store_path(store, "web@1.service", ".rec");

	(void)state;
	assert_non_null(path);
	assert_memory_equal(path, directory, strlen(directory));
	assert_string_equal(path + strlen(directory), "/web@1.service.rec");
	assert_null(store_path(store, "../../etc/passwd", ""));
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_was_put_is_there_after_closing),
		CASE(units_are_listed_by_name),
		CASE(denials_of_a_kind_are_summed),
		CASE(a_denial_is_kept_with_the_arguments_that_matter),
		CASE(a_denial_of_no_known_number_is_passed_over),
		CASE(the_kinds_of_a_unit_are_bounded),
		CASE(a_store_of_the_first_layout_is_brought_up_to_date),
		CASE(denials_of_a_unit_that_is_not_under_care_are_refused),
		CASE(slices_tell_what_was_seen_once_and_twice),
		CASE(objects_are_replaced_together),
		CASE(a_step_that_is_killed_never_was),
		CASE(a_step_that_was_cut_short_is_read_as_never_made),
		CASE(a_store_whose_making_was_cut_short_is_none_yet),
		CASE(a_file_that_is_no_store_is_left_alone),
		CASE(a_store_of_a_newer_layout_is_not_touched),
		CASE(reading_makes_nothing),
		CASE(a_unit_s_files_stay_in_the_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
