#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# decide and emit as a user calls them, on a recording that is part of the tree.
. "$SOURCE/tests/tap.sh"
shopt -s extglob

cd "$tap_directory" || exit 1

rec=$SOURCE/tests/cli/data/service.rec
policy=$tap_directory/service.policy
"$WHITTLE" decide -q --level observed "$rec" -o "$policy" || { echo 'Bail out! no policy'; exit 1; }

# The reasons of one call, by kind.
reasons()
{
	python3 - "$1" "$2" <<-'END'
	import json, sys
	for rule in json.load(open(sys.argv[1]))["rules"]:
	    if rule.get("name") == sys.argv[2]:
	        for reason in rule["reasons"]:
	            print(reason["kind"] + ": " + reason["text"])
	END
}

a_policy_of_version_1_is_read_and_means_the_same()
{
	run "$WHITTLE" compare "$SOURCE/tests/data/nginx-version-1.policy" "$SOURCE/tests/data/nginx-version-1.policy"
	expect_status 0
	"$WHITTLE" decide -q "$SOURCE/tests/data/nginx.rec" -o new.policy
	run grep '"version"' new.policy
	expect_output '"version": 2,'
	run "$WHITTLE" compare new.policy "$SOURCE/tests/data/nginx-version-1.policy"
	expect_status 0
}

# The sample, changed by a line of Python that has each run as `run`.
changed()
{
	python3 - "$rec" "$1" >changed.rec <<-'END'
	import json, sys
	recording = json.load(open(sys.argv[1]))
	for run in recording["runs"]:
	    exec(sys.argv[2])
	json.dump(recording, sys.stdout)
	END
}

# A member of a policy as JSON.
member()
{
	python3 -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1])).get(sys.argv[2])))' "$1" "$2"
}

the_policy_names_the_recorded_starts()
{
	expect_equal '[{"executable": "/usr/sbin/served", "runs": 1}]' "$(member "$policy" starts)"
	# A process that ran before the recording has no start-up.
	changed '[call.update(phase="serving") for call in run["calls"]
		if call["name"] not in [other["name"] for other in run["calls"] if other is not call]]
run["calls"] = [call for call in run["calls"] if call["phase"] != "startup"]'
	"$WHITTLE" decide -q --level observed changed.rec -o running.policy
	expect_equal '[]' "$(member running.policy starts)"
	# A list of names knows nothing about programs.
	printf 'read\nwrite\nexecve\n' >names
	"$WHITTLE" import names -o names.rec
	"$WHITTLE" decide -q --level observed names.rec -o names.policy
	expect_equal null "$(member names.policy starts)"
}

who_served_nobody_is_told_first()
{
	run "$WHITTLE" decide --level observed "$rec" -o some.policy
	expect_equal null "$(member some.policy idle)"
	[[ $error != *'served none'* ]] || fail "a warning without a reason: $error"
	changed 'run["calls"] = [call for call in run["calls"] if call["name"] != "accept4"]'
	run "$WHITTLE" decide --level observed changed.rec -o idle.policy
	expect_status 0
	[[ $error == 'whittle: warning: served.service listens for clients, but served none'* ]] ||
		fail "not the first line: $error"
	expect_equal true "$(member idle.policy idle)"
	# Not even --quiet hides it.
	run "$WHITTLE" decide -q --level observed changed.rec -o idle.policy
	expect_error 'served none while it was recorded'
	# A target that does not listen is not idle.
	changed 'run["calls"] = [call for call in run["calls"] if call["name"] not in ("accept4", "listen")]'
	run "$WHITTLE" decide --level observed changed.rec -o quiet.policy
	expect_equal null "$(member quiet.policy idle)"
	[[ $error != *'served none'* ]] || fail "a warning without a reason: $error"
}

every_seen_call_has_its_reason()
{
	run reasons "$policy" epoll_wait
	expect_equal 'seen: 9,313 times, serving, served/worker, first from libc.so.6!epoll_wait' "$output"
	run reasons "$policy" openat
	expect_output '^seen: 14 times, startup and serving, served/master and served/worker'
	run reasons "$policy" exit_group
	expect_output '^base: used by every program to end'
	expect_output "^base: part of @default, which systemd 252"
}

the_managers_part_stays_out()
{
	run reasons "$policy" mount
	expect_equal '' "$output"
}

a_newer_library_is_answered_enosys()
{
	run reasons "$policy" clone3
	expect_output '^runtime: returns ENOSYS'
}

summary_tells_what_stays_open()
{
	run "$WHITTLE" decide --level observed "$rec" -o /dev/null
	expect_status 0
	expect_error '^served.service: [0-9]+ calls are allowed at level observed: 1[0-9] seen'
	expect_error 'never executed while recording: ExecReload=/bin/kill -HUP'
	expect_error 'ioctl \(2 observed\)'
}

