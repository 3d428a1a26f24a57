/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of YAML that Kubernetes' resources are written in, by kubectl and by hand: block mappings
 * and sequences, plain and quoted scalars on one line, [flow, sequences] of them, comments. All
 * scalars are strings. Anything else (anchors, tags, block scalars, flow mappings, tabs, several documents)
 * is refused with its line: a profile that is read otherwise than it was meant is worse than none,
 * and a library for all of YAML is more code than all importers.
 */
#ifndef WHITTLE_IMPORT_PROFILE_YAML_H
#define WHITTLE_IMPORT_PROFILE_YAML_H

#include "common/error.h"
#include "common/json.h"

/* PATH is what errors call it. The tree is the caller's: json_decref. */
int yaml_read(const char *path, const char *data, size_t size, json_t **root, struct error *err);

#endif
