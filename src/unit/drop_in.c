// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The record is a directory: /var/lib/whittle/UNIT, or /run/whittle/UNIT for a drop-in in /run, which
 * does not survive a boot either.
 *
 *	before      the file at the drop-in's path before the first apply, with its mode, owner and
 *	            time; absent if there was none
 *	state.json  marks the record as complete, and notes whether the drop-in's directory existed;
 *	            written last, removed first
 *	written     the file that whittle was about to write
 *	replaced    the file that it was about to replace
 *	policy      the policy of the last successful apply
 *	within      the unit's own settings at that time (within.c)
 *	serving-*   the policies that two-phase drop-ins name
 *
 * `written` and `replaced` distinguish whittle's own file from an edited one, even if whittle was killed
 * between the record and the rename.
 */
#include "unit/drop_in.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "unit/file_snapshot.h"
#include "unit/two_phase.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define RECORD_VERSION 1

struct drop_in {
	char *unit;
	char *directory; /* /etc/systemd/system/UNIT.d */
	char *path; /* the drop-in in it */
	char *record; /* /var/lib/whittle/UNIT */
	struct file_snapshot former; /* at the opening */
	bool directory_existed; /* at the opening */
	bool has_record; /* at the opening */
	bool record_is_new; /* made by drop_in_install */
	bool made_directory; /* likewise */
	/* from the record */
	bool record_directory_existed;
	struct file_snapshot before, written, replaced, within;
	/* the text for the next record; its bytes are the caller's */
	struct file_snapshot next_within;
	/* a policy that goes into the record; its name and bytes are the caller's */
	const char *serving_name;
	struct file_snapshot serving;
};

void drop_in_closep(struct drop_in **at)
{
	struct drop_in *drop_in = *at;

	if (!drop_in)
		return;
	free(drop_in->unit);
	free(drop_in->directory);
	free(drop_in->path);
	free(drop_in->record);
	file_snapshot_clean(&drop_in->former);
	file_snapshot_clean(&drop_in->before);
	file_snapshot_clean(&drop_in->written);
	file_snapshot_clean(&drop_in->replaced);
	file_snapshot_clean(&drop_in->within);
	free(drop_in);
	*at = NULL;
}

const char *drop_in_path(const struct drop_in *drop_in)
{
	return drop_in->path;
}

const char *drop_in_text(const struct drop_in *drop_in)
{
	return drop_in->former.kind == SNAPSHOT_FILE ? drop_in->former.data : NULL;
}

bool drop_in_is_applied(const struct drop_in *drop_in)
{
	return drop_in->has_record;
}

bool drop_in_is_edited(const struct drop_in *drop_in)
{
	return drop_in->has_record && !file_snapshot_same(&drop_in->former, &drop_in->before) &&
	       !file_snapshot_same(&drop_in->former, &drop_in->written) &&
	       !file_snapshot_same(&drop_in->former, &drop_in->replaced);
}

static int make_directory(const char *path, mode_t mode, bool *made, struct error *err)
{
	*made = mkdir(path, mode) == 0;
	if (!*made && errno != EEXIST)
		return error_set_errno(err, -errno, "%s: can't be made", path);
	/* The exact mode, whatever the caller's umask is. */
	if (*made && chmod(path, mode) < 0)
		return error_set_errno(err, -errno, "%s", path);
	return 0;
}

static int open_directory(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? error_set_errno(err, -errno, "%s", path) : fd;
}

