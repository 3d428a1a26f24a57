// SPDX-License-Identifier: LGPL-2.1-or-later
/* What `whittle apply` leaves in the store, so that status, drift, learn and the guard know the unit as if harden had led
 * it there. */
#include "harden/harden.h"

#include "common/cleanup.h"
#include "recording/recording.h"
#include "unit/progress.h"

#include <errno.h>
#include <string.h>

static bool has_run(const struct recording *recording, const char *id)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	for (size_t i = 0; i < count; i++)
		if (strcmp(runs[i]->id, id) == 0)
			return true;
	return false;
}

/* Whether the policy was decided from runs of this recording alone. */
static bool has_all_runs(const struct recording *recording, const struct policy *policy)
{
	for (size_t i = 0; i < policy->recordings_count; i++)
		if (!has_run(recording, policy->recordings[i]))
			return false;
	return policy->recordings_count > 0;
}

static int read_all(const char *const *paths, struct recording **result, struct error *err)
{
	_cleanup_(recording_freep) struct recording *all = recording_new();
	int r = all ? 0 : error_oom(err);

	for (; r == 0 && *paths; paths++) {
		_cleanup_(recording_freep) struct recording *one = NULL;

		r = recording_read(*paths, &one, err);
		if (r == 0)
			r = recording_merge(all, one, err);
	}
	if (r == 0)
		*result = take(all);
	return r;
}

/* The recordings that were named, or that the store has; NULL: none that belongs to the policy. */
static int find_recording(const struct harden_applied *applied,
			  const struct managed_unit *managed_unit, struct recording **recording,
			  struct error *err)
{
	const char *const paths[] = { managed_unit->recording, applied->nearby };
	struct error absent = { 0 };
	int r;

	*recording = NULL;
	if (applied->recordings) {
		r = read_all(applied->recordings, recording, err);
		if (r < 0 || has_all_runs(*recording, applied->policy))
			return r;
		return error_set(err, -EINVAL,
				 "%s: the policy was decided from runs that are not in the named "
				 "recordings",
				 applied->recordings[0]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(paths) && !*recording; i++) {
		if (!paths[i] || recording_read(paths[i], recording, &absent) < 0)
			continue;
		if (!has_all_runs(*recording, applied->policy))
			recording_freep(recording);
	}
	return absent.code == -ENOMEM ? error_oom(err) : 0;
}

int harden_check_recordings(const struct harden_applied *applied, struct error *err)
{
	_cleanup_(recording_freep) struct recording *recording = NULL;

	return applied->recordings
		       ? find_recording(applied, &(struct managed_unit){ 0 }, &recording, err)
		       : 0;
}

static int set(char **field, const char *value, struct error *err)
{
	char *copy = strdup(value);

	if (!copy)
		return error_oom(err);
	free(*field);
	*field = copy;
	return 0;
}

/* The policy and the recordings move into the store's directory: the user's files may go. */
static int save_files(struct store *store, const struct harden_applied *applied,
		      struct managed_unit *managed_unit, bool *has_recording, struct error *err)
{
	_cleanup_(recording_freep) struct recording *recording = NULL;
	_cleanup_free_ char *policy_path = store_path(store, applied->unit, ".policy");
	_cleanup_free_ char *path = store_path(store, applied->unit, ".rec");
	int r = policy_path && path ? find_recording(applied, managed_unit, &recording, err)
				    : error_oom(err);

	*has_recording = recording;
	if (r == 0)
		r = policy_save(applied->policy, policy_path, 0600, err);
	if (r == 0)
		r = set(&managed_unit->policy, policy_path, err);
	if (r < 0)
		return r;
	if (!recording) {
		free(managed_unit->recording);
		managed_unit->recording = NULL;
		return 0;
	}
	r = recording_save(recording, path, 0600, err);
	return r < 0 ? r : set(&managed_unit->recording, path, err);
}

static int note(struct store *store, const struct harden_applied *applied, bool *has_recording,
		struct error *err)
{
	_cleanup_(managed_unit_clean) struct managed_unit managed_unit = { 0 };
	int r = store_get(store, applied->unit, &managed_unit, err);

	/* A trial of a unit that is not managed leaves nothing behind. */
	if (r == -ENOENT && applied->is_trial) {
		error_clear(err);
		return 0;
	}
	if (r == -ENOENT) {
		error_clear(err);
		managed_unit = (struct managed_unit){ .reaction = REACTION_REPORT };
		r = set(&managed_unit.unit, applied->unit, err);
	}
	if (r == 0 && !applied->is_trial)
		r = save_files(store, applied, &managed_unit, has_recording, err);
	if (r == 0)
		r = set(&managed_unit.note,
			applied->is_trial ? "'whittle apply --trial' logs calls, and denies none"
			: applied->deadline_us ? "'whittle apply --keep' confirms the policy"
					       : "'whittle apply' enforces the policy",
			err);
	if (r < 0)
		return r;
	managed_unit.stage = applied->is_trial	    ? STAGE_ROLLED_BACK
			     : applied->deadline_us ? STAGE_ENFORCE
						    : STAGE_GUARDED;
	managed_unit.is_two_phase = applied->is_two_phase;
	managed_unit.since_us = progress_now_us();
	managed_unit.deadline_us = applied->deadline_us;
	return store_put(store, &managed_unit, err);
}

int harden_note_apply(const char *directory, const struct harden_applied *applied,
		      bool *has_recording, struct error *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	int r = store_open(directory, &store, err);

	*has_recording = false;
	return r < 0 ? r : note(store, applied, has_recording, err);
}
