#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# whittle show and whittle merge on recordings, good and bad.
. "$SOURCE/tests/tap.sh"

sample=$SOURCE/tests/data/nginx.rec
cd "$tap_directory" || exit 1

show_tells_what_was_seen_and_by_whom()
{
	run "$WHITTLE" show "$sample"
	expect_status 0
	expect_no_error
	expect_output '^nginx\.service \(unit\)$'
	expect_output '^  Recorded  2025-11-24 10:40:00 UTC for 10 min 2 s by bpf; ended: time limit$'
	expect_output '^  System .*Linux 6\.1\.0-28-amd64, x86_64, glibc 2\.36, systemd 252'
	expect_output '^7 system calls, made 9,733 times\.$'
	expect_output "^The manager's part is counted separately: 1 call, 12 times"
	expect_output '^9,313  epoll_wait +serving  nginx/worker process +libc\.so\.6!epoll_wait\+0x1e < nginx!ngx_epoll_process_events'
	expect_output '^ +14  brk +startup  nginx/master process, nginx \[ExecStartPre\]'
	expect_output '^ +domain=AF_INET6 type=SOCK_STREAM protocol=\S+  x1$'
	expect_output '^ +1  i386:getpid '
	! grep -q mount <<<"$output" || fail "the manager's mount is in the program's part"
	! grep -q $'\e' <<<"$output" || fail 'coloured, though not a terminal'
}

show_says_what_is_missing()
{
	run "$WHITTLE" show "$sample"
	expect_output '^  Lost      1 first caller$'
	expect_output '^  Not run   ExecReload=/bin/kill -s HUP \$MAINPID was never executed'
	sed 's/"calls": 0, "arguments": 0/"calls": 5, "arguments": 2/; s/"filter": "absent"/"filter": "present"/' \
		"$sample" >lossy.rec
	run "$WHITTLE" show lossy.rec
	expect_output '^  Lost      5 calls not counted; 2 values of arguments'
	expect_output '^  Filter    the target was under a filter'
	run "$WHITTLE" show --json lossy.rec
	expect_output '^  "lost": 5,$'
}

show_keeps_the_manager_apart()
{
	run "$WHITTLE" show --manager "$sample"
	expect_status 0
	expect_output '12  mount '
	expect_output 'flags=MS_BIND\|MS_REC  x12'
	! grep -q epoll_wait <<<"$output" || fail "the program's part is in the manager's"
}

show_makes_a_table_a_process_or_phase()
{
	run "$WHITTLE" show --by process "$sample"
	expect_output '^nginx/worker process: 3 calls, 9,714 times$'
	expect_output '^nginx \[ExecStartPre\]: 2 calls, 6 times$'
	run "$WHITTLE" show --by=phase "$sample"
	expect_output '^startup: 3 calls, 17 times$'
	expect_output '^serving: 4 calls, 9,716 times$'
	run "$WHITTLE" show --by=phase --json "$sample"
	expect_output '"name": "serving"'
}

show_sorts_by_name()
{
	run "$WHITTLE" show --sort name "$sample"
	expect_equal 'accept4 brk epoll_wait i386:getpid ioctl lsm_set_self_attr socket' \
		"$(awk '/^ *[0-9,]+  [a-z]/ {print $2}' <<<"$output" | sort -c && awk '/^ *[0-9,]+  [a-z]/ {printf "%s%s", sep, $2; sep=" "}' <<<"$output")"
}

show_prints_names_for_scripts()
{
	run "$WHITTLE" show --names "$sample"
	expect_status 0
	expect_equal $'accept4\nbrk\nepoll_wait\ni386:getpid\nioctl\nlsm_set_self_attr\nsocket' "$output"
}

show_prints_json_for_programs()
{
	run "$WHITTLE" show --json "$sample"
	expect_status 0
	expect_equal "0 brk 12 9 5 14" "$(python3 -c '
import json, sys
shown = json.load(sys.stdin)
brk = [call for call in shown["calls"] if call["name"] == "brk" and call["abi"] == "x86_64"][0]
print(shown["lost"], brk["name"], brk["nr"], *(part["count"] for part in brk["processes"]), brk["count"])
' <<<"$output")"
}

