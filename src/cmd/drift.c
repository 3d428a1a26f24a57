// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle drift`: reports the effect of an upgrade on a unit before its restart: the objects that have
 * changed since the recording, and the system calls that the new ones can make and the unit's policy
 * denies. A package manager's hook may run it; it restarts nothing.
 */
#include "cmd/commands.h"
#include "cmd/report.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/print.h"
#include "guard/journal_entries.h"
#include "policy/policy.h"
#include "reach/code/cache.h"
#include "reach/graph/drift.h"
#include "store/store.h"
#include "syscall/syscall.h"
#include "systemd/unit.h"
#include "unit/within.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/utsname.h>
#include <sysexits.h>

struct drift_options {
	const char *recording, *policy, *state;
	bool json, quiet, journal;
};

#define FIELD(member) offsetof(struct drift_options, member)

static const struct option_row drift_options[] = {
	{ 'r', "recording", OPTION_STRING, "FILE",
	  "compare with this recording instead of the managed unit's", FIELD(recording), VALUE_FILE,
	  NULL },
	{ 'P', "policy", OPTION_STRING, "FILE", "the applied policy; only with --recording",
	  FIELD(policy), VALUE_FILE, NULL },
	{ 'q', "quiet", OPTION_FLAG, NULL, "print nothing if nothing has changed", FIELD(quiet),
	  VALUE_ANY, NULL },
	{ 0, "journal", OPTION_FLAG, NULL, "also write each changed unit to the journal",
	  FIELD(journal), VALUE_ANY, NULL },
	{ 0, "state", OPTION_STRING, "DIRECTORY",
	  "whittle's state directory (default: " STORE_DIRECTORY ")", FIELD(state), VALUE_DIRECTORY,
	  NULL },
	{ 'j', "json", OPTION_FLAG, NULL, "print an array of JSON objects", FIELD(json), VALUE_ANY,
	  NULL },
	OPTION_END,
};

struct look {
	const struct drift_options *options;
	struct json_writer json;
	bool has_drift;
	bool lacks_recording; /* of some unit */
};

/* Whether the policy allows the call, for some arguments at least. */
static bool is_allowed(const struct policy *policy, const struct reach_call *call)
{
	size_t count;
	const struct rule *rule = policy ? policy_find(policy, call->abi, call->nr, &count) : NULL;

	for (size_t i = 0; rule && i < count; i++)
		if (rule_allows(&rule[i]))
			return true;
	return false;
}

/* A changed part that is not a file: the kernel or the service manager. */
struct changed_version {
	const char *what, *was;
	char is[128];
};
#define VERSIONS 2

static bool run_has(const struct recording *recording, bool is_kernel, const char *now,
		    const char **other)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	*other = NULL;
	for (size_t i = 0; i < count; i++) {
		const char *was = is_kernel ? runs[i]->kernel : runs[i]->systemd;

		if (was && strcmp(was, now) == 0)
			return true;
		if (was)
			*other = was;
	}
	return false;
}

/* Finds a kernel or service manager whose version no run was recorded with. Returns the count. */
static size_t find_versions(const struct recording *recording,
			    struct changed_version versions[VERSIONS])
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	struct error ignored = { 0 };
	struct utsname kernel;
	size_t count = 0;
	const char *was;

	if (uname(&kernel) == 0 && !run_has(recording, true, kernel.release, &was) && was) {
		versions[count] = (struct changed_version){ .what = "the kernel", .was = was };
		snprintf(versions[count++].is, sizeof(versions->is), "%s", kernel.release);
	}
	if (manager_open(&manager, &ignored) == 0 &&
	    !run_has(recording, false, manager_version(manager), &was) && was) {
		versions[count] = (struct changed_version){ .what = "systemd", .was = was };
		snprintf(versions[count++].is, sizeof(versions->is), "%s",
			 manager_version(manager));
	}
	return count;
}

