# SPDX-License-Identifier: LGPL-2.1-or-later
# A unit whose author has restricted it already: whatever whittle applies, no call succeeds that failed
# before, and what failed fails in the same way. Sourced by apply.sh; real systemd and the kernel answer.

author=author-one.service

# Calls that do nothing with -1 in every argument, by number: getpid, chown, setuid, ptrace, nanosleep, socket,
# unshare, setns, personality, mount, getsid, sched_setaffinity, sched_yield, keyctl, prlimit64.
within_calls='getpid:39 chown:92 setuid:105 ptrace:101 nanosleep:35 socket:41 unshare:272 setns:308 personality:135
	mount:165 getsid:124 sched_setaffinity:203 sched_yield:24 keyctl:250 prlimit64:302'

# given_author LINE...: the unit with these lines of its own, running.
given_author()
{
	machine "$m" sh -c "whittle revert --no-restart $author; systemctl stop $author
		rm -rf /run/systemd/system/$author.d /etc/systemd/system/$author.d
		rm -rf /etc/systemd/system/author-.service.d /etc/systemd/system/service.d" >/dev/null 2>&1
	{
		printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep infinity\n'
		printf '%s\n' "$@"
	} | machine_write "$m" "/etc/systemd/system/$author"
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl start $author
}

# given_drop_in PATH LINE...: one more file of the unit, below /etc/systemd/system.
given_drop_in()
{
	local path=$1

	shift
	printf '%s\n' '[Service]' "$@" | machine_write "$m" "/etc/systemd/system/$path"
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl restart $author
}

# Has a process of the unit make each call: "NAME STATUS" a line, where the status is 0, an errno, or SYS for a
# process that was killed.
within_probe()
{
	{
		echo '[Service]'
		printf 'ExecStartPost=-/mnt/share/try-syscall %s\n' $(sed 's/[a-z0-9_]*://g' <<<"$within_calls")
	} | machine_write "$m" "/run/systemd/system/$author.d/90-probe.conf"
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl restart $author
	property $author ExecStartPost |
		sed -n 's/.*try-syscall \([0-9]*\) .*status=\([0-9]*\)\(\/\([A-Z]*\)\)\?.*/\1 \2\4/p' |
		sed 's/ 31SYS/ SYS/' | while read -r number status; do
			echo "$(grep -oE "[a-z0-9_]+:$number\b" <<<"$within_calls" | cut -d: -f1) $status"
		done
	machine "$m" rm "/run/systemd/system/$author.d/90-probe.conf"
	machine "$m" systemctl daemon-reload
}

# tightens POLICY DENIED...: applies it; every call that failed before fails as before, those named now fail with
# EPERM, and the others do what they did.
tightens()
{
	local policy=$1 before after name

	shift
	before=$(within_probe)
	expect_equal "$(wc -w <<<"$within_calls")" "$(wc -l <<<"$before")"
	whittle apply --settle 100ms $author "/mnt/share/$policy"
	expect_status 0
	expect_output 'verified: the kernel enforces the policy'
	after=$(within_probe)
	for name in "$@"; do
		before=$(sed "s/^$name .*/$name 1/" <<<"$before")
	done
	expect_equal "$before" "$after"
	whittle verify $author
	expect_status 0
	expect_property $author ActiveState active
}

within_an_allowlist()
{
	local first

	given_author SystemCallFilter=@system-service 'SystemCallFilter=~@resources @privileged' \
		SystemCallErrorNumber=EACCES RestrictAddressFamilies=AF_INET
	first=$(within_probe)
	tightens author-wide
	tightens author-tight socket unshare setns personality keyctl
	# The former policy does not limit the next one; the unit's own settings do.
	whittle apply --settle 0 $author /mnt/share/author-wide
	expect_status 0
	expect_error "chown stays denied although the policy allows it: the unit's own SystemCallFilter= denies it"
	expect_equal "$first" "$(within_probe)"
}

within_a_deny_list()
{
	given_author 'SystemCallFilter=~@mount @privileged nanosleep' 'SystemCallFilter=~ptrace:ENODEV getsid:EXDEV' \
		'RestrictAddressFamilies=~AF_NETLINK AF_INET6' RestrictNamespaces=yes \
		SystemCallArchitectures=native CapabilityBoundingSet=CAP_CHOWN
	tightens author-wide
	tightens author-tight socket personality keyctl sched_setaffinity
}

# What systemd says of @default, of a call that comes back, and of an entry with an errno in an allowlist.
within_an_allowlist_with_holes()
{
	given_author 'SystemCallFilter=@system-service @mount ptrace' 'SystemCallFilter=~getsid prlimit64:EIO' \
		SystemCallFilter=~keyctl:ENOSPC SystemCallFilter=chown:EPERM SystemCallErrorNumber=E2BIG \
		RestrictNamespaces=~user RestrictNamespaces=~net MemoryDenyWriteExecute=yes
	tightens author-wide
}

