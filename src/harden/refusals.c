// SPDX-License-Identifier: LGPL-2.1-or-later
#include "harden/refusals.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "denial/kernel.h"
#include "denial/sentence.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

struct refusals {
	const struct unit *unit;
	const struct policy *policy;
	const struct own_filters *own; /* of the unit without the policy; NULL none */
	struct denial_kernel *kernel;
	struct aggregate *aggregate;
	uint64_t count, own_count;
	/* For the start: the first denied call, whichever, and the first that the policy does not withhold;
	 * empty: none. */
	char first[64], unexpected[64];
	uint64_t first_ns; /* when it was denied */

	/* callback for the reports */
	aggregate_reporter tell;
	void *context;
};

/* Loading takes a second; on a busy machine a few. */
/* A start that a denied call does not hinder ends soon. */
#define START_NS (5 * UINT64_C(1000000000))
#define OPEN_NS	 (30 * UINT64_C(1000000000))

void refusals_freep(struct refusals **at)
{
	struct refusals *refusals = *at;

	if (!refusals)
		return;
	denial_kernel_closep(&refusals->kernel);
	aggregate_freep(&refusals->aggregate);
	free(refusals);
	*at = NULL;
}

/* The unit's groups, now and after its next starts. Units of the same name may run in containers, and users'
 * units may have any name; only the host's own unit counts. */
static int select_unit(struct refusals *refusals, struct error *err)
{
	const struct unit *unit = refusals->unit;
	struct cgroup_identity identity = { 0 };
	int r = cgroup_identify(unit->control_group, &identity, err);

	return r < 0 ? r
		     : denial_kernel_select(refusals->kernel, identity.root,
					    &(struct denial_select){ .name = unit->name,
								     .path = unit->control_group,
								     .id = identity.id },
					    1, err);
}

/* With RestrictNamespaces= or RestrictSUIDSGID=, set by whittle or by the unit, systemd denies these calls
 * with ENOSYS: their flags are in memory, which a filter can't read, and callers fall back to older calls. */
static bool is_sent_back(const struct denial *denial)
{
	char buffer[64];
	const char *name = denial_name(denial, buffer, sizeof(buffer));

	return denial->has_action && denial->action == (SECCOMP_RET_ERRNO | ENOSYS) && name &&
	       (strcmp(name, "clone3") == 0 || strcmp(name, "openat2") == 0);
}

static bool is_intended(const struct policy *policy, const struct denial *denial)
{
	const struct rule *rule =
		denial->has_abi ? policy_find(policy, denial->abi, denial->nr, NULL) : NULL;

	return rule && rule->action != SECCOMP_RET_ALLOW && rule->action == denial->action;
}

static bool is_withheld(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->withheld_count; i++) {
		const char *withheld =
			syscall_name(policy->withheld[i].abi, policy->withheld[i].nr);

		if (withheld && strcmp(withheld, name) == 0)
			return true;
	}
	return false;
}

static void note_for_start(struct refusals *refusals, const struct denial *denial)
{
	char buffer[64];
	const char *name = denial_name(denial, buffer, sizeof(buffer));

	if (!name)
		name = "a call without a name";
	if (!refusals->first[0]) {
		snprintf(refusals->first, sizeof(refusals->first), "%s", name);
		refusals->first_ns = clock_now_ns();
	}
	if (!refusals->unexpected[0] && !is_withheld(refusals->policy, name))
		snprintf(refusals->unexpected, sizeof(refusals->unexpected), "%s", name);
}

/* Whether the unit is denied the call without the policy too. */
static bool is_own(const struct refusals *refusals, const struct denial *denial)
{
	return refusals->own && denial->has_abi && denial->nr >= 0 &&
	       own_filters_deny(refusals->own, denial->abi, denial->nr,
				denial->has_arguments ? denial->arguments : NULL);
}

static int add_denial(void *context, const struct denial *denial, uint64_t count, struct error *err)
{
	struct refusals *refusals = context;

	if (is_intended(refusals->policy, denial) || is_sent_back(denial))
		return 0;
	if (is_own(refusals, denial)) {
		refusals->own_count += count;
		return 0;
	}
	refusals->count += count;
	note_for_start(refusals, denial);
	return aggregate_add(refusals->aggregate, denial, count, err);
}

static void print_text(struct json_writer *json, const char *key, struct text text)
{
	if (text.length)
		json_write_string(json, key, text.data);
}

