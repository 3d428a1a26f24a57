// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names and ids to control groups, over files and a hierarchy as each engine makes them. */
#include "container/container.h"

#include "common/cleanup.h"
#include "container/catalogue.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PODMAN	   "1111111111111111111111111111111111111111111111111111111111111111"
#define DOCKER	   "2222222222222222222222222222222222222222222222222222222222222222"
#define CRIO	   "3333333333333333333333333333333333333333333333333333333333333333"
#define CONTAINERD "4444444444444444444444444444444444444444444444444444444444444444"
#define STOPPED	   "5555555555555555555555555555555555555555555555555555555555555555"
#define ELSEWHERE  "6666666666666666666666666666666666666666666666666666666666666666"
#define TWIN	   "1111111111110000000000000000000000000000000000000000000000000000"
#define TASKS	   "/run/containerd/io.containerd.runtime.v2.task/"

static char directory[] = "/tmp/whittle-test-XXXXXX";
static struct container_places places;

static void make_directories(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

static void put(const char *path, const char *text)
{
	char full[512];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", directory, path);
	make_directories(full);
	file = fopen(full, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void make_group(const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/cgroup%s/", directory, path);
	make_directories(full);
}

static int set_up(void **state)
{
	static char cgroups[64];

	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(cgroups, sizeof(cgroups), "%s/cgroup", directory);
	places = (struct container_places){ directory, cgroups };
	put("/var/lib/containers/storage/overlay-containers/containers.json",
	    "[{\"id\":\"" PODMAN "\",\"names\":[\"web\"]},"
	    "{\"id\":\"" STOPPED "\",\"names\":[\"old\"]},"
	    "{\"id\":\"" TWIN "\",\"names\":[\"both\"]},"
	    "{\"id\":\"" CRIO "\",\"names\":[\"k8s_nginx_front_shop_uid_0\"]}]");
	put("/var/lib/docker/containers/" DOCKER "/config.v2.json",
	    "{\"ID\":\"" DOCKER "\",\"Name\":\"/both\"}");
	put("/var/lib/docker/containers/broken/config.v2.json", "{\"ID\":");
	put(TASKS "default/plain/config.json", "{}");
	put(TASKS "k8s.io/" CONTAINERD "/config.json",
	    "{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":\"back\","
	    "\"io.kubernetes.cri.sandbox-namespace\":\"shop\","
	    "\"io.kubernetes.cri.container-name\":\"db\"}}");
	make_group("/machine.slice/libpod-" PODMAN ".scope/container");
	make_group("/machine.slice/libpod-conmon-" PODMAN ".scope");
	make_group("/libpod_parent/libpod-" TWIN);
	make_group("/system.slice/docker-" DOCKER ".scope");
	make_group("/kubepods.slice/kubepods-pod1.slice/crio-" CRIO ".scope");
	make_group("/kubepods.slice/kubepods-pod1.slice/crio-conmon-" CRIO ".scope");
	make_group("/kubepods.slice/kubepods-pod2.slice/cri-containerd-" CONTAINERD ".scope");
	make_group("/default/plain");
	make_group("/other/plain");
	make_group("/lxc/libpod-" ELSEWHERE);
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	(void)status;
	(void)kind;
	(void)at;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void finds(const char *wanted, const char *engine, const char *cgroup)
{
	_cleanup_(container_clear) struct container container = { 0 };
	struct error err = { 0 };

	if (container_find(&places, wanted, &container, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(container.engine, engine);
	assert_string_equal(container.cgroup + strlen(places.cgroups), cgroup);
}

static void fails(const char *wanted, int code, const char *reason)
{
	_cleanup_(container_clear) struct container container = { 0 };
	struct error err = { 0 };

	assert_int_equal(container_find(&places, wanted, &container, &err), code);
	if (!strstr(err.message, reason))
		fail_msg("\"%s\" is not in: %s", reason, err.message);
}

static void each_engine_has_its_names(void **state)
{
	(void)state;
	finds("web", "podman", "/machine.slice/libpod-" PODMAN ".scope");
	finds(DOCKER, "Docker", "/system.slice/docker-" DOCKER ".scope");
	finds("plain", "containerd", "/default/plain");
	finds("front/nginx", "CRI-O", "/kubepods.slice/kubepods-pod1.slice/crio-" CRIO ".scope");
	finds("shop/back/db", "containerd",
	      "/kubepods.slice/kubepods-pod2.slice/cri-containerd-" CONTAINERD ".scope");
}

/* A user may put anything into a home directory: reading a FIFO would wait for good. */
static void what_a_user_put_into_a_home_is_not_waited_for(void **state)
{
	static const char place[] = "/home/mallory/.local/share/containers/storage/a-containers/";
	char fifo[512], zero[512];

	(void)state;
	snprintf(fifo, sizeof(fifo), "%s%scontainers.json", directory, place);
	snprintf(zero, sizeof(zero), "%s%svolatile-containers.json", directory, place);
	make_directories(fifo);
	assert_int_equal(mkfifo(fifo, 0666), 0);
	assert_int_equal(symlink("/dev/zero", zero), 0);
	alarm(20);
	finds("web", "podman", "/machine.slice/libpod-" PODMAN ".scope");
	fails("nosuch", -ENOENT, "nosuch");
	alarm(0);
	assert_int_equal(unlink(fifo) | unlink(zero), 0);
}

static void a_pod_is_the_group_above_its_containers(void **state)
{
	(void)state;
	finds("front", "CRI-O", "/kubepods.slice/kubepods-pod1.slice");
	finds("shop/back", "containerd", "/kubepods.slice/kubepods-pod2.slice");
}

static void an_ids_beginning_is_enough_where_no_other_has_it(void **state)
{
	(void)state;
	finds("222222222222", "Docker", "/system.slice/docker-" DOCKER ".scope");
	fails("111111111111", -ENOTUNIQ, TWIN);
	fails("22", -ENOENT, "no container");
}

static void an_id_is_found_without_any_file(void **state)
{
	(void)state;
	finds(ELSEWHERE, "", "/lxc/libpod-" ELSEWHERE);
	finds("6666666", "", "/lxc/libpod-" ELSEWHERE);
}

static void what_does_not_run_is_told_from_what_is_not_there(void **state)
{
	(void)state;
	fails("old", -ESRCH, "is not running");
	fails("nosuch", -ENOENT, "nosuch");
	fails("both", -ENOTUNIQ, "Docker");
	fails("../web", -ENOENT, "../web");
}

static void a_monitor_is_no_container(void **state)
{
	(void)state;
	assert_null(groups_id("/machine.slice/libpod-conmon-" PODMAN ".scope"));
	assert_null(groups_id("/machine.slice/libpod-" PODMAN ".scope/container"));
	assert_null(groups_id("/system.slice/x" PODMAN ".scope"));
	assert_non_null(groups_id("/docker/" DOCKER));
}

static void a_hook_learns_of_its_container(void **state)
{
	static const char text[] =
		"{\"ociVersion\":\"1.0.2\",\"id\":\"web\",\"status\":\"created\",\"pid\":42,"
		"\"bundle\":\"/b\",\"annotations\":{\"io.whittle.record\":\"web.rec\",\"a\":\"b\"}}";
	static const char *const bad[] = { "", "[]", "{\"id\":\"a\"}", "{\"id\":\"a\",\"pid\":0}",
					   "{\"id\":\"a\",\"pid\":-1}" };
	_cleanup_(container_state_clear) struct container_state told = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(container_state_parse(text, strlen(text), &told, &err), 0);
	assert_string_equal(told.id, "web");
	assert_int_equal(told.pid, 42);
	assert_string_equal(told.file, "web.rec");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_(container_state_clear) struct container_state none = { 0 };

		assert_true(container_state_parse(bad[i], strlen(bad[i]), &none, &err) < 0);
	}
}

static void a_file_is_new_and_lies_where_root_said(void **state)
{
	static const char *const bad[] = { "",	     ".",    "..",     "../x", "a/b",
					   "/etc/x", ".rec", "-x.rec", "a b",  "a\n" };
	char path[128], target[128], link_name[192];
	_cleanup_free_ char *first = NULL, *second = NULL, *third = NULL;
	struct error err = { 0 };

	(void)state;
	snprintf(path, sizeof(path), "%s/recordings", directory);
	snprintf(target, sizeof(target), "%s/target", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(container_reserve_file(path, bad[i], &first, &err), -EINVAL);
	assert_int_equal(container_reserve_file(path, "web", &first, &err), 0);
	assert_string_equal(first + strlen(path), "/web.rec");
	assert_int_equal(container_reserve_file(path, "web.rec", &second, &err), 0);
	assert_string_equal(second + strlen(path), "/web.2.rec");

	snprintf(link_name, sizeof(link_name), "%s/link.rec", path);
	assert_int_equal(symlink(target, link_name), 0);
	assert_int_equal(container_reserve_file(path, "link", &third, &err), 0);
	assert_string_equal(third + strlen(path), "/link.2.rec");
	assert_int_equal(access(target, F_OK), -1);
}

static void a_directory_that_others_may_write_is_refused(void **state)
{
	_cleanup_free_ char *file = NULL;
	char path[128], other[128];
	struct error err = { 0 };

	(void)state;
	snprintf(path, sizeof(path), "%s/open", directory);
	snprintf(other, sizeof(other), "%s/link-to-open", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(symlink(path, other), 0);
	assert_true(container_reserve_file(other, "web", &file, &err) < 0);
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(container_reserve_file(path, "web", &file, &err), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_engine_has_its_names),
		cmocka_unit_test(what_a_user_put_into_a_home_is_not_waited_for),
		cmocka_unit_test(a_pod_is_the_group_above_its_containers),
		cmocka_unit_test(an_ids_beginning_is_enough_where_no_other_has_it),
		cmocka_unit_test(an_id_is_found_without_any_file),
		cmocka_unit_test(what_does_not_run_is_told_from_what_is_not_there),
		cmocka_unit_test(a_monitor_is_no_container),
		cmocka_unit_test(a_hook_learns_of_its_container),
		cmocka_unit_test(a_file_is_new_and_lies_where_root_said),
		cmocka_unit_test(a_directory_that_others_may_write_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
