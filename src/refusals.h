/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a unit was refused while a policy was tried on it. A refusal by errno is silent: the unit may
 * come up, stay up and do half of its work. So the calls are watched by BPF for as long as the
 * trial lasts, and told with what would allow them.
 */
#ifndef WHITTLE_REFUSALS_H
#define WHITTLE_REFUSALS_H

#include "common/error.h"
#include "common/json.h"
#include "policy/policy.h"

#include <stdio.h>

struct refusals;

/* Begins to watch UNIT. What POLICY itself answers with an error of its own (ENOSYS for clone3, on
 * which libcs fall back) is no refusal. Fails where BPF can't be used. */
int refusals_open(const char *unit, const struct policy *policy, struct refusals **refusals,
		  struct error *err);
void refusals_freep(struct refusals **refusals);

/* Ends the watching and counts. */
int refusals_finish(struct refusals *refusals, struct error *err);

/* Calls that were refused. NULL: 0. */
uint64_t refusals_count(const struct refusals *refusals);

/* Each kind once, in sentences with what allowing it opens and how to. */
void refusals_print(struct refusals *refusals, FILE *out);

/* An array of objects with "name", "abi", "count", "comm", "action" and "stack". */
void refusals_write_json(struct refusals *refusals, struct json_writer *json, const char *key);

#endif
