// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle status`: shows the stage and state of every managed unit. */
#include "cmd/commands.h"
#include "cmd/report.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/print.h"
#include "common/utf8.h"
#include "policy/policy.h"
#include "reach/graph/drift.h"
#include "store/store.h"
#include "systemd/unit.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

struct status_options {
	const char *state;
	bool json;
};

static const struct option_row status_options[] = {
	{ 0, "state", OPTION_STRING, "DIRECTORY",
	  "whittle's state directory (default: " STORE_DIRECTORY ")",
	  offsetof(struct status_options, state), VALUE_DIRECTORY, NULL },
	{ 'j', "json", OPTION_FLAG, NULL, "print an array of JSON objects",
	  offsetof(struct status_options, json), VALUE_ANY, NULL },
	OPTION_END,
};

/* The printed state of a unit. */
struct standing {
	const struct managed_unit *managed_unit;
	size_t allowed; /* calls of its policy */
	bool has_policy;
	uint64_t denials;
	size_t changed; /* objects */
	char *trouble; /* why a part is unknown, or NULL */
};

static int note_trouble(struct standing *standing, struct error *failure, struct error *err)
{
	if (failure->code == -ENOMEM)
		return error_oom(err);
	if (!standing->trouble)
		standing->trouble = strdup(failure->message);
	error_clear(failure);
	return standing->trouble ? 0 : error_oom(err);
}

static int count_allowed(struct standing *standing, struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct error failure = { 0 };

	if (!standing->managed_unit->policy)
		return 0;
	if (policy_read(standing->managed_unit->policy, &policy, &failure) < 0)
		return note_trouble(standing, &failure, err);
	standing->has_policy = true;
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];

		/* Several rules of one call count once. */
		standing->allowed += rule->action == SECCOMP_RET_ALLOW &&
				     (i == 0 || rule_compare_call(&rule[-1], rule) != 0);
	}
	return 0;
}

static int count_changed(struct standing *standing, struct error *err)
{
	_cleanup_(recording_freep) struct recording *recording = NULL;
	struct drift drift = { 0 };
	struct error failure = { 0 };
	int r;

	if (!standing->managed_unit->recording)
		return 0;
	r = recording_read(standing->managed_unit->recording, &recording, &failure);
	if (r == 0)
		r = drift_objects(recording, &drift, &failure);
	standing->changed = drift.objects_count;
	drift_clean(&drift);
	return r < 0 ? note_trouble(standing, &failure, err) : 0;
}

static int look(struct store *store, const struct managed_unit *managed_unit,
		struct standing *standing, struct error *err)
{
	struct store_denial *denials;
	size_t count;
	int r = store_denials(store, managed_unit->unit, &denials, &count, err);

