#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `whittle compile`, `decode`, `compare` and `test`.
. "$SOURCE/tests/tap.sh"

cd "$tap_directory" || exit 1

cat >server.policy <<'END'
{"format":"whittle-policy","version":1,"abis":["x86_64","i386"],"default":"errno:EPERM",
 "foreign":"kill_process","rules":[
 {"abi":"x86_64","name":"read","action":"allow","reasons":[{"kind":"asked","text":"to read"}]},
 {"abi":"x86_64","name":"write","action":"allow","reasons":[{"kind":"asked","text":"to write"}]},
 {"abi":"x86_64","name":"socket","action":"allow","reasons":[{"kind":"asked","text":"to talk"}],
  "clauses":[[{"argument":0,"comparison":"==","value":1}],
             [{"argument":0,"comparison":"==","value":10},
              {"argument":1,"comparison":"&==","mask":15,"value":1}]]},
 {"abi":"x86_64","name":"openat","action":"allow","reasons":[{"kind":"asked","text":"to look"}],
  "clauses":[[{"argument":2,"comparison":"&==","mask":3,"value":0}]]},
 {"abi":"i386","name":"read","action":"allow","reasons":[{"kind":"asked","text":"to read"}]}]}
END
sed 's/"name":"write","action":"allow"/"name":"write","action":"log"/' server.policy >other.policy
"$WHITTLE" compile server.policy -o server.bpf || exit 1
"$WHITTLE" compile other.policy >other.bpf || exit 1

what_is_compiled_is_the_same()
{
	run "$WHITTLE" compare server.policy server.bpf
	expect_status 0
	expect_equal '' "$output"
	run "$WHITTLE" decode server.bpf -o decoded.policy
	expect_status 0
	run "$WHITTLE" compare decoded.policy server.policy
	expect_status 0
	run bash -c "'$WHITTLE' decode - <server.bpf"
	expect_status 0
}

decode_tells_names_and_conditions()
{
	run "$WHITTLE" decode server.bpf
	expect_status 0
	expect_output 'read write'
	expect_output 'allow where domain == AF_UNIX'
	expect_output 'domain == AF_INET6 and type & .* == SOCK_STREAM'
	expect_output '^i386$'
	expect_output 'any other: errno:EPERM'
	expect_output 'any other ABI: kill_process'
}

decode_prints_instructions()
{
	run "$WHITTLE" decode --asm server.bpf
	expect_status 0
	expect_output '0: ld \[4\].*architecture'
	expect_output 'jeq #0xc000003e.*x86_64'
	expect_output 'ret #0x7fff0000.*allow'
}

decode_prints_json_that_is_a_policy()
{
	run "$WHITTLE" decode --json server.bpf
	expect_status 0
	printf '%s\n' "$output" >printed.policy
	run "$WHITTLE" compare printed.policy server.bpf
	expect_status 0
}

compare_names_each_difference()
{
	run "$WHITTLE" compare server.bpf other.policy
	expect_status 1
	expect_equal 'x86_64:write: allow | log' "$output"
	run "$WHITTLE" compare --quiet server.bpf other.policy
	expect_status 1
	expect_equal '' "$output"
	run "$WHITTLE" compare --json server.bpf other.policy
	expect_status 1
	expect_output '"name": "write"'
	expect_output '"same": false'
}

compare_gives_arguments_that_show_it()
{
	sed 's/"value":10/"value":2/' server.policy >inet.policy
	run "$WHITTLE" compare server.policy inet.policy
	expect_status 1
	expect_output 'x86_64:socket: allow \| errno:EPERM'
	expect_output 'where domain == AF_INET6'
	expect_output 'for example with 0xa, 0x1'
}

an_abi_that_is_left_open_is_a_difference()
{
	sed 's/"foreign":"kill_process"/"foreign":"allow"/' server.policy >open.policy
	run "$WHITTLE" compare server.policy open.policy
	expect_status 1
	expect_output 'ABIs that neither side names.*kill_process \| allow'
}

compare_says_trouble_by_2()
{
	run "$WHITTLE" compare server.policy nosuch.policy
	expect_status 2
	expect_error 'nosuch.policy'
	head -c 20 server.bpf >cut.bpf
	run "$WHITTLE" compare server.policy cut.bpf
	expect_status 2
	expect_error 'cut.bpf: not a filter'
}

test_tells_outcome_and_path()
{
	run "$WHITTLE" test server.bpf openat,AT_FDCWD,...,O_WRONLY
	expect_status 1
	expect_equal 'errno:EPERM' "${output%%$'\n'*}"
	expect_output 'ret #0x00050001'
	run "$WHITTLE" test server.bpf openat,AT_FDCWD,...,O_RDONLY
	expect_status 0
	expect_equal 'allow' "${output%%$'\n'*}"
	run "$WHITTLE" test server.policy write
	expect_status 0
	expect_output 'asked: to write'
	run "$WHITTLE" test server.policy x32:read
	expect_status 1
	expect_output 'kill_process'
}

