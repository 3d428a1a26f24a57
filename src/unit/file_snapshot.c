// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/file_snapshot.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

/* A drop-in has a page or two; a larger file is not one. */
#define SNAPSHOT_MAX ((size_t)16 << 20)

void file_snapshot_clean(struct file_snapshot *saved)
{
	free(saved->data);
	*saved = (struct file_snapshot){ 0 };
}

static int read_bytes(int fd, size_t expected, struct file_snapshot *saved)
{
	saved->data = malloc(expected + 1);
	if (!saved->data)
		return -ENOMEM;
	while (saved->size < expected) {
		ssize_t got = read(fd, saved->data + saved->size, expected - saved->size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		saved->size += (size_t)got;
	}
	saved->data[saved->size] = '\0';
	return 0;
}

static int read_link(int directory, const char *name, struct file_snapshot *saved)
{
	char target[PATH_MAX];
	ssize_t size = readlinkat(directory, name, target, sizeof(target));

	if (size < 0)
		return -errno;
	if (size == sizeof(target))
		return -ENAMETOOLONG;
	saved->kind = SNAPSHOT_LINK;
	saved->data = strndup(target, (size_t)size);
	saved->size = (size_t)size;
	return saved->data ? 0 : -ENOMEM;
}

int file_snapshot_read(int directory, const char *where, const char *name,
		       struct file_snapshot *saved, struct error *err)
{
	_cleanup_close_ int fd = -1;
	struct stat status;
	int r;

	*saved = (struct file_snapshot){ 0 };
	/* O_NONBLOCK: a pipe in its place must not block. */
	fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == ELOOP) {
		r = read_link(directory, name, saved);
		return r < 0 ? error_set_errno(err, r, "%s/%s", where, name) : 0;
	}
	if (fd < 0 || fstat(fd, &status) < 0)
		return error_set_errno(err, -errno, "%s/%s", where, name);
	if (!S_ISREG(status.st_mode))
		return error_set(err, -EEXIST, "%s/%s: exists, but is not a regular file", where,
				 name);
	if (status.st_size < 0 || (size_t)status.st_size > SNAPSHOT_MAX)
		return error_set(err, -EFBIG, "%s/%s: is larger than %zu bytes", where, name,
				 SNAPSHOT_MAX);
	r = read_bytes(fd, (size_t)status.st_size, saved);
	if (r < 0) {
		file_snapshot_clean(saved);
		return error_set_errno(err, r, "%s/%s", where, name);
	}
	saved->kind = SNAPSHOT_FILE;
	saved->mode = status.st_mode & 07777;
	saved->owner = status.st_uid;
	saved->group = status.st_gid;
	saved->modified = status.st_mtim;
	return 0;
}

static int write_bytes(int fd, const struct file_snapshot *saved)
{
	const struct timespec times[2] = { saved->modified, saved->modified };
	size_t done = 0;

	while (done < saved->size) {
		ssize_t put = write(fd, saved->data + done, saved->size - done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		done += (size_t)put;
	}
	/* The owner before the mode: a change of owner clears the set-user-ID bits. */
	if (fchown(fd, saved->owner, saved->group) < 0 || fchmod(fd, saved->mode) < 0 ||
	    futimens(fd, times) < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

/* Creates TEMPORARY in the directory, with O_EXCL, so that no planted link is followed. */
static int make_temporary(int directory, const char *temporary, const struct file_snapshot *saved)
{
	_cleanup_close_ int fd = -1;

	if (saved->kind == SNAPSHOT_LINK)
		return symlinkat(saved->data, directory, temporary) < 0 ? -errno : 0;
	fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	return write_bytes(fd, saved);
}

static int replace(int directory, const char *name, const struct file_snapshot *saved)
{
	char temporary[NAME_MAX + 1];
	uint64_t noise;
	int r;

	if (getrandom(&noise, sizeof(noise), 0) != (ssize_t)sizeof(noise))
		return -errno;
	/* systemd ignores hidden files and files without the suffix ".conf". */
	snprintf(temporary, sizeof(temporary), ".%.200s.%016llx", name, (unsigned long long)noise);
	r = make_temporary(directory, temporary, saved);
	if (r == 0 && renameat(directory, temporary, directory, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(directory, temporary, 0);
	return r;
}

int file_snapshot_write(int directory, const char *where, const char *name,
			const struct file_snapshot *saved, struct error *err)
{
	int r = 0;

	if (saved->kind != SNAPSHOT_ABSENT)
		r = replace(directory, name, saved);
	else if (unlinkat(directory, name, 0) < 0 && errno != ENOENT)
		r = -errno;
	/* The name must survive a power loss as well as the bytes. */
	if (r == 0 && fsync(directory) < 0 && errno != EINVAL)
		r = -errno;
	return r < 0 ? error_set_errno(err, r, "%s/%s: can't be written", where, name) : 0;
}

/* ".NAME." and 16 digits: what replace() makes. */
static bool is_temporary_of(const char *file, const char *name)
{
	size_t length = strlen(name);

	return file[0] == '.' && strncmp(file + 1, name, length) == 0 && file[1 + length] == '.' &&
	       strlen(file + length + 2) == 16 &&
	       strspn(file + length + 2, "0123456789abcdef") == 16;
}

void file_snapshot_sweep(int directory, const char *name, time_t age)
{
	struct stat status;

	_cleanup_closedir_ DIR *entries = NULL;
	const struct dirent *entry;
	int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (copy < 0)
		return;
	entries = fdopendir(copy);
	if (!entries) {
		close(copy);
		return;
	}
	while ((entry = readdir(entries)))
		if (is_temporary_of(entry->d_name, name) &&
		    fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    (age == 0 || time(NULL) - status.st_mtime >= age))
			unlinkat(directory, entry->d_name, 0);
}

bool file_snapshot_same(const struct file_snapshot *a, const struct file_snapshot *b)
{
	return a->kind == b->kind && a->size == b->size &&
	       (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}
