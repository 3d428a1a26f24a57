#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$SOURCE/tests/tap.sh"

log=$tap_directory/trace.log
rec=$tap_directory/out.rec

counts_and_names_what_it_read()
{
	printf '%s\n' 'brk(NULL) = 0x1000' 'brk(NULL) = 0x1000' 'noise' 'getpid() = 7' >"$log"
	run "$WHITTLE" import "$log" -o "$rec"
	expect_status 0
	expect_error 'line 3: not a line of strace'
	expect_error '3 calls, read as strace'
	expect_equal 'brk getpid' "$("$WHITTLE" show --names "$rec" | sort | paste -sd' ')"
}

strict_ends_at_the_first_malformed_line()
{
	printf '%s\n' 'brk(NULL) = 0x1000' 'noise' >"$log"
	rm -f "$rec"
	run "$WHITTLE" import --strict "$log" -o "$rec"
	expect_status 65
	expect_error 'line 2: not a line of strace'
	[[ ! -e $rec ]] || fail 'a recording was written'
}

keeps_terminal_escapes_out()
{
	printf 'brk(NULL) = 0x1000\n\033[31mred\n' >"$log"
	run "$WHITTLE" import "$log" -o "$rec"
	expect_status 0
	[[ $error != *$'\033'* ]] || fail 'an escape went to the terminal'
}

refuses_what_it_does_not_know()
{
	echo 'hello world, no trace' >"$log"
	run "$WHITTLE" import "$log" -o "$rec"
	expect_status 65
	expect_error 'name it with --from'
	run "$WHITTLE" import --from nosuch "$log" -o "$rec"
	expect_status 64
	run "$WHITTLE" import -o "$rec"
	expect_status 64
	run "$WHITTLE" import /nonexistent -o "$rec"
	expect_status 66
}

files_of_one_trace_are_one_run()
{
	printf '%s\n' 'execve("/bin/sh", ["sh"], 0x7f) = 0' 'fork() = 8' >"$tap_directory/ff.7"
	printf '%s\n' 'getuid() = 0' >"$tap_directory/ff.8"
	run "$WHITTLE" import "$tap_directory"/ff.7 "$tap_directory"/ff.8 -o "$rec"
	expect_status 0
	expect_equal 1 "$(grep -c '"observer"' "$rec")"
	expect_equal 2 "$(grep -c '"executable": "/bin/sh"' "$rec")"
}

names_of() { "$WHITTLE" show --names "$1" | sort; }

what_emit_lists_comes_back()
{
	"$WHITTLE" decide --level observed "$SOURCE/tests/cli/data/service.rec" \
		-o "$tap_directory/a.policy" 2>"$tap_directory/err"
	"$WHITTLE" emit list "$tap_directory/a.policy" >"$tap_directory/list" 2>"$tap_directory/err"
	run "$WHITTLE" import --from list "$tap_directory/list" -o "$rec"
	expect_status 0
	expect_equal "$(grep -v '^#' "$tap_directory/list" | sort)" "$(names_of "$rec")"
}

a_drop_in_gives_its_names_and_the_implied_ones()
{
	run "$WHITTLE" import --systemd 252 "$SOURCE/tests/cli/data/service-252.conf" -o "$rec"
	expect_status 0
	expect_error 'read as systemd'
	expect_equal 'accept4 brk execve sendfile' \
		"$(names_of "$rec" | grep -xE 'accept4|brk|execve|sendfile|mount' | paste -sd' ')"
}

a_list_is_compared_with_what_was_recorded()
{
	printf '[Service]\nSystemCallFilter=getppid ptrace\n' >"$tap_directory/hand.service"
	printf '%s\n' 'getppid() = 1' 'acct(NULL) = 0' >"$log"
	"$WHITTLE" import "$tap_directory/hand.service" -o "$rec" 2>"$tap_directory/err"
	"$WHITTLE" decide --level observed "$rec" -o "$tap_directory/hand.policy" 2>"$tap_directory/err"
	"$WHITTLE" import "$log" -o "$rec" 2>"$tap_directory/err"
	"$WHITTLE" decide --level observed "$rec" -o "$tap_directory/needed.policy" 2>"$tap_directory/err"
	run "$WHITTLE" compare "$tap_directory/hand.policy" "$tap_directory/needed.policy"
	expect_output 'ptrace.*: allow \| errno'
	expect_output 'acct.*: errno:EPERM \| allow'
	if grep -q 'getppid' <<<"$output"; then fail "getppid is in both: $output"; fi
}

