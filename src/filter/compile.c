// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The compiler. For each architecture, numbers with the same outcome form ranges, and a tree of
 * comparisons, shaped by the recorded frequencies, finds the range; calls whose outcome depends on
 * arguments then run a block for those (block.c). Since Linux 5.11 the kernel answers a call that
 * is always allowed from a bitmap (kernel/seccomp.c: seccomp_cache_check_allow()) and runs the
 * program only for the others, so the tree tests those first. The program is written from its end
 * (assemble.c), read back (decode.h) and compared with the policy before it is returned.
 */
#include "filter/compile.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "filter/block.h"
#include "filter/compare.h"
#include "filter/evaluate.h"
#include "filter/tree.h"
#include "policy/action.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <string.h>

/* What a call that the bitmap answers weighs, next to one that runs the program. */
#define BITMAP_WEIGHT (1.0 / 16)

#define SAMPLES_MAX 256 /* of one call */
#define ORDERS_MAX  24 /* of one call's arguments: all of up to four */

/* A call's outcome, and what is known of its arguments. */
struct target {
	node answer;
	struct order order;
	struct sample *samples;
	size_t samples_count;
};

struct compiler {
	const struct policy *policy;
	bool for_old_kernel, big_endian;
	struct diagrams *diagrams;
	struct assembler assembler;
	struct blocks blocks;
	struct target *targets;
	size_t targets_count;
	struct tree_range *ranges; /* of the architecture at hand */
	size_t ranges_count;
	struct error *err;
};

static void compiler_clear(struct compiler *c)
{
	for (size_t i = 0; i < c->targets_count; i++)
		free(c->targets[i].samples);
	free(c->targets);
	free(c->ranges);
	blocks_clear(&c->blocks);
	assembler_clear(&c->assembler);
	diagrams_freep(&c->diagrams);
}

static const struct order natural_order = { { 0, 1, 2, 3, 4, 5 } };

/* ---- targets ---- */

/* The same outcome, asked for in the same order, is one target: what was seen is added up. */
static int add_target(struct compiler *c, struct target target, uint32_t *index)
{
	for (size_t i = 0; i < c->targets_count; i++) {
		struct target *there = &c->targets[i];
		struct sample *samples;

		if (there->answer != target.answer ||
		    memcmp(&there->order, &target.order, sizeof(target.order)) != 0)
			continue;
		*index = (uint32_t)i;
		if (target.samples_count == 0)
			return 0;
		samples = array_grow(&there->samples, there->samples_count, target.samples_count);
		if (!samples)
			return error_oom(c->err);
		memcpy(samples, target.samples, target.samples_count * sizeof(*samples));
		there->samples_count += target.samples_count;
		return 0;
	}
	if (!array_grow_one(&c->targets, c->targets_count))
		return error_oom(c->err);
	*index = (uint32_t)c->targets_count;
	c->targets[c->targets_count] = target;
	c->targets[c->targets_count].samples = NULL;
	c->targets[c->targets_count].samples_count = 0;
	c->targets_count++;
	return target.samples_count ? add_target(c, target, index) : 0;
}

static int constant_target(struct compiler *c, action outcome, uint32_t *index)
{
	struct target target = { .answer = diagram_terminal(c->diagrams, TERMINAL_ACTION,
							    action_outcome(outcome)),
				 .order = natural_order };

	if (target.answer == DIAGRAM_NONE)
		return diagrams_error(c->diagrams, c->err);
	return add_target(c, target, index);
}

/* The recorded tuples of a call's rules. */
static size_t find_samples(const struct rule *rules, size_t count, struct sample out[SAMPLES_MAX])
{
	const char *name = syscall_name(rules->abi, rules->nr);
	const struct syscall_arguments *known =
		name ? syscall_arguments_of(rules->abi, name) : NULL;
	size_t found = 0;

	for (size_t i = 0; known && i < count; i++) {
		for (size_t j = 0; j < rules[i].seen_count && found < SAMPLES_MAX; j++) {
			const struct argument_values *seen = &rules[i].seen[j];

			out[found] = (struct sample){ .weight = (double)seen->count + 1 };
			for (unsigned k = 0; k < known->count; k++)
				if (known->argument[k].pointee_offset < 0)
					out[found].arguments[known->argument[k].index] =
						seen->value[k];
			found++;
		}
	}
	return found;
}

/* ---- the order in which arguments are looked at ---- */

static unsigned find_used(const struct rule *rules, size_t count, uint8_t used[6])
{
	unsigned mask = 0, found = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < rules[i].clauses_count; j++)
			for (size_t k = 0; k < rules[i].clauses[j].count; k++)
				mask |= 1u << rules[i].clauses[j].conditions[k].argument;
	for (uint8_t i = 0; i < 6; i++)
		if (mask >> i & 1)
			used[found++] = i;
	return found;
}

