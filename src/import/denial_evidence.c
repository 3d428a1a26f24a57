// SPDX-License-Identifier: LGPL-2.1-or-later
#include "import/denial_evidence.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "import/common/run_builder.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void lesson_clean(struct denial_evidence_call *denial_evidence_call)
{
	free(denial_evidence_call->comm);
	free(denial_evidence_call->exe);
	free(denial_evidence_call->stack);
}

void denial_evidence_clean(struct denial_evidence *denial_evidence)
{
	for (size_t i = 0; i < denial_evidence->count; i++)
		lesson_clean(&denial_evidence->denial_evidence[i]);
	free(denial_evidence->denial_evidence);
	*denial_evidence = (struct denial_evidence){ 0 };
}

static bool text_equals(struct text text, const char *string)
{
	return text.length == strlen(string) &&
	       (text.length == 0 || memcmp(text.data, string, text.length) == 0);
}

static bool is_same_kind(const struct denial_evidence_call *denial_evidence_call,
			 const struct denial_evidence_call *kind, const struct denial *denial)
{
	return denial_evidence_call->abi == kind->abi && denial_evidence_call->nr == kind->nr &&
	       denial_evidence_call->has_arguments == kind->has_arguments &&
	       memcmp(denial_evidence_call->arguments, kind->arguments, sizeof(kind->arguments)) ==
		       0 &&
	       denial_evidence_call->uid == kind->uid &&
	       denial_evidence_call->doubt == kind->doubt &&
	       text_equals(denial->comm, denial_evidence_call->comm) &&
	       text_equals(denial->exe, denial_evidence_call->exe);
}

/* A text of no bytes has no place that strndup() could look at. */
static char *copy_text(struct text text)
{
	return text.length ? strndup(text.data, text.length) : strdup("");
}

static struct denial_evidence_call *new_lesson(struct denial_evidence *denial_evidence,
					       const struct denial_evidence_call *kind,
					       const struct denial *denial)
{
	struct denial_evidence_call *denial_evidence_call =
		array_grow_one(&denial_evidence->denial_evidence, denial_evidence->count);

	if (!denial_evidence_call)
		return NULL;
	*denial_evidence_call = *kind;
	denial_evidence_call->comm = copy_text(denial->comm);
	denial_evidence_call->exe = copy_text(denial->exe);
	if (!denial_evidence_call->comm || !denial_evidence_call->exe) {
		lesson_clean(denial_evidence_call);
		return NULL;
	}
	denial_evidence->count++;
	return denial_evidence_call;
}

int denial_evidence_add(struct denial_evidence *denial_evidence, const struct denial *denial,
			uint64_t count, const char *doubt, struct error *err)
{
	struct denial_evidence_call kind = { .abi = denial->abi,
					     .nr = denial->nr,
					     .uid = denial->uid,
					     .doubt = doubt },
				    *denial_evidence_call = NULL;

	if (!denial->has_abi || denial->nr < 0) {
		denial_evidence->left_out += count;
		return 0;
	}
	kind.has_arguments = denial->has_arguments;
	if (denial->has_arguments)
		syscall_arguments_that_matter(denial->abi, syscall_name(denial->abi, denial->nr),
					      denial->arguments, kind.arguments);
	for (size_t i = 0; i < denial_evidence->count && !denial_evidence_call; i++)
		if (is_same_kind(&denial_evidence->denial_evidence[i], &kind, denial))
			denial_evidence_call = &denial_evidence->denial_evidence[i];
	if (!denial_evidence_call && denial_evidence->count == LESSONS_MAX) {
		denial_evidence->left_out += count;
		return 0;
	}
	if (!denial_evidence_call)
		denial_evidence_call = new_lesson(denial_evidence, &kind, denial);
	if (!denial_evidence_call)
		return error_oom(err);
	if (__builtin_add_overflow(denial_evidence_call->count, count,
				   &denial_evidence_call->count))
		denial_evidence_call->count = UINT64_MAX;
	denial_evidence_call->has_action = denial->has_action;
	denial_evidence_call->action = denial->action;
	denial_evidence_call->has_errno = denial->has_errno;
	if (!denial_evidence_call->stack && denial->stack.length) {
		denial_evidence_call->stack = copy_text(denial->stack);
		if (!denial_evidence_call->stack)
			return error_oom(err);
	}
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct denial_evidence_call *a = left, *b = right;

	if (a->abi != b->abi)
		return a->abi < b->abi ? -1 : 1;
	if (a->nr != b->nr)
		return a->nr < b->nr ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strcmp(a->comm, b->comm);
}

void denial_evidence_sort(struct denial_evidence *denial_evidence)
{
	if (denial_evidence->count)
		qsort(denial_evidence->denial_evidence, denial_evidence->count,
		      sizeof(*denial_evidence->denial_evidence), compare);
}

/* "brk <- sbrk <- malloc" */
static void add_stack(struct run_builder *run_builder, struct run_builder_row *row,
		      const char *stack)
{
	static const char arrow[] = " <- ";

	while (*stack) {
		const char *end = strstr(stack, arrow);
		size_t length = end ? (size_t)(end - stack) : strlen(stack);

		run_builder_add_frame(run_builder, row, (struct frame){ .object = -1 }, NULL, 0,
				      stack, length);
		stack += length + (end ? strlen(arrow) : 0);
	}
}

static void add_lesson(struct run_builder *run_builder,
		       const struct denial_evidence_call *denial_evidence_call)
{
	unsigned image =
		run_builder_image(run_builder,
				  denial_evidence_call->exe[0] ? denial_evidence_call->exe
							       : denial_evidence_call->comm,
				  0, false);
	struct run_builder_row *row;

	if (denial_evidence_call->has_arguments)
		row = run_builder_add_told(
			run_builder, image, denial_evidence_call->abi, denial_evidence_call->nr,
			denial_evidence_call->arguments, denial_evidence_call->count);
	else
		row = run_builder_add(run_builder, image, denial_evidence_call->abi,
				      denial_evidence_call->nr, denial_evidence_call->count);
	if (row && !row->stack && denial_evidence_call->stack)
		add_stack(run_builder, row, denial_evidence_call->stack);
}

int denial_evidence_run(const struct denial_evidence *denial_evidence, const char *unit,
			struct run **result, struct error *err)
{
	_cleanup_(run_builder_freep) struct run_builder *run_builder =
		run_builder_new(abi_native());
	_cleanup_(run_freep) struct run *run = run_new();
	struct timespec now;
	size_t taken = 0;
	int r;

	if (!run_builder || !run)
		return error_oom(err);
	for (size_t i = 0; i < denial_evidence->count; i++) {
		if (!denial_evidence->denial_evidence[i].is_taken)
			continue;
		add_lesson(run_builder, &denial_evidence->denial_evidence[i]);
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
	r = run_builder_finish(run_builder, run, err);
	if (r == 0)
		*result = take(run);
	return r;
}
