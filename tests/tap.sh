# SPDX-License-Identifier: LGPL-2.1-or-later
# What every shell test sources: TAP with a sentence a case. A case is a function; it fails when a
# check in it fails, and what was expected and what came is printed.
#
#	given_nothing_lookup_fails() { run "$WHITTLE" lookup nosuch; expect_status 66; expect_error 'nosuch'; }
#	case_ 'lookup of an unknown name fails with its name' given_nothing_lookup_fails
#	finish

tap_count=0 tap_failed=0
tap_directory=$(mktemp -d)
trap 'rm -rf "$tap_directory"' EXIT

# Runs a command; its output is in $output, its error output in $error, its exit code in $status.
run()
{
	"$@" >"$tap_directory/out" 2>"$tap_directory/err"
	status=$?
	output=$(<"$tap_directory/out") error=$(<"$tap_directory/err")
}

fail()
{
	printf '# %s\n' "$*" | sed '2,$s/^/# /'
	tap_case_failed=1
	return 1
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
	local deadline=$((SECONDS + 30))

	until "$@" >/dev/null 2>&1; do
		((SECONDS < deadline)) || { fail "in vain: $*"; return 1; }
		read -rt 0.02 <> <(:)
	done
	return 0
}

case_()
{
	tap_case_failed=0
	tap_count=$((tap_count + 1))
	"${@:2}"
	if ((tap_case_failed)); then
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
