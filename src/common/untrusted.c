// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/untrusted.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Through the descriptor, so that the file which was checked is the one that is read. O_NONBLOCK: a
 * lease of its owner (fcntl(2), F_SETLEASE) would keep open(2) waiting for 45 seconds. */
static int reopen(int found)
{
	char path[sizeof("/proc/self/fd/") + 12];
	struct stat status;
	int fd;

	if (fstat(found, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return S_ISDIR(status.st_mode) ? -EISDIR : -ENXIO;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int untrusted_open(const char *path)
{
	_cleanup_close_ int found = open(path, O_PATH | O_CLOEXEC);

	return found < 0 ? -errno : reopen(found);
}

/* Without openat2, which RestrictSUIDSGID= of the guard's own unit denies with ENOSYS: a path without
 * links and "..", as those of /proc/PID/maps are. -ELOOP for another one. */
static int walk(int root, const char *path)
{
	_cleanup_close_ int at = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (path += strspn(path, "/"); at >= 0 && *path; path += strspn(path, "/")) {
		size_t length = strcspn(path, "/");
		char name[NAME_MAX + 1];
		struct stat status;
		int next;

		if (length > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, path, length);
		name[length] = '\0';
		path += length;
		if (strcmp(name, "..") == 0)
			return -ELOOP;
		next = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		closep(&at);
		at = next;
		if (at >= 0 && fstat(at, &status) == 0 && S_ISLNK(status.st_mode))
			return -ELOOP;
	}
	return at < 0 ? -errno : take_fd(&at);
}

int untrusted_open_in(int root, const char *path)
{
	/* Links of /proc would lead out of the root (a service may have mounted /proc in it). */
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	_cleanup_close_ int found = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	if (found >= 0)
		return reopen(found);
	if (errno != ENOSYS)
		return -errno;
	found = walk(root, path);
	return found < 0 ? found : reopen(found);
}

int untrusted_open_of(pid_t pid, const char *path)
{
	char directory[sizeof("/proc//root") + 12];
	_cleanup_close_ int root = -1;

	snprintf(directory, sizeof(directory), "/proc/%d/root", pid);
	root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -errno : untrusted_open_in(root, path);
}

int untrusted_read(int fd, size_t limit, char **data, size_t *size)
{
	_cleanup_free_ char *buffer = NULL;
	size_t room = 0, used = 0;

	for (;;) {
		size_t chunk = limit - used < 65536 ? limit - used : 65536;
		ssize_t got;

		if (room < used + chunk + 1) {
			char *grown;

			room = 2 * (used + chunk) + 1;
			grown = realloc(buffer, room);
			if (!grown)
				return -ENOMEM;
			buffer = grown;
		}
		if (chunk == 0)
			break;
		got = pread(fd, buffer + used, chunk, (off_t)used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	buffer[used] = '\0';
	*size = used;
	*data = take(buffer);
	return 0;
}
