// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/cleanup.h"
#include "common/error.h"
#include "common/file.h"
#include "common/print.h"
#include "common/untrusted.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cmocka.h>

static char directory[] = "/tmp/whittle-test-XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static char *path_of(const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
	return path;
}

static void a_long_sentence_is_cut_with_dots(void **state)
{
	struct error err = { 0 };
	char *text = malloc(5000);

	(void)state;
	memset(text, 'x', 4999);
	text[4999] = '\0';
	assert_int_equal(error_set(&err, -EINVAL, "%s", text), -EINVAL);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	assert_string_equal(err.message + sizeof(err.message) - 4, "...");
	free(text);
}

static void a_prefix_keeps_the_code_and_the_sentence(void **state)
{
	struct error err = { 0 };

	(void)state;
	error_set_errno(&err, -ENOENT, "line %d", 3);
	assert_int_equal(error_prefix(&err, "a.rec"), -ENOENT);
	assert_string_equal(err.message, "a.rec: line 3: No such file or directory");
}

static void an_abandoned_file_leaves_the_old_one(void **state)
{
	_cleanup_free_ char *path = path_of("kept"), *data = NULL;
	struct file_writer *writer;
	struct error err = { 0 };
	size_t size;

	(void)state;
	assert_int_equal(file_writer_open(path, 0644, &writer, &err), 0);
	fputs("old", file_writer_stream(writer));
	assert_int_equal(file_writer_commit(writer, &err), 0);
	assert_int_equal(file_writer_open(path, 0644, &writer, &err), 0);
	fputs("new", file_writer_stream(writer));
	file_writer_abandonp(&writer);
	assert_int_equal(file_read(path, 100, &data, &size, &err), 0);
	assert_string_equal(data, "old");
	assert_int_equal(unlink(path), 0);
}

static void a_link_is_kept_and_its_target_replaced(void **state)
{
	_cleanup_free_ char *path = path_of("target"), *link = path_of("link"), *data = NULL;
	struct file_writer *writer;
	struct error err = { 0 };
	struct stat status;
	size_t size;

	(void)state;
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(file_writer_open(link, 0644, &writer, &err), 0);
	fputs("through", file_writer_stream(writer));
	assert_int_equal(file_writer_commit(writer, &err), 0);
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(file_read(path, 100, &data, &size, &err), 0);
	assert_string_equal(data, "through");
	assert_int_equal(unlink(link) | unlink(path), 0);
}

static void a_full_device_is_reported(void **state)
{
	struct file_writer *writer;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(file_writer_open("/dev/full", 0644, &writer, &err), 0);
	fputs("x", file_writer_stream(writer));
	assert_int_equal(file_writer_commit(writer, &err), -ENOSPC);
	assert_non_null(strstr(err.message, "/dev/full"));
}

static void a_missing_directory_is_named(void **state)
{
	_cleanup_free_ char *path = path_of("no/such");
	struct file_writer *writer = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(file_writer_open(path, 0644, &writer, &err), -ENOENT);
	assert_non_null(strstr(err.message, path));
}

static void reading_stops_at_the_limit(void **state)
{
	struct error err = { 0 };
	char *data = NULL;
	size_t size;

	(void)state;
	assert_int_equal(file_read("/dev/zero", 1 << 20, &data, &size, &err), -EFBIG);
	assert_null(data);
}

/* Compares what print_text() makes of a format and its arguments with EXPECTED. */
#define assert_printed(expected, ...)                                \
	do {                                                         \
		_cleanup_free_ char *printed = NULL;                 \
		size_t printed_size;                                 \
		FILE *out = open_memstream(&printed, &printed_size); \
                                                                     \
		print_text(out, __VA_ARGS__);                        \
		fclose(out);                                         \
		assert_string_equal(printed, expected);              \
	} while (0)

static void text_is_formatted_as_by_printf(void **state)
{
	(void)state;
	assert_printed("a|  a|a  |ab|ab  ", "%s|%3s|%-3s|%.2s|%*.*s", "a", "a", "a", "abc", -4, 2,
		       "abc");
	assert_printed("-5 0005 +5 5", "%d %04d %+d %hhu", -5, 5, 5, (unsigned char)5);
	assert_printed("18446744073709551615 -1 7 ff 0xff", "%lu %ld %zu %x %#llx", ~0UL, -1L,
		       (size_t)7, 255U, 255ULL);
	assert_printed("2 1.5 100% x", "%.0f %g %d%% %c", 1.7, 1.5, 100, 'x');
	assert_printed("two\nlines\t\033[1m", "two\nlines\t\033[1m");
}

