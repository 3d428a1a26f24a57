// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/table.h"

#include "common/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What does not fit in memory is an answer here, and no reason for the sanitizer to stop. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void assert_indices(const struct table *table, uint32_t hash, const uint32_t *expected,
			   size_t count)
{
	size_t found = 0;

	TABLE_EACH (index, table, hash) {
		assert_true(found < count);
		assert_int_equal(index, expected[found++]);
	}
	assert_int_equal(found, count);
}

static void an_empty_table_has_nothing(void **state)
{
	struct table table = { 0 };

	(void)state;
	assert_indices(&table, 0, NULL, 0);
	table_remove(&table, 0, 0);
	table_clear(&table);
	assert_indices(&table, 7, NULL, 0);
	table_free(&table);
}

static void every_index_is_found_by_its_hash(void **state)
{
	struct table table = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 5000; i++)
		assert_true(table_add(&table, i * UINT32_C(0x9e3779b9), i));
	assert_int_equal(table.count, 5000);
	for (uint32_t i = 0; i < 5000; i++)
		assert_indices(&table, i * UINT32_C(0x9e3779b9), &i, 1);
	assert_indices(&table, 5000 * UINT32_C(0x9e3779b9), NULL, 0);
	table_free(&table);
}

/* All in one slot at first, at the end of the table, so that they go on at its beginning. */
static void indices_of_one_hash_keep_their_order(void **state)
{
	uint32_t expected[300];
	struct table table = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 300; i++) {
		expected[i] = 1000 - i;
		assert_true(table_add(&table, UINT32_MAX, expected[i]));
		assert_true(table_add(&table, UINT32_MAX - 1, i));
		assert_indices(&table, UINT32_MAX, expected, i + 1);
	}
	assert_indices(&table, UINT32_MAX, expected, 300);
	table_free(&table);
}

/* Against a plain array: hashes of few values, so that they collide all the time. */
static void what_is_removed_is_gone_and_all_else_is_found(void **state)
{
	struct table table = { 0 };
	bool is_in[400] = { false };
	uint32_t seed = 1, count = 0;

	(void)state;
	for (unsigned step = 0; step < 20000; step++) {
		uint32_t index, hash;

		seed = seed * 1103515245 + 12345;
		index = (seed >> 16) % 400;
		hash = index % 37 * UINT32_C(0x01000001) + 0xfffffff0;
		if (is_in[index]) {
			table_remove(&table, hash, index);
			count--;
		} else {
			assert_true(table_add(&table, hash, index));
			count++;
		}
		is_in[index] = !is_in[index];
		assert_int_equal(table.count, count);
		if (step % 100 != 0)
			continue;
		for (uint32_t i = 0; i < 400; i++) {
			bool found = false;

			TABLE_EACH (at, &table, i % 37 * UINT32_C(0x01000001) + 0xfffffff0)
				found |= at == i;
			assert_int_equal(found, is_in[i]);
		}
	}
	table_remove(&table, 5, 400);
	assert_int_equal(table.count, count);
	table_clear(&table);
	assert_int_equal(table.count, 0);
	for (uint32_t i = 0; i < 37; i++)
		assert_indices(&table, i * UINT32_C(0x01000001) + 0xfffffff0, NULL, 0);
	table_free(&table);
}

static void reserved_room_is_used_without_a_move(void **state)
{
	struct table table = { 0 };
	const struct table_slot *before;

	(void)state;
	assert_true(table_reserve(&table, 1000));
	before = table.slots;
	for (uint32_t i = 0; i < 1000; i++)
		assert_true(table_add(&table, i, i));
	assert_ptr_equal(table.slots, before);
	assert_true(table_reserve(&table, 10));
	assert_ptr_equal(table.slots, before);
	table_free(&table);
}

static void a_table_that_cannot_grow_is_as_it_was(void **state)
{
	struct table table = { 0 };
	uint32_t index = 3;

	(void)state;
	assert_true(table_add(&table, 9, index));
	assert_false(table_reserve(&table, UINT32_MAX));
	assert_false(table_reserve(&table, (UINT32_C(1) << 30) + 1));
	/* One index has no place beside the mark of a free slot. */
	assert_false(table_add(&table, 9, TABLE_NONE));
	assert_int_equal(table.count, 1);
	assert_indices(&table, 9, &index, 1);
	table_free(&table);
}

static void a_hash_is_that_of_all_bytes(void **state)
{
	(void)state;
	assert_int_equal(table_hash(TABLE_HASH, "", 0), TABLE_HASH);
	assert_int_equal(table_hash(TABLE_HASH, "a", 1), 0xe40c292c);
	assert_int_equal(table_hash(TABLE_HASH, "foobar", 6), 0xbf9cf968);
	assert_int_equal(table_hash(table_hash(TABLE_HASH, "foo", 3), "bar", 3), 0xbf9cf968);
	assert_int_equal(table_fold(UINT64_C(0x1200000034)), 0x26);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table_has_nothing),
		cmocka_unit_test(every_index_is_found_by_its_hash),
		cmocka_unit_test(indices_of_one_hash_keep_their_order),
		cmocka_unit_test(what_is_removed_is_gone_and_all_else_is_found),
		cmocka_unit_test(reserved_room_is_used_without_a_move),
		cmocka_unit_test(a_table_that_cannot_grow_is_as_it_was),
		cmocka_unit_test(a_hash_is_that_of_all_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
