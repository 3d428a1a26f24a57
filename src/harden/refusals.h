/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The denials of a unit while a policy is tried on it. A denial with an errno is silent: the unit may come
 * up, stay up and do only half of its work. So BPF programs watch the calls during the trial, and the
 * denials are reported with advice how to allow them.
 */
#ifndef WHITTLE_HARDEN_REFUSALS_H
#define WHITTLE_HARDEN_REFUSALS_H

#include "common/error.h"
#include "common/json.h"
#include "denial/aggregate.h"
#include "policy/policy.h"
#include "systemd/unit.h"
#include "unit/own_filters.h"

#include <stdbool.h>
#include <stdio.h>

struct refusals;

/* Starts to watch UNIT, which must outlive this. An intended error of POLICY (ENOSYS for clone3, so that
 * libcs fall back) is no denial, nor is a call that the unit's own settings deny: removing POLICY would
 * not allow it. OWN has those settings, and must outlive this; NULL: there are none. Fails if BPF can't be used; -ETIMEDOUT: the kernel did not load the
 * programs within half a minute. */
int refusals_open(const struct unit *unit, const struct policy *policy,
		  const struct own_filters *own, struct refusals **refusals, struct error *err);
void refusals_freep(struct refusals **refusals);

/* Readable when there are events. Denials that were only counted come with any read. */
int refusals_fd(const struct refusals *refusals);
int refusals_read(struct refusals *refusals, struct error *err);

/* Stops watching and reads the last counts. */
int refusals_finish(struct refusals *refusals, struct error *err);

/*
 * To be called while the unit starts; reads the waiting events. -ECANCELED if the start cannot be waited for: a call
 * was denied 5 s ago, or, if the unit announces the end of its start (IS_ANNOUNCED), a call was denied just now that
 * the policy neither answers on purpose nor withholds. Calls that the unit's filter denied before are no reason.
 */
int refusals_check_start(struct refusals *refusals, bool is_announced, struct error *err);

/* The number of calls that the unit's own settings denied. */
uint64_t refusals_count_own(const struct refusals *refusals);

/* The number of denied calls; 0 for NULL. */
uint64_t refusals_count(const struct refusals *refusals);

/* Reports each kind once, as denial/aggregate.h does. Reported kinds are not reported again. */
int refusals_tell(struct refusals *refusals, aggregate_reporter teller, void *context,
		  struct error *err);

/* The same as sentences, with the risk of allowing the call and the way to do it. */
void refusals_print(struct refusals *refusals, FILE *out, bool with_colour);

/* An array of objects with "name", "abi", "count", "comm", "action" and "stack". */
void refusals_write_json(struct refusals *refusals, struct json_writer *json, const char *key);

#endif
