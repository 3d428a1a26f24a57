# SPDX-License-Identifier: LGPL-2.1-or-later
# What the tests of containers share; sourced after tap.sh. Neither the storage, the configuration and the locks of
# the machine's own containers nor its control groups are used.

# pods_alone OPTIONS "$@": starts the script again in namespaces of its own (alone), with empty /var/lib and /run and a
# cgroup2 hierarchy in which $group is the test's. Returns there.
pods_alone()
{
	alone "$@"
	group=whittle-test-$$
	umount -l /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && mkdir "/sys/fs/cgroup/$group" &&
		mount -t tmpfs none /var/lib && mount -t tmpfs none /run && mkdir /run/containers-test ||
		{ echo 'Bail out! no mounts of our own'; exit 1; }
	printf '%s\n' '[storage]' 'driver = "vfs"' 'graphroot = "/var/lib/containers/storage"' \
		'runroot = "/run/containers/storage"' >/run/containers-test/storage.conf
	printf '[engine]\nlock_type = "file"\n' >/run/containers-test/containers.conf
}

# The control group is the kernel's, and would outlive the mounts.
pods_end()
{
	find "/sys/fs/cgroup/$group" -depth -type d -exec rmdir {} + 2>/dev/null
}

# own_podman ARGUMENT...: podman on storage of the test, for $podman_seconds at most. The paths are podman's defaults, where whittle looks for
# containers by name; an own storage.conf of the machine could name others.
own_podman()
{
	CONTAINERS_CONF=/run/containers-test/containers.conf CONTAINERS_STORAGE_CONF=/run/containers-test/storage.conf \
		timeout "${podman_seconds:-120}" podman --root /var/lib/containers/storage --runroot /run/containers/storage --tmpdir /run/libpod \
		--storage-driver vfs --cgroup-manager cgroupfs --events-backend file "$@"
}
