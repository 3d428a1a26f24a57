/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Journal entries with fields for programs. Each kind has a MESSAGE_ID. packaging/whittle.catalog explains
 * it and the action to take; journalctl -x prints that text. docs/guard.md lists the fields.
 */
#ifndef WHITTLE_GUARD_JOURNAL_ENTRIES_H
#define WHITTLE_GUARD_JOURNAL_ENTRIES_H

#include "denial/aggregate.h"
#include "store/store.h"

#define MESSAGE_ID_DENIAL	   "5b6d2e1f8c3a4f0e9d7141c2a6b0f3e8"
#define MESSAGE_ID_OMITTED	   "0c4e8f2b7a194d6c8e35f1a0d92b64c7"
#define MESSAGE_ID_LOST		   "4a9d3c7e1b5f42869c0ad8e37f61b524"
#define MESSAGE_ID_RELAXED	   "e1a7c93d5f284b60a8d6027e4b91c3f5"
#define MESSAGE_ID_REVERTED	   "93f0b5c8d1e7426a8b4c6e2f70a9d153"
#define MESSAGE_ID_REACTION_FAILED "7d2c6b9e04f8451fa3e9d8b05c17f624"
#define MESSAGE_ID_DRIFT	   "b48e0d7f6a3c4e5290c1f3d8e7a52b96"

/* Writes COUNT more denials of a group, of a guarded unit with that reaction. */
void journal_entries_denial(const struct denial_group *group, uint64_t count,
			    enum reaction reaction);

/* Writes the number of denials that were not written one by one. */
void journal_entries_omitted(uint64_t count);

/* Writes how many denials of UNIT were counted by call and action alone, and how many were not counted. */
void journal_entries_lost(const char *unit, uint64_t folded, uint64_t lost);

/* Writes the result of a reaction. SENTENCE is the message; CALLS ("brk socket") may be NULL. */
void journal_entries_reaction(const char *message_id, int priority, const char *unit,
			      const char *calls, const char *sentence);

/* Writes the changed files of UNIT and the calls that its policy denies, each separated by spaces. */
void journal_entries_drift(const char *unit, const char *objects, const char *calls,
			   const char *sentence);

#endif
