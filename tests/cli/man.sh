#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The man pages against the program: a page a subcommand, and in it every option of --help.
. "$SOURCE/tests/tap.sh"

options_of()
{
	"$WHITTLE" "$1" --help | grep -oE '^ *(-[a-zA-Z],)? *--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+' | sort -u
}

page_documents_every_option()
{
	local page=$SOURCE/man/whittle-$1.1 option text

	[[ -e $page ]] || { fail "write man/whittle-$1.1; man/whittle-completion.1 is a short example"; return; }
	text=$(sed 's/\\-/-/g; s/\\(aq/'\''/g' "$page")
	lines_of options_of "$1"
	for option in "${lines[@]}"; do
		grep -q -- "$option" <<<"$text" || fail "$page says nothing of $option"
	done
}

page_formats_without_a_warning()
{
	local warnings

	warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$1" \
		2>&1 >/dev/null)
	[[ -z $warnings ]] || fail "$1: $warnings"
}

main_page_names_every_command()
{
	local command

	for command in "${commands[@]}"; do
		grep -qE "whittle.?-$command|B $command|BR whittle.*$command" \
			<(sed 's/\\-/-/g' "$BUILD/man/whittle.1") ||
			fail "man/list-commands did not add $command: it must be in the list of src/cmd/meson.build"
	done
}

documents_are_installed()
{
	local document

	for document in $(grep -ohE '/usr/share/doc/whittle/[a-z.]*[a-z]' "$SOURCE"/man/*.[13] | sort -u); do
		document=${document##*/}
		[[ -e $SOURCE/docs/$document ]] && grep -q "'$document'" "$SOURCE/docs/meson.build" ||
			fail "a page names $document, which docs/meson.build does not install"
	done
}

# The build adds a command that the page does not name as a last group.
main_page_has_the_groups_of_help()
{
	sed -nE '/^\.SH COMMANDS/,/^\.SH OPTIONS/{ s/\\-/-/g; s/^\.SS //p; s/^\.B whittle-(.*)\(1\)$/\1/p; }' \
		"$SOURCE/man/whittle.1" >"$tap_directory/groups"
	expect_equal "$("$WHITTLE" --help | sed -nE 's/^  ([a-z-]+) .*/\1/p; s/^([A-Z][^:]*):$/\1/p' |
		grep -xFf "$tap_directory/groups")" "$(cat "$tap_directory/groups")"
}

# "-o --output FILE" for each option.
help_options()
{
	"$WHITTLE" "$1" --help |
		sed -nE 's/^ *((-[A-Za-z]),)? +--([a-z0-9-]+)(=([A-Z]+))?( .*|)$/\2 \3 \5/p' | sort
}

page_options()
{
	sed -nE '/^\.TP/ { n; s/\\-/-/g; s/^\.BR? ((-[A-Za-z]) ", " )?--([a-z0-9-]+)( =\\fI([A-Z]+)\\fR)?$/\2 \3 \5/p }' \
		"$SOURCE/man/whittle-$1.1" | sort -u
}

page_writes_options_as_help_does()
{
	expect_equal "$(help_options "$1" | grep -v '^-h help')" "$(page_options "$1" | grep -v '^-h help')"
}

mapfile -t commands < <("$WHITTLE" --help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
[[ ${#commands[@]} -gt 0 ]] || { echo 'Bail out! no commands in --help'; exit 1; }
for command in "${commands[@]}"; do
	case_ "whittle-$command(1) documents every option" page_documents_every_option "$command"
	case_ "whittle-$command(1) has the letters and arguments of --help" \
		page_writes_options_as_help_does "$command"
done
for page in "$SOURCE"/man/*.[13]; do
	case_ "$(basename "$page") formats without a warning" page_formats_without_a_warning "$page"
done
case_ 'whittle(1) names every subcommand' main_page_names_every_command
case_ 'whittle(1) has the groups of --help' main_page_has_the_groups_of_help
case_ 'the documents that the pages name are installed' documents_are_installed
finish
