/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counts the calls of an import by process image, ABI and number, in bounded memory. An allocation failure is
 * remembered until run_builder_finish(), so that callers need no error check per line.
 */
#ifndef WHITTLE_IMPORT_COMMON_RUN_BUILDER_H
#define WHITTLE_IMPORT_COMMON_RUN_BUILDER_H

#include "import/common/names.h"
#include "recording/recording.h"

#define RUN_BUILDER_NUMBERS 1024 /* counted in an array; others in a list */
#define RUN_BUILDER_OTHERS  4096
#define RUN_BUILDER_IMAGES  1024
#define RUN_BUILDER_OBJECTS 4096
#define RUN_BUILDER_FRAMES  64 /* of one stack */
#define RUN_BUILDER_TUPLES  64 /* distinct arguments of one row */
#define RUN_BUILDER_DEPTH   2 /* as the recorders cap it */

struct run_builder_row {
	uint64_t count;
	bool is_seen;
	const struct syscall_arguments *table; /* of the call's arguments; NULL: none matters */
	bool arguments_any; /* some are unknown, or there are more than RUN_BUILDER_TUPLES */
	struct frame *stack;
	size_t stack_count;
	struct argument_values *arguments;
	size_t arguments_count;
};

struct run_builder_image {
	char *executable; /* a path, or without a slash comm; "" unknown */
	unsigned depth;
	bool is_manager;
	enum abi abi; /* of its calls, unless the source says otherwise */
	struct run_builder_row *rows[ABI_COUNT];
};

struct run_builder_other {
	unsigned image;
	enum abi abi;
	int nr;
	uint64_t count;
};

struct run_builder {
	struct call_names names;
	enum abi abi; /* of a new image */
	struct run_builder_image *images;
	size_t images_count;
	struct run_builder_other *others;
	size_t others_count;
	char **objects;
	size_t objects_count;
	uint64_t total; /* calls counted or observed */
	struct losses lost;
	bool is_out_of_memory;
};

struct run_builder *run_builder_new(enum abi abi);
void run_builder_freep(struct run_builder **run_builder);

/* The image of an executable in a role, created if it is new. Beyond RUN_BUILDER_IMAGES it is the first one. */
unsigned run_builder_image(struct run_builder *run_builder, const char *executable, unsigned depth,
			   bool is_manager);

/* Adds COUNT calls; 0: observed, with an unknown count. Returns the row, or NULL for a number beyond the
 * array. */
struct run_builder_row *run_builder_add(struct run_builder *run_builder, unsigned image,
					enum abi abi, int nr, uint64_t count);

/* Whether any image has made the call. */
bool run_builder_has(const struct run_builder *run_builder, enum abi abi, int nr);

/* Adds COUNT calls (at least 1) with known arguments, as the kernel got them. */
struct run_builder_row *run_builder_add_told(struct run_builder *run_builder, unsigned image,
					     enum abi abi, int nr, const uint64_t values[6],
					     uint64_t count);

/* Adds one call; its arguments follow with run_builder_set_source(). */
struct run_builder_row *run_builder_begin(struct run_builder *run_builder, unsigned image,
					  enum abi abi, int nr);
/* Adds recorded VALUES, one for each argument of the row's table; NULL: unknown. */
void run_builder_set_source(struct run_builder *run_builder, struct run_builder_row *row,
			    const uint64_t values[ARGUMENTS_MAX]);

/* Moves all calls of an image from ABI FROM to TO, by name. Calls that TO lacks stay. */
void run_builder_move(struct run_builder *run_builder, unsigned image, enum abi from, enum abi to);

/* Adds the next outer frame of a row's stack. OBJECT and SYMBOL may be unknown (length 0). */
void run_builder_add_frame(struct run_builder *run_builder, struct run_builder_row *row,
			   struct frame frame, const char *object, size_t object_length,
			   const char *symbol, size_t symbol_length);

/* Moves everything to RUN and finishes it. */
int run_builder_finish(struct run_builder *run_builder, struct run *run, struct error *err);

#endif
