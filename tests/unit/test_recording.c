// SPDX-License-Identifier: LGPL-2.1-or-later
/* The recording's properties, each over many random recordings. */
#include "common/cleanup.h"
#include "common/json.h"
#include "random_recording.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 300

static struct recording *merged(const struct recording *a, const struct recording *b)
{
	struct recording *both = recording_new();
	struct error err = { 0 };

	assert_non_null(both);
	if (recording_merge(both, a, &err) < 0 || recording_merge(both, b, &err) < 0)
		fail_msg("%s", err.message);
	return both;
}

static char *text_of(const struct recording *recording)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct error err = { 0 };

	assert_non_null(out);
	assert_int_equal(recording_write(recording, out, &err), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_recordings_equal(const struct recording *a, const struct recording *b)
{
	_cleanup_free_ char *left = text_of(a), *right = text_of(b);

	assert_string_equal(left, right);
	assert_true(recording_equal(a, b));
}

static void merge_is_commutative(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		_cleanup_(recording_freep) struct recording *a = random_recording(seed),
							    *b = random_recording(seed + 1),
							    *ab = merged(a, b), *ba = merged(b, a);

		assert_recordings_equal(ab, ba);
	}
}

static void merge_is_associative(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		_cleanup_(recording_freep) struct recording *a = random_recording(seed),
							    *b = random_recording(seed + 1),
							    *c = random_recording(seed + 2),
							    *ab = merged(a, b), *bc = merged(b, c),
							    *left = merged(ab, c),
							    *right = merged(a, bc);

		assert_recordings_equal(left, right);
	}
}

static void merge_with_itself_changes_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		_cleanup_(recording_freep) struct recording *a = random_recording(seed),
							    *same = random_recording(seed),
							    *aa = merged(a, a),
							    *again = merged(a, same);

		assert_recordings_equal(a, aa);
		assert_recordings_equal(a, again);
	}
}

static void merge_leaves_both_sides_as_they_were(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		_cleanup_(recording_freep) struct recording *a = random_recording(seed),
							    *b = random_recording(seed + 1),
							    *b_before = random_recording(seed + 1);
		struct error err = { 0 };

		assert_int_equal(recording_merge(a, b, &err), 0);
		recording_freep(&a);
		assert_recordings_equal(b, b_before);
	}
}

static void what_is_written_is_read_back_exactly(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		_cleanup_(recording_freep) struct recording *a = random_recording(seed),
							    *back = NULL;
		_cleanup_free_ char *text = text_of(a);
		struct error err = { 0 };

		if (recording_parse("a.rec", text, strlen(text), &back, &err) < 0)
			fail_msg("seed %llu: %s", (unsigned long long)seed, err.message);
		assert_recordings_equal(a, back);
	}
}

static void equal_runs_have_their_shape_and_numbers_once(void **state)
{
	_cleanup_(recording_freep) struct recording *all = recording_new(), *back = NULL;
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 2000; i++)
		assert_int_equal(recording_add(all, random_sister(7, 2 * i + 1), &err), 0);
	text = text_of(all);
	/* An id, two times, an end and four losses take some 300 bytes; the shape takes thousands. */
	assert_true(strlen(text) < (size_t)2000 * 500);
	assert_int_equal(recording_parse("all.rec", text, strlen(text), &back, &err), 0);
	assert_recordings_equal(all, back);
}

static void a_lone_run_keeps_its_parts(void **state)
{
	_cleanup_(recording_freep) struct recording *two = recording_new();
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(recording_add(two, random_run(7), &err), 0);
	assert_int_equal(recording_add(two, random_run(8), &err), 0);
	text = text_of(two);
	assert_null(strstr(text, "\"shape"));
	assert_null(strstr(text, "\"numbers\""));
}

static void assert_totals_equal(const struct recording *a, const struct recording *b)
{
	struct error err = { 0 };

	for (int with_manager = 0; with_manager < 2; with_manager++) {
		struct total *left = NULL, *right = NULL;
		size_t count, other;

		assert_int_equal(recording_totals(a, with_manager, &left, &count, &err), 0);
		assert_int_equal(recording_totals(b, with_manager, &right, &other, &err), 0);
		assert_int_equal(count, other);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(left[i].abi, right[i].abi);
			assert_int_equal(left[i].nr, right[i].nr);
			assert_int_equal(left[i].count, right[i].count);
			assert_int_equal(left[i].phases, right[i].phases);
			assert_memory_equal(left[i].phase_count, right[i].phase_count,
					    sizeof(left[i].phase_count));
			assert_string_equal(left[i].first_run->id, right[i].first_run->id);
			assert_int_equal(left[i].first->first_ns, right[i].first->first_ns);
			assert_int_equal(left[i].arguments_any, right[i].arguments_any);
			assert_int_equal(left[i].arguments_count, right[i].arguments_count);
			assert_memory_equal(left[i].arguments, right[i].arguments,
					    left[i].arguments_count * sizeof(*left[i].arguments));
		}
		totals_free(left, count);
		totals_free(right, other);
	}
}