show_adds_up_several_recordings()
{
	sed 's/0f3c5a7e9b1d2f4860718293a4b5c6d7/00000000000000000000000000000001/' "$sample" >other.rec
	run "$WHITTLE" show "$sample" other.rec
	expect_output '^18,626  epoll_wait'
	expect_output '^ +domain=AF_INET type=SOCK_STREAM protocol=\S+  x2$'
}

a_hostile_name_can_not_steer_the_terminal()
{
	sed 's/"worker process"/"\\u001b]0;owned\\u0007\\n\\\\xff"/' "$sample" >hostile.rec
	run "$WHITTLE" show hostile.rec
	expect_status 0
	expect_output 'nginx/\\x1b\]0;owned\\x07\\x0a\\xff'
	! grep -q $'[\x01-\x08\x0b-\x1f]' <<<"$output" || fail 'a control character came through'
}

a_terminal_gets_colour_unless_it_says_no()
{
	run env -u NO_COLOR TERM=xterm script -qec "$WHITTLE show $sample" /dev/null
	expect_output $'\e\\[1mepoll_wait\e\\[0m'
	run env NO_COLOR=1 TERM=xterm script -qec "$WHITTLE show $sample" /dev/null
	! grep -q $'\e' <<<"$output" || fail 'coloured, though NO_COLOR is set'
}

merging_one_writes_the_same_bytes()
{
	run "$WHITTLE" merge "$sample" -o one.rec
	expect_status 0
	cmp "$sample" one.rec || fail 'the bytes differ'
	"$WHITTLE" merge - <"$sample" | cmp - "$sample" || fail 'through pipes the bytes differ'
}

a_file_of_version_1_is_read()
{
	run "$WHITTLE" merge "$SOURCE/tests/data/nginx-version-1.rec" -o one.rec
	expect_status 0
	cmp "$sample" one.rec || fail 'it is not what version 2 says'
	sed 's/"version": 1,/"version": 1,\n  "shapes": [],/' "$SOURCE/tests/data/nginx-version-1.rec" >bad.rec
	run "$WHITTLE" show bad.rec
	expect_status 65
	expect_error 'version 1 has neither'
}

# Hosts of one service: their runs differ in ids, times and counts.
runs_of_one_shape_have_it_once()
{
	local i size

	for i in 1 2 3 4; do
		sed "s/0f3c5a7e9b1d2f4860718293a4b5c6d7/0000000000000000000000000000000$i/; s/\"count\": 9313/\"count\": $i/" \
			"$sample" >host$i.rec
	done
	run "$WHITTLE" merge host[1-4].rec -o hosts.rec
	expect_status 0
	size=$(wc -c <hosts.rec)
	((size < 3 * $(wc -c <"$sample"))) || fail "four runs take $size bytes"
	[[ $(grep -c '"executable"' hosts.rec) == "$(grep -c '"executable"' "$sample")" ]] ||
		fail 'the processes stand there more than once'
	run "$WHITTLE" show --json hosts.rec
	expect_status 0
	expect_output '"count": 10,'
	# A run that goes back to a file of its own is as it was.
	"$WHITTLE" merge hosts.rec | cmp - hosts.rec || fail 'read and written, the bytes differ'
	is_refused_hosts 's/"shape": 0/"shape": 1/' 'runs\[0\]\.shape: the file has 1 of them'
	is_refused_hosts 's/"numbers": 3/"numbers": 4/' 'runs\[3\]\.numbers: the file has 4 of them'
	is_refused_hosts '0,/"count": \[[0-9]+, /s//"count": [/' 'numbers\[0\]\.count: [0-9]+ numbers for a shape that has [0-9]+'
	is_refused_hosts '0,/"first_ns": \[[0-9]+/s//"first_ns": [-2/' 'numbers\[0\]\.first_ns\[0\]: -2 is not in the range -1'
}