static void print_call(const struct reach_call *call)
{
	size_t length = 0, shown = 0;

	while (call->path[length])
		length++;
	print_text(stdout, "    %s:", syscall_name(call->abi, call->nr));
	for (size_t i = 0; i < length; i++) {
		/* Data objects and the middle of a long path are left out. */
		if (strchr(call->path[i], '['))
			continue;
		if (shown == 3 && length > i + 3) {
			fputs(" > ...", stdout);
			i = length - 3;
		}
		print_text(stdout, "%s%s", shown++ ? " > " : " ", call->path[i]);
	}
	putchar('\n');
}

static void print_drift(const char *name, const struct drift *drift, const char *settings,
			const struct policy *policy, const struct changed_version *versions,
			size_t versions_count)
{
	size_t refused = 0;

	if (settings)
		print_text(stdout,
			   "%s: the unit's own settings have changed since the policy was applied: "
			   "%s\n  'whittle apply' enforces the policy within the new ones.\n",
			   name, settings);
	if (settings && !drift->objects_count && !versions_count)
		return;
	if (!drift->objects_count && !versions_count) {
		print_text(stdout, "%s: nothing has changed since the recording\n", name);
		return;
	}
	print_text(stdout, "%s: changed since the recording:\n", name);
	for (size_t i = 0; i < versions_count; i++)
		print_text(stdout, "    %s: was %s, is now %s\n", versions[i].what, versions[i].was,
			   versions[i].is);
	for (size_t i = 0; i < drift->objects_count; i++)
		print_text(stdout, "    %s%s\n", drift->objects[i].path,
			   drift->objects[i].is ? "" : " (missing, or without a build-id)");
	for (size_t i = 0; drift->calls && i < drift->calls->calls_count; i++) {
		const struct reach_call *call = &drift->calls->calls[i];

		if (is_allowed(policy, call))
			continue;
		if (refused++ == 0)
			puts(policy ? "  They can make these calls, which the policy denies:"
				    : "  They can make these calls, which were never observed:");
		print_call(call);
	}
	if (!refused && drift->calls)
		puts("  They can make no call that the policy denies.");
	for (size_t i = 0; i < drift->unread_count; i++)
		print_text(stdout, "  Not followed: %s\n", drift->unread[i]);
	printf("  Before the restart, record the unit again or run 'whittle decide' on its recording.\n");
}

static void print_json(struct json_writer *json, const char *name, const struct drift *drift,
		       const char *settings, const struct policy *policy,
		       const struct changed_version *versions, size_t versions_count)
{
	json_write_object_line(json, NULL);
	json_write_string(json, "unit", name);
	if (settings)
		json_write_string(json, "own_settings", settings);
	json_write_array(json, "changed");
	for (size_t i = 0; i < drift->objects_count; i++) {
		json_write_object_line(json, NULL);
		json_write_string(json, "path", drift->objects[i].path);
		json_write_string(json, "was", drift->objects[i].was);
		json_write_string(json, "is", drift->objects[i].is);
		json_write_end_object(json);
	}
	json_write_end_array(json);
	json_write_array(json, "versions");
	for (size_t i = 0; i < versions_count; i++) {
		json_write_object_line(json, NULL);
		json_write_string(json, "what", versions[i].what);
		json_write_string(json, "was", versions[i].was);
		json_write_string(json, "is", versions[i].is);
		json_write_end_object(json);
	}
	json_write_end_array(json);
	json_write_array(json, "calls");
	for (size_t i = 0; drift->calls && i < drift->calls->calls_count; i++) {
		const struct reach_call *call = &drift->calls->calls[i];

		if (is_allowed(policy, call))
			continue;
		json_write_object_line(json, NULL);
		json_write_string(json, "name", syscall_name(call->abi, call->nr));
		json_write_string(json, "abi", abi_info(call->abi)->name);
		json_write_array_line(json, "path");
		for (char **at = call->path; *at; at++)
			json_write_string(json, NULL, *at);
		json_write_end_array(json);
		json_write_end_object(json);
	}
	json_write_end_array(json);
	json_write_array(json, "not_followed");
	for (size_t i = 0; i < drift->unread_count; i++)
		json_write_string(json, NULL, drift->unread[i]);
	json_write_end_array(json);
	json_write_end_object(json);
}

