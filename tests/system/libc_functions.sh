#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Is the level `closed` complete for each function of the C library? For this machine's and for musl; see
# libc_functions.py. Some functions change the machine (sethostid, lchmod of /dev/null), and a user namespace does
# not keep root from its own files. So everything runs in namespaces, with an overlay that is thrown away as root.
. "$(dirname "$0")/../tap.sh"

SOURCE=${SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
WHITTLE=${WHITTLE:-${BUILD:-$SOURCE/build}/src/whittle}
export XDG_CACHE_HOME=$tap_directory

# in_a_scratch_root COMMAND [ARGUMENT]...
in_a_scratch_root()
{
	unshare -m --propagation private bash -eu -c '
		mount -t tmpfs none /mnt
		mkdir /mnt/upper /mnt/work /mnt/root
		mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work none /mnt/root
		mount -t tmpfs -o mode=1777 none /mnt/root/tmp
		mount --rbind /sys /mnt/root/sys
		mount --bind /dev /mnt/root/dev
		mount -o remount,bind,ro /mnt/root/dev
		mount -t tmpfs -o mode=1777 none /mnt/root/dev/shm
		mount -t devpts -o newinstance,ptmxmode=666 none /mnt/root/dev/pts
		# Full sight of /proc is what lets a user namespace mount its own.
		mount --rbind /proc /mnt/root/proc
		exec unshare -Urmpnuif --kill-child bash -eu -c "
			mount -t proc none /mnt/root/proc
			exec chroot /mnt/root \"\$@\"
			" inner "$@"
		' scratch "$@" 2>&1
}

# Counts the cases of a TAP stream from elsewhere as ours.
adopt()
{
	local line

	while IFS= read -r line; do
		case $line in
		'ok '* | 'not ok '*)
			tap_count=$((tap_count + 1))
			[[ $line == not* ]] && tap_failed=$((tap_failed + 1))
			echo "${line%%ok*}ok $tap_count - ${line#* - }"
			;;
		1..*) tap_plan=1 ;;
		*) echo "$line" ;;
		esac
	done
}

machine_state()
{
	stat -c '%n %a %u %g' /dev/null /dev/zero /dev/tty /etc
	cat /etc/hostid /etc/hostname 2>/dev/null
	ls -A /tmp | grep -c '^whittle-[0-9]*$'
}

before=$(machine_state)

# $1: the compiler of a C library.
for compiler in gcc musl-gcc; do
	if ! command -v "$compiler" >/dev/null; then
		cannot "the functions by $compiler" 'not installed'
		continue
	fi
	tap_plan=''
	adopt < <(in_a_scratch_root "$SOURCE/tests/system/libc_functions.py" "$WHITTLE" \
		"$SOURCE/tests/system/libc-functions" "$compiler")
	if [[ ! $tap_plan ]]; then
		tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - the functions by $compiler: the test ended early"
	fi
done
the_machine_is_as_before()
{
	[[ $(machine_state) == "$before" ]] || fail "it was: $before; it is: $(machine_state)"
}
case_ 'the machine is as before' the_machine_is_as_before
finish
