// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Turns the maps into a run. An image becomes a process of the run, a count a call; first
 * observations and arguments find their call by (row, ABI, number), by which the calls are sorted
 * here. run_finish() merges images that are the same to people (a binary that was replaced).
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "common/title.h"
#include "record/bpf.h"
#include "record/command_lines.h"
#include "record/rules.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

struct collection {
	struct observation *o;
	struct run *run;
	struct record_image *images;
	unsigned images_count; /* indexes below it, and RECORD_IMAGE_OTHERS, may be in use */
	int process[RECORD_IMAGES]; /* index in the run, -1: none */
	struct record_call *keys; /* of run->calls, in the same order: sorted */
	size_t keys_count;
};

uint64_t bpf_count(const struct observation *o, unsigned row, unsigned nr)
{
	uint64_t sum = 0;

	for (unsigned cpu = 0; cpu < o->cpus; cpu++)
		sum += o->counts[((size_t)cpu * o->rows + row) * RECORD_NATIVE_CALLS + nr];
	return sum;
}

unsigned bpf_images(const struct observation *o)
{
	unsigned used = o->bpf->bss->images_used;

	return used < RECORD_IMAGE_OTHERS ? used : RECORD_IMAGE_OTHERS;
}

/* ---- processes ---- */

/* "nginx\0sbin\0usr\0" is /usr/sbin/nginx. */
char *bpf_path(const struct record_path *path)
{
	size_t length = path->length < sizeof(path->names) ? path->length : sizeof(path->names);
	char *joined = malloc(length + 5), *out = joined;
	size_t end = length;

	if (!joined)
		return NULL;
	if (path->is_cut)
		out = stpcpy(out, "/...");
	while (end > 0) {
		size_t start = end - 1; /* at the NUL of this name */

		while (start > 0 && path->names[start - 1])
			start--;
		*out++ = '/';
		memcpy(out, path->names + start, end - 1 - start);
		out += end - 1 - start;
		end = start;
	}
	*out = '\0';
	return joined;
}

static char **split_argv(const struct record_image *image)
{
	size_t length = image->argv_length < RECORD_ARGV ? image->argv_length : RECORD_ARGV,
	       count = 0;
	char **argv;

	for (size_t at = 0; at < length; at += strnlen(image->argv + at, length - at) + 1)
		count++;
	argv = calloc(count + 1, sizeof(*argv));
	if (!argv)
		return NULL;
	count = 0;
	for (size_t at = 0; at < length; at += strnlen(image->argv + at, length - at) + 1) {
		argv[count] = strndup(image->argv + at, length - at);
		if (!argv[count++]) {
			for (size_t i = 0; argv[i]; i++)
				free(argv[i]);
			free(argv);
			return NULL;
		}
	}
	return argv;
}

static const struct record_image *with_path(const struct collection *c,
					    const struct record_image *image)
{
	for (unsigned hops = 0; hops < RECORD_IMAGES && image->parent < RECORD_IMAGES; hops++) {
		const struct record_image *parent = &c->images[image->parent];

		if (parent == image)
			break;
		image = parent;
	}
	return image;
}

/* The line that the process came from: that of the image which the manager executed, or, for what
 * ran already, the one that is meant to keep running. */
static int set_line(const struct collection *c, const struct record_image *image,
		    struct process *process, struct error *err)
{
	const struct unit *unit = c->o->target->unit;
	const struct unit_command *command = NULL;

	if (!unit || image->key.is_manager)
		return 0;
	if (image->key.line && image->origin < RECORD_IMAGES) {
		char **argv = split_argv(&c->images[image->origin]);

		if (!argv)
			return error_oom(err);
		command = command_lines_find(unit, argv);
		for (size_t i = 0; argv[i]; i++)
			free(argv[i]);
		free(argv);
		if (command)
			command_lines_mark_observed(unit, command, c->run);
	} else if (!image->key.line) {
		for (size_t i = 0; i < unit->commands_count && !command; i++)
			if (strcmp(unit->commands[i].setting, "ExecStart") == 0)
				command = &unit->commands[i];
	}
	if (!command)
		return 0;
	process->line = strdup(command->setting);
	process->line_index = command->index;
	/* A line with "+" runs outside of the unit's filters: what it does needs no rule. */
	process->is_manager |= command->is_privileged;
	return process->line ? 0 : error_oom(err);
}

