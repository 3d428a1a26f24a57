# SPDX-License-Identifier: LGPL-2.1-or-later
# What the system tests source: Debian machines with a real systemd, in containers, and TAP.
#
#	machine_boot web bookworm           a fresh machine of that suite, up when this returns
#	machine web systemctl start nginx   runs a command in it: its output, its exit code
#	machine_stop web                    also done at the end, however it comes
#
# A root file system is made once a suite and kept in $WHITTLE_CACHE; a machine runs on an overlay
# over it and never changes it. In a machine /mnt/whittle is the program's build, /mnt/source the
# tree, both read-only, and /mnt/share a directory that both sides write: $machine_share.
#
# Each machine has a mount namespace, a cgroup2 mount, a network (loopback) and a control group of
# its own, so that any number can run at once. systemd-nspawn is kept from installing a seccomp
# filter, unless machine_seccomp=1 is set: whittle reads filters by ptrace, which the kernel allows
# only to one who has none.

SOURCE=${SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
BUILD=${BUILD:-$SOURCE/build}
WHITTLE_CACHE=${WHITTLE_CACHE:-/var/cache/whittle-tests}
. "$SOURCE/tests/tap.sh"

system_mirror=${WHITTLE_MIRROR:-http://deb.debian.org/debian}
declare -A machine_supervisor machine_leader machine_directory
machine_group=whittle-test-$$

system_cleanup()
{
	local name

	trap '' INT TERM HUP
	for name in "${!machine_supervisor[@]}"; do
		machine_stop "$name"
	done
	rm -rf "$tap_directory"
}
trap system_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

system_bail()
{
	echo "Bail out! $*"
	exit 1
}

# What every machine has: the services under test, their clients, and what whittle is linked to.
system_packages()
{
	echo systemd,systemd-sysv,dbus,procps,curl,netcat-openbsd,strace \
		nginx-light,redis-server,redis-tools,memcached \
		wrk,libbpf1,libdw1,libelf1,libjansson4,libseccomp2,libsqlite3-0,libsystemd0 | tr ' ' ,
	case $1 in
	bookworm) echo ,libzydis4.0 ;;
	*) echo ,libzydis4.1 ;;
	esac
}

# Beside that, services and programs that filter themselves or others, or whose users log in.
system_field_packages()
{
	echo "$(system_packages "$1"),openssh-server,openssh-client,vsftpd,chrony,
		tor,firejail,runc,crun,podman,bubblewrap,chromium,chromium-sandbox,firefox-esr,
		systemd-resolved,man-db,busybox-static"
}

# The packages that a build of that suite needs, without those of the tests.
system_build_packages()
{
	sed -n '/^Build-Depends:/,/^$/{/^Build-Depends:/d;/^#/d;/<!nocheck>/d;/^$/d;s/ *([^)]*)//;s/^ *//;p}' \
		"$SOURCE/debian/control" | sed 's/,$//; s/ *|.*//; s/debhelper-compat/gcc/' | paste -sd,
}

# system_root_path KIND SUITE PACKAGES: where such a root is kept.
system_root_path()
{
	echo "$WHITTLE_CACHE/$1-$2-$(sha256sum <<<"$2 $(tr -d '\n ' <<<"$3")" | cut -c1-12)"
}

# Prints the path of a cached root of SUITE with PACKAGES (names with commas); makes it where it is
# not there. A change of the packages makes another root.
system_make_root()
{
	local kind=$1 suite=$2 packages root scratch
	local -a areas=("deb $system_mirror $suite main")

	packages=$(tr -d '\n ' <<<"$3")
	root=$(system_root_path "$@")
	mkdir -p "$WHITTLE_CACHE"
	# One makes it, others who want it wait.
	exec {system_lock}>"$WHITTLE_CACHE/$kind-$suite.lock"
	flock "$system_lock"
	if [[ ! -e $root ]]; then
		echo "# making a Debian root, once: $root" >&2
		scratch=$(mktemp -d "$WHITTLE_CACHE/scratch.XXXXXX")
		if ! TMPDIR=$WHITTLE_CACHE mmdebstrap --quiet --variant=minbase \
			--include="$packages" \
			--customize-hook='chroot "$1" systemctl --quiet disable nginx redis-server memcached 2>/dev/null || true' \
			--customize-hook='rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/*' \
			"$suite" "$scratch/root" "${areas[@]}" >"$scratch/log" 2>&1 </dev/null; then
			sed 's/^/# /' "$scratch/log" >&2
			rm -rf "$scratch"
			flock -u "$system_lock"
			return 1
		fi
		mv "$scratch/root" "$root"
		rm -rf "$scratch"
	fi
	flock -u "$system_lock"
	echo "$root"
}

