/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers: finds the control group for a name or id, and parses the state that a run-time passes to a
 * hook. No daemon is contacted: the engines keep the needed facts in files.
 */
#ifndef WHITTLE_CONTAINER_CONTAINER_H
#define WHITTLE_CONTAINER_CONTAINER_H

#include "common/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct container {
	char *id; /* of a pod: of one of its containers */
	char *engine; /* "podman", "Docker", "containerd", "CRI-O"; "" unknown */
	char *cgroup; /* the directory */
};
void container_clear(struct container *container);

/* Where to look; NULL: on this machine. */
struct container_places {
	const char *root; /* root of the engines' files; "" is / */
	const char *cgroups; /* the mount of the unified hierarchy */
};

/*
 * WANTED is an id, a unique prefix of one, a name, or in Kubernetes a pod's name, POD/NAME or
 * NAMESPACE/POD/NAME. A pod's name gives the control group of the pod. -ENOENT: there is no such
 * container; -ESRCH: it is not running; -ENOTUNIQ: several match, and the error lists them.
 */
int container_find(const struct container_places *places, const char *wanted,
		   struct container *container, struct error *err);

/* ---- hooks (OCI run-time specification, "POSIX-platform Hooks") ---- */

/* The annotation that requests a recording and names its file. */
#define CONTAINER_ANNOTATION "io.whittle.record"

/* The state that a run-time writes to a hook's standard input. */
struct container_state {
	char *id;
	pid_t pid; /* of the process that will execute the container's program */
	char *file; /* the annotation's value; NULL: no recording is requested */
};
void container_state_clear(struct container_state *state);
int container_state_parse(const char *text, size_t size, struct container_state *state,
			  struct error *err);

/*
 * Creates a new, empty file NAME.rec in DIRECTORY, or NAME.2.rec and so on if the name is taken. The
 * container's creator, who is untrusted, chose NAME. So NAME must be a plain file name, nobody else may
 * be able to write to DIRECTORY, and no link is followed and no existing file opened. The caller frees
 * *PATH.
 */
int container_reserve_file(const char *directory, const char *name, char **path, struct error *err);

/* The control group (a directory) of a process. NULL if it shares ours, or if there is no unified
 * hierarchy. */
int container_cgroup_of(pid_t pid, char **cgroup, struct error *err);

/* Writes the hook's configuration (oci-hooks(5)). PROGRAM is whittle; ARGUMENTS are its arguments,
 * NULL-terminated. */
void container_hook_write(FILE *out, const char *program, const char *const *arguments);

#endif
