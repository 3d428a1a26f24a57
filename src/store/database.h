/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Declarations shared by the files of this folder: the handle, and helpers for statements. */
#ifndef WHITTLE_STORE_DATABASE_H
#define WHITTLE_STORE_DATABASE_H

#include "store/store.h"

#include <sqlite3.h>

struct store {
	sqlite3 *database;
	char *directory;
	char *path; /* of the database, for errors */
};

/* Prepares a statement and binds its parameters. TYPES has a letter for each argument: 's' a string (NULL:
 * null), 'i' an int64_t. */
int store_prepare(struct store *store, sqlite3_stmt **statement, struct error *err, const char *sql,
		  const char *types, ...);

/* 1 and a row, 0 at the end, or an error. */
int store_step(struct store *store, sqlite3_stmt *statement, struct error *err);

/* Prepares, runs and finalizes a statement that returns no rows. */
#define store_run(store, err, sql, ...)                                                         \
	({                                                                                      \
		sqlite3_stmt *run_statement_ = NULL;                                            \
		int run_result_ = store_prepare(store, &run_statement_, err, sql, __VA_ARGS__); \
		if (run_result_ == 0)                                                           \
			run_result_ = store_step(store, run_statement_, err);                   \
		sqlite3_finalize(run_statement_);                                               \
		run_result_;                                                                    \
	})

/* Copies a column's text for the caller; 0 and NULL for a null. -ENOMEM. */
int store_text(sqlite3_stmt *statement, int column, char **text, struct error *err);

static inline void statement_finalizep(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

/* Begins a savepoint around several statements, alone or within the caller's transaction. */
int store_savepoint(struct store *store, struct error *err);
/* Keeps the changes since the savepoint if RESULT is 0, else undoes them. Returns RESULT, or the error of
 * keeping them. */
int store_release(struct store *store, int result, struct error *err);

#endif
