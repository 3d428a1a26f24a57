/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers: from the names and ids that people know them by to control groups, and what their
 * run-time tells a hook. No daemon is asked: the engines write down what is needed in files.
 */
#ifndef WHITTLE_CONTAINER_CONTAINER_H
#define WHITTLE_CONTAINER_CONTAINER_H

#include "common/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct container {
	char *id; /* of a pod: of one of its containers */
	char *engine; /* "podman", "Docker", "containerd", "CRI-O"; "" not told */
	char *cgroup; /* the directory */
};
void container_clear(struct container *container);

/* Where to look; NULL: on this machine. */
struct container_places {
	const char *root; /* that the engines' files lie below; "" the root */
	const char *cgroups; /* the mount of the unified hierarchy */
};

/*
 * WANTED is an id, the beginning of one that no other has, a name, or in Kubernetes a pod's name, POD/NAME
 * or NAMESPACE/POD/NAME; a pod's name gives the control group of the pod. -ENOENT where there is no
 * such container, -ESRCH where it does not run, -ENOTUNIQ, with all of them, where it is several.
 */
int container_find(const struct container_places *places, const char *wanted,
		   struct container *container, struct error *err);

/* ---- hooks (OCI run-time specification, "POSIX-platform Hooks") ---- */

/* The annotation that asks for a recording, and names its file. */
#define CONTAINER_ANNOTATION "io.whittle.record"

/* What a run-time tells a hook on its standard input. */
struct container_state {
	char *id;
	pid_t pid; /* of the process that will execute the container's program */
	char *file; /* the annotation's value; NULL: no recording is asked for */
};
void container_state_clear(struct container_state *state);
int container_state_parse(const char *text, size_t size, struct container_state *state,
			  struct error *err);

/*
 * The container's creator, who may be anybody, chose NAME: it must be a plain file name, and DIRECTORY one
 * that nobody but us can write to. A new, empty file is made there, never a link followed or a file
 * opened that is there: where it is taken, NAME.rec becomes NAME.2.rec and so on. *PATH is the
 * caller's.
 */
int container_reserve_file(const char *directory, const char *name, char **path, struct error *err);

/* The control group (a directory) of a process that is in one of its own; NULL where it shares ours or
 * there is no unified hierarchy. */
int container_cgroup_of(pid_t pid, char **cgroup, struct error *err);

/* Writes the hook's configuration (oci-hooks(5)): PROGRAM is whittle, ARGUMENTS are those behind its
 * name, NULL-terminated. */
void container_hook_write(FILE *out, const char *program, const char *const *arguments);

#endif
