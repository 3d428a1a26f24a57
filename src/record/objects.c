// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A file is opened at its first occurrence, through the process that has it mapped: map_files also
 * reaches files that were deleted or lie in another mount namespace. The descriptor stays open,
 * since symbols are read when the recording ends, and the process may have ended by then.
 */
#include "record/objects.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/untrusted.h"
#include "elf/file.h"
#include "record/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Descriptors that are kept; objects past it have no symbols. */
#define FILES_MAX 400

struct object_file {
	char *path, *build_id;
	dev_t device;
	ino_t inode;
	int fd;
	bool symbols_tried;
	struct symbols *symbols;
};

struct objects {
	struct object_file *files;
	size_t count, open_count;
	bool has_no_symbols; /* for now */
	uint64_t symbols_ns; /* spent on reading them */
};

/* One executable mapping of /proc/PID/maps. */
struct mapping {
	uint64_t start, end, offset;
	dev_t device;
	ino_t inode;
	const char *path;
};

struct objects *objects_new(void)
{
	return calloc(1, sizeof(struct objects));
}

void objects_freep(struct objects **objects)
{
	struct objects *o = *objects;

	if (!o)
		return;
	for (size_t i = 0; i < o->count; i++) {
		free(o->files[i].path);
		free(o->files[i].build_id);
		symbols_free(o->files[i].symbols);
		closep(&o->files[i].fd);
	}
	free(o->files);
	free(o);
	*objects = NULL;
}

/* Adds the file that FD is open at; takes FD over. Returns its index. */
static int add_file(struct objects *objects, int fd, const char *path, dev_t device, ino_t inode,
		    struct error *err)
{
	_cleanup_close_ int own = fd;
	struct object_file *file;
	_cleanup_(elf_file_clear) struct elf_file elf = { 0 };
	char build_id[BUILD_ID_TEXT];

	file = array_grow_one(&objects->files, objects->count);
	if (!file)
		return error_oom(err);
	*file = (struct object_file){ .fd = -1, .device = device, .inode = inode };
	file->path = strdup(path);
	if (!file->path)
		return error_oom(err);
	objects->count++;
	if (own >= 0 && elf_file_read(&elf, own) && elf_file_build_id(&elf, build_id)) {
		file->build_id = strdup(build_id);
		if (!file->build_id)
			return error_oom(err);
	}
	if (own >= 0 && objects->open_count < FILES_MAX) {
		file->fd = take_fd(&own);
		objects->open_count++;
	}
	return (int)objects->count - 1;
}

static int find_file(const struct objects *objects, dev_t device, ino_t inode)
{
	for (size_t i = 0; i < objects->count; i++)
		if (objects->files[i].inode == inode && objects->files[i].device == device)
			return (int)i;
	return -1;
}

/* "55d0c8a2c000-55d0c8b10000 r-xp 0002c000 fe:00 393423   /usr/sbin/nginx": true for an executable
 * mapping of a file. */
static bool parse_mapping(char *line, struct mapping *mapping)
{
	unsigned device_major, device_minor;
	char permissions[5];
	uint64_t inode;
	int path = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n",
		   &mapping->start, &mapping->end, permissions, &mapping->offset, &device_major,
		   &device_minor, &inode, &path) < 7 ||
	    permissions[2] != 'x' || inode == 0)
		return false;
	mapping->device = makedev(device_major, device_minor);
	mapping->inode = inode;
	line[strcspn(line, "\n")] = '\0';
	mapping->path = line + path;
	return true;
}

static int open_mapping(pid_t pid, const struct mapping *mapping)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, mapping->start,
		 mapping->end);
	return untrusted_open(path);
}

/* The path without the kernel's mark; whoever reads the recording looks for the name. */
static void cut_deleted(char *path)
{
	static const char mark[] = " (deleted)";
	size_t length = strlen(path);

	if (length > strlen(mark) && strcmp(path + length - strlen(mark), mark) == 0)
		path[length - strlen(mark)] = '\0';
}

static FILE *open_maps(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	return fopen(path, "re");
}

