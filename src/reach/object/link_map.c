// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/object/link_map.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/untrusted.h"
#include "reach/code/cache.h"
#include "reach/object/library_cache.h"
#include "reach/object/name_services.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define OBJECTS_LIMIT	    4096
#define LIBRARY_CACHE_LIMIT (16U << 20)
#define SWITCH_LIMIT	    (64U << 10) /* of nsswitch.conf */

/* Forgets all objects from this index on. */
static void forget_from(struct link_map *link_map, size_t first)
{
	for (size_t i = first; i < link_map->count; i++) {
		free(link_map->objects[i].path);
		free(link_map->objects[i].needed);
		summary_freep(&link_map->objects[i].summary);
		image_freep(&link_map->objects[i].image);
	}
	link_map->count = first;
}

void link_map_free(struct link_map *link_map)
{
	forget_from(link_map, 0);
	for (size_t i = 0; i < link_map->skipped_count; i++)
		free(link_map->skipped[i]);
	free(link_map->skipped);
	free(link_map->objects);
	free(link_map->interpreter);
	free(link_map->library_cache);
	if (link_map->root >= 0)
		close(link_map->root);
}

/* A path as a process sees it whose root is the sysroot: links in it can't lead out. */
static int open_in_root(const struct link_map *link_map, const char *path)
{
	int fd =
		link_map->has_root ? untrusted_open_in(link_map->root, path) : untrusted_open(path);

	if (fd < 0)
		errno = -fd;
	return fd < 0 ? -1 : fd;
}

static struct loaded *find_file(const struct link_map *link_map, const struct stat *status)
{
	for (size_t i = 0; i < link_map->count; i++)
		if (link_map->objects[i].device == status->st_dev &&
		    link_map->objects[i].inode == status->st_ino)
			return &link_map->objects[i];
	return NULL;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Adds the open file, unless it is there; *INDEX is where it is. */
static int add_file(struct link_map *link_map, int fd, const char *path, size_t loader,
		    size_t *index, struct error *err)
{
	struct loaded *object, *same;
	struct stat status;
	int r;

	if (fstat(fd, &status) < 0)
		return error_set_errno(err, -errno, "%s", path);
	same = find_file(link_map, &status);
	if (same) {
		*index = (size_t)(same - link_map->objects);
		return 0;
	}
	if (link_map->count >= OBJECTS_LIMIT)
		return error_set(err, -EFBIG, "%s: more than %d objects to load", path,
				 OBJECTS_LIMIT);
	object = array_grow_one(&link_map->objects, link_map->count);
	if (!object)
		return error_oom(err);
	r = cache_summary(link_map->cache, fd, path, &object->summary, object->build_id,
			  &object->image, err);
	if (r < 0)
		return r;
	object->path = strdup(path);
	object->needed = calloc((size_t)object->summary->needed_count + 1, sizeof(*object->needed));
	object->device = status.st_dev;
	object->inode = status.st_ino;
	object->loader = loader;
	*index = link_map->count++;
	if (!object->path || !object->needed)
		return error_oom(err);
	object->name = last_part(object->path);
	return 0;
}

int link_map_image(struct link_map *link_map, size_t index, const struct image **image,
		   struct error *err)
{
	struct loaded *object = &link_map->objects[index];
	_cleanup_close_ int fd = -1;
	struct stat status;
	int r;

	if (!object->image) {
		fd = open_in_root(link_map, object->path);
		if (fd < 0 || fstat(fd, &status) < 0)
			return error_set_errno(err, -errno, "%s", object->path);
		if (status.st_dev != object->device || status.st_ino != object->inode)
			return error_set(err, -EAGAIN,
					 "%s: the file was replaced while it was "
					 "read; try again",
					 object->path);
		r = image_open(fd, object->path, &object->image, err);
		if (r < 0)
			return r;
	}
	*image = object->image;
	return 0;
}

/* ---- search ---- */

/* Whether the file is one that the loader would take; others of that name are passed over. */
static bool is_usable(int fd)
{
	uint8_t header[20];

	return pread(fd, header, sizeof(header), 0) == sizeof(header) &&
	       memcmp(header, ELFMAG, SELFMAG) == 0 && header[EI_CLASS] == ELFCLASS64 &&
	       load16(header + 18) == EM_X86_64;
}

/* Opens DIRECTORY/NAME, and *FOUND is its path. -1: not there; or -ENOMEM. */
static int try_file(const struct link_map *link_map, const char *directory, size_t length,
		    const char *name, char **found)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%.*s%s%s", (int)length, directory, length ? "/" : "", name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	fd = open_in_root(link_map, path);
	if (fd < 0 || !is_usable(fd))
		return -1;
	*found = take(path);
	return take_fd(&fd);
}

