/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Other tools' traces and lists become recordings. A source tells less than whittle's own observers
 * do: what it doesn't tell stands in the recording as unknown (count 0, any arguments, phase
 * unknown), never as a guess; docs/importing.md has the table.
 */
#ifndef WHITTLE_IMPORT_IMPORT_H
#define WHITTLE_IMPORT_IMPORT_H

#include "import/common/settings.h"
#include "policy/policy.h"
#include "recording/recording.h"

/* Reads each of PATHS ("-": standard input) into a run of RECORDING; the files of one `strace -ff`
 * are one run. */
int import_files(char *const *paths, size_t count, const struct import_settings *settings,
		 struct recording *recording, struct error *err);

/* From memory, as import_files does of one file that PATH names: for tests. */
int import_memory(const char *path, const char *data, size_t size,
		  const struct import_settings *settings, struct recording *recording,
		  struct error *err);

/* The names for `from`, separated by spaces, in the order in which they are tried. */
#define IMPORT_SOURCES                                                                                   \
	"strace audit oci seccomp-profile firecracker lxc nspawn systemd perf-trace perf-script sysdig " \
	"bpftrace kafel firejail minijail list"

/* A list that confines programs as what it is: a policy, with its conditions and actions. What can't be read
 * exactly is an error. Of settings `from`, `abi` and `systemd` count. */
int import_policy(const char *path, const struct import_settings *settings, struct policy **policy,
		  struct error *err);
int import_policy_memory(const char *path, const char *data, size_t size,
			 const struct import_settings *settings, struct policy **policy,
			 struct error *err);

/* The names for `from` of such lists. */
#define IMPORT_POLICIES "oci seccomp-profile firecracker lxc kafel firejail nspawn minijail"

#endif
