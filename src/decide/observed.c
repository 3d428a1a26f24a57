// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The level `observed`: a rule for every observed call, except those made by the service manager,
 * with a reason that answers "why is this call allowed?": how often, in which phase, by which
 * processes, and from where it was called first.
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "decide/levels.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <string.h>

#define LABELS_SHOWN 2

const char *observed_format_count(uint64_t count, char buffer[COUNT_SIZE])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t used = 0;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			buffer[used++] = ',';
		buffer[used++] = digits[i];
	}
	buffer[used] = '\0';
	return buffer;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

char *observed_process_label(const struct process *process)
{
	static const char suffix[] = " process";
	const char *command = process->command	    ? process->command
			      : process->executable ? base_name(process->executable)
						    : "an unknown process";
	const char *title = process->title;
	size_t length = title ? strlen(title) : 0;
	char *label;

	if (length >= sizeof(suffix) && strcmp(title + length - strlen(suffix), suffix) == 0)
		length -= strlen(suffix);
	if (length == 0)
		return strdup(command);
	return asprintf(&label, "%s/%.*s", command, (int)length, title) < 0 ? NULL : label;
}

struct label {
	char *text;
	uint64_t count;
};

struct labels {
	struct label *labels;
	size_t count;
};

static void labels_free(struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++)
		free(labels->labels[i].text);
	free(labels->labels);
}

static int labels_add(struct labels *labels, const struct process *process, uint64_t count)
{
	struct label *added;
	char *text = observed_process_label(process);

	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < labels->count; i++) {
		if (strcmp(labels->labels[i].text, text) == 0) {
			labels->labels[i].count += count;
			free(text);
			return 0;
		}
	}
	added = array_grow_one(&labels->labels, labels->count);
	if (!added) {
		free(text);
		return -ENOMEM;
	}
	*added = (struct label){ text, count };
	labels->count++;
	return 0;
}

/* Those that make the call most come first; the name decides between equals. */
static int compare_labels(const void *left, const void *right)
{
	const struct label *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strcmp(a->text, b->text);
}

/* Every process that made the call, over all runs. */
static int labels_gather(struct labels *labels, const struct recording *recording, enum abi abi,
			 int nr)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < runs[i]->calls_count; j++) {
			const struct call *call = &runs[i]->calls[j];
			const struct process *process = &runs[i]->processes[call->process];

			if (call->abi != abi || call->nr != nr || process->is_manager)
				continue;
			if (labels_add(labels, process, call->count) < 0)
				return -ENOMEM;
		}
	}
	if (labels->count)
		qsort(labels->labels, labels->count, sizeof(*labels->labels), compare_labels);
	return 0;
}

/* "nginx/master and nginx/worker", "nginx, nginx/worker and 2 more". */
static void print_labels(FILE *out, const struct labels *labels)
{
	size_t shown = labels->count <= LABELS_SHOWN ? labels->count : LABELS_SHOWN;

	for (size_t i = 0; i < shown; i++)
		fprintf(out, "%s%s",
			i == 0 || shown < labels->count || i + 1 < shown ? ", " : " and ",
			labels->labels[i].text);
	if (shown < labels->count)
		fprintf(out, " and %zu more", labels->count - shown);
}

static void print_phases(FILE *out, unsigned phases)
{
	bool is_first = true;

	for (unsigned i = 0; i < PHASE_COUNT; i++) {
		if (!(phases & 1U << i) || i == PHASE_UNKNOWN)
			continue;
		fprintf(out, "%s%s", is_first ? ", " : " and ", phase_name((enum phase)i));
		is_first = false;
	}
}

/* "libc.so.6!epoll_wait", of the innermost frame. */
static void print_origin(FILE *out, const struct run *run, const struct call *call)
{
	const struct frame *frame = call->stack;
	const char *object = NULL;

	if (call->stack_count == 0)
		return;
	if (frame->object >= 0 && (size_t)frame->object < run->objects_count)
		object = run->objects[frame->object].path;
	if (frame->symbol)
		fprintf(out, ", first from %s%s%s", object ? base_name(object) : "",
			object ? "!" : "", frame->symbol);
	else if (object)
		fprintf(out, ", first from %s+0x%" PRIx64, base_name(object), frame->offset);
}

/* Whether only denials tell of the call: no observer has seen it made. */
static bool is_learnt(const struct recording *recording, const struct total *total)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	for (size_t i = 0; i < count; i++) {
		bool is_of_denials = strcmp(runs[i]->observer, OBSERVER_DENIALS) == 0;

		for (size_t j = 0; j < runs[i]->calls_count && !is_of_denials; j++) {
			const struct call *call = &runs[i]->calls[j];

			if (call->abi == total->abi && call->nr == total->nr &&
			    !runs[i]->processes[call->process].is_manager)
				return false;
		}
	}
	return true;
}

static int seen_text(const struct recording *recording, const struct total *total, char **text)
{
	_cleanup_(labels_free) struct labels labels = { 0 };
	char count[COUNT_SIZE];
	size_t size;
	FILE *out;

	if (labels_gather(&labels, recording, total->abi, total->nr) < 0)
		return -ENOMEM;
	out = open_memstream(text, &size);
	if (!out)
		return -ENOMEM;
	if (total->count == 1)
		fputs("once", out);
	else if (total->count)
		fprintf(out, "%s times", observed_format_count(total->count, count));
	else
		fputs("at least once", out);
	print_phases(out, total->phases);
	print_labels(out, &labels);
	print_origin(out, total->first_run, total->first);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

static int add_total(const struct recording *recording, const struct total *total,
		     struct policy *policy)
{
	_cleanup_free_ char *text = NULL;
	struct rule *rule = decide_allow(policy, total->abi, total->nr);

	if (!rule)
		return -ENOMEM;
	rule->phases = total->phases & 1U << PHASE_UNKNOWN ? 0 : total->phases;
	rule->frequency = total->count;
	rule->seen_any =
		total->arguments_any || (rule_tuple_size(rule) > 0 && total->arguments_count == 0);
	for (size_t i = 0; i < total->arguments_count; i++)
		if (rule_add_seen(rule, &total->arguments[i]) < 0)
			return -ENOMEM;
	if (seen_text(recording, total, &text) < 0)
		return -ENOMEM;
	return rule_add_reason(rule, is_learnt(recording, total) ? REASON_DENIED : REASON_SEEN,
			       "%s", text);
}

int observed_add(const struct recording *recording, const struct decide_options *options,
		 struct policy *policy, struct error *err)
{
	struct total *totals;
	size_t count;
	int r = recording_totals(recording, false, &totals, &count, err);

	(void)options;
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < count; i++) {
		/* No kernel has a call of a negative number: the answer is ENOSYS, filter or not. */
		if (totals[i].nr < 0)
			continue;
		r = policy_add_abi(policy, totals[i].abi);
		if (r == 0)
			r = add_total(recording, &totals[i], policy);
	}
	totals_free(totals, count);
	return r < 0 ? error_oom(err) : 0;
}
