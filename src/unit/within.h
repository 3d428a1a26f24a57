/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a unit has without whittle's drop-in: the settings of its unit file and of its other drop-ins. A
 * policy is enforced within them.
 */
#ifndef WHITTLE_UNIT_WITHIN_H
#define WHITTLE_UNIT_WITHIN_H

#include "common/error.h"
#include "policy/policy.h"
#include "systemd/manager.h"
#include "systemd/settings.h"
#include "systemd/unit.h"

#include <stdbool.h>

struct emit_options;

struct within {
	struct unit_settings settings; /* of all files but whittle's drop-in */
	struct unit_settings before; /* of those that are read before it */
	char **later; /* the drop-ins that are read after it, in their order; NULL none */
	bool is_widened; /* the last apply was told to allow what SETTINGS deny */
};

/*
 * Reads the files of UNIT, and compares them with what the manager reports. -EUCLEAN: they differ, so that
 * nobody can say what the unit's own settings are.
 */
int within_load(struct manager *manager, const struct unit *unit, struct within *within,
		struct error *err);
void within_clean(struct within *within);

/*
 * Completes OPTIONS for emit_meaning(), whose `within` is set: reads the drop-ins that come after TEXT, the
 * drop-in of POLICY. ENFORCED is the room for its `enforced`; the caller cleans it. -EUCLEAN: one of
 * them leaves more than the policy and the unit's settings allow; the error names it.
 */
int within_enforce(const struct within *within, const struct policy *policy, const char *text,
		   size_t size, struct emit_options *options, struct unit_settings *enforced,
		   struct error *err);

/* The text that the record keeps, which the caller frees. NULL: out of memory. */
char *within_text(const struct within *within, size_t *size);

/* What has changed in the own settings of UNIT since the policy was applied: a sentence, which the caller frees,
 * or NULL: nothing, or nothing is recorded. */
int within_drift(const char *unit, char **sentence, struct error *err);

#endif