# The root that machines of SUITE run on.
system_root()
{
	system_make_root machine "$1" "$(system_packages "$1")"
}

system_own_suite()
{
	(. /etc/os-release && echo "$VERSION_CODENAME")
}

# The root in which this tree is built for SUITE.
system_build_root()
{
	system_make_root build "$1" "$(system_build_packages),gcc,libc6-dev,libcmocka-dev,llvm"
}

# system_run_in_root ROOT DIRECTORY COMMAND [ARGUMENT]...: runs it in a root of system_make_root, which does not
# change. The tree is at its own path, read-only; DIRECTORY is the only one that keeps new files.
system_run_in_root()
{
	unshare -m --propagation private bash -eu -c '
		root=$1 source=$2 directory=$3
		shift 3
		mount -t tmpfs none /mnt
		mkdir /mnt/upper /mnt/work /mnt/root
		mount -t overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" none /mnt/root
		mkdir -p "/mnt/root$source" "/mnt/root$directory"
		mount --bind "$source" "/mnt/root$source"
		mount -o remount,bind,ro "/mnt/root$source"
		mount --bind "$directory" "/mnt/root$directory"
		mount -t proc none /mnt/root/proc
		mount --rbind /dev /mnt/root/dev
		exec env PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot /mnt/root "$@"
		' root "$1" "$SOURCE" "${@:2}"
}

# Prints a build directory of this tree whose programs run on SUITE: our own where that is ours,
# else one built in a root of that suite, which is also the proof that it builds there.
system_build()
{
	local suite=$1 root directory

	if [[ $suite == "$(system_own_suite)" ]]; then
		echo "$BUILD"
		return
	fi
	root=$(system_build_root "$suite") || return 1
	directory=$WHITTLE_CACHE/build-$suite-$(sha256sum <<<"$SOURCE" | cut -c1-12)
	mkdir -p "$directory"
	# Tests that run side by side build it one after the other: what the first has built stands.
	exec {system_lock}>"$directory.lock"
	flock "$system_lock"
	system_run_in_root "$root" "$directory" /bin/sh -eu -c '
		[ -e "$1/build.ninja" ] || meson setup -Dwerror=true "$1" "$2"
		nice ninja -C "$1"
		' build "$directory" "$SOURCE" >"$tap_directory/build.log" 2>&1 || {
		tail -n 40 "$tap_directory/build.log" | sed 's/^/# /' >&2
		flock -u "$system_lock"
		return 1
	}
	flock -u "$system_lock"
	echo "$directory"
}

