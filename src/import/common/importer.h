/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Declarations shared by the importers. An importer is a row that reads a file line by line, or as one
 * document. Only documents are kept in memory; logs are not.
 */
#ifndef WHITTLE_IMPORT_COMMON_IMPORTER_H
#define WHITTLE_IMPORT_COMMON_IMPORTER_H

#include "import/common/run_builder.h"
#include "import/common/settings.h"

#include <jansson.h>
#include <string.h>

#define IMPORT_BLOCK	    (1 << 20)
#define IMPORT_DOCUMENT_MAX ((size_t)16 << 20)

/* One run in the making. */
struct import {
	const struct import_settings *settings;
	const struct importer *importer;
	struct run_builder *run_builder;
	void *state; /* the importer's, kept over the files of one run */
	struct import_result result; /* of the file at hand */
	struct error *strict; /* gets the first mistake, if that ends the import */
	bool is_stopped;
};

struct list_reader;

/* A source. Its file defines one of these, import/registry.c has the row. One of `line`, `document` and
 * `policy` is set. */
struct importer {
	const char *name; /* what the user gives to --from */
	const char *summary; /* one line, for `import --list` */
	/* Whether a file is one of these, by its first bytes (up to IMPORT_BLOCK). */
	bool (*sniff)(const char *path, const char *head, size_t length);
	/* Memory for `state`, zeroed; 0 none. */
	size_t state_size;
	void (*clear_state)(void *state); /* frees the memory of its members; NULL: none */
	/* Called at the beginning of each file of the run; may be NULL. */
	void (*begin)(struct import *import, const char *path);
	/* Reads one line, without its newline. Returns NULL, or the mistake (static text). */
	const char *(*line)(struct import *import, const char *line, size_t length);
	/* Reads the whole file instead of lines. A NUL, which SIZE does not count, follows it. */
	int (*document)(struct import *import, const char *data, size_t size, struct error *err);
	/* Instead of both, reads a profile as a policy (import/profile/list_policy.h). A recording of it
	 * has the calls that the policy allows. */
	int (*policy)(struct list_reader *reader, const char *data, size_t size, struct error *err);
	/* The length of the part of PATH that names the run; 0: the file is a run of its own. */
	size_t (*stem)(const char *path);
	bool has_filter; /* the processes of the source run under a filter */
};

/* Notes an unreadable entry. LINE 0: of the whole file. */
void import_mistake(struct import *import, uint64_t line, const char *reason, const char *text,
		    size_t length);

/* Warns of a decision that the reader took for the user. */
void import_warn(struct import *import, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- for sniffing and parsing ---- */

static inline bool has_prefix(const char *text, size_t length, const char *prefix)
{
	return length >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

/* Calls LOOK for the first COUNT lines of HEAD until it returns true. */
bool import_any_line(const char *head, size_t length, unsigned count,
		     bool (*look)(const char *line, size_t length));

/* The next word between blanks, or false at the end. */
bool import_word(const char **at, const char *end, const char **word, size_t *length);

/* A decimal number that is all of the text. */
bool import_number(const char *text, size_t length, uint64_t *number);

/* Counts COUNT calls by name, of the settings' ABI. Returns NULL or the mistake. */
const char *import_count_name(struct import *import, unsigned image, const char *name,
			      size_t length, uint64_t count);

/* ---- lists ---- */

#define NAME_ROOM 64 /* of a call's or a group's name, with a NUL */

/* The calls that a profile allows, by number. */
struct call_set {
	bool is_in[RUN_BUILDER_NUMBERS];
};

/* Adds or removes a name or "@group". A name that no ABI has is a mistake; one that only this ABI lacks is
 * ignored. */
void call_set_name(struct import *import, struct call_set *set, const char *name, bool is_in);
/* Every call of the ABI. */
void call_set_all(const struct import *import, struct call_set *set);
/* Marks each call as observed, without a count. */
void call_set_tally(struct import *import, const struct call_set *set);

#endif
