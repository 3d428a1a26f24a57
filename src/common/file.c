// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/file.h"
#include "common/array.h"

#include "common/cleanup.h"
#include "common/file_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

typedef ARRAY(char) bytes;

static void free_bytes(bytes *read)
{
	array_free(read);
}

int file_read(const char *path, size_t limit, char **data, size_t *size, struct error *err)
{
	const char *shown = strcmp(path, "-") == 0 ? "standard input" : path;
	_cleanup_close_ int opened = -1;
	_cleanup_(free_bytes) bytes buffer = { 0 };
	int fd = STDIN_FILENO;

	if (strcmp(path, "-") != 0) {
		fd = opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return error_set_errno(err, -errno, "%s", shown);
	}
	for (;;) {
		ssize_t got;

		if (!array_reserve(&buffer, buffer.count ? 2 : 65536))
			return error_oom(err);
		got = read(fd, buffer.items + buffer.count, buffer.room - buffer.count - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(err, -errno, "%s", shown);
		if (got == 0)
			break;
		buffer.count += (size_t)got;
		if (buffer.count > limit)
			return error_set(err, -EFBIG, "%s: larger than the limit of %zu bytes",
					 shown, limit);
	}
	buffer.items[buffer.count] = '\0';
	*size = buffer.count;
	*data = take(buffer.items);
	return 0;
}

struct file_writer {
	char *path; /* NULL: standard output */
	char *temporary; /* beside PATH */
	FILE *stream;
	int directory; /* of PATH: the rename is relative to what was opened, not to a path that may
			  have been changed meanwhile */
	char *name; /* PATH's last component */
	bool in_place; /* PATH is a device or a pipe, which can't be replaced */
};

static void file_writer_free(struct file_writer *writer)
{
	if (!writer)
		return;
	if (writer->stream && writer->stream != stdout)
		fclose(writer->stream);
	if (writer->temporary)
		unlinkat(writer->directory, writer->temporary, 0);
	if (writer->directory >= 0)
		close(writer->directory);
	free(writer->temporary);
	free(writer->name);
	free(writer->path);
	free(writer);
}

void file_writer_abandonp(struct file_writer **writer)
{
	file_writer_free(*writer);
	*writer = NULL;
}

/* O_EXCL and a random name: nobody can have put a link in the way. */
static int open_temporary(struct file_writer *writer, mode_t mode, struct error *err)
{
	for (int attempt = 0; attempt < 16; attempt++) {
		uint64_t noise;
		int fd;

		if (getrandom(&noise, sizeof(noise), 0) != (ssize_t)sizeof(noise))
			return error_set_errno(err, -errno, "random number");
		free(writer->temporary);
		if (asprintf(&writer->temporary, ".%.200s.%016llx", writer->name,
			     (unsigned long long)noise) < 0) {
			writer->temporary = NULL;
			return error_oom(err);
		}
		fd = openat(writer->directory, writer->temporary,
			    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			break;
	}
	free(writer->temporary);
	writer->temporary = NULL;
	return error_set_errno(err, -errno, "%s: can't be written", writer->path);
}

/* Opens a temporary file with the owner and mode of the file that it will replace. */
static int open_replacement(struct file_writer *writer, const struct stat *old, struct error *err)
{
	mode_t mode = old->st_mode & 0777;
	int fd = open_temporary(writer, 0600, err);

	if (fd < 0)
		return fd;
	/* Where the group can't be kept, its rights would go to another one. */
	if (fchown(fd, old->st_uid, old->st_gid) < 0 && fchown(fd, (uid_t)-1, old->st_gid) < 0)
		mode &= ~(mode_t)070;
	if (fchmod(fd, mode) == 0)
		return fd;
	error_set_errno(err, -errno, "%s: can't be written", writer->path);
	close(fd);
	return err->code;
}

static int open_at(struct file_writer *writer, const struct file_place *place, mode_t mode,
		   struct error *err)
{
	if (place->exists && !S_ISREG(place->status.st_mode)) {
		int fd = file_place_open(place);

		writer->in_place = true;
		return fd < 0 ? error_set_errno(err, fd, "%s: can't be written", writer->path) : fd;
	}
	writer->name = strdup(place->name);
	if (!writer->name)
		return error_oom(err);
	writer->directory = openat(place->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (writer->directory < 0)
		return error_set_errno(err, -errno, "%s: can't be written", writer->path);
	return place->exists ? open_replacement(writer, &place->status, err)
			     : open_temporary(writer, mode, err);
}

int file_writer_open(const char *path, mode_t mode, struct file_writer **result, struct error *err)
{
	_cleanup_(file_writer_abandonp) struct file_writer *writer = calloc(1, sizeof(*writer));
	_cleanup_(file_place_clear) struct file_place place = { .directory = -1 };
	int r;

	if (!writer)
		return error_oom(err);
	writer->directory = -1;
	if (!path || strcmp(path, "-") == 0) {
		writer->stream = stdout;
		*result = take(writer);
		return 0;
	}
	writer->path = strdup(path);
	if (!writer->path)
		return error_oom(err);
	/* A link is followed to the file that it names: that one is replaced, the link stays. */
	r = file_place_find(path, &place, err);
	if (r == 0)
		r = open_at(writer, &place, mode, err);
	if (r < 0)
		return r;
	writer->stream = fdopen(r, "w");
	if (!writer->stream) {
		close(r);
		return error_oom(err);
	}
	*result = take(writer);
	return 0;
}

FILE *file_writer_stream(struct file_writer *writer)
{
	return writer->stream;
}

int file_writer_commit(struct file_writer *given, struct error *err)
{
	_cleanup_(file_writer_abandonp) struct file_writer *writer = given;
	const char *shown = writer->path ? writer->path : "standard output";
	FILE *stream = writer->stream;
	bool failed = ferror(stream);

	errno = 0;
	if (fflush(stream) != 0 || failed)
		return error_set_errno(err, errno ? -errno : -EIO, "%s: can't be written", shown);
	if (!writer->path)
		return 0;
	if (!writer->in_place && fsync(fileno(stream)) < 0)
		return error_set_errno(err, -errno, "%s: can't be written", shown);
	writer->stream = NULL;
	if (fclose(stream) != 0)
		return error_set_errno(err, -errno, "%s: can't be written", shown);
	if (writer->in_place)
		return 0;
	if (renameat(writer->directory, writer->temporary, writer->directory, writer->name) < 0)
		return error_set_errno(err, -errno, "%s: can't be replaced", shown);
	free(writer->temporary);
	writer->temporary = NULL;
	/* The name itself must survive a power loss too. */
	if (fsync(writer->directory) < 0 && errno != EINVAL && errno != EROFS)
		return error_set_errno(err, -errno, "%s: directory", shown);
	return 0;
}
