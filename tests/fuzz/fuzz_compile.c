// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Policies of every shape, made from the input's bytes: what compiles was proved equal by the
 * compiler; here the interpreter, which shares nothing with that proof, must agree on a call that the
 * input chooses.
 */
#include "common/cleanup.h"
#include "filter/compile.h"
#include "policy/action.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static uint8_t byte(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

/* Few bits that mean much: one byte, spread by another. */
static uint64_t value(struct input *input)
{
	uint8_t kind = byte(input);
	uint64_t small = byte(input);

	return kind & 1 ? ~(small << (kind >> 1 & 63)) : small << (kind >> 1 & 63);
}

static action outcome(struct input *input)
{
	static const action all[] = { SECCOMP_RET_ALLOW,	SECCOMP_RET_ERRNO | EPERM,
				      SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_LOG,
				      SECCOMP_RET_TRAP,		SECCOMP_RET_TRACE | 3,
				      SECCOMP_RET_USER_NOTIF,	0x00010000 };

	return all[byte(input) % ARRAY_SIZE(all)];
}

static void add_clauses(struct rule *rule, struct input *input)
{
	for (unsigned clauses = byte(input) % 4; clauses > 0; clauses--) {
		struct clause *clause = rule_add_clause(rule);

		must(clause);
		for (unsigned conditions = byte(input) % 4; conditions > 0; conditions--) {
			uint8_t what = byte(input);
			struct condition condition = { .argument = what % 6,
						       .comparison = what / 6 % 7,
						       .value = value(input) };

			if (condition.comparison == COMPARE_MASKED_EQUAL) {
				condition.mask = value(input);
				condition.value &= condition.mask;
			}
			must(clause_add(clause, condition) == 0);
		}
	}
}

static struct policy *make_policy(struct input *input)
{
	struct policy *policy = policy_new();
	uint8_t abis = byte(input);
	struct error err = { 0 };

	must(policy);
	for (unsigned abi = 0; abi < ABI_COUNT; abi++)
		if (abis >> abi & 1)
			must(policy_add_abi(policy, (enum abi)abi) == 0);
	policy->default_action = outcome(input);
	policy->foreign_action = outcome(input);
	while (input->at < input->end && policy->abis_count > 0) {
		struct rule *rule = policy_add_rule(policy);

		must(rule);
		rule->abi = policy->abis[byte(input) % policy->abis_count];
		rule->nr = byte(input) | (rule->abi == ABI_X32 ? X32_BIT : 0);
		rule->action = outcome(input);
		rule->frequency = value(input) & INT64_MAX;
		add_clauses(rule, input);
	}
	if (policy_finish(policy, &err) < 0)
		policy_freep(&policy);
	return policy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + (size < 4096 ? size : 4096) };
	_cleanup_(policy_freep) struct policy *policy = make_policy(&input);
	_cleanup_(filter_free) struct filter filter = { 0 };
	struct error err = { 0 };

	if (!policy)
		return 0;
	if (filter_compile(policy, NULL, &filter, &err) < 0) {
		must(err.code != -ENOTRECOVERABLE && err.message[0]);
		return 0;
	}
	input = (struct input){ data, data + size };
	for (unsigned i = 0; i < 16; i++) {
		uint64_t arguments[6];
		struct seccomp_data call;
		uint32_t answer;
		enum abi abi = (enum abi)(byte(&input) % ABI_COUNT);
		int nr = byte(&input) | (abi == ABI_X32 ? X32_BIT : 0);

		for (unsigned j = 0; j < 6; j++) {
			arguments[j] = value(&input);
			if (abi == ABI_I386 || abi == ABI_ARM)
				arguments[j] &= UINT32_MAX;
		}
		/* A filter is for one byte order. */
		if (policy->abis_count > 0 &&
		    abi_info(abi)->is_big_endian != abi_info(policy->abis[0])->is_big_endian)
			continue;
		filter_data(abi, nr, arguments, &call);
		must(filter_simulate(&filter, &call, &answer, &err) == 0);
		must(answer == action_outcome(policy_evaluate(policy, abi, nr, arguments)));
	}
	return 0;
}
