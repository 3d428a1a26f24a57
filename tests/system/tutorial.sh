#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the commands of docs/tutorial.md in a Debian 12 machine, in order and in one shell, and compares the output of
# each with the page. README.md quotes the same output of harden. tutorial.py reads the pages and masks numbers.
. "$(dirname "$0")/lib.sh"

page=$SOURCE/docs/tutorial.md
pages=$SOURCE/tests/system/tutorial.py

# The guard's unit, as the package installs it.
install_unit()
{
	machine "$m" sh -c 'ln -s /mnt/whittle/src/whittle /usr/bin/whittle
		sed s,@bindir@,/usr/bin, /mnt/source/packaging/whittle-guard.service.in >/lib/systemd/system/whittle-guard.service
		systemctl daemon-reload'
}

the_output_is_that_of_the_page()
{
	run "$pages" compare "$page" "$tap_directory/output" "$1"
	[[ $status == 0 ]] || fail "$output"
}

readme_quotes_harden()
{
	run "$pages" same "$SOURCE/README.md" "$page" 'whittle harden '
	[[ $status == 0 ]] || fail "$output $error"
}

m=tutorial
machine_boot $m bookworm
install_unit
"$pages" script "$page" >"$machine_share/script"
machine $m timeout 400 bash -c 'cd && . /mnt/share/script' >"$tap_directory/output" 2>&1 </dev/null
mapfile -t commands < <("$pages" list "$page")
((${#commands[@]})) || system_bail 'the tutorial has no commands'
for number in "${!commands[@]}"; do
	case_ "${commands[number]//#/}" the_output_is_that_of_the_page "$number"
done
case_ 'the README quotes the output of harden' readme_quotes_harden
finish
