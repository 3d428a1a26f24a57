#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# libwhittle as others get it: installed, found by pkg-config, compiled against and linked to.
. "$SOURCE/tests/tap.sh"

cd "$tap_directory" || exit 1
root=$tap_directory/root
meson install -C "$BUILD" --no-rebuild --quiet --tags devel,runtime --destdir "$root" >install.log 2>&1 || {
	sed 's/^/# /' install.log
	echo 'Bail out! meson install failed'
	exit 1
}
pc=$(find "$root" -name libwhittle.pc)
library=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH=${pc%/*} PKG_CONFIG_SYSROOT_DIR=$root
header=$(find "$root" -name whittle.h)
declare -a flags=(-Wall -Wextra -Wpedantic -Werror -std=c11)
# A library that a sanitizer watches wants a program that it watches.
nm -D "$library/libwhittle.so" | grep -q __asan && flags+=(-fsanitize=address,undefined)

cat >server.policy <<'END'
{"format":"whittle-policy","version":1,"abis":["x86_64"],"default":"errno:EPERM",
 "foreign":"kill_process","rules":[
 {"abi":"x86_64","name":"read","action":"allow"},
 {"abi":"x86_64","name":"socket","action":"allow",
  "clauses":[[{"argument":0,"comparison":"==","value":1}]]}]}
END
sed 's/"name":"read"/"name":"write"/' server.policy >other.policy
"$WHITTLE" compile server.policy -o server.bpf || exit 1

the_example_compares_by()
{
	local how=$1
	local -a linked

	case $how in
	shared) linked=($(pkg-config --cflags --libs libwhittle) "-Wl,-rpath,$library") ;;
	# All of it but libc from archives.
	static) linked=($(pkg-config --cflags libwhittle) "$library/libwhittle.a" -ljansson) ;;
	esac
	run cc "${flags[@]}" "$SOURCE/docs/examples/review-filter.c" "${linked[@]}" -o "review-$how"
	expect_status 0
	expect_no_error
	run "./review-$how" server.bpf server.policy
	expect_status 0
	expect_output '^x86_64:read allow$'
	expect_output '^x86_64:socket allow by argument 0$'
	expect_output '^other calls of x86_64 errno:EPERM$'
	expect_output '^other calls of i386 kill_process$'
	expect_output '^the policy takes [0-9]+ instructions$'
	run "./review-$how" server.bpf other.policy
	expect_status 1
	expect_output '^x86_64:read is allow and should be errno:EPERM$'
	run "./review-$how" server.policy server.policy
	expect_status 2
	expect_error 'server.policy: .*instruction'
}

the_example_needs_the_library_by_its_soname()
{
	run readelf -d review-shared
	expect_output 'NEEDED.*libwhittle\.so\.0\]'
	run readelf -d review-static
	[[ $output != *libwhittle* ]] || fail 'the static one needs the shared library'
}

# The header is the list: what it declares is there, and nothing else.
names_declared()
{
	sed -n '/^WHITTLE_API/,/;/p' "$header" | grep -oE '\bwhittle_[a-z_]+\(' | tr -d '(' | sort -u
}

only_what_the_header_declares_is_visible()
{
	run names_declared
	[[ $(wc -l <<<"$output") -gt 30 ]] || fail "few names in $header: $output"
	expect_equal "$output" "$(nm -D --defined-only "$library/libwhittle.so" |
		awk '$2 == "T" { sub(/@@.*/, "", $3); print $3 }' | sort -u)"
	expect_equal "$output" "$(nm -g --defined-only "$library/libwhittle.a" |
		awk '$2 == "T" { print $3 }' | sort -u)"
}

every_symbol_has_a_version()
{
	lines_of bash -c "nm -D --with-symbol-versions --defined-only '$library/libwhittle.so' | grep ' T '"
	expect_equal '' "$(printf '%s\n' "${lines[@]}" | grep -v '@@WHITTLE_0\.')"
}

the_manual_page_names_every_function()
{
	local text name

	text=$(sed 's/\\-/-/g; s/\\_/_/g' "$SOURCE/man/libwhittle.3")
	lines_of names_declared
	for name in "${lines[@]}"; do
		grep -q "$name" <<<"$text" || fail "libwhittle(3) says nothing of $name"
	done
}

the_manual_pages_example_compiles()
{
	sed -n '/^\.EX/,/^\.EE/p' "$SOURCE/man/libwhittle.3" |
		sed '/^\.E[XE]/d; s/\\-/-/g; s/\\e/\\/g' >manual.c
	run cc -D_DEFAULT_SOURCE "${flags[@]}" -c $(pkg-config --cflags libwhittle) manual.c -o manual.o
	expect_status 0
	expect_no_error
}

the_header_is_cxx_too()
{
	printf '#include <whittle.h>\nint main() { return whittle_version() == nullptr; }\n' >plus.cc
	run c++ -Wall -Wextra -Werror -fsyntax-only $(pkg-config --cflags libwhittle) plus.cc
	expect_status 0
}

# A symbol of the program's own that has the name of one inside is no clash.
names_inside_are_nobodys_business()
{
	cat >clash.c <<'END'
#include <whittle.h>
int policy_read(void);
int policy_read(void) { return 7; }
int error_set(void);
int error_set(void) { return 7; }
int main(void)
{
	struct whittle_error error = { 0 };
	struct whittle_policy *policy;

	return policy_read() == 7 && error_set() == 7 &&
	       whittle_policy_read("/nonexistent", &policy, &error) < 0 && error.message[0] ? 0 : 1;
}
END
	run cc "${flags[@]}" clash.c $(pkg-config --cflags --libs libwhittle) "-Wl,-rpath,$library" -o clash
	expect_status 0
	run ./clash
	expect_status 0
	run cc "${flags[@]}" clash.c $(pkg-config --cflags libwhittle) "$library/libwhittle.a" -ljansson -o clash
	expect_status 0
	run ./clash
	expect_status 0
}

case_ 'the example decodes, compiles and compares, linked to the shared library' the_example_compares_by shared
case_ 'the example decodes, compiles and compares, linked to the static library' the_example_compares_by static
case_ 'the example needs the library by its soname' the_example_needs_the_library_by_its_soname
case_ 'only what the header declares is visible' only_what_the_header_declares_is_visible
case_ 'every symbol has a version' every_symbol_has_a_version
case_ "names inside the library don't clash with a program's" names_inside_are_nobodys_business
case_ 'the header is C++ too' the_header_is_cxx_too
case_ "libwhittle(3)'s example compiles" the_manual_pages_example_compiles
case_ 'libwhittle(3) names every function' the_manual_page_names_every_function
finish
