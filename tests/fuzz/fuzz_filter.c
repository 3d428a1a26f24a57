// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A filter from a process or a file is hostile. What passes the kernel's checks must run, be printed
 * and be read within bounds; and what is read back as a policy must compile to a filter of the same
 * meaning.
 */
#include "common/cleanup.h"
#include "filter/compare.h"
#include "filter/compile.h"
#include "filter/decode.h"
#include "filter/disassemble.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void print(const struct filter *filter)
{
	_cleanup_free_ struct context *contexts = NULL;
	struct error err = { 0 };
	char text[256];

	must(filter_contexts(filter, &contexts, &err) == 0);
	for (size_t at = 0; at < filter->count; at++)
		must(strlen(filter_format(filter, at, &contexts[at], text, sizeof(text))) > 0);
}

static void run(const struct filter *filter, const uint8_t *bytes, size_t size)
{
	struct seccomp_data data = { 0 };
	struct error err = { 0 };
	uint32_t answer;
	size_t steps;

	memcpy(&data, bytes, size < sizeof(data) ? size : sizeof(data));
	must(filter_trace(filter, &data, &answer, NULL, &steps, &err) == 0);
	must(steps <= filter->count);
}

static void compile_again(const struct filter_stack *stack, const struct policy *policy)
{
	_cleanup_(filter_free) struct filter compiled = { 0 };
	struct error err = { 0 };

	must(filter_compare((struct side){ .policy = policy }, (struct side){ .stack = stack },
			    NULL, NULL, &err) == 0);
	/* It proves its output itself; what it may say is that a filter would be too long. */
	if (filter_compile(policy, NULL, &compiled, &err) < 0)
		must(err.code != -ENOTRECOVERABLE && err.message[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_(filter_free) struct filter filter = { 0 };
	const enum abi abis[] = { ABI_X86_64, ABI_I386, ABI_X32 };
	struct filter_stack stack = { &filter, 1 };
	struct error err = { 0 };

	if (filter_from_bytes(data, size, &filter, NULL, &err) < 0) {
		must(err.message[0]);
		return 0;
	}
	print(&filter);
	run(&filter, data, size);
	if (filter_decode(&stack, abis, ARRAY_SIZE(abis), &policy, &err) < 0)
		must(err.code == -EOPNOTSUPP || err.code == -ENOMEM);
	else
		compile_again(&stack, policy);
	return 0;
}