/* The next permutation in lexical order; false after the last. */
static bool next_permutation(uint8_t *items, unsigned count)
{
	unsigned at = count - 1, other = at;
	uint8_t swap;

	while (at > 0 && items[at - 1] >= items[at])
		at--;
	if (at == 0)
		return false;
	while (items[other] <= items[at - 1])
		other--;
	swap = items[at - 1];
	items[at - 1] = items[other];
	items[other] = swap;
	for (unsigned i = at, j = count - 1; i < j; i++, j--) {
		swap = items[i];
		items[i] = items[j];
		items[j] = swap;
	}
	return true;
}

/* Arguments that are not used keep out of the way behind those that are. */
static struct order order_of(const uint8_t *used, unsigned count)
{
	struct order order;
	unsigned next = count, taken = 0;

	for (unsigned i = 0; i < count; i++) {
		order.argument[i] = used[i];
		taken |= 1u << used[i];
	}
	for (uint8_t i = 0; i < 6; i++)
		if (!(taken >> i & 1))
			order.argument[next++] = i;
	return order;
}

static node answer_in_order(struct compiler *c, const struct rule *rules, size_t count,
			    const struct order *order)
{
	bool is_32_bit = !abi_info(rules->abi)->is_64_bit && rules->abi != ABI_X32;
	uint8_t places[6];
	node answer;

	for (uint8_t i = 0; i < 6; i++)
		places[order->argument[i]] = i;
	answer = meaning_of_call(c->diagrams, rules, count,
				 policy_default(c->policy, rules->abi, rules->nr), places);
	return is_32_bit ? meaning_without_high_halves(c->diagrams, answer) : answer;
}

static int call_target(struct compiler *c, const struct rule *rules, size_t count, uint32_t *index)
{
	struct sample samples[SAMPLES_MAX];
	struct target best = { .answer = DIAGRAM_NONE, .samples = samples };
	uint8_t used[6];
	unsigned used_count = find_used(rules, count, used);
	double least = 0;

	best.samples_count = find_samples(rules, count, samples);
	for (unsigned tried = 0; tried < ORDERS_MAX; tried++) {
		struct order order = order_of(used, used_count);
		node answer = answer_in_order(c, rules, count, &order);
		double cost;

		if (answer == DIAGRAM_NONE)
			return diagrams_error(c->diagrams, c->err);
		cost = block_cost(&c->blocks, answer, &order, samples, best.samples_count);
		if (best.answer == DIAGRAM_NONE || cost < least) {
			best.answer = answer;
			best.order = order;
			least = cost;
		}
		if (used_count < 2 || used_count > 4 || !next_permutation(used, used_count))
			break;
	}
	if (diagram_level(c->diagrams, best.answer) == TERMINAL_LEVEL) {
		best.order = natural_order;
		best.samples_count = 0;
	}
	return add_target(c, best, index);
}

/* ---- ranges of numbers ---- */

static int add_range(struct compiler *c, uint32_t first, uint32_t last, uint32_t target,
		     double weight)
{
	if (!array_grow_one(&c->ranges, c->ranges_count))
		return error_oom(c->err);
	c->ranges[c->ranges_count++] = (struct tree_range){ first, last, target, weight };
	return 0;
}

/* How often the program runs for the call, on the scale of the recording. */
static double weight_of(const struct compiler *c, const struct rule *rules, size_t count,
			uint32_t target)
{
	node answer = c->targets[target].answer;
	double weight = 0;

	for (size_t i = 0; i < count; i++)
		weight += (double)rules[i].frequency;
	if (!c->for_old_kernel && diagram_level(c->diagrams, answer) == TERMINAL_LEVEL &&
	    diagram_value(c->diagrams, answer) == SECCOMP_RET_ALLOW)
		weight *= BITMAP_WEIGHT;
	return weight;
}

/* Numbers without a rule. */
static int add_others(struct compiler *c, enum abi abi, uint32_t first, uint32_t last)
{
	const struct policy *policy = c->policy;

	for (;;) {
		uint32_t end = last, target = 0;
		int r = constant_target(c, policy_default(policy, abi, (int)first), &target);

		for (size_t i = 0; i < policy->spans_count; i++) {
			const struct span *span = &policy->spans[i];

			if (span->abi != abi)
				continue;
			if (span->first > first && span->first <= end)
				end = span->first - 1;
			if (span->last >= first && span->last < end)
				end = span->last;
		}
		if (r == 0)
			r = add_range(c, first, end, target, 0);
		if (r < 0 || end == last)
			return r;
		first = end + 1;
	}
}

