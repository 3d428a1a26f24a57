// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sysdig's and csysdig's text, in its default format:
 *
 *	85 16:15:46.745812344 0 nginx (1234) > read fd=3(<f>/etc/passwd) size=4096
 *
 * The fields are number, time, CPU, program, thread, direction, event, arguments. ">" marks sys_enter.
 * Not all events are calls, and some names stand for several calls (eventfd for eventfd2).
 */
#include "import/common/importer.h"

#include "common/cleanup.h"
#include "common/word.h"

struct event {
	const char *comm, *name;
	size_t comm_length, name_length;
	bool is_entry;
	const char *info;
};

static bool parse(const char *line, size_t length, struct event *event)
{
	const char *at = line, *end = line + length, *word, *arrow;
	uint64_t number;
	size_t size;

	if (!import_word(&at, end, &word, &size) || !import_number(word, size, &number) ||
	    !import_word(&at, end, &word, &size) || !memchr(word, ':', size) ||
	    !import_word(&at, end, &word, &size) || !import_number(word, size, &number))
		return false;
	/* A program's name may hold blanks: it ends before " (THREAD) > ". */
	event->comm = at < end ? at + 1 : at;
	arrow = memmem(at, (size_t)(end - at), ") > ", 4);
	event->is_entry = arrow;
	if (!arrow)
		arrow = memmem(at, (size_t)(end - at), ") < ", 4);
	word = arrow ? memrchr(at, '(', (size_t)(arrow - at)) : NULL;
	if (!word || word - event->comm < 1)
		return false;
	event->comm_length = (size_t)(word - 1 - event->comm);
	at = arrow + 4;
	if (!import_word(&at, end, &event->name, &event->name_length))
		return false;
	event->info = at;
	return true;
}

/* Events that are none of a call's. */
static bool is_other(const struct event *event)
{
	static const char *const names[] = {
		"NA",	    "asyncevent", "container", "cpu_hotplug",	"drop",	      "group",
		"infra",    "k8s",	  "mesos",     "notification",	"page_fault", "pluginevent",
		"procexit", "procinfo",	  "scapevent", "signaldeliver", "switch",     "sysdigevent",
		"tracer",   "user",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (is_word(event->name, event->name_length, names[i]))
			return true;
	return false;
}

static const char *read_line(struct import *import, const char *line, size_t length)
{
	static const char generic[] = " ID=";
	struct event event;
	unsigned image;
	char comm[64];

	if (length == 0)
		return NULL;
	if (!parse(line, length, &event))
		return "not a sysdig event";
	if (is_other(&event))
		return NULL;
	snprintf(comm, sizeof(comm), "%.*s",
		 (int)(event.comm_length < sizeof(comm) ? event.comm_length : 0), event.comm);
	image = run_builder_image(import->run_builder, comm, 0, false);
	/* "> syscall ID=234(tgkill) nativeID=234": one that it has no event of its own for */
	if (event.name_length == 7 && memcmp(event.name, "syscall", 7) == 0) {
		const char *end = line + length;
		const char *at = memmem(event.info, (size_t)(end - event.info), generic,
					sizeof(generic) - 1);
		const char *open = at ? memchr(at, '(', (size_t)(end - at)) : NULL;
		const char *close = open ? memchr(open, ')', (size_t)(end - open)) : NULL;

		if (!close)
			return event.is_entry ? "a call without a name" : NULL;
		event.name = open + 1;
		event.name_length = (size_t)(close - open - 1);
	}
	return import_count_name(import, image, event.name, event.name_length, event.is_entry);
}

static bool is_event(const char *line, size_t length)
{
	struct event event;

	return parse(line, length, &event);
}

static bool sniff(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 20, is_event);
}

const struct importer importer_sysdig = {
	.name = "sysdig",
	.summary = "text of sysdig in its default format",
	.sniff = sniff,
	.line = read_line,
};
