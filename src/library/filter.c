// SPDX-License-Identifier: LGPL-2.1-or-later
/* The public filter type, and the conversions between policies and filters. */
#include "library/library.h"

#include "common/cleanup.h"
#include "filter/compare.h"
#include "filter/compile.h"
#include "filter/decode.h"
#include "filter/disassemble.h"
#include "policy/action.h"

#include <errno.h>
#include <string.h>

void whittle_filter_free(struct whittle_filter *filter)
{
	if (!filter)
		return;
	filter_stack_free(&filter->stack);
	free(filter);
}

static void whittle_filter_freep(struct whittle_filter **filter)
{
	whittle_filter_free(*filter);
}

/* Takes the program over, also where memory runs out. */
static int wrap(struct filter *program, struct whittle_filter **filter, struct error *err)
{
	struct whittle_filter *wrapped = calloc(1, sizeof(*wrapped));

	if (wrapped)
		wrapped->stack.filters = malloc(sizeof(*program));
	if (!wrapped || !wrapped->stack.filters) {
		free(wrapped);
		filter_free(program);
		return error_oom(err);
	}
	wrapped->stack.filters[0] = *program;
	wrapped->stack.count = 1;
	*filter = wrapped;
	return 0;
}

static int copy(const struct sock_filter *instructions, size_t count, struct filter *program,
		struct error *err)
{
	program->instructions = calloc(count, sizeof(*instructions));
	if (!program->instructions)
		return error_oom(err);
	memcpy(program->instructions, instructions, count * sizeof(*instructions));
	program->count = count;
	return 0;
}

int whittle_filter_from_bytes(const void *data, size_t size, struct whittle_filter **filter,
			      struct whittle_error *error)
{
	struct error err = { 0 };
	struct filter program;
	int r = filter_from_bytes(data, size, &program, NULL, &err);

	if (r == 0)
		r = wrap(&program, filter, &err);
	return hand_on(r, &err, error);
}

int whittle_filter_from_instructions(const struct sock_filter *instructions, size_t count,
				     struct whittle_filter **filter, struct whittle_error *error)
{
	struct error err = { 0 };
	struct filter program = { 0 };
	/* Nothing of a caller's is changed: the check takes a view. */
	const struct filter view = { (struct sock_filter *)(uintptr_t)instructions, count };
	int r = filter_check(&view, &err);

	if (r == 0)
		r = copy(instructions, count, &program, &err);
	if (r == 0)
		r = wrap(&program, filter, &err);
	return hand_on(r, &err, error);
}

int whittle_filter_from_thread(pid_t tid, struct whittle_filter **filter,
			       struct whittle_error *error)
{
	_cleanup_(whittle_filter_freep) struct whittle_filter *made = calloc(1, sizeof(*made));
	struct error err = { 0 };
	int r = made ? filter_fetch(tid, &made->stack, &err) : error_oom(&err);

	if (r == 0)
		*filter = take(made);
	return hand_on(r, &err, error);
}

int whittle_filter_stack(struct whittle_filter *filter, const struct whittle_filter *newer,
			 struct whittle_error *error)
{
	size_t count = newer->stack.count, whole = filter->stack.count + count;
	struct error err = { 0 };
	struct filter *programs = calloc(whole + 1, sizeof(*programs));
	int r = programs ? 0 : error_oom(&err);

	if (programs) {
		if (whole > count)
			memcpy(programs, filter->stack.filters,
			       (whole - count) * sizeof(*programs));
		free(filter->stack.filters);
		filter->stack.filters = programs;
	}
	/* It may be the filter itself, twice: its count is the old one until all is there. */
	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct filter *from = &newer->stack.filters[i];

		r = copy(from->instructions, from->count, &programs[whole - count + i], &err);
		for (size_t j = 0; r < 0 && j < i; j++)
			filter_free(&programs[whole - count + j]);
	}
	if (r == 0)
		filter->stack.count = whole;
	return hand_on(r, &err, error);
}

size_t whittle_filter_programs(const struct whittle_filter *filter)
{
	return filter->stack.count;
}

const struct sock_filter *whittle_filter_instructions(const struct whittle_filter *filter,
						      size_t program, size_t *count)
{
	if (program >= filter->stack.count)
		return NULL;
	*count = filter->stack.filters[program].count;
	return filter->stack.filters[program].instructions;
}

static int check_program(const struct whittle_filter *filter, size_t program, struct error *err)
{
	if (program < filter->stack.count)
		return 0;
	return error_set(err, -ENOENT, "there is no program %zu: the filter has %zu", program,
			 filter->stack.count);
}

int whittle_filter_write(const struct whittle_filter *filter, size_t program, enum whittle_abi abi,
			 FILE *out, struct whittle_error *error)
{
	struct error err = { 0 };
	int r = check_program(filter, program, &err);

	if (r == 0 && !is_abi(abi))
		r = error_set(&err, -EINVAL, "there is no ABI %d", (int)abi);
	if (r == 0)
		r = filter_write(&filter->stack.filters[program],
				 abi_info((enum abi)abi)->is_big_endian, out, &err);
	return hand_on(r, &err, error);
}

int whittle_filter_disassemble(const struct whittle_filter *filter, size_t program, FILE *out,
			       struct whittle_error *error)
{
	struct error err = { 0 };
	int r = check_program(filter, program, &err);

	if (r == 0)
		r = filter_disassemble(&filter->stack.filters[program], out, &err);
	return hand_on(r, &err, error);
}