static void totals_do_not_depend_on_the_order_of_merging(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		_cleanup_(recording_freep) struct recording *a = random_recording(seed),
							    *b = random_recording(seed + 1),
							    *ab = merged(a, b), *ba = merged(b, a);

		assert_totals_equal(ab, ba);
	}
}

/* Microseconds since the epoch; the run's start where the row does not tell, but later than all. */
static uint64_t sight_of(const struct run *run, const struct call *call)
{
	return run->started_us +
	       (call->first_ns == UINT64_MAX ? (uint64_t)INT64_MAX : call->first_ns / 1000);
}

static void add_plainly(struct total *total, const struct total *wanted, const struct run *run,
			const struct call *call)
{
	if (call->abi != wanted->abi || call->nr != wanted->nr ||
	    run->processes[call->process].is_manager)
		return;
	total->count += call->count;
	total->phases |= 1u << call->phase;
	total->phase_count[call->phase] += call->count;
	total->arguments_any |= call->arguments_any;
	if (!total->first || (call->stack_count && !total->first->stack_count) ||
	    (!call->stack_count == !total->first->stack_count &&
	     sight_of(run, call) < sight_of(total->first_run, total->first))) {
		total->first = call;
		total->first_run = run;
	}
}

/* The totals are held against a sum that is made in the plainest way. */
static void totals_are_the_sums_of_the_rows(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		_cleanup_(recording_freep) struct recording *a = random_recording(seed);
		const struct run *const *runs;
		size_t runs_count = recording_runs(a, &runs), count;
		struct error err = { 0 };
		struct total *totals;

		assert_int_equal(recording_totals(a, false, &totals, &count, &err), 0);
		for (size_t i = 0; i < count; i++) {
			struct total plain = { 0 };

			for (size_t j = 0; j < runs_count; j++)
				for (size_t k = 0; k < runs[j]->calls_count; k++)
					add_plainly(&plain, &totals[i], runs[j],
						    &runs[j]->calls[k]);
			assert_int_equal(totals[i].count, plain.count);
			assert_int_equal(totals[i].phases, plain.phases);
			assert_memory_equal(totals[i].phase_count, plain.phase_count,
					    sizeof(plain.phase_count));
			assert_int_equal(totals[i].arguments_any, plain.arguments_any);
			assert_true(totals[i].first_run == plain.first_run ||
				    sight_of(totals[i].first_run, totals[i].first) ==
					    sight_of(plain.first_run, plain.first));
			assert_int_equal(!totals[i].first->stack_count, !plain.first->stack_count);
			assert_true(i == 0 || totals[i - 1].abi < totals[i].abi ||
				    (totals[i - 1].abi == totals[i].abi &&
				     totals[i - 1].nr < totals[i].nr));
		}
		totals_free(totals, count);
	}
}

static void every_run_gets_an_id_of_its_own(void **state)
{
	_cleanup_(run_freep) struct run *a = run_new(), *b = run_new();

	(void)state;
	assert_int_equal(strlen(a->id), 32);
	assert_string_not_equal(a->id, b->id);
}

static struct run *run_with_read(uint64_t count)
{
	struct run *run = run_new();
	struct call *call;

	assert_non_null(run);
	run_add_process(run);
	call = run_add_call(run);
	call->abi = ABI_X86_64;
	call->nr = syscall_number(ABI_X86_64, "read");
	call->count = count;
	call->first_ns = UINT64_MAX;
	return run;
}

static void a_run_with_the_id_of_another_is_refused(void **state)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct run *a = run_with_read(1), *b = run_with_read(2);
	struct error err = { 0 };

	(void)state;
	memcpy(b->id, a->id, sizeof(a->id));
	assert_int_equal(run_finish(a, &err) | run_finish(b, &err), 0);
	assert_int_equal(recording_add(recording, a, &err), 0);
	assert_int_equal(recording_add(recording, b, &err), -EBADMSG);
	assert_non_null(strstr(err.message, a->id));
}

static void a_sum_that_does_not_fit_names_the_call(void **state)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new();
	struct run *a = run_with_read(JSON_UINT_MAX), *b = run_with_read(1);
	struct error err = { 0 };
	struct total *totals;
	size_t count;

	(void)state;
	assert_int_equal(run_finish(a, &err) | run_finish(b, &err), 0);
	assert_int_equal(recording_add(recording, a, &err), 0);
	assert_int_equal(recording_totals(recording, false, &totals, &count, &err), 0);
	totals_free(totals, count);
	assert_int_equal(recording_add(recording, b, &err), 0);
	assert_int_equal(recording_totals(recording, false, &totals, &count, &err), -EOVERFLOW);
	assert_non_null(strstr(err.message, "read of x86_64"));
}

