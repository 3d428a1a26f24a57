/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The drop-in that whittle puts beside a unit, and the record of what was there before it.
 *
 * The record is written first, so that whatever interrupts (SIGKILL, a power loss) the way back is
 * known; each file changes by an atomic rename, so that the manager reads the old one or the new
 * one, never a half. The record keeps the state from before whittle's *first* apply, which is what
 * a revert goes back to, however many applies came in between.
 */
#ifndef WHITTLE_UNIT_DROP_IN_H
#define WHITTLE_UNIT_DROP_IN_H

#include "common/error.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>

/* After most of a package's own drop-ins, before an administrator's "override.conf", which so keeps
 * the last word. */
#define DROP_IN_NAME "50-whittle.conf"

struct drop_in;

/* Takes the unit for this whittle alone until the descriptor is closed: returns it, or -EBUSY where
 * another is at work on it. */
int drop_in_lock(const char *root, const char *unit, struct error *err);

/*
 * The drop-in of UNIT (its canonical name) below ROOT ("" but in tests): in /etc, or in /run with
 * IS_RUNTIME, where it lasts until the next boot. To be called under the lock. Nothing is changed
 * yet.
 */
int drop_in_open(const char *root, const char *unit, bool is_runtime, struct drop_in **drop_in,
		 struct error *err);
void drop_in_closep(struct drop_in **drop_in);

const char *drop_in_path(const struct drop_in *drop_in);

/* The file's text as it was when it was opened; NULL where there was none. */
const char *drop_in_text(const struct drop_in *drop_in);

/* Whether there is a record: whittle applied something, and it was not reverted. */
bool drop_in_is_applied(const struct drop_in *drop_in);

/* Whether the file is another than whittle wrote and than was there before: somebody edited it. */
bool drop_in_is_edited(const struct drop_in *drop_in);

/* The policy that was applied last. -ENOENT where none was. */
int drop_in_policy(const struct drop_in *drop_in, struct policy **policy, struct error *err);

/* The directory of whittle's record of the unit. */
const char *drop_in_record_path(const struct drop_in *drop_in);

/* A policy that the text to be installed names, to be put into the record under NAME (two_phase.h)
 * before it. Both must outlive the installing. */
void drop_in_set_serving(struct drop_in *drop_in, const char *name, const char *text, size_t size);

/* Records what is there and puts TEXT in its place. */
int drop_in_install(struct drop_in *drop_in, const char *text, size_t size, struct error *err);

/* Back to what was there when it was opened. */
int drop_in_roll_back(struct drop_in *drop_in, struct error *err);

/* The installed text has proved itself: keeps the policy for later checks. */
int drop_in_commit(struct drop_in *drop_in, const struct policy *policy, struct error *err);

/* Back to what was there before the first apply. -ENOENT without a record, which stays: until it is forgotten
 * the same can be done again. */
int drop_in_restore(struct drop_in *drop_in, struct error *err);

/* The record is gone. */
int drop_in_forget(struct drop_in *drop_in, struct error *err);

#endif
