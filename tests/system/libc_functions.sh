#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Is the level `closed` complete for each function of the C library? For this machine's, for musl and for the glibc
# of Debian 13; see libc_functions.py. Some functions change the machine (sethostid, lchmod of /dev/null), and a user namespace does
# not keep root from its own files. So everything runs in namespaces, with an overlay that is thrown away as root.
. "$(dirname "$0")/lib.sh"

WHITTLE=${WHITTLE:-$BUILD/src/whittle}
export XDG_CACHE_HOME=$tap_directory

# in_a_scratch_root ROOT COMMAND [ARGUMENT]...: the tree is where it is outside, and so is the build directory.
in_a_scratch_root()
{
	unshare -m --propagation private bash -eu -c '
		root=$1 source=$2 build=$3
		shift 3
		mount -t tmpfs none /mnt
		mkdir /mnt/upper /mnt/work /mnt/root
		mount -t overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" none /mnt/root
		mount -t tmpfs -o mode=1777 none /mnt/root/tmp
		for directory in "$source" "$build"; do
			mkdir -p "/mnt/root$directory"
			mount --bind "$directory" "/mnt/root$directory"
			mount -o remount,bind,ro "/mnt/root$directory"
		done
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
		' scratch "$1" "$SOURCE" "$(dirname "$(dirname "$whittle")")" "${@:2}" 2>&1
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

# test_library NAME ROOT WHITTLE COMPILER
test_library()
{
	local whittle=$3

	tap_plan=''
	adopt < <(in_a_scratch_root "$2" "$SOURCE/tests/system/libc_functions.py" "$whittle" \
		"$SOURCE/tests/system/libc-functions" "$1" "$4")
	if [[ ! $tap_plan ]]; then
		tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - the functions of $1: the test ended early"
	fi
}

for compiler in gcc musl-gcc; do
	if command -v "$compiler" >/dev/null; then
		test_library "$compiler" / "$WHITTLE" "$compiler"
	else
		cannot "the functions by $compiler" 'not installed'
	fi
done
if [[ $(system_own_suite) != trixie ]]; then
	if root=$(system_make_root libc trixie "gcc,libc6-dev,python3,strace,libcrypt-dev,$(system_packages trixie)") &&
		build=$(system_build trixie); then
		test_library 'trixie gcc' "$root" "$build/src/whittle" gcc
	else
		cannot 'the functions of trixie' 'no Debian root of it'
	fi
fi

the_machine_is_as_before()
{
	[[ $(machine_state) == "$before" ]] || fail "it was: $before; it is: $(machine_state)"
}
case_ 'the machine is as before' the_machine_is_as_before
finish
