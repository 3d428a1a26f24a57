// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * systemd sorts drop-ins by their file's name, whatever directory they are in, and a file hides those of
 * the same name in directories of lower rank (src/basic/conf-files.c). So whittle's drop-in may hide another
 * file, which would be read without it.
 */
#include "unit/within.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "emit/emit.h"
#include "emit/systemd.h"
#include "unit/applied.h"
#include "unit/drop_in.h"

#include <errno.h>
#include <string.h>

#define UNIT_FILE_MAX ((size_t)1 << 20)
#define WIDENED	      "# widened\n"
/* How a drop-in of whittle's begins a line: emit/systemd.c. */
#define MARK "\n# Written by whittle "

static void strings_free(char **strings)
{
	for (char **at = strings; at && *at; at++)
		free(*at);
	free(strings);
}

void within_clean(struct within *within)
{
	settings_clean(&within->settings);
	settings_clean(&within->before);
	strings_free(within->later);
	within->later = NULL;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_whittles(const char *text)
{
	return strstr(text, MARK);
}

struct loading {
	const struct unit *unit;
	struct within *within;
	struct unit_settings all; /* of every file, whittle's drop-in among them */
	bool has_own; /* that drop-in is loaded */
};

/* A file that the unit has also without whittle. */
static int add_text(struct loading *loading, const char *path, const char *text, struct error *err)
{
	int order = strcmp(name_of(path), DROP_IN_NAME);
	bool is_later = path != loading->unit->fragment && order > 0;
	int r = settings_parse(&loading->within->settings, path, text, strlen(text), err);

	if (r < 0)
		return r;
	if (!is_later)
		return settings_parse(&loading->within->before, path, text, strlen(text), err);
	r = array_add_text(&loading->within->later, strdup(path));
	return r < 0 ? error_oom(err) : 0;
}

/* What is read in the place of whittle's drop-in when that is gone: the file that it replaced, or one that it
 * hides. */
static int add_hidden(struct loading *loading, struct error *err)
{
	static const char *const places[] = { "/run/systemd/system",
					      "/usr/local/lib/systemd/system",
					      "/usr/lib/systemd/system", "/lib/systemd/system" };

	for (int is_runtime = 0; is_runtime <= 1; is_runtime++) {
		_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;
		int r = drop_in_open("", loading->unit->name, is_runtime, &drop_in, err);
		const char *before = r < 0 ? NULL : drop_in_text_before(drop_in);

		if (r < 0)
			return r;
		if (before && !is_whittles(before))
			return add_text(loading, drop_in_path(drop_in), before, err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *path = NULL, *text = NULL;
		struct error unread = { 0 };
		size_t size;

		if (asprintf(&path, "%s/%s.d/" DROP_IN_NAME, places[i], loading->unit->name) < 0) {
			path = NULL;
			return error_oom(err);
		}
		if (file_read(path, UNIT_FILE_MAX, &text, &size, &unread) == 0 &&
		    strlen(text) == size && !is_whittles(text))
			return add_text(loading, path, text, err);
	}
	return 0;
}

static int add_file(struct loading *loading, const char *path, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = file_read(path, UNIT_FILE_MAX, &text, &size, err);

	if (r < 0)
		return r;
	r = settings_parse(&loading->all, path, text, size, err);
	if (r < 0)
		return r;
	if (strcmp(name_of(path), DROP_IN_NAME) != 0 || !is_whittles(text))
		return add_text(loading, path, text, err);
	loading->has_own = true;
	return add_hidden(loading, err);
}

/* Compares what the files say with what the manager reports. */
static int check(struct loading *loading, unsigned version, struct error *err)
{
	struct within *within = loading->within;
	struct unit_settings reported;
	const char *name, *setting;
	int r;

	/* Then it has read other files. */
	if (loading->unit->needs_reload)
		return 0;
	r = settings_of_unit(loading->unit, version, &reported, err);
	if (r < 0)
		return r;
	setting = settings_difference(&loading->all, &reported, &name);
	if (setting && !loading->has_own && !within->later) {
		/* It is what the unit has without whittle, whatever the files say. */
		settings_clean(&within->settings);
		settings_clean(&within->before);
		within->settings = reported;
		return settings_of_unit(loading->unit, version, &within->before, err);
	}
	if (setting)
		r = error_set(err, -EUCLEAN,
			      "systemd reports another %s=%s%s%s than its files give: run "
			      "'systemctl daemon-reload', and look for a line that systemd "
			      "warns about in the journal",
			      setting, name ? " (" : "", name ? name : "", name ? ")" : "");
	settings_clean(&reported);
	return r;
}

static int load_files(struct loading *loading, unsigned version, struct error *err)
{
	const struct unit *unit = loading->unit;
	int r = unit->fragment && *unit->fragment ? add_file(loading, unit->fragment, err) : 0;

	for (char **at = unit->drop_ins; r == 0 && at && *at; at++)
		r = add_file(loading, *at, err);
	return r < 0 ? r : check(loading, version, err);
}

/* The recorded settings of the drop-in in force, which the caller frees; NULL: none. */
static int read_recorded(const char *unit, char **text, struct error *err)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;
	int r = applied_drop_in(unit, &drop_in, err);

	*text = NULL;
	if (r < 0 || !drop_in || !drop_in_within(drop_in))
		return r;
	*text = strdup(drop_in_within(drop_in));
	return *text ? 0 : error_oom(err);
}

int within_load(struct manager *manager, const struct unit *unit, struct within *within,
		struct error *err)
{
	unsigned version = manager_version_number(manager);
	struct loading loading = { .unit = unit, .within = within, .all = settings_new(version) };
	_cleanup_free_ char *recorded = NULL;
	int r;

	*within = (struct within){ .settings = settings_new(version),
				   .before = settings_new(version) };
	r = load_files(&loading, version, err);
	settings_clean(&loading.all);
	if (r == 0)
		r = read_recorded(unit->name, &recorded, err);
	if (r == 0) {
		within->is_widened = recorded && strncmp(recorded, WIDENED, strlen(WIDENED)) == 0;
		return 0;
	}
	within_clean(within);
	return error_prefix(err, "unit %s", unit->name);
}

int within_enforce(const struct within *within, const struct policy *policy, const char *text,
		   size_t size, struct emit_options *options, struct unit_settings *enforced,
		   struct error *err)
{
	struct unit_settings limit = settings_new(within->before.version);
	struct systemd_target target;
	char what[128];
	int r;

	*enforced = settings_new(within->before.version);
	systemd_target_find(policy, options, &target);
	if (!within->later || target.is_trial)
		return 0;
	r = settings_copy(&within->before, &limit, err);
	if (r == 0)
		r = settings_copy(&within->before, enforced, err);
	if (r == 0)
		r = settings_parse(&limit, DROP_IN_NAME, text, size, err);
	if (r == 0)
		r = settings_parse(enforced, DROP_IN_NAME, text, size, err);
	for (char **at = within->later; r == 0 && *at; at++) {
		r = settings_read(enforced, *at, err);
		if (r == 0 &&
		    systemd_settings_exceed(enforced, &limit, &target, what, sizeof(what)))
			r = error_set(
				err, -EUCLEAN,
				"%s is read after %s and would allow %s, which the policy or "
				"the unit's other settings deny: remove that setting, or rename "
				"the file so that it is read first",
				*at, DROP_IN_NAME, what);
	}
	settings_clean(&limit);
	if (r == 0)
		options->enforced = enforced;
	return r;
}

/* ---- the record ---- */

char *within_text(const struct within *within, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	if (!out)
		return NULL;
	if (within->is_widened)
		fputs(WIDENED, out);
	settings_write(&within->settings, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int compare_recorded(const struct within *within, const char *recorded, char **sentence,
			    struct error *err)
{
	struct unit_settings then = settings_new(within->settings.version);
	const char *setting, *name;
	int r = settings_parse(&then, "the record", recorded, strlen(recorded), err);

	setting = r < 0 ? NULL : settings_difference(&then, &within->settings, &name);
	if (setting && asprintf(sentence, "%s=%s%s%s", setting, name ? " (" : "", name ? name : "",
				name ? ")" : "") < 0) {
		*sentence = NULL;
		r = error_oom(err);
	}
	settings_clean(&then);
	return r;
}

int within_drift(const char *name, char **sentence, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(within_clean) struct within within = { 0 };
	_cleanup_(unit_freep) struct unit *unit = NULL;
	_cleanup_free_ char *recorded = NULL;
	int r = read_recorded(name, &recorded, err);

	*sentence = NULL;
	if (r < 0 || !recorded)
		return r;
	r = manager_open(&manager, err);
	if (r == 0)
		r = unit_load(manager, name, &unit, err);
	if (r == 0)
		r = within_load(manager, unit, &within, err);
	return r < 0 ? r : compare_recorded(&within, recorded, sentence, err);
}
