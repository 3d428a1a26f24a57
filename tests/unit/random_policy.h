/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies at random, the same for the same seed: shared by the tests of decoder and compiler. */
#ifndef WHITTLE_TESTS_RANDOM_POLICY_H
#define WHITTLE_TESTS_RANDOM_POLICY_H

#include "common/cleanup.h"
#include "filter/filter.h"
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

/* Calls that are one call everywhere: libseccomp spreads the members of socketcall() and ipc(). */
static inline bool is_plain(enum abi abi, const char *name)
{
	static const char *const spread[] = { "accept",	  "bind",   "connect", "get",
					      "ipc",	  "listen", "msg",     "recv",
					      "sem",	  "send",   "set",     "shm",
					      "shutdown", "socket", "mmap",    "select" };

	/* Newer calls it does not know; and it takes the native number, and translates. */
	if (seccomp_syscall_resolve_name_arch(abi_info(abi)->scmp_arch, name) < 0 ||
	    seccomp_syscall_resolve_name_arch(SCMP_ARCH_NATIVE, name) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(spread); i++)
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

#endif
