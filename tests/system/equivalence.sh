#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Thousands of random policies, other ones every time: compiled by whittle and by libseccomp, compared,
# interpreted, mutated (tests/unit/test_equivalence.c), and a part of them in this machine's kernel
# (tests/programs/kernel_equivalence.c). Needs no root. WHITTLE_SECONDS is for each of the two.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tried()
{
	run env WHITTLE_SECONDS="${WHITTLE_SECONDS:-$2}" CMOCKA_MESSAGE_OUTPUT=TAP "$1"
	grep '^# ' <<<"$output"
	expect_status 0
	expect_output '^ok'
	if grep -q '^not ok' <<<"$output"; then
		fail "$output$error"
	fi
}

case_ 'policies by three compilers are one, and mutants are found' tried "$BUILD/tests/unit/test_equivalence" 30
case_ 'the kernel does what the policies say' tried "$BUILD/tests/programs/kernel_equivalence" 12
finish
