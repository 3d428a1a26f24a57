// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_meaning POLICY VERSION PID INHERITED [RELEASE [FORMAT]]: holds what `emit FORMAT` (systemd) says that
 * its output means against the filters of a process that runs under it, its INHERITED oldest ones set aside: every
 * number of every local ABI, with arguments around every value that the meaning asks for. Prints
 * each difference; exits 0 where there is none.
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "filter/filter.h"
#include "policy/action.h"
#include "syscall/syscall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check {
	const struct policy *meaning;
	struct filter_stack stack;
	size_t calls, differences;
	bool differs; /* the call at hand */
};

static void check_call(struct check *check, enum abi abi, int nr, const uint64_t arguments[6])
{
	struct seccomp_data data = { .nr = nr, .arch = abi_info(abi)->audit_arch };
	uint32_t wanted = policy_evaluate(check->meaning, abi, nr, arguments), live;
	char wanted_text[32], live_text[32];
	const char *name = syscall_name(abi, nr);
	struct error err = { 0 };

	/* A 32-bit ABI's registers have 32 bits; x32's have 64. */
	for (size_t i = 0; i < 6; i++)
		data.args[i] = abi == ABI_I386 ? (uint32_t)arguments[i] : arguments[i];
	if (filter_stack_simulate(&check->stack, &data, &live, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		exit(2);
	}
	check->calls++;
	if (live == wanted || check->differs)
		return;
	check->differs = true;
	if (check->differences++ < 20)
		printf("%s %d (%s), argument %#llx %#llx %#llx: meaning %s, kernel %s\n",
		       abi_info(abi)->name, nr, name ? name : "?", (unsigned long long)arguments[0],
		       (unsigned long long)arguments[1], (unsigned long long)arguments[2],
		       action_format(wanted, wanted_text, sizeof(wanted_text)),
		       action_format(live, live_text, sizeof(live_text)));
}

/* Values that tell conditions apart: all small ones, every bit, and those with a high half. */
static size_t make_values(uint64_t *values)
{
	size_t count = 0;

	for (uint64_t small = 0; small < 64; small++)
		values[count++] = small;
	for (unsigned bit = 6; bit < 64; bit++)
		values[count++] = UINT64_C(1) << bit;
	values[count++] = UINT32_MAX;
	values[count++] = UINT64_MAX;
	for (uint64_t small = 0; small < 12; small++)
		values[count++] = UINT64_C(1) << 32 | small;
	values[count++] = 04000 | 0644;
	values[count++] = 0xffff;
	return count;
}

static void check_number(struct check *check, enum abi abi, int nr)
{
	uint64_t values[256];
	size_t count = make_values(values), rules = 0;
	const char *name = syscall_name(abi, nr);
	const struct rule *rule = policy_find(check->meaning, abi, nr, &rules);

	check->differs = false;
	/* Of a call whose arguments nobody tells apart a few values are enough. */
	if (!(name && syscall_arguments(name)) && !(rules == 1 && rule->clauses_count) && rules < 2)
		count = 3;
	for (size_t i = 0; i < count; i++) {
		uint64_t arguments[6] = { 0 };

		/* One argument alone, then all of them, then with the rest set. */
		for (unsigned at = 0; at < 6; at++) {
			arguments[at] = values[i];
			check_call(check, abi, nr, arguments);
			arguments[at] = 0;
		}
		for (unsigned at = 0; at < 6; at++)
			arguments[at] = values[i];
		check_call(check, abi, nr, arguments);
		for (unsigned at = 0; at < 6; at++) {
			for (unsigned other = 0; other < 6; other++)
				arguments[other] = UINT32_MAX;
			arguments[at] = values[i];
			check_call(check, abi, nr, arguments);
		}
	}
}

static void drop_inherited(struct filter_stack *stack, size_t inherited)
{
	for (size_t i = 0; i < inherited && stack->count; i++) {
		filter_free(&stack->filters[0]);
		stack->count--;
		memmove(stack->filters, stack->filters + 1, stack->count * sizeof(*stack->filters));
	}
}

int main(int argc, char *argv[])
{
	_cleanup_(policy_freep) struct policy *policy = NULL, *meaning = NULL;
	const struct emitter *emitter = emitter_find(argc == 7 ? argv[6] : "systemd");
	struct emit_options options = { 0 };
	struct check check = { 0 };
	struct error err = { 0 };
	enum abi abis[ABI_COUNT];
	unsigned count = abi_local(abis);
	int r;

	if (argc < 5 || argc > 7 || !emitter)
		return 2;
	options.systemd_version = (unsigned)atoi(argv[2]);
	options.release = argc >= 6 ? (unsigned)atoi(argv[5]) : 0;
	r = policy_read(argv[1], &policy, &err);
	if (r == 0)
		r = emit_meaning(emitter, policy, &options, &meaning, &err);
	if (r == 0)
		r = filter_fetch(atoi(argv[3]), &check.stack, &err);
	if (r < 0) {
		fprintf(stderr, "%s\n", err.message);
		return 2;
	}
	drop_inherited(&check.stack, (size_t)atoi(argv[4]));
	check.meaning = meaning;
	for (unsigned i = 0; i < count; i++) {
		int base = abis[i] == ABI_X32 ? X32_BIT : 0;

		for (int nr = base; nr < base + 700; nr++)
			check_number(&check, abis[i], nr);
	}
	printf("%zu filters, %zu calls, %zu numbers that differ\n", check.stack.count, check.calls,
	       check.differences);
	filter_stack_free(&check.stack);
	return check.differences ? 1 : 0;
}