int drop_in_lock(const char *root, const char *unit, struct error *err)
{
	_cleanup_free_ char *directory = NULL, *path = NULL;
	_cleanup_close_ int lock = -1;
	bool made;
	int r;

	if (asprintf(&directory, "%s/run/whittle", root) < 0 ||
	    asprintf(&path, "%s/%s.lock", directory, unit) < 0)
		return error_oom(err);
	r = make_directory(directory, 0700, &made, err);
	if (r < 0)
		return r;
	/* The file stays: removing it would break another process that waits for the lock. */
	lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (lock < 0)
		return error_set_errno(err, -errno, "%s", path);
	if (flock(lock, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, errno == EWOULDBLOCK ? -EBUSY : -errno,
				 "unit %s: another whittle process is changing it; try again later",
				 unit);
	return take_fd(&lock);
}

static int read_former(struct drop_in *drop_in, struct error *err)
{
	_cleanup_close_ int fd = open(drop_in->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_set_errno(err, -errno, "%s", drop_in->directory);
	drop_in->directory_existed = true;
	return file_snapshot_read(fd, drop_in->directory, DROP_IN_NAME, &drop_in->former, err);
}

static int parse_state(struct drop_in *drop_in, const struct file_snapshot *state,
		       struct error *err)
{
	static const char *const keys[] = { "version", "unit", "drop_in", "directory_existed",
					    NULL };
	_cleanup_(json_freep) json_t *root = NULL;
	struct json_at at;
	uint64_t version;
	char name[512];
	int r;

	snprintf(name, sizeof(name), "%s/state.json", drop_in->record);
	r = json_read(name, state->data, state->size, &root, err);
	if (r < 0)
		return r;
	at = json_at_root(name, root);
	r = json_read_object(&at, keys, err);
	if (r >= 0)
		r = json_get_uint(&at, "version", RECORD_VERSION, &version, err);
	if (r >= 0)
		r = json_get_bool(&at, "directory_existed", &drop_in->record_directory_existed,
				  err);
	return r;
}

static int read_record(struct drop_in *drop_in, struct error *err)
{
	_cleanup_(file_snapshot_clean) struct file_snapshot state = { 0 };
	_cleanup_close_ int fd = open(drop_in->record, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct {
		const char *name;
		struct file_snapshot *saved;
	} files[] = {
		{ "before", &drop_in->before },
		{ "written", &drop_in->written },
		{ "replaced", &drop_in->replaced },
		{ "within", &drop_in->within },
	};
	int r;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_set_errno(err, -errno, "%s", drop_in->record);
	r = file_snapshot_read(fd, drop_in->record, "state.json", &state, err);
	if (r < 0 || state.kind != SNAPSHOT_FILE)
		return r;
	r = parse_state(drop_in, &state, err);
	for (size_t i = 0; i < ARRAY_SIZE(files) && r >= 0; i++)
		r = file_snapshot_read(fd, drop_in->record, files[i].name, files[i].saved, err);
	drop_in->has_record = r >= 0;
	return r;
}

int drop_in_open(const char *root, const char *unit, bool is_runtime, struct drop_in **result,
		 struct error *err)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = calloc(1, sizeof(*drop_in));
	int r;

	if (!drop_in)
		return error_oom(err);
	drop_in->unit = strdup(unit);
	if (!drop_in->unit ||
	    asprintf(&drop_in->directory, "%s/%s/systemd/system/%s.d", root,
		     is_runtime ? "run" : "etc", unit) < 0 ||
	    asprintf(&drop_in->path, "%s/%s", drop_in->directory, DROP_IN_NAME) < 0 ||
	    asprintf(&drop_in->record, "%s/%s/whittle/%s", root, is_runtime ? "run" : "var/lib",
		     unit) < 0)
		return error_oom(err);
	r = read_former(drop_in, err);
	if (r >= 0)
		r = read_record(drop_in, err);
	if (r < 0)
		return r;
	*result = take(drop_in);
	return 0;
}

int drop_in_policy(const struct drop_in *drop_in, struct policy **policy, struct error *err)
{
	_cleanup_free_ char *path = NULL;

	if (!drop_in->has_record)
		return error_set(err, -ENOENT, "unit %s: whittle has applied no policy to it",
				 drop_in->unit);
	if (asprintf(&path, "%s/policy", drop_in->record) < 0)
		return error_oom(err);
	return policy_read(path, policy, err);
}

static struct file_snapshot text_file(const char *text, size_t size)
{
	struct file_snapshot file = { .kind = SNAPSHOT_FILE, .size = size, .mode = 0644 };

	/* Only read: the pointer is not freed and its bytes are not changed. */
	file.data = (char *)(uintptr_t)text;
	clock_gettime(CLOCK_REALTIME, &file.modified);
	return file;
}

const char *drop_in_text_before(const struct drop_in *drop_in)
{
	return drop_in->has_record && drop_in->before.kind == SNAPSHOT_FILE ? drop_in->before.data
									    : NULL;
}

const char *drop_in_within(const struct drop_in *drop_in)
{
	return drop_in->has_record && drop_in->within.kind == SNAPSHOT_FILE ? drop_in->within.data
									    : NULL;
}

void drop_in_set_within(struct drop_in *drop_in, const char *text, size_t size)
{
	drop_in->next_within = text_file(text, size);
}

static int write_state(const struct drop_in *drop_in, int record, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	struct json_writer json;
	struct file_snapshot file;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return error_oom(err);
	json = json_writer(out);
	json_write_object(&json, NULL);
	json_write_uint(&json, "version", RECORD_VERSION);
	json_write_string(&json, "unit", drop_in->unit);
	json_write_string(&json, "drop_in", drop_in->path);
	json_write_bool(&json, "directory_existed", drop_in->directory_existed);
	json_write_end_object(&json);
	if (fclose(out) != 0)
		return error_oom(err);
	file = text_file(text, size);
	return file_snapshot_write(record, drop_in->record, "state.json", &file, err);
}

/* Creates the directory of the record if necessary. */
static int open_record(const struct drop_in *drop_in, struct error *err)
{
	_cleanup_free_ char *parent =
		strndup(drop_in->record, (size_t)(strrchr(drop_in->record, '/') - drop_in->record));
	bool made;
	int r;

	if (!parent)
		return error_oom(err);
	r = make_directory(parent, 0700, &made, err);
	if (r >= 0)
		r = make_directory(drop_in->record, 0700, &made, err);
	return r < 0 ? r : open_directory(drop_in->record, err);
}

static int write_record(struct drop_in *drop_in, const struct file_snapshot *text,
			struct error *err)
{
	/* A file that somebody placed there since is the one that a revert must restore. */
	bool is_new = !drop_in->has_record || drop_in_is_edited(drop_in);
	_cleanup_close_ int record = open_record(drop_in, err);
	int r = record;

	if (r >= 0)
		r = file_snapshot_write(record, drop_in->record, "replaced", &drop_in->former, err);
	if (r >= 0)
		r = file_snapshot_write(record, drop_in->record, "written", text, err);
	if (r >= 0 && is_new)
		r = file_snapshot_write(record, drop_in->record, "before", &drop_in->former, err);
	/* The record is complete from here on. */
	if (r >= 0 && is_new)
		r = write_state(drop_in, record, err);
	drop_in->record_is_new = is_new;
	if (r >= 0 && drop_in->serving_name)
		r = file_snapshot_write(record, drop_in->record, drop_in->serving_name,
					&drop_in->serving, err);
	return r < 0 ? r : 0;
}

/* Removes all recorded serving policies but the one that TEXT (NULL: none) names. */
static void sweep_serving(const struct drop_in *drop_in, const char *text)
{
	_cleanup_closedir_ DIR *record = opendir(drop_in->record);
	const struct dirent *entry;

	while (record && (entry = readdir(record)))
		if (strncmp(entry->d_name, TWO_PHASE_PREFIX, strlen(TWO_PHASE_PREFIX)) == 0 &&
		    (!text || !strstr(text, entry->d_name)))
			unlinkat(dirfd(record), entry->d_name, 0);
}

static int remove_record(const struct drop_in *drop_in, struct error *err)
{
	static const char *const names[] = { "state.json", "before", "written",
					     "replaced",   "policy", "within" };
	_cleanup_close_ int record = open(drop_in->record, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (record < 0 && errno == ENOENT)
		return 0;
	if (record < 0)
		return error_set_errno(err, -errno, "%s", drop_in->record);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (unlinkat(record, names[i], 0) < 0 && errno != ENOENT)
			return error_set_errno(err, -errno, "%s/%s: can't be removed",
					       drop_in->record, names[i]);
		file_snapshot_sweep(record, names[i], 0);
	}
	sweep_serving(drop_in, NULL);
	if (rmdir(drop_in->record) < 0 && errno != ENOENT)
		return error_set_errno(err, -errno, "%s: can't be removed", drop_in->record);
	return 0;
}

const char *drop_in_record_path(const struct drop_in *drop_in)
{
	return drop_in->record;
}

void drop_in_set_serving(struct drop_in *drop_in, const char *name, const char *text, size_t size)
{
	drop_in->serving_name = name;
	drop_in->serving = text_file(text, size);
}

int drop_in_install(struct drop_in *drop_in, const char *text, size_t size, struct error *err)
{
	struct file_snapshot file = text_file(text, size);
	_cleanup_close_ int fd = -1;
	int r = write_record(drop_in, &file, err);

	if (r >= 0)
		r = make_directory(drop_in->directory, 0755, &drop_in->made_directory, err);
	if (r < 0)
		return r;
	fd = open_directory(drop_in->directory, err);
	return fd < 0 ? fd : file_snapshot_write(fd, drop_in->directory, DROP_IN_NAME, &file, err);
}

/* Writes FILE to the drop-in's path. Removes the directory if whittle created it and it has no other
 * files. */
static int put_back(const struct drop_in *drop_in, const struct file_snapshot *file,
		    bool directory_existed, struct error *err)
{
	_cleanup_close_ int fd = open(drop_in->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0 && errno == ENOENT && file->kind == SNAPSHOT_ABSENT)
		return 0;
	if (fd < 0)
		return error_set_errno(err, -errno, "%s", drop_in->directory);
	file_snapshot_sweep(fd, DROP_IN_NAME, 0);
	r = file_snapshot_write(fd, drop_in->directory, DROP_IN_NAME, file, err);
	if (r < 0 || directory_existed)
		return r;
	if (rmdir(drop_in->directory) < 0 && errno != ENOTEMPTY && errno != EEXIST)
		return error_set_errno(err, -errno, "%s: can't be removed", drop_in->directory);
	return 0;
}

int drop_in_roll_back(struct drop_in *drop_in, struct error *err)
{
	int r = put_back(drop_in, &drop_in->former,
			 drop_in->directory_existed || !drop_in->made_directory, err);

	/* The record is removed only when nothing is left to restore. */
	if (r >= 0 && drop_in->record_is_new && !drop_in->has_record)
		r = remove_record(drop_in, err);
	else if (r >= 0)
		sweep_serving(drop_in, drop_in_text(drop_in));
	return r;
}

int drop_in_commit(struct drop_in *drop_in, const struct policy *policy, struct error *err)
{
	_cleanup_close_ int record = open_directory(drop_in->record, err);
	_cleanup_free_ char *text = NULL;
	struct file_snapshot file;
	size_t size = 0;
	FILE *out;
	int r;

	if (record < 0)
		return record;
	out = open_memstream(&text, &size);
	if (!out)
		return error_oom(err);
	r = policy_write(policy, out, err);
	if (fclose(out) != 0 && r >= 0)
		r = error_oom(err);
	if (r < 0)
		return r;
	file = text_file(text, size);
	r = file_snapshot_write(record, drop_in->record, "policy", &file, err);
	if (r >= 0)
		r = file_snapshot_write(record, drop_in->record, "within", &drop_in->next_within,
					err);
	if (r >= 0)
		sweep_serving(drop_in, drop_in->serving_name);
	return r;
}

int drop_in_restore(struct drop_in *drop_in, struct error *err)
{
	if (!drop_in->has_record)
		return error_set(err, -ENOENT, "unit %s: whittle has applied no policy to it",
				 drop_in->unit);
	return put_back(drop_in, &drop_in->before, drop_in->record_directory_existed, err);
}

int drop_in_forget(struct drop_in *drop_in, struct error *err)
{
	return remove_record(drop_in, err);
}
