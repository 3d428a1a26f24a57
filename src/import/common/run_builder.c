// SPDX-License-Identifier: LGPL-2.1-or-later
#include "import/common/run_builder.h"

#include "common/cleanup.h"
#include "common/word.h"
#include "syscall/syscall.h"

#include <string.h>

struct run_builder *run_builder_new(enum abi abi)
{
	struct run_builder *run_builder = calloc(1, sizeof(*run_builder));

	if (!run_builder)
		return NULL;
	run_builder->abi = abi;
	run_builder->images = calloc(RUN_BUILDER_IMAGES, sizeof(*run_builder->images));
	run_builder->others = calloc(RUN_BUILDER_OTHERS, sizeof(*run_builder->others));
	run_builder->objects = calloc(RUN_BUILDER_OBJECTS, sizeof(*run_builder->objects));
	if (names_init(&run_builder->names) < 0 || !run_builder->images || !run_builder->others ||
	    !run_builder->objects)
		run_builder_freep(&run_builder);
	return run_builder;
}

static void free_stack(struct run_builder_row *row)
{
	for (size_t i = 0; i < row->stack_count; i++)
		free(row->stack[i].symbol);
	free(row->stack);
	row->stack = NULL;
	row->stack_count = 0;
}

static void free_rows(struct run_builder_row *rows)
{
	for (size_t i = 0; rows && i < RUN_BUILDER_NUMBERS; i++) {
		free_stack(&rows[i]);
		free(rows[i].arguments);
	}
	free(rows);
}

void run_builder_freep(struct run_builder **pointer)
{
	struct run_builder *run_builder = take(*pointer);

	if (!run_builder)
		return;
	for (size_t i = 0; i < run_builder->images_count; i++) {
		for (unsigned abi = 0; abi < ABI_COUNT; abi++)
			free_rows(run_builder->images[i].rows[abi]);
		free(run_builder->images[i].executable);
	}
	for (size_t i = 0; i < run_builder->objects_count; i++)
		free(run_builder->objects[i]);
	free(run_builder->images);
	free(run_builder->others);
	free(run_builder->objects);
	names_clear(&run_builder->names);
	free(run_builder);
}

unsigned run_builder_image(struct run_builder *run_builder, const char *executable, unsigned depth,
			   bool is_manager)
{
	struct run_builder_image *image;

	if (depth > RUN_BUILDER_DEPTH)
		depth = RUN_BUILDER_DEPTH;
	for (size_t i = run_builder->images_count; i-- > 0;) {
		image = &run_builder->images[i];
		if (image->depth == depth && image->is_manager == is_manager &&
		    strcmp(image->executable, executable) == 0)
			return (unsigned)i;
	}
	if (run_builder->images_count == RUN_BUILDER_IMAGES) {
		run_builder->lost.processes++;
		return 0;
	}
	image = &run_builder->images[run_builder->images_count];
	image->executable = strdup(executable);
	if (!image->executable) {
		run_builder->is_out_of_memory = true;
		return 0;
	}
	image->depth = depth;
	image->is_manager = is_manager;
	image->abi = run_builder->abi;
	return (unsigned)run_builder->images_count++;
}

static void add_saturating(uint64_t *sum, uint64_t more)
{
	if (__builtin_add_overflow(*sum, more, sum) || *sum > INT64_MAX)
		*sum = INT64_MAX;
}

static void add_other(struct run_builder *run_builder, unsigned image, enum abi abi, int nr,
		      uint64_t count)
{
	struct run_builder_other *other;

	for (size_t i = 0; i < run_builder->others_count; i++) {
		other = &run_builder->others[i];
		if (other->image == image && other->abi == abi && other->nr == nr) {
			add_saturating(&other->count, count);
			return;
		}
	}
	if (run_builder->others_count == RUN_BUILDER_OTHERS) {
		add_saturating(&run_builder->lost.calls, count ? count : 1);
		return;
	}
	run_builder->others[run_builder->others_count++] =
		(struct run_builder_other){ image, abi, nr, count };
}

static unsigned row_index(enum abi abi, int nr)
{
	return abi == ABI_X32 ? (unsigned)nr & ~(unsigned)X32_BIT : (unsigned)nr;
}

static struct run_builder_row *add(struct run_builder *run_builder, unsigned image, enum abi abi,
				   int nr, uint64_t count)
{
	unsigned index = row_index(abi, nr);
	struct run_builder_row **rows, *row;

	if (image >= run_builder->images_count)
		return NULL;
	add_saturating(&run_builder->total, count ? count : 1);
	if (index >= RUN_BUILDER_NUMBERS || (abi == ABI_X32 && !((unsigned)nr & X32_BIT))) {
		add_other(run_builder, image, abi, nr, count);
		return NULL;
	}
	rows = &run_builder->images[image].rows[abi];
	if (!*rows) {
		*rows = calloc(RUN_BUILDER_NUMBERS, sizeof(**rows));
		if (!*rows) {
			run_builder->is_out_of_memory = true;
			return NULL;
		}
	}
	row = &(*rows)[index];
	if (!row->is_seen) {
		const char *name = syscall_name(abi, nr);

		row->table = name ? syscall_arguments_of(abi, name) : NULL;
		row->is_seen = true;
	}
	add_saturating(&row->count, count);
	return row;
}