is_refused_hosts()
{
	sed -E "$1" hosts.rec >bad.rec
	cmp -s hosts.rec bad.rec && fail "the file has nothing for $1"
	run "$WHITTLE" show bad.rec
	expect_status 65
	expect_error "^whittle: bad\.rec: $2"
}

the_order_of_merging_makes_no_difference()
{
	local i

	for i in 1 2 3 4 5 6; do
		"$MAKE_RECORDING" random $i >r$i.rec
	done
	"$WHITTLE" merge r1.rec r2.rec r3.rec r4.rec r5.rec r6.rec >forward.rec
	"$WHITTLE" merge r6.rec r5.rec r4.rec r3.rec r2.rec r1.rec r1.rec >backward.rec
	"$WHITTLE" merge r1.rec r2.rec r3.rec >left.rec
	"$WHITTLE" merge r4.rec r5.rec r6.rec >right.rec
	run "$WHITTLE" merge left.rec right.rec --output left.rec
	expect_status 0
	cmp forward.rec backward.rec || fail 'not commutative'
	cmp forward.rec left.rec || fail 'not associative'
}

a_run_that_was_changed_names_both_files()
{
	sed 's/"count": 9313/"count": 9314/' "$sample" >changed.rec
	run "$WHITTLE" merge "$sample" changed.rec -o out.rec
	expect_status 65
	expect_error 'nginx\.rec and changed\.rec: both contain the run 0f3c5a7e9b1d2f4860718293a4b5c6d7'
	[[ ! -e out.rec ]] || fail 'an output was written all the same'
}

a_sum_that_does_not_fit_names_the_call()
{
	sed 's/"count": 9313/"count": 9223372036854775807/' "$sample" >big.rec
	sed 's/0f3c5a7e9b1d2f4860718293a4b5c6d7/00000000000000000000000000000002/' big.rec >big2.rec
	run "$WHITTLE" show big.rec big2.rec
	expect_status 65
	expect_error 'epoll_wait of x86_64: its counts over all runs add up to over 2\^63 - 1'
}

# $1: a sed script that spoils the sample, $2: what the message must say
is_refused()
{
	sed -E "$1" "$sample" >bad.rec
	cmp -s "$sample" bad.rec && fail "the sample has nothing for $1"
	run "$WHITTLE" show bad.rec
	expect_status 65
	expect_error "^whittle: bad\.rec: $2"
}

every_mistake_is_told_with_its_place()
{
	is_refused '20,$d' 'line [0-9]+, column [0-9]+: .*truncated'
	is_refused 's/("count": )9313/\1"9313"/' 'runs\[0\]\.calls\[[0-9]\]\.count: expected a whole number, found a string'
	is_refused 's/("count": )9313/\1-1/' 'runs\[0\]\.calls\[[0-9]\]\.count: -1 is not in the range 0'
	is_refused 's/("count": )9313/\19223372036854775808/' 'line [0-9]+, column [0-9]+: too big integer'
	is_refused 's/("count": )9313/\19e99/' 'runs\[0\]\.calls\[[0-9]\]\.count: expected a whole number, found a number with'
	is_refused 's/"version": 2/"version": 3/' 'version: 3 is not supported: whittle .* reads versions 1 to 2'
	is_refused 's/whittle-recording/whittle-other/' 'format: not a recording'
	is_refused '/"format"/d' 'not a recording'
	is_refused 's/"epoll_wait"(, *)?$/"epoll_weit"\1/' 'runs\[0\]\.calls\[[0-9]\]\.name: no system call is called "epoll_weit"; call 232 of x86_64 is epoll_wait'
	is_refused 's/"name": "epoll_wait"/"name": "accept"/' 'runs\[0\]\.calls\[[0-9]\]\.name: accept is not call 232 of x86_64, which is epoll_wait'
	is_refused 's/"nr": 232/"nr": 400/' 'runs\[0\]\.calls\[[0-9]\]\.name: epoll_wait is not call 400'
	is_refused 's/"name": "epoll_wait"/"name": "nosuch"/; s/"nr": 232/"nr": 400/' 'runs\[0\]\.calls\[[0-9]\]\.name: no system call is called "nosuch", and x86_64 has no call 400'
	is_refused 's/"abi": "i386"/"abi": "i387"/' 'runs\[0\]\.calls\[[0-9]\]\.abi: no ABI is called "i387"'
	is_refused 's/"phase": "serving"/"phase": "later"/' 'runs\[0\]\.calls\[[0-9]\]\.phase: "later" is not one of "startup", "serving", "unknown"'
	is_refused 's/"process": 3/"process": 4/' 'runs\[0\]\.calls\[[0-9]\]\.process: there is no processes\[4\]: the run has 4'
	is_refused 's/"object": 2/"object": 3/' 'runs\[0\]\.calls\[[0-9]\]\.stack\[1\]\.object: there is no objects\[3\]'
	is_refused 's/"0x5421"/"0x54g1"/' 'runs\[0\]\.calls\[[0-9]\]\.arguments\.values\[0\]\.value\[0\]: expected "0x"'
	is_refused 's/"ended"/"endet"/' 'runs\[0\]\.endet: unknown key'
	is_refused '/"ended"/d' 'runs\[0\]: "ended" is missing'
	is_refused 's/"id": "0f/"id": "0F/' 'runs\[0\]\.id: expected 32 lower-case'
	is_refused 's/"ended": "time limit"/"ended": "a", "ended": "b"/' 'line [0-9]+, column [0-9]+: duplicate object key'
}

