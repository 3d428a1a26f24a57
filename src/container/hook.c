// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The input of a hook, and the file that it names. The run-time is trusted: it started us and runs with
 * the same rights. The annotation is not trusted: in Kubernetes anybody who can create a pod writes it,
 * and it names a file that root writes.
 */
#include "common/cleanup.h"
#include "common/json.h"
#include "container/container.h"
#include "systemd/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define NAME_LENGTH_MAX 128
#define FILES_MAX	1000 /* of one name */

void container_state_clear(struct container_state *state)
{
	free(state->id);
	free(state->file);
	*state = (struct container_state){ 0 };
}

int container_state_parse(const char *text, size_t size, struct container_state *state,
			  struct error *err)
{
	_cleanup_(json_freep) json_t *root = NULL;
	struct json_at top, annotations;
	int64_t pid = 0;
	int r = json_read("the container's state", text, size, &root, err);

	if (r < 0)
		return r;
	top = json_at_root("the container's state", root);
	r = json_get_string(&top, "id", &state->id, err);
	if (r == 0)
		r = json_get_int(&top, "pid", 1, INT32_MAX, &pid, err);
	state->pid = (pid_t)pid;
	if (r == 0 && json_find(&top, "annotations", &annotations) &&
	    json_is_object(annotations.value))
		r = json_may_string(&annotations, CONTAINER_ANNOTATION, &state->file, err);
	return r;
}

static int check_name(const char *name, struct error *err)
{
	size_t length = strlen(name);

	if (length == 0 || length > NAME_LENGTH_MAX || name[0] == '.' || name[0] == '-' ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") !=
		    length)
		return error_set(err, -EINVAL,
				 "annotation " CONTAINER_ANNOTATION
				 "=%.*s: not a file's name (letters, digits, \".\", \"_\" and "
				 "\"-\", at most %d; no directories)",
				 NAME_LENGTH_MAX, name, NAME_LENGTH_MAX);
	return 0;
}

/* Opens the directory, so that the checked one is the one that is used. */
static int open_directory(const char *path, struct error *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return error_set_errno(err, -errno,
				       "%s: the directory for recordings of containers "
				       "('whittle oci-hook --install' creates it)",
				       path);
	if (status.st_uid != geteuid() || status.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(
			err, -EPERM,
			"%s: users other than %u may write to this directory and could plant "
			"links: restrict its permissions",
			path, geteuid());
	return take_fd(&fd);
}

static int make_file(int directory, const char *name)
{
	_cleanup_close_ int fd =
		openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : 0;
}

int container_reserve_file(const char *directory, const char *name, char **path, struct error *err)
{
	static const char suffix[] = ".rec";
	_cleanup_close_ int fd = -1;
	size_t length = strlen(name);
	int r = check_name(name, err);

	if (r < 0)
		return r;
	fd = open_directory(directory, err);
	if (fd < 0)
		return fd;
	if (length > strlen(suffix) && strcmp(name + length - strlen(suffix), suffix) == 0)
		length -= strlen(suffix);
	for (unsigned i = 1; i <= FILES_MAX; i++) {
		char tried[NAME_LENGTH_MAX + 16], number[12] = "";

		if (i > 1)
			snprintf(number, sizeof(number), ".%u", i);
		snprintf(tried, sizeof(tried), "%.*s%s%s", (int)length, name, number, suffix);
		r = make_file(fd, tried);
		if (r == 0) {
			if (asprintf(path, "%s/%s", directory, tried) < 0) {
				*path = NULL;
				return error_oom(err);
			}
			return 0;
		}
		if (r != -EEXIST)
			return error_set_errno(err, r, "%s/%s", directory, tried);
	}
	return error_set(err, -EEXIST, "%s/%s: there are %d recordings of that name already",
			 directory, name, FILES_MAX);
}

/* The line "0::PATH" of /proc/PID/cgroup; NULL none. */
static int unified_group(const char *pid, char **path, struct error *err)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_fclose_ FILE *file = NULL;
	char name[64];
	size_t room = 0;

	*path = NULL;
	snprintf(name, sizeof(name), "/proc/%s/cgroup", pid);
	file = fopen(name, "re");
	if (!file)
		return error_set_errno(err, -errno, "%s", name);
	while (!*path && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::/", 4) == 0 && !(*path = strdup(line + 3)))
			return error_oom(err);
	}
	return 0;
}

int container_cgroup_of(pid_t pid, char **cgroup, struct error *err)
{
	_cleanup_free_ char *own = NULL, *group = NULL;
	char text[16];
	int r;

	*cgroup = NULL;
	snprintf(text, sizeof(text), "%d", pid);
	r = unified_group(text, &group, err);
	if (r == 0)
		r = unified_group("self", &own, err);
	if (r < 0 || !group || (own && strcmp(own, group) == 0))
		return r;
	r = cgroup_directory(group, cgroup, err);
	if (r == 0 && *cgroup && access(*cgroup, F_OK) < 0) {
		free(*cgroup);
		*cgroup = NULL;
	}
	return r;
}

void container_hook_write(FILE *out, const char *program, const char *const *arguments)
{
	struct json_writer writer = json_writer(out);

	json_write_object(&writer, NULL);
	json_write_string(&writer, "version", "1.0.0");
	json_write_object(&writer, "hook");
	json_write_string(&writer, "path", program);
	json_write_array_line(&writer, "args");
	json_write_string(&writer, NULL, "whittle");
	for (; *arguments; arguments++)
		json_write_string(&writer, NULL, *arguments);
	json_write_end_array(&writer);
	json_write_end_object(&writer);
	json_write_object(&writer, "when");
	json_write_object_line(&writer, "annotations");
	json_write_string(&writer, "^io[.]whittle[.]record$", ".+");
	json_write_end_object(&writer);
	json_write_end_object(&writer);
	/* Before the container's program is executed, and outside of its mounts. */
	json_write_array_line(&writer, "stages");
	json_write_string(&writer, NULL, "createRuntime");
	json_write_end_array(&writer);
	json_write_end_object(&writer);
}
