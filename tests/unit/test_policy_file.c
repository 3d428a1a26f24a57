// SPDX-License-Identifier: LGPL-2.1-or-later
/* The policy's file: random policies survive the round trip, and what contradicts itself or the
 * tables is refused with its place. */
#include "common/cleanup.h"
#include "policy/action.h"
#include "policy/policy.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* xorshift: the same policies on every machine. */
static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
	return next(state) % limit;
}

/* Values near the edges as often as any. */
static uint64_t random_value(uint64_t *state)
{
	static const uint64_t edges[] = { 0, 1, INT64_MAX, 1ULL << 63, UINT64_MAX, UINT32_MAX };

	return below(state, 2) ? next(state) : edges[below(state, ARRAY_SIZE(edges))];
}

static char *random_text(uint64_t *state)
{
	static const char *const parts[] = {
		"a", "\n", "\\", "\"", "\xff", "\xc3\xa9", "\x01", "/"
	};
	char *text = calloc(1, 64);

	assert_non_null(text);
	for (uint64_t i = below(state, 12); i > 0; i--)
		strcat(text, parts[below(state, ARRAY_SIZE(parts))]);
	return text;
}

static uint32_t random_action(uint64_t *state)
{
	static const uint32_t kinds[] = { SECCOMP_RET_ALLOW,	   SECCOMP_RET_ERRNO | EPERM,
					  SECCOMP_RET_ERRNO | 999, SECCOMP_RET_KILL_PROCESS,
					  SECCOMP_RET_TRACE | 77,  SECCOMP_RET_LOG };

	return kinds[below(state, ARRAY_SIZE(kinds))];
}

static void fill_rule(struct rule *rule, const struct policy *policy, uint64_t *state)
{
	const struct syscall_entry *entries;
	size_t count;

	rule->abi = policy->abis[below(state, policy->abis_count)];
	count = syscall_table(rule->abi, &entries);
	rule->nr = entries[below(state, count)].nr;
	if (rule->abi != ABI_X32 && below(state, 20) == 0)
		rule->nr = 900 + (int)below(state, 99);
	rule->action = random_action(state);
	for (uint64_t i = below(state, 3); i > 0; i--) {
		struct clause *clause = rule_add_clause(rule);

		for (uint64_t j = 1 + below(state, 3); j > 0; j--) {
			struct condition condition = {
				.argument = (uint8_t)below(state, 6),
				.comparison = (enum comparison)below(state, COMPARISON_COUNT),
				.value = random_value(state),
			};

			if (condition.comparison == COMPARE_MASKED_EQUAL)
				condition.mask = random_value(state);
			assert_int_equal(clause_add(clause, condition), 0);
		}
	}
	for (uint64_t i = below(state, 3); i > 0; i--) {
		_cleanup_free_ char *text = random_text(state);

		rule_add_reason(rule, (enum reason_kind)below(state, REASON_COUNT), "%s", text);
	}
	rule->phases = (unsigned)below(state, 1 << PHASE_COUNT);
	rule->frequency = random_value(state);
	rule->seen_any = below(state, 2);
	for (uint64_t i = rule_tuple_size(rule) ? below(state, 4) : 0; i > 0; i--) {
		struct argument_values values = { .count = random_value(state) };

		for (size_t j = 0; j < rule_tuple_size(rule); j++)
			values.value[j] = random_value(state);
		assert_int_equal(rule_add_seen(rule, &values), 0);
	}
}

static struct span random_span(const struct policy *policy, uint64_t *state)
{
	uint32_t a = (uint32_t)random_value(state), b = (uint32_t)random_value(state);

	return (struct span){ policy->abis[below(state, policy->abis_count)], a < b ? a : b,
			      a < b ? b : a, random_action(state) };
}