static int try_directory(const struct link_map *link_map, const char *directory, size_t length,
			 const char *name, char **found)
{
	int fd;

	for (unsigned level = link_map->is_musl ? 1 : library_cache_processor_level(); level > 1;
	     level--) {
		_cleanup_free_ char *below = NULL;

		if (asprintf(&below, "glibc-hwcaps/x86-64-v%u/%s", level, name) < 0) {
			below = NULL;
			return -ENOMEM;
		}
		fd = try_file(link_map, directory, length, below, found);
		if (fd != -1)
			return fd;
	}
	return try_file(link_map, directory, length, name, found);
}

/* $ORIGIN, $LIB and $PLATFORM, also in braces. NULL when out of memory. */
static char *expand(const struct loaded *object, const char *text, size_t length)
{
	size_t origin = object->name > object->path ? (size_t)(object->name - object->path - 1) : 0;
	char *expanded = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&expanded, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < length;) {
		static const char *const names[] = { "ORIGIN", "LIB", "PLATFORM" };
		size_t k = 0, name = 0, braces = i + 1 < length && text[i + 1] == '{';

		for (; text[i] == '$' && k < 3; k++) {
			name = strlen(names[k]);
			if (i + 1 + braces + name + braces <= length &&
			    memcmp(text + i + 1 + braces, names[k], name) == 0)
				break;
		}
		if (text[i] != '$' || k == 3) {
			fputc(text[i++], out);
			continue;
		}
		if (k == 0)
			fprintf(out, "%.*s", (int)origin, object->path);
		else
			fputs(k == 1 ? "lib/x86_64-linux-gnu" : "x86_64", out);
		i += 1 + 2 * braces + name;
	}
	if (fclose(out) != 0) {
		free(expanded);
		return NULL;
	}
	return expanded;
}

static int try_paths(const struct link_map *link_map, const struct loaded *object, uint32_t paths,
		     const char *name, char **found)
{
	const char *at = summary_text(object->summary, paths);

	while (paths) {
		size_t length = strcspn(at, ":");
		_cleanup_free_ char *directory = expand(object, at, length);
		int fd;

		if (!directory)
			return -ENOMEM;
		fd = try_directory(link_map, directory, strlen(directory), name, found);
		if (fd != -1)
			return fd;
		if (at[length] == '\0')
			break;
		at += length + 1;
	}
	return -1;
}

static int try_defaults(const struct link_map *link_map, const char *name, char **found)
{
	static const char *const glibc[] = { "/lib/x86_64-linux-gnu",
					     "/usr/lib/x86_64-linux-gnu",
					     "/lib64",
					     "/usr/lib64",
					     "/lib",
					     "/usr/lib",
					     NULL };
	static const char *const musl[] = { "/lib", "/usr/local/lib", "/usr/lib", NULL };

	for (const char *const *at = link_map->is_musl ? musl : glibc; *at; at++) {
		int fd = try_directory(link_map, *at, strlen(*at), name, found);

		if (fd != -1)
			return fd;
	}
	return -1;
}

/* In ld.so(8)'s order. The environment (LD_LIBRARY_PATH) is a service's own: it is not known here. */
static int search(const struct link_map *link_map, size_t index, const char *name, char **found)
{
	const struct loaded *object = &link_map->objects[index];
	int fd = -1;

	if (strchr(name, '/')) {
		_cleanup_free_ char *path = expand(object, name, strlen(name));

		return path ? try_file(link_map, "", 0, path, found) : -ENOMEM;
	}
	if (!object->summary->runpath) {
		for (size_t at = index; at != SIZE_MAX && fd == -1;
		     at = link_map->objects[at].loader) {
			const struct loaded *loader = &link_map->objects[at];

			if (!loader->summary->runpath)
				fd = try_paths(link_map, loader, loader->summary->rpath, name,
					       found);
		}
		/* The program's own counts for all. */
		if (fd == -1 && !link_map->objects[0].summary->runpath)
			fd = try_paths(link_map, &link_map->objects[0],
				       link_map->objects[0].summary->rpath, name, found);
	}
	if (fd == -1)
		fd = try_paths(link_map, object, object->summary->runpath, name, found);
	for (size_t n = 0; fd == -1 && !link_map->is_musl; n++) {
		const char *path = library_cache_find(link_map->library_cache,
						      link_map->library_cache_size, name, n);

		if (!path)
			break;
		fd = try_file(link_map, "", 0, path, found);
	}
	return fd == -1 ? try_defaults(link_map, name, found) : fd;
}

/* ---- the closure ---- */

