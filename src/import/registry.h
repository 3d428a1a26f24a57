/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one table of sources, private to this folder; import.h has the names in it. */
#ifndef WHITTLE_IMPORT_REGISTRY_H
#define WHITTLE_IMPORT_REGISTRY_H

#include "common/error.h"
#include "import/common/importer.h"

/* Finds the source of a file: by settings->from, or else by what the first LENGTH bytes of the file look
 * like. ONLY_POLICIES leaves out sources without a policy reader. */
int registry_choose(const struct import_settings *settings, bool only_policies, const char *path,
		    const char *head, size_t length, const struct importer **chosen,
		    struct error *err);

#endif