int whittle_call_data(enum whittle_abi abi, int nr, const uint64_t arguments[6],
		      struct seccomp_data *call)
{
	if (!is_abi(abi))
		return -EINVAL;
	filter_data((enum abi)abi, nr, arguments, call);
	return 0;
}

int whittle_filter_run(const struct whittle_filter *filter, const struct seccomp_data *call,
		       uint32_t *outcome, size_t *steps, struct whittle_error *error)
{
	struct error err = { 0 };
	size_t sum = 0, one;
	uint32_t answer;
	int r = filter_stack_simulate(&filter->stack, call, &answer, &err);

	for (size_t i = 0; r == 0 && steps && i < filter->stack.count; i++) {
		uint32_t ignored;

		r = filter_trace(&filter->stack.filters[i], call, &ignored, NULL, &one, &err);
		sum += one;
	}
	if (r < 0)
		return hand_on(r, &err, error);
	*outcome = action_outcome(answer);
	if (steps)
		*steps = sum;
	return 0;
}

/* ---- from one to the other ---- */

/* The ABIs as the stages have them, each once. */
static int to_abis(const enum whittle_abi *from, size_t count, enum abi abis[ABI_COUNT],
		   size_t *found, struct error *err)
{
	*found = 0;
	for (size_t i = 0; i < count; i++) {
		bool is_there = false;

		if (!is_abi(from[i]))
			return error_set(err, -EINVAL, "there is no ABI %d", (int)from[i]);
		for (size_t j = 0; j < *found; j++)
			is_there = is_there || abis[j] == (enum abi)from[i];
		if (!is_there)
			abis[(*found)++] = (enum abi)from[i];
	}
	return 0;
}

/* Options of a later version do, as long as they ask for nothing that is not known here. */
static int check_size(const struct whittle_compile_options *options, struct error *err)
{
	const char *bytes = (const char *)options;

	if (options->size < sizeof(*options))
		return error_set(err, -EINVAL,
				 "compile options of %zu bytes, expected at least "
				 "%zu",
				 options->size, sizeof(*options));
	for (size_t i = sizeof(*options); i < options->size; i++)
		if (bytes[i])
			return error_set(
				err, -E2BIG,
				"compile options that this version of libwhittle (%s) does "
				"not know",
				WHITTLE_VERSION);
	return 0;
}

int whittle_compile(const struct whittle_policy *policy,
		    const struct whittle_compile_options *options, struct whittle_filter **filter,
		    struct whittle_error *error)
{
	enum abi abis[ABI_COUNT];
	struct compile_options wanted = { .abis = abis };
	struct filter program;
	struct error err = { 0 };
	int r = options ? check_size(options, &err) : 0;

	if (r == 0 && options) {
		wanted.for_old_kernel = options->for_old_kernel;
		r = to_abis(options->abis, options->abis_count, abis, &wanted.abis_count, &err);
	}
	if (r == 0)
		r = filter_compile(policy->policy, &wanted, &program, &err);
	if (r == 0)
		r = wrap(&program, filter, &err);
	return hand_on(r, &err, error);
}

int whittle_decode(const struct whittle_filter *filter, const enum whittle_abi *abis,
		   size_t abis_count, struct whittle_policy **policy, struct whittle_error *error)
{
	enum abi wanted[ABI_COUNT];
	struct policy *decoded = NULL;
	struct whittle_policy *wrapped;
	struct error err = { 0 };
	size_t count;
	int r = to_abis(abis, abis_count, wanted, &count, &err);

	if (r == 0)
		r = filter_decode(&filter->stack, wanted, count, &decoded, &err);
	if (r < 0)
		return hand_on(r, &err, error);
	wrapped = library_wrap_policy(decoded);
	if (!wrapped)
		return hand_on(error_oom(&err), &err, error);
	*policy = wrapped;
	return 0;
}

struct reporter {
	void (*report)(void *context, const struct whittle_difference *difference);
	void *context;
};

static void hand_out(void *context, const struct difference *from)
{
	const struct reporter *reporter = context;
	struct whittle_difference difference = { .is_foreign = from->is_foreign,
						 .abi = (enum whittle_abi)from->abi,
						 .arch = from->arch,
						 .first = from->nr,
						 .last = from->last,
						 .depends_on_arguments = from->depends_on_arguments,
						 .instruction_pointer = from->instruction_pointer,
						 .left = from->left,
						 .right = from->right };

	memcpy(difference.arguments, from->arguments, sizeof(difference.arguments));
	reporter->report(reporter->context, &difference);
}

static int to_side(struct whittle_side from, struct side *side, struct error *err)
{
	if (!from.policy == !from.filter)
		return error_set(err, -EINVAL, "each side is either a policy or a filter");
	*side = (struct side){ .policy = from.policy ? from.policy->policy : NULL,
			       .stack = from.filter ? &from.filter->stack : NULL };
	return 0;
}

int whittle_compare(struct whittle_side left, struct whittle_side right,
		    void (*report)(void *context, const struct whittle_difference *difference),
		    void *context, struct whittle_error *error)
{
	struct reporter reporter = { report, context };
	struct side sides[2];
	struct error err = { 0 };
	int r = to_side(left, &sides[0], &err);

	if (r == 0)
		r = to_side(right, &sides[1], &err);
	if (r == 0)
		r = filter_compare(sides[0], sides[1], report ? hand_out : NULL, &reporter, &err);
	return hand_on(r, &err, error);
}