the_policy_is_the_same_each_time_and_whatever_the_order()
{
	run "$WHITTLE" decide -q "$rec" "$SOURCE/tests/cli/data/other.rec"
	local first=$output
	run "$WHITTLE" decide -q "$SOURCE/tests/cli/data/other.rec" "$rec" "$rec"
	expect_status 0
	expect_equal "$first" "$output"
}

what_the_user_allows_is_marked()
{
	run "$WHITTLE" decide -q --allow mlock --allow @timer "$rec" -o "$tap_directory/asked"
	expect_status 0
	run reasons "$tap_directory/asked" mlock
	expect_equal 'asked: mlock' "$output"
	run reasons "$tap_directory/asked" timer_create
	expect_equal 'asked: @timer' "$output"
	run "$WHITTLE" decide --allow nosuchcall "$rec"
	expect_status 65
	expect_error '"nosuchcall"'
}

actions_are_taken_by_name()
{
	run "$WHITTLE" decide -q --default kill_process --foreign errno:ENOSYS "$rec"
	expect_output '"default": "kill_process"'
	expect_output '"foreign": "errno:ENOSYS"'
	run "$WHITTLE" decide --default errno:EFOO "$rec"
	expect_status 65
	expect_error 'errno:EFOO'
	run "$WHITTLE" decide --level wide "$rec"
	expect_status 64
}

a_failed_decision_leaves_the_old_policy()
{
	echo old >"$tap_directory/kept"
	run "$WHITTLE" decide /nonexistent.rec -o "$tap_directory/kept"
	expect_status 66
	expect_equal old "$(<"$tap_directory/kept")"
	run "$WHITTLE" decide
	expect_status 64
}

the_drop_in_is_what_was_agreed()
{
	local version

	for version in 252 257; do
		run "$WHITTLE" emit systemd --systemd "$version" "$policy"
		expect_status 0
		sed -i 's/^# Written by whittle [^ ]*/# Written by whittle VERSION/' "$tap_directory/out"
		diff -u "$SOURCE/tests/cli/data/service-$version.conf" "$tap_directory/out" >"$tap_directory/diff" ||
			fail "the drop-in for systemd $version is another: $(<"$tap_directory/diff")"
	done
}

the_list_is_sorted_names()
{
	run "$WHITTLE" emit list "$policy"
	expect_status 0
	expect_no_error
	expect_equal "$(sort -u <<<"$output")" "$output"
	expect_output '^epoll_wait$'
	grep -q clone3 <<<"$output" && fail 'clone3 is refused, and in the list'
}

# The names of the SystemCallFilter= lines.
filter_of()
{
	sed -n 's/^SystemCallFilter=\([^~]\)/\1/p' | tr ' ' '\n' | sort
}

compact_uses_groups_that_add_nothing()
{
	run "$WHITTLE" decide -q --allow @timer --allow @aio "$rec" -o "$tap_directory/wide"
	"$WHITTLE" emit systemd --compact --systemd 252 "$tap_directory/wide" 2>/dev/null |
		filter_of >"$tap_directory/names"
	grep -q '^@timer$' "$tap_directory/names" || fail "no @timer: $(<"$tap_directory/names")"
	grep -q '^timer_create$' "$tap_directory/names" && fail 'timer_create stands beside @timer'
	"$WHITTLE" emit systemd --compact --systemd 252 "$policy" 2>/dev/null |
		filter_of >"$tap_directory/names"
	grep '^@' "$tap_directory/names" | grep -v '^@default$' && fail 'a group that holds more than the policy'
	true
}

a_name_that_the_target_does_not_know_is_left_out()
{
	run "$WHITTLE" decide -q --allow mseal "$rec" -o "$tap_directory/new"
	run "$WHITTLE" emit systemd --systemd 247 "$tap_directory/new"
	expect_status 0
	expect_error 'warning: mseal is left out: systemd 247'
	grep -q '^SystemCallFilter=.*mseal' <<<"$output" && fail 'mseal is in the list'
	run "$WHITTLE" emit systemd --systemd 257 "$tap_directory/new"
	expect_output '^SystemCallFilter=.*mseal|mseal '
}

