/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies at random, the same for the same seed: shared by the tests of decoder and compiler. */
#ifndef WHITTLE_TESTS_RANDOM_POLICY_H
#define WHITTLE_TESTS_RANDOM_POLICY_H

#include "common/cleanup.h"
#include "filter/filter.h"
#include "policy/action.h"
#include "policy/policy.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>

static uint64_t random_state_;

static inline void random_seed(uint64_t seed)
{
	random_state_ = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static inline uint32_t random_draw(void)
{
	random_state_ ^= random_state_ << 13;
	random_state_ ^= random_state_ >> 7;
	random_state_ ^= random_state_ << 17;
	return (uint32_t)(random_state_ >> 16);
}

static inline uint32_t random_below(uint32_t end)
{
	return random_draw() % end;
}

/* Values near which halves and signs change. */
static inline uint64_t random_value(void)
{
	static const uint64_t edges[] = { 0,
					  1,
					  2,
					  10,
					  16,
					  0x7fffffff,
					  0x80000000,
					  0xfffffffe,
					  0xffffffff,
					  0x100000000,
					  0x100000001,
					  0x7fffffffffffffff,
					  0x8000000000000000,
					  0xfffffffffffffffe,
					  0xffffffffffffffff };

	switch (random_below(4)) {
	case 0:
		return (uint64_t)random_draw() << 32 | random_draw();
	case 1:
		return random_below(64);
	default:
		return edges[random_below(ARRAY_SIZE(edges))];
	}
}

static inline action random_action(void)
{
	static const action actions[] = { SECCOMP_RET_ALLOW,	      SECCOMP_RET_ERRNO | EPERM,
					  SECCOMP_RET_ERRNO | ENOSYS, SECCOMP_RET_KILL_PROCESS,
					  SECCOMP_RET_KILL_THREAD,    SECCOMP_RET_LOG,
					  SECCOMP_RET_TRAP,	      SECCOMP_RET_TRACE | 7 };

	return actions[random_below(ARRAY_SIZE(actions))];
}

static inline struct condition random_condition(enum abi abi, uint8_t argument)
{
	struct condition made = { .argument = argument,
				  .comparison = (enum comparison)random_below(7),
				  .value = random_value() };
	/* x32 passes whole registers, of which libseccomp looks at the low halves only: what both
	 * can say is a mask within those. */
	uint64_t room = abi_info(abi)->is_64_bit ? UINT64_MAX : UINT32_MAX;

	if (abi == ABI_X32)
		made.comparison = COMPARE_MASKED_EQUAL;
	made.value &= room;
	if (made.comparison == COMPARE_MASKED_EQUAL) {
		made.mask = random_value() & room;
		made.value &= made.mask;
	}
	return made;
}

/* Calls that libseccomp has by this name and as one call: where there are socketcall() and ipc() it
 * spreads what they do. */
static inline bool is_plain(enum abi abi, const char *name)
{
	bool spreads = abi == ABI_I386 || abi == ABI_PPC64LE || abi == ABI_S390X;
	static const char *const spread[] = { "accept",	  "bind",   "connect", "get",
					      "ipc",	  "listen", "msg",     "recv",
					      "sem",	  "send",   "set",     "shm",
					      "shutdown", "socket", "mmap",    "select" };

	/* Newer calls it does not know; and it takes the native number, and translates. */
	if (seccomp_syscall_resolve_name_arch(abi_info(abi)->scmp_arch, name) < 0 ||
	    seccomp_syscall_resolve_name_arch(SCMP_ARCH_NATIVE, name) < 0)
		return false;
	for (size_t i = 0; spreads && i < ARRAY_SIZE(spread); i++)
		if (strncmp(name, spread[i], strlen(spread[i])) == 0)
			return false;
	return true;
}

static inline void random_clauses(struct rule *rule, uint32_t most)
{
	uint32_t clauses = 1 + random_below(most);

	for (uint32_t i = 0; i < clauses; i++) {
		struct clause *clause = rule_add_clause(rule);
		uint8_t argument = (uint8_t)random_below(3);

		/* Ascending arguments, each once, as libseccomp wants them. */
		for (; argument < 6; argument = (uint8_t)(argument + 1 + random_below(4)))
			clause_add(clause, random_condition(rule->abi, argument));
	}
}

/* Up to six clauses, with ranges of one argument, which libseccomp can't say. */
static inline void random_rich_clauses(struct rule *rule)
{
	for (uint32_t i = 1 + random_below(6); i > 0; i--) {
		struct clause *clause = rule_add_clause(rule);

		for (uint32_t j = 1 + random_below(4); j > 0; j--)
			clause_add(clause, random_condition(rule->abi, (uint8_t)random_below(6)));
		if (random_below(2)) {
			struct condition least =
				random_condition(rule->abi, (uint8_t)random_below(6));
			struct condition most = least;

			least.comparison = COMPARE_GREATER_EQUAL;
			most.comparison = COMPARE_LESS;
			least.mask = most.mask = 0;
			most.value += random_below(2) ? random_below(100) : random_draw();
			clause_add(clause, least);
			clause_add(clause, most);
		}
	}
}

/* FAMILY ends at ABI_COUNT or at three. Every call has one rule, of another action than the
 * default's and of at most so many clauses. */
static inline struct policy *random_policy(const enum abi *family, uint32_t calls, uint32_t clauses)
{
	struct policy *policy = policy_new();
	struct error err = { 0 };

	policy->default_action = random_action();
	policy->foreign_action = random_action();
	for (unsigned i = 0; i < 3 && family[i] != ABI_COUNT; i++) {
		const struct syscall_entry *entries;
		size_t count = syscall_table(family[i], &entries);

		policy_add_abi(policy, family[i]);
		for (uint32_t j = 0; j < calls; j++) {
			const struct syscall_entry *entry = &entries[random_below((uint32_t)count)];
			struct rule *rule;
			bool is_there = false;

			for (size_t k = 0; k < policy->rules_count; k++)
				is_there |= policy->rules[k].abi == family[i] &&
					    policy->rules[k].nr == entry->nr;
			if (is_there || !is_plain(family[i], entry->name))
				continue;
			rule = policy_add_rule(policy);
			rule->abi = family[i];
			rule->nr = entry->nr;
			do {
				rule->action = random_action();
			} while (rule->action == policy->default_action);
			rule->seen_any = true;
			rule->frequency = random_below(3) ? random_below(1000) : 0;
			rule_add_reason(rule, REASON_ASKED, "at random");
			if (random_below(3) == 0)
				random_clauses(rule, clauses);
		}
	}
	if (policy_finish(policy, &err) < 0)
		policy_freep(&policy);
	return policy;
}

/* One ABI family and byte order a filter, as it is in life. */
static const enum abi families[][3] = {
	{ ABI_X86_64, ABI_I386, ABI_COUNT },
	{ ABI_X86_64, ABI_COUNT },
	{ ABI_X86_64, ABI_I386, ABI_X32 },
	{ ABI_AARCH64, ABI_ARM, ABI_COUNT },
	{ ABI_RISCV64, ABI_COUNT },
	{ ABI_PPC64LE, ABI_COUNT },
	{ ABI_S390X, ABI_COUNT },
};
#define FAMILIES (sizeof(families) / sizeof(families[0]))

/* x32 passes whole registers, the other 32-bit ABIs do not. */
static inline uint64_t highest_argument(enum abi abi)
{
	return abi_info(abi)->is_64_bit || abi == ABI_X32 ? UINT64_MAX : UINT32_MAX;
}

struct tried_call {
	enum abi abi;
	int nr;
	uint64_t arguments[6];
};

/* A call near what the policy asks for, at and beside the values of its conditions: others rarely tell
 * two policies apart. */
static inline struct tried_call random_call(const struct policy *policy)
{
	/* A policy may have defaults and nothing else. */
	static const struct rule nothing = { .abi = ABI_X86_64 };
	const struct rule *rule =
		policy->rules_count ? &policy->rules[random_below((uint32_t)policy->rules_count)]
				    : &nothing;
	struct tried_call call = { .nr = random_below(8) ? rule->nr : (int)random_value() };

	for (unsigned i = 0; i < 6; i++) {
		call.arguments[i] = random_value();
		for (size_t j = 0; j < rule->clauses_count; j++)
			for (size_t k = 0; k < rule->clauses[j].count && random_below(2); k++)
				if (rule->clauses[j].conditions[k].argument == i)
					call.arguments[i] = rule->clauses[j].conditions[k].value +
							    random_below(3) - 1;
		call.arguments[i] &= highest_argument(rule->abi);
	}
	abi_from_audit(abi_info(rule->abi)->audit_arch, call.nr, &call.abi);
	return call;
}

/* What a filter answers, as the kernel acts on it. */
static inline uint32_t run_call(const struct filter *filter, const struct tried_call *call)
{
	struct seccomp_data data;
	struct error err = { 0 };
	uint32_t answer = 0;

	filter_data(call->abi, call->nr, call->arguments, &data);
	filter_simulate(filter, &data, &answer, &err);
	return action_outcome(answer);
}

#endif
