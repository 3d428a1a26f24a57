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

/* The package of one file by these data; NULL: none. *PACKAGES owns it. */
static const struct package *package_of(const char *status, const char *path,
					struct packages **packages)
{
	const char *const paths[] = { path, NULL };

	given_text("status", status);
	assert_int_equal(packages_open(root, packages), 0);
	assert_int_equal(packages_find(*packages, paths), 0);
	return packages_of(*packages, path);
}

static void expect_package(const char *status, const char *path, const char *name,
			   const char *source, const char *version)
{
	_cleanup_(packages_freep) struct packages *packages = NULL;
	const struct package *package = package_of(status, path, &packages);

	if (!package != !name)
		fail_msg("%s in \"%s\": %s", path, status, package ? package->name : "no package");
	if (!name)
		return;
	assert_string_equal(package->name, name);
	assert_string_equal(package->source, source);
	assert_string_equal(package->version, version);
}

/* deb-control(5): fields in any order, blanks after the colon, an empty line between packages. */
static void each_paragraph_is_a_package(void **state)
{
	(void)state;
	given_text("info/one.list", "/one\n/both\n");
	given_text("info/two.list", "/two\n/both");
	expect_package("Package: one\nVersion: 1", "/one", "one", "one", "1");
	expect_package(
		"\n\nVersion:    1\nSection: x\nPackage:one\n\n\n\nPackage: two\nVersion: 2\n",
		"/one", "one", "one", "1");
	expect_package("Package: one\nVersion: 1\n\nVersion: 2\nPackage: two", "/two", "two", "two",
		       "2");
	/* The source's version, where it differs from the package's, is no part of its name. */
	expect_package("Package: one\nSource: of-both (7 8)\nVersion: 1\n", "/one", "one",
		       "of-both", "1");
	expect_package("Package: one\nSource:  \nVersion: 1\n", "/one", "one", "one", "1");
	expect_package("Package: one\nSource:\nVersion: 1\n", "/one", "one", "one", "1");
	/* No field goes over from one paragraph to the next. */
	expect_package("Package: one\nSource: s\nVersion: 1\n\nPackage: two\nVersion: 2\n", "/two",
		       "two", "two", "2");
	expect_package("Package: one\nVersion: 1\n\nPackage: two\n", "/two", NULL, NULL, NULL);
	/* The first that lists a file has it. */
	expect_package("Package: two\nVersion: 2\n\nPackage: one\nVersion: 1\n", "/both", "two",
		       "two", "2");
	expect_package("Package: one\nVersion: 1\n\nPackage: two\nVersion: 2\n", "/both", "one",
		       "one", "1");
	expect_package("Package: one\nVersion: 1\n", "/two", NULL, NULL, NULL);
}

static void names_have_only_the_characters_of_names(void **state)
{
	_cleanup_free_ char *path = NULL;
	char version[258], status[512];

	(void)state;
	assert_true(asprintf(&path, "%s/var/lib/dpkg/info/sub", root) > 0);
	assert_int_equal(mkdir(path, 0700), 0);
	given_text("info/sub/file.list", "/file\n");
	given_text("info/.dot.list", "/file\n");
	given_text("info/two words.list", "/file\n");
	given_text("info/azAZ09+-.:~.list", "/file\n");
	expect_package("Package: sub/file\nVersion: 1\n", "/file", NULL, NULL, NULL);
	expect_package("Package: .dot\nVersion: 1\n", "/file", NULL, NULL, NULL);
	expect_package("Package: two words\nVersion: 1\n", "/file", NULL, NULL, NULL);
	expect_package("Package: azAZ09+-.:~\nVersion: 1\n", "/file", "azAZ09+-.:~", "azAZ09+-.:~",
		       "1");
	expect_package("Package: azAZ09+-.:~\nVersion: 1 2\n", "/file", NULL, NULL, NULL);
	expect_package("Package: azAZ09+-.:~\nSource: a/b\nVersion: 1\n", "/file", NULL, NULL,
		       NULL);
	/* A field has at most 256 characters. */
	memset(version, '1', 257);
	version[256] = '\0';
	snprintf(status, sizeof(status), "Package: azAZ09+-.:~\nVersion: %s\n", version);
	expect_package(status, "/file", "azAZ09+-.:~", "azAZ09+-.:~", version);
	version[256] = '1';
	version[257] = '\0';
	snprintf(status, sizeof(status), "Package: azAZ09+-.:~\nVersion: %s\n", version);
	expect_package(status, "/file", NULL, NULL, NULL);
}

