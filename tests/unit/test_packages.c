// SPDX-License-Identifier: LGPL-2.1-or-later
/* Whose a file is by dpkg's data, and data that is none. */
#include "common/cleanup.h"
#include "decide/packages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/whittle-packages-XXXXXX";

static void given_a_file(const char *name, const char *text, size_t size)
{
	_cleanup_free_ char *path = NULL;
	FILE *out;

	assert_true(asprintf(&path, "%s/var/lib/dpkg/%s", root, name) > 0);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

static void given_text(const char *name, const char *text)
{
	given_a_file(name, text, strlen(text));
}

static int given_a_root(void **state)
{
	static const char *const directories[] = { "var", "var/lib", "var/lib/dpkg",
						   "var/lib/dpkg/info" };

	(void)state;
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/%s", root, directories[i]) < 0 || mkdir(path, 0700) < 0)
			return -1;
	}
	return 0;
}

static int remove_the_root(void **state)
{
	_cleanup_free_ char *command = NULL;

	(void)state;
	return asprintf(&command, "rm -r %s", root) < 0 ? -1 : system(command);
}

static const char usual[] = "Package: mail\n"
			    "Status: install ok installed\n"
			    "Version: 1:2.3-4\n"
			    "\n"
			    "Package: libmail0\n"
			    "Source: mail (2.3-4)\n"
			    "Version: 1:2.3-5\n"
			    "\n"
			    "Package: libother\n"
			    "Version: 7\n";

static void a_file_is_of_the_package_that_lists_it(void **state)
{
	_cleanup_(packages_freep) struct packages *packages = NULL;
	static const char *const paths[] = { "/usr/sbin/mail",
					     "/usr/lib/x86_64-linux-gnu/libmail.so.0",
					     "/usr/lib/libother.so.1", "/nobodys", NULL };

	(void)state;
	given_text("status", usual);
	given_text("info/mail.list", "/.\n/usr/sbin\n/usr/sbin/mail\n");
	/* As packages list files that are older than the merge of /lib and /usr/lib. */
	given_text("info/libmail0:amd64.list", "/lib/x86_64-linux-gnu/libmail.so.0\n"
					       "/usr/lib/x86_64-linux-gnu/mail/imap.so\n"
					       "/usr/lib/x86_64-linux-gnu/mail/libpart.so.0\n"
					       "/usr/lib/x86_64-linux-gnu/libmail.so\n");
	given_text("info/libother.list", "/usr/lib/libother.so.1\n/usr/lib/other/x.so");
	assert_int_equal(packages_open(root, &packages), 0);
	assert_int_equal(packages_find(packages, paths), 0);
	assert_string_equal(packages_of(packages, paths[0])->version, "1:2.3-4");
	assert_string_equal(packages_of(packages, paths[1])->name, "libmail0");
	assert_string_equal(packages_of(packages, paths[1])->source, "mail");
	assert_string_equal(packages_of(packages, paths[2])->source, "libother");
	assert_null(packages_of(packages, paths[3]));
	assert_null(packages_of(packages, "/usr/sbin/another"));
}

static void modules_lie_deeper_and_have_no_version(void **state)
{
	_cleanup_(packages_freep) struct packages *packages = NULL;
	_cleanup_(closed_paths_free) struct closed_paths modules = { 0 }, plugins = { 0 };
	static const char *const paths[] = { "/usr/lib/libother.so.1", NULL };

	(void)state;
	assert_int_equal(packages_open(root, &packages), 0);
	assert_int_equal(packages_find(packages, paths), 0);
	assert_int_equal(packages_modules(packages, "mail", NULL, &modules), 0);
	assert_int_equal(modules.count, 1);
	assert_string_equal(modules.items[0], "/usr/lib/x86_64-linux-gnu/mail/imap.so");
	assert_int_equal(
		packages_modules(packages, NULL, packages_of(packages, paths[0]), &plugins), 0);
	assert_int_equal(plugins.count, 1);
}

static void data_that_lies_has_no_packages(void **state)
{
	static const char *const lies[] = {
		"Package: ../../../etc/passwd\nVersion: 1\n\n",
		"Package: x\nVersion: 1 reboot\n\n",
		"Package:\nVersion:\n\n\n\n",
		"Version: 1\n\nPackage: x",
		"",
	};
	static const char *const paths[] = { "/usr/sbin/mail", NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		_cleanup_(packages_freep) struct packages *packages = NULL;

		given_text("status", lies[i]);
		assert_int_equal(packages_open(root, &packages), 0);
		assert_int_equal(packages_find(packages, paths), 0);
		assert_null(packages_of(packages, paths[0]));
	}
	given_a_file("status", "Package: mail\0\nVersion: 1\n", 27);
	given_a_file("info/mail.list", "\0/usr/sbin/mail\n", 17);
	for (size_t i = 0; i < 2; i++) {
		_cleanup_(packages_freep) struct packages *packages = NULL;

		assert_int_equal(packages_open(i ? "/nosuch" : root, &packages), 0);
		assert_int_equal(packages_find(packages, paths), 0);
		assert_null(packages_of(packages, paths[0]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_of_the_package_that_lists_it),
		cmocka_unit_test(modules_lie_deeper_and_have_no_version),
		cmocka_unit_test(data_that_lies_has_no_packages),
	};

	return cmocka_run_group_tests(tests, given_a_root, remove_the_root);
}