test_says_on_what_it_depends()
{
	run "$WHITTLE" test server.bpf socket
	expect_status 1
	expect_output 'allow where domain == AF_UNIX'
	run "$WHITTLE" test -q server.bpf socket,AF_UNIX
	expect_status 0
	expect_equal allow "$output"
}

test_refuses_what_it_does_not_understand()
{
	run "$WHITTLE" test server.bpf nosuchcall
	expect_status 2
	expect_error nosuchcall
	run "$WHITTLE" test server.bpf socket,AF_NOSUCH
	expect_status 2
	expect_error AF_NOSUCH
	run "$WHITTLE" test server.bpf read,1,2,3,4,5,6,7
	expect_status 2
}

big_endian_filters_are_written_and_read()
{
	sed '/"abi":"i386"/d; s/"x86_64","i386"/"s390x"/; s/x86_64/s390x/; s/"value":0}\]\]},/"value":0}]]}]}/' \
		server.policy >big.policy
	run "$WHITTLE" compile big.policy -o big.bpf
	expect_status 0
	expect_equal '00 20' "$(od -An -tx1 -N2 big.bpf | xargs)"
	run "$WHITTLE" compare big.policy big.bpf
	expect_status 0
}

compile_refuses()
{
	run "$WHITTLE" compile nosuch.policy -o there.bpf
	expect_status 66
	[[ ! -e there.bpf ]] || fail 'there is an output'
	run "$WHITTLE" compile --abi arm server.policy -o there.bpf
	expect_status 65
	expect_error 'no rules for arm'
	run "$WHITTLE" compile server.policy -o nosuch/there.bpf
	expect_status 66
}

a_live_process_is_read()
{
	printf '%s' '{"format":"whittle-policy","version":1,"abis":["x86_64"],"default":"allow",
		"foreign":"kill_process","rules":[{"abi":"x86_64","name":"mkdir","action":"errno:EPERM",
		"reasons":[{"kind":"asked","text":"t"}]}]}' >live.policy
	"$WHITTLE" exec --policy live.policy -- "$WHITTLE" exec --policy live.policy -- sleep 60 &
	local pid=$!
	# The second filter is on when the program is the last one.
	until [[ $(cat /proc/$pid/comm 2>/dev/null) == sleep ]]; do kill -0 $pid || return; done
	run "$WHITTLE" compare pid:$pid live.policy
	expect_status 0
	run "$WHITTLE" decode --pid $pid
	expect_output 'errno:EPERM \(1\)'
	expect_output 'mkdir'
	run "$WHITTLE" decode --asm --pid $pid
	expect_output 'filter 2 of 2'
	run grep State /proc/$pid/status
	expect_output 'S \(sleeping\)'
	kill $pid
	wait $pid 2>/dev/null
	run "$WHITTLE" decode --pid $pid
	expect_error 'there is no process'
}

test_writes_json()
{
	run "$WHITTLE" test --json server.policy read
	expect_status 0
	expect_equal 'x86_64 read allow True' "$(python3 -c '
import json, sys
o = json.load(sys.stdin)
print(o["abi"], o["name"], *(x["action"] for x in o["outcomes"]), o["made"])' <"$tap_directory/out")"
	run "$WHITTLE" test -j server.bpf nosuchcall
	expect_status 2
	expect_equal '' "$output"
}

case_ 'what is compiled means what the policy says' what_is_compiled_is_the_same
case_ 'decode tells names and conditions' decode_tells_names_and_conditions
case_ 'decode prints instructions with what they mean' decode_prints_instructions
case_ 'decode prints JSON that is a policy' decode_prints_json_that_is_a_policy
case_ 'compare names each difference' compare_names_each_difference
case_ 'compare gives arguments that show the difference' compare_gives_arguments_that_show_it
case_ 'an ABI that is left open is a difference' an_abi_that_is_left_open_is_a_difference
case_ 'compare says trouble by exit code 2' compare_says_trouble_by_2
case_ 'test tells the outcome and the path' test_tells_outcome_and_path
case_ 'test says on what the outcome depends' test_says_on_what_it_depends
case_ 'test refuses what it does not understand' test_refuses_what_it_does_not_understand
case_ 'big-endian filters are written and read' big_endian_filters_are_written_and_read
case_ 'compile refuses, and leaves nothing behind' compile_refuses
if ((EUID == 0)); then
	case_ 'the filters of a live process are read' a_live_process_is_read
else
	cannot 'the filters of a live process are read' 'this needs root'
fi
case_ 'test writes JSON' test_writes_json
finish
