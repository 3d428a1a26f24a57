/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the subset of YAML that Kubernetes resources use: block mappings and sequences, plain and quoted
 * scalars on one line, [flow, sequences] of them, and comments. All scalars are strings. Anything else
 * (anchors, tags, block scalars, flow mappings, tabs, several documents) is an error with its line: a
 * misread profile is worse than none, and a library for all of YAML would be larger than all importers.
 */
#ifndef WHITTLE_IMPORT_PROFILE_YAML_H
#define WHITTLE_IMPORT_PROFILE_YAML_H

#include "common/error.h"
#include "common/json.h"

/* PATH is the file's name in errors. The caller frees the tree: json_decref. */
int yaml_read(const char *path, const char *data, size_t size, json_t **root, struct error *err);

#endif
