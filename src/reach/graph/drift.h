/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes since a recording: mapped objects that were replaced, and unobserved system calls that
 * the new ones can make. Ask before a restart, while the old files may still run.
 */
#ifndef WHITTLE_REACH_GRAPH_DRIFT_H
#define WHITTLE_REACH_GRAPH_DRIFT_H

#include "reach/graph/reach.h"
#include "recording/recording.h"

struct drift_object {
	char *path;
	char *was; /* build-id */
	char *is; /* NULL: the file is gone, or has no build-id */
};

struct drift {
	struct drift_object *objects; /* sorted by path, each once */
	size_t objects_count;
	/* Calls that the recording lacks and that are reachable through changed objects; NULL if
	 * nothing has changed. */
	struct reach_result *calls;
	char **unread; /* programs that could not be analysed: sentences */
	size_t unread_count;
};

/* The objects alone, by their build-ids: quick. */
int drift_objects(const struct recording *recording, struct drift *drift, struct error *err);
/* The calls too: drift_objects() first. CACHE as in reach_options. */
int drift_calls(const struct recording *recording, const char *cache, struct drift *drift,
		struct error *err);
void drift_clean(struct drift *drift);

/* Reduces RESULT to calls that the recording lacks and whose path leads through one of these
 * objects. */
int reach_keep_new(struct reach_result *result, const struct recording *recording,
		   char *const *names, size_t count, struct error *err);

#endif
