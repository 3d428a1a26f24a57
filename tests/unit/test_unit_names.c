// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/cleanup.h"
#include "systemd/name.h"
#include "systemd/unit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_complete(const char *name, const char *complete)
{
	_cleanup_free_ char *got = NULL;
	struct error err = { 0 };

	assert_int_equal(unit_name_complete(name, &got, &err), 0);
	assert_string_equal(got, complete);
}

static void expect_refused(const char *name, const char *reason)
{
	struct error err = { 0 };
	char *got = NULL;

	assert_int_equal(unit_name_complete(name, &got, &err), -EINVAL);
	assert_non_null(strstr(err.message, reason));
}

static void a_bare_name_is_a_service(void **state)
{
	(void)state;
	expect_complete("nginx", "nginx.service");
	expect_complete("nginx.service", "nginx.service");
	expect_complete("a.b", "a.b.service");
	expect_complete("user.slice", "user.slice");
	expect_complete("foo@1", "foo@1.service");
	expect_complete("dev-disk\\x2dby", "dev-disk\\x2dby.service");
}

static void what_no_unit_can_be_called_is_refused(void **state)
{
	char name[400];

	(void)state;
	expect_refused("", "is not a valid unit name");
	expect_refused("a b", "is not a valid unit name");
	expect_refused("../etc/passwd", "is not a valid unit name");
	expect_refused(".", "is not a valid unit name");
	expect_refused("..", "is not a valid unit name");
	expect_refused("a/b.service", "is not a valid unit name");
	expect_refused("foo@.service", "template");
	expect_refused("foo@", "template");
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	expect_refused(name, "too long");
}

static void expect_group(const char *root, const char *slice, const char *unit, const char *path)
{
	_cleanup_free_ char *got = NULL;
	struct error err = { 0 };

	assert_int_equal(systemd_cgroup_predict(root, slice, unit, &got, &err), 0);
	assert_string_equal(got, path);
}

static void a_stopped_unit_has_a_place_in_the_tree(void **state)
{
	(void)state;
	expect_group("", "system.slice", "nginx.service", "/system.slice/nginx.service");
	expect_group("/", "system.slice", "nginx.service", "/system.slice/nginx.service");
	expect_group("/machine", "-.slice", "nginx.service", "/machine/nginx.service");
	expect_group("", "a-b-c.slice", "x.service", "/a.slice/a-b.slice/a-b-c.slice/x.service");
	expect_group("", NULL, "x.service", "/x.service");
	expect_group("", "-.slice", "system.slice", "/system.slice");
	expect_group("", "system.slice", "_x.service", "/system.slice/__x.service");
	expect_group("", "system.slice", "cpu.service", "/system.slice/_cpu.service");
	expect_group("", "system.slice", "cpufreq.service", "/system.slice/cpufreq.service");
	expect_group("", "system.slice", "cgroup.x.service", "/system.slice/_cgroup.x.service");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_name_is_a_service),
		cmocka_unit_test(what_no_unit_can_be_called_is_refused),
		cmocka_unit_test(a_stopped_unit_has_a_place_in_the_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