struct run_builder_row *run_builder_add(struct run_builder *run_builder, unsigned image,
					enum abi abi, int nr, uint64_t count)
{
	struct run_builder_row *row = add(run_builder, image, abi, nr, count);

	if (row)
		row->arguments_any = true;
	return row;
}

bool run_builder_has(const struct run_builder *run_builder, enum abi abi, int nr)
{
	unsigned index = row_index(abi, nr);

	for (size_t i = 0; i < run_builder->images_count; i++) {
		const struct run_builder_row *rows = run_builder->images[i].rows[abi];

		if (rows && index < RUN_BUILDER_NUMBERS && rows[index].is_seen)
			return true;
	}
	for (size_t i = 0; i < run_builder->others_count; i++)
		if (run_builder->others[i].abi == abi && run_builder->others[i].nr == nr)
			return true;
	return false;
}

/* The values that are recorded of a call; false where one stands behind a pointer. */
static bool pick_arguments(const struct syscall_arguments *table, const uint64_t values[6],
			   uint64_t tuple[ARGUMENTS_MAX])
{
	for (unsigned i = 0; i < table->count; i++) {
		uint64_t needed = syscall_argument_needs(table, i);

		if (table->argument[i].pointee_offset >= 0)
			return false;
		if (!needed || tuple[i - 1] & needed)
			tuple[i] = values[table->argument[i].index] & table->argument[i].mask;
	}
	return true;
}

static void add_tuple(struct run_builder *run_builder, struct run_builder_row *row,
		      const struct argument_values *tuple)
{
	for (size_t i = 0; i < row->arguments_count; i++) {
		struct argument_values *known = &row->arguments[i];

		if (memcmp(known->value, tuple->value, sizeof(known->value)) == 0) {
			add_saturating(&known->count, tuple->count);
			return;
		}
	}
	if (!row->arguments)
		row->arguments = calloc(RUN_BUILDER_TUPLES, sizeof(*row->arguments));
	if (!row->arguments)
		run_builder->is_out_of_memory = true;
	else if (row->arguments_count < RUN_BUILDER_TUPLES)
		row->arguments[row->arguments_count++] = *tuple;
	else
		row->arguments_any = true;
}

struct run_builder_row *run_builder_begin(struct run_builder *run_builder, unsigned image,
					  enum abi abi, int nr)
{
	return add(run_builder, image, abi, nr, 1);
}

static void tell(struct run_builder *run_builder, struct run_builder_row *row,
		 const uint64_t values[ARGUMENTS_MAX], uint64_t count)
{
	struct argument_values tuple = { .count = count };

	if (!row || !row->table)
		return;
	if (values) {
		memcpy(tuple.value, values, sizeof(tuple.value));
		add_tuple(run_builder, row, &tuple);
	} else {
		row->arguments_any = true;
	}
}

void run_builder_set_source(struct run_builder *run_builder, struct run_builder_row *row,
			    const uint64_t values[ARGUMENTS_MAX])
{
	tell(run_builder, row, values, 1);
}

struct run_builder_row *run_builder_add_told(struct run_builder *run_builder, unsigned image,
					     enum abi abi, int nr, const uint64_t values[6],
					     uint64_t count)
{
	struct run_builder_row *row = add(run_builder, image, abi, nr, count);
	uint64_t tuple[ARGUMENTS_MAX] = { 0 };

	if (row && row->table)
		tell(run_builder, row, pick_arguments(row->table, values, tuple) ? tuple : NULL,
		     count);
	return row;
}

void run_builder_move(struct run_builder *run_builder, unsigned image, enum abi from, enum abi to)
{
	struct run_builder_row *rows = run_builder->images[image].rows[from];

	run_builder->images[image].abi = to;
	for (unsigned i = 0; rows && from != to && i < RUN_BUILDER_NUMBERS; i++) {
		const char *name =
			syscall_name(from, (int)(from == ABI_X32 ? i | (unsigned)X32_BIT : i));
		struct run_builder_row *row;
		int nr;

		if (!rows[i].is_seen || !name ||
		    !names_find(&run_builder->names, to, name, strlen(name), &nr))
			continue;
		row = run_builder_add(run_builder, image, to, nr, rows[i].count);
		run_builder->total -= rows[i].count ? rows[i].count : 1;
		if (row && !row->stack) {
			row->stack = take(rows[i].stack);
			row->stack_count = rows[i].stack_count;
		} else {
			free_stack(&rows[i]);
		}
		free(rows[i].arguments);
		rows[i] = (struct run_builder_row){ 0 };
	}
}

