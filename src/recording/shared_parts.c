// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two runs have a part in common if its text is the same, byte for byte. A search tree (tsearch(3))
 * finds a text that was there before.
 *
 * Shapes are looked for in two passes: the first counts the runs of each, the second numbers those that
 * more than one run has. A lone run keeps its parts, so that its part in the file can be read by itself.
 */
#include "recording/shared_parts.h"

#include "common/array.h"
#include "common/cleanup.h"

#include <errno.h>
#include <search.h>
#include <string.h>

/* Depth of an element in the arrays "shapes" and "numbers". */
#define ELEMENT_DEPTH 2

struct part {
	char *text;
	size_t runs; /* that have it */
	size_t index; /* in the file; SHARED_NONE: not given yet */
};

static int compare_parts(const void *left, const void *right)
{
	return strcmp(((const struct part *)left)->text, ((const struct part *)right)->text);
}

static void free_part(void *pointer)
{
	struct part *part = pointer;

	free(part->text);
	free(part);
}

static int text_of(void (*write)(struct json_writer *writer, const struct run *run),
		   const struct run *run, char **text)
{
	size_t size;
	FILE *out = open_memstream(text, &size);
	struct json_writer writer;

	if (!out)
		return -ENOMEM;
	writer = json_element_writer(out, ELEMENT_DEPTH);
	write(&writer, run);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

/* The part of this text, which is taken over; a new one where there is none. */
static struct part *part_of(void **tree, char *given)
{
	_cleanup_free_ char *text = given;
	struct part key = { .text = text }, *part;
	struct part **found = tfind(&key, tree, compare_parts);

	if (found)
		return *found;
	part = malloc(sizeof(*part));
	if (!part)
		return NULL;
	*part = (struct part){ .text = text, .index = SHARED_NONE };
	if (!tsearch(part, tree, compare_parts)) {
		free(part);
		return NULL;
	}
	take(text);
	return part;
}

/* The index of an part's text, which is given at first sight. */
static int number(struct shared_texts *texts, struct part *part, size_t *index)
{
	if (part->index == SHARED_NONE) {
		char **added = array_grow_one(&texts->texts, texts->count);

		if (!added)
			return -ENOMEM;
		*added = strdup(part->text);
		if (!*added)
			return -ENOMEM;
		part->index = texts->count++;
	}
	*index = part->index;
	return 0;
}

static int find(struct shared_parts *parts, const struct run *const *runs, size_t count,
		void **shapes, void **numbers, struct part **shape_of_run)
{
	for (size_t i = 0; i < count; i++) {
		char *text = NULL;

		if (text_of(recording_write_shape, runs[i], &text) < 0)
			return -ENOMEM;
		shape_of_run[i] = part_of(shapes, text);
		if (!shape_of_run[i])
			return -ENOMEM;
		shape_of_run[i]->runs++;
	}
	for (size_t i = 0; i < count; i++) {
		struct part *part;
		char *text = NULL;

		parts->shape_of[i] = parts->numbers_of[i] = SHARED_NONE;
		if (shape_of_run[i]->runs < 2)
			continue;
		if (text_of(recording_write_numbers, runs[i], &text) < 0)
			return -ENOMEM;
		part = part_of(numbers, text);
		if (!part || number(&parts->shapes, shape_of_run[i], &parts->shape_of[i]) < 0 ||
		    number(&parts->numbers, part, &parts->numbers_of[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

int shared_parts_find(struct shared_parts *parts, const struct run *const *runs, size_t count)
{
	_cleanup_free_ struct part **shape_of_run = calloc(count + 1, sizeof(struct part *));
	void *shapes = NULL, *numbers = NULL;
	int r = -ENOMEM;

	parts->shape_of = calloc(count + 1, sizeof(*parts->shape_of));
	parts->numbers_of = calloc(count + 1, sizeof(*parts->numbers_of));
	if (shape_of_run && parts->shape_of && parts->numbers_of)
		r = find(parts, runs, count, &shapes, &numbers, shape_of_run);
	tdestroy(shapes, free_part);
	tdestroy(numbers, free_part);
	return r;
}

static void texts_clean(struct shared_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->texts[i]);
	free(texts->texts);
}

void shared_parts_clean(struct shared_parts *parts)
{
	texts_clean(&parts->shapes);
	texts_clean(&parts->numbers);
	free(parts->shape_of);
	free(parts->numbers_of);
}
