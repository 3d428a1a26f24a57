// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/cleanup.h"
#include "guard/metrics.h"
#include "guard/metrics_server.h"
#include "guard/react.h"
#include "guard/units.h"

#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

static enum metrics_request parse(const char *request)
{
	return metrics_server_parse(request, strlen(request));
}

static void only_a_get_of_metrics_is_answered(void **state)
{
	(void)state;
	assert_int_equal(parse("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
			 METRICS_REQUEST_METRICS);
	assert_int_equal(parse("GET /metrics HTTP/1.0\n\n"), METRICS_REQUEST_METRICS);
	assert_int_equal(parse("GET /metrics?x=1 HTTP/1.1\r\n\r\n"), METRICS_REQUEST_METRICS);
	assert_int_equal(parse("GET /metricsx HTTP/1.1\r\n\r\n"), METRICS_REQUEST_NOT_FOUND);
	assert_int_equal(parse("GET / HTTP/1.1\r\n\r\n"), METRICS_REQUEST_NOT_FOUND);
	assert_int_equal(parse("POST /metrics HTTP/1.1\r\n\r\n"), METRICS_REQUEST_METHOD);
	assert_int_equal(parse("GET /metrics\r\n\r\n"), METRICS_REQUEST_BAD);
	assert_int_equal(parse("GET  HTTP/1.1\r\n\r\n"), METRICS_REQUEST_NOT_FOUND);
	assert_int_equal(parse("\r\n\r\n"), METRICS_REQUEST_BAD);
	assert_int_equal(parse("GET /metrics HTTP/2\r\n\r\n"), METRICS_REQUEST_BAD);
	assert_int_equal(parse("GET /metrics HTTP/1.1\r\nHost: x\r\n"), METRICS_REQUEST_INCOMPLETE);
	assert_int_equal(parse(""), METRICS_REQUEST_INCOMPLETE);
	assert_int_equal(metrics_server_parse("GET\0", 4), METRICS_REQUEST_BAD);
}

static struct denial denial_of(int nr, uint32_t action)
{
	return (struct denial){ .has_abi = true,
				.abi = ABI_X86_64,
				.nr = nr,
				.has_action = true,
				.action = action,
				.has_errno = true };
}

static char *text_of(const struct metrics *metrics, const struct guarded_units *units)
{
	struct denial_kernel_totals totals = { .denials = 77 };
	struct error err = { 0 };
	size_t size;
	char *text;

	assert_int_equal(metrics_text(metrics, units, NULL, &totals, &text, &size, &err), 0);
	assert_int_equal(size, strlen(text));
	return text;
}

static void denials_are_counted_by_unit_call_and_action(void **state)
{
	_cleanup_(metrics_freep) struct metrics *metrics = metrics_new();
	struct denial brk = denial_of(12, SECCOMP_RET_ERRNO | 1),
		      kill = denial_of(12, SECCOMP_RET_KILL_PROCESS);
	struct guarded_unit unit = { .name = (char[]){ "a\"b\\c.service" } };
	struct guarded_units units = { .units = &unit, .count = 1 };
	struct error err = { 0 };
	char *text;

	(void)state;
	assert_int_equal(metrics_count_denial(metrics, unit.name, &brk, 2, &err), 0);
	assert_int_equal(metrics_count_denial(metrics, unit.name, &brk, 3, &err), 0);
	assert_int_equal(metrics_count_denial(metrics, unit.name, &kill, 1, &err), 0);
	text = text_of(metrics, &units);
	assert_non_null(strstr(
		text,
		"\nwhittle_denials_total{unit=\"a\\\"b\\\\c.service\",syscall=\"brk\",abi=\"x86_64\","
		"action=\"errno:EPERM\"} 5\n"));
	assert_non_null(strstr(text, "action=\"kill_process\"} 1\n"));
	assert_non_null(
		strstr(text, "\nwhittle_unit_denials_total{unit=\"a\\\"b\\\\c.service\"} 6\n"));
	assert_non_null(strstr(text, "\nwhittle_machine_denials_total 77\n"));
	free(text);
}

static void the_series_of_a_unit_are_bounded_and_their_sum_is_whole(void **state)
{
	_cleanup_(metrics_freep) struct metrics *metrics = metrics_new();
	struct guarded_unit unit = { .name = (char[]){ "a.service" } };
	struct guarded_units units = { .units = &unit, .count = 1 };
	struct error err = { 0 };
	size_t series = 0;
	char *text;

	(void)state;
	for (int i = 0; i < 3 * METRICS_CALLS_MAX; i++) {
		struct denial denial = denial_of(i, SECCOMP_RET_ERRNO | 1);

		assert_int_equal(metrics_count_denial(metrics, unit.name, &denial, 1, &err), 0);
	}
	text = text_of(metrics, &units);
	for (const char *at = text; (at = strstr(at, "\nwhittle_denials_total{")); at++)
		series++;
	assert_int_equal(series, METRICS_CALLS_MAX + 1);
	assert_non_null(strstr(text, "syscall=\"other\",abi=\"other\",action=\"other\"} 1024\n"));
	assert_non_null(strstr(text, "\nwhittle_unit_denials_total{unit=\"a.service\"} 1536\n"));
	free(text);
}

static void what_the_policy_means_to_fail_is_intended(void **state)
{
	struct guarded_answer answer = { ABI_X86_64, 435, SECCOMP_RET_ERRNO | 38 };
	struct guarded_unit unit = { .answers = &answer, .answers_count = 1 };
	struct denial fallback = denial_of(435, SECCOMP_RET_ERRNO | 38),
		      other = denial_of(435, SECCOMP_RET_ERRNO | 1),
		      another = denial_of(12, SECCOMP_RET_ERRNO | 38);

	(void)state;
	assert_true(guarded_unit_intends(&unit, &fallback));
	assert_false(guarded_unit_intends(&unit, &other));
	assert_false(guarded_unit_intends(&unit, &another));
}

static void relax_permits_only_what_gives_little_away(void **state)
{
	(void)state;
	assert_true(react_permits("sendfile"));
	assert_true(react_permits("brk"));
	assert_false(react_permits("setuid"));
	assert_false(react_permits("execve"));
	assert_false(react_permits("mount"));
	assert_false(react_permits("ptrace"));
	assert_false(react_permits("nosuchcall"));
}

static int write_ok(void *context, char **text, size_t *size, struct error *err)
{
	(void)context;
	*text = strdup("x 1\n");
	*size = 4;
	return *text ? 0 : error_oom(err);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void a_client_that_says_nothing_is_dropped_in_time(void **state)
{
	char directory[] = "/tmp/whittle-guard.XXXXXX", path[64], byte;
	struct pollfd fds[METRICS_REQUEST_FDS];
	struct metrics_server *metrics_server = NULL;
	struct error err = { 0 };
	int slow, asks;
	char answer[1024] = "";

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/socket", directory);
	assert_int_equal(metrics_server_open(path, 0, write_ok, NULL, &metrics_server, &err), 0);
	slow = connect_to(path);
	asks = connect_to(path);
	assert_true(write(slow, "GET ", 4) == 4);
	assert_true(write(asks, "GET /metrics HTTP/1.1\r\n\r\n", 25) == 25);
	assert_int_equal(metrics_server_serve(metrics_server, 1000, &err), 0);
	assert_int_equal(metrics_server_poll(metrics_server, fds), 3);
	assert_true(read(asks, answer, sizeof(answer) - 1) > 0);
	assert_non_null(strstr(answer, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(answer, "\r\n\r\nx 1\n"));
	assert_int_equal(metrics_server_deadline(metrics_server), 1000 + METRICS_REQUEST_NS);
	close(asks);
	assert_int_equal(metrics_server_serve(metrics_server, 1000 + METRICS_REQUEST_NS, &err), 0);
	assert_int_equal(read(slow, &byte, 1), 0);
	assert_int_equal(metrics_server_poll(metrics_server, fds), 1);
	close(slow);
	metrics_server_closep(&metrics_server);
	assert_int_equal(access(path, F_OK), -1);
	rmdir(directory);
}

static void without_a_descriptor_the_server_waits_before_it_accepts(void **state)
{
	char directory[] = "/tmp/whittle-guard.XXXXXX", path[64], answer[1024] = "";
	struct metrics_server *metrics_server = NULL;
	struct pollfd fds[METRICS_REQUEST_FDS];
	struct rlimit limit, former;
	struct error err = { 0 };
	int client, free_fd;

	(void)state;
	/* Memcheck keeps to such a limit by itself: it accepts the client, then closes it. */
	if (getenv("WHITTLE_TEST_SLOW_MACHINE"))
		return;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/socket", directory);
	assert_int_equal(metrics_server_open(path, 0, write_ok, NULL, &metrics_server, &err), 0);
	client = connect_to(path);
	assert_true(write(client, "GET /metrics HTTP/1.1\r\n\r\n", 25) == 25);
	free_fd = dup(client);
	close(free_fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &former), 0);
	limit = (struct rlimit){ (rlim_t)free_fd, former.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(metrics_server_serve(metrics_server, 1000, &err), 0);
	/* The client still waits: a socket that were polled would be ready at once, again and again. */
	assert_int_equal(metrics_server_poll(metrics_server, fds), 0);
	assert_int_equal(metrics_server_deadline(metrics_server), 1000 + METRICS_REQUEST_PAUSE_NS);
	assert_int_equal(metrics_server_serve(metrics_server, 2000, &err), 0);
	assert_int_equal(metrics_server_poll(metrics_server, fds), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &former), 0);
	assert_int_equal(
		metrics_server_serve(metrics_server, 1000 + METRICS_REQUEST_PAUSE_NS, &err), 0);
	assert_true(metrics_server_poll(metrics_server, fds) > 0);
	assert_int_equal(fds[0].events, POLLIN);
	assert_true(read(client, answer, sizeof(answer) - 1) > 0);
	assert_non_null(strstr(answer, "HTTP/1.1 200 OK\r\n"));
	close(client);
	metrics_server_closep(&metrics_server);
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_get_of_metrics_is_answered),
		cmocka_unit_test(denials_are_counted_by_unit_call_and_action),
		cmocka_unit_test(the_series_of_a_unit_are_bounded_and_their_sum_is_whole),
		cmocka_unit_test(what_the_policy_means_to_fail_is_intended),
		cmocka_unit_test(relax_permits_only_what_gives_little_away),
		cmocka_unit_test(a_client_that_says_nothing_is_dropped_in_time),
		cmocka_unit_test(without_a_descriptor_the_server_waits_before_it_accepts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
