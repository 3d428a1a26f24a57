// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of siblings: its own consistency. What libcs really do is tried in tests/cli/siblings.sh. */
#include "common/cleanup.h"
#include "syscall/siblings.h"
#include "syscall/syscall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct sibling_of *find(const struct sibling_of *siblings, size_t count,
				     const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(siblings[i].sibling->name, name) == 0)
			return &siblings[i];
	return NULL;
}

/* 1 or 0; -1 where the name is not among the siblings. */
static int adds_power(const struct sibling_of *siblings, size_t count, const char *name)
{
	const struct sibling_of *found = find(siblings, count, name);

	return found ? found->adds_power : -1;
}

static void every_family_has_known_members_a_change_and_a_source(void **state)
{
	const struct sibling_family *families;
	const size_t count = sibling_families(&families);

	(void)state;
	assert_in_range(count, 80, 400);
	for (size_t i = 0; i < count; i++) {
		const struct sibling_family *family = &families[i];

		assert_true(strlen(family->name) > 2);
		assert_true(strlen(family->change) > 10);
		assert_true(strlen(family->source) > 5);
		assert_in_range(family->count, 2, FAMILY_MAX);
		for (unsigned j = 0; j < family->count; j++) {
			assert_true(syscall_is_known(family->members[j].name));
			for (unsigned k = 0; k < j; k++)
				assert_string_not_equal(family->members[j].name,
							family->members[k].name);
		}
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(family->name, families[j].name);
	}
}

static void a_libc_falls_back_to_an_older_member_only(void **state)
{
	const struct sibling_family *families;
	const size_t count = sibling_families(&families);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (unsigned j = 0; j < families[i].count; j++) {
			const struct sibling *member = &families[i].members[j];
			const unsigned falls = SIBLING_GLIBC_FALLS_BACK | SIBLING_MUSL_FALLS_BACK;

			/* Multiplexed calls stand first, and are what musl falls back to. */
			if (member->flags & falls)
				assert_true(j > 0);
			/* What no libc makes, none falls back from. */
			if (member->flags & SIBLING_AHEAD)
				assert_int_equal(member->flags & falls, 0);
		}
}

static void siblings_are_mutual_and_power_goes_one_way(void **state)
{
	const struct sibling_family *families;
	const size_t family_count = sibling_families(&families);

	(void)state;
	for (size_t i = 0; i < family_count; i++)
		for (unsigned j = 0; j < families[i].count; j++) {
			struct sibling_of there[SIBLINGS_MAX], back[SIBLINGS_MAX];
			const char *name = families[i].members[j].name;
			const size_t count = siblings_of(name, there);

			assert_in_range(count, families[i].count - 1, SIBLINGS_MAX);
			for (size_t k = 0; k < count; k++) {
				const char *other = there[k].sibling->name;
				const struct sibling_of *self;

				assert_string_not_equal(other, name);
				assert_ptr_equal(find(there, count, other), &there[k]);
				self = find(back, siblings_of(other, back), name);
				assert_true(self != NULL);
				if (self && self->family == there[k].family)
					assert_false(self->adds_power && there[k].adds_power);
			}
		}
}

static void a_narrow_call_gets_a_wide_sibling_with_a_warning(void **state)
{
	struct sibling_of siblings[SIBLINGS_MAX];
	size_t count = siblings_of("fork", siblings);

	(void)state;
	assert_int_equal(count, 3);
	assert_int_equal(adds_power(siblings, count, "clone"), 1);
	assert_int_equal(adds_power(siblings, count, "clone3"), 1);
	assert_int_equal(adds_power(siblings, count, "vfork"), 0);
	count = siblings_of("clone3", siblings);
	assert_int_equal(adds_power(siblings, count, "clone"), 0);
}

static void families_are_not_joined_through_a_shared_member(void **state)
{
	struct sibling_of siblings[SIBLINGS_MAX];
	const size_t count = siblings_of("rmdir", siblings);

	(void)state;
	assert_int_equal(count, 1);
	assert_string_equal(siblings[0].sibling->name, "unlinkat");
	assert_int_equal(siblings_of("unlinkat", siblings), 2);
}

static void a_call_without_siblings_has_none(void **state)
{
	struct sibling_of siblings[SIBLINGS_MAX];

	(void)state;
	assert_int_equal(siblings_of("getpid", siblings), 0);
	assert_int_equal(siblings_of("nosuch", siblings), 0);
}

/* The names of the kernel's own variants show which calls belong together. */
static void variants_by_name_are_siblings(void **state)
{
	static const char *const suffixes[] = { "32", "64", "_time64", "at", "2", "1" };
	const struct syscall_entry *entries;
	const size_t entry_count = syscall_table(ABI_I386, &entries);

	(void)state;
	for (size_t i = 0; i < entry_count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(suffixes); j++) {
			struct sibling_of siblings[SIBLINGS_MAX];
			char name[64];
			size_t count;

			snprintf(name, sizeof(name), "%s%s", entries[i].name, suffixes[j]);
			if (syscall_number(ABI_I386, name) < 0 || strcmp(name, "dup2") == 0)
				continue;
			count = siblings_of(name, siblings);
			if (!find(siblings, count, entries[i].name))
				fail_msg("%s is no sibling of %s", name, entries[i].name);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_family_has_known_members_a_change_and_a_source),
		cmocka_unit_test(a_libc_falls_back_to_an_older_member_only),
		cmocka_unit_test(siblings_are_mutual_and_power_goes_one_way),
		cmocka_unit_test(a_narrow_call_gets_a_wide_sibling_with_a_warning),
		cmocka_unit_test(families_are_not_joined_through_a_shared_member),
		cmocka_unit_test(a_call_without_siblings_has_none),
		cmocka_unit_test(variants_by_name_are_siblings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
