#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What guard says before BPF and a service manager are needed; tests/system/guard.sh has the rest.
. "$SOURCE/tests/tap.sh"

refuses_what_does_not_fit()
{
	run "$WHITTLE" guard nginx
	expect_status 64
	expect_error '--on-denial needs units'
	run "$WHITTLE" guard --on-denial panic nginx
	expect_status 64
	expect_error 'report relax revert'
	run "$WHITTLE" guard --port 65536
	expect_status 64
	run "$WHITTLE" guard --on-denial report --recording x one two
	expect_status 64
	expect_error 'exactly one unit'
}

needs_something_applied()
{
	run "$WHITTLE" guard --state "$tap_directory/state" --on-denial relax nosuch-unit
	expect_status 66
	expect_error 'nosuch-unit.service: whittle has applied no policy'
}

reacts_to_nothing_unknown()
{
	run "$WHITTLE" guard --state "$tap_directory/state" --react nosuch-unit
	expect_status 66
	expect_error 'not managed by whittle'
}

# The catalog and the documentation name each MESSAGE_ID of the source.
every_message_is_explained()
{
	local id

	lines_of grep -oE '"[0-9a-f]{32}"' "$SOURCE/src/guard/journal_entries.h"
	for id in "${lines[@]//\"/}"; do
		# An entry begins after an empty line, or it is a part of the one before.
		grep -x -B1 -- "-- $id" "$SOURCE/packaging/whittle.catalog" | grep -qx '' ||
			fail "$id is not in the catalog"
		grep -q "\`$id\`" "$SOURCE/docs/guard.md" || fail "$id is not in docs/guard.md"
	done
}

every_metric_is_explained()
{
	local name

	lines_of grep -oE '"whittle_[a-z_]+' "$SOURCE/src/guard/metrics.c"
	for name in "${lines[@]#\"}"; do
		grep -q "\`$name\`" "$SOURCE/docs/guard.md" || fail "$name is not in docs/guard.md"
	done
}

case_ 'guard refuses options that do not fit together' refuses_what_does_not_fit
case_ 'guard takes no unit into its care that is not confined' needs_something_applied
case_ 'guard does not react for a unit it does not know' reacts_to_nothing_unknown
case_ 'every MESSAGE_ID is in the catalog and the documentation' every_message_is_explained
case_ 'every metric is in the documentation' every_metric_is_explained
finish