	*standing = (struct standing){ .managed_unit = managed_unit };
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		standing->denials += denials[i].count;
	store_denials_free(denials, count);
	r = count_allowed(standing, err);
	return r < 0 ? r : count_changed(standing, err);
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* "3 d", "2 h", "5 min", "40 s": how long ago. */
static const char *age(uint64_t then_us, char *buffer, size_t size)
{
	static const struct {
		uint64_t seconds;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" } };
	uint64_t now = now_us(), seconds = now > then_us ? (now - then_us) / 1000000 : 0;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (seconds < units[i].seconds)
			continue;
		snprintf(buffer, size, "%" PRIu64 " %s", seconds / units[i].seconds, units[i].unit);
		return buffer;
	}
	snprintf(buffer, size, "%" PRIu64 " s", seconds);
	return buffer;
}

static void print_standing(const struct standing *standing)
{
	const struct managed_unit *managed_unit = standing->managed_unit;
	char text[32];

	print_text(stdout, "%s: %s for %s\n", managed_unit->unit,
		   managed_unit_stage_name(managed_unit->stage),
		   age(managed_unit->since_us, text, sizeof(text)));
	if (managed_unit->note) {
		fputs("    ", stdout);
		utf8_print_safe(stdout, managed_unit->note);
		putchar('\n');
	}
	if (standing->has_policy)
		print_text(stdout, "    allows    %zu system calls%s\n", standing->allowed,
			   managed_unit->is_two_phase ? ", fewer while serving" : "");
	if (managed_unit->new_us)
		print_text(stdout, "    last new  %s, %s ago\n", managed_unit->new_name,
			   age(managed_unit->new_us, text, sizeof(text)));
	print_text(stdout, "    denials   %" PRIu64 "%s; reaction: %s\n", standing->denials,
		   standing->denials ? " (review them with 'whittle learn')" : "",
		   managed_unit_reaction_name(managed_unit->reaction));
	if (standing->changed)
		print_text(
			stdout,
			"    drift     %zu object%s changed since the recording ('whittle drift %s' shows "
			"the effect)\n",
			standing->changed, standing->changed == 1 ? " has" : "s have",
			managed_unit->unit);
	if (standing->trouble) {
		fputs("    unknown   ", stdout);
		utf8_print_safe(stdout, standing->trouble);
		putchar('\n');
	}
}

static void print_json(struct json_writer *json, const struct standing *standing)
{
	const struct managed_unit *managed_unit = standing->managed_unit;

	json_write_object_line(json, NULL);
	json_write_string(json, "unit", managed_unit->unit);
	json_write_string(json, "stage", managed_unit_stage_name(managed_unit->stage));
	json_write_uint(json, "since_us", managed_unit->since_us);
	json_write_string(json, "note", managed_unit->note);
	if (standing->has_policy)
		json_write_uint(json, "allowed", standing->allowed);
	json_write_string(json, "last_new", managed_unit->new_name);
	json_write_uint(json, "last_new_us", managed_unit->new_us);
	json_write_uint(json, "denials", standing->denials);
	json_write_string(json, "on_denial", managed_unit_reaction_name(managed_unit->reaction));
	json_write_bool(json, "two_phase", managed_unit->is_two_phase);
	json_write_uint(json, "changed_objects", standing->changed);
	json_write_string(json, "recording", managed_unit->recording);
	json_write_string(json, "policy", managed_unit->policy);
	json_write_string(json, "trouble", standing->trouble);
	json_write_end_object(json);
}

static int tell(const struct status_options *options, struct store *store,
		const struct managed_unit *managed_units, size_t count, struct error *err)
{
	struct json_writer json = json_writer(stdout);

	if (options->json)
		json_write_array(&json, NULL);
	for (size_t i = 0; i < count; i++) {
		struct standing standing;
		int r = look(store, &managed_units[i], &standing, err);

		if (r == 0 && options->json)
			print_json(&json, &standing);
		else if (r == 0)
			print_standing(&standing);
		free(standing.trouble);
		if (r < 0)
			return r;
	}
	if (options->json)
		json_write_end_array(&json);
	else if (count == 0)
		puts("There are no managed units. 'whittle harden UNIT' starts managing one.");
	return 0;
}

static int status(const struct status_options *options, char *operands[], int count,
		  struct error *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	_cleanup_free_ char *unit = NULL;
	struct managed_unit *managed_units = NULL;
	size_t cares_count = 0;
	int r = count ? unit_name_complete(operands[0], &unit, err) : 0;

	if (r == 0)
		r = store_open_reading(options->state, &store, err);
	/* Without a state there are no managed units. */
	if (r == -ENOENT && !unit) {
		error_clear(err);
		return tell(options, NULL, NULL, 0, err);
	}
	if (r == 0 && unit) {
		managed_units = calloc(1, sizeof(*managed_units));
		cares_count = 1;
		r = managed_units ? store_get(store, unit, managed_units, err) : error_oom(err);
	} else if (r == 0) {
		r = store_list(store, &managed_units, &cares_count, err);
	}
	if (r == -ENOENT)
		error_set(err, r,
			  "%s is not managed by whittle; 'whittle status' lists the managed units",
			  unit);
	if (r == 0)
		r = tell(options, store, managed_units, cares_count, err);
	managed_units_free(managed_units, cares_count);
	return r;
}

static int cmd_status(int argc, char *argv[])
{
	struct status_options options = { 0 };
	struct error err = { 0 };
	int first;

	if (options_parse(&command_status, argc, argv, &options, &first, &err) < 0)
		return report_usage(&command_status, &err);
	if (argc - first > 1) {
		error_set(&err, -EINVAL, "name at most one unit");
		return report_usage(&command_status, &err);
	}
	if (status(&options, argv + first, argc - first, &err) < 0)
		return report(&err);
	return report_finish_output();
}

const struct command command_status = {
	.name = "status",
	.group = GROUP_START,
	.run = cmd_status,
	.summary = "show the stage and state of every managed unit",
	.usage = "[OPTION]... [UNIT]",
	.options = status_options,
	.description =
		"Prints for each unit its stage and the condition to continue, the number of calls that\n"
		"its policy allows, the latest newly observed call, its denials, and the number of\n"
		"program files and libraries that have changed since the recording.",
	.operand = VALUE_UNIT,
};
