// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attaching and marking. The order makes the recording complete: first the programs that pass marks
 * on (fork, exec, control groups), then the counting one, and only then the first mark. Everything
 * that a marked process does afterwards is either counted or inherited.
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "record/bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* A mark that is found while the iterator runs may have been set behind its back. */
#define MARK_ROUNDS 64

static int attach(struct bpf_program *program, struct bpf_link **link, struct error *err)
{
	*link = bpf_program__attach(program);
	if (!*link)
		return error_set_errno(err, -errno, "attaching %s", bpf_program__name(program));
	return 0;
}

/* Runs an iterator to its end; what it writes is appended to *OUT. */
static int iterate(struct bpf_program *program, char **out, size_t *size, struct error *err)
{
	struct bpf_link *link = bpf_program__attach_iter(program, NULL);
	_cleanup_close_ int fd = -1;
	ARRAY(char) data = { 0 };
	ssize_t got = 1;

	if (!link)
		return error_set_errno(err, -errno, "attaching %s", bpf_program__name(program));
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		got = -1;
	while (got > 0 || (got < 0 && fd >= 0 && (errno == EAGAIN || errno == EINTR))) {
		if (!array_reserve(&data, data.count ? 4096 : 65536)) {
			array_free(&data);
			bpf_link__destroy(link);
			return error_oom(err);
		}
		got = read(fd, data.items + data.count, data.room - data.count);
		if (got > 0)
			data.count += (size_t)got;
	}
	if (got < 0)
		error_set_errno(err, -errno, "listing tasks");
	bpf_link__destroy(link);
	if (got >= 0 && out) {
		*size = data.count;
		*out = take(data.items);
	}
	array_free(&data);
	if (got < 0)
		return err ? err->code : -EIO;
	return 0;
}

int bpf_list(struct observation *o, struct record_live **live, size_t *count, struct error *err)
{
	size_t size = 0;
	char *data = NULL;
	int r = iterate(o->bpf->progs.record_list, &data, &size, err);

	if (r < 0)
		return r;
	*live = (struct record_live *)(void *)data;
	*count = size / sizeof(**live);
	return 0;
}

static uint64_t cgroup_id(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_ino : 0;
}

/* The ids of what exists of the chain. A control group made meanwhile is seen by record_mkdir; one
 * that is removed and made anew while we look is caught by looking again. */
static int find_chain(struct observation *o, struct error *err)
{
	size_t mount_length = strlen(o->target->mount);
	size_t size = strlen(o->target->cgroup) + 1;
	_cleanup_free_ char *path = malloc(size);
	unsigned length = o->bpf->rodata->chain_length;

	if (!path)
		return error_oom(err);
	for (unsigned round = 0; round < 2; round++) {
		char *end = path + mount_length;

		memcpy(path, o->target->cgroup, size);
		for (unsigned i = 0; i <= length; i++) {
			char kept = *end;
			uint64_t id;

			*end = '\0';
			id = cgroup_id(path);
			*end = kept;
			if (id)
				o->bpf->bss->chain_ids[i] = id;
			if (id && i == length)
				o->bpf->bss->target_cgroup = id;
			if (kept)
				end += 1 + strcspn(end + 1, "/");
		}
	}
	return 0;
}

static int mark_running(struct observation *o, struct error *err)
{
	unsigned before;

	for (unsigned round = 0; round < MARK_ROUNDS; round++) {
		int r;

		before = o->bpf->bss->marked;
		r = iterate(o->bpf->progs.record_mark, NULL, NULL, err);
		if (r < 0)
			return r;
		if (o->bpf->bss->marked == before)
			return 0;
	}
	return 0; /* a fork bomb: what was not met is marked by its parent */
}

static int set_mark(struct observation *o, int pidfd, const struct record_state *state,
		    struct error *err)
{
	if (bpf_map_update_elem(bpf_map__fd(o->bpf->maps.tasks), &pidfd, state, BPF_NOEXIST) == 0 ||
	    errno == EEXIST)
		return 0;
	return error_set_errno(err, -errno, "marking the target");
}

/* Our own child is our part, until it executes the command. */
static int mark_child(struct observation *o, struct error *err)
{
	uint32_t image = o->bpf->bss->images_used++;
	struct record_image info = { .key = { .is_manager = 1 },
				     .is_used = 1,
				     .parent = image,
				     .origin = image,
				     .pid = o->target->pids[0],
				     .command = "whittle" };
	struct record_state state = { .row = image * 2, .image = image, .key = info.key };

	if (bpf_map_update_elem(bpf_map__fd(o->bpf->maps.image_slots), &info.key, &image,
				BPF_NOEXIST) < 0 ||
	    bpf_map_update_elem(bpf_map__fd(o->bpf->maps.images), &image, &info, BPF_ANY) < 0)
		return error_set_errno(err, -errno, "marking the target");
	return set_mark(o, o->target->pidfds[0], &state, err);
}

static int mark_pids(struct observation *o, struct error *err)
{
	static const struct record_state pending = { .row = RECORD_PENDING };

	for (size_t i = 0; i < o->target->pids_count; i++) {
		int r = set_mark(o, o->target->pidfds[i], &pending, err);

		if (r == -ESRCH || r == -ENOENT)
			return error_set(err, -ESRCH, "process %d has ended", o->target->pids[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int mark_target(struct observation *o, struct error *err)
{
	int r = 0;

	switch (o->target->kind) {
	case TARGET_COMMAND:
		return mark_child(o, err);
	case TARGET_PID:
		r = mark_pids(o, err);
		break;
	case TARGET_UNIT:
	case TARGET_CGROUP:
		r = find_chain(o, err);
		break;
	case TARGET_IMPORT:
		return error_set(err, -EINVAL, "an import is not recorded");
	}
	return r < 0 ? r : mark_running(o, err);
}

int bpf_start(struct observation *o, struct error *err)
{
	struct record_bpf *bpf = o->bpf;
	int r;

	r = iterate(bpf->progs.record_level, NULL, NULL, err);
	if (r == 0)
		r = attach(bpf->progs.record_fork, &bpf->links.record_fork, err);
	if (r == 0)
		r = attach(bpf->progs.record_exec, &bpf->links.record_exec, err);
	if (r == 0 && o->target->cgroup)
		r = attach(bpf->progs.record_attach, &bpf->links.record_attach, err);
	if (r == 0 && o->target->cgroup)
		r = attach(bpf->progs.record_mkdir, &bpf->links.record_mkdir, err);
	if (r == 0)
		r = attach(bpf->progs.record_sys_enter, &bpf->links.record_sys_enter, err);
	if (r < 0)
		return r;
	o->started_ns = clock_now_ns();
	r = mark_target(o, err);
	bpf->bss->is_ready = 1;
	return r;
}
