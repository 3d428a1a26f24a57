/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this folder share: the handle, and statements that clean up after themselves. */
#ifndef WHITTLE_STORE_DATABASE_H
#define WHITTLE_STORE_DATABASE_H

#include "store/store.h"

#include <sqlite3.h>

struct store {
	sqlite3 *database;
	char *directory;
	char *path; /* of the database: what errors name */
};

/* A statement with its parameters bound: TYPES has a letter for each argument, in order, 's' a string (NULL:
 * null), 'i' an int64_t. */
int store_prepare(struct store *store, sqlite3_stmt **statement, struct error *err, const char *sql,
		  const char *types, ...);

/* 1 and a row, 0 at the end, or an error. */
int store_step(struct store *store, sqlite3_stmt *statement, struct error *err);

/* Prepares, runs to the end and finishes a statement that gives no rows. */
#define store_run(store, err, sql, ...)                                                         \
	({                                                                                      \
		sqlite3_stmt *run_statement_ = NULL;                                            \
		int run_result_ = store_prepare(store, &run_statement_, err, sql, __VA_ARGS__); \
		if (run_result_ == 0)                                                           \
			run_result_ = store_step(store, run_statement_, err);                   \
		sqlite3_finalize(run_statement_);                                               \
		run_result_;                                                                    \
	})

/* A column's text, the caller's: 0 and NULL for a null. -ENOMEM. */
int store_text(sqlite3_stmt *statement, int column, char **text, struct error *err);

static inline void statement_finalizep(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

/* A savepoint around several statements, alone or within the caller's transaction. */
int store_savepoint(struct store *store, struct error *err);
/* Keeps what was done since where RESULT is 0, else undoes it; returns RESULT or the error of keeping. */
int store_release(struct store *store, int result, struct error *err);

#endif
