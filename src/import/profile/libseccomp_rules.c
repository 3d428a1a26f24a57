// SPDX-License-Identifier: LGPL-2.1-or-later
/* libseccomp's src/db.c, src/arch-x86.c and src/arch-x32.c, as its programs show them. */
#include "import/profile/libseccomp_rules.h"

#include "policy/multiplexed.h"
#include "syscall/syscall.h"

/* The multiplexer's first argument tells the call; conditions on the call's own first argument are lost. */
static void add_multiplexed(struct list_reader *reader, const char *name, action verdict,
			    const struct list_clause *clause)
{
	const struct multiplexed *row = multiplexed_find(name);
	struct list_clause behind = { 0 };

	if (!row)
		return;
	list_clause_add(&behind,
			(struct condition){ 0, COMPARE_MASKED_EQUAL, row->number, UINT32_MAX });
	for (size_t i = 0; clause && i < clause->count; i++)
		if (clause->conditions[i].argument != 0)
			list_clause_add(&behind, clause->conditions[i]);
	list_policy_add_on(reader, ABI_I386, syscall_number(ABI_I386, row->through), verdict,
			   &behind);
}

/* Equality is of the low half. (So are the other comparisons, which no real profile makes on x32.) */
static void add_narrow(struct list_reader *reader, enum abi abi, int nr, action verdict,
		       const struct list_clause *clause)
{
	struct list_clause narrow = *clause;

	for (size_t i = 0; i < narrow.count; i++) {
		struct condition *condition = &narrow.conditions[i];

		if (condition->comparison == COMPARE_EQUAL) {
			condition->comparison = COMPARE_MASKED_EQUAL;
			condition->mask = UINT32_MAX;
		}
	}
	list_policy_add_on(reader, abi, nr, verdict, &narrow);
}

void libseccomp_rules_add(struct list_reader *reader, uint64_t line, const char *name,
			  size_t length, action verdict, const struct list_clause *clause,
			  enum libseccomp_multiplexed multiplexed)
{
	const struct policy *policy = reader->policy;
	char known[NAME_ROOM];

	snprintf(known, sizeof(known), "%.*s", (int)(length < NAME_ROOM ? length : 0), name);
	if (clause && clause->is_full)
		import_mistake(reader->import, line, "more conditions than arguments", name,
			       length);
	if (!syscall_is_known(known))
		import_warn(reader->import,
			    "no system call has the name \"%.*s\": it counts for nothing",
			    (int)(length < NAME_ROOM ? length : NAME_ROOM), name);
	for (size_t i = 0; i < policy->abis_count; i++) {
		enum abi abi = policy->abis[i];
		int nr = list_policy_call(abi, known);

		if (abi == ABI_I386 && multiplexed == MULTIPLEXED_PASSED_OVER &&
		    abi != policy->abis[0] && multiplexed_find(known))
			continue;
		if (nr >= 0 && abi == ABI_X32 && clause && clause->count)
			add_narrow(reader, abi, nr, verdict, clause);
		else if (nr >= 0)
			list_policy_add_on(reader, abi, nr, verdict, clause);
		if (abi == ABI_I386 && multiplexed == MULTIPLEXED_FOLLOWED)
			add_multiplexed(reader, known, verdict, clause);
	}
}
