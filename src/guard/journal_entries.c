// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guard/journal_entries.h"

#include "common/cleanup.h"
#include "common/print.h"
#include "denial/sentence.h"
#include "syscall/syscall.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <syslog.h>

/* sd-journal's macros would add this file as the code location of every entry. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define FIELDS 24

/* Fields that are gathered until they are sent. One for which there is no memory is left out. Names are
 * escaped: the journal shows a field that is no UTF-8, or has control characters, as "[blob data]". */
struct entry {
	struct iovec fields[FIELDS];
	size_t count;
};

__attribute__((format(printf, 2, 3))) static void field(struct entry *entry, const char *format,
							...)
{
	va_list ap;
	char *text = NULL;
	size_t size;
	FILE *out;

	if (entry->count == FIELDS)
		return;
	out = open_memstream(&text, &size);
	if (!out)
		return;
	va_start(ap, format);
	print_text_arguments(out, format, ap);
	va_end(ap);
	if (fclose(out) == 0)
		entry->fields[entry->count++] = (struct iovec){ text, size };
	else
		free(text);
}

static void text_field(struct entry *entry, const char *name, struct text text)
{
	if (text.length && text.length < 65536)
		field(entry, "%s=%.*s", name, (int)text.length, text.data);
}

static void send_entry(struct entry *entry)
{
	sd_journal_sendv(entry->fields, (int)entry->count);
	for (size_t i = 0; i < entry->count; i++)
		free(entry->fields[i].iov_base);
}

/* OBJECT_SYSTEMD_UNIT: `journalctl -u UNIT` shows what root says about it (sd-journal's
 * add_matches_for_unit). */
static void head(struct entry *entry, const char *message_id, int priority, const char *unit)
{
	field(entry, "MESSAGE_ID=%s", message_id);
	field(entry, "PRIORITY=%d", priority);
	field(entry, "SYSLOG_IDENTIFIER=whittle-guard");
	if (!unit)
		return;
	field(entry, "UNIT=%s", unit);
	field(entry, "OBJECT_SYSTEMD_UNIT=%s", unit);
}

static void call_fields(struct entry *entry, const struct denial *denial, const char *name)
{
	const struct syscall_info *info = name ? syscall_info(name) : NULL;
	char *call = NULL, action[32];
	size_t size;
	FILE *out;

	if (name)
		field(entry, "SYSCALL=%s", name);
	field(entry, "SYSCALL_NUMBER=%d", denial->nr);
	if (denial->has_abi)
		field(entry, "ABI=%s", abi_info(denial->abi)->name);
	field(entry, "ACTION=%s", denial_action(denial, action, sizeof(action)));
	if (info)
		field(entry, "RISK=%s", syscall_risk_name(info->risk));
	out = open_memstream(&call, &size);
	if (!out)
		return;
	sentence_print_call(out, denial);
	if (fclose(out) == 0)
		field(entry, "CALL=%s", call);
	free(call);
}

static void denial_message(struct entry *entry, const struct denial_group *group, uint64_t count)
{
	const struct denial *denial = &group->denial;
	char *sentence = NULL, action[32];
	size_t size;
	FILE *out = open_memstream(&sentence, &size);

	if (!out)
		return;
	fprintf(out, "%.*s: ", (int)denial->unit.length, denial->unit.data);
	if (denial->comm.length)
		fprintf(out, "%.*s", (int)denial->comm.length, denial->comm.data);
	else
		fputs("a process", out);
	if (denial->pid > 0)
		fprintf(out, "[%" PRId64 "]", denial->pid);
	fputs(" was denied ", out);
	sentence_print_call(out, denial);
	fprintf(out, " (%s)", denial_action(denial, action, sizeof(action)));
	if (count > 1)
		fprintf(out, ", %" PRIu64 " times", count);
	if (fclose(out) == 0)
		field(entry, "MESSAGE=%s", sentence);
	free(sentence);
}

void journal_entries_denial(const struct denial_group *group, uint64_t count,
			    enum reaction reaction)
{
	const struct denial *denial = &group->denial;
	struct entry entry = { 0 };
	char buffer[64];

	head(&entry, MESSAGE_ID_DENIAL, LOG_WARNING, denial->unit.data);
	denial_message(&entry, group, count);
	call_fields(&entry, denial, denial_name(denial, buffer, sizeof(buffer)));
	field(&entry, "COUNT=%" PRIu64, count);
	field(&entry, "COUNT_TOTAL=%" PRIu64, group->count);
	field(&entry, "REACTION=%s", managed_unit_reaction_name(reaction));
	if (denial->pid > 0) {
		field(&entry, "TARGET_PID=%" PRId64, denial->pid);
		field(&entry, "OBJECT_PID=%" PRId64, denial->pid);
	}
	if (denial->uid >= 0)
		field(&entry, "TARGET_UID=%" PRId64, denial->uid);
	text_field(&entry, "TARGET_COMM", denial->comm);
	text_field(&entry, "TARGET_EXE", denial->exe);
	text_field(&entry, "STACK", denial->stack);
	if (denial->has_arguments)
		field(&entry,
		      "ARGUMENTS=%" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64
		      " %" PRIx64,
		      denial->arguments[0], denial->arguments[1], denial->arguments[2],
		      denial->arguments[3], denial->arguments[4], denial->arguments[5]);
	send_entry(&entry);
}

void journal_entries_omitted(uint64_t count)
{
	struct entry entry = { 0 };

	head(&entry, MESSAGE_ID_OMITTED, LOG_WARNING, NULL);
	field(&entry,
	      "MESSAGE=%" PRIu64
	      " denials were not logged one by one, because too many kinds came at once",
	      count);
	field(&entry, "COUNT=%" PRIu64, count);
	send_entry(&entry);
}

void journal_entries_lost(const char *unit, uint64_t folded, uint64_t lost)
{
	struct entry entry = { 0 };

	head(&entry, MESSAGE_ID_LOST, LOG_WARNING, unit);
	field(&entry,
	      "MESSAGE=%s: too many kinds of denials came at once: %" PRIu64
	      " are counted by call and action alone, %" PRIu64 " are lost",
	      unit, folded, lost);
	field(&entry, "FOLDED=%" PRIu64, folded);
	field(&entry, "LOST=%" PRIu64, lost);
	send_entry(&entry);
}

void journal_entries_reaction(const char *message_id, int priority, const char *unit,
			      const char *calls, const char *sentence)
{
	struct entry entry = { 0 };

	head(&entry, message_id, priority, unit);
	field(&entry, "MESSAGE=%s: %s", unit, sentence);
	if (calls)
		field(&entry, "SYSCALL=%s", calls);
	send_entry(&entry);
}

void journal_entries_drift(const char *unit, const char *objects, const char *calls,
			   const char *sentence)
{
	struct entry entry = { 0 };

	head(&entry, MESSAGE_ID_DRIFT, LOG_WARNING, unit);
	field(&entry, "MESSAGE=%s: %s", unit, sentence);
	field(&entry, "OBJECTS=%s", objects);
	field(&entry, "SYSCALL=%s", calls);
	send_entry(&entry);
}