/* The values of the journal's fields: words separated by spaces. */
static char *list_objects(const struct drift *drift, const char *settings,
			  const struct changed_version *versions, size_t versions_count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < drift->objects_count; i++)
		print_text(out, "%s ", drift->objects[i].path);
	for (size_t i = 0; i < versions_count; i++)
		print_text(out, "%s ", versions[i].what);
	if (settings)
		print_text(out, "%s ", settings);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static char *list_refused(const struct drift *drift, const struct policy *policy, size_t *count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	*count = 0;
	if (!out)
		return NULL;
	for (size_t i = 0; drift->calls && i < drift->calls->calls_count; i++) {
		const struct reach_call *call = &drift->calls->calls[i];

		if (!is_allowed(policy, call))
			print_text(out, "%s%s", (*count)++ ? " " : "",
				   syscall_name(call->abi, call->nr));
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int tell_journal(const char *name, const struct drift *drift, const char *settings,
			const struct policy *policy, const struct changed_version *versions,
			size_t versions_count, struct error *err)
{
	size_t refused;
	_cleanup_free_ char *objects = list_objects(drift, settings, versions, versions_count);
	_cleanup_free_ char *calls = list_refused(drift, policy, &refused);
	char sentence[256];

	if (!objects || !calls)
		return error_oom(err);
	snprintf(
		sentence, sizeof(sentence),
		"%zu file%s%s changed since the recording and can make %zu system call%s that the policy "
		"denies",
		drift->objects_count, drift->objects_count == 1 ? "" : "s",
		versions_count		    ? " and the system have"
		: drift->objects_count == 1 ? " has"
					    : " have",
		refused, refused == 1 ? "" : "s");
	if (settings && !drift->objects_count && !versions_count)
		snprintf(sentence, sizeof(sentence),
			 "the unit's own settings have changed since the policy was applied: %s",
			 settings);
	journal_entries_drift(name, objects, calls, sentence);
	return 0;
}

static int look_at(struct look *look, const char *name, const char *recording_path,
		   const char *policy_path, bool is_unit, struct error *err)
{
	_cleanup_(recording_freep) struct recording *recording = NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_(drift_clean) struct drift drift = { 0 };
	_cleanup_free_ char *cache = cache_directory();
	_cleanup_free_ char *settings = NULL;
	struct changed_version versions[VERSIONS];
	size_t versions_count;
	bool has_drift;
	int r = recording_read(recording_path, &recording, err);

	if (r == 0 && policy_path)
		r = policy_read(policy_path, &policy, err);
	if (r == 0)
		r = drift_objects(recording, &drift, err);
	if (r == 0)
		r = drift_calls(recording, cache, &drift, err);
	if (r == 0 && is_unit)
		r = within_drift(name, &settings, err);
	if (r < 0)
		return r;
	versions_count = find_versions(recording, versions);
	has_drift = drift.objects_count || versions_count || settings;
	look->has_drift |= has_drift;
	if (look->options->journal && has_drift &&
	    tell_journal(name, &drift, settings, policy, versions, versions_count, err) < 0)
		return err->code;
	if (look->options->json)
		print_json(&look->json, name, &drift, settings, policy, versions, versions_count);
	else if (has_drift || !look->options->quiet)
		print_drift(name, &drift, settings, policy, versions, versions_count);
	return 0;
}

static bool is_asked_for(const char *unit, char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], unit) == 0)
			return true;
	return count == 0;
}

