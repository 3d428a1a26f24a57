#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The hook of containers' run-times, as far as it goes without one: what it installs, what it leaves
# alone, and which recordings it refuses.
. "$SOURCE/tests/tap.sh"

recordings=$tap_directory/recordings hooks=$tap_directory/hooks

state()
{
	printf '{"ociVersion":"1.0.2","id":"web","status":"created","pid":%d,"bundle":"/b","annotations":{%s}}' "$1" "$2"
}

hook()
{
	state "${2:-$$}" "$1" >"$tap_directory/state"
	run timeout 60 "$WHITTLE" oci-hook --directory "$recordings" <"$tap_directory/state"
}

installs_what_starts_it_again()
{
	run "$WHITTLE" oci-hook --install --directory "$recordings" --hooks-directory "$hooks" --for 2m
	expect_status 0
	expect_equal 700 "$(stat -c %a "$recordings")"
	output=$(python3 - "$hooks/whittle.json" <<'PYTHON'
import json, re, sys
hook = json.load(open(sys.argv[1]))
(pattern, value), = hook["when"]["annotations"].items()
print(hook["version"], hook["stages"], hook["hook"]["path"], *hook["hook"]["args"])
print(bool(re.search(pattern, "io.whittle.record")), bool(re.search(pattern, "ioxwhittle.record")), bool(re.search(value, "a")))
PYTHON
)
	expect_output "^1.0.0 \['createRuntime'\] $(readlink -f "$WHITTLE") whittle oci-hook --directory $recordings --for 120000ms$"
	expect_output '^True False True$'
}

leaves_others_alone()
{
	hook '"other":"x"'
	expect_status 0
	expect_no_error
	expect_equal '' "$(ls "$recordings")"
}

refuses_a_path()
{
	local name

	for name in ../x /etc/cron.d/x a/b .hidden ''; do
		hook "\"io.whittle.record\":\"$name\""
		expect_status 65
		expect_error "not a file's name"
	done
	expect_equal '' "$(ls "$recordings")"
}

refuses_a_directory_of_others()
{
	chmod 777 "$recordings"
	hook '"io.whittle.record":"web"'
	chmod 700 "$recordings"
	[[ $status != 0 ]] || fail 'it took a directory that anybody may write'
	expect_error 'users other than'
}

says_why_it_cannot_record()
{
	hook '"io.whittle.record":"web"' 2147483000
	[[ $status != 0 ]] || fail 'it found a process that is not there'
	expect_error '2147483000'
	expect_equal '' "$(ls "$recordings")"
}

refuses_what_is_no_state()
{
	echo '{"id":"x"}' >"$tap_directory/state"
	run timeout 60 "$WHITTLE" oci-hook --directory "$recordings" <"$tap_directory/state"
	expect_status 65
	expect_error "the container's state"
}

case_ 'the configuration that is installed starts the hook with its options' installs_what_starts_it_again
case_ 'a container without the annotation is left alone' leaves_others_alone
case_ 'an annotation that is more than a name is refused' refuses_a_path
case_ 'a directory that others may write is refused' refuses_a_directory_of_others
case_ 'what the recorder fails of is said, and no file is left' says_why_it_cannot_record
case_ "what is no run-time's state is refused" refuses_what_is_no_state
finish