# machine_boot NAME SUITE [nspawn option]...: returns when the machine has reached its default
# target, with its leader's PID in machine_leader[NAME].
machine_boot()
{
	local name=$1 suite=$2 root build directory ready leader
	shift 2

	root=$(system_root "$suite") || system_bail "no Debian root of $suite"
	build=$(system_build "$suite") || system_bail "whittle does not build on $suite"
	directory=$(mktemp -d "${TMPDIR:-/tmp}/whittle-machine.XXXXXX")
	mkdir "$directory"/{layers,root,share}
	# Services of any user may use what is shared.
	chmod 755 "$directory" "$directory/share"
	mkfifo "$directory/share/ready"
	machine_directory[$name]=$directory
	unshare -m --propagation private bash -eu -c '
		directory=$1 root=$2 group=$3 seccomp=$5
		umount -l /sys/fs/cgroup
		mount -t cgroup2 none /sys/fs/cgroup
		mkdir -p "/sys/fs/cgroup/$group"
		echo $$ >"/sys/fs/cgroup/$group/cgroup.procs"
		mount -t tmpfs none "$directory/layers"
		mkdir "$directory"/layers/{upper,work}
		mount -t overlay -o "lowerdir=$root,upperdir=$directory/layers/upper,workdir=$directory/layers/work" \
			none "$directory/root"
		cat >"$directory/root/etc/systemd/system/ready.service" <<-END
			[Unit]
			Description=Tells the test that the machine is up
			After=multi-user.target
			[Service]
			Type=oneshot
			ExecStart=/bin/sh -c "echo ready >/mnt/share/ready"
		END
		mkdir -p "$directory/root/etc/systemd/system/default.target.wants"
		ln -s ../ready.service "$directory/root/etc/systemd/system/default.target.wants/"
		export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_SECCOMP=$seccomp SYSTEMD_NSPAWN_LOCK=0
		exec systemd-nspawn --quiet --boot --directory="$directory/root" --machine="$4" \
			--register=no --keep-unit --capability=all --private-network \
			--console=pipe --link-journal=no --resolv-conf=off --timezone=off \
			"${@:6}"
		' machine "$directory" "$root" "$machine_group-$name" "whittle-$name-$$" "${machine_seccomp:-0}" \
		--bind-ro="$build:/mnt/whittle" --bind-ro="$SOURCE:/mnt/source" \
		--bind="$directory/share:/mnt/share" "$@" \
		>"$directory/console" 2>&1 </dev/null &
	machine_supervisor[$name]=$!
	# Opened for both, so that the open does not wait for the other side.
	exec {ready}<>"$directory/share/ready"
	if ! read -r -t 120 <&"$ready"; then
		sed 's/^/# /' "$directory/console" | tail -n 40
		system_bail "machine $name did not come up"
	fi
	exec {ready}<&-
	read -r leader _ <"/proc/${machine_supervisor[$name]}/task/${machine_supervisor[$name]}/children"
	machine_leader[$name]=$leader
	machine_share=$directory/share
}

# machine NAME COMMAND [ARGUMENT]...
machine()
{
	local leader=${machine_leader[$1]}
	shift

	nsenter --target "$leader" --mount --uts --ipc --net --pid --cgroup --root --wdns=/ \
		env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/mnt/whittle/src \
		HOME=/root LANG=C.UTF-8 TERM=dumb "$@"
}

# machine_write NAME PATH [MODE]: writes standard input to a file in the machine.
machine_write()
{
	machine "$1" sh -c 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "${2:-644}" "$1"' \
		write "$2" "${3:-}"
}

# Ends what is left in a machine's control group and removes it, wherever cgroup2 is mounted here.
machine_remove_group()
{
	local mount try

	for mount in /sys/fs/cgroup /sys/fs/cgroup/unified; do
		for try in {1..50}; do
			[[ -d $mount/$1 ]] || break
			echo 1 >"$mount/$1/cgroup.kill" 2>/dev/null
			find "$mount/$1" -depth -type d -exec rmdir {} + 2>/dev/null
			sleep 0.02
		done
	done
}

machine_stop()
{
	local name=$1 supervisor=${machine_supervisor[$1]:-} directory=${machine_directory[$1]:-}

	if [[ $supervisor ]] && kill -0 "$supervisor" 2>/dev/null; then
		# SIGTERM asks nspawn for an orderly power-off; it passes SIGRTMIN+4 on to PID 1.
		kill -TERM "$supervisor" 2>/dev/null
		# An event, not a poll: the supervisor's end, within a limit.
		timeout 20 tail --pid="$supervisor" -f /dev/null || kill -KILL "$supervisor"
		wait "$supervisor" 2>/dev/null
	fi
	machine_remove_group "$machine_group-$name"
	[[ $directory ]] && rm -rf "$directory"
	unset "machine_supervisor[$name]" "machine_leader[$name]" "machine_directory[$name]"
}
