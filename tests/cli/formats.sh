#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# emit's formats: each against a file that was reviewed, what each loses, and what reads them back.
. "$SOURCE/tests/tap.sh"

data=$SOURCE/tests/cli/data/formats
formats=$("$WHITTLE" emit --list | awk '{print $1}')

# systemd's and nspawn's depend on the version, and others on what this machine is: the version is said.
# A format that has no word for the policy's default writes nothing, and says so. `make goldens` sets UPDATE: the files are
# written anew, and reviewed with git diff.
golden()
{
	local format=$1 policy=$2 file=$data/$2.$1

	[[ -n $UPDATE || -e $file.warnings ]] || {
		fail "there is no $file: run \`make goldens\`, and review the new files of tests/cli/data/formats"
		return
	}
	rm -f "$tap_directory/emitted"
	run "$WHITTLE" emit "$format" --systemd 262 "$data/$policy.policy" -o "$tap_directory/emitted"
	if [[ $status == 69 ]]; then
		[[ -n $UPDATE ]] && printf '%s\n' "$error" >"$file.warnings"
		[[ ! -e $tap_directory/emitted ]] || fail 'a file in spite of the error'
		expect_equal "$(cat "$file.warnings")" "$error"
		return
	fi
	expect_status 0
	sed -i 's/ Written by whittle [^ ]*/ Written by whittle VERSION/' "$tap_directory/emitted"
	# The instructions are held against the policy below: how they are chosen may change.
	[[ $format == bpf-c ]] && sed -i '/^\t{ 0x/d; s/len = [0-9]*/len = N/' "$tap_directory/emitted"
	if [[ -n $UPDATE ]]; then
		cp "$tap_directory/emitted" "$file"
		printf '%s\n' "$error" >"$file.warnings"
	fi
	run diff -u "$file" "$tap_directory/emitted"
	expect_equal '' "$output"
	run "$WHITTLE" emit "$format" --systemd 262 "$data/$policy.policy" -o "$tap_directory/again"
	expect_equal "$(cat "$file.warnings")" "$error"
}

# Whatever is not allowed in the same way is named in a warning.
each_widened_rule_is_named()
{
	local format=$1
	local policy=$tap_directory/default.policy

	local can

	can=" $("$FORMAT_TABLE" "$format" | tr '\n' ' ')"
	# The nearest default that the format has.
	if [[ $can == *' errno '* ]]; then
		cp "$data/all.policy" "$policy"
	else
		sed 's/"errno:EPERM"/"kill_thread"/' "$data/all.policy" >"$policy"
	fi
	run "$WHITTLE" emit "$format" "$policy" -o "$tap_directory/emitted"
	expect_status 0
	# openat has several conditions on one argument, setns two rules of which the first that matches decides.
	if [[ $can == *' arguments '* ]]; then
		expect_equal '' "$(grep openat <<<"$error")"
	else
		expect_error openat
	fi
	if [[ $can == *' order '* ]]; then
		expect_equal '' "$(grep setns <<<"$error")"
	else
		expect_error setns
	fi
	[[ $format != bpf && $format != bpf-c ]] || expect_equal '' "$error"
}

the_raw_filter_is_the_policy()
{
	"$WHITTLE" emit bpf "$data/all.policy" -o "$tap_directory/bpf"
	run "$WHITTLE" compare "$tap_directory/bpf" "$data/all.policy"
	expect_status 0
	expect_equal '' "$output"
}

a_terminal_gets_no_binary()
{
	run script -qec "'$WHITTLE' emit bpf '$data/all.policy'" /dev/null
	expect_output 'name a file with -o'
}

# The filter that a program with this header installs is read by the test program itself.
c_compiles_and_holds_the_filter()
{
	"$WHITTLE" emit bpf-c "$data/all.policy" -o "$tap_directory/filter.h"
	"$WHITTLE" emit bpf "$data/all.policy" -o "$tap_directory/bpf"
	cat >"$tap_directory/dump.c" <<-'END_C'
		#include <stdio.h>
		#include "filter.h"
		int main(void)
		{
			return fwrite(served_service_program.filter, sizeof(struct sock_filter),
				      served_service_program.len, stdout) != served_service_program.len;
		}
	END_C
	run cc -Wall -Wextra -Werror -o "$tap_directory/dump" "$tap_directory/dump.c"
	expect_status 0
	expect_equal '' "$error"
	"$tap_directory/dump" >"$tap_directory/dumped"
	run cmp "$tap_directory/dumped" "$tap_directory/bpf"
	expect_status 0
}

