/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an importer counts into: calls by process image, ABI and number, in memory that is bounded
 * whatever the source holds. A failure to get memory is kept until tally_finish(), so that who counts
 * millions of lines has no error to look at.
 */
#ifndef WHITTLE_IMPORT_COMMON_RUN_BUILDER_H
#define WHITTLE_IMPORT_COMMON_RUN_BUILDER_H

#include "import/common/names.h"
#include "recording/recording.h"

#define TALLY_NUMBERS 1024 /* counted in an array; others in a list */
#define TALLY_OTHERS  4096
#define TALLY_IMAGES  1024
#define TALLY_OBJECTS 4096
#define TALLY_FRAMES  64 /* of one stack */
#define TALLY_TUPLES  64 /* distinct arguments of one row */
#define TALLY_DEPTH   2 /* as the recorders cap it */

struct tally_row {
	uint64_t count;
	bool is_seen;
	const struct syscall_arguments *table; /* of the call's arguments; NULL: none matters */
	bool arguments_any; /* some were not told, or more than TALLY_TUPLES */
	struct frame *stack;
	size_t stack_count;
	struct argument_values *arguments;
	size_t arguments_count;
};

struct tally_image {
	char *executable; /* a path, or without a slash comm; "" unknown */
	unsigned depth;
	bool is_manager;
	enum abi abi; /* what its calls are taken for until the source says otherwise */
	struct tally_row *rows[ABI_COUNT];
};

struct tally_other {
	unsigned image;
	enum abi abi;
	int nr;
	uint64_t count;
};

struct tally {
	struct call_names names;
	enum abi abi; /* of a new image */
	struct tally_image *images;
	size_t images_count;
	struct tally_other *others;
	size_t others_count;
	char **objects;
	size_t objects_count;
	uint64_t total; /* calls counted or seen */
	struct losses lost;
	bool is_out_of_memory;
};

struct tally *tally_new(enum abi abi);
void tally_freep(struct tally **tally);

/* The image of an executable in a role, made where it is new. Where there are TALLY_IMAGES, the first. */
unsigned tally_image(struct tally *tally, const char *executable, unsigned depth, bool is_manager);

/* COUNT more calls; 0: it was seen, who knows how often. The row, or NULL for a number past the array. */
struct tally_row *tally_add(struct tally *tally, unsigned image, enum abi abi, int nr,
			    uint64_t count);

/* COUNT more calls (at least 1), of which the source tells the arguments, as the kernel had them. */
struct tally_row *tally_add_told(struct tally *tally, unsigned image, enum abi abi, int nr,
				 const uint64_t values[6], uint64_t count);

/* One call, whose arguments are still to be told: tally_tell(). */
struct tally_row *tally_begin(struct tally *tally, unsigned image, enum abi abi, int nr);
/* VALUES as they are recorded, one for each argument of the row's table; NULL: not known. */
void tally_tell(struct tally *tally, struct tally_row *row, const uint64_t values[ARGUMENTS_MAX]);

/* All that was counted of an image as FROM was of TO: by name, what TO does not have stays. */
void tally_move(struct tally *tally, unsigned image, enum abi from, enum abi to);

/* One more frame of a row's stack, outward. OBJECT may be unknown (length 0), and so may SYMBOL. */
void tally_add_frame(struct tally *tally, struct tally_row *row, struct frame frame,
		     const char *object, size_t object_length, const char *symbol,
		     size_t symbol_length);

/* Everything into RUN, which is then finished. */
int tally_finish(struct tally *tally, struct run *run, struct error *err);

#endif
