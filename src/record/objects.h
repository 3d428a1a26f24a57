/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files that recorded processes have mapped executable: paths, build-ids, symbols. Files are
 * identified by device and inode, and by build-id if a stack names one.
 */
#ifndef WHITTLE_RECORD_OBJECTS_H
#define WHITTLE_RECORD_OBJECTS_H

#include "common/error.h"
#include "recording/recording.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct objects;

struct objects *objects_new(void);
void objects_freep(struct objects **objects);

/* Notes all files that a living process has mapped executable; none if it has ended. -ENOMEM. */
int objects_note_process(struct objects *objects, pid_t pid, struct error *err);

/* Notes a file by its path in the mount namespace of PID (0: ours), and its loader; nothing if it
 * does not exist. */
int objects_note_path(struct objects *objects, const char *path, pid_t pid, struct error *err);

/* The index of the object with this build-id (raw bytes), or -1. */
int objects_find_build_id(const struct objects *objects, const uint8_t *build_id, size_t size);

/* The object and offset that an address of a living process belongs to; -1 none or not known. */
int objects_find_address(struct objects *objects, pid_t pid, uint64_t address, uint64_t *offset);

/* Whether the object's file has such an offset at all. */
bool objects_has_offset(const struct objects *objects, int object, uint64_t offset);

/* Whether objects_symbol() looks for names; true at first. It does for OBJECTS_SYMBOLS_NS at most: the
 * files may be hostile. */
#define OBJECTS_SYMBOLS_NS UINT64_C(10000000000)
void objects_use_symbols(struct objects *objects, bool are_used);

/* The function there; valid while OBJECTS exists, NULL none. */
const char *objects_symbol(struct objects *objects, int object, uint64_t offset,
			   uint64_t *distance);

/* An open file of an object whose path ends in "/NAME" or "/NAME..."; -1 none. Not owned by the
 * caller. */
int objects_find_file(const struct objects *objects, const char *name);

/* Adds all to a run without objects: the indexes are those above. */
int objects_add(const struct objects *objects, struct run *run, struct error *err);

#endif