libseccomp_c_compiles_without_a_warning()
{
	"$WHITTLE" emit libseccomp-c "$data/all.policy" -o "$tap_directory/load.c" 2>/dev/null
	run cc -std=c99 -Wall -Wextra -Werror -c -o "$tap_directory/load.o" "$tap_directory/load.c"
	expect_status 0
	expect_equal '' "$error"
}

what_a_format_has_no_default_for_is_an_error()
{
	sed 's/"errno:EPERM"/"notify"/' "$data/all.policy" >"$tap_directory/notify.policy"
	run "$WHITTLE" emit oci "$tap_directory/notify.policy"
	expect_status 69
	expect_error 'oci cannot express the policy.s default action notify; decide with one of --default'
}

reasons_can_be_left_out()
{
	run "$WHITTLE" emit docker --no-reasons "$data/kill.policy"
	expect_status 0
	expect_equal "" "$(grep comment <<<"$output")"
}

# At level closed the constants that the code passes count as well as those that were seen.
the_code_s_own_constants_stay_allowed()
{
	cat >"$tap_directory/own.c" <<-'END_C'
		#include <sys/socket.h>
		int main(int argc, char *argv[])
		{
			(void)argv;
			if (argc > 5)
				return socket(AF_INET6, SOCK_DGRAM, 0);
			return socket(AF_UNIX, SOCK_STREAM, 0) < 0;
		}
	END_C
	cc -O1 -o "$tap_directory/own" "$tap_directory/own.c" || return
	python3 - "$tap_directory/own" "$tap_directory/own.rec" "$SOURCE/tests/cli/data/service.rec" <<-'END_PYTHON'
		import json, sys
		recording = json.load(open(sys.argv[3]))
		run = recording["runs"][0]
		run["target"] = {"kind": "command", "name": "own"}
		run["lines"], run["objects"] = [], []
		run["processes"] = [{"executable": sys.argv[1], "command": "own", "depth": 0, "manager": False}]
		run["calls"] = [{"abi": "x86_64", "name": "socket", "nr": 41, "process": 0, "phase": "startup",
		                 "count": 1, "first_ns": 5, "arguments": {"names": ["domain", "type", "protocol"],
		                 "any": False, "values": [{"value": ["0x1", "0x1", "0x0"], "count": 1}]}}]
		json.dump(recording, open(sys.argv[2], "w"))
	END_PYTHON
	run "$WHITTLE" decide -q --level observed --argument socket "$tap_directory/own.rec" -o "$tap_directory/observed"
	expect_status 0
	run "$WHITTLE" emit oci "$tap_directory/observed"
	expect_equal 1 "$(grep -c '"valueTwo"' <<<"$output")"
	run "$WHITTLE" decide -q --level closed --argument socket "$tap_directory/own.rec" -o "$tap_directory/closed"
	expect_status 0
	# Allowed are both, or whatever there is where the C library's own code passes what is no constant.
	run "$WHITTLE" emit oci "$tap_directory/closed"
	if grep -q 'socket stays allowed' "$tap_directory/closed"; then
		expect_equal 0 "$(grep -c '"valueTwo"' <<<"$output")"
	else
		expect_output '"valueTwo": 10,'
		expect_output '"valueTwo": 1,'
	fi
}

the_page_has_the_table_of_formats()
{
	local page=$SOURCE/docs/formats.md

	[[ -z $UPDATE ]] || {
		"$FORMAT_TABLE" >"$tap_directory/table"
		# "r" puts the file behind the line, which goes with the rest of the old table.
		sed -i -e "/^| format | read by/r $tap_directory/table" -e '/^| format | read by/,/^$/{/^|/d}' "$page"
	}
	run diff <("$FORMAT_TABLE") <(sed -n '/^| format | read by/,/^$/{/^$/d;p}' "$page")
	[[ -z $output ]] || fail "run \`make goldens\`: docs/formats.md does not have the table of formats:"$'\n'"$output"
}

