// SPDX-License-Identifier: LGPL-2.1-or-later
#include "refusals.h"

#include "common/cleanup.h"
#include "denial/fold.h"
#include "denial/kernel.h"
#include "denial/sentence.h"
#include "options.h"
#include "systemd/unit.h"

#include <linux/seccomp.h>
#include <string.h>

struct refusals {
	const char *unit;
	const struct policy *policy;
	struct denial_kernel *kernel;
	struct fold *fold;
	uint64_t count;
	/* where the fold tells to, one at a time */
	FILE *out;
	struct json_writer *json;
};

void refusals_freep(struct refusals **at)
{
	struct refusals *refusals = *at;

	if (!refusals)
		return;
	denial_kernel_closep(&refusals->kernel);
	fold_freep(&refusals->fold);
	free(refusals);
	*at = NULL;
}

static bool is_of_unit(void *context, const struct denial_event *event)
{
	const struct refusals *refusals = context;

	return control_group_has(event->cgroup, refusals->unit);
}

static bool is_intended(const struct policy *policy, const struct denial *denial)
{
	const struct rule *rule =
		denial->has_abi ? policy_find(policy, denial->abi, denial->nr, NULL) : NULL;

	return rule && rule->action != SECCOMP_RET_ALLOW && rule->action == denial->action;
}

static int add_denial(void *context, const struct denial *denial, uint64_t count, struct error *err)
{
	struct refusals *refusals = context;

	if (is_intended(refusals->policy, denial))
		return 0;
	refusals->count += count;
	return fold_add(refusals->fold, denial, count, err);
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

	(void)err;
	if (refusals->json)
		write_group(refusals->json, group);
	else if (refusals->out)
		sentence_print(
			refusals->out, group, count,
			&(struct sentence_options){ .with_colour = use_colour(refusals->out) });
	return 0;
}

int refusals_open(const char *unit, const struct policy *policy, struct refusals **result,
		  struct error *err)
{
	_cleanup_(refusals_freep) struct refusals *refusals = calloc(1, sizeof(*refusals));
	int r;

	if (!refusals)
		return error_oom(err);
	refusals->unit = unit;
	refusals->policy = policy;
	refusals->fold = fold_new(tell, refusals);
	if (!refusals->fold)
		return error_oom(err);
	r = denial_kernel_open(&(struct denial_kernel_events){ .denial = add_denial,
							       .wants = is_of_unit,
							       .context = refusals },
			       &refusals->kernel, err);
	if (r < 0)
		return r;
	*result = take(refusals);
	return 0;
}

int refusals_finish(struct refusals *refusals, struct error *err)
{
	int r;

	denial_kernel_stop(refusals->kernel);
	r = denial_kernel_read(refusals->kernel, err);
	return r < 0 ? r : denial_kernel_sweep(refusals->kernel, err);
}

uint64_t refusals_count(const struct refusals *refusals)
{
	return refusals ? refusals->count : 0;
}

void refusals_print(struct refusals *refusals, FILE *out)
{
	struct error ignored = { 0 };

	refusals->out = out;
	fold_tell(refusals->fold, 0, 0, &ignored);
}

void refusals_write_json(struct refusals *refusals, struct json_writer *json, const char *key)
{
	struct error ignored = { 0 };

	json_write_array(json, key);
	refusals->json = json;
	if (refusals->count)
		fold_tell(refusals->fold, 0, 0, &ignored);
	refusals->json = NULL;
	json_write_end_array(json);
}