# systemd 255 and later can give ENOSYS to no single call of an allowlist.
within_a_deny_list_of_enosys()
{
	given_author 'SystemCallFilter=~ptrace keyctl' SystemCallErrorNumber=ENOSYS
	tightens author-wide
}

within_drop_ins_of_every_kind()
{
	given_author SystemCallFilter=@system-service
	given_drop_in service.d/10-all.conf SystemCallFilter=~sched_setaffinity
	given_drop_in author-.service.d/20-prefix.conf SystemCallFilter= SystemCallFilter=~@privileged \
		SystemCallErrorNumber=EBUSY
	given_drop_in $author.d/90-later.conf 'SystemCallFilter=~ptrace:ENXIO keyctl'
	tightens author-wide
	tightens author-tight socket unshare setns personality mount sched_setaffinity
	given_drop_in author-.service.d/95-wider.conf RestrictRealtime=no SystemCallFilter=mount
	whittle verify $author
	expect_status 1
	expect_error '95-wider.conf is read after 50-whittle.conf and would allow'
	whittle apply --settle 0 $author /mnt/share/author-tight
	expect_status 1
	expect_error '95-wider.conf is read after 50-whittle.conf and would allow'
}

widened_only_where_told()
{
	local before after

	given_author 'SystemCallFilter=~@privileged' SystemCallErrorNumber=EACCES
	before=$(within_probe)
	whittle apply --settle 100ms --widen $author /mnt/share/author-wide
	expect_status 0
	expect_output 'verified: the kernel enforces the policy'
	after=$(within_probe)
	expect_equal 'chown 13' "$(grep chown <<<"$before")"
	expect_equal 'chown 14' "$(grep chown <<<"$after")"
	whittle verify $author
	expect_status 0
}

# An upgrade of the package denies more: what is enforced is then wider than the unit alone would be.
a_changed_unit_is_found()
{
	given_author 'SystemCallFilter=~@mount'
	whittle apply --settle 0 $author /mnt/share/author-wide
	expect_status 0
	machine "$m" sed -i 's/@mount/@mount keyctl/' "/etc/systemd/system/$author"
	machine "$m" systemctl daemon-reload
	machine "$m" systemctl restart $author
	whittle verify $author
	expect_status 1
	expect_error 'keyctl \(x86_64\): policy kill_process, kernel allow'
	whittle apply --settle 0 $author /mnt/share/author-wide
	expect_status 0
	whittle verify $author
	expect_status 0
}

# A unit of this machine and the text of its files are the same to emit.
emit_reads_units_and_files()
{
	given_author 'SystemCallFilter=@system-service' 'SystemCallFilter=~chown keyctl:EIO' \
		RestrictAddressFamilies=AF_INET
	given_drop_in $author.d/10-more.conf 'SystemCallFilter=~setuid'
	machine "$m" sh -c "systemctl cat $author >/mnt/share/author.cat"
	whittle emit systemd --within $author /mnt/share/author-wide -o /mnt/share/author.unit
	expect_status 0
	expect_error 'chown stays denied'
	whittle emit systemd --within /mnt/share/author.cat /mnt/share/author-wide -o /mnt/share/author.file
	expect_status 0
	cmp "$machine_share/author.unit" "$machine_share/author.file" || fail 'the drop-ins differ'
	grep -q '^SystemCallFilter=~.*keyctl:EIO' "$machine_share/author.file" || fail 'keyctl has another error'
}

within_cases()
{
	local names

	names=$(grep -oE '[a-z0-9_]+:' <<<"$within_calls" | tr -d :)
	echo $base clock_nanosleep | policy >"$machine_share/author-tight"
	echo $base clock_nanosleep $names | policy >"$machine_share/author-wide"
	case_ "$suite: an author's allowlist is only tightened" within_an_allowlist
	case_ "$suite: an author's deny list is only tightened" within_a_deny_list
	case_ "$suite: an allowlist with holes keeps them" within_an_allowlist_with_holes
	case_ "$suite: ENOSYS of the author stays ENOSYS" within_a_deny_list_of_enosys
	case_ "$suite: drop-ins of a type, a prefix and a later name count" within_drop_ins_of_every_kind
	# The same for every version of systemd.
	[[ ${suites:-$suite} == "$suite"* ]] || return 0
	case_ "$suite: --widen allows what the author denies" widened_only_where_told
	case_ "$suite: verify finds that the unit's own settings have changed" a_changed_unit_is_found
	case_ "$suite: emit --within reads a unit and its files alike" emit_reads_units_and_files
}
