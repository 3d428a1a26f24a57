// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Opening the database, and the layout of its tables. It uses a rollback journal with full syncs instead
 * of a write-ahead log: one file that any process can read after a power loss. Writes are small and rare,
 * so their cost does not matter.
 */
#include "store/database.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define APPLICATION_ID 0x77687474 /* "whtt": application_id of the file's header */
#define LAYOUT	       2
#define BUSY_MS	       5000

#define CREATE_DENIAL                                                                                         \
	"CREATE TABLE denial (unit TEXT NOT NULL REFERENCES unit(name) ON DELETE CASCADE, abi TEXT NOT NULL," \
	" nr INTEGER NOT NULL, action INTEGER NOT NULL, comm TEXT NOT NULL, uid INTEGER NOT NULL,"            \
	" arguments TEXT NOT NULL, stack TEXT, count INTEGER NOT NULL, first_us INTEGER NOT NULL,"            \
	" last_us INTEGER NOT NULL, PRIMARY KEY (unit, abi, nr, action, comm, uid, arguments)) STRICT;"

static const char layout[] =
	"CREATE TABLE unit (name TEXT PRIMARY KEY NOT NULL, stage TEXT NOT NULL, reaction TEXT NOT NULL,"
	" two_phase INTEGER NOT NULL, since_us INTEGER NOT NULL, deadline_us INTEGER NOT NULL,"
	" recording TEXT, policy TEXT, note TEXT, slices INTEGER NOT NULL DEFAULT 0,"
	" new_us INTEGER NOT NULL DEFAULT 0, new_name TEXT) STRICT;"
	"CREATE TABLE call (unit TEXT NOT NULL REFERENCES unit(name) ON DELETE CASCADE, abi TEXT NOT NULL,"
	" nr INTEGER NOT NULL, slices INTEGER NOT NULL, PRIMARY KEY (unit, abi, nr)) STRICT;" CREATE_DENIAL
	"CREATE TABLE object (unit TEXT NOT NULL REFERENCES unit(name) ON DELETE CASCADE, path TEXT NOT NULL,"
	" build_id TEXT, PRIMARY KEY (unit, path)) STRICT;";

/* Layout 1 had no user; it had no bound of kinds either, and a later denial of one is added to it. */
static const char from_layout_1[] =
	"ALTER TABLE denial RENAME TO former;" CREATE_DENIAL
	"INSERT INTO denial SELECT unit, abi, nr, action, comm, -1, arguments, stack, count, first_us, last_us"
	" FROM former; DROP TABLE former; PRAGMA user_version = 2";

static int failure(const struct store *store, int code, struct error *err)
{
	const char *reason =
		store->database ? sqlite3_errmsg(store->database) : sqlite3_errstr(code);
	int errno_code = -EIO;

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(err, -EBUSY,
				 "%s: another whittle process is writing to it; try again",
				 store->path);
	case SQLITE_NOMEM:
		return error_oom(err);
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		errno_code = -EACCES;
		break;
	case SQLITE_FULL:
		errno_code = -ENOSPC;
		break;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
	case SQLITE_FORMAT:
		errno_code = -EBADMSG;
		break;
	default:
		break;
	}
	return error_set(err, errno_code, "%s: %s", store->path, reason);
}

int store_prepare(struct store *store, sqlite3_stmt **statement, struct error *err, const char *sql,
		  const char *types, ...)
{
	int code = sqlite3_prepare_v2(store->database, sql, -1, statement, NULL);
	va_list arguments;

	va_start(arguments, types);
	for (int at = 1; code == SQLITE_OK && types[at - 1]; at++) {
		if (types[at - 1] == 's')
			code = sqlite3_bind_text(*statement, at, va_arg(arguments, const char *),
						 -1, SQLITE_TRANSIENT);
		else
			code = sqlite3_bind_int64(*statement, at, va_arg(arguments, int64_t));
	}
	va_end(arguments);
	return code == SQLITE_OK ? 0 : failure(store, code, err);
}

int store_step(struct store *store, sqlite3_stmt *statement, struct error *err)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : failure(store, code, err);
}

int store_text(sqlite3_stmt *statement, int column, char **text, struct error *err)
{
	const unsigned char *found = sqlite3_column_text(statement, column);

	*text = found ? strdup((const char *)found) : NULL;
	return found && !*text ? error_oom(err) : 0;
}

static int execute(struct store *store, const char *sql, struct error *err)
{
	int code = sqlite3_exec(store->database, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : failure(store, code, err);
}

int store_begin(struct store *store, struct error *err)
{
	/* Takes the write lock at the start: two readers that both want to write would block each other. */
	return execute(store, "BEGIN IMMEDIATE", err);
}

int store_commit(struct store *store, struct error *err)
{
	return execute(store, "COMMIT", err);
}

void store_rollback(struct store *store)
{
	sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
}

int store_savepoint(struct store *store, struct error *err)
{
	return execute(store, "SAVEPOINT several", err);
}

int store_release(struct store *store, int result, struct error *err)
{
	if (result < 0)
		sqlite3_exec(store->database, "ROLLBACK TO several", NULL, NULL, NULL);
	if (result < 0) {
		sqlite3_exec(store->database, "RELEASE several", NULL, NULL, NULL);
		return result;
	}
	return execute(store, "RELEASE several", err);
}

static int read_number(struct store *store, const char *pragma, int64_t *number, struct error *err)
{
	_cleanup_(statement_finalizep) sqlite3_stmt *statement = NULL;
	int r = store_prepare(store, &statement, err, pragma, "");

	if (r == 0)
		r = store_step(store, statement, err);
	if (r < 0)
		return r;
	*number = sqlite3_column_int64(statement, 0);
	return 0;
}

/* Checks the existing tables, or creates them in one transaction. */
static int open_layout(struct store *store, bool is_writing, struct error *err)
{
	char pragmas[128];
	int64_t application, version, pages = 0;
	int r = read_number(store, "PRAGMA application_id", &application, err);

	if (r == 0)
		r = read_number(store, "PRAGMA user_version", &version, err);
	if (r == 0)
		r = read_number(store, "PRAGMA page_count", &pages, err);
	if (r < 0)
		return r;
	if (application == APPLICATION_ID && version == LAYOUT)
		return 0;
	/* Its creation was interrupted: there is no database yet. */
	if (pages == 0 && !is_writing)
		return error_set_errno(err, -ENOENT, "%s", store->path);
	if (application == APPLICATION_ID && version == 1 && is_writing)
		return execute(store, from_layout_1, err);
	if (application == APPLICATION_ID)
		return error_set(
			err, -EPROTONOSUPPORT,
			"%s: written by another version of whittle (layout %lld, this version has %d)",
			store->path, (long long)version, LAYOUT);
	if (application != 0 || version != 0 || !is_writing)
		return error_set(err, -EBADMSG, "%s: not a database of whittle", store->path);
	snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 APPLICATION_ID, LAYOUT);
	r = execute(store, layout, err);
	return r == 0 ? execute(store, pragmas, err) : r;
}

