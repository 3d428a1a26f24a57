// SPDX-License-Identifier: LGPL-2.1-or-later
#include "systemd/journal.h"

#include "common/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

#define LINE_MAX_SHOWN 400
#define UNIT_NAME_SIZE 256 /* systemd's longest, with the NUL */

/* Half a second together. */
#define WAITS_MAX 5
#define WAIT_US	  100000

static void journal_closep(sd_journal **journal)
{
	sd_journal_close(*journal);
}

/* What the invocation's processes wrote, or PID 1 of it. A line that the journal reads late, when its writer
 * has ended and the unit was started anew, has lost the invocation but not the unit. */
static int add_matches(sd_journal *journal, const char *unit, const char *invocation)
{
	char own[UNIT_NAME_SIZE + 16], manager[64];
	int r;

	snprintf(own, sizeof(own), "_SYSTEMD_UNIT=%s", unit);
	snprintf(manager, sizeof(manager), "INVOCATION_ID=%s", invocation);
	r = sd_journal_add_match(journal, own, 0);
	if (r >= 0)
		r = sd_journal_add_disjunction(journal);
	if (r >= 0)
		r = sd_journal_add_match(journal, manager, 0);
	if (r >= 0)
		r = sd_journal_add_match(journal, "_PID=1", 0);
	return r;
}

/* A service may log anything: control bytes don't reach the reader's terminal. */
static void print_line(FILE *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size && i < LINE_MAX_SHOWN; i++)
		fputc((unsigned char)text[i] < ' ' || text[i] == 127 ? ' ' : text[i], out);
	fputs(size > LINE_MAX_SHOWN ? "...\n" : "\n", out);
}

static int print_entry(sd_journal *journal, FILE *out)
{
	static const char field[] = "MESSAGE=";
	const size_t prefix = sizeof(field) - 1;
	const void *data;
	size_t size;
	int r = sd_journal_get_data(journal, "MESSAGE", &data, &size);

	if (r < 0 || size < prefix)
		return 0;
	print_line(out, (const char *)data + prefix, size - prefix);
	return 1;
}

/* Goes back from the end, at most COUNT entries and not past SINCE_US. Returns how many. */
static unsigned go_back(sd_journal *journal, uint64_t since_us, unsigned count)
{
	unsigned found = 0;

	if (sd_journal_seek_tail(journal) < 0)
		return 0;
	while (found < count && sd_journal_previous(journal) > 0) {
		uint64_t time_us;

		if (sd_journal_get_realtime_usec(journal, &time_us) < 0 || time_us < since_us)
			break;
		found++;
	}
	if (found == 0)
		return 0;
	/* One too far where the loop ended by the time; there is none before where it did not. */
	sd_journal_seek_tail(journal);
	sd_journal_previous_skip(journal, found);
	return found;
}

/* A program's last words come to the journal by another way than what PID 1 says of its end: they are
 * awaited for a moment. */
static void await_words(sd_journal *journal, uint64_t since_us)
{
	for (unsigned waits = 0; waits < WAITS_MAX; waits++) {
		if (sd_journal_seek_realtime_usec(journal, since_us) < 0)
			return;
		while (sd_journal_next(journal) > 0) {
			const void *data;
			size_t size;

			if (sd_journal_get_data(journal, "_PID", &data, &size) >= 0 &&
			    !(size == 6 && memcmp(data, "_PID=1", 6) == 0))
				return;
		}
		sd_journal_wait(journal, WAIT_US);
	}
}

int journal_last_lines(const char *unit, const char *invocation, uint64_t since_us, unsigned count,
		       char **lines, struct error *err)
{
	_cleanup_(journal_closep) sd_journal *journal = NULL;
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	unsigned found;
	FILE *out;
	int r;

	*lines = NULL;
	if (!*invocation)
		return 0;
	r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
	if (r >= 0)
		r = add_matches(journal, unit, invocation);
	if (r < 0)
		return error_set_errno(err, r, "the journal cannot be read");
	out = open_memstream(&text, &size);
	if (!out)
		return error_oom(err);
	await_words(journal, since_us);
	found = go_back(journal, since_us, count);
	for (unsigned i = 0; i < found; i++) {
		print_entry(journal, out);
		if (sd_journal_next(journal) <= 0)
			break;
	}
	if (fclose(out) != 0)
		return error_oom(err);
	if (size)
		*lines = take(text);
	return 0;
}
