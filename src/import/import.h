/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Converts traces and profiles of other tools to recordings. A source has fewer facts than whittle's own
 * observers. Missing facts are marked as unknown in the recording (count 0, any arguments, unknown phase)
 * and never guessed. docs/importing.md has the table.
 */
#ifndef WHITTLE_IMPORT_IMPORT_H
#define WHITTLE_IMPORT_IMPORT_H

#include "import/common/settings.h"
#include "policy/policy.h"
#include "recording/recording.h"

/* Reads each of PATHS ("-": standard input) into a run of RECORDING. The files of one `strace -ff`
 * become one run. */
int import_files(char *const *paths, size_t count, const struct import_settings *settings,
		 struct recording *recording, struct error *err);

/* The same for one file in memory, for tests; PATH is its name. */
int import_memory(const char *path, const char *data, size_t size,
		  const struct import_settings *settings, struct recording *recording,
		  struct error *err);

/* The names for `from` and a line on each, in the order in which they are tried; NULL past the last. */
const char *import_source(size_t index);
const char *import_source_summary(size_t index);

/* Whether import_policy() reads the source; for tests, which go through all that are. */
bool import_source_is_policy(size_t index);

/* Reads a profile or filter file as a policy, with its conditions and actions. Anything that can't be read
 * exactly is an error. Uses the settings `from`, `abi` and `systemd`. */
int import_policy(const char *path, const struct import_settings *settings, struct policy **policy,
		  struct error *err);
int import_policy_memory(const char *path, const char *data, size_t size,
			 const struct import_settings *settings, struct policy **policy,
			 struct error *err);

#endif