static int make_layout(struct store *store, struct error *err)
{
	int r = store_begin(store, err);

	if (r < 0)
		return r;
	r = open_layout(store, true, err);
	if (r == 0)
		r = store_commit(store, err);
	if (r < 0)
		store_rollback(store);
	return r;
}

/* A journal exists during a transaction, and after an interrupted one. The next process with the right to
 * write rolls the latter back; until then SQLite lets nobody read. A running transaction is not touched. */
static void undo_what_was_cut_short(const struct store *store)
{
	_cleanup_free_ char *journal = NULL;
	sqlite3 *database = NULL;

	if (asprintf(&journal, "%s-journal", store->path) < 0) {
		journal = NULL;
		return;
	}
	if (access(journal, F_OK) < 0)
		return;
	/* If it fails, reading reports the reason. */
	if (sqlite3_open_v2(store->path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW,
			    NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(database, BUSY_MS);
		sqlite3_exec(database, "PRAGMA application_id", NULL, NULL, NULL);
	}
	sqlite3_close(database);
}

static int open_database(struct store *store, bool is_writing, struct error *err);

/* A reader of an earlier layout brings it up to date, if it may write. If not, reading reports the reason. */
static void upgrade(const struct store *store)
{
	struct store earlier = { .path = store->path };
	struct error ignored = { 0 };
	int64_t version = LAYOUT;

	if (open_database(&earlier, false, &ignored) == 0)
		read_number(&earlier, "PRAGMA user_version", &version, &ignored);
	sqlite3_close(take(earlier.database));
	if (version == 1 && open_database(&earlier, true, &ignored) == 0)
		make_layout(&earlier, &ignored);
	sqlite3_close(earlier.database);
}

static int open_database(struct store *store, bool is_writing, struct error *err)
{
	int code = sqlite3_open_v2(
		store->path, &store->database,
		(is_writing ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
			SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE,
		NULL);
	int r;

	if (code != SQLITE_OK)
		return failure(store, code, err);
	sqlite3_busy_timeout(store->database, BUSY_MS);
	/* The file may be untrusted: its schema must not call functions. */
	r = execute(store, "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON", err);
	return r == 0 && is_writing ? execute(store, "PRAGMA synchronous = EXTRA", err) : r;
}

static int open_at(const char *directory, bool is_writing, struct store **result, struct error *err)
{
	_cleanup_(store_closep) struct store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return error_oom(err);
	if (!directory)
		directory = STORE_DIRECTORY;
	store->directory = strdup(directory);
	if (!store->directory || asprintf(&store->path, "%s/state.db", directory) < 0) {
		store->path = NULL;
		return error_oom(err);
	}
	if (is_writing) {
		/* The calls and denials of a service are private. */
		if (mkdir(directory, 0700) < 0 && errno != EEXIST)
			return error_set_errno(err, -errno, "%s", directory);
	} else if (access(store->path, F_OK) < 0) {
		return error_set_errno(err, -errno, "%s", store->path);
	} else {
		undo_what_was_cut_short(store);
		upgrade(store);
	}
	r = open_database(store, is_writing, err);
	if (r == 0)
		r = is_writing ? make_layout(store, err) : open_layout(store, false, err);
	if (r < 0)
		return r;
	*result = take(store);
	return 0;
}

/* The directory is root's: what an ordinary user lacks is root, whatever SQLite says. */
static int open_as_root(const char *directory, bool is_writing, struct store **store,
			struct error *err)
{
	int r = open_at(directory, is_writing, store, err);

	if ((r == -EACCES || r == -EPERM) && geteuid() != 0)
		return error_prefix(err, "whittle's state needs root");
	return r;
}

int store_open(const char *directory, struct store **store, struct error *err)
{
	return open_as_root(directory, true, store, err);
}

int store_open_reading(const char *directory, struct store **store, struct error *err)
{
	return open_as_root(directory, false, store, err);
}

void store_closep(struct store **store)
{
	if (!*store)
		return;
	sqlite3_close((*store)->database);
	free((*store)->directory);
	free((*store)->path);
	free(*store);
	*store = NULL;
}

char *store_path(const struct store *store, const char *unit, const char *suffix)
{
	char *path;

	/* A unit's name has no slash (systemd.unit(5)). */
	if (strchr(unit, '/') || asprintf(&path, "%s/%s%s", store->directory, unit, suffix) < 0)
		return NULL;
	return path;
}