a_call_of_a_newer_kernel_is_kept_by_its_number()
{
	sed 's/"name": "epoll_wait"/"name": "brand_new"/; s/"nr": 232/"nr": 1009/' "$sample" >newer.rec
	run "$WHITTLE" show --names newer.rec
	expect_status 0
	expect_output '^#1009$'
	"$WHITTLE" merge newer.rec >kept.rec
	"$WHITTLE" merge kept.rec | cmp - kept.rec || fail 'the number does not come through'
}

# $1: what the message must say; standard input: the file
junk_is_refused()
{
	cat >junk.rec
	run timeout 20 "$WHITTLE" show junk.rec
	expect_status 65
	expect_error "^whittle: junk\.rec: $1"
	! grep -q $'[\x01-\x08\x0b-\x1f]' <<<"$error" || fail 'a control character came through'
}

a_file_that_is_no_recording_is_refused()
{
	junk_is_refused 'the file is empty' </dev/null
	head -c 100000 "$WHITTLE" | junk_is_refused 'line 1, column 1'
	printf '{"\033[2J' | junk_is_refused 'line 1, column'
	echo '{}' | junk_is_refused 'not a recording'
	echo '[]' | junk_is_refused 'line 1, column 1: not a JSON object'
	echo 'null' | junk_is_refused 'line 1, column'
}

# Fails with 65, in at most 20 seconds and 600 MB.
run_in_bounds()
{
	run python3 -c '
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], timeout=20).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, "MB")
sys.exit(status)' "$WHITTLE" "$@"
	expect_status 65
	((${output% MB} < 600)) || fail "took $output"
}

a_hundred_megabytes_of_nesting_are_refused_in_little_time_and_memory()
{
	local open

	for open in '{"runs":' '{"runs":['; do
		python3 -c 'import sys; sys.stdout.write(sys.argv[1] * (100000000 // len(sys.argv[1])))' \
			"$open" >deep.rec
		run_in_bounds show deep.rec
		expect_error 'deep\.rec: line 1, column [0-9]+: nested too deep'
	done
	python3 -c 'print("{\"format\":\"whittle-recording\",\"version\":2,\"runs\":[[" + "{}," * 33000000 + "{}]]}")' >wide.rec
	run_in_bounds show wide.rec
	expect_error 'wide\.rec: line 1, column [0-9]+: too large'
	rm -f deep.rec wide.rec
}

