// SPDX-License-Identifier: LGPL-2.1-or-later
#include "import/common/run_builder.h"

#include "common/cleanup.h"
#include "common/word.h"
#include "syscall/syscall.h"

#include <string.h>

struct tally *tally_new(enum abi abi)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (!tally)
		return NULL;
	tally->abi = abi;
	tally->images = calloc(TALLY_IMAGES, sizeof(*tally->images));
	tally->others = calloc(TALLY_OTHERS, sizeof(*tally->others));
	tally->objects = calloc(TALLY_OBJECTS, sizeof(*tally->objects));
	if (!tally->images || !tally->others || !tally->objects)
		tally_freep(&tally);
	return tally;
}

static void free_stack(struct tally_row *row)
{
	for (size_t i = 0; i < row->stack_count; i++)
		free(row->stack[i].symbol);
	free(row->stack);
	row->stack = NULL;
	row->stack_count = 0;
}

static void free_rows(struct tally_row *rows)
{
	for (size_t i = 0; rows && i < TALLY_NUMBERS; i++) {
		free_stack(&rows[i]);
		free(rows[i].arguments);
	}
	free(rows);
}

void tally_freep(struct tally **pointer)
{
	struct tally *tally = take(*pointer);

	if (!tally)
		return;
	for (size_t i = 0; i < tally->images_count; i++) {
		for (unsigned abi = 0; abi < ABI_COUNT; abi++)
			free_rows(tally->images[i].rows[abi]);
		free(tally->images[i].executable);
	}
	for (size_t i = 0; i < tally->objects_count; i++)
		free(tally->objects[i]);
	free(tally->images);
	free(tally->others);
	free(tally->objects);
	free(tally);
}

unsigned tally_image(struct tally *tally, const char *executable, unsigned depth, bool is_manager)
{
	struct tally_image *image;

	if (depth > TALLY_DEPTH)
		depth = TALLY_DEPTH;
	for (size_t i = tally->images_count; i-- > 0;) {
		image = &tally->images[i];
		if (image->depth == depth && image->is_manager == is_manager &&
		    strcmp(image->executable, executable) == 0)
			return (unsigned)i;
	}
	if (tally->images_count == TALLY_IMAGES) {
		tally->lost.processes++;
		return 0;
	}
	image = &tally->images[tally->images_count];
	image->executable = strdup(executable);
	if (!image->executable) {
		tally->is_out_of_memory = true;
		return 0;
	}
	image->depth = depth;
	image->is_manager = is_manager;
	image->abi = tally->abi;
	return (unsigned)tally->images_count++;
}

static void add_saturating(uint64_t *sum, uint64_t more)
{
	if (__builtin_add_overflow(*sum, more, sum) || *sum > INT64_MAX)
		*sum = INT64_MAX;
}

static void add_other(struct tally *tally, unsigned image, enum abi abi, int nr, uint64_t count)
{
	struct tally_other *other;

	for (size_t i = 0; i < tally->others_count; i++) {
		other = &tally->others[i];
		if (other->image == image && other->abi == abi && other->nr == nr) {
			add_saturating(&other->count, count);
			return;
		}
	}
	if (tally->others_count == TALLY_OTHERS) {
		add_saturating(&tally->lost.calls, count ? count : 1);
		return;
	}
	tally->others[tally->others_count++] = (struct tally_other){ image, abi, nr, count };
}

static unsigned row_index(enum abi abi, int nr)
{
	return abi == ABI_X32 ? (unsigned)nr & ~(unsigned)X32_BIT : (unsigned)nr;
}

static struct tally_row *add(struct tally *tally, unsigned image, enum abi abi, int nr,
			     uint64_t count)
{
	unsigned index = row_index(abi, nr);
	struct tally_row **rows, *row;

	if (image >= tally->images_count)
		return NULL;
	add_saturating(&tally->total, count ? count : 1);
	if (index >= TALLY_NUMBERS || (abi == ABI_X32 && !((unsigned)nr & X32_BIT))) {
		add_other(tally, image, abi, nr, count);
		return NULL;
	}
	rows = &tally->images[image].rows[abi];
	if (!*rows) {
		*rows = calloc(TALLY_NUMBERS, sizeof(**rows));
		if (!*rows) {
			tally->is_out_of_memory = true;
			return NULL;
		}
	}
	row = &(*rows)[index];
	if (!row->is_seen) {
		const char *name = syscall_name(abi, nr);

		row->table = name ? syscall_arguments(name) : NULL;
		row->is_seen = true;
	}
	add_saturating(&row->count, count);
	return row;
}