/* A unit of two phases has whittle put filters on its processes: that is no part of the service. */
static bool is_own_part(const struct process *process)
{
	char path[PATH_MAX];
	ssize_t length;

	if (!process->line || (strcmp(process->line, "ExecStartPost") != 0 &&
			       strcmp(process->line, "ExecReload") != 0))
		return false;
	length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	return length > 0 && (size_t)length == strlen(process->executable) &&
	       memcmp(path, process->executable, (size_t)length) == 0;
}

static int add_process(struct collection *c, unsigned index, struct error *err)
{
	const struct record_image *image = &c->images[index];
	struct process *process = run_add_process(c->run);

	if (!process)
		return error_oom(err);
	c->process[index] = (int)c->run->processes_count - 1;
	process->executable = bpf_path(&with_path(c, image)->path);
	process->command = strndup(image->command, sizeof(image->command));
	process->depth = image->key.depth;
	process->is_manager = image->key.is_manager;
	if (!process->executable || !process->command)
		return error_oom(err);
	if (titles_join(c->o->titles[index], &process->title, err) < 0)
		return err->code;
	if (image->argv_length > 0) {
		process->argv = split_argv(image);
		if (!process->argv)
			return error_oom(err);
	}
	if (set_line(c, image, process, err) < 0)
		return err->code;
	process->is_manager |= is_own_part(process);
	return 0;
}

static int read_images(struct collection *c, struct error *err)
{
	c->images_count = bpf_images(c->o);
	c->images = calloc(RECORD_IMAGES, sizeof(*c->images));
	if (!c->images)
		return error_oom(err);
	for (uint32_t index = 0; index < RECORD_IMAGES; index++) {
		c->process[index] = -1;
		if (index >= c->images_count && index != RECORD_IMAGE_OTHERS)
			continue;
		if (bpf_map_lookup_elem(bpf_map__fd(c->o->bpf->maps.images), &index,
					&c->images[index]) < 0)
			return error_set_errno(err, -errno, "reading the images");
	}
	return 0;
}

/* ---- calls ---- */

static int compare_calls(const void *left, const void *right)
{
	const struct record_call *a = left, *b = right;

	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	if (a->abi != b->abi)
		return a->abi < b->abi ? -1 : 1;
	return a->nr < b->nr ? -1 : a->nr > b->nr;
}

static int add_call(struct collection *c, const struct record_call *key, uint64_t count,
		    struct error *err)
{
	unsigned index = key->row / 2;
	struct call *call;
	int r;

	if (index >= RECORD_IMAGES || key->abi >= RECORD_ABIS)
		return error_set(err, -EBADMSG,
				 "the BPF programs counted a call without a "
				 "process image");
	if (c->process[index] < 0) {
		r = add_process(c, index, err);
		if (r < 0)
			return r;
	}
	call = run_add_call(c->run);
	if (!call)
		return error_oom(err);
	call->abi = rules_abi(key->abi);
	call->nr = key->nr;
	call->process = (unsigned)c->process[index];
	call->phase = key->row & 1 ? PHASE_SERVING : PHASE_STARTUP;
	call->count = count;
	call->first_ns = UINT64_MAX;
	return 0;
}

static int add_keys(struct collection *c, const struct record_call *key, uint64_t count,
		    struct error *err)
{
	struct record_call *added = array_grow_one(&c->keys, c->keys_count);

	if (!added)
		return error_oom(err);
	*added = *key;
	c->keys_count++;
	return add_call(c, key, count, err);
}

