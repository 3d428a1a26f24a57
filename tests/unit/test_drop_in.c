// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/cleanup.h"
#include "unit/drop_in.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define UNIT "web.service"

static char root[64];

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	(void)status;
	(void)kind;
	(void)at;
	return remove(path);
}

static const char *at(const char *path)
{
	static char full[4][256];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(full[turn], sizeof(full[turn]), "%s/%s", root, path);
	return full[turn];
}

static int make_root(void **state)
{
	static const char *const directories[] = { "etc", "etc/systemd", "etc/systemd/system",
						   "run", "var",	 "var/lib" };

	(void)state;
	strcpy(root, "/tmp/whittle-test-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (mkdir(at(directories[i]), 0755) < 0)
			return -1;
	return 0;
}

static int remove_root(void **state)
{
	(void)state;
	return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#define DIRECTORY "etc/systemd/system/" UNIT ".d"
#define DROP_IN	  DIRECTORY "/" DROP_IN_NAME

static void write_file(const char *path, const char *text, size_t size, mode_t mode)
{
	_cleanup_close_ int fd = open(at(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	assert_int_equal(fchmod(fd, mode), 0);
}

static void expect_file(const char *path, const char *text, size_t size, mode_t mode)
{
	_cleanup_close_ int fd = open(at(path), O_RDONLY | O_CLOEXEC);
	struct stat status;
	char buffer[256];

	assert_true(fd >= 0);
	assert_int_equal(read(fd, buffer, sizeof(buffer)), size);
	assert_memory_equal(buffer, text, size);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_mode & 07777, mode);
}

static void expect_absent(const char *path)
{
	assert_int_equal(access(at(path), F_OK), -1);
	assert_int_equal(errno, ENOENT);
}

static struct drop_in *opened(void)
{
	struct drop_in *drop_in = NULL;
	struct error err = { 0 };

	assert_int_equal(drop_in_open(root, UNIT, false, &drop_in, &err), 0);
	return drop_in;
}

static void install(const char *text)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = opened();
	struct error err = { 0 };

	assert_int_equal(drop_in_install(drop_in, text, strlen(text), &err), 0);
	expect_file(DROP_IN, text, strlen(text), 0644);
}

static int revert(void)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = opened();
	struct error err = { 0 };

	return drop_in_restore(drop_in, &err) < 0 ? err.code : drop_in_forget(drop_in, &err);
}

static void given_nothing_a_revert_leaves_nothing(void **state)
{
	(void)state;
	install("a\n");
	assert_int_equal(revert(), 0);
	expect_absent(DIRECTORY);
	expect_absent("var/lib/whittle/" UNIT);
	assert_int_equal(revert(), -ENOENT);
}

static void given_an_empty_directory_a_revert_leaves_it(void **state)
{
	(void)state;
	assert_int_equal(mkdir(at(DIRECTORY), 0700), 0);
	install("a\n");
	assert_int_equal(revert(), 0);
	expect_absent(DROP_IN);
	assert_int_equal(access(at(DIRECTORY), F_OK), 0);
}

static void given_another_drop_in_a_revert_leaves_the_directory(void **state)
{
	(void)state;
	install("a\n");
	write_file(DIRECTORY "/override.conf", "x", 1, 0644);
	assert_int_equal(revert(), 0);
	expect_absent(DROP_IN);
	expect_file(DIRECTORY "/override.conf", "x", 1, 0644);
}

static void given_a_file_a_revert_brings_back_bytes_mode_and_time(void **state)
{
	static const char bytes[] = "[Service]\n\0\xff\xfe no newline";
	const struct timespec times[2] = { { 1000000000, 123456789 }, { 1000000000, 123456789 } };
	struct stat status;

	(void)state;
	assert_int_equal(mkdir(at(DIRECTORY), 0755), 0);
	write_file(DROP_IN, bytes, sizeof(bytes), 0640);
	assert_int_equal(utimensat(AT_FDCWD, at(DROP_IN), times, 0), 0);
	install("a\n");
	install("b\n");
	install("c\n");
	assert_int_equal(revert(), 0);
	expect_file(DROP_IN, bytes, sizeof(bytes), 0640);
	assert_int_equal(stat(at(DROP_IN), &status), 0);
	assert_int_equal(status.st_mtim.tv_sec, 1000000000);
	assert_int_equal(status.st_mtim.tv_nsec, 123456789);
}

static void given_a_link_a_revert_brings_back_the_link(void **state)
{
	char target[64] = "";

	(void)state;
	assert_int_equal(mkdir(at(DIRECTORY), 0755), 0);
	assert_int_equal(symlink("/dev/null", at(DROP_IN)), 0);
	install("a\n");
	assert_int_equal(revert(), 0);
	assert_int_equal(readlink(at(DROP_IN), target, sizeof(target)), 9);
	assert_string_equal(target, "/dev/null");
}

static void a_roll_back_returns_to_the_apply_before(void **state)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;
	struct error err = { 0 };

	(void)state;
	install("a\n");
	drop_in = opened();
	assert_true(drop_in_is_applied(drop_in));
	assert_string_equal(drop_in_text(drop_in), "a\n");
	assert_int_equal(drop_in_install(drop_in, "b\n", 2, &err), 0);
	assert_int_equal(drop_in_roll_back(drop_in, &err), 0);
	expect_file(DROP_IN, "a\n", 2, 0644);
	drop_in_closep(&drop_in);
	drop_in = opened();
	assert_true(drop_in_is_applied(drop_in));
	assert_false(drop_in_is_edited(drop_in));
	assert_int_equal(drop_in_restore(drop_in, &err), 0);
	assert_int_equal(drop_in_forget(drop_in, &err), 0);
	expect_absent(DIRECTORY);
}

