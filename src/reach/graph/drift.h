/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What has changed under a recording's feet: objects that were mapped then and are others now, and the
 * system calls that the new ones lead to and nobody has seen. It is asked before a restart, while the old
 * files may still run.
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
	/* Calls that the recording has not seen, and to which a way leads through what has changed; NULL where
	 * nothing has. */
	struct reach_result *calls;
	char **unread; /* programs that could not be followed: sentences */
	size_t unread_count;
};

/* The objects alone, by their build-ids: quick. */
int drift_objects(const struct recording *recording, struct drift *drift, struct error *err);
/* The calls too: drift_objects() first. CACHE as in reach_options. */
int drift_calls(const struct recording *recording, const char *cache, struct drift *drift,
		struct error *err);
void drift_clean(struct drift *drift);

/* Keeps of RESULT what the recording has not seen and leads through one of these objects. */
int reach_keep_new(struct reach_result *result, const struct recording *recording,
		   char *const *names, size_t count, struct error *err);

#endif
