#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What harden says before a service manager is needed; tests/system/harden.sh has the rest.
. "$SOURCE/tests/tap.sh"

needs_one_unit()
{
	run "$WHITTLE" harden
	expect_status 64
	expect_error 'name a unit'
	run "$WHITTLE" harden one two
	expect_status 64
}

refuses_bad_values()
{
	run "$WHITTLE" harden --for soon whittle-nosuch
	expect_status 64
	expect_error 'is not a time such as 10s'
	run "$WHITTLE" harden --default log whittle-nosuch
	expect_status 64
	expect_error '"log" is not errno:NAME or kill_process'
	run "$WHITTLE" harden --hold 10m --deadline 10m whittle-nosuch
	expect_status 64
	expect_error 'deadline must be longer'
	run "$WHITTLE" harden --slice 1ms whittle-nosuch
	expect_status 64
	expect_error 'the minimum is 100ms'
}

tells_the_road()
{
	run "$WHITTLE" harden --help
	expect_status 0
	expect_output 'the same command continues it'
	expect_output '--quiet-for'
}

case_ 'harden needs one unit' needs_one_unit
case_ 'harden refuses values that make no sense' refuses_bad_values
case_ 'harden --help tells the road' tells_the_road
finish