struct tally_row *tally_add(struct tally *tally, unsigned image, enum abi abi, int nr,
			    uint64_t count)
{
	struct tally_row *row = add(tally, image, abi, nr, count);

	if (row)
		row->arguments_any = true;
	return row;
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

static void add_tuple(struct tally *tally, struct tally_row *row,
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
		row->arguments = calloc(TALLY_TUPLES, sizeof(*row->arguments));
	if (!row->arguments)
		tally->is_out_of_memory = true;
	else if (row->arguments_count < TALLY_TUPLES)
		row->arguments[row->arguments_count++] = *tuple;
	else
		row->arguments_any = true;
}

struct tally_row *tally_begin(struct tally *tally, unsigned image, enum abi abi, int nr)
{
	return add(tally, image, abi, nr, 1);
}

static void tell(struct tally *tally, struct tally_row *row, const uint64_t values[ARGUMENTS_MAX],
		 uint64_t count)
{
	struct argument_values tuple = { .count = count };

	if (!row || !row->table)
		return;
	if (values) {
		memcpy(tuple.value, values, sizeof(tuple.value));
		add_tuple(tally, row, &tuple);
	} else {
		row->arguments_any = true;
	}
}

void tally_tell(struct tally *tally, struct tally_row *row, const uint64_t values[ARGUMENTS_MAX])
{
	tell(tally, row, values, 1);
}

struct tally_row *tally_add_told(struct tally *tally, unsigned image, enum abi abi, int nr,
				 const uint64_t values[6], uint64_t count)
{
	struct tally_row *row = add(tally, image, abi, nr, count);
	uint64_t tuple[ARGUMENTS_MAX] = { 0 };

	if (row && row->table)
		tell(tally, row, pick_arguments(row->table, values, tuple) ? tuple : NULL, count);
	return row;
}

void tally_move(struct tally *tally, unsigned image, enum abi from, enum abi to)
{
	struct tally_row *rows = tally->images[image].rows[from];

	tally->images[image].abi = to;
	for (unsigned i = 0; rows && from != to && i < TALLY_NUMBERS; i++) {
		const char *name =
			syscall_name(from, (int)(from == ABI_X32 ? i | (unsigned)X32_BIT : i));
		struct tally_row *row;
		int nr;

		if (!rows[i].is_seen || !name ||
		    !call_names_find(&tally->names, to, name, strlen(name), &nr))
			continue;
		row = tally_add(tally, image, to, nr, rows[i].count);
		tally->total -= rows[i].count ? rows[i].count : 1;
		if (row && !row->stack) {
			row->stack = take(rows[i].stack);
			row->stack_count = rows[i].stack_count;
		} else {
			free_stack(&rows[i]);
		}
		free(rows[i].arguments);
		rows[i] = (struct tally_row){ 0 };
	}
}

static int find_object(struct tally *tally, const char *path, size_t length)
{
	/* A line may hold a zero byte, and a name ends there. */
	length = length ? strnlen(path, length) : 0;
	if (!length)
		return -1;
	for (size_t i = 0; i < tally->objects_count; i++)
		if (is_word(path, length, tally->objects[i]))
			return (int)i;
	if (tally->objects_count == TALLY_OBJECTS)
		return -1;
	tally->objects[tally->objects_count] = strndup(path, length);
	if (!tally->objects[tally->objects_count]) {
		tally->is_out_of_memory = true;
		return -1;
	}
	return (int)tally->objects_count++;
}

void tally_add_frame(struct tally *tally, struct tally_row *row, struct frame frame,
		     const char *object, size_t object_length, const char *symbol,
		     size_t symbol_length)
{
	if (row->stack_count == TALLY_FRAMES)
		return;
	if (!row->stack)
		row->stack = calloc(TALLY_FRAMES, sizeof(*row->stack));
	frame.object = find_object(tally, object, object_length);
	frame.symbol = symbol_length ? strndup(symbol, symbol_length) : NULL;
	if (!row->stack || (symbol_length && !frame.symbol)) {
		free(frame.symbol);
		tally->is_out_of_memory = true;
		return;
	}
	row->stack[row->stack_count++] = frame;
}

/* ---- into a run ---- */

static int add_process(const struct tally_image *image, struct run *run)
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

static int add_rows(struct tally_image *image, unsigned index, enum abi abi, struct run *run)
{
	for (unsigned i = 0; image->rows[abi] && i < TALLY_NUMBERS; i++) {
		struct tally_row *row = &image->rows[abi][i];
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
static bool has_calls(const struct tally *tally, unsigned image)
{
	for (unsigned abi = 0; abi < ABI_COUNT; abi++)
		for (unsigned i = 0; tally->images[image].rows[abi] && i < TALLY_NUMBERS; i++)
			if (tally->images[image].rows[abi][i].is_seen)
				return true;
	for (size_t i = 0; i < tally->others_count; i++)
		if (tally->others[i].image == image)
			return true;
	return false;
}

static int add_image(struct tally *tally, unsigned image, struct run *run)
{
	unsigned process = (unsigned)run->processes_count;
	int r;

	if (!has_calls(tally, image))
		return 0;
	r = add_process(&tally->images[image], run);
	for (unsigned abi = 0; abi < ABI_COUNT && r == 0; abi++)
		r = add_rows(&tally->images[image], process, (enum abi)abi, run);
	for (size_t i = 0; i < tally->others_count && r == 0; i++) {
		const struct tally_other *other = &tally->others[i];

		if (other->image == image &&
		    !add_call(run, process, other->abi, other->nr, other->count))
			r = -ENOMEM;
	}
	return r;
}

int tally_finish(struct tally *tally, struct run *run, struct error *err)
{
	int r = tally->is_out_of_memory ? -ENOMEM : 0;

	for (unsigned i = 0; i < tally->images_count && r == 0; i++)
		r = add_image(tally, i, run);
	for (size_t i = 0; i < tally->objects_count && r == 0; i++) {
		struct object *object = run_add_object(run);

		if (!object)
			r = -ENOMEM;
		else
			object->path = take(tally->objects[i]);
	}
	if (r < 0)
		return error_oom(err);
	run->lost = tally->lost;
	return run_finish(run, err);
}