/* What version 2 of the file added. */
static void fill_parts(struct policy *policy, uint64_t *state)
{
	static const char *const names[] = { "UMask", "ProtectClock", "RestrictAddressFamilies" };

	policy->starts_known = below(state, 2);
	for (uint64_t i = below(state, 3); i > 0; i--) {
		struct start *start = policy_add_start(policy);

		assert_true(asprintf(&start->executable, "/%llu\xff", (unsigned long long)i) > 0);
		start->runs = 1 + below(state, INT64_MAX);
	}
	policy->is_idle = below(state, 2);
	for (uint64_t i = below(state, 3); i > 0; i--) {
		struct withheld_call *call = policy_add_withheld(policy);

		call->abi = policy->abis[0];
		call->nr = (call->abi == ABI_X32 ? 1 << 30 : 0) + (int)i;
		call->path = random_text(state);
		call->is_own = below(state, 2);
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint64_t choice = below(state, 4);
		struct directive *directive = choice == 0   ? policy_add_omitted(policy)
					      : choice == 3 ? NULL
							    : policy_add_directive(policy);

		if (!directive)
			continue;
		directive->name = strdup(names[i]);
		directive->value = choice == 1 ? strdup("yes\\\"\xff") : NULL;
		for (uint64_t k = choice == 2 ? below(state, 4) : 0; k > 0; k--)
			assert_int_equal(directive_add_value(directive, k & 1 ? "b" : "a"), 0);
		assert_int_equal(directive_add_reason(directive, REASON_ASKED, "%s", "\n"), 0);
		directive->reasons[0].of_hosts = below(state, 2) ? 2000 : 0;
		directive->reasons[0].hosts = directive->reasons[0].of_hosts ? 1997 : 0;
	}
}

static struct policy *random_policy(uint64_t seed)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
	struct policy *policy = policy_new();
	struct error err = { 0 };

	assert_non_null(policy);
	for (uint64_t i = 1 + below(&state, 3); i > 0; i--)
		policy_add_abi(policy, (enum abi)below(&state, ABI_COUNT));
	policy->target = below(&state, 2) ? random_text(&state) : NULL;
	policy->level = below(&state, 2) ? strdup("observed") : NULL;
	policy->systemd = below(&state, 2) ? strdup("252.39-1~deb12u2") : NULL;
	policy->libc = below(&state, 2) ? strdup("glibc 2.36") : NULL;
	policy->default_action = random_action(&state);
	policy->foreign_action = random_action(&state);
	for (uint64_t i = below(&state, 3); i > 0; i--)
		policy_add_span(policy, random_span(policy, &state));
	for (uint64_t i = below(&state, 4); i > 0; i--) {
		_cleanup_free_ char *text = random_text(&state);

		assert_int_equal(policy_add_open(policy, "%s", text), 0);
	}
	for (uint64_t i = below(&state, 4); i > 0; i--) {
		char id[33];

		snprintf(id, sizeof(id), "%016llx%016llx", (unsigned long long)next(&state),
			 (unsigned long long)next(&state));
		assert_int_equal(policy_add_recording(policy, id), 0);
	}
	for (uint64_t i = below(&state, 30); i > 0; i--)
		fill_rule(policy_add_rule(policy), policy, &state);
	fill_parts(policy, &state);
	assert_int_equal(policy_finish(policy, &err), 0);
	return policy;
}

