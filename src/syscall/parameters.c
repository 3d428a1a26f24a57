// SPDX-License-Identifier: LGPL-2.1-or-later
/* Looks up the table that make-parameters.py makes. */
#include "syscall/parameters.h"
#include "syscall/parameters_table.h"

#include <stdlib.h>
#include <string.h>

static int compare_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct parameters_row *)row)->name);
}

const char *parameters_of(const char *name)
{
	const struct parameters_row *row = bsearch(name, parameters_rows, parameters_count,
						   sizeof(*parameters_rows), compare_name);

	return row ? row->parameters : NULL;
}
