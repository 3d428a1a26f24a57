/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings of a unit that restrict its system calls, read from its files as systemd reads them
 * (src/core/load-fragment.c). Files are parsed one after the other, the unit file first, then its
 * drop-ins in their order: later lines extend or reset earlier ones.
 */
#ifndef WHITTLE_SYSTEMD_SETTINGS_H
#define WHITTLE_SYSTEMD_SETTINGS_H

#include "common/error.h"
#include "systemd/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The first line of a setting decides whether it lists what is allowed or what is denied. */
enum settings_list { SETTINGS_NONE, SETTINGS_ALLOW, SETTINGS_DENY };

/* In place of an errno: the setting's own action, which is to allow the call in an allowlist, and
 * SystemCallErrorNumber= in a deny list. */
#define SETTINGS_OWN (-1)

struct settings_call {
	char *name;
	int error; /* SETTINGS_OWN, an errno, or UNIT_FILTER_KILL */
};

enum settings_flag {
	SETTINGS_MEMORY_DENY_WRITE_EXECUTE,
	SETTINGS_LOCK_PERSONALITY,
	SETTINGS_RESTRICT_REALTIME,
	SETTINGS_RESTRICT_SUID_SGID,
	SETTINGS_FLAGS,
};

struct unit_settings {
	unsigned version; /* of systemd: its groups */
	bool has_section; /* a file had a [Service] section */

	enum settings_list filter; /* SystemCallFilter= */
	struct settings_call *calls; /* sorted by name; groups expanded, @default included */
	size_t calls_count;
	bool lacks_errors; /* the manager does not report an allowlist's entries with an errno */
	int error_number; /* SystemCallErrorNumber=: an errno or UNIT_FILTER_KILL */

	bool has_architectures; /* SystemCallArchitectures= */
	bool has_native; /* "native" is among them */
	unsigned architectures; /* bits 1 << enum abi; others have no bit */

	enum settings_list families; /* RestrictAddressFamilies= */
	uint64_t families_listed; /* bits 1 << AF_* */
	bool families_is_none; /* the last line was "none": the next one decides anew */

	bool has_namespaces; /* RestrictNamespaces= */
	uint64_t namespaces; /* CLONE_NEW*: the kinds that stay allowed */

	bool flags[SETTINGS_FLAGS];
};

/* Without any setting, for a version of systemd. */
struct unit_settings settings_new(unsigned version);
void settings_clean(struct unit_settings *settings);

/* Copies FROM to TO, which has none yet. */
int settings_copy(const struct unit_settings *from, struct unit_settings *to, struct error *err);

/* Parses one more file. What systemd ignores with a warning is ignored. -EBADMSG: a line that systemd
 * refuses; the error names the file and the line. */
int settings_parse(struct unit_settings *settings, const char *path, const char *data, size_t size,
		   struct error *err);
int settings_read(struct unit_settings *settings, const char *path, struct error *err);

/* The settings that systemd reports for a loaded unit. */
int settings_of_unit(const struct unit *unit, unsigned version, struct unit_settings *settings,
		     struct error *err);

/* Whether SystemCallFilter= lists the call, with which error. */
bool settings_find(const struct unit_settings *settings, const char *name, int *error);

/* The setting that differs between the two ("SystemCallFilter"), and a name in it (NULL: none) into *NAME;
 * NULL: they are equal. Calls that systemd's libseccomp may not know are not compared. */
const char *settings_difference(const struct unit_settings *a, const struct unit_settings *b,
				const char **name);

/* Writes them as a unit file that settings_parse() reads back, one call, family and kind after the other. */
void settings_write(const struct unit_settings *settings, FILE *out);

/* The name in a unit file: "LockPersonality". */
const char *settings_flag_name(enum settings_flag flag);

#endif