/* An object that goes by this name is there already. */
static size_t find_name(const struct link_map *link_map, const char *name)
{
	for (size_t i = 0; i < link_map->count; i++) {
		const struct summary *summary = link_map->objects[i].summary;

		if ((summary->soname &&
		     strcmp(summary_text(summary, summary->soname), name) == 0) ||
		    (i > 0 && strcmp(link_map->objects[i].name, name) == 0))
			return i;
	}
	return SIZE_MAX;
}

static int load_interpreter(struct link_map *link_map, struct error *err)
{
	_cleanup_close_ int fd = -1;
	size_t index = 0;
	int r;

	if (!link_map->interpreter)
		return 0;
	fd = open_in_root(link_map, link_map->interpreter);
	if (fd < 0)
		return error_set_errno(err, -errno, "%s: the program's loader, %s",
				       link_map->objects[0].path, link_map->interpreter);
	r = add_file(link_map, fd, link_map->interpreter, SIZE_MAX, &index, err);
	if (r < 0)
		return r;
	link_map->objects[index].is_interpreter = true;
	return 0;
}

static int load_needed(struct link_map *link_map, size_t index, const char *name, size_t *found,
		       struct error *err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;

	*found = find_name(link_map, name);
	if (*found != SIZE_MAX)
		return 0;
	/* musl's loader is its libc, under all the names that the parts of a libc go by. */
	if (link_map->is_musl &&
	    (strncmp(name, "libc.", 5) == 0 || strncmp(name, "libm.", 5) == 0 ||
	     strncmp(name, "libpthread.", 11) == 0 || strncmp(name, "libdl.", 6) == 0 ||
	     strncmp(name, "librt.", 6) == 0)) {
		for (*found = 0; *found < link_map->count; ++*found)
			if (link_map->objects[*found].is_interpreter)
				return 0;
		if (load_interpreter(link_map, err) < 0)
			return err ? err->code : -ENOENT;
		*found = link_map->count - 1;
		return 0;
	}
	fd = search(link_map, index, name, &path);
	if (fd == -ENOMEM)
		return error_oom(err);
	if (fd < 0)
		return error_set(err, -ENOENT,
				 "%s: needs %s, which is in neither its search path nor the "
				 "loader's",
				 link_map->objects[index].path, name);
	return add_file(link_map, fd, path, index, found, err);
}

static int load_all_needed(struct link_map *link_map, size_t first, struct error *err)
{
	for (size_t i = first; i < link_map->count; i++) {
		for (uint32_t k = 0; k < link_map->objects[i].summary->needed_count; k++) {
			const struct summary *summary = link_map->objects[i].summary;
			size_t found;

			if (load_needed(link_map, i, summary_text(summary, summary->needed[k]),
					&found, err) < 0)
				return err ? err->code : -ENOENT;
			link_map->objects[i].needed[k] = (uint32_t)found;
		}
	}
	return 0;
}

static int read_interpreter_path(struct link_map *link_map, struct error *err)
{
	const struct image *image;

	if (!link_map->objects[0].summary->has_interpreter)
		return 0;
	if (link_map_image(link_map, 0, &image, err) < 0)
		return err ? err->code : -EIO;
	if (image_interpreter(image, &link_map->interpreter) < 0)
		return error_oom(err);
	link_map->is_musl = link_map->interpreter && strstr(link_map->interpreter, "ld-musl");
	return 0;
}

/* Without a cache the default directories remain. */
static int read_library_cache(struct link_map *link_map, struct error *err)
{
	_cleanup_close_ int fd = open_in_root(link_map, "/etc/ld.so.cache");
	struct stat status;
	ssize_t got;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size <= 0 ||
	    status.st_size > LIBRARY_CACHE_LIMIT)
		return 0;
	link_map->library_cache = malloc((size_t)status.st_size);
	if (!link_map->library_cache)
		return error_oom(err);
	got = pread(fd, link_map->library_cache, (size_t)status.st_size, 0);
	link_map->library_cache_size = got > 0 ? (size_t)got : 0;
	return 0;
}

static int load_named(struct link_map *link_map, const char *path, bool is_opened,
		      struct error *err)
{
	_cleanup_close_ int fd = open_in_root(link_map, path);
	size_t index = 0, before = link_map->count;
	int r;

	if (fd < 0 && (errno == ENXIO || errno == EISDIR))
		return error_set(err, -ENOEXEC, "%s: not a file that contains a program", path);
	if (fd < 0)
		return error_set_errno(err, -errno, "%s", path);
	r = add_file(link_map, fd, path, SIZE_MAX, &index, err);
	if (r < 0)
		return r;
	link_map->objects[index].is_named = true;
	/* One that the program is linked with is no other for being named. */
	if (index >= before)
		link_map->objects[index].is_opened = is_opened;
	return 0;
}

