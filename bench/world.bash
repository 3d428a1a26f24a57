# SPDX-License-Identifier: LGPL-2.1-or-later
# The roots in which bench/closed and bench/suites have their services run: sourced by the `enter` of each. A root of
# its own and no chroot: a recording then has the paths that are seen here.

# `world_alone PROGRAM ARGUMENT...`: has the program run in mount, network and PID namespaces of its own. What follows
# changes the root of everybody in its mount namespace: only where we are process 1 of one of our own.
world_alone()
{
	(($$ == 1)) || exec unshare --mount --net --pid --fork --kill-child --propagation private "$@"
}

# `world_begin DIRECTORY SOURCE BUILD`: an empty one, on which all is mounted.
world_begin()
{
	here=$1 source=$2 build=$3
	ip link set lo up
	mount -t tmpfs -o mode=755 none "$here"
	mkdir "$here/files"
	chmod 777 "$here/files"
}

# `world_overlay NAME LOWER`: over the root LOWER, with all that a service may ask for, /source, /whittle (the build)
# and /work (files in memory, that all overlays share).
world_overlay()
{
	local top=$here/$1

	mkdir -p "$here/$1.upper" "$here/$1.work" "$top"
	mount -t overlay -o "lowerdir=$2,upperdir=$here/$1.upper,workdir=$here/$1.work" none "$top"
	mkdir -p "$top"/{work,source,whittle,old,run/whittle}
	mount --bind "$here/files" "$top/work"
	mount --bind "$source" "$top/source"
	mount --bind "$build" "$top/whittle"
	mount -t proc none "$top/proc"
	mount --rbind /dev "$top/dev"
	mount --rbind /sys "$top/sys"
	mount -t tmpfs none "$top/dev/shm"
}

# `world_group NAME GROUP`: a control group for the overlay NAME, at the path GROUP there.
world_group()
{
	mount -t cgroup2 none "$here/$1/sys/fs/cgroup"
	mkdir "$here/$1$2"
}

# `world_enter NAME VARIABLE=VALUE... PROGRAM ARGUMENT...`: the overlay NAME becomes the root, and the program runs there.
world_enter()
{
	cd "$here/$1" || return
	shift
	pivot_root . old
	umount -l /old
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 SOURCE=/source "$@"
}
