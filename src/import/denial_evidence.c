// SPDX-License-Identifier: LGPL-2.1-or-later
#include "import/denial_evidence.h"

#include "common/cleanup.h"
#include "import/common/run_builder.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void lesson_clean(struct lesson *lesson)
{
	free(lesson->comm);
	free(lesson->exe);
	free(lesson->stack);
}

void lessons_clean(struct lessons *lessons)
{
	for (size_t i = 0; i < lessons->count; i++)
		lesson_clean(&lessons->lessons[i]);
	free(lessons->lessons);
	*lessons = (struct lessons){ 0 };
}

static bool text_equals(struct text text, const char *string)
{
	return text.length == strlen(string) &&
	       (text.length == 0 || memcmp(text.data, string, text.length) == 0);
}

static bool is_same_kind(const struct lesson *lesson, const struct lesson *kind,
			 const struct denial *denial)
{
	return lesson->abi == kind->abi && lesson->nr == kind->nr &&
	       lesson->has_arguments == kind->has_arguments &&
	       memcmp(lesson->arguments, kind->arguments, sizeof(kind->arguments)) == 0 &&
	       text_equals(denial->comm, lesson->comm) && text_equals(denial->exe, lesson->exe);
}

/* A text of no bytes has no place that strndup() could look at. */
static char *copy_text(struct text text)
{
	return text.length ? strndup(text.data, text.length) : strdup("");
}

static struct lesson *new_lesson(struct lessons *lessons, const struct lesson *kind,
				 const struct denial *denial)
{
	struct lesson *bigger = reallocarray(lessons->lessons, lessons->count + 1, sizeof(*bigger));
	struct lesson *lesson;

	if (!bigger)
		return NULL;
	lessons->lessons = bigger;
	lesson = &lessons->lessons[lessons->count];
	*lesson = *kind;
	lesson->comm = copy_text(denial->comm);
	lesson->exe = copy_text(denial->exe);
	if (!lesson->comm || !lesson->exe) {
		lesson_clean(lesson);
		return NULL;
	}
	lessons->count++;
	return lesson;
}

int lessons_add(struct lessons *lessons, const struct denial *denial, uint64_t count,
		struct error *err)
{
	struct lesson kind = { .abi = denial->abi, .nr = denial->nr }, *lesson = NULL;

	if (!denial->has_abi || denial->nr < 0) {
		lessons->left_out += count;
		return 0;
	}
	kind.has_arguments = denial->has_arguments;
	if (denial->has_arguments)
		syscall_arguments_that_matter(syscall_name(denial->abi, denial->nr),
					      denial->arguments, kind.arguments);
	for (size_t i = 0; i < lessons->count && !lesson; i++)
		if (is_same_kind(&lessons->lessons[i], &kind, denial))
			lesson = &lessons->lessons[i];
	if (!lesson && lessons->count == LESSONS_MAX) {
		lessons->left_out += count;
		return 0;
	}
	if (!lesson)
		lesson = new_lesson(lessons, &kind, denial);
	if (!lesson)
		return error_oom(err);
	if (__builtin_add_overflow(lesson->count, count, &lesson->count))
		lesson->count = UINT64_MAX;
	lesson->has_action = denial->has_action;
	lesson->action = denial->action;
	lesson->has_errno = denial->has_errno;
	if (!lesson->stack && denial->stack.length) {
		lesson->stack = copy_text(denial->stack);
		if (!lesson->stack)
			return error_oom(err);
	}
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct lesson *a = left, *b = right;

	if (a->abi != b->abi)
		return a->abi < b->abi ? -1 : 1;
	if (a->nr != b->nr)
		return a->nr < b->nr ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strcmp(a->comm, b->comm);
}

void lessons_sort(struct lessons *lessons)
{
	if (lessons->count)
		qsort(lessons->lessons, lessons->count, sizeof(*lessons->lessons), compare);
}

/* "brk <- sbrk <- malloc" */
static void add_stack(struct tally *tally, struct tally_row *row, const char *stack)
{
	static const char arrow[] = " <- ";

	while (*stack) {
		const char *end = strstr(stack, arrow);
		size_t length = end ? (size_t)(end - stack) : strlen(stack);

		tally_add_frame(tally, row, (struct frame){ .object = -1 }, NULL, 0, stack, length);
		stack += length + (end ? strlen(arrow) : 0);
	}
}

static void add_lesson(struct tally *tally, const struct lesson *lesson)
{
	unsigned image = tally_image(tally, lesson->exe[0] ? lesson->exe : lesson->comm, 0, false);
	struct tally_row *row;

	if (lesson->has_arguments)
		row = tally_add_told(tally, image, lesson->abi, lesson->nr, lesson->arguments,
				     lesson->count);
	else
		row = tally_add(tally, image, lesson->abi, lesson->nr, lesson->count);
	if (row && !row->stack && lesson->stack)
		add_stack(tally, row, lesson->stack);
}

int lessons_run(const struct lessons *lessons, const char *unit, struct run **result,
		struct error *err)
{
	_cleanup_(tally_freep) struct tally *tally = tally_new(abi_native());
	_cleanup_(run_freep) struct run *run = run_new();
	struct timespec now;
	size_t taken = 0;
	int r;

	if (!tally || !run)
		return error_oom(err);
	for (size_t i = 0; i < lessons->count; i++) {
		if (!lessons->lessons[i].is_taken)
			continue;
		add_lesson(tally, &lessons->lessons[i]);
		taken++;
	}
	*result = NULL;
	if (!taken)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	run->started_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	run->observer = strdup(OBSERVER_DENIALS);
	run->target = strdup(unit);
	run->ended = strdup("learnt");
	run->whittle = strdup(WHITTLE_VERSION);
	if (!run->observer || !run->target || !run->ended || !run->whittle)
		return error_oom(err);
	run->target_kind = TARGET_UNIT;
	run->filter = FILTER_PRESENT;
	r = tally_finish(tally, run, err);
	if (r == 0)
		*result = take(run);
	return r;
}
