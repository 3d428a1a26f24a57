// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/file_place.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#define LINKS_MAX 40 /* as the kernel (MAXSYMLINKS) */

void file_place_clear(struct file_place *place)
{
	closep(&place->directory);
	free(place->name);
	*place = (struct file_place){ .directory = -1 };
}

/* Whether another user may have put the file into the directory, without being its owner. */
static bool is_planted(int directory, const struct stat *file)
{
	struct stat status;

	return fstat(directory, &status) < 0 ||
	       (status.st_mode & S_ISVTX && status.st_mode & (S_IWGRP | S_IWOTH) &&
		file->st_uid != geteuid() && file->st_uid != status.st_uid);
}

static int refuse(const char *path, const char *name, const char *kind, const struct stat *file,
		  struct error *err)
{
	return error_set(err, -EACCES,
			 "%s: \"%s\" is a %s of user %u in a directory that every user may write "
			 "to, so it is not used; choose another name or directory",
			 path, name, kind, file->st_uid);
}

static bool is_on_proc(int directory)
{
	struct statfs status;

	return fstatfs(directory, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

/* The path that is left to walk once the link FD, at the beginning of REST, is followed. */
static int follow(int fd, const char *rest, char **left)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(fd, "", target, sizeof(target) - 1);

	if (length <= 0)
		return length < 0 ? -errno : -ENOENT;
	target[length] = '\0';
	if (asprintf(left, "%s%s", target, rest) < 0) {
		*left = NULL;
		return -ENOMEM;
	}
	return strlen(*left) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* One step from the directory *AT along *LEFT. Returns 1 at the end, with PLACE filled. */
static int step(const char *path, int *at, char **left, unsigned *links, struct file_place *place,
		struct error *err)
{
	const char *start = *left + strspn(*left, "/");
	_cleanup_free_ char *name = strndup(start, strcspn(start, "/"));
	const char *rest = start + strcspn(start, "/");
	bool is_last = *rest == '\0';
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *next = NULL;

	if (!name)
		return error_oom(err);
	if (is_last && (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0))
		return error_set(err, -EISDIR, "%s: is a directory", path);
	fd = openat(*at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && !(errno == ENOENT && is_last))
		return error_set_errno(err, -errno, "%s", path);
	if (fd >= 0 && fstat(fd, &place->status) < 0)
		return error_set_errno(err, -errno, "%s", path);
	place->exists = fd >= 0;
	if (place->exists && S_ISLNK(place->status.st_mode)) {
		struct stat target;
		int r;

		if (is_planted(*at, &place->status))
			return refuse(path, name, "link", &place->status, err);
		/* /dev/stdout leads to /proc/self/fd/1, whose text "pipe:[12]" is no path. */
		if (is_last && is_on_proc(*at) && fstatat(*at, name, &target, 0) == 0 &&
		    !S_ISREG(target.st_mode) && !S_ISDIR(target.st_mode)) {
			place->status = target;
			place->name = take(name);
			return 1;
		}
		if (++*links > LINKS_MAX)
			return error_set_errno(err, -ELOOP, "%s", path);
		r = follow(fd, rest, &next);
		if (r < 0 || !next)
			return error_set_errno(err, r < 0 ? r : -ENOMEM, "%s", path);
		free(*left);
		*left = take(next);
		if (**left != '/')
			return 0;
		closep(at);
		*at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		return *at < 0 ? error_set_errno(err, -errno, "%s", path) : 0;
	}
	if (is_last) {
		place->name = take(name);
		return 1;
	}
	if (!S_ISDIR(place->status.st_mode))
		return error_set_errno(err, -ENOTDIR, "%s", path);
	closep(at);
	*at = take_fd(&fd);
	next = strdup(rest);
	if (!next)
		return error_oom(err);
	free(*left);
	*left = take(next);
	return 0;
}

int file_place_find(const char *path, struct file_place *place, struct error *err)
{
	_cleanup_close_ int at = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *left = strdup(path);
	unsigned links = 0;
	int r;

	*place = (struct file_place){ .directory = -1 };
	if (!left)
		return error_oom(err);
	if (at < 0 || *path == '\0')
		return error_set_errno(err, at < 0 ? -errno : -ENOENT, "%s", path);
	do {
		r = step(path, &at, &left, &links, place, err);
	} while (r == 0);
	if (r == 1 && place->exists && S_ISDIR(place->status.st_mode))
		r = error_set(err, -EISDIR, "%s: is a directory", path);
	else if (r == 1 && place->exists && S_ISFIFO(place->status.st_mode) &&
		 is_planted(at, &place->status))
		r = refuse(path, place->name, "FIFO", &place->status, err);
	else if (r == 1 && place->exists && S_ISREG(place->status.st_mode) &&
		 is_planted(at, &place->status))
		r = refuse(path, place->name, "file", &place->status, err);
	if (r < 0) {
		file_place_clear(place);
		return r;
	}
	place->directory = take_fd(&at);
	return 0;
}

int file_place_open(const struct file_place *place)
{
	/* No O_NOFOLLOW: the link may be one of /proc, and the file is compared with the one found. */
	_cleanup_close_ int fd = openat(place->directory, place->name, O_PATH | O_CLOEXEC);
	char path[sizeof("/proc/self/fd/") + 12];
	struct stat status;
	int opened;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (status.st_dev != place->status.st_dev || status.st_ino != place->status.st_ino)
		return -EAGAIN;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opened = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return opened < 0 ? -errno : opened;
}