static void a_roll_back_of_the_first_apply_leaves_no_trace(void **state)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;
	struct error err = { 0 };

	(void)state;
	drop_in = opened();
	assert_false(drop_in_is_applied(drop_in));
	assert_null(drop_in_text(drop_in));
	assert_int_equal(drop_in_install(drop_in, "a\n", 2, &err), 0);
	assert_int_equal(drop_in_roll_back(drop_in, &err), 0);
	expect_absent(DIRECTORY);
	expect_absent("var/lib/whittle/" UNIT);
}

static void an_edited_file_is_told_and_kept_by_the_next_apply(void **state)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;

	(void)state;
	install("a\n");
	write_file(DROP_IN, "mine\n", 5, 0600);
	drop_in = opened();
	assert_true(drop_in_is_edited(drop_in));
	drop_in_closep(&drop_in);
	install("b\n");
	assert_int_equal(revert(), 0);
	expect_file(DROP_IN, "mine\n", 5, 0600);
}

static void a_kill_between_record_and_rename_loses_nothing(void **state)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;

	(void)state;
	install("a\n");
	install("b\n");
	/* As if killed right before the rename of "b". */
	write_file(DROP_IN, "a\n", 2, 0644);
	drop_in = opened();
	assert_false(drop_in_is_edited(drop_in));
	drop_in_closep(&drop_in);
	install("c\n");
	assert_int_equal(revert(), 0);
	expect_absent(DIRECTORY);
}

static void what_a_killed_write_left_goes_with_the_revert(void **state)
{
	(void)state;
	install("a\n");
	write_file(DIRECTORY "/." DROP_IN_NAME ".0123456789abcdef", "half", 4, 0600);
	assert_int_equal(revert(), 0);
	expect_absent(DIRECTORY);
}

static void a_file_that_only_looks_like_it_stays(void **state)
{
	(void)state;
	install("a\n");
	write_file(DIRECTORY "/." DROP_IN_NAME ".0123456789abcdeg", "mine", 4, 0600);
	assert_int_equal(revert(), 0);
	expect_file(DIRECTORY "/." DROP_IN_NAME ".0123456789abcdeg", "mine", 4, 0600);
}

static void what_is_no_file_is_left_alone(void **state)
{
	struct drop_in *drop_in = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(mkdir(at(DIRECTORY), 0755), 0);
	assert_int_equal(mkfifo(at(DROP_IN), 0644), 0);
	assert_int_equal(drop_in_open(root, UNIT, false, &drop_in, &err), -EEXIST);
	assert_non_null(strstr(err.message, "not a regular file"));
}

static void a_broken_record_is_an_error_with_its_place(void **state)
{
	struct drop_in *drop_in = NULL;
	struct error err = { 0 };

	(void)state;
	install("a\n");
	write_file("var/lib/whittle/" UNIT "/state.json", "{\"version\": 1}", 14, 0600);
	assert_true(drop_in_open(root, UNIT, false, &drop_in, &err) < 0);
	assert_non_null(strstr(err.message, "state.json"));
}

static void two_at_once_on_a_unit_are_one_too_many(void **state)
{
	struct error err = { 0 };
	_cleanup_close_ int first = -1;

	(void)state;
	first = drop_in_lock(root, UNIT, &err);
	assert_true(first >= 0);
	assert_int_equal(drop_in_lock(root, UNIT, &err), -EBUSY);
	close(drop_in_lock(root, "other.service", &err));
}

static void a_runtime_drop_in_lives_in_run(void **state)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(mkdir(at("run/systemd"), 0755), 0);
	assert_int_equal(mkdir(at("run/systemd/system"), 0755), 0);
	assert_int_equal(drop_in_open(root, UNIT, true, &drop_in, &err), 0);
	assert_int_equal(drop_in_install(drop_in, "a\n", 2, &err), 0);
	expect_file("run/systemd/system/" UNIT ".d/" DROP_IN_NAME, "a\n", 2, 0644);
	expect_absent("var/lib/whittle");
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(given_nothing_a_revert_leaves_nothing),
		CASE(given_an_empty_directory_a_revert_leaves_it),
		CASE(given_another_drop_in_a_revert_leaves_the_directory),
		CASE(given_a_file_a_revert_brings_back_bytes_mode_and_time),
		CASE(given_a_link_a_revert_brings_back_the_link),
		CASE(a_roll_back_returns_to_the_apply_before),
		CASE(a_roll_back_of_the_first_apply_leaves_no_trace),
		CASE(an_edited_file_is_told_and_kept_by_the_next_apply),
		CASE(a_kill_between_record_and_rename_loses_nothing),
		CASE(what_a_killed_write_left_goes_with_the_revert),
		CASE(a_file_that_only_looks_like_it_stays),
		CASE(what_is_no_file_is_left_alone),
		CASE(a_broken_record_is_an_error_with_its_place),
		CASE(two_at_once_on_a_unit_are_one_too_many),
		CASE(a_runtime_drop_in_lives_in_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
