/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The objects of a process, found as the dynamic loader finds them: DT_NEEDED breadth first, each
 * by RPATH, RUNPATH, the loader's cache and the default directories, with the subdirectories for
 * newer processors.
 */
#ifndef WHITTLE_REACH_OBJECT_LINK_MAP_H
#define WHITTLE_REACH_OBJECT_LINK_MAP_H

#include "reach/code/summary.h"

#include <sys/types.h>

struct loaded {
	char *path; /* below the sysroot */
	const char *name; /* its last part */
	struct summary *summary;
	struct image *image; /* read again when code has to be inspected; NULL until then */
	char build_id[BUILD_ID_TEXT]; /* "" none */
	dev_t device;
	ino_t inode;
	size_t loader; /* who needed it first; SIZE_MAX nobody */
	uint32_t *needed; /* indices of the objects it needs, summary->needed_count of them */
	bool is_interpreter;
	bool is_opened;
	bool is_named;
	uint32_t databases; /* of a module of the name service: those that it serves, a bit each */
};

struct link_map {
	struct loaded *objects;
	size_t count;
	int root; /* O_PATH descriptor of the sysroot */
	bool has_root; /* the sysroot is not / */
	const char *cache; /* directory of summaries, or NULL */
	char *interpreter; /* path, NULL none */
	char *library_cache; /* the loader's cache, whole; NULL none */
	size_t library_cache_size;
	bool is_musl;
	bool skips_unreadable; /* set before link_map_load */
	char **skipped; /* sentences on objects that were named and left out */
	size_t skipped_count;
};

/* The program, the objects it needs, its interpreter, then OBJECTS (NULL-terminated, or NULL) and
 * the objects they need; one that can't be read is an error, unless skips_unreadable is set. */
int link_map_load(struct link_map *link_map, const char *program, const char *const *objects,
		  const char *sysroot, const char *cache, struct error *err);
/* The modules that nsswitch.conf names, with what they need. */
int link_map_load_name_services(struct link_map *link_map, struct error *err);
void link_map_free(struct link_map *link_map);

/* The code of an object, which its summary no longer contains. */
int link_map_image(struct link_map *link_map, size_t object, const struct image **image,
		   struct error *err);

#endif