static void a_name_in_a_text_is_escaped(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_printed("a\\x1b[31m b\\x0ac", "%s %s", "a\033[31m", "b\nc");
	assert_printed("\\xe2\\x80\\xae \\xff \\xc2\\x9b caf\u00e9", "%s %s %s %s", "\u202e",
		       "\xff", "\xc2\x9b", "caf\u00e9");
	assert_printed("[  \\x07]", "[%6s]", "\a");
	error_set(&err, -EINVAL, "%s: line %d", "a\nwhittle: verified\033c", 3);
	assert_string_equal(err.message, "a\\x0awhittle: verified\\x1bc: line 3");
	error_prefix(&err, "%s", "\r");
	assert_string_equal(err.message, "\\x0d: a\\x0awhittle: verified\\x1bc: line 3");
}

static void a_path_of_another_opens_only_a_regular_file(void **state)
{
	_cleanup_free_ char *fifo = path_of("fifo"), *file = path_of("file"),
			    *link = path_of("link");
	_cleanup_close_ int fd = -1;

	(void)state;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(close(open(file, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(symlink("/dev/zero", link), 0);
	assert_int_equal(untrusted_open(fifo), -ENXIO);
	assert_int_equal(untrusted_open(link), -ENXIO);
	assert_int_equal(untrusted_open("/dev/zero"), -ENXIO);
	assert_int_equal(untrusted_open(directory), -EISDIR);
	assert_int_equal(untrusted_open("/no/such/file"), -ENOENT);
	fd = untrusted_open(file);
	assert_true(fd >= 0);
	assert_int_equal(unlink(fifo) | unlink(file) | unlink(link), 0);
}

static void a_leased_file_is_not_waited_for(void **state)
{
	_cleanup_free_ char *path = path_of("leased");
	_cleanup_close_ int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	signal(SIGIO, SIG_IGN); /* the kernel tells the holder of the lease */
	assert_int_equal(fcntl(fd, F_SETLEASE, F_WRLCK), 0);
	assert_int_equal(untrusted_open(path), -EWOULDBLOCK);
	assert_int_equal(unlink(path), 0);
}

/* For the rest of this program, as RestrictSUIDSGID= does. */
static void deny_openat2(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

static void a_path_in_a_root_does_not_lead_out(void **state)
{
	_cleanup_free_ char *file = path_of("file"), *link = path_of("link"), *up = NULL;
	_cleanup_close_ int root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd, no_path;

	(void)state;
	assert_true(asprintf(&up, "../..%s", file) > 0);
	assert_int_equal(close(open(file, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(symlink(file, link), 0);
	/* valgrind 3.19 does not know openat2, and the guard's filter denies it with ENOSYS. */
	no_path = syscall(SYS_openat2, -1, NULL, NULL, 0) < 0 && errno == ENOSYS ? -ELOOP : -ENOENT;
	for (int is_denied = 0; is_denied < 2; is_denied++) {
		fd = untrusted_open_in(root, "//./file");
		assert_true(fd >= 0);
		close(fd);
		fd = untrusted_open_of(getpid(), file);
		assert_true(fd >= 0);
		close(fd);
		assert_int_equal(untrusted_open_in(root, "/link"), no_path);
		assert_int_equal(untrusted_open_in(root, up), no_path);
		assert_int_equal(untrusted_open_in(root, "/no/file"), -ENOENT);
		if (!is_denied)
			deny_openat2();
		no_path = -ELOOP;
	}
	assert_int_equal(unlink(file) | unlink(link), 0);
}

static void a_bounded_read_stops_at_its_bound(void **state)
{
	_cleanup_free_ char *path = path_of("sparse"), *some = NULL, *all = NULL;
	_cleanup_close_ int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	size_t size;

	(void)state;
	assert_int_equal(write(fd, "begin", 5), 5);
	assert_int_equal(ftruncate(fd, 1L << 40), 0);
	assert_int_equal(untrusted_read(fd, 100000, &some, &size), 0);
	assert_int_equal(size, 100000);
	assert_memory_equal(some, "begin\0", 6);
	assert_int_equal(some[size], 0);
	assert_int_equal(ftruncate(fd, 5), 0);
	assert_int_equal(untrusted_read(fd, 100000, &all, &size), 0);
	assert_int_equal(size, 5);
	assert_string_equal(all, "begin");
	assert_int_equal(unlink(path), 0);
}

static int write_to(const char *path, struct error *err)
{
	struct file_writer *writer;
	int r = file_writer_open(path, 0644, &writer, err);

	if (r < 0)
		return r;
	fputs("new", file_writer_stream(writer));
	return file_writer_commit(writer, err);
}

static void a_replaced_file_keeps_its_mode_and_owner(void **state)
{
	_cleanup_free_ char *path = path_of("kept");
	const uid_t owner = geteuid() == 0 ? 12 : geteuid();
	const mode_t modes[] = { 0600, 0640, 0666, 0444 };
	struct error err = { 0 };
	struct stat status;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
		assert_int_equal(chown(path, owner, (gid_t)-1), 0);
		assert_int_equal(chmod(path, modes[i] | S_ISUID), 0);
		assert_int_equal(write_to(path, &err), 0);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 07777, modes[i]);
		assert_int_equal(status.st_uid, owner);
		assert_int_equal(status.st_size, 3);
		assert_int_equal(unlink(path), 0);
	}
}

static void links_in_a_path_are_followed_to_their_end(void **state)
{
	_cleanup_free_ char *inner = path_of("d"), *file = path_of("d/file"), *to = path_of("to"),
			    *up = path_of("d/up"), *loop = path_of("loop"),
			    *through = path_of("to/up");
	struct error err = { 0 };
	struct stat status;

	(void)state;
	assert_int_equal(mkdir(inner, 0700), 0);
	assert_int_equal(symlink("d/../d", to), 0);
	assert_int_equal(symlink("../d//./file", up), 0);
	assert_int_equal(symlink("loop", loop), 0);
	assert_int_equal(write_to(through, &err), 0);
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(status.st_size, 3);
	assert_int_equal(write_to(loop, &err), -ELOOP);
	assert_int_equal(write_to(to, &err), -EISDIR);
	assert_int_equal(write_to(inner, &err), -EISDIR);
	assert_int_equal(write_to("/dev/null", &err), 0);
	assert_int_equal(unlink(file) | unlink(up) | rmdir(inner) | unlink(to) | unlink(loop), 0);
}

/* What another user may have put into /tmp before root writes there. */
static void nothing_planted_in_a_sticky_directory_is_used(void **state)
{
	_cleanup_free_ char *tmp = path_of("tmp"), *secret = path_of("secret"),
			    *link = path_of("tmp/link"), *fifo = path_of("tmp/fifo"),
			    *file = path_of("tmp/file"), *below = path_of("tmp/link/file"),
			    *inner = path_of("d");
	const char *const planted[] = { link, fifo, file };
	struct error err = { 0 };
	struct stat status;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir(tmp, 0700) | chmod(tmp, 01777) | mkdir(inner, 0700), 0);
	assert_int_equal(close(open(secret, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(symlink(secret, link) | mkfifo(fifo, 0666), 0);
	assert_int_equal(close(open(file, O_CREAT | O_WRONLY, 0666)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(planted); i++) {
		assert_int_equal(lchown(planted[i], 1000, 1000), 0);
		assert_int_equal(write_to(planted[i], &err), -EACCES);
		assert_non_null(strstr(err.message, planted[i]));
		assert_non_null(strstr(err.message, "user 1000"));
	}
	assert_int_equal(stat(secret, &status), 0);
	assert_int_equal(status.st_size, 0);
	/* A link in the middle of a path is no better. */
	assert_int_equal(unlink(link) | symlink(inner, link) | lchown(link, 1000, 1000), 0);
	assert_int_equal(write_to(below, &err), -EACCES);
	/* The user's own links and files are used, and those of the directory's owner. */
	assert_int_equal(unlink(link) | symlink(secret, link), 0);
	assert_int_equal(write_to(link, &err), 0);
	assert_int_equal(chown(tmp, 1000, 1000), 0);
	assert_int_equal(write_to(file, &err), 0);
	assert_int_equal(unlink(link) | unlink(fifo) | unlink(file) | rmdir(tmp) | rmdir(inner) |
				 unlink(secret),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_sentence_is_cut_with_dots),
		cmocka_unit_test(a_prefix_keeps_the_code_and_the_sentence),
		cmocka_unit_test(an_abandoned_file_leaves_the_old_one),
		cmocka_unit_test(a_link_is_kept_and_its_target_replaced),
		cmocka_unit_test(a_full_device_is_reported),
		cmocka_unit_test(a_missing_directory_is_named),
		cmocka_unit_test(reading_stops_at_the_limit),
		cmocka_unit_test(text_is_formatted_as_by_printf),
		cmocka_unit_test(a_name_in_a_text_is_escaped),
		cmocka_unit_test(a_replaced_file_keeps_its_mode_and_owner),
		cmocka_unit_test(links_in_a_path_are_followed_to_their_end),
		cmocka_unit_test(nothing_planted_in_a_sticky_directory_is_used),
		cmocka_unit_test(a_path_of_another_opens_only_a_regular_file),
		cmocka_unit_test(a_leased_file_is_not_waited_for),
		cmocka_unit_test(a_path_in_a_root_does_not_lead_out),
		cmocka_unit_test(a_bounded_read_stops_at_its_bound),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