static int find_object(struct run_builder *run_builder, const char *path, size_t length)
{
	/* A line may hold a zero byte, and a name ends there. */
	length = length ? strnlen(path, length) : 0;
	if (!length)
		return -1;
	for (size_t i = 0; i < run_builder->objects_count; i++)
		if (is_word(path, length, run_builder->objects[i]))
			return (int)i;
	if (run_builder->objects_count == RUN_BUILDER_OBJECTS)
		return -1;
	run_builder->objects[run_builder->objects_count] = strndup(path, length);
	if (!run_builder->objects[run_builder->objects_count]) {
		run_builder->is_out_of_memory = true;
		return -1;
	}
	return (int)run_builder->objects_count++;
}

void run_builder_add_frame(struct run_builder *run_builder, struct run_builder_row *row,
			   struct frame frame, const char *object, size_t object_length,
			   const char *symbol, size_t symbol_length)
{
	if (row->stack_count == RUN_BUILDER_FRAMES)
		return;
	if (!row->stack)
		row->stack = calloc(RUN_BUILDER_FRAMES, sizeof(*row->stack));
	frame.object = find_object(run_builder, object, object_length);
	frame.symbol = symbol_length ? strndup(symbol, symbol_length) : NULL;
	if (!row->stack || (symbol_length && !frame.symbol)) {
		free(frame.symbol);
		run_builder->is_out_of_memory = true;
		return;
	}
	row->stack[row->stack_count++] = frame;
}

/* ---- into a run ---- */

static int add_process(const struct run_builder_image *image, struct run *run)
{
	struct process *process = run_add_process(run);
	const char *slash = strrchr(image->executable, '/');

	if (!process)
		return -ENOMEM;
	/* Sources that tell no path tell comm. */
	process->executable = strdup(slash ? image->executable : "");
	/* comm, as execve sets it: the file's name, cut after 15 bytes (TASK_COMM_LEN). */
	process->command = strndup(slash ? slash + 1 : image->executable, 15);
	process->depth = image->depth;
	process->is_manager = image->is_manager;
	return process->executable && process->command ? 0 : -ENOMEM;
}

static struct call *add_call(struct run *run, unsigned image, enum abi abi, int nr, uint64_t count)
{
	struct call *call = run_add_call(run);

	if (!call)
		return NULL;
	call->abi = abi;
	call->nr = nr;
	call->process = image;
	call->phase = PHASE_UNKNOWN;
	call->count = count;
	call->first_ns = UINT64_MAX;
	return call;
}

static int add_rows(struct run_builder_image *image, unsigned index, enum abi abi, struct run *run)
{
	for (unsigned i = 0; image->rows[abi] && i < RUN_BUILDER_NUMBERS; i++) {
		struct run_builder_row *row = &image->rows[abi][i];
		struct call *call;

		if (!row->is_seen)
			continue;
		call = add_call(run, index, abi, (int)(abi == ABI_X32 ? i | (unsigned)X32_BIT : i),
				row->count);
		if (!call)
			return -ENOMEM;
		call->stack = take(row->stack);
		call->stack_count = row->stack_count;
		row->stack_count = 0;
		call->arguments = take(row->arguments);
		call->arguments_count = row->arguments_count;
		call->arguments_any = row->arguments_any;
	}
	return 0;
}

/* Images that made no call are left out: a program that the source names but shows nothing of. */
static bool has_calls(const struct run_builder *run_builder, unsigned image)
{
	for (unsigned abi = 0; abi < ABI_COUNT; abi++)
		for (unsigned i = 0;
		     run_builder->images[image].rows[abi] && i < RUN_BUILDER_NUMBERS; i++)
			if (run_builder->images[image].rows[abi][i].is_seen)
				return true;
	for (size_t i = 0; i < run_builder->others_count; i++)
		if (run_builder->others[i].image == image)
			return true;
	return false;
}

static int add_image(struct run_builder *run_builder, unsigned image, struct run *run)
{
	unsigned process = (unsigned)run->processes_count;
	int r;

	if (!has_calls(run_builder, image))
		return 0;
	r = add_process(&run_builder->images[image], run);
	for (unsigned abi = 0; abi < ABI_COUNT && r == 0; abi++)
		r = add_rows(&run_builder->images[image], process, (enum abi)abi, run);
	for (size_t i = 0; i < run_builder->others_count && r == 0; i++) {
		const struct run_builder_other *other = &run_builder->others[i];

		if (other->image == image &&
		    !add_call(run, process, other->abi, other->nr, other->count))
			r = -ENOMEM;
	}
	return r;
}

int run_builder_finish(struct run_builder *run_builder, struct run *run, struct error *err)
{
	int r = run_builder->is_out_of_memory ? -ENOMEM : 0;

	for (unsigned i = 0; i < run_builder->images_count && r == 0; i++)
		r = add_image(run_builder, i, run);
	for (size_t i = 0; i < run_builder->objects_count && r == 0; i++) {
		struct object *object = run_add_object(run);

		if (!object)
			r = -ENOMEM;
		else
			object->path = take(run_builder->objects[i]);
	}
	if (r < 0)
		return error_oom(err);
	run->lost = run_builder->lost;
	return run_finish(run, err);
}
