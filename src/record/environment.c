// SPDX-License-Identifier: LGPL-2.1-or-later
#include "record/environment.h"

#include "common/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

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

#define LIBC_MAX (64 << 20) /* bytes; glibc has 2 MB */

static int set_libc(struct run *run, int fd, struct error *err)
{
	_cleanup_free_ char *data = NULL;
	char version[32] = "";
	struct stat status;
	size_t used = 0;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size <= 0 || status.st_size > LIBC_MAX)
		return 0;
	/* Read, not mapped: the service may cut the file short, and SIGBUS would end the recording. */
	data = malloc((size_t)status.st_size);
	while (data && used < (size_t)status.st_size) {
		ssize_t got = pread(fd, data + used, (size_t)status.st_size - used, (off_t)used);

		if (got <= 0)
			break;
		used += (size_t)got;
	}
	if (!data)
		return error_oom(err);
	find_version(data, used, version, sizeof(version));
	return version[0] ? set(&run->libc, version, err) : 0;
}

static int set_os(struct run *run, int pid, struct error *err)
{
	static const char key[] = "PRETTY_NAME=";
	_cleanup_free_ char *line = NULL;
	_cleanup_fclose_ FILE *file = NULL;
	char path[48];
	size_t room = 0;

	snprintf(path, sizeof(path), "/proc/%d/root/etc/os-release", pid);
	file = fopen(pid > 0 ? path : "/etc/os-release", "re");
	while (file && getline(&line, &room, file) > 0) {
		char *value = line + strlen(key);

		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		value[strcspn(value, "\n")] = '\0';
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