static char *text_of(const struct policy *policy, size_t *size)
{
	struct error err = { 0 };
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	assert_non_null(out);
	assert_int_equal(policy_write(policy, out, &err), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_rules_equal(const struct rule *a, const struct rule *b)
{
	assert_int_equal(a->abi, b->abi);
	assert_int_equal(a->nr, b->nr);
	assert_int_equal(a->action, b->action);
	assert_int_equal(a->phases, b->phases);
	assert_true(a->frequency == b->frequency);
	assert_int_equal(a->seen_any, b->seen_any);
	assert_int_equal(a->clauses_count, b->clauses_count);
	for (size_t i = 0; i < a->clauses_count; i++) {
		assert_int_equal(a->clauses[i].count, b->clauses[i].count);
		for (size_t j = 0; j < a->clauses[i].count; j++) {
			const struct condition *left = &a->clauses[i].conditions[j];
			const struct condition *right = &b->clauses[i].conditions[j];

			assert_int_equal(left->argument, right->argument);
			assert_int_equal(left->comparison, right->comparison);
			assert_true(left->value == right->value && left->mask == right->mask);
		}
	}
	assert_int_equal(a->reasons_count, b->reasons_count);
	for (size_t i = 0; i < a->reasons_count; i++) {
		assert_int_equal(a->reasons[i].kind, b->reasons[i].kind);
		assert_string_equal(a->reasons[i].text, b->reasons[i].text);
	}
	assert_int_equal(a->seen_count, b->seen_count);
	if (a->seen_count)
		assert_memory_equal(a->seen, b->seen, a->seen_count * sizeof(*a->seen));
}

static void a_policy_is_the_same_after_writing_and_reading(void **state)
{
	uint64_t state_of_numbers = 7;

	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		_cleanup_(policy_freep) struct policy *policy = random_policy(seed), *back = NULL;
		_cleanup_(policy_freep) struct policy *copy = policy_copy(policy);
		_cleanup_free_ char *text = NULL, *again = NULL, *third = NULL;
		size_t size, size_again, size_third;
		struct error err = { 0 };

		text = text_of(policy, &size);
		if (policy_parse("random", text, size, &back, &err) < 0)
			fail_msg("seed %llu: %s", (unsigned long long)seed, err.message);
		again = text_of(back, &size_again);
		assert_int_equal(size, size_again);
		assert_memory_equal(text, again, size);
		third = text_of(copy, &size_third);
		assert_string_equal(text, third);
		for (unsigned abi = 0; abi < ABI_COUNT; abi++)
			for (unsigned i = 0; i < 20; i++) {
				int nr = (int)random_value(&state_of_numbers);

				assert_int_equal(policy_default(policy, (enum abi)abi, nr),
						 policy_default(back, (enum abi)abi, nr));
			}
		assert_int_equal(policy->rules_count, back->rules_count);
		for (size_t i = 0; i < policy->rules_count; i++)
			assert_rules_equal(&policy->rules[i], &back->rules[i]);
	}
}

/* One %s stands for what goes into the only rule, the other for more members of the top. */
#define POLICY(top, rule)                                                     \
	"{\"format\":\"whittle-policy\",\"version\":1,\"abis\":[\"x86_64\"]," \
	"\"default\":\"errno:EPERM\",\"foreign\":\"kill_process\"" top        \
	",\"rules\":[{\"abi\":\"x86_64\"," rule "}]}"
#define SECOND(top, rule)                                                     \
	"{\"format\":\"whittle-policy\",\"version\":2,\"abis\":[\"x86_64\"]," \
	"\"default\":\"errno:EPERM\",\"foreign\":\"kill_process\"" top        \
	",\"rules\":[{\"abi\":\"x86_64\"," rule "}]}"
#define REASON(more) ",\"reasons\":[{\"kind\":\"seen\",\"text\":\"\"," more "}]"
#define READ	     "\"name\":\"read\",\"nr\":0,\"action\":\"allow\""

static void what_contradicts_itself_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "[]", "object" },
		{ "{}", "not a policy" },
		{ "{\"format\":\"whittle-recording\",\"version\":1}", "not a policy" },
		{ "{\"format\":\"whittle-policy\",\"version\":3,\"new\":1}", "version 3" },
		{ "{\"format\":\"whittle-policy\",\"version\":0,\"new\":1}", "version 0" },
		{ "{\"format\":\"whittle-policy\",\"version\":\"1\"}", "version" },
		{ POLICY("", READ ",\"x\":1"), "rules[0]" },
		{ POLICY(",\"x\":1", READ), "x" },
		{ POLICY("", "\"name\":\"read\",\"nr\":1,\"action\":\"allow\""),
		  "rules[0].name: contradiction" },
		{ POLICY("", "\"name\":\"raed\",\"action\":\"allow\""), "\"raed\"" },
		{ POLICY("", "\"name\":\"waitpid\",\"action\":\"allow\""), "\"waitpid\"" },
		{ POLICY("", "\"action\":\"allow\""), "needs" },
		{ POLICY("", "\"nr\":-1,\"action\":\"allow\""), "rules[0].nr" },
		{ POLICY("", "\"nr\":2147483648,\"action\":\"allow\""), "rules[0].nr" },
		{ POLICY("", "\"nr\":1e3,\"action\":\"allow\""), "rules[0].nr" },
		{ POLICY("", "\"nr\":1073741825,\"action\":\"allow\""), "bit 30" },
		{ POLICY("", "\"nr\":0"), "action" },
		{ POLICY("", "\"nr\":0,\"action\":\"maybe\""), "\"maybe\"" },
		{ POLICY("", READ ",\"clauses\":[[]]"), "rules[0].clauses[0]" },
		{ POLICY("", READ ",\"clauses\":[[{\"argument\":6,\"comparison\":\"==\",\"value\":"
				  "0}]]"),
		  "clauses[0][0].argument" },
		{ POLICY("", READ ",\"clauses\":[[{\"argument\":0,\"comparison\":\"=\",\"value\":0}"
				  "]]"),
		  "comparison" },
		{ POLICY("", READ ",\"clauses\":[[{\"argument\":0,\"comparison\":\"==\",\"value\":"
				  "0,\"mask\":1}]]"),
		  "takes no mask" },
		{ POLICY("", READ ",\"clauses\":[[{\"argument\":0,\"comparison\":\"&==\",\"value\":"
				  "0}]]"),
		  "mask" },
		{ POLICY("", READ ",\"clauses\":[[{\"argument\":0,\"comparison\":\"==\",\"value\":"
				  "\"0x10000000000000000\"}]]"),
		  "value" },
		{ POLICY("", READ ",\"clauses\":[[{\"argument\":0,\"comparison\":\"==\",\"value\":"
				  "-1}]]"),
		  "value" },
		{ POLICY("", READ ",\"seen\":[{\"values\":[1],\"count\":1}]"), "0 of this call" },
		{ POLICY("", READ ",\"frequency\":-1"), "frequency" },
		{ POLICY("", READ ",\"phases\":[\"later\"]"), "phases[0]" },
		{ POLICY("", READ ",\"reasons\":[{\"kind\":\"felt\",\"text\":\"\"}]"), "kind" },
		{ POLICY("", READ ",\"reasons\":[{\"kind\":\"seen\"}]"), "text" },
		{ POLICY(",\"recordings\":[\"abc\"]", READ), "recordings[0]" },
		{ POLICY(",\"open\":\"nothing\"", READ), "open" },
		{ POLICY(",\"starts\":[]", READ), "starts: unknown key in a file of version 1" },
		{ POLICY(",\"idle\":true", READ), "idle: unknown key in a file of version 1" },
		{ POLICY(",\"withheld\":[]", READ),
		  "withheld: unknown key in a file of version 1" },
		{ POLICY(",\"directives\":[]", READ),
		  "directives: unknown key in a file of version 1" },
		{ POLICY(",\"omitted\":[]", READ), "omitted: unknown key in a file of version 1" },
		{ POLICY("", READ REASON("\"hosts\":1,\"of_hosts\":1")),
		  "hosts: unknown key in a file of version 1" },
		{ SECOND("", READ REASON("\"hosts\":1")), "of_hosts" },
		{ SECOND("", READ REASON("\"hosts\":3,\"of_hosts\":2")), "range 1" },
		{ SECOND("", READ REASON("\"hosts\":0,\"of_hosts\":2")), "range 1" },
		{ SECOND(",\"starts\":[{\"executable\":\"/a\",\"runs\":0}]", READ),
		  "without a run" },
		{ SECOND(",\"starts\":[{\"executable\":\"/a\",\"runs\":1},{\"executable\":\"/a\",\"runs\":1}]",
			 READ),
		  "listed twice" },
		{ SECOND(",\"starts\":{}", READ), "starts" },
		{ SECOND(",\"idle\":false", READ), "idle" },
		{ SECOND(",\"withheld\":[{\"abi\":\"x86_64\",\"name\":\"chroot\",\"path\":\"a\"}]",
			 READ),
		  "own" },
		{ SECOND(",\"withheld\":[{\"abi\":\"x86_64\",\"name\":\"chroot\",\"nr\":1,\"path\":\"a\",\"own\":true}]",
			 READ),
		  "withheld[0].name: contradiction" },
		{ SECOND(",\"withheld\":[{\"abi\":\"i386\",\"name\":\"chroot\",\"path\":\"a\",\"own\":true}]",
			 READ),
		  "ABI" },
		{ SECOND(",\"directives\":[{\"name\":\"UMask\"}]", READ),
		  "directives[0]: a directive has either" },
		{ SECOND(",\"directives\":[{\"name\":\"UMask\",\"value\":\"a\",\"values\":[]}]",
			 READ),
		  "directives[0]: a directive has either" },
		{ SECOND(",\"directives\":[{\"name\":\"UMask=\\n[Service]\",\"value\":\"a\"}]",
			 READ),
		  "letters and digits" },
		{ SECOND(",\"directives\":[{\"name\":\"UMask\",\"value\":\"1\\nExecStart=/x\"}]",
			 READ),
		  "control character" },
		{ SECOND(",\"directives\":[{\"name\":\"UMask\",\"values\":[\"a\",\"\\r\"]}]", READ),
		  "control character" },
		{ SECOND(",\"directives\":[{\"name\":\"UMask\",\"value\":\"1\"},{\"name\":\"UMask\",\"value\":\"2\"}]",
			 READ),
		  "listed twice" },
		{ SECOND(",\"directives\":[{\"name\":\"UMask\",\"value\":\"1\"}],\"omitted\":[{\"name\":\"UMask\"}]",
			 READ),
		  "both set and left out" },
		{ SECOND(",\"omitted\":[{\"name\":\"UMask\",\"value\":\"1\"}]", READ),
		  "omitted[0].value" },
		{ "{\"format\":\"whittle-policy\",\"version\":1,\"abis\":[\"x86_64\",\"x86_64\"],"
		  "\"default\":\"log\",\"foreign\":\"log\",\"rules\":[]}",
		  "twice" },
		{ "{\"format\":\"whittle-policy\",\"version\":1,\"abis\":[\"pdp11\"],"
		  "\"default\":\"log\",\"foreign\":\"log\",\"rules\":[]}",
		  "\"pdp11\"" },
		{ "{\"format\":\"whittle-policy\",\"version\":1,\"abis\":[],"
		  "\"default\":\"log\",\"foreign\":\"log\",\"rules\":[{\"abi\":\"i386\",\"nr\":1,"
		  "\"action\":\"allow\"}]}",
		  "contradiction" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = NULL;
		struct error err = { 0 };

		if (policy_parse("bad.policy", rows[i].text, strlen(rows[i].text), &policy, &err) ==
		    0)
			fail_msg("taken: %s", rows[i].text);
		assert_null(policy);
		if (!strstr(err.message, rows[i].words) || !strstr(err.message, "bad.policy"))
			fail_msg("expected \"%s\" in: %s", rows[i].words, err.message);
	}
}

