// SPDX-License-Identifier: LGPL-2.1-or-later
/* Only regular files are read: a policy may come from anywhere, and a device or a FIFO would block. */
#include "import/profile/include.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* NAME in the folder of FROM. */
static char *beside(const char *from, const char *name)
{
	const char *slash = strrchr(from, '/');
	char *path;

	if (asprintf(&path, "%.*s%s", slash ? (int)(slash + 1 - from) : 0, from, name) < 0)
		return NULL;
	return path;
}

static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

static int read_all(int fd, const char *path, char **data, size_t *size, struct error *err)
{
	_cleanup_free_ char *text = malloc(INCLUDE_MAX + 1);
	size_t used = 0;

	if (!text)
		return error_oom(err);
	for (;;) {
		ssize_t got = read(fd, text + used, INCLUDE_MAX + 1 - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(err, -errno, "%s", path);
		used += (size_t)got;
		if (used > INCLUDE_MAX)
			return error_set(
				err, -EFBIG,
				"%s: larger than the limit of %zu bytes for an included file", path,
				INCLUDE_MAX);
		if (got == 0)
			break;
	}
	text[used] = '\0';
	*size = used;
	*data = take(text);
	return 0;
}

int include_read(struct list_reader *reader, const char *from, const char *name, size_t length,
		 char **path, char **data, size_t *size, struct error *err)
{
	_cleanup_free_ char *wanted = strndup(name, length);
	_cleanup_free_ char *found = NULL;
	_cleanup_close_ int fd = -1;

	if (!wanted)
		return error_oom(err);
	if (reader->includes++ >= INCLUDE_FILES)
		return error_set(err, -ELOOP, "%s: more than %d included files", from,
				 INCLUDE_FILES);
	found = *wanted == '/' ? strdup(wanted) : beside(from, wanted);
	if (!found)
		return error_oom(err);
	fd = open_regular(found);
	if (fd == -ENOENT && *wanted == '/') {
		free(found);
		found = beside(from, strrchr(wanted, '/') + 1);
		if (!found)
			return error_oom(err);
		fd = open_regular(found);
		if (fd >= 0)
			import_warn(reader->import, "%s does not exist; included %s instead",
				    wanted, found);
	}
	if (fd < 0)
		return error_set(err, fd, "%s: can't include \"%s\": %s", from, wanted,
				 fd == -EINVAL ? "not a regular file" : strerror(-fd));
	if (read_all(fd, found, data, size, err) < 0)
		return err->code;
	*path = take(found);
	return 0;
}
