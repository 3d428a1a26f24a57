#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The driver of mutations: what it would change in a file, and what it leaves alone.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SOURCE/tests/tap.sh"

cd "$tap_directory" || exit 1
cat >toy.c <<'END'
#include "a<b.h"
#define LIMIT 7
/* a < b && c */
static const char text[] = "x == y"; // i + 1
int toy(int a, struct s *p)
{
	const unsigned char buffer[64];

	if (a < 10 && p->next != 0)
		a++;
	other(&a,
	      -a);
	for (int i = 0; i < a; i++)
		continue;
	return a ? a + 2 : LIMIT;
}
END

list()
{
	run "$SOURCE/tests/mutate" --list "$@" toy.c
	expect_status 0
}

# $1: the number of a line, $2: kind, old -> new.
has() { grep -qF -- "toy.c:$1: $2 " <<<"$output" || fail "no mutation of line $1: $2; there are: $output"; }
lacks() { ! grep -qE "toy.c:$1: $2" <<<"$output" || fail "line $1 is mutated: $output"; }

each_kind_of_change_is_listed()
{
	list
	has 2 'constant: 7 -> 8'
	has 2 'constant: 7 -> 6'
	has 9 'negated condition: a < 10 && p->next != 0 -> !(a < 10 && p->next != 0)'
	has 9 'comparison: < -> <='
	has 9 'comparison: != -> =='
	has 9 'joined bound: && -> ||'
	has 9 'constant: 10 -> 9'
	has 10 'sum: ++ -> --'
	has 10 'dropped statement: a++ -> (nothing)'
	has 11 'dropped statement: other(&a, -a) -> (nothing)'
	has 14 'dropped statement: continue -> (nothing)'
	has 15 'return value: a ? a + 2 : LIMIT -> 0'
	has 15 'swapped branch: a + 2 : LIMIT -> (LIMIT) : (a + 2)'
	has 15 'sum: + -> -'
}

what_is_no_code_is_left_alone()
{
	list
	for line in 1 3 4; do
		lacks "$line" ''
	done
	lacks 5 '' # the sign of a pointer
	lacks 7 '' # a declaration, and the size of a buffer
	lacks 9 'sum' # an arrow
	lacks 11 'bits' # an address
	lacks 12 'sum' # a sign
	lacks 13 'dropped' # the parts of a for
}

the_same_seed_draws_the_same()
{
	list --count 5 --seed 3
	local first=$output

	expect_output '^seed 3: 5 mutations$'
	list --count 5 --seed 3
	expect_equal "$first" "$output"
	list --count 5 --seed 4
	[[ $first != "$output" ]] || fail "another seed draws the same: $output"
	list --count 5
	expect_output '^seed [0-9]+: 5 mutations$'
}

one_line_is_asked_for()
{
	run "$SOURCE/tests/mutate" --list --only toy.c:10
	expect_status 0
	has 10 'sum: ++ -> --'
	lacks 9 ''
	expect_output ': 2 mutations$'
}

what_is_not_there_is_named()
{
	run "$SOURCE/tests/mutate" --list nosuch.c
	expect_status 1
	expect_error 'nosuch.c: no such file'
	run "$SOURCE/tests/mutate" --list
	expect_status 1
	expect_error 'no files'
}

case_ 'each kind of change is listed' each_kind_of_change_is_listed
case_ 'comments, strings, includes and declarations are left alone' what_is_no_code_is_left_alone
case_ 'the same seed draws the same changes' the_same_seed_draws_the_same
case_ '--only lists the changes of one line' one_line_is_asked_for
case_ 'a file that is not there is named' what_is_not_there_is_named
finish