/* The ABI's numbers from FIRST to LAST. */
static int add_ranges(struct compiler *c, enum abi abi, uint32_t first, uint32_t last)
{
	const struct policy *policy = c->policy;
	uint64_t next = first;
	uint32_t other = 0;
	int r = 0;

	if (!policy_has_abi(policy, abi)) {
		r = constant_target(c, policy->foreign_action, &other);
		return r < 0 ? r : add_range(c, first, last, other, 0);
	}
	for (size_t i = 0, count; r == 0 && i < policy->rules_count; i += count) {
		const struct rule *rules = &policy->rules[i];
		uint32_t nr = (uint32_t)rules->nr, target = 0;

		for (count = 1; i + count < policy->rules_count; count++)
			if (rules[count].abi != rules->abi || rules[count].nr != rules->nr)
				break;
		if (rules->abi != abi || nr < first || nr > last)
			continue;
		if (nr > next)
			r = add_others(c, abi, (uint32_t)next, nr - 1);
		if (r == 0)
			r = call_target(c, rules, count, &target);
		if (r == 0)
			r = add_range(c, nr, nr, target, weight_of(c, rules, count, target));
		next = (uint64_t)nr + 1;
	}
	if (r == 0 && next <= last)
		r = add_others(c, abi, (uint32_t)next, last);
	return r;
}

static int find_ranges(struct compiler *c, const struct audit_arch *arch)
{
	int r;

	c->ranges_count = 0;
	if (arch->abi != ABI_X86_64)
		return add_ranges(c, arch->abi, 0, UINT32_MAX);
	/* As abi_from_audit() has it: -1 is nobody's, and so the first's. */
	r = add_ranges(c, ABI_X86_64, 0, X32_BIT - 1);
	if (r == 0)
		r = add_ranges(c, ABI_X32, X32_BIT, UINT32_MAX - 1);
	if (r == 0)
		r = add_ranges(c, ABI_X86_64, UINT32_MAX, UINT32_MAX);
	return r;
}

/* ---- code ---- */

/* The leaves' values are targets. A target's block is written where it is first needed. */
static int emit_tree(struct compiler *c, const struct tree *tree, size_t at, label *place)
{
	const struct tree_node *test = &tree->nodes[at];
	uint32_t first = 0, second = 0;
	bool yes_is_larger;
	int r;

	if (test->kind == TREE_LEAF) {
		struct target *target = &c->targets[test->value];

		return block_emit(&c->blocks, target->answer, &target->order, target->samples,
				  target->samples_count, place, c->err);
	}
	/* The larger half goes to the back: the other one's length is how far it then is. */
	yes_is_larger = tree->nodes[test->yes].size > tree->nodes[test->no].size;
	r = emit_tree(c, tree, yes_is_larger ? test->yes : test->no, &first);
	if (r == 0)
		r = emit_tree(c, tree, yes_is_larger ? test->no : test->yes, &second);
	if (r == 0)
		*place = assemble_jump(&c->assembler, test->kind == TREE_EQUAL ? BPF_JEQ : BPF_JGE,
				       test->value, yes_is_larger ? first : second,
				       yes_is_larger ? second : first);
	return r;
}

static int emit_arch(struct compiler *c, const struct audit_arch *arch, label *place)
{
	_cleanup_(tree_free) struct tree tree = { 0 };
	uint32_t start = 0;
	int r = find_ranges(c, arch);

	if (r == 0)
		r = tree_build(c->ranges, c->ranges_count, &tree, c->err);
	if (r == 0)
		r = emit_tree(c, &tree, tree.root, &start);
	if (r < 0 || !tree.nodes)
		return r;
	*place = start;
	if (tree.nodes[tree.root].kind == TREE_LEAF)
		return 0; /* every number alike */
	assemble_continue(&c->assembler, start);
	*place = assemble(&c->assembler, BPF_LD | BPF_W | BPF_ABS,
			  offsetof(struct seccomp_data, nr));
	return 0;
}

struct ranked {
	const struct audit_arch *arch;
	double weight;
	label place;
};

static int by_weight(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;

	if (left->weight != right->weight)
		return left->weight < right->weight ? -1 : 1;
	return (left->arch < right->arch) - (left->arch > right->arch);
}

/* The architectures that the policy speaks for, the rarest first. */
static size_t rank_archs(const struct policy *policy, struct ranked ranked[ABI_COUNT])
{
	const struct audit_arch *archs;
	size_t count = audit_arch_table(&archs), found = 0;

	for (size_t i = 0; i < count; i++) {
		struct ranked one = { .arch = &archs[i] };

		if (!policy_has_abi(policy, archs[i].abi) &&
		    !(archs[i].abi == ABI_X86_64 && policy_has_abi(policy, ABI_X32)))
			continue;
		for (size_t j = 0; j < policy->rules_count; j++)
			if (abi_info(policy->rules[j].abi)->audit_arch == archs[i].number)
				one.weight += (double)policy->rules[j].frequency;
		ranked[found++] = one;
	}
	qsort(ranked, found, sizeof(*ranked), by_weight);
	return found;
}