static int note_skipped(struct link_map *link_map, const char *sentence)
{
	char **added = array_grow_one(&link_map->skipped, link_map->skipped_count);

	if (!added)
		return -ENOMEM;
	*added = strdup(sentence);
	if (!*added)
		return -ENOMEM;
	link_map->skipped_count++;
	return 0;
}

/* All of the object and of what it needs, or nothing. */
static int try_opened(struct link_map *link_map, const char *path, struct error *why)
{
	size_t before = link_map->count;
	int r = load_named(link_map, path, true, why);

	if (r == 0)
		r = load_all_needed(link_map, before, why);
	for (size_t i = before; r == 0 && i < link_map->count; i++)
		link_map->objects[i].is_opened = true;
	if (r < 0)
		forget_from(link_map, before);
	return r;
}

/* One after the other, each with what it needs: one more at the end changes nothing for the others. */
static int load_opened(struct link_map *link_map, const char *path, struct error *err)
{
	struct error why = { 0 };
	int r = try_opened(link_map, path, &why);

	if (r == 0)
		return 0;
	if (r == -ENOMEM || !link_map->skips_unreadable)
		return error_set(err, r, "%s", why.message);
	return note_skipped(link_map, why.message) < 0 ? error_oom(err) : 0;
}

static int load_service(struct link_map *link_map, const char *path, struct error *err)
{
	size_t before = link_map->count;
	struct error why = { 0 };
	int r = try_opened(link_map, path, &why);

	if (r == -ENOMEM)
		return error_oom(err);
	/* Not all that it exports is called. */
	if (r == 0 && before < link_map->count)
		link_map->objects[before].is_named = false;
	return 0;
}

/* ---- the name service ---- */

static void read_switch(const struct link_map *link_map, struct name_services *services)
{
	_cleanup_close_ int fd = open_in_root(link_map, "/etc/nsswitch.conf");
	_cleanup_free_ char *text = fd < 0 ? NULL : malloc(SWITCH_LIMIT);
	ssize_t got = text ? read(fd, text, SWITCH_LIMIT) : 0;

	services->count = 0;
	if (got > 0)
		name_services_parse(text, (size_t)got, services);
}

static size_t find_module(const struct link_map *link_map, const char *name)
{
	for (size_t i = 1; i < link_map->count; i++)
		if (strcmp(link_map->objects[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

/* Those that are installed; one that can't be read serves nothing. */
int link_map_load_name_services(struct link_map *link_map, struct error *err)
{
	struct name_services services;

	read_switch(link_map, &services);
	for (size_t i = 0; i < services.count; i++) {
		char name[NAME_SERVICE_NAME + 16];
		_cleanup_free_ char *path = NULL;
		_cleanup_close_ int fd = -1;
		size_t index;

		snprintf(name, sizeof(name), "libnss_%s.so.2", services.items[i].name);
		index = find_module(link_map, name);
		if (index == SIZE_MAX) {
			fd = search(link_map, 0, name, &path);
			if (fd == -ENOMEM)
				return error_oom(err);
			if (fd < 0)
				continue;
			if (load_service(link_map, path, err) < 0)
				return err ? err->code : -ENOMEM;
			index = find_module(link_map, name);
		}
		if (index != SIZE_MAX)
			link_map->objects[index].databases |= services.items[i].databases;
	}
	/* One that was loaded, and that the file does not name any more. */
	for (size_t i = 1; i < link_map->count; i++)
		if (link_map->objects[i].is_opened && !link_map->objects[i].databases &&
		    strncmp(link_map->objects[i].name, "libnss_", 7) == 0)
			link_map->objects[i].databases = UINT32_MAX;
	return 0;
}

int link_map_load(struct link_map *link_map, const char *program, const char *const *objects,
		  const char *sysroot, const char *cache, struct error *err)
{
	int r;

	link_map->cache = cache;
	link_map->has_root = sysroot && strcmp(sysroot, "/") != 0;
	link_map->root = open(sysroot ? sysroot : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (link_map->root < 0)
		return error_set_errno(err, -errno, "%s", sysroot);
	r = read_library_cache(link_map, err);
	if (r == 0)
		r = load_named(link_map, program, false, err);
	if (r == 0)
		r = read_interpreter_path(link_map, err);
	if (r == 0)
		r = load_all_needed(link_map, 0, err);
	if (r == 0)
		r = load_interpreter(link_map, err);
	for (; r == 0 && objects && *objects; objects++)
		r = load_opened(link_map, *objects, err);
	return r;
}
