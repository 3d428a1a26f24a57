// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Denial records are evidence of calls, as good as an observer's. The parser is that of watch and explain.
 * A denial that both the kernel's log and the audit daemon's contain counts once.
 */
#include "import/common/importer.h"

#include "denial/dedup.h"
#include "denial/denial.h"

#include <limits.h>

struct audit {
	struct denial_scratch scratch;
	struct dedup dedup;
};

/* Every record has one of these, and hardly any other line has. */
static bool may_be_record(const char *line, size_t length)
{
	return memmem(line, length, "SECCOMP", 7) || memmem(line, length, "1326", 4) ||
	       has_prefix(line, length, "{ \"name\": ");
}

static unsigned image_of(struct import *import, const struct denial *denial)
{
	const struct text *text = denial->exe.length ? &denial->exe : &denial->comm;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.*s", (int)(text->length < PATH_MAX ? text->length : 0),
		 text->length ? text->data : "");
	return run_builder_image(import->run_builder, path, 0, false);
}

static const char *read_line(struct import *import, const char *line, size_t length)
{
	struct audit *audit = import->state;
	struct denial denial;
	uint64_t count;
	enum abi abi;

	if (!may_be_record(line, length))
		return NULL;
	switch (denial_parse_line(line, length, &audit->scratch, &denial)) {
	case DENIAL_LINE_OTHER:
		return NULL;
	case DENIAL_LINE_BROKEN:
		return "a denial record, cut short or garbled";
	case DENIAL_LINE_RECORD:
		break;
	}
	count = dedup_count(&audit->dedup, &denial, denial.count);
	if (!count)
		return NULL;
	if (denial.nr < 0)
		return import_count_name(import, image_of(import, &denial), denial.name.data,
					 denial.name.length, count);
	if (denial.audit_arch && !denial.has_abi)
		return "of an unknown architecture";
	abi = denial.has_abi ? denial.abi : import->settings->abi;
	if (denial.has_arguments)
		run_builder_add_told(import->run_builder, image_of(import, &denial), abi, denial.nr,
				     denial.arguments, count);
	else
		run_builder_add(import->run_builder, image_of(import, &denial), abi, denial.nr,
				count);
	return NULL;
}

static bool is_record(const char *line, size_t length)
{
	struct denial_scratch scratch;
	struct denial denial;

	return may_be_record(line, length) &&
	       denial_parse_line(line, length, &scratch, &denial) == DENIAL_LINE_RECORD;
}

static bool sniff(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, UINT_MAX, is_record);
}

const struct importer importer_audit = {
	.name = "audit",
	.summary = "records of denied or logged calls, in any log",
	.sniff = sniff,
	.state_size = sizeof(struct audit),
	.line = read_line,
	.has_filter = true,
};