/* Both ways: the package may be older than the merge, or younger. */
static void a_directory_and_its_link_below_the_root_are_one(void **state)
{
	static const struct {
		const char *listed, *asked;
		bool is_same;
	} rows[] = {
		{ "/lib/a.so", "/usr/lib/a.so", true },	    { "/usr/lib/a.so", "/lib/a.so", true },
		{ "/lib64/a.so", "/usr/lib64/a.so", true }, { "/bin/a", "/usr/bin/a", true },
		{ "/usr/sbin/a", "/sbin/a", true },	    { "/sbin/a", "/usr/sbin/a", true },
		{ "/usr/share/a", "/usr/share/a", true },   { "/share/a", "/usr/share/a", false },
		{ "/binary/a", "/usr/binary/a", false },    { "/lib/a", "/opt/lib/a", false },
		{ "/usr/lib/a", "/usr/lib/b", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		given_text("info/one.list", rows[i].listed);
		expect_package("Package: one\nVersion: 1\n", rows[i].asked,
			       rows[i].is_same ? "one" : NULL, "one", "1");
	}
}

static void the_modules_of_a_source_are_those_of_all_its_packages(void **state)
{
	_cleanup_(packages_freep) struct packages *packages = NULL;
	_cleanup_(closed_paths_free) struct closed_paths modules = { 0 }, own = { 0 };
	const struct package *package;

	(void)state;
	given_text("info/one.list",
		   "/usr/lib/one/a.so\n\n.so\n/usr/lib/one/a.so\n/usr/lib/one/b.so\n"
		   "/usr/lib/one/c.so.1\n/usr/lib/one/libso\n/usr/lib/gconv/d.so\n");
	given_text("info/two.list", "/usr/lib/two/e.so\n/usr/lib/one/b.so\n");
	given_text("info/three.list", "/usr/lib/three/f.so\n");
	package = package_of("Package: one\nSource: s\nVersion: 1\n\nPackage: three\nVersion: 1\n\n"
			     "Package: two\nSource: s\nVersion: 1\n",
			     "/usr/lib/two/e.so", &packages);
	assert_string_equal(package->name, "two");
	assert_int_equal(packages_modules(packages, "s", NULL, &modules), 0);
	assert_int_equal(modules.count, 3);
	assert_string_equal(modules.items[0], "/usr/lib/one/a.so");
	assert_string_equal(modules.items[1], "/usr/lib/one/b.so");
	assert_string_equal(modules.items[2], "/usr/lib/two/e.so");
	assert_int_equal(packages_modules(packages, NULL, package, &own), 0);
	assert_int_equal(own.count, 2);
	assert_string_equal(own.items[0], "/usr/lib/two/e.so");
	assert_string_equal(own.items[1], "/usr/lib/one/b.so");
}

static void there_are_at_most_1024_modules(void **state)
{
	_cleanup_(packages_freep) struct packages *packages = NULL;
	_cleanup_(closed_paths_free) struct closed_paths modules = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	for (unsigned i = 0; i < 1026; i++)
		fprintf(out, "/usr/lib/one/%u.so\n", i);
	fclose(out);
	given_text("info/one.list", text);
	package_of("Package: one\nVersion: 1\n", "/one", &packages);
	assert_int_equal(packages_modules(packages, "one", NULL, &modules), 0);
	assert_int_equal(modules.count, 1024);
}

static void who_asks_for_no_file_gets_none(void **state)
{
	static const char *const none[] = { NULL };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		_cleanup_(packages_freep) struct packages *packages = NULL;

		given_text("status", usual);
		assert_int_equal(packages_open(root, &packages), 0);
		if (i < 2)
			assert_int_equal(packages_find(packages, i ? none : NULL), 0);
		assert_null(packages_of(packages, "/usr/sbin/mail"));
	}
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
		cmocka_unit_test(each_paragraph_is_a_package),
		cmocka_unit_test(names_have_only_the_characters_of_names),
		cmocka_unit_test(a_directory_and_its_link_below_the_root_are_one),
		cmocka_unit_test(the_modules_of_a_source_are_those_of_all_its_packages),
		cmocka_unit_test(there_are_at_most_1024_modules),
		cmocka_unit_test(who_asks_for_no_file_gets_none),
		cmocka_unit_test(data_that_lies_has_no_packages),
	};

	return cmocka_run_group_tests(tests, given_a_root, remove_the_root);
}
