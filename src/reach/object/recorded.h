/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of a recording that can be analysed: the executed programs, with the objects that were
 * mapped. */
#ifndef WHITTLE_REACH_OBJECT_RECORDED_H
#define WHITTLE_REACH_OBJECT_RECORDED_H

#include "common/error.h"
#include "recording/recording.h"

/* One executable, and the other objects that the runs in which it ran had mapped: for
 * reach_options. */
struct recorded_program {
	char *path;
	char **objects; /* NULL-terminated */
};

/* The executables of a recording, sorted by path, without the service manager's part. */
int recorded_programs(const struct recording *recording, struct recorded_program **programs,
		      size_t *count, struct error *err);
void recorded_programs_free(struct recorded_program *programs, size_t count);

/* The build-id of an object in the recording; NULL: none, or no such object. */
const char *recorded_build_id(const struct recording *recording, const char *path);
/* Whether some run had the object with this build-id. */
bool recorded_has_build_id(const struct recording *recording, const char *path,
			   const char *build_id);

#endif