static int emit_all(struct compiler *c)
{
	struct ranked ranked[ABI_COUNT] = { 0 };
	size_t count = rank_archs(c->policy, ranked);
	uint32_t start = assemble_return(&c->assembler, action_outcome(c->policy->foreign_action));

	for (size_t i = 0; i < count; i++) {
		int r = emit_arch(c, ranked[i].arch, &ranked[i].place);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < count; i++)
		start = assemble_jump(&c->assembler, BPF_JEQ, ranked[i].arch->number,
				      ranked[i].place, start);
	if (count == 0)
		return 0;
	assemble_continue(&c->assembler, start);
	assemble(&c->assembler, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	return 0;
}

/* ---- the whole ---- */

static int choose_abis(const struct policy *policy, const struct compile_options *options,
		       struct policy *chosen, struct error *err)
{
	/* A view: nothing of it is freed. */
	*chosen = *policy;
	if (options && options->abis_count > 0) {
		chosen->abis_count = 0;
		for (unsigned abi = 0; abi < ABI_COUNT; abi++)
			for (size_t i = 0; i < options->abis_count; i++)
				if (options->abis[i] == (enum abi)abi) {
					chosen->abis[chosen->abis_count++] = (enum abi)abi;
					break;
				}
	}
	for (size_t i = 1; i < chosen->abis_count; i++)
		if (abi_info(chosen->abis[i])->is_big_endian !=
		    abi_info(chosen->abis[0])->is_big_endian)
			return error_set(err, -EINVAL,
					 "%s and %s have different byte orders, so no single "
					 "filter can cover both; choose an ABI",
					 abi_info(chosen->abis[0])->name,
					 abi_info(chosen->abis[i])->name);
	return 0;
}

struct disagreement {
	struct difference first;
	bool is_there;
};

static void keep_first(void *context, const struct difference *difference)
{
	struct disagreement *disagreement = context;

	if (!disagreement->is_there)
		disagreement->first = *difference;
	disagreement->is_there = true;
}

/* The proof. That it fails would be a mistake of this compiler, and must never reach a kernel. */
static int prove(struct diagrams *diagrams, const struct policy *policy, struct filter *filter,
		 struct error *err)
{
	struct filter_stack stack = { filter, 1 };
	struct disagreement disagreement = { .is_there = false };
	int r;

	diagrams_refill(diagrams);
	r = filter_compare_within(diagrams, (struct side){ .policy = policy },
				  (struct side){ .stack = &stack }, keep_first, &disagreement, err);

	if (r == 0)
		return 0;
	if (r > 0)
		r = error_set(err, -ENOTRECOVERABLE,
			      "the compiled filter is wrong on call %d; this is a bug, please "
			      "report it",
			      disagreement.first.nr);
	filter_free(filter);
	return r < 0 ? r : -ENOTRECOVERABLE;
}

int filter_compile(const struct policy *policy, const struct compile_options *options,
		   struct filter *filter, struct error *err)
{
	_cleanup_(compiler_clear) struct compiler c = { .err = err, .diagrams = diagrams_new() };
	struct policy chosen;
	int r;

	*filter = (struct filter){ 0 };
	if (!c.diagrams)
		return error_oom(err);
	r = choose_abis(policy, options, &chosen, err);
	if (r < 0)
		return r;
	c.policy = &chosen;
	c.for_old_kernel = options && options->for_old_kernel;
	c.big_endian = chosen.abis_count > 0 && abi_info(chosen.abis[0])->is_big_endian;
	c.blocks = (struct blocks){ .diagrams = c.diagrams,
				    .assembler = &c.assembler,
				    .big_endian = c.big_endian };
	r = emit_all(&c);
	if (r == 0)
		r = assembler_finish(&c.assembler, filter, err);
	return r < 0 ? r : prove(c.diagrams, &chosen, filter, err);
}

int filter_compile_local(const struct policy *policy, struct filter *filter, struct error *err)
{
	enum abi local[ABI_COUNT], chosen[ABI_COUNT];
	struct compile_options options = { .abis = chosen };
	unsigned count = abi_local(local);

	for (unsigned i = 0; i < count; i++)
		if (policy_has_abi(policy, local[i]))
			chosen[options.abis_count++] = local[i];
	if (!policy_has_abi(policy, abi_native()))
		return error_set(err, -EINVAL,
				 "the policy is for another machine: it does not cover %s",
				 abi_info(abi_native())->name);
	return filter_compile(policy, &options, filter, err);
}
