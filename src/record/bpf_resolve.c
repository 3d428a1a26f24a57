// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Facts that only a living process can provide, read as soon as the BPF programs report something
 * new: the files it has mapped, and its title. Frames that the kernel gave as build-id and offset
 * can be resolved at the end; a bare address only now.
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "common/title.h"
#include "record/bpf.h"
#include "record/environment.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

/* 2 in "Seccomp:\t2" of /proc/PID/status: filters are installed. */
static bool is_filtered(pid_t pid)
{
	char path[32];
	_cleanup_fclose_ FILE *status = NULL;
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	while (status && getline(&line, &room, status) > 0)
		if (strncmp(line, "Seccomp:", 8) == 0)
			return strtol(line + 8, NULL, 10) == 2;
	return false;
}

/* What the manager's part has mapped is the manager's: it is not the program's code. */
static bool is_manager(struct observation *o, uint32_t index)
{
	struct record_image image;

	return index < RECORD_IMAGES &&
	       bpf_map_lookup_elem(bpf_map__fd(o->bpf->maps.images), &index, &image) == 0 &&
	       image.key.is_manager;
}

int bpf_survey(struct observation *o, struct error *err)
{
	_cleanup_free_ struct record_live *live = NULL;
	size_t count;
	int r = bpf_list(o, &live, &count, err);

	for (size_t i = 0; i < count && r >= 0; i++) {
		if (live[i].pid <= 0 || live[i].row / 2 >= RECORD_IMAGES ||
		    is_manager(o, live[i].row / 2))
			continue;
		o->is_filtered |= is_filtered(live[i].pid);
		r = objects_note_process(o->objects, live[i].pid, err);
		if (r == 0)
			r = titles_note(&o->titles[live[i].row / 2], live[i].pid, live[i].row & 1,
					err);
	}
	return r;
}

/* ---- first sights ---- */

static int keep_addresses(struct observation *o, const struct record_call *call,
			  const struct record_first *first, size_t count, struct error *err)
{
	struct resolved *entry = array_grow_one(&o->resolved, o->resolved_count);

	if (!entry)
		return error_oom(err);
	o->resolved_count++;
	entry->call = *call;
	for (size_t i = 0; i < RECORD_FRAMES; i++) {
		entry->object[i] = -1;
		if (i < count && first->frames[i].status == BPF_STACK_BUILD_ID_IP)
			entry->object[i] = objects_find_address(o->objects, first->pid,
								first->frames[i].offset_or_ip,
								&entry->offset[i]);
	}
	return 0;
}

/* While the process lives: finds the files of frames that are bare addresses, and makes sure that
 * those of the others are known. */
static int resolve_frames(struct observation *o, const struct record_call *call,
			  const struct record_first *first, struct error *err)
{
	size_t count = first->size > 0 ? (size_t)first->size / sizeof(*first->frames) : 0;
	bool has_address = false, is_unknown = false;
	int r = 0;

	for (size_t i = 0; i < count && i < RECORD_FRAMES; i++) {
		const struct record_frame *frame = &first->frames[i];

		has_address |= frame->status == BPF_STACK_BUILD_ID_IP;
		is_unknown |= frame->status == BPF_STACK_BUILD_ID_VALID &&
			      objects_find_build_id(o->objects, frame->build_id,
						    sizeof(frame->build_id)) < 0;
	}
	if (has_address || is_unknown)
		r = objects_note_process(o->objects, first->pid, err);
	if (r == 0 && has_address)
		r = keep_addresses(o, call, first, count, err);
	return r;
}

int bpf_handle_news(void *context, void *data, size_t size)
{
	struct observation *o = context;
	struct record_first first;
	struct record_call call;

	if (size < sizeof(call))
		return 0;
	memcpy(&call, data, sizeof(call));
	if (bpf_map_lookup_elem(bpf_map__fd(o->bpf->maps.firsts), &call, &first) < 0)
		return 0;
	if (first.time_ns > o->last_new_ns)
		o->last_new_ns = first.time_ns;
	if (first.pid <= 0 || is_manager(o, call.row / 2))
		return 0;
	/* Who serves has its title by then, and may end before the next survey. */
	if (call.row & 1 && call.row / 2 < RECORD_IMAGES &&
	    titles_note(&o->titles[call.row / 2], first.pid, true, o->error) < 0)
		return o->error->code;
	return resolve_frames(o, &call, &first, o->error);
}

/* ---- at the end ---- */

/* What the kernel half saw mapped by processes that nobody could ask. */
static int note_kernel_objects(struct observation *o, pid_t living, struct error *err)
{
	int fd = bpf_map__fd(o->bpf->maps.objects), r = 0;
	struct record_object_key key, next, *at = NULL;
	struct record_object *object = malloc(sizeof(*object));

	while (object && r == 0 && bpf_map_get_next_key(fd, at, &next) == 0) {
		_cleanup_free_ char *path = NULL;

		key = next;
		at = &key;
		if (bpf_map_lookup_elem(fd, &key, object) < 0)
			continue;
		path = bpf_path(&object->path);
		r = path ? objects_note_path(o->objects, path, living, err) : error_oom(err);
	}
	if (!object)
		r = error_oom(err);
	free(object);
	return r;
}

static int fill_environment(struct observation *o, struct run *run, pid_t living, struct error *err)
{
	int libc = objects_find_file(o->objects, "libc.so");

	if (libc < 0)
		libc = objects_find_file(o->objects, "libc-2."); /* before 2.34 */
	if (libc < 0)
		libc = objects_find_file(o->objects, "ld-musl-");
	if (o->target->manager) {
		run->systemd = strdup(manager_version(o->target->manager));
		if (!run->systemd)
			return error_oom(err);
	}
	return environment_fill(run, libc, living, err);
}

int bpf_note_rest(struct observation *o, struct run *run, struct error *err)
{
	_cleanup_free_ struct record_live *live = NULL;
	pid_t living = 0;
	size_t count;
	int r = bpf_list(o, &live, &count, err);

	if (r == 0 && count > 0)
		living = live[0].pid > 0 ? live[0].pid : 0;
	for (size_t i = 0; i < run->processes_count && r == 0; i++)
		if (!run->processes[i].is_manager)
			r = objects_note_path(o->objects, run->processes[i].executable, living,
					      err);
	if (r == 0)
		r = note_kernel_objects(o, living, err);
	return r < 0 ? r : fill_environment(o, run, living, err);
}
