/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of an import, and its result for each file. */
#ifndef WHITTLE_IMPORT_COMMON_SETTINGS_H
#define WHITTLE_IMPORT_COMMON_SETTINGS_H

#include "syscall/abi.h"

#include <stdbool.h>
#include <stdint.h>

#define IMPORT_MISTAKES 5 /* that are kept with their place */
#define IMPORT_EXCERPT	72

/* An unreadable entry. */
struct import_mistake {
	uint64_t line; /* 0: the whole file */
	char reason[128];
	char excerpt[IMPORT_EXCERPT + 1];
};

/* The result for one file. */
struct import_result {
	const char *path;
	const char *source; /* the importer's name */
	uint64_t bytes, lines;
	uint64_t calls; /* counted; observed, if the source has no counts */
	uint64_t malformed;
	struct import_mistake mistakes[IMPORT_MISTAKES];
};

struct import_settings {
	const char *from; /* the source's name; NULL: detected from the content */
	enum abi abi; /* for calls whose source names no ABI */
	unsigned systemd; /* the version whose groups a unit file means */
	/* The part of a file with several profiles: a thread of Firecracker's, the name or the number of a YAML
	 * document; NULL: a file with several is an error. */
	const char *part;
	bool is_strict; /* the first malformed line ends the import */
	/* Called for a fact that the user should know although the file was read; may be NULL. */
	void (*warn)(void *context, const char *path, const char *message);
	/* Called after each file; may be NULL. */
	void (*done)(void *context, const struct import_result *result);
	void *context;
};

#endif