int objects_note_process(struct objects *objects, pid_t pid, struct error *err)
{
	_cleanup_fclose_ FILE *maps = open_maps(pid);
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	while (maps && getline(&line, &room, maps) > 0) {
		struct mapping mapping;
		char *path;
		int r;

		if (!parse_mapping(line, &mapping) ||
		    find_file(objects, mapping.device, mapping.inode) >= 0)
			continue;
		path = line + (mapping.path - line);
		cut_deleted(path);
		r = add_file(objects, open_mapping(pid, &mapping), path, mapping.device,
			     mapping.inode, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int objects_note_path(struct objects *objects, const char *path, pid_t pid, struct error *err)
{
	_cleanup_(elf_file_clear) struct elf_file elf = { 0 };
	_cleanup_free_ char *interpreter = NULL;
	_cleanup_close_ int fd = -1;
	struct stat status;
	int r;

	for (size_t i = 0; i < objects->count; i++)
		if (strcmp(objects->files[i].path, path) == 0)
			return 0;
	if (path[0] == '/')
		fd = pid == 0 ? untrusted_open(path) : untrusted_open_of(pid, path);
	if (fd < 0 || fstat(fd, &status) < 0 ||
	    find_file(objects, status.st_dev, status.st_ino) >= 0)
		return 0;
	if (elf_file_read(&elf, fd))
		interpreter = elf_file_interpreter(&elf);
	r = add_file(objects, take_fd(&fd), path, status.st_dev, status.st_ino, err);
	if (r < 0 || !interpreter)
		return r < 0 ? r : 0;
	return objects_note_path(objects, interpreter, pid, err);
}

int objects_find_build_id(const struct objects *objects, const uint8_t *build_id, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char text[BUILD_ID_TEXT];

	if (size > BUILD_ID_MAX)
		return -1;
	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[build_id[i] >> 4];
		text[2 * i + 1] = digits[build_id[i] & 15];
	}
	text[2 * size] = '\0';
	/* The kernel pads a shorter one with zeros. */
	for (size_t i = 0; i < objects->count; i++) {
		const char *known = objects->files[i].build_id;

		if (known && strncmp(known, text, strlen(known)) == 0 &&
		    strspn(text + strlen(known), "0") == strlen(text + strlen(known)))
			return (int)i;
	}
	return -1;
}

int objects_find_address(struct objects *objects, pid_t pid, uint64_t address, uint64_t *offset)
{
	_cleanup_fclose_ FILE *maps = open_maps(pid);
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	while (maps && getline(&line, &room, maps) > 0) {
		struct mapping mapping;

		if (!parse_mapping(line, &mapping) || address < mapping.start ||
		    address >= mapping.end)
			continue;
		*offset = address - mapping.start + mapping.offset;
		return find_file(objects, mapping.device, mapping.inode);
	}
	return -1;
}

bool objects_has_offset(const struct objects *objects, int object, uint64_t offset)
{
	struct stat status;

	if (object < 0 || (size_t)object >= objects->count)
		return false;
	return objects->files[object].fd < 0 || fstat(objects->files[object].fd, &status) < 0 ||
	       offset < (uint64_t)status.st_size;
}

void objects_use_symbols(struct objects *objects, bool are_used)
{
	objects->has_no_symbols = !are_used;
}

const char *objects_symbol(struct objects *objects, int object, uint64_t offset, uint64_t *distance)
{
	struct object_file *file;

	if (object < 0 || (size_t)object >= objects->count)
		return NULL;
	file = &objects->files[object];
	if (objects->has_no_symbols)
		return NULL;
	if (!file->symbols_tried && file->fd >= 0 && objects->symbols_ns < OBJECTS_SYMBOLS_NS) {
		uint64_t begun_ns = clock_now_ns();

		file->symbols = symbols_load(file->fd, file->build_id);
		objects->symbols_ns += clock_now_ns() - begun_ns;
	}
	file->symbols_tried = true;
	return file->symbols ? symbols_find(file->symbols, offset, distance) : NULL;
}

int objects_find_file(const struct objects *objects, const char *name)
{
	for (size_t i = 0; i < objects->count; i++) {
		const char *base = strrchr(objects->files[i].path, '/');

		if (base && strncmp(base + 1, name, strlen(name)) == 0 && objects->files[i].fd >= 0)
			return objects->files[i].fd;
	}
	return -1;
}

int objects_add(const struct objects *objects, struct run *run, struct error *err)
{
	for (size_t i = 0; i < objects->count; i++) {
		const struct object_file *file = &objects->files[i];
		struct object *object = run_add_object(run);

		if (!object)
			return error_oom(err);
		object->path = strdup(file->path);
		if (!object->path)
			return error_oom(err);
		if (file->build_id) {
			object->build_id = strdup(file->build_id);
			if (!object->build_id)
				return error_oom(err);
		}
	}
	return 0;
}