# The same policy, by the command that people use.
comes_back_by_import()
{
	"$WHITTLE" emit lxc "$data/all.policy" -o "$tap_directory/lxc" 2>/dev/null
	run "$WHITTLE" import --to-policy "$tap_directory/lxc" -o "$tap_directory/read"
	expect_status 0
	"$WHITTLE" emit lxc --no-reasons "$tap_directory/read" -o "$tap_directory/lxc-again" 2>/dev/null
	run diff <(grep -v '^#' "$tap_directory/lxc") <(grep -v '^#' "$tap_directory/lxc-again")
	expect_equal '' "$output"
	run "$WHITTLE" import "$tap_directory/lxc" -o "$tap_directory/read.rec"
	expect_error 'read as lxc'
	run "$WHITTLE" import --to-policy "$tap_directory/lxc" "$tap_directory/lxc"
	expect_status 64
	echo 'read permit' >>"$tap_directory/lxc"
	run "$WHITTLE" import --to-policy "$tap_directory/lxc" -o "$tap_directory/damaged"
	expect_status 65
	expect_error 'a call, its action'
	[[ ! -e $tap_directory/damaged ]] || fail 'a policy in spite of the error'
}

what_argument_takes_is_checked()
{
	run "$WHITTLE" decide --argument socket,read "$SOURCE/tests/cli/data/service.rec"
	expect_status 65
	expect_error 'read has no argument that a condition can test'
	run "$WHITTLE" decide --argument sockett "$SOURCE/tests/cli/data/service.rec"
	expect_error 'no system call is named "sockett"'
}

# systemd's list has no conditions: each is named, and its directives are made from what was recorded.
conditions_become_directives()
{
	run "$WHITTLE" decide -q --level observed --argument default "$SOURCE/tests/cli/data/service.rec" -o "$tap_directory/with"
	expect_status 0
	run "$WHITTLE" decide -q --level observed "$SOURCE/tests/cli/data/service.rec" -o "$tap_directory/without"
	"$WHITTLE" emit systemd --systemd 257 --no-reasons "$tap_directory/without" >"$tap_directory/plain" 2>/dev/null
	run "$WHITTLE" emit systemd --systemd 257 --no-reasons "$tap_directory/with"
	expect_error 'socket is allowed with every argument: the format has no conditions'
	expect_equal "$(<"$tap_directory/plain")" "$output"
	expect_output '^RestrictAddressFamilies=AF_UNIX AF_INET$'
	expect_output '^MemoryDenyWriteExecute=yes$'
	expect_output '^RestrictNamespaces=yes$'
}

for format in $formats; do
	[[ $format == systemd ]] && continue
	case_ "$format: each rule that is widened is named" each_widened_rule_is_named "$format"
	[[ $format == bpf ]] && continue
	case_ "$format: a policy with everything is written as it was reviewed" golden "$format" all
	case_ "$format: a policy that kills is written as it was reviewed" golden "$format" kill
done
case_ 'the raw filter means what the policy does' the_raw_filter_is_the_policy
case_ 'a terminal gets no binary' a_terminal_gets_no_binary
case_ 'a C header holds the same filter' c_compiles_and_holds_the_filter
case_ 'the C file for libseccomp compiles without a warning' libseccomp_c_compiles_without_a_warning
case_ 'a default that a format has no word for is an error' what_a_format_has_no_default_for_is_an_error
case_ 'at level closed the constants of the code stay allowed' the_code_s_own_constants_stay_allowed
case_ 'the page on formats has the table of formats' the_page_has_the_table_of_formats
case_ 'what was emitted comes back by import --to-policy' comes_back_by_import
case_ 'what --argument takes is checked' what_argument_takes_is_checked
case_ 'conditions become the directives of systemd' conditions_become_directives
case_ 'reasons can be left out' reasons_can_be_left_out
finish