# The same program once under strace and once under whittle's own observer.
strace_and_record_agree()
{
	local program=$tap_directory/program.sh mode

	printf '%s\n' '#!/bin/sh' 'cat /etc/hostname' '(exec true)' 'echo $(uname)' >"$program"
	chmod +x "$program"
	"$WHITTLE" record --observer notify -o "$tap_directory/native.rec" -- "$program" \
		>"$tap_directory/out" 2>"$tap_directory/err" || fail "record: $(<"$tap_directory/err")"
	for mode in '-f' '-f -tt -T -y' '-f -k' '-f -n' '-f -c' '-f -C' '-f -r -i'; do
		rm -f "$log"
		# shellcheck disable=SC2086
		strace $mode -o "$log" "$program" >"$tap_directory/out" 2>"$tap_directory/err"
		run "$WHITTLE" import --strict "$log" -o "$rec"
		expect_status 0
		# strace -c counts what returns; exit_group never does.
		expect_equal "$mode: $(names_of "$tap_directory/native.rec" |
			if [[ $mode == *-c ]]; then grep -v '^exit_group$'; else cat; fi | paste -sd' ')" \
			"$mode: $(names_of "$rec" | paste -sd' ')"
	done
	rm -f "$tap_directory"/ff.*
	strace -ff -o "$tap_directory/ff" "$program" >"$tap_directory/out" 2>"$tap_directory/err"
	run "$WHITTLE" import --strict "$tap_directory"/ff.* -o "$rec"
	expect_equal "-ff: $(names_of "$tap_directory/native.rec" | paste -sd' ')" \
		"-ff: $(names_of "$rec" | paste -sd' ')"
}

# A summary never has the calls that do not return; a policy made from it must allow them all the same.
a_summarys_policy_lets_programs_end()
{
	printf '%s\n' '% time     seconds  usecs/call     calls    errors syscall' \
		'------ ----------- ----------- --------- --------- ----------------' \
		'100.00    0.000000           0         1           brk' \
		'------ ----------- ----------- --------- --------- ----------------' \
		'100.00    0.000000           0         1           total' >"$log"
	run "$WHITTLE" import "$log" -o "$rec"
	expect_equal brk "$(names_of "$rec")"
	"$WHITTLE" decide --level observed "$rec" -o "$tap_directory/summary.policy" 2>"$tap_directory/err"
	run "$WHITTLE" emit list "$tap_directory/summary.policy"
	expect_output '^exit$'
	expect_output '^exit_group$'
}

# One case a source: what CONTRIBUTING.md asks for beside the code.
is_documented_by_an_example()
{
	local name=$1 file=$tap_directory/examples/$1

	grep -qE "^\\|[^|]*\`$name[\` ]" "$SOURCE/docs/importing.md" ||
		fail "docs/importing.md: add \`$name\` to the table of sources"
	[[ -s $file ]] || {
		fail "docs/importing.md: add a section '### $name' with a few lines of a real file, indented by four spaces"
		return
	}
	run "$WHITTLE" import "$file" -o "$rec"
	expect_status 0
	expect_equal "$file: N calls, read as $name" "$(sed 's/^whittle: //; s/: [0-9]* calls/: N calls/' <<<"$error")"
	run "$WHITTLE" import --strict --from "$name" "$file" -o "$rec"
	expect_status 0
	[[ " $policies " != *" $name "* ]] || {
		run "$WHITTLE" import --to-policy "$file"
		expect_status 0
		expect_no_error
	}
}

mkdir "$tap_directory/examples"
"$SOURCE/tests/importing-examples" "$tap_directory/examples"
mapfile -t sources < <("$WHITTLE" import --list | awk '{print $1}')
# The error of a source that is no policy names those that are.
policies=$("$WHITTLE" import --to-policy --from strace /dev/null 2>&1 | sed -n 's/.*; supported are: //p')
[[ -n ${sources[*]} && -n $policies ]] || { echo 'Bail out! no sources in import --list'; exit 1; }
for source in "${sources[@]}"; do
	case_ "$source is documented by an example that import reads" is_documented_by_an_example "$source"
done
case_ 'import counts the calls of an strace log, names what it could not read, and goes on' counts_and_names_what_it_read
case_ 'with --strict the first malformed line ends the import, and nothing is written' strict_ends_at_the_first_malformed_line
case_ 'what a log holds does not steer the terminal' keeps_terminal_escapes_out
case_ 'a file of no known kind, an unknown source and a missing file are refused' refuses_what_it_does_not_know
case_ 'the files of one strace -ff are one run, and a child is known by its parent' files_of_one_trace_are_one_run
case_ 'what emit list writes comes back with the same names' what_emit_lists_comes_back
case_ 'a policy made from a summary lets programs end' a_summarys_policy_lets_programs_end
case_ "a drop-in gives its names and systemd's implied ones" a_drop_in_gives_its_names_and_the_implied_ones
case_ 'a hand-written list is compared with what was recorded: what it lacks, what it has too much' a_list_is_compared_with_what_was_recorded
if strace -o /dev/null true 2>/dev/null; then
	case_ 'strace in eight modes and record --observer notify agree on a program of several processes' strace_and_record_agree
else
	cannot 'strace in eight modes and record --observer notify agree' 'strace does not work here'
fi
finish
