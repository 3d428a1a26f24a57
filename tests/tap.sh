# SPDX-License-Identifier: LGPL-2.1-or-later
# What every shell test sources: TAP with a sentence a case. A case is a function; it fails when a
# check in it fails. Each check prints what it expected and what came; after them a failed case prints
# the last command of run(), its exit code and its output. Tests touch no state of the machine:
# what whittle caches goes below $tap_directory, and tests that need more go on in namespaces (alone).
#
#	given_nothing_lookup_fails() { run "$WHITTLE" lookup nosuch; expect_status 66; expect_error 'nosuch'; }
#	case_ 'lookup of an unknown name fails with its name' given_nothing_lookup_fails
#	finish

tap_count=0 tap_failed=0 tap_case_failed=0
tap_directory=$(mktemp -d)
trap 'rm -rf "$tap_directory"' EXIT
export XDG_CACHE_HOME=$tap_directory/cache
mkdir "$XDG_CACHE_HOME"

# alone OPTIONS "$@": starts the script again in namespaces of its own; OPTIONS are those of unshare.
# Returns there, with the loopback interface up.
alone()
{
	if [[ ! ${WHITTLE_TEST_INSIDE:-} ]]; then
		rm -rf "$tap_directory"
		export WHITTLE_TEST_INSIDE=1 SOURCE BUILD WHITTLE
		exec unshare "$1" --propagation private "$0" "${@:2}"
	fi
	unset WHITTLE_TEST_INSIDE
	[[ $1 != *n* ]] || ip link set lo up
}

# Runs a command; its output is in $output, its error output in $error, its exit code in $status.
run()
{
	"$@" >"$tap_directory/out" 2>"$tap_directory/err"
	status=$?
	last_run="$*"
	output=$(<"$tap_directory/out") error=$(<"$tap_directory/err")
}

fail()
{
	printf '# %s\n' "$*" | sed '2,$s/^/# /'
	tap_case_failed=1
	return 1
}

# The last command of run() in a failed case: what it was, and how its output begins.
print_last_run()
{
	[[ ${last_run:-} ]] || return
	sed '1s/^/# the last command: /; 2,$s/^/# /' <<<"${last_run:0:600}"
	printf '# its exit code: %s\n' "$status"
	head -n 8 <<<"$output" | sed 's/^/# its output: /'
	head -n 8 <<<"$error" | sed 's/^/# its standard error: /'
}

# lines_of COMMAND...: its output, a line each, in ${lines[@]}. A check of each of them must not pass because there
# is none: that is a failure.
lines_of()
{
	mapfile -t lines < <("$@")
	((${#lines[@]})) || fail "expected lines of output, got none from: $*"
}

expect_status()
{
	[[ $status == "$1" ]] || fail "expected exit code $1, got $status; standard error: $error"
}

expect_output()
{
	grep -qE -- "$1" <<<"$output" || fail "expected output to match: $1"$'\n'"got: $output"
}

expect_error()
{
	grep -qE -- "$1" <<<"$error" || fail "expected standard error to match: $1"$'\n'"got: $error"
}

expect_no_error()
{
	[[ -z $error ]] || fail "expected nothing on standard error, got: $error"
}

expect_equal()
{
	[[ $1 == "$2" ]] || fail "expected: $1"$'\n'"got: $2"
}

# await COMMAND...: until it succeeds, for 30 s at most.
await()
{
	local deadline=$((SECONDS + 30)) failed=$tap_case_failed

	until "$@" >"$tap_directory/awaited" 2>&1; do
		((SECONDS < deadline)) ||
			{ fail "expected within 30 s: $*"$'\n'"its last output: $(<"$tap_directory/awaited")"; return 1; }
		read -rt 0.02 <> <(:)
	done
	# A check in the command may have failed before.
	tap_case_failed=$failed
}

case_()
{
	tap_case_failed=0 last_run=
	tap_count=$((tap_count + 1))
	"${@:2}"
	if ((tap_case_failed)); then
		print_last_run
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $1"
	else
		echo "ok $tap_count - $1"
	fi
}

# A case that can't run here: a skip for a person, a failure in CI, where everything must run.
cannot()
{
	tap_count=$((tap_count + 1))
	if [[ ${CI:-} == true ]]; then
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $1: can't run here: $2"
	else
		echo "ok $tap_count - $1 # SKIP $2"
	fi
}

finish()
{
	echo "1..$tap_count"
	exit $((tap_failed > 0))
}
