/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list that confines programs, as a recording; private to this folder. import.h has it as a policy. */
#ifndef WHITTLE_IMPORT_IMPORT_POLICY_H
#define WHITTLE_IMPORT_IMPORT_POLICY_H

#include "common/error.h"
#include "import/common/importer.h"

/* Adds each call that the list allows to the run in the making. */
int import_policy_document(struct import *import, const char *data, size_t size, struct error *err);

#endif