static int read_array(struct collection *c, struct error *err)
{
	unsigned used = 2 * c->images_count;

	for (unsigned row = 0; row < c->o->rows; row++) {
		if (row >= used && row / 2 != RECORD_IMAGE_OTHERS)
			continue;
		for (unsigned nr = 0; nr < RECORD_NATIVE_CALLS; nr++) {
			struct record_call key = { .row = row, .nr = (int)nr };
			uint64_t count = bpf_count(c->o, row, nr);
			int r = count ? add_keys(c, &key, count, err) : 0;

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int read_others(struct collection *c, struct error *err)
{
	int fd = bpf_map__fd(c->o->bpf->maps.other_calls), r;
	struct record_call key, next, *at = NULL;

	while (bpf_map_get_next_key(fd, at, &next) == 0) {
		uint64_t count;

		key = next;
		at = &key;
		if (bpf_map_lookup_elem(fd, &key, &count) < 0 || count == 0)
			continue;
		r = add_keys(c, &key, count, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The calls so far lie as they were read: in the order of the keys after this. */
static int sort_calls(struct collection *c, struct error *err)
{
	struct pair {
		struct record_call key;
		struct call call;
	} *pairs = calloc(c->keys_count + 1, sizeof(*pairs));

	if (!pairs)
		return error_oom(err);
	for (size_t i = 0; i < c->keys_count; i++)
		pairs[i] = (struct pair){ c->keys[i], c->run->calls[i] };
	qsort(pairs, c->keys_count, sizeof(*pairs), compare_calls);
	for (size_t i = 0; i < c->keys_count; i++) {
		c->keys[i] = pairs[i].key;
		c->run->calls[i] = pairs[i].call;
	}
	free(pairs);
	return 0;
}

static struct call *find_call(const struct collection *c, const struct record_call *key)
{
	const struct record_call *found =
		c->keys ? bsearch(key, c->keys, c->keys_count, sizeof(*c->keys), compare_calls)
			: NULL;

	return found ? &c->run->calls[found - c->keys] : NULL;
}

/* ---- first sights and arguments ---- */

static const struct resolved *find_resolved(const struct observation *o,
					    const struct record_call *key)
{
	for (size_t i = 0; i < o->resolved_count; i++)
		if (compare_calls(&o->resolved[i].call, key) == 0)
			return &o->resolved[i];
	return NULL;
}

/* Code without frame pointers leads the kernel's walk astray: to an address in no file, or to one
 * that it gives to the mapping above (kernel/bpf/stackmap.c: stack_map_get_build_id_offset takes
 * find_vma()'s answer as it is). The call itself is always right. */
static bool is_impossible_return_address(const struct observation *o,
					 const struct resolved *resolved, size_t index,
					 const struct record_frame *frame)
{
	int object;

	if (index == 0)
		return false;
	if (frame->status != BPF_STACK_BUILD_ID_VALID)
		return !resolved || resolved->object[index] < 0;
	object = objects_find_build_id(o->objects, frame->build_id, sizeof(frame->build_id));
	return object < 0 || !objects_has_offset(o->objects, object, frame->offset_or_ip);
}

static int add_frame(const struct observation *o, const struct resolved *resolved, size_t index,
		     const struct record_frame *from, struct call *call, struct error *err)
{
	struct frame *frame = &call->stack[call->stack_count];
	const char *symbol;

	*frame = (struct frame){ .object = -1, .offset = from->offset_or_ip };
	if (from->status == BPF_STACK_BUILD_ID_VALID) {
		frame->object =
			objects_find_build_id(o->objects, from->build_id, sizeof(from->build_id));
	} else if (resolved && resolved->object[index] >= 0) {
		frame->object = resolved->object[index];
		frame->offset = resolved->offset[index];
	}
	/* A return address may be the first one behind the function that called. */
	symbol = objects_symbol(o->objects, frame->object, frame->offset - (index > 0),
				&frame->symbol_offset);
	if (symbol) {
		frame->symbol = strdup(symbol);
		if (!frame->symbol)
			return error_oom(err);
		frame->symbol_offset += index > 0;
	}
	call->stack_count++;
	return 0;
}

static int add_stack(const struct observation *o, const struct record_call *key,
		     const struct record_first *first, struct call *call, struct error *err)
{
	size_t count = first->size > 0 ? (size_t)first->size / sizeof(*first->frames) : 0;
	const struct resolved *resolved = find_resolved(o, key);
	int r = 0;

	call->stack = calloc(RECORD_FRAMES, sizeof(*call->stack));
	if (!call->stack)
		return error_oom(err);
	for (size_t i = 0; i < count && i < RECORD_FRAMES && r == 0; i++) {
		if (first->frames[i].status == BPF_STACK_BUILD_ID_EMPTY ||
		    is_impossible_return_address(o, resolved, i, &first->frames[i]))
			break;
		r = add_frame(o, resolved, i, &first->frames[i], call, err);
	}
	return r;
}

static int read_firsts(struct collection *c, struct error *err)
{
	int fd = bpf_map__fd(c->o->bpf->maps.firsts), r = 0;
	struct record_call key, next, *at = NULL;

	while (r == 0 && bpf_map_get_next_key(fd, at, &next) == 0) {
		struct record_first first;
		struct call *call;

		key = next;
		at = &key;
		call = find_call(c, &key);
		if (!call || bpf_map_lookup_elem(fd, &key, &first) < 0)
			continue;
		call->first_ns =
			first.time_ns > c->o->started_ns ? first.time_ns - c->o->started_ns : 0;
		r = add_stack(c->o, &key, &first, call, err);
	}
	return r;
}

static bool is_any(const struct collection *c, const struct record_call *key)
{
	struct record_argument_set set = { 0 };

	return bpf_map_lookup_elem(bpf_map__fd(c->o->bpf->maps.argument_sets), key, &set) < 0 ||
	       set.is_any;
}

static int read_arguments(struct collection *c, struct error *err)
{
	int fd = bpf_map__fd(c->o->bpf->maps.arguments);
	struct record_argument_key key, next, *at = NULL;

	while (bpf_map_get_next_key(fd, at, &next) == 0) {
		struct argument_values *added;
		struct call *call;
		uint64_t count;

		key = next;
		at = &key;
		call = find_call(c, &key.call);
		if (!call || call->arguments_any || bpf_map_lookup_elem(fd, &key, &count) < 0)
			continue;
		if (call->arguments_count == 0 && is_any(c, &key.call)) {
			call->arguments_any = true;
			continue;
		}
		added = array_grow_one(&call->arguments, call->arguments_count);
		if (!added)
			return error_oom(err);
		call->arguments_count++;
		added->count = count;
		memcpy(added->value, key.value, sizeof(added->value));
	}
	return 0;
}

/* ---- losses ---- */

/* How often the kernel did not run a program since it was running on that CPU already. */
static uint64_t misses(struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) < 0)
		return 0;
	return info.recursion_misses;
}

static void read_rest(struct collection *c)
{
	const struct record_bpf *bpf = c->o->bpf;
	const struct record_lost *lost = &bpf->bss->lost;

	/* Of a task that could not be marked at least one call is missing. */
	c->run->lost.calls = lost->calls + lost->tasks + misses(bpf->progs.record_sys_enter) +
			     misses(bpf->progs.record_fork) + misses(bpf->progs.record_exec) +
			     misses(bpf->progs.record_attach) + misses(bpf->progs.record_mkdir);
	c->run->lost.arguments = lost->arguments;
	c->run->lost.stacks = lost->stacks;
	c->run->lost.processes = lost->processes;
	c->run->filter =
		bpf->bss->filter_seen || c->o->is_filtered ? FILTER_PRESENT : FILTER_ABSENT;
}

int bpf_collect(struct observation *o, struct run *run, struct error *err)
{
	struct collection c = { .o = o, .run = run };
	int r = 0;

	if (o->target->unit)
		r = command_lines_add(o->target->unit, run, err);
	if (r == 0)
		r = read_images(&c, err);
	if (r == 0)
		r = read_array(&c, err);
	if (r == 0)
		r = read_others(&c, err);
	if (r == 0)
		r = sort_calls(&c, err);
	if (r == 0)
		r = bpf_note_rest(o, run, err);
	if (r == 0)
		r = objects_add(o->objects, run, err);
	if (r == 0)
		r = read_firsts(&c, err);
	if (r == 0)
		r = read_arguments(&c, err);
	if (r == 0)
		read_rest(&c);
	free(c.images);
	free(c.keys);
	return r;
}
