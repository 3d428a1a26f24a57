/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `whittle explain POLICY`: why a policy allows each call, or one of them. */
#ifndef WHITTLE_CMD_EXPLAIN_POLICY_H
#define WHITTLE_CMD_EXPLAIN_POLICY_H

#include "common/error.h"

#include <stdbool.h>

/* Whether the file is a policy rather than a log. */
bool explain_policy_is_policy(const char *path);

/* NAMES is NULL-terminated: the calls to explain; NULL or empty: all. */
int explain_policy(const char *path, const char *const *names, bool json, struct error *err);

#endif
