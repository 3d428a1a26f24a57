/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the files that a policy includes. */
#ifndef WHITTLE_IMPORT_PROFILE_INCLUDE_H
#define WHITTLE_IMPORT_PROFILE_INCLUDE_H

#include "import/profile/list_policy.h"

#define INCLUDE_DEPTH 10 /* as minijail's compiler has it */
#define INCLUDE_FILES 64 /* of one import */
#define INCLUDE_MAX   ((size_t)1 << 20) /* bytes of one file */

/* Reads the file that FROM includes as NAME, LENGTH bytes: a path, relative ones from FROM's folder. An
 * absolute path that does not exist is looked up by its last part beside FROM, with a warning, because
 * policies in a source tree name the place where they will be installed. *PATH and *DATA, with a NUL behind
 * *SIZE bytes, are the caller's. Errors name FROM and the file. */
int include_read(struct list_reader *reader, const char *from, const char *name, size_t length,
		 char **path, char **data, size_t *size, struct error *err);

#endif