static void assert_not_finished(struct run *run, int code, const char *reason)
{
	struct error err = { 0 };

	assert_int_equal(run_finish(run, &err), code);
	if (!strstr(err.message, reason))
		fail_msg("expected \"%s\" in: %s", reason, err.message);
	run_freep(&run);
}

static void a_run_that_contradicts_itself_is_not_finished(void **state)
{
	struct run *run;

	(void)state;
	run = run_with_read(1);
	run->calls[0].process = 1;
	assert_not_finished(run, -EINVAL, "read of x86_64: its process is not in the run");
	run = run_with_read(1);
	run->calls[0].nr |= X32_BIT;
	assert_not_finished(run, -EINVAL, "x32 bit");
	run = run_with_read(1);
	run->calls[0].abi = ABI_COUNT;
	assert_not_finished(run, -EINVAL, "no such ABI");
	run = run_with_read(1);
	run->calls[0].stack = calloc(1, sizeof(struct frame));
	run->calls[0].stack_count = 1;
	assert_not_finished(run, -EINVAL, "a frame's object is not in the run");
	run = run_with_read(1);
	run->calls[0].arguments = calloc(1, sizeof(struct argument_values));
	run->calls[0].arguments_count = 1;
	assert_not_finished(run, -EINVAL, "no arguments that are recorded");
	run = run_with_read(UINT64_MAX);
	assert_not_finished(run, -EOVERFLOW, "its count is over 2^63 - 1");
}

static void rows_that_stand_twice_are_united(void **state)
{
	_cleanup_(run_freep) struct run *run = run_with_read(3);
	struct error err = { 0 };
	struct call *call;

	(void)state;
	run_add_process(run);
	call = run_add_call(run);
	*call = run->calls[0];
	call->process = 1; /* equal to process 0, thus the same */
	call->count = 4;
	call->first_ns = 7;
	call->stack = calloc(1, sizeof(struct frame));
	call->stack_count = 1;
	call->stack[0].object = -1;
	assert_int_equal(run_finish(run, &err), 0);
	assert_int_equal(run->processes_count, 1);
	assert_int_equal(run->calls_count, 1);
	assert_int_equal(run->calls[0].count, 7);
	assert_int_equal(run->calls[0].first_ns, 7);
	assert_int_equal(run->calls[0].stack_count, 1);
}

static void tuples_of_rows_that_stand_twice_are_united(void **state)
{
	_cleanup_(run_freep) struct run *run = run_with_read(1);
	struct error err = { 0 };
	struct call first;

	(void)state;
	first = run->calls[0];
	*run_add_call(run) = first;
	for (size_t i = 0; i < 2; i++) {
		struct call *call = &run->calls[i];

		call->nr = syscall_number(ABI_X86_64, "kill");
		call->arguments = calloc(2, sizeof(*call->arguments));
		call->arguments_count = 2;
		call->arguments[0] = (struct argument_values){ { 15 }, 4 };
		call->arguments[1] = (struct argument_values){ { i }, 1 };
	}
	run->calls[1].arguments_any = true;
	assert_int_equal(run_finish(run, &err), 0);
	assert_int_equal(run->calls_count, 1);
	assert_true(run->calls[0].arguments_any);
	assert_int_equal(run->calls[0].arguments_count, 3);
	assert_int_equal(run->calls[0].arguments[2].value[0], 15);
	assert_int_equal(run->calls[0].arguments[2].count, 8);
}

static void change_text(char **text)
{
	free(*text);
	*text = strdup("changed");
}

/* A whole run with everything in it. */
static struct run *full_run(void)
{
	struct run *run = run_with_read(5);
	struct call *call = &run->calls[0];
	struct error err = { 0 };

	strcpy(run->id, "00112233445566778899aabbccddeeff");
	call->nr = syscall_number(ABI_X86_64, "kill");
	call->arguments = calloc(1, sizeof(*call->arguments));
	call->arguments_count = 1;
	call->stack = calloc(1, sizeof(*call->stack));
	call->stack_count = 1;
	call->stack[0].symbol = strdup("kill");
	run_add_object(run)->path = strdup("/lib/libc.so.6");
	run->processes[0].argv = calloc(2, sizeof(char *));
	run->processes[0].argv[0] = strdup("nginx");
	run->processes[0].line = strdup("ExecStart");
	run_add_line(run)->setting = strdup("ExecStart");
	run->lines[0].command = strdup("nginx");
	assert_int_equal(run_finish(run, &err), 0);
	return run;
}

#define CHANGES 41

