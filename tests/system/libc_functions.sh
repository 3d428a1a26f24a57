#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Is the level `closed` complete for each function of the C library? For this machine's and for musl; see
# libc_functions.py. Everything runs in namespaces of its own: some functions change the machine.
. "$(dirname "$0")/../tap.sh"

SOURCE=${SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
WHITTLE=${WHITTLE:-${BUILD:-$SOURCE/build}/src/whittle}
export XDG_CACHE_HOME=$tap_directory

# Counts the cases of a TAP stream from elsewhere as ours.
adopt()
{
	local line

	while IFS= read -r line; do
		case $line in
		'ok '* | 'not ok '*)
			tap_count=$((tap_count + 1))
			[[ $line == not* ]] && tap_failed=$((tap_failed + 1))
			echo "${line%%ok*}ok $tap_count - ${line#* - }"
			;;
		1..*) tap_plan=1 ;;
		*) echo "$line" ;;
		esac
	done
}

# $1: the compiler of a C library.
for compiler in gcc musl-gcc; do
	if ! command -v "$compiler" >/dev/null; then
		cannot "the functions by $compiler" 'not installed'
		continue
	fi
	tap_plan=''
	adopt < <(unshare -Urmpnuif --kill-child --mount-proc "$SOURCE/tests/system/libc_functions.py" \
		"$WHITTLE" "$SOURCE/tests/system/libc-functions" "$compiler" 2>&1)
	if [[ ! $tap_plan ]]; then
		tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - the functions by $compiler: the test ended early"
	fi
done
finish
