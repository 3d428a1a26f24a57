// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which objects are modules by their paths, and sets of paths. */
#include "common/cleanup.h"
#include "decide/closed_paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Private is what lies deeper than /usr/lib/ or /usr/lib/TRIPLET/; a module is private, and not one that a
 * library loads for itself, nor one of the loader or the name service. */
static void modules_are_known_by_their_paths(void **state)
{
	static const struct {
		const char *path, *name;
		bool is_private, is_module;
	} rows[] = {
		{ "/usr/lib/liba.so", "liba.so", false, false },
		{ "/lib/liba.so", "liba.so", false, false },
		{ "/lib64/liba.so", "liba.so", false, false },
		{ "/usr/lib/x86_64-linux-gnu/liba.so", "liba.so", false, false },
		{ "/usr/lib/x86_64-linux-gnu/a/b.so", "b.so", true, true },
		{ "/usr/lib/a/b.so", "b.so", true, true },
		{ "/usr/lib/a/b/c.so", "c.so", true, true },
		{ "/usr/lib/a-linux-b.so", "a-linux-b.so", false, false },
		{ "/usr/libexec/a", "a", false, false },
		{ "/usr/libexec/a/b.so", "b.so", true, true },
		{ "/opt/a/b.so", "b.so", true, true },
		{ "/opt/a/lib/b.so", "b.so", false, false },
		{ "a.so", "a.so", true, true },
		{ "/usr/lib/a/libnss_b.so", "libnss_b.so", true, false },
		{ "/usr/lib/a/libnss.so", "libnss.so", true, true },
		{ "/usr/lib/a/ld-b.so", "ld-b.so", true, false },
		{ "/usr/lib/a/ldb.so", "ldb.so", true, true },
		{ "/usr/lib/x86_64-linux-gnu/gconv/UTF-16.so", "UTF-16.so", true, false },
		{ "/usr/lib/x86_64-linux-gnu/ossl-modules/legacy.so", "legacy.so", true, false },
		{ "/usr/lib/x86_64-linux-gnu/engines-3/afalg.so", "afalg.so", true, false },
		{ "/usr/lib/x86_64-linux-gnu/sasl2/libplain.so", "libplain.so", true, false },
		{ "/usr/lib/x86_64-linux-gnu/krb5/plugins/a.so", "a.so", true, false },
		{ "/usr/lib/x86_64-linux-gnu/pkcs11/a.so", "a.so", true, false },
		{ "/usr/lib/x86_64-linux-gnu/security/pam_unix.so", "pam_unix.so", true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_string_equal(closed_paths_name(rows[i].path), rows[i].name);
		if (closed_paths_is_private(rows[i].path) != rows[i].is_private)
			fail_msg("%s: private", rows[i].path);
		if (closed_paths_is_module(rows[i].path) != rows[i].is_module)
			fail_msg("%s: module", rows[i].path);
	}
}

static void expect_paths(const struct closed_paths *paths, const char *const *expected)
{
	size_t count = 0;

	for (; expected[count]; count++) {
		assert_true(count < paths->count);
		assert_string_equal(paths->items[count], expected[count]);
		assert_true(closed_paths_have(paths, expected[count]));
	}
	assert_int_equal(paths->count, count);
	if (count || paths->items)
		assert_null(paths->items[count]);
}

static void a_path_is_removed_wherever_it_stands(void **state)
{
	_cleanup_(closed_paths_free) struct closed_paths paths = { 0 };

	(void)state;
	closed_paths_remove(&paths, "/a");
	expect_paths(&paths, (const char *const[]){ NULL });
	for (const char *name = "abacd"; *name; name++)
		assert_int_equal(closed_paths_add(&paths, (char[]){ '/', *name, '\0' }), 0);
	expect_paths(&paths, (const char *const[]){ "/a", "/b", "/a", "/c", "/d", NULL });
	assert_false(closed_paths_have(&paths, "/"));
	closed_paths_remove(&paths, "/a");
	expect_paths(&paths, (const char *const[]){ "/b", "/c", "/d", NULL });
	closed_paths_remove(&paths, "/x");
	closed_paths_remove(&paths, "/d");
	expect_paths(&paths, (const char *const[]){ "/b", "/c", NULL });
	closed_paths_remove(&paths, "/c");
	closed_paths_remove(&paths, "/b");
	expect_paths(&paths, (const char *const[]){ NULL });
	assert_int_equal(closed_paths_add(&paths, "/e"), 0);
	expect_paths(&paths, (const char *const[]){ "/e", NULL });
}

static void what_lies_beside_a_module_is_a_shared_object(void **state)
{
	static const char *const names[] = { "b.so", "a.so", ".so", "x.so.1", "so", "c.so", "c.s" };
	char directory[] = "/tmp/whittle-beside-XXXXXX";
	_cleanup_(closed_paths_free) struct closed_paths paths = { 0 };
	char at[ARRAY_SIZE(names)][64];

	(void)state;
	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		FILE *file;

		snprintf(at[i], sizeof(at[i]), "%s/%s", directory, names[i]);
		file = fopen(at[i], "w");
		assert_non_null(file);
		fclose(file);
	}
	assert_int_equal(closed_paths_add(&paths, at[5]), 0);
	assert_int_equal(closed_paths_add_beside(&paths, at[0]), 0);
	/* The order of the names, each once. */
	expect_paths(&paths, (const char *const[]){ at[5], at[1], at[0], NULL });
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlink(at[i]);
	rmdir(directory);
	/* A directory that is gone has none. */
	assert_int_equal(closed_paths_add_beside(&paths, at[0]), 0);
	assert_int_equal(paths.count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules_are_known_by_their_paths),
		cmocka_unit_test(a_path_is_removed_wherever_it_stands),
		cmocka_unit_test(what_lies_beside_a_module_is_a_shared_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
