// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/make_permanent.h"

#include "common/cleanup.h"
#include "systemd/unit.h"
#include "unit/drop_in.h"
#include "unit/progress.h"

#include <errno.h>
#include <string.h>

struct permanent_move {
	struct drop_in *passing, *lasting; /* in /run, in /etc */
};

static void permanent_move_clean(struct permanent_move *permanent_move)
{
	drop_in_closep(&permanent_move->passing);
	drop_in_closep(&permanent_move->lasting);
}

/* systemd reads the new file, which hides the old one. */
static int check_read(struct manager *manager, const char *unit, const char *path,
		      struct error *err)
{
	_cleanup_(unit_freep) struct unit *now = NULL;
	int r = manager_reload(manager, err);

	if (r >= 0)
		r = unit_load(manager, unit, &now, err);
	if (r < 0)
		return r;
	return progress_list_has(now->drop_ins, path)
		       ? 0
		       : error_set(
				 err, -EUCLEAN,
				 "unit %s: systemd does not read %s: look for a file of the same name in "
				 "another drop-in directory",
				 unit, path);
}

/* The unit's own settings stay as they were recorded. */
static void set_within(struct drop_in *drop_in, const struct drop_in *from)
{
	const char *text = drop_in_within(from);

	if (text)
		drop_in_set_within(drop_in, text, strlen(text));
}

static int install(struct manager *manager, const char *unit,
		   const struct permanent_move *permanent_move, const struct policy *policy,
		   struct error *err)
{
	const char *text = drop_in_text(permanent_move->passing);
	struct error ignored = { 0 };
	int r = drop_in_install(permanent_move->lasting, text, strlen(text), err);

	if (r >= 0)
		r = check_read(manager, unit, drop_in_path(permanent_move->lasting), err);
	if (r >= 0) {
		set_within(permanent_move->lasting, permanent_move->passing);
		return drop_in_commit(permanent_move->lasting, policy, err);
	}
	if (drop_in_roll_back(permanent_move->lasting, &ignored) >= 0)
		manager_reload(manager, &ignored);
	return r;
}

/* An earlier call was killed while it removed the file in /run, or the machine has rebooted since. */
static bool is_moved(const struct permanent_move *permanent_move)
{
	return drop_in_is_applied(permanent_move->lasting) &&
	       (!drop_in_is_applied(permanent_move->passing) ||
		(!drop_in_text(permanent_move->passing) &&
		 !drop_in_is_edited(permanent_move->passing)));
}

int unit_make_permanent(struct manager *manager, const char *unit, const struct policy *policy,
			struct error *err)
{
	_cleanup_(permanent_move_clean) struct permanent_move permanent_move = { 0 };
	_cleanup_close_ int lock = drop_in_lock("", unit, err);
	int r = lock;

	if (r >= 0)
		r = drop_in_open("", unit, true, &permanent_move.passing, err);
	if (r >= 0)
		r = drop_in_open("", unit, false, &permanent_move.lasting, err);
	if (r < 0)
		return r;
	if (!drop_in_is_applied(permanent_move.passing) &&
	    !drop_in_is_applied(permanent_move.lasting))
		return error_set(err, -ENOENT, "unit %s: whittle has applied no policy to it",
				 unit);
	if (is_moved(&permanent_move)) {
		set_within(permanent_move.lasting, permanent_move.lasting);
		r = drop_in_commit(permanent_move.lasting, policy, err);
	} else if (drop_in_is_edited(permanent_move.passing) ||
		   !drop_in_text(permanent_move.passing))
		return error_set(err, -EALREADY, "%s: was edited since whittle wrote it",
				 drop_in_path(permanent_move.passing));
	else
		r = install(manager, unit, &permanent_move, policy, err);
	if (r >= 0 && drop_in_is_applied(permanent_move.passing))
		r = drop_in_restore(permanent_move.passing, err);
	if (r >= 0)
		r = drop_in_forget(permanent_move.passing, err);
	return r < 0 ? r : manager_reload(manager, err);
}