static void a_rule_by_name_alone_or_number_alone_is_taken(void **state)
{
	static const char by_name[] = POLICY("", "\"name\":\"read\",\"action\":\"allow\"");
	static const char by_number[] = POLICY("", "\"nr\":999,\"action\":\"allow\"");
	_cleanup_(policy_freep) struct policy *first = NULL, *second = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(policy_parse("a", by_name, strlen(by_name), &first, &err), 0);
	assert_int_equal(first->rules[0].nr, 0);
	assert_int_equal(policy_parse("b", by_number, strlen(by_number), &second, &err), 0);
	assert_int_equal(second->rules[0].nr, 999);
}

static void every_cut_of_a_policy_is_refused(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = random_policy(7);
	_cleanup_free_ char *text = NULL;
	size_t size;

	(void)state;
	text = text_of(policy, &size);
	for (size_t length = 0; length + 1 < size; length += 1 + length / 50) {
		struct policy *cut = NULL;
		struct error err = { 0 };

		assert_true(policy_parse("cut", text, length, &cut, &err) < 0);
		assert_null(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_is_the_same_after_writing_and_reading),
		cmocka_unit_test(what_contradicts_itself_is_refused_with_its_place),
		cmocka_unit_test(a_rule_by_name_alone_or_number_alone_is_taken),
		cmocka_unit_test(every_cut_of_a_policy_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