/* Without a recording nothing is known about the files that the policy was decided for. The journal gets no entry
 * each day for that. */
static void note_missing(struct look *look, const char *unit)
{
	if (look->options->journal)
		return;
	report_warning(
		"%s: it has no recording, so changed files cannot be found; apply its policy "
		"with --recording",
		unit);
	look->lacks_recording = true;
}

/* Checks the managed units that were named, or all. */
static int look_at_units(struct look *look, char *const *names, size_t count, struct error *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	struct managed_unit *managed_units = NULL;
	size_t cares_count = 0, found = 0;
	int r = store_open_reading(look->options->state, &store, err);

	/* There are no managed units, and none was named. */
	if (r == -ENOENT && count == 0) {
		error_clear(err);
		return 0;
	}
	if (r == 0)
		r = store_list(store, &managed_units, &cares_count, err);
	for (size_t i = 0; r == 0 && i < cares_count; i++) {
		if (!is_asked_for(managed_units[i].unit, names, count))
			continue;
		found++;
		if (!managed_units[i].recording)
			note_missing(look, managed_units[i].unit);
		else
			r = look_at(look, managed_units[i].unit, managed_units[i].recording,
				    managed_units[i].policy, true, err);
	}
	managed_units_free(managed_units, cares_count);
	if (r == 0 && found < count)
		return error_set(
			err, -ENOENT,
			"some of the named units are not managed by whittle; 'whittle status' "
			"lists the managed ones");
	return r;
}

static int look_at_all(struct look *look, char *operands[], int count, struct error *err)
{
	const struct drift_options *options = look->options;
	char *names[64] = { 0 };
	int r = 0;

	if (options->recording)
		return look_at(look, count ? operands[0] : options->recording, options->recording,
			       options->policy, false, err);
	if (count > (int)ARRAY_SIZE(names))
		return error_set(err, -E2BIG, "more than %zu units", ARRAY_SIZE(names));
	for (int i = 0; r == 0 && i < count; i++)
		r = unit_name_complete(operands[i], &names[i], err);
	if (r == 0)
		r = look_at_units(look, names, (size_t)count, err);
	for (int i = 0; i < count; i++)
		free(names[i]);
	return r;
}

static int cmd_drift(int argc, char *argv[])
{
	struct drift_options options = { 0 };
	struct look look = { .options = &options, .json = json_writer(stdout) };
	struct error err = { 0 };
	int first, r;

	if (options_parse(&command_drift, argc, argv, &options, &first, &err) < 0)
		return report_usage(&command_drift, &err);
	if (options.policy && !options.recording) {
		error_set(&err, -EINVAL, "--policy needs --recording");
		return report_usage(&command_drift, &err);
	}
	if (options.json)
		json_write_array(&look.json, NULL);
	if (look_at_all(&look, argv + first, argc - first, &err) < 0)
		return report(&err);
	if (options.json)
		json_write_end_array(&look.json);
	r = report_finish_output();
	if (!r && look.lacks_recording)
		return EX_NOINPUT;
	return r ? r : look.has_drift ? 1 : 0;
}

static const struct renamed_option drift_renamed[] = {
	{ "-p", "--policy" },
	{ NULL, NULL },
};

const struct command command_drift = {
	.name = "drift",
	.group = GROUP_ANALYSIS,
	.run = cmd_drift,
	.summary = "report upgrades that affect a unit's policy",
	.usage =
		"[OPTION]... [UNIT]...\n       whittle drift [OPTION]... --recording FILE [--policy FILE]",
	.options = drift_options,
	.description =
		"Compares the build-ids of the recorded program and libraries with those of the\n"
		"installed ones. For the changed files it lists the system calls that they can make and\n"
		"the unit's policy denies. Without UNIT it checks every managed unit. The exit code is 0\n"
		"if nothing has changed, 1 if something has.",
	.operand = VALUE_UNIT,
	.renamed = drift_renamed,
};
