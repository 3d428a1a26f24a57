#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The life of Debian's package in a machine of this release: built from the files that git tracks, checked by lintian,
# installed by apt, upgraded and removed beside units with drop-ins, purged.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/units-lib.sh"

# Builds the package, and one that differs in its version alone.
build_packages()
{
	local tree=$tap_directory/build/whittle

	mkdir -p "$tree"
	git -C "$SOURCE" ls-files -z | tar -C "$SOURCE" --null -T - -c | tar -C "$tree" -x || return 1
	(
		cd "$tree" || exit 1
		[[ -d /usr/lib/ccache ]] && export PATH=/usr/lib/ccache:$PATH
		DEB_BUILD_OPTIONS=nocheck DEB_BUILD_PROFILES=nocheck CCACHE_BASEDIR=$tree CCACHE_NOHASHDIR=1 \
			dpkg-buildpackage -us -uc -b >"$tap_directory/build.log" 2>&1
	) || { tail -n 20 "$tap_directory/build.log" | sed 's/^/# /'; return 1; }
	deb=$(echo "$tap_directory"/build/whittle_*.deb)
	changes=$(echo "$tap_directory"/build/whittle_*.changes)
	cp "$deb" "$machine_share/whittle_1.deb"
	dpkg-deb -R "$deb" "$tap_directory/newer" && sed -i 's/^Version: .*/&.later/' "$tap_directory/newer/DEBIAN/control" &&
		dpkg-deb -Zgzip -b "$tap_directory/newer" "$machine_share/whittle_2.deb" >/dev/null
}

lintian_has_no_errors()
{
	run lintian --no-cfg --allow-root --fail-on error "$changes"
	expect_status 0
}

apt()
{
	run machine "$m" env DEBIAN_FRONTEND=noninteractive apt-get -y "$@"
}

installs_a_guard_that_is_not_enabled()
{
	apt install /mnt/share/whittle_1.deb
	expect_status 0
	expect_property whittle-guard LoadState loaded
	expect_property whittle-guard UnitFileState disabled
	expect_property whittle-guard ActiveState inactive
	in_machine test -x /usr/bin/whittle || fail 'no program'
	machine "$m" systemctl enable --now whittle-guard || fail 'the guard does not start'
	expect_property whittle-guard ActiveState active
}

an_upgrade_restarts_the_guard()
{
	local before

	before=$(property whittle-guard MainPID)
	apt install /mnt/share/whittle_2.deb
	expect_status 0
	expect_property whittle-guard ActiveState active
	expect_property whittle-guard UnitFileState enabled
	[[ $before != "$(property whittle-guard MainPID)" ]] || fail 'the old guard still runs'
}

# Two units with a drop-in each; "probe\x2dtwo.service" has a name that systemd escapes.
given_confined_units()
{
	local unit

	echo execve exit exit_group rt_sigreturn restart_syscall brk mmap mprotect munmap openat open read pread64 close fstat newfstatat \
		access faccessat2 arch_prctl set_tid_address set_robust_list rseq prlimit64 getrandom write futex lseek \
		clock_nanosleep nanosleep fadvise64 ioctl | policy >"$machine_share/good"
	for unit in 'probe.service' 'probe\x2dtwo.service'; do
		machine_write "$m" "/etc/systemd/system/$unit" <<-'END'
			[Service]
			ExecStart=/bin/sleep infinity
		END
		machine "$m" systemctl daemon-reload
		machine "$m" systemctl start "$unit"
		machine "$m" whittle apply --settle 0 "$unit" /mnt/share/good >/dev/null || fail "apply $unit"
	done
}

drop_in_is_there()
{
	in_machine test -e "/etc/systemd/system/$1.d/50-whittle.conf"
}

a_removal_names_the_units_that_it_leaves()
{
	given_confined_units
	machine_write "$m" /etc/containers/oci/hooks.d/whittle.json <<<'{"hook":{"path":"/usr/bin/whittle"}}'
	apt remove whittle
	expect_status 0
	[[ $output$error == *'these drop-ins stay in force'*'/etc/systemd/system/probe.service.d/50-whittle.conf'* ]] ||
		fail "the unit is not named: $output$error"
	[[ $output$error == *'probe\x2dtwo.service.d'* ]] || fail "the second unit is not named"
	drop_in_is_there probe.service || fail 'the filter was removed without a question'
	expect_property probe.service ActiveState active
	machine "$m" systemctl restart probe || fail 'the unit does not start without whittle'
	[[ $(property whittle-guard ActiveState) == inactive ]] || fail 'the guard still runs'
	in_machine test -e /etc/containers/oci/hooks.d/whittle.json && fail 'the hook still names the program'
}

# What a drop-in in force needs is its record: a later whittle can revert the unit.
a_purge_keeps_what_a_drop_in_needs()
{
	machine "$m" sh -c 'echo x >/var/lib/whittle/gone.service.rec'
	apt purge whittle
	expect_status 0
	in_machine test -e /var/lib/whittle/gone.service.rec && fail 'a file that nothing needs is left'
	in_machine test -e /var/lib/whittle/state.db && fail 'the state is left'
	in_machine test -d /var/lib/whittle/probe.service || fail 'the record of a unit with a drop-in is gone'
	apt install /mnt/share/whittle_2.deb
	expect_status 0
	run machine "$m" whittle revert 'probe\x2dtwo.service'
	expect_status 0
	drop_in_is_there 'probe\x2dtwo.service' && fail 'the drop-in is left'
}

a_removal_reverts_the_units_if_it_is_told_to()
{
	machine "$m" sh -c 'echo "whittle whittle/revert boolean true" | debconf-set-selections'
	apt remove whittle
	expect_status 0
	drop_in_is_there probe.service && fail 'the drop-in is left'
	expect_property probe.service ActiveState active
	[[ $(machine "$m" sh -c 'grep Seccomp: "/proc/$(systemctl show -P MainPID probe)/status"') == *0 ]] ||
		fail 'the unit still has the filter'
}

a_purge_leaves_nothing()
{
	apt purge whittle
	expect_status 0
	run machine "$m" sh -c 'ls -d /var/lib/whittle /run/whittle /var/cache/whittle /etc/systemd/system/whittle* \
		/etc/systemd/system/*/whittle* /etc/systemd/system/probe*.d 2>/dev/null'
	expect_equal '' "$output"
	run machine "$m" sh -c 'dpkg -l whittle 2>/dev/null | grep -c "^[ir]"'
	expect_equal 0 "$output"
	machine "$m" systemctl restart probe || fail 'the unit does not start'
}

suite=$(system_own_suite)
if ((EUID != 0)) || ! command -v dpkg-buildpackage lintian dh >/dev/null || [[ $suite != bookworm && $suite != trixie ]]; then
	cannot "the package's life" 'needs root, Debian, dpkg-dev, debhelper and lintian'
	finish
fi
m=package
machine_boot "$m" "$suite"
build_packages || system_bail 'the package does not build'
case_ 'lintian has no errors' lintian_has_no_errors
case_ 'apt installs the guard, not enabled' installs_a_guard_that_is_not_enabled
case_ 'an upgrade restarts the guard' an_upgrade_restarts_the_guard
case_ 'a removal stops the guard, and names the units that keep a drop-in' a_removal_names_the_units_that_it_leaves
case_ 'a purge keeps what a drop-in in force needs' a_purge_keeps_what_a_drop_in_needs
case_ 'a removal reverts the units, if it is told to' a_removal_reverts_the_units_if_it_is_told_to
case_ 'a purge leaves nothing' a_purge_leaves_nothing
finish
