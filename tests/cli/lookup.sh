#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$SOURCE/tests/tap.sh"

lookup()
{
	run "$WHITTLE" lookup "$@"
}

number_gives_a_name_on_each_architecture()
{
	lookup 5
	expect_status 0
	expect_no_error
	expect_output '^  x86_64 +fstat '
	expect_output '^  i386 +open '
	expect_output '^  x32 +fstat '
	expect_output '^  aarch64 +setxattr '
}

native_architecture_comes_first()
{
	lookup 5
	expect_equal "$(uname -m)" "$(sed -n 2p <<<"$output" | awk '{ print $1 }')"
}

name_tells_all_that_is_known()
{
	lookup socket
	expect_status 0
	expect_output '^socket$'
	expect_output 'does +Makes a socket'
	expect_output 'since +Linux 2.0'
	expect_output 'risk +network'
	expect_output 'x86_64 41, i386 359, x32 0x40000029'
	expect_output 'groups .*@network-io.*\(systemd [0-9]+\)'
	expect_output 'args\[0\] domain, args\[1\] type, args\[2\] protocol'
}

architecture_narrows_the_answer()
{
	lookup aarch64:openat
	expect_status 0
	expect_output 'numbers +aarch64 56$'
	lookup armhf:0xf0002
	expect_status 0
	expect_output '^  arm +cacheflush '
	expect_equal 2 "$(wc -l <<<"$output")"
	lookup --abi i386 socketcall
	expect_output 'numbers +i386 102$'
}

x32_is_told_from_x86_64()
{
	lookup 0x40000208
	expect_output '^  x32 +execve '
	expect_equal 2 "$(wc -l <<<"$output")"
	lookup x86_64:520
	expect_status 66
	expect_error 'x86_64 has no system call with number 520'
}

group_lists_its_calls_by_version()
{
	lookup --systemd 252 @clock
	expect_status 0
	expect_output '^@clock: [0-9]+ calls in systemd 252$'
	expect_output '^  clock_settime '
	lookup --systemd 253 @clock
	expect_output 'in systemd 252$'
}

new_call_is_unknown_to_an_old_systemd()
{
	lookup --systemd 252 mseal
	expect_output 'unknown to systemd 252'
	lookup --systemd 262 mseal

}

unknown_name_fails_with_a_suggestion()
{
	lookup openta
	expect_status 66
	expect_error 'no system call is named "openta"; did you mean openat\?'
	lookup @system-servise
	expect_status 66
	expect_error 'did you mean @system-service\?'
	lookup qqqqqqqq
	expect_status 66
	expect_error 'named "qqqqqqqq"$'
}

rest_is_answered_beside_an_unknown_item()
{
	lookup nosuch brk
	expect_status 66
	expect_error 'nosuch'
	expect_output '^brk$'
}

call_that_an_architecture_lacks_is_said()
{
	lookup aarch64:open
	expect_status 66
	expect_error 'aarch64 has no system call open; it has openat$'
	lookup vax:open
	expect_status 66
	expect_error 'unknown architecture "vax"'
}

hostile_items_are_refused()
{
	local item

	for item in '' : x86_64: -- 4294967296 99999999999999999999 12x @ "$(printf 'x%.0s' {1..5000})"; do
		lookup -- "$item"
		expect_status 66 || echo "# item: ${item:0:20}"
	done
}

siblings_are_named()
{
	lookup clone
	expect_output 'siblings +fork, vfork, clone3 \(grants more\)'
	lookup aarch64:openat
	expect_output 'siblings +openat2 \(grants more\)$'
	lookup getpid
	! grep -q siblings <<<"$output" || fail "getpid has no sibling: $output"
}

json_is_json()
{
	lookup --json 12 mmap @aio aarch64:openat
	expect_status 0
	python3 - "$tap_directory/out" <<-'EOF' || fail "the JSON is not as expected: $output"
		import json, sys
		items = json.load(open(sys.argv[1]))["items"]
		assert [i["kind"] for i in items] == ["number", "call", "group", "call"], items
		assert {"abi": "x86_64", "nr": 12, "name": "brk"} in items[0]["calls"]
		assert items[1]["numbers"]["x86_64"] == 9 and "arm" not in items[1]["numbers"]
		assert [a["label"] for a in items[1]["arguments"]] == ["prot", "flags"]
		assert "io_submit" in items[2]["members"]
		assert items[3]["numbers"] == {"aarch64": 56}
	EOF
	lookup --json nosuch
	expect_status 66
	python3 -m json.tool <"$tap_directory/out" >/dev/null || fail 'JSON beside an error'
}

names_are_sorted_and_looked_up()
{
	lookup --names
	expect_status 0
	expect_equal "$output" "$(LC_ALL=C sort -u <<<"$output")"
	(($(wc -l <<<"$output") > 480)) || fail 'fewer than 480 names'
	mapfile -t names <<<"$output"
	lookup "${names[@]}"
	expect_status 0
	expect_no_error
	lookup --names --abi aarch64
	grep -qx open <<<"$output" && fail 'aarch64 has no open'
	expect_output '^openat$'
}

wrong_use_is_a_usage_error()
{
	lookup
	expect_status 64
	lookup --names brk
	expect_status 64
}

# The numbers of this machine's own headers, as the compiler has them.
headers_agree()
{
	local -a numbers

	printf '#include <asm/unistd.h>\n' | cc -E -dM - |
		sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/\2 \1/p' | sort -n >"$tap_directory/expected"
	mapfile -t numbers < <(awk -v abi="$(uname -m)" '{ print abi ":" $1 }' "$tap_directory/expected")
	((${#numbers[@]} > 250)) || fail "only ${#numbers[@]} numbers in asm/unistd.h"
	lookup "${numbers[@]}"
	expect_status 0
	awk -F'[: ]+' '/^[^ ]/ { nr = $2 } /^ / { print nr, $3 }' <<<"$output" >"$tap_directory/got"
	diff "$tap_directory/expected" "$tap_directory/got" >"$tap_directory/difference" ||
		fail "differs from asm/unistd.h: $(head "$tap_directory/difference")"
}

case_ 'a number gives a name on each architecture' number_gives_a_name_on_each_architecture
case_ 'the native architecture comes first' native_architecture_comes_first
case_ 'a name tells all that is known' name_tells_all_that_is_known
case_ 'an architecture narrows the answer' architecture_narrows_the_answer
case_ 'x32 is told from x86-64' x32_is_told_from_x86_64
case_ 'a group lists its calls, by version' group_lists_its_calls_by_version
case_ 'a new call is unknown to an old systemd' new_call_is_unknown_to_an_old_systemd
case_ 'an unknown name fails with a suggestion' unknown_name_fails_with_a_suggestion
case_ 'the rest is answered beside an unknown item' rest_is_answered_beside_an_unknown_item
case_ 'a call that an architecture lacks is said' call_that_an_architecture_lacks_is_said
case_ 'siblings are named' siblings_are_named
case_ 'hostile items are refused' hostile_items_are_refused
case_ 'the JSON is JSON' json_is_json
case_ 'names are sorted and each is looked up' names_are_sorted_and_looked_up
case_ 'wrong use is a usage error' wrong_use_is_a_usage_error
case_ 'the numbers are those of asm/unistd.h' headers_agree
finish
