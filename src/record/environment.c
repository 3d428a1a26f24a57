// SPDX-License-Identifier: LGPL-2.1-or-later
#include "record/environment.h"

#include "common/cleanup.h"
#include "common/untrusted.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define LIBC_LIMIT	 ((size_t)8 << 20) /* glibc's sentence ends within 2 MB */
#define OS_RELEASE_LIMIT ((size_t)64 << 10)

static int set(char **text, const char *value, struct error *err)
{
	if (*text)
		return 0;
	*text = strdup(value);
	return *text ? 0 : error_oom(err);
}

/* glibc says "GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version 2.36."; musl has
 * its version as a bare string, and the word only in the usage of its loader. */
static void find_version(const char *data, size_t size, char *version, size_t room)
{
	static const char gnu[] = "GNU C Library ", release[] = "release version ";
	const char *found = memmem(data, size, gnu, strlen(gnu));
	const char *start =
		found ? memmem(found, (size_t)(data + size - found), release, strlen(release))
		      : NULL;

	if (start) {
		size_t length = 0, left;

		start += strlen(release);
		left = (size_t)(data + size - start);
		while (length < left && length < 16 && strchr("0123456789.", start[length]) &&
		       start[length])
			length++;
		while (length > 0 && start[length - 1] == '.')
			length--;
		snprintf(version, room, "glibc %.*s", (int)length, start);
	} else if (memmem(data, size, "musl libc", 9)) {
		snprintf(version, room, "musl");
	}
}

/* Read, not mapped: the service may truncate a file that only claims to be its C library. */
static int set_libc(struct run *run, int fd, struct error *err)
{
	_cleanup_free_ char *data = NULL;
	char version[32] = "";
	size_t size;
	int r;

	if (fd < 0)
		return 0;
	r = untrusted_read(fd, LIBC_LIMIT, &data, &size);
	if (r < 0)
		return r == -ENOMEM ? error_oom(err) : 0;
	find_version(data, size, version, sizeof(version));
	return version[0] ? set(&run->libc, version, err) : 0;
}

static int set_os(struct run *run, int pid, struct error *err)
{
	static const char key[] = "PRETTY_NAME=", path[] = "/etc/os-release";
	_cleanup_close_ int fd = pid > 0 ? untrusted_open_of(pid, path) : untrusted_open(path);
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	if (fd < 0)
		return 0;
	r = untrusted_read(fd, OS_RELEASE_LIMIT, &text, &size);
	if (r < 0)
		return r == -ENOMEM ? error_oom(err) : 0;
	for (char *line = text, *next; *line; line = next) {
		char *value = line + strlen(key);

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		if (*value == '"' || *value == '\'') {
			value[strcspn(value + 1, "\"'") + 1] = '\0';
			value++;
		}
		return set(&run->os, value, err);
	}
	return 0;
}

int environment_fill(struct run *run, int libc_fd, int pid, struct error *err)
{
	struct utsname name;
	int r = 0;

	if (uname(&name) == 0) {
		r = set(&run->kernel, name.release, err);
		if (r == 0)
			r = set(&run->machine, name.machine, err);
	}
	if (r == 0)
		r = set_libc(run, libc_fd, err);
	if (r == 0)
		r = set_os(run, pid, err);
	return r < 0 ? r : set(&run->whittle, WHITTLE_VERSION, err);
}
