// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/make_permanent.h"

#include "common/cleanup.h"
#include "systemd/unit.h"
#include "unit/drop_in.h"
#include "unit/progress.h"

#include <errno.h>
#include <string.h>

struct keeping {
	struct drop_in *passing, *lasting; /* in /run, in /etc */
};

static void keeping_clean(struct keeping *keeping)
{
	drop_in_closep(&keeping->passing);
	drop_in_closep(&keeping->lasting);
}

/* The manager reads the new place, which hides the old one. */
static int check_read(struct manager *manager, const char *unit, const char *path,
		      struct error *err)
{
	_cleanup_(unit_freep) struct unit *now = NULL;
	int r = manager_reload(manager, err);

	if (r >= 0)
		r = unit_load(manager, unit, &now, err);
	if (r < 0)
		return r;
	return strings_have(now->drop_ins, path)
		       ? 0
		       : error_set(err, -EUCLEAN,
				   "unit %s: the service manager does not read %s; does another "
				   "directory have a file of this name?",
				   unit, path);
}

static int install(struct manager *manager, const char *unit, const struct keeping *keeping,
		   const struct policy *policy, struct error *err)
{
	const char *text = drop_in_text(keeping->passing);
	struct error ignored = { 0 };
	int r = drop_in_install(keeping->lasting, text, strlen(text), err);

	if (r >= 0)
		r = check_read(manager, unit, drop_in_path(keeping->lasting), err);
	if (r >= 0)
		return drop_in_commit(keeping->lasting, policy, err);
	if (drop_in_roll_back(keeping->lasting, &ignored) >= 0)
		manager_reload(manager, &ignored);
	return r;
}

/* Done before, but for the rest: a kill has come while the one in /run was removed, or a boot since. */
static bool is_moved(const struct keeping *keeping)
{
	return drop_in_is_applied(keeping->lasting) &&
	       (!drop_in_is_applied(keeping->passing) ||
		(!drop_in_text(keeping->passing) && !drop_in_is_edited(keeping->passing)));
}

int unit_keep(struct manager *manager, const char *unit, const struct policy *policy,
	      struct error *err)
{
	_cleanup_(keeping_clean) struct keeping keeping = { 0 };
	_cleanup_close_ int lock = drop_in_lock("", unit, err);
	int r = lock;

	if (r >= 0)
		r = drop_in_open("", unit, true, &keeping.passing, err);
	if (r >= 0)
		r = drop_in_open("", unit, false, &keeping.lasting, err);
	if (r < 0)
		return r;
	if (!drop_in_is_applied(keeping.passing) && !drop_in_is_applied(keeping.lasting))
		return error_set(err, -ENOENT, "unit %s: whittle has applied nothing to it", unit);
	if (is_moved(&keeping))
		r = drop_in_commit(keeping.lasting, policy, err);
	else if (drop_in_is_edited(keeping.passing) || !drop_in_text(keeping.passing))
		return error_set(err, -EEXIST, "%s: was edited since whittle wrote it",
				 drop_in_path(keeping.passing));
	else
		r = install(manager, unit, &keeping, policy, err);
	if (r >= 0 && drop_in_is_applied(keeping.passing))
		r = drop_in_restore(keeping.passing, err);
	if (r >= 0)
		r = drop_in_forget(keeping.passing, err);
	return r < 0 ? r : manager_reload(manager, err);
}