static void write_group(struct json_writer *json, const struct denial_group *group)
{
	const struct denial *denial = &group->denial;
	char name[64], outcome[32];

	json_write_object_line(json, NULL);
	json_write_string(json, "name", denial_name(denial, name, sizeof(name)));
	json_write_string(json, "abi", denial->has_abi ? abi_info(denial->abi)->name : NULL);
	json_write_uint(json, "count", group->count);
	print_text(json, "comm", denial->comm);
	json_write_string(json, "action", denial_action(denial, outcome, sizeof(outcome)));
	print_text(json, "stack", denial->stack);
	json_write_end_object(json);
}

static int tell(void *context, const struct denial_group *group, uint64_t count, struct error *err)
{
	const struct refusals *refusals = context;

	return refusals->tell ? refusals->tell(refusals->context, group, count, err) : 0;
}

int refusals_open(const struct unit *unit, const struct policy *policy,
		  const struct own_filters *own, struct refusals **result, struct error *err)
{
	_cleanup_(refusals_freep) struct refusals *refusals = calloc(1, sizeof(*refusals));
	int r;

	if (!refusals)
		return error_oom(err);
	refusals->unit = unit;
	refusals->policy = policy;
	refusals->aggregate = aggregate_new(tell, refusals);
	if (!refusals->aggregate)
		return error_oom(err);
	refusals->own = own;
	r = denial_kernel_open_within(&(struct denial_kernel_events){ .denial = add_denial,
								      .is_selective = true,
								      .context = refusals },
				      OPEN_NS, &refusals->kernel, err);
	if (r == 0)
		r = select_unit(refusals, err);
	if (r < 0)
		return r;
	*result = take(refusals);
	return 0;
}

int refusals_fd(const struct refusals *refusals)
{
	return denial_kernel_fd(refusals->kernel);
}

int refusals_read(struct refusals *refusals, struct error *err)
{
	int r = denial_kernel_read(refusals->kernel, err);

	return r < 0 ? r : denial_kernel_sweep(refusals->kernel, err);
}

int refusals_finish(struct refusals *refusals, struct error *err)
{
	denial_kernel_stop(refusals->kernel);
	return refusals_read(refusals, err);
}

int refusals_check_start(struct refusals *refusals, bool is_announced, struct error *err)
{
	int r = refusals_read(refusals, err);

	if (r < 0)
		return r;
	if (is_announced && refusals->unexpected[0])
		return error_set(err, -ECANCELED, "unit %s: it was denied %s while it started",
				 refusals->unit->name, refusals->unexpected);
	if (refusals->first[0] && clock_now_ns() - refusals->first_ns > START_NS)
		return error_set(
			err, -ECANCELED,
			"unit %s: it was denied %s and did not finish its start within %g s "
			"after that",
			refusals->unit->name, refusals->first, (double)START_NS / 1e9);
	return 0;
}

uint64_t refusals_count_own(const struct refusals *refusals)
{
	return refusals ? refusals->own_count : 0;
}

uint64_t refusals_count(const struct refusals *refusals)
{
	return refusals ? refusals->count : 0;
}

int refusals_tell(struct refusals *refusals, aggregate_reporter teller, void *context,
		  struct error *err)
{
	int r;

	if (!refusals_count(refusals))
		return 0;
	refusals->tell = teller;
	refusals->context = context;
	r = aggregate_report(refusals->aggregate, 0, 0, err);
	refusals->tell = NULL;
	return r;
}

struct printing {
	FILE *out;
	bool with_colour;
};

static int print_group(void *context, const struct denial_group *group, uint64_t count,
		       struct error *err)
{
	const struct printing *printing = context;

	(void)err;
	sentence_print(printing->out, group, count,
		       &(struct sentence_options){ .with_colour = printing->with_colour });
	return 0;
}

void refusals_print(struct refusals *refusals, FILE *out, bool with_colour)
{
	struct printing printing = { out, with_colour };
	struct error ignored = { 0 };

	refusals_tell(refusals, print_group, &printing, &ignored);
}

static int write_json(void *context, const struct denial_group *group, uint64_t count,
		      struct error *err)
{
	(void)count;
	(void)err;
	write_group(context, group);
	return 0;
}

void refusals_write_json(struct refusals *refusals, struct json_writer *json, const char *key)
{
	struct error ignored = { 0 };

	json_write_array(json, key);
	refusals_tell(refusals, write_json, json, &ignored);
	json_write_end_array(json);
}
