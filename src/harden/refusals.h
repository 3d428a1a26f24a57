/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a unit was refused while a policy was tried on it. A refusal by errno is silent: the unit may
 * come up, stay up and do half of its work. So the calls are watched by BPF for as long as the
 * trial lasts, and told with what would allow them.
 */
#ifndef WHITTLE_HARDEN_REFUSALS_H
#define WHITTLE_HARDEN_REFUSALS_H

#include "common/error.h"
#include "common/json.h"
#include "denial/aggregate.h"
#include "policy/policy.h"
#include "systemd/unit.h"

#include <stdbool.h>
#include <stdio.h>

struct refusals;

/* Begins to watch UNIT, which outlives this. What POLICY itself answers with an error of its own (ENOSYS for clone3, on
 * which libcs fall back) is no refusal. Fails where BPF can't be used, with -ETIMEDOUT where the kernel is
 * not ready for it within half a minute. */
int refusals_open(const struct unit *unit, const struct policy *policy, struct refusals **refusals,
		  struct error *err);
void refusals_freep(struct refusals **refusals);

/* Readable when there is something to read; what was seen only as a count comes with any read. */
int refusals_fd(const struct refusals *refusals);
int refusals_read(struct refusals *refusals, struct error *err);

/* Ends the watching and counts. */
int refusals_finish(struct refusals *refusals, struct error *err);

/* Calls that were refused. NULL: 0. */
uint64_t refusals_count(const struct refusals *refusals);

/* Each kind once, as denial/aggregate.h tells it; what was told is not told again. */
int refusals_tell(struct refusals *refusals, aggregate_reporter teller, void *context,
		  struct error *err);

/* The same in sentences, with what allowing it opens and how to. */
void refusals_print(struct refusals *refusals, FILE *out, bool with_colour);

/* An array of objects with "name", "abi", "count", "comm", "action" and "stack". */
void refusals_write_json(struct refusals *refusals, struct json_writer *json, const char *key);

#endif
