/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whittle's drop-in for a unit, and the record of the former state.
 *
 * The record is written first, so that a revert is possible after any interruption (SIGKILL, a power
 * loss). Each file changes by an atomic rename, so that systemd reads the old file or the new one, never a
 * part. The record keeps the state from before whittle's *first* apply. A revert restores that state,
 * however many applies came in between.
 */
#ifndef WHITTLE_UNIT_DROP_IN_H
#define WHITTLE_UNIT_DROP_IN_H

#include "common/error.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>

/* Read after most of a package's drop-ins and before an administrator's "override.conf", which
 * therefore takes precedence. */
#define DROP_IN_NAME "50-whittle.conf"

struct drop_in;

/* Locks the unit until the returned descriptor is closed. -EBUSY: another whittle process has the
 * lock. */
int drop_in_lock(const char *root, const char *unit, struct error *err);

/*
 * Opens the drop-in of UNIT (its canonical name) below ROOT ("" except in tests): in /etc, or with
 * IS_RUNTIME in /run, until the next boot. The caller must have the lock. Changes nothing.
 */
int drop_in_open(const char *root, const char *unit, bool is_runtime, struct drop_in **drop_in,
		 struct error *err);
void drop_in_closep(struct drop_in **drop_in);

const char *drop_in_path(const struct drop_in *drop_in);

/* The file's text at the time of the opening; NULL if there was none. */
const char *drop_in_text(const struct drop_in *drop_in);

/* Whether there is a record: whittle applied a policy and did not revert it. */
bool drop_in_is_applied(const struct drop_in *drop_in);

/* Whether the file was edited: it is neither whittle's nor the one that whittle replaced. */
bool drop_in_is_edited(const struct drop_in *drop_in);

/* The file's text from before the first apply; NULL if there was none. */
const char *drop_in_text_before(const struct drop_in *drop_in);

/* The text that drop_in_set_within() gave to the last commit; NULL: none. */
const char *drop_in_within(const struct drop_in *drop_in);

/* Sets a text that the commit keeps in the record: the unit's own settings (within.h). TEXT must outlive the
 * commit. */
void drop_in_set_within(struct drop_in *drop_in, const char *text, size_t size);

/* The policy that was applied last. -ENOENT: none was. */
int drop_in_policy(const struct drop_in *drop_in, struct policy **policy, struct error *err);

/* The directory of whittle's record of the unit. */
const char *drop_in_record_path(const struct drop_in *drop_in);

/* Sets the policy that the next installed text names. It is written to the record under NAME
 * (two_phase.h) before the text. NAME and TEXT must outlive the installation. */
void drop_in_set_serving(struct drop_in *drop_in, const char *name, const char *text, size_t size);

/* Records the present file and replaces it by TEXT. */
int drop_in_install(struct drop_in *drop_in, const char *text, size_t size, struct error *err);

/* Restores the file from the time of the opening. */
int drop_in_roll_back(struct drop_in *drop_in, struct error *err);

/* Commits the installed text: keeps the policy for later verifications. */
int drop_in_commit(struct drop_in *drop_in, const struct policy *policy, struct error *err);

/* Restores the file from before the first apply. -ENOENT: there is no record. The record stays until
 * drop_in_forget(), so that this can be repeated. */
int drop_in_restore(struct drop_in *drop_in, struct error *err);

/* Removes the record. */
int drop_in_forget(struct drop_in *drop_in, struct error *err);

#endif
