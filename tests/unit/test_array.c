// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/array.h"

#include "common/cleanup.h"

#include <errno.h>
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

struct pair {
	int first, second;
};

static void what_is_pushed_stands_in_its_order(void **state)
{
	ARRAY(struct pair) array = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_true(array_push(&array, (struct pair){ i, -i }));
	assert_int_equal(array.count, 1000);
	assert_true(array.room >= array.count);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(array.items[i].first, i);
		assert_int_equal(array.items[i].second, -i);
	}
	array_free(&array);
	assert_null(array.items);
	assert_int_equal(array.count, 0);
	assert_int_equal(array.room, 0);
}

static void reserved_room_is_used_without_a_move(void **state)
{
	ARRAY(uint64_t) array = { 0 };
	uint64_t *before;

	(void)state;
	assert_true(array_reserve(&array, 0));
	assert_true(array_push(&array, 7));
	assert_true(array_reserve(&array, 5000));
	assert_true(array.room >= 5001);
	assert_int_equal(array.items[0], 7);
	before = array.items;
	for (uint64_t i = 0; i < 5000; i++)
		assert_true(array_push(&array, i));
	assert_ptr_equal(array.items, before);
	array_free(&array);
}

static void an_array_that_cannot_grow_is_as_it_was(void **state)
{
	ARRAY(uint64_t) array = { 0 };
	size_t room;

	(void)state;
	assert_true(array_push(&array, 7));
	room = array.room;
	/* The number of elements, the number of bytes, and the memory are too few. */
	assert_false(array_reserve(&array, SIZE_MAX));
	assert_false(array_reserve(&array, SIZE_MAX / sizeof(uint64_t) + 1));
	assert_false(array_reserve(&array, (size_t)1 << 58));
	assert_int_equal(array.count, 1);
	assert_int_equal(array.room, room);
	assert_int_equal(array.items[0], 7);
	array_free(&array);
}

static void capacities_are_powers_of_two(void **state)
{
	(void)state;
	assert_int_equal(array_capacity(0), 0);
	assert_int_equal(array_capacity(1), 1);
	assert_int_equal(array_capacity(2), 2);
	assert_int_equal(array_capacity(3), 4);
	assert_int_equal(array_capacity(4), 4);
	assert_int_equal(array_capacity(5), 8);
	assert_int_equal(array_capacity(1025), 2048);
	assert_int_equal(array_capacity(SIZE_MAX / 2 + 1), SIZE_MAX / 2 + 1);
	assert_int_equal(array_capacity(SIZE_MAX / 2 + 2), 0);
	assert_int_equal(array_capacity(SIZE_MAX), 0);
}

static void a_plain_array_grows_by_zeroed_elements(void **state)
{
	_cleanup_free_ struct pair *items = NULL;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct pair *added = array_grow_one(&items, count);

		assert_ptr_equal(added, items + count);
		assert_int_equal(added->first, 0);
		assert_int_equal(added->second, 0);
		*added = (struct pair){ i, -i };
		count++;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i].second, -i);
	/* Elements may leave at the end, and others come in their place. */
	for (count = 1000; count > 3; count /= 2) {
		struct pair *added = array_grow(&items, count, 5);

		assert_ptr_equal(added, items + count);
		for (int i = 0; i < 5; i++)
			assert_int_equal(added[i].first, 0);
		assert_int_equal(items[count - 1].first, (int)count - 1);
	}
}

static void a_plain_array_that_cannot_grow_is_as_it_was(void **state)
{
	_cleanup_free_ uint64_t *items = NULL;
	uint64_t *before;

	(void)state;
	*array_grow_one(&items, 0) = 7;
	before = items;
	assert_null(array_grow(&items, 1, SIZE_MAX));
	assert_null(array_grow(&items, 1, SIZE_MAX / 2 + 1));
	assert_null(array_grow(&items, 1, SIZE_MAX / sizeof(uint64_t)));
	assert_null(array_grow(&items, 1, (size_t)1 << 58));
	assert_ptr_equal(items, before);
	assert_int_equal(items[0], 7);
}

static void a_list_of_strings_ends_on_null(void **state)
{
	char **list = NULL;

	(void)state;
	assert_int_equal(array_add_text(&list, NULL), -ENOMEM);
	assert_null(list);
	for (int i = 0; i < 20; i++) {
		char *text;

		assert_true(asprintf(&text, "%d", i) > 0);
		assert_int_equal(array_add_text(&list, text), 0);
		assert_string_equal(list[i], text);
		assert_null(list[i + 1]);
	}
	assert_string_equal(list[0], "0");
	for (char **at = list; *at; at++)
		free(*at);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_pushed_stands_in_its_order),
		cmocka_unit_test(reserved_room_is_used_without_a_move),
		cmocka_unit_test(an_array_that_cannot_grow_is_as_it_was),
		cmocka_unit_test(capacities_are_powers_of_two),
		cmocka_unit_test(a_plain_array_grows_by_zeroed_elements),
		cmocka_unit_test(a_plain_array_that_cannot_grow_is_as_it_was),
		cmocka_unit_test(a_list_of_strings_ends_on_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
