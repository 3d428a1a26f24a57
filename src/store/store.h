/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The persistent state of the managed units: their stages, the conditions to continue, and their denials.
 * It is an SQLite database, so that after a kill or a power loss it has the state from before or after a
 * transaction. The recordings and policies that it names are files in the same directory, each written
 * atomically.
 *
 * One process at a time writes; others wait for a few seconds, then get -EBUSY.
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

/* The stages, in their order. A stage's name is the action in progress. */
enum stage {
	STAGE_RECORD, /* it runs unconfined and is recorded */
	STAGE_DECIDE, /* the recording is complete; the policy is computed from it */
	STAGE_TRIAL, /* calls outside the policy are logged, not denied */
	STAGE_ENFORCE, /* the policy is enforced, with an automatic rollback */
	STAGE_VERIFY, /* no call was denied; the filters are compared with the policy again */
	STAGE_GUARDED, /* the last stage: enforced for good */
	STAGE_ROLLED_BACK, /* it failed, and the unit's former state is restored */
};
#define STAGE_COUNT (STAGE_ROLLED_BACK + 1)

/* The reaction to a denial of an enforced unit. */
enum reaction {
	REACTION_REPORT, /* only report it */
	REACTION_RELAX, /* allow the call from now on, if its risk class permits */
	REACTION_REVERT, /* remove the filter */
};
#define REACTION_COUNT (REACTION_REVERT + 1)

/* A managed unit. The structure owns its strings. Times are CLOCK_REALTIME microseconds, 0 none. */
struct managed_unit {
	char *unit; /* canonical name */
	enum stage stage;
	enum reaction reaction;
	bool is_two_phase;
	uint64_t since_us; /* in this stage */
	uint64_t deadline_us; /* after it systemd rolls back, unless the policy was confirmed */
	char *recording; /* absolute paths; NULL none yet */
	char *policy;
	char *note; /* one sentence: the condition to continue, or the reason of a rollback; NULL none */
	/* The discovery of calls over time, for the estimate of unobserved ones. store_add_slice()
	 * writes these; store_put() does not change them. */
	uint64_t slices; /* recorded slices of time */
	uint64_t kinds; /* calls observed in any of them */
	uint64_t once; /* of them in one slice only */
	uint64_t twice; /* in two */
	uint64_t new_us; /* when the latest new call was first observed */
	char *new_name; /* its name; NULL none */
};

/*
 * Kinds of denials that are kept for a unit: calls with action, process name, user and arguments. Further
 * denials are kept by call and action alone (no name, user, arguments or stack), and after half as many such
 * kinds as one row of others. A hostile service may vary all of these.
 */
#define STORE_KINDS_MAX 512
#define STORE_ROWS_MAX	(STORE_KINDS_MAX + STORE_KINDS_MAX / 2 + 1)
#define STORE_OTHERS	(-1)
#define STORE_STACK_MAX 512 /* bytes; a longer stack is cut */

/* A call that a unit was denied, or would have been. */
struct store_denial {
	enum abi abi;
	int nr; /* STORE_OTHERS: the row of others */
	uint32_t action; /* SECCOMP_RET_*, with its errno */
	char *comm; /* of the process; "" any */
	int64_t uid; /* of the process; -1 unknown, or any */
	bool has_arguments;
	uint64_t arguments[6]; /* those that matter (syscall/arguments.h), the others 0 */
	char *stack; /* "brk <- sbrk <- malloc"; NULL unknown */
	uint64_t count;
	uint64_t first_us, last_us;
};

/* An object that the unit had mapped during the recording, to detect changes. */
struct store_object {
	char *path;
	char *build_id; /* hexadecimal; NULL: it has none */
};

struct store;

/* Opens the store in DIRECTORY (NULL: STORE_DIRECTORY) and creates it if necessary, readable only for its
 * owner. -EBADMSG: the file is not whittle's; -EPROTONOSUPPORT: another version of whittle created it. */
int store_open(const char *directory, struct store **store, struct error *err);
/* The same for reading only. Creates nothing; -ENOENT: there is no store. */
int store_open_reading(const char *directory, struct store **store, struct error *err);
void store_closep(struct store **store);

/* The path of a unit's file with this suffix (".rec") in the store's directory, which the caller frees.
 * Names that could leave the directory are escaped. NULL: out of memory. */
char *store_path(const struct store *store, const char *unit, const char *suffix);

/* A transaction: all changes between begin and commit, or none. Rollback, or the death of the process,
 * undoes them. A single call is a transaction of its own. */
int store_begin(struct store *store, struct error *err);
int store_commit(struct store *store, struct error *err);
void store_rollback(struct store *store);

/* -ENOENT, without a message: the unit is not managed. */
int store_get(struct store *store, const char *unit, struct managed_unit *managed_unit,
	      struct error *err);
/* Adds or replaces the unit; its denials, slices and objects stay. */
int store_put(struct store *store, const struct managed_unit *managed_unit, struct error *err);
/* All units, sorted by name; free them with managed_units_free(). */
int store_list(struct store *store, struct managed_unit **managed_units, size_t *count,
	       struct error *err);
void managed_unit_clean(struct managed_unit *managed_unit);
void managed_units_free(struct managed_unit *managed_units, size_t count);

/* Adds to the unit's count of this kind (call, action, command name, user, arguments), or to that of a wider
 * kind: see STORE_KINDS_MAX. Keeps the first stack. */
int store_add_denial(struct store *store, const char *unit, const struct store_denial *denial,
		     struct error *err);
/* The same for COUNT denials like DENIAL. Keeps only relevant arguments, and uses the current time if
 * DENIAL has none. Denials without a number are ignored. */
int store_take_denial(struct store *store, const char *unit, const struct denial *denial,
		      uint64_t count, struct error *err);
/* Sorted by the latest time, latest first. */
int store_denials(struct store *store, const char *unit, struct store_denial **denials,
		  size_t *count, struct error *err);
/* Converts to a denial of UNIT. Its texts point into KEPT and UNIT. */
struct denial store_denial_told(const struct store_denial *kept, const char *unit);
void store_denials_free(struct store_denial *denials, size_t count);
/* Removes the denials: they were learned, or the unit starts over. */
int store_forget_denials(struct store *store, const char *unit, struct error *err);

struct store_call {
	enum abi abi;
	int nr;
};
/* Updates the unit's discovery at the end of a slice of time with its observed calls. A call that is
 * listed twice counts once. */
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
