/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What whittle knows of the units under its care between two commands: where each stands on its
 * road, what it waits for, what it was denied. It is an SQLite database, so that a command which is
 * killed, or a machine that loses power, leaves the state from before a step or from after it; the
 * recordings and policies that it names are files beside it, each written whole.
 *
 * One process at a time writes, others wait for up to a few seconds (-EBUSY past that).
 */
#ifndef WHITTLE_STORE_STORE_H
#define WHITTLE_STORE_STORE_H

#include "common/error.h"
#include "denial/denial.h"
#include "syscall/abi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_DIRECTORY "/var/lib/whittle"

/* The road, in its order. A stage's name says what is being done, not what is done. */
enum stage {
	STAGE_RECORD, /* it runs as it always did, and is recorded */
	STAGE_DECIDE, /* the recording is whole: the policy is made of it */
	STAGE_TRIAL, /* nothing is refused; what would be is logged */
	STAGE_ENFORCE, /* the list is on, with a way back that needs nobody */
	STAGE_VERIFY, /* it has held; what the kernel enforces is compared once more */
	STAGE_GUARDED, /* the end of the road: enforced for good */
	STAGE_ROLLED_BACK, /* it did not hold: the unit is as it was before */
};
#define STAGE_COUNT (STAGE_ROLLED_BACK + 1)

/* What a denial does to an enforced unit. */
enum reaction {
	REACTION_REPORT, /* it is told */
	REACTION_RELAX, /* that call is allowed from now on, where its risk class permits */
	REACTION_REVERT, /* the whole list is taken off */
};
#define REACTION_COUNT (REACTION_REVERT + 1)

/* A unit under care. Strings are the structure's own; times are CLOCK_REALTIME microseconds, 0 none. */
struct managed_unit {
	char *unit; /* canonical name */
	enum stage stage;
	enum reaction reaction;
	bool is_two_phase;
	uint64_t since_us; /* in this stage */
	uint64_t deadline_us; /* of the enforced list's proof: past it comes the way back */
	char *recording; /* absolute paths; NULL none yet */
	char *policy;
	char *note; /* one sentence: what it waits for, or why it went back; NULL none */
	/* The discovery of calls over time, for the estimate of those still unseen: store_add_slice()
	 * writes these, store_put() leaves them. */
	uint64_t slices; /* slices of time that were watched */
	uint64_t kinds; /* calls seen in any of them */
	uint64_t once; /* of them in one slice only */
	uint64_t twice; /* in two */
	uint64_t new_us; /* when the latest call was first seen */
	char *new_name; /* its name; NULL none */
};

/* A call that a unit was denied, or would have been. */
struct store_denial {
	enum abi abi;
	int nr;
	uint32_t action; /* SECCOMP_RET_*, with its errno */
	char *comm; /* of the process */
	bool has_arguments;
	uint64_t arguments[6]; /* those that matter (syscall/arguments.h), the others 0 */
	char *stack; /* "brk <- sbrk <- malloc"; NULL unknown */
	uint64_t count;
	uint64_t first_us, last_us;
};

/* An object that the unit had mapped when it was recorded, for the look at what has changed. */
struct store_object {
	char *path;
	char *build_id; /* hexadecimal; NULL: it has none */
};

struct store;

/* Opens the store in DIRECTORY (NULL: STORE_DIRECTORY), which is made where it is not there, readable
 * for its owner alone. -EBADMSG where the file is no store of whittle's; -EPROTONOSUPPORT where a newer
 * whittle made it. */
int store_open(const char *directory, struct store **store, struct error *err);
/* The same for reading only: -ENOENT where there is none, and nothing is made. */
int store_open_reading(const char *directory, struct store **store, struct error *err);
void store_closep(struct store **store);

/* The path of a unit's file with this suffix (".rec") in the store's directory; the caller's. The unit's name
 * is escaped where it could leave the directory. NULL: out of memory. */
char *store_path(const struct store *store, const char *unit, const char *suffix);

/* Steps between begin and commit happen all or not at all; rollback undoes them, and so does the death of
 * the process. Single calls are such a step by themselves. */
int store_begin(struct store *store, struct error *err);
int store_commit(struct store *store, struct error *err);
void store_rollback(struct store *store);

/* -ENOENT, without a sentence, where the unit is not under care. */
int store_get(struct store *store, const char *unit, struct managed_unit *managed_unit,
	      struct error *err);
/* Adds it or replaces what is known of it; its denials, slices and objects stay. */
int store_put(struct store *store, const struct managed_unit *managed_unit, struct error *err);
/* All, by name; the caller's: managed_units_free(). */
int store_list(struct store *store, struct managed_unit **managed_units, size_t *count,
	       struct error *err);
void managed_unit_clean(struct managed_unit *managed_unit);
void managed_units_free(struct managed_unit *managed_units, size_t count);

/* Adds to the unit's counts of that kind (call, action, command name, arguments); the first stack stays. */
int store_add_denial(struct store *store, const char *unit, const struct store_denial *denial,
		     struct error *err);
/* The same of COUNT denials like DENIAL, as they come: with the arguments that matter, and now where it tells no
 * time. Those of no known number are passed over. */
int store_take_denial(struct store *store, const char *unit, const struct denial *denial,
		      uint64_t count, struct error *err);
/* By time of the latest, latest first. */
int store_denials(struct store *store, const char *unit, struct store_denial **denials,
		  size_t *count, struct error *err);
/* The same as a denial of UNIT, whose texts are KEPT's and UNIT's. */
struct denial store_denial_told(const struct store_denial *kept, const char *unit);
void store_denials_free(struct store_denial *denials, size_t count);
/* They were learnt, or the unit starts anew. */
int store_forget_denials(struct store *store, const char *unit, struct error *err);

struct store_call {
	enum abi abi;
	int nr;
};
/* A slice of time has ended in which these calls were seen: the unit's discovery is brought up to date. A call
 * that is listed twice counts once. */
int store_add_slice(struct store *store, const char *unit, const struct store_call *calls,
		    size_t count, uint64_t end_us, struct error *err);

/* Replaces the unit's objects. */
int store_set_objects(struct store *store, const char *unit, const struct store_object *objects,
		      size_t count, struct error *err);
/* What store_set_objects() kept, for tests: the program only writes it. */
int store_objects(struct store *store, const char *unit, struct store_object **objects,
		  size_t *count, struct error *err);
void store_objects_free(struct store_object *objects, size_t count);

const char *managed_unit_stage_name(enum stage stage); /* "record", "rolled-back" */
const char *managed_unit_reaction_name(enum reaction reaction); /* "report" */
int managed_unit_reaction_parse(const char *name); /* enum reaction, or -EINVAL */

#endif