# A second or two each; what grew with the square of them would take many minutes. The limit leaves
# room for sanitizers.
large_recordings_are_merged_without_ado()
{
	"$MAKE_RECORDING" rows 100000 >rows.rec
	run timeout 60 "$WHITTLE" merge rows.rec -o rows2.rec
	expect_status 0
	cmp rows.rec rows2.rec || fail 'the bytes differ'
	"$MAKE_RECORDING" runs 5000 >runs.rec
	run timeout 60 "$WHITTLE" merge runs.rec rows.rec runs.rec -o both.rec
	expect_status 0
	run timeout 60 "$WHITTLE" show --names both.rec
	expect_status 0
	expect_equal 300 "$(wc -l <<<"$output")"
	rm -f rows.rec rows2.rec runs.rec both.rec
}

what_can_not_be_read_or_written_is_named()
{
	run "$WHITTLE" show no-such.rec
	expect_status 66
	expect_error '^whittle: no-such\.rec: No such file or directory$'
	run "$WHITTLE" show "$tap_directory"
	expect_status 66
	expect_error "^whittle: $tap_directory: Is a directory\$"
	run "$WHITTLE" merge "$sample" -o no/such/out.rec
	expect_status 66
	expect_error 'no/such/out\.rec'
	run "$WHITTLE" merge "$sample" -o /dev/full
	expect_status 74
	expect_error '/dev/full: .*No space left on device'
	run bash -c '"$1" show "$2" >/dev/full' bash "$WHITTLE" "$sample"
	expect_status 74
	touch closed.rec
	chmod 000 closed.rec
	if ((EUID == 0)); then
		chmod 755 .
		run setpriv --reuid 65534 --regid 65534 --clear-groups "$WHITTLE" show closed.rec
	else
		run "$WHITTLE" show closed.rec
	fi
	expect_status 77
	expect_error 'closed\.rec: Permission denied'
}

the_command_line_is_checked()
{
	run "$WHITTLE" show
	expect_status 64
	run "$WHITTLE" merge
	expect_status 64
	run "$WHITTLE" show --by=colour "$sample"
	expect_status 64
	expect_error '--by: .* is not one of: call process phase'
	run "$WHITTLE" show --sort=size "$sample"
	expect_status 64
	run "$WHITTLE" show --names --json "$sample"
	expect_status 64
	expect_error '--names and --json can.t be combined'
}

case_ 'show tells what was seen, by whom, when, and from where' show_tells_what_was_seen_and_by_whom
case_ 'show says what was lost, hidden by a filter or never ran' show_says_what_is_missing
case_ "show keeps the manager's part apart" show_keeps_the_manager_apart
case_ 'show makes a table a process or a phase' show_makes_a_table_a_process_or_phase
case_ 'show sorts by name' show_sorts_by_name
case_ 'show prints names for scripts' show_prints_names_for_scripts
case_ 'show prints JSON for programs' show_prints_json_for_programs
case_ 'show adds up several recordings' show_adds_up_several_recordings
case_ 'a hostile name can not steer the terminal' a_hostile_name_can_not_steer_the_terminal
case_ 'a terminal gets colour unless NO_COLOR is set' a_terminal_gets_colour_unless_it_says_no
case_ 'merging one recording writes the same bytes' merging_one_writes_the_same_bytes
case_ 'a file of version 1 is read' a_file_of_version_1_is_read
case_ 'runs of one shape have it once in the file' runs_of_one_shape_have_it_once
case_ 'the order of merging makes no difference' the_order_of_merging_makes_no_difference
case_ 'a run that was changed is refused and both files are named' a_run_that_was_changed_names_both_files
case_ 'a sum that does not fit names the call' a_sum_that_does_not_fit_names_the_call
case_ 'every mistake in a file is told with its place' every_mistake_is_told_with_its_place
case_ 'a call of a newer kernel is kept by its number' a_call_of_a_newer_kernel_is_kept_by_its_number
case_ 'a file that is no recording is refused' a_file_that_is_no_recording_is_refused
case_ 'a hundred megabytes of nesting are refused in little time and memory' \
	a_hundred_megabytes_of_nesting_are_refused_in_little_time_and_memory
case_ 'a hundred thousand rows and five thousand runs are merged without ado' \
	large_recordings_are_merged_without_ado
case_ 'what can not be read or written is named' what_can_not_be_read_or_written_is_named
case_ 'the command line is checked' the_command_line_is_checked
finish