/* One difference; false past the last. */
static bool change(struct run *run, size_t which)
{
	struct call *call = &run->calls[0];
	char **const texts[] = {
		&run->observer,
		&run->target,
		&run->ended,
		&run->kernel,
		&run->machine,
		&run->libc,
		&run->systemd,
		&run->os,
		&run->whittle,
		&run->lines[0].setting,
		&run->lines[0].command,
		&run->objects[0].path,
		&run->objects[0].build_id,
		&run->processes[0].executable,
		&run->processes[0].command,
		&run->processes[0].title,
		&run->processes[0].argv[0],
		&run->processes[0].line,
		&call->stack[0].symbol,
	};
	uint64_t *const numbers[] = {
		&run->started_us,
		&run->duration_ns,
		&run->lost.calls,
		&run->lost.arguments,
		&run->lost.stacks,
		&run->lost.processes,
		&call->count,
		&call->first_ns,
		&call->stack[0].offset,
		&call->arguments->count,
		&call->arguments->value[0],
		&call->stack[0].symbol_offset,
	};
	unsigned *const smalls[] = { &run->lines[0].index, &run->processes[0].depth,
				     &run->processes[0].line_index };
	bool *const flags[] = { &run->lines[0].is_seen, &run->processes[0].is_manager,
				&call->arguments_any, &run->is_news };

	if (which < ARRAY_SIZE(texts))
		change_text(texts[which]);
	else if ((which -= ARRAY_SIZE(texts)) < ARRAY_SIZE(numbers))
		*numbers[which] = 77;
	else if ((which -= ARRAY_SIZE(numbers)) < ARRAY_SIZE(smalls))
		*smalls[which] = 77;
	else if ((which -= ARRAY_SIZE(smalls)) < ARRAY_SIZE(flags))
		*flags[which] = !*flags[which];
	else if ((which -= ARRAY_SIZE(flags)) == 0)
		call->phase = PHASE_UNKNOWN;
	else if (which == 1)
		run->filter = FILTER_PRESENT;
	else if (which == 2)
		run->target_kind = TARGET_IMPORT;
	else
		return false;
	return true;
}

static void a_run_that_differs_in_any_one_thing_is_told_apart_and_read_back(void **state)
{
	size_t which = 0;

	(void)state;
	for (;; which++) {
		_cleanup_(recording_freep) struct recording *a = recording_new(),
							    *b = recording_new(), *back = NULL;
		_cleanup_free_ char *text = NULL;
		struct run *changed = full_run();
		struct error err = { 0 };

		if (!change(changed, which)) {
			run_freep(&changed);
			break;
		}
		assert_int_equal(recording_add(a, full_run(), &err), 0);
		assert_int_equal(recording_add(b, changed, &err), 0);
		if (recording_merge(a, b, &err) != -EBADMSG || recording_equal(a, b))
			fail_msg("change %zu goes unnoticed", which);
		text = text_of(b);
		if (recording_parse("b.rec", text, strlen(text), &back, &err) < 0)
			fail_msg("change %zu: %s", which, err.message);
		assert_recordings_equal(b, back);
	}
	assert_int_equal(which, CHANGES);
}

static void a_call_without_tuples_may_have_had_any(void **state)
{
	_cleanup_(run_freep) struct run *run = run_with_read(1);
	struct error err = { 0 };

	(void)state;
	run->calls[0].nr = syscall_number(ABI_X86_64, "socket");
	assert_int_equal(run_finish(run, &err), 0);
	assert_true(run->calls[0].arguments_any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merge_is_commutative),
		cmocka_unit_test(merge_is_associative),
		cmocka_unit_test(merge_with_itself_changes_nothing),
		cmocka_unit_test(merge_leaves_both_sides_as_they_were),
		cmocka_unit_test(what_is_written_is_read_back_exactly),
		cmocka_unit_test(equal_runs_have_their_shape_and_numbers_once),
		cmocka_unit_test(a_lone_run_keeps_its_parts),
		cmocka_unit_test(totals_do_not_depend_on_the_order_of_merging),
		cmocka_unit_test(totals_are_the_sums_of_the_rows),
		cmocka_unit_test(every_run_gets_an_id_of_its_own),
		cmocka_unit_test(a_run_with_the_id_of_another_is_refused),
		cmocka_unit_test(a_sum_that_does_not_fit_names_the_call),
		cmocka_unit_test(a_run_that_contradicts_itself_is_not_finished),
		cmocka_unit_test(rows_that_stand_twice_are_united),
		cmocka_unit_test(tuples_of_rows_that_stand_twice_are_united),
		cmocka_unit_test(a_run_that_differs_in_any_one_thing_is_told_apart_and_read_back),
		cmocka_unit_test(a_call_without_tuples_may_have_had_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