other_defaults_have_their_own_words()
{
	run "$WHITTLE" decide -q --default kill_process "$rec" -o "$tap_directory/kill"
	run "$WHITTLE" emit systemd "$tap_directory/kill"
	expect_output '^SystemCallErrorNumber=$'
	run "$WHITTLE" decide -q --default log "$rec" -o "$tap_directory/log"
	run "$WHITTLE" emit systemd --systemd 252 "$tap_directory/log"
	expect_output '^SystemCallLog=~'
	grep -qE '^(SystemCallFilter|Restrict.*)=' <<<"$output" && fail 'something is refused'
	run "$WHITTLE" decide -q --default trap "$rec" -o "$tap_directory/trap"
	run "$WHITTLE" emit systemd "$tap_directory/trap"
	expect_status 69
	expect_error 'trap'
}

hostile_reasons_stay_comments()
{
	python3 - "$policy" "$tap_directory/hostile" <<-'END'
	import json, sys
	policy = json.load(open(sys.argv[1]))
	policy["target"] = "x\n[Service]\nExecStart=/bin/evil"
	policy["open"] = ["a\nSystemCallFilter=@known"]
	for rule in policy["rules"]:
	    rule["reasons"] = [{"kind": "seen", "text": "b\r\nExecStartPre=/bin/evil"}]
	json.dump(policy, open(sys.argv[2], "w"))
	END
	run "$WHITTLE" emit systemd "$tap_directory/hostile"
	expect_status 0
	grep -E '^[^#]*(evil|@known)' <<<"$output" && fail 'text from the policy became a setting'
	true
}

mistakes_are_named()
{
	run "$WHITTLE" emit nosuchformat "$policy"
	expect_status 64
	expect_error 'nosuchformat'
	run "$WHITTLE" emit systemd "$rec"
	expect_status 65
	expect_error 'not a policy'
	run "$WHITTLE" emit systemd
	expect_status 64
	run "$WHITTLE" emit --list
	expect_output '^systemd '
	run "$WHITTLE" emit systemd "$policy" -o /nonexistent/x
	expect_status 66
}

the_schema_takes_what_decide_writes()
{
	python3 - "$SOURCE/docs/policy.schema.json" "$policy" "$SOURCE/tests/data/nginx-version-1.policy" \
		"$SOURCE/tests/fuzz/corpus/policy/version-2.json" <<-'END' || fail 'the schema refuses it'
	import json, jsonschema, sys
	schema = json.load(open(sys.argv[1]))
	jsonschema.Draft7Validator.check_schema(schema)
	policy = json.load(open(sys.argv[2]))
	jsonschema.validate(policy, schema)
	for other in sys.argv[3:]:
	    jsonschema.validate(json.load(open(other)), schema)
	for spoil in (lambda p: p.update(version=3), lambda p: p.update(x=1),
	              lambda p: p.update(version=1, idle=True), lambda p: p.update(idle=False),
	              lambda p: p.update(directives=[{"name": "UMask"}]),
	              lambda p: p.update(directives=[{"name": "UMask", "value": "1\nUser=root"}]),
	              lambda p: p["rules"][0].update(action="maybe"), lambda p: p.pop("abis")):
	    broken = json.loads(json.dumps(policy))
	    spoil(broken)
	    try:
	        jsonschema.validate(broken, schema)
	    except jsonschema.ValidationError:
	        continue
	    sys.exit(1)
	END
}

case_ 'a policy of version 1 is read and means the same' a_policy_of_version_1_is_read_and_means_the_same
case_ 'the policy names the executables of which a start was recorded' the_policy_names_the_recorded_starts
case_ 'a service that served nobody is told before all else' who_served_nobody_is_told_first
case_ 'every call that was seen has its reason' every_seen_call_has_its_reason
case_ "the service manager's part stays out of the policy" the_managers_part_stays_out
case_ 'a call that only a newer library makes is answered ENOSYS' a_newer_library_is_answered_enosys
case_ 'the summary tells what stays open' summary_tells_what_stays_open
case_ 'recordings in any order, and twice, make the same policy' the_policy_is_the_same_each_time_and_whatever_the_order
case_ 'what the user allows is marked as asked for' what_the_user_allows_is_marked
case_ 'actions are taken by name' actions_are_taken_by_name
case_ 'a decision that fails leaves the old policy' a_failed_decision_leaves_the_old_policy
case_ 'the drop-ins for systemd 252 and 257 are what was agreed' the_drop_in_is_what_was_agreed
case_ 'the list is the sorted names of what is allowed' the_list_is_sorted_names
case_ '--compact uses groups where they add nothing' compact_uses_groups_that_add_nothing
case_ 'a name that the target does not know is left out and named' a_name_that_the_target_does_not_know_is_left_out
case_ 'policies that kill or log are emitted as such, others not at all' other_defaults_have_their_own_words
case_ 'text from a hostile policy never leaves the comments' hostile_reasons_stay_comments
case_ 'mistakes are named' mistakes_are_named
case_ 'the schema takes what decide writes, and nothing else' the_schema_takes_what_decide_writes
finish
