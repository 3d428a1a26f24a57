// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads a line of `journalctl -o json`: one object whose values are strings, arrays of bytes (for values
 * that are not text), arrays of either (for repeated fields) or null (too long). It is read in place, key by
 * key, without a tree, because a log has millions of lines.
 */
#include "denial/denial.h"

#include "common/cleanup.h"
#include "policy/action.h"

#include <limits.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

struct cursor {
	const char *at, *end;
};

static void skip_blanks(struct cursor *cursor)
{
	while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
		cursor->at++;
}

static bool take_char(struct cursor *cursor, char c)
{
	skip_blanks(cursor);
	if (cursor->at == cursor->end || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

/* Cuts a string out, still escaped. */
static bool take_string(struct cursor *cursor, struct text *raw)
{
	const char *start;

	if (!take_char(cursor, '"'))
		return false;
	start = cursor->at;
	while (cursor->at < cursor->end && *cursor->at != '"')
		cursor->at += *cursor->at == '\\' ? 2 : 1;
	if (cursor->at >= cursor->end)
		return false;
	*raw = (struct text){ start, (size_t)(cursor->at - start) };
	cursor->at++;
	return true;
}

/* Past a value of any kind; strings may hold brackets. */
static bool skip_value(struct cursor *cursor)
{
	size_t depth = 0;
	struct text ignored;

	for (;;) {
		skip_blanks(cursor);
		if (cursor->at >= cursor->end)
			return false;
		switch (*cursor->at) {
		case '"':
			if (!take_string(cursor, &ignored))
				return false;
			break;
		case '[':
		case '{':
			depth++;
			cursor->at++;
			continue;
		case ']':
		case '}':
			if (depth == 0)
				return true; /* the parent's end: an empty value */
			depth--;
			cursor->at++;
			break;
		case ',':
			if (depth == 0)
				return true; /* the end of a bare word: null, a number */
			cursor->at++;
			continue;
		default:
			cursor->at++;
			continue;
		}
		if (depth == 0)
			return true;
	}
}

static char *scratch_end(struct denial *denial, size_t *left)
{
	*left = DENIAL_SCRATCH - denial->scratch->used;
	return denial->scratch->bytes + denial->scratch->used;
}

static unsigned hex_value(const char *at, const char *end)
{
	unsigned value = 0;

	for (unsigned i = 0; i < 4; i++) {
		char c = at + i < end ? at[i] : '0';

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= (unsigned)(c - '0');
		else
			value |= (unsigned)((c | 32) - 'a' + 10) & 15;
	}
	return value;
}

/* Without escapes: where the string has none it is used in place. A \u above 0x7f becomes '?': no
 * field of the record has one, since the kernel writes such bytes in hexadecimal. */
static struct text unescape(struct denial *denial, struct text raw)
{
	size_t left, used = 0;
	char *to = scratch_end(denial, &left);
	const char *end = raw.data + raw.length;

	if (!memchr(raw.data, '\\', raw.length))
		return raw;
	for (const char *at = raw.data; at < end && used < left; at++) {
		static const char letters[] = "bfnrt", bytes[] = "\b\f\n\r\t";
		const char *letter;

		if (*at != '\\' || at + 1 == end) {
			to[used++] = *at;
			continue;
		}
		at++;
		letter = memchr(letters, *at, sizeof(letters) - 1);
		if (*at == 'u') {
			unsigned code = hex_value(at + 1, end);

			to[used++] = code < 0x80 ? (char)code : '?';
			at += end - at > 4 ? 4 : end - at - 1;
		} else {
			to[used++] = letter ? bytes[letter - letters] : *at;
		}
	}
	denial->scratch->used += used;
	return (struct text){ to, used };
}

/* [72,101,...]: bytes. Anything else in the array ends it, as empty. */
static struct text take_bytes(struct denial *denial, struct cursor *cursor)
{
	size_t left, used = 0;
	char *to = scratch_end(denial, &left);

	cursor->at++;
	while (cursor->at < cursor->end && *cursor->at != ']' && used < left) {
		unsigned byte = 0;
		const char *start = cursor->at;

		while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9' &&
		       byte < 256)
			byte = byte * 10 + (unsigned)(*cursor->at++ - '0');
		if (cursor->at == start || byte > 255)
			return (struct text){ 0 };
		to[used++] = (char)byte;
		while (cursor->at < cursor->end && (*cursor->at == ',' || *cursor->at == ' '))
			cursor->at++;
	}
	denial->scratch->used += used;
	return (struct text){ to, used };
}

/* What is wanted of an entry. */
enum entry_field {
	ENTRY_MESSAGE,
	ENTRY_TRANSPORT,
	ENTRY_TYPE,
	ENTRY_UNIT,
	ENTRY_USER_UNIT,
	ENTRY_TIME,
	ENTRY_SOURCE_TIME,
	ENTRY_SERIAL,
	ENTRY_PID,
	ENTRY_COMM,
	ENTRY_EXE,
	ENTRY_ARCH,
	ENTRY_SYSCALL,
	ENTRY_SIG,
	ENTRY_IP,
	ENTRY_CODE,
	ENTRY_UID,
	ENTRY_AUDIT_UID,
	ENTRY_MESSAGE_ID,
	/* Of the guard's entries. */
	ENTRY_GUARD_UNIT,
	ENTRY_GUARD_NUMBER,
	ENTRY_GUARD_ABI,
	ENTRY_GUARD_ACTION,
	ENTRY_GUARD_ARGUMENTS,
	ENTRY_GUARD_STACK,
	ENTRY_GUARD_COUNT,
	ENTRY_GUARD_PID,
	ENTRY_GUARD_UID,
	ENTRY_GUARD_COMM,
	ENTRY_GUARD_EXE,
	ENTRY_FIELDS,
};

static const char *const entry_names[ENTRY_FIELDS] = {
	[ENTRY_MESSAGE] = "MESSAGE",
	[ENTRY_TRANSPORT] = "_TRANSPORT",
	[ENTRY_TYPE] = "_AUDIT_TYPE",
	[ENTRY_UNIT] = "_SYSTEMD_UNIT",
	[ENTRY_USER_UNIT] = "_SYSTEMD_USER_UNIT",
	[ENTRY_TIME] = "__REALTIME_TIMESTAMP",
	[ENTRY_SOURCE_TIME] = "_SOURCE_REALTIME_TIMESTAMP",
	[ENTRY_SERIAL] = "_AUDIT_ID",
	[ENTRY_PID] = "_PID",
	[ENTRY_COMM] = "_COMM",
	[ENTRY_EXE] = "_EXE",
	[ENTRY_ARCH] = "_AUDIT_FIELD_ARCH",
	[ENTRY_SYSCALL] = "_AUDIT_FIELD_SYSCALL",
	[ENTRY_SIG] = "_AUDIT_FIELD_SIG",
	[ENTRY_IP] = "_AUDIT_FIELD_IP",
	[ENTRY_CODE] = "_AUDIT_FIELD_CODE",
	[ENTRY_UID] = "_UID",
	[ENTRY_AUDIT_UID] = "_AUDIT_FIELD_UID",
	[ENTRY_MESSAGE_ID] = "MESSAGE_ID",
	[ENTRY_GUARD_UNIT] = "UNIT",
	[ENTRY_GUARD_NUMBER] = "SYSCALL_NUMBER",
	[ENTRY_GUARD_ABI] = "ABI",
	[ENTRY_GUARD_ACTION] = "ACTION",
	[ENTRY_GUARD_ARGUMENTS] = "ARGUMENTS",
	[ENTRY_GUARD_STACK] = "STACK",
	[ENTRY_GUARD_COUNT] = "COUNT",
	[ENTRY_GUARD_PID] = "TARGET_PID",
	[ENTRY_GUARD_UID] = "TARGET_UID",
	[ENTRY_GUARD_COMM] = "TARGET_COMM",
	[ENTRY_GUARD_EXE] = "TARGET_EXE",
};

/* False where the object is cut short. */
static bool read_entry(const char *line, size_t length, struct denial *denial,
		       struct text entry[ENTRY_FIELDS])
{
	struct cursor cursor = { line, line + length };

	if (!take_char(&cursor, '{'))
		return false;
	if (take_char(&cursor, '}'))
		return true;
	do {
		struct text key, raw;
		unsigned field = 0;

		if (!take_string(&cursor, &key) || !take_char(&cursor, ':'))
			return false;
		while (field < ENTRY_FIELDS && !text_is(key, entry_names[field]))
			field++;
		skip_blanks(&cursor);
		if (field < ENTRY_FIELDS && cursor.at < cursor.end && *cursor.at == '"') {
			if (!take_string(&cursor, &raw))
				return false;
			entry[field] = unescape(denial, raw);
		} else {
			struct cursor bytes = cursor;

			if (field < ENTRY_FIELDS && cursor.at < cursor.end && *cursor.at == '[')
				entry[field] = take_bytes(denial, &bytes);
			if (!skip_value(&cursor))
				return false;
		}
	} while (take_char(&cursor, ','));
	return take_char(&cursor, '}');
}

static uint64_t read_number(struct text text)
{
	uint64_t value = 0;

	for (size_t i = 0; i < text.length; i++)
		if (text.data[i] < '0' || text.data[i] > '9' ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text.data[i] - '0'), &value))
			return 0;
	return value;
}

/* A user or a process; -1: none. */
static int64_t read_id(struct text text)
{
	uint64_t number = read_number(text);

	return text.length && (number || text.data[0] == '0') && number < UINT32_MAX
		       ? (int64_t)number
		       : -1;
}

/* An audit entry whose message is not the record: its fields, written as the kernel would. */
static enum denial_line read_audit_fields(struct denial *denial,
					  const struct text entry[ENTRY_FIELDS])
{
	char line[512];
	int length;

	if (!text_is(entry[ENTRY_TYPE], "1326") || !entry[ENTRY_SYSCALL].length)
		return DENIAL_LINE_OTHER;
#define WORD(field) (int)(entry[field].length < 64 ? entry[field].length : 64), entry[field].data
	length = snprintf(line, sizeof(line),
			  "pid=%.*s sig=%.*s arch=%.*s syscall=%.*s ip=%.*s code=%.*s",
			  WORD(ENTRY_PID), WORD(ENTRY_SIG), WORD(ENTRY_ARCH), WORD(ENTRY_SYSCALL),
			  WORD(ENTRY_IP), WORD(ENTRY_CODE));
#undef WORD
	if (denial_parse_fields(line, (size_t)length, denial) != DENIAL_LINE_RECORD)
		return DENIAL_LINE_BROKEN;
	denial->comm = entry[ENTRY_COMM];
	denial->exe = entry[ENTRY_EXE];
	denial->uid = read_id(entry[ENTRY_AUDIT_UID]);
	denial->name = (struct text){ 0 }; /* it points into LINE */
	return denial->nr >= 0 ? DENIAL_LINE_RECORD : DENIAL_LINE_BROKEN;
}

/* What the journal knows of the process and the record does not say. */
static void enrich(struct denial *denial, const struct text entry[ENTRY_FIELDS])
{
	if (text_is(entry[ENTRY_TRANSPORT], "kernel"))
		denial->source = DENIAL_FROM_KERNEL_LOG;
	else if (text_is(entry[ENTRY_TRANSPORT], "audit"))
		denial->source = DENIAL_FROM_JOURNAL;
	if (!denial->time_us)
		denial->time_us =
			read_number(entry[ENTRY_SOURCE_TIME].length ? entry[ENTRY_SOURCE_TIME]
								    : entry[ENTRY_TIME]);
	if (!denial->serial)
		denial->serial = read_number(entry[ENTRY_SERIAL]);
	/* The fields of an entry of the kernel's speak of the kernel, not of the process. */
	if (denial->source != DENIAL_FROM_JOURNAL)
		return;
	/* A process of a user's service is in user@1000.service too: the nearer name says more. */
	denial->unit = entry[ENTRY_USER_UNIT].length ? entry[ENTRY_USER_UNIT] : entry[ENTRY_UNIT];
	denial->is_user_unit = entry[ENTRY_USER_UNIT].length > 0;
	if (denial->uid < 0)
		denial->uid = read_id(entry[ENTRY_UID]);
}

static bool begins_with(struct text text, const char *word)
{
	return text.length >= strlen(word) && memcmp(text.data, word, strlen(word)) == 0;
}

/* Only journald sets fields with an underscore. The kernel's log has the record at the beginning of a message;
 * what a program writes to it through /dev/kmsg has another facility. Audit records of other types (AUDIT_USER)
 * may hold any text. */
static bool is_of_the_kernel(const struct text entry[ENTRY_FIELDS])
{
	struct text message = entry[ENTRY_MESSAGE];

	if (text_is(entry[ENTRY_TRANSPORT], "audit"))
		return text_is(entry[ENTRY_TYPE], "1326");
	return text_is(entry[ENTRY_TRANSPORT], "kernel") &&
	       (begins_with(message, "audit: type=1326 audit(") ||
		begins_with(message, "type=1326 audit("));
}

/* guard/journal_entries.h: MESSAGE_ID_DENIAL */
static bool is_of_the_guard(const struct text entry[ENTRY_FIELDS])
{
	return text_is(entry[ENTRY_MESSAGE_ID], "5b6d2e1f8c3a4f0e9d7141c2a6b0f3e8") &&
	       text_is(entry[ENTRY_UNIT], "whittle-guard.service") &&
	       text_is(entry[ENTRY_UID], "0");
}

static bool read_guard_arguments(struct denial *denial, struct text text)
{
	const char *at = text.data, *end = at ? at + text.length : at;

	for (unsigned i = 0; i < 6; i++) {
		uint64_t value = 0;
		const char *start = at;

		for (; at < end && *at != ' '; at++) {
			bool is_letter = *at >= 'a' && *at <= 'f';

			if ((!is_letter && (*at < '0' || *at > '9')) || value >> 60)
				return false;
			value = value << 4 | (uint64_t)(is_letter ? *at - 'a' + 10 : *at - '0');
		}
		if (at == start)
			return false;
		denial->arguments[i] = value;
		at += at < end;
	}
	return at == end;
}

static enum denial_line read_guard_entry(struct denial *denial,
					 const struct text entry[ENTRY_FIELDS])
{
	struct text number = entry[ENTRY_GUARD_NUMBER];
	char word[32];

	denial->source = DENIAL_FROM_BPF;
	if (!number.length || number.data[0] == '-' || read_number(number) > INT32_MAX ||
	    read_number(entry[ENTRY_GUARD_COUNT]) == 0 || !entry[ENTRY_GUARD_UNIT].length)
		return DENIAL_LINE_BROKEN;
	denial->nr = (int)read_number(number);
	snprintf(word, sizeof(word), "%.*s", (int)entry[ENTRY_GUARD_ABI].length,
		 entry[ENTRY_GUARD_ABI].data ? entry[ENTRY_GUARD_ABI].data : "");
	denial->has_abi = abi_from_name(word, &denial->abi) == 0;
	if (denial->has_abi)
		denial->audit_arch = abi_info(denial->abi)->audit_arch;
	snprintf(word, sizeof(word), "%.*s", (int)entry[ENTRY_GUARD_ACTION].length,
		 entry[ENTRY_GUARD_ACTION].data ? entry[ENTRY_GUARD_ACTION].data : "");
	denial->has_action = action_parse(word, &denial->action) == 0;
	denial->has_errno = denial->has_action && denial_verdict(denial) == SECCOMP_RET_ERRNO;
	denial->has_arguments = read_guard_arguments(denial, entry[ENTRY_GUARD_ARGUMENTS]);
	denial->count = read_number(entry[ENTRY_GUARD_COUNT]);
	denial->pid = read_id(entry[ENTRY_GUARD_PID]);
	denial->uid = read_id(entry[ENTRY_GUARD_UID]);
	denial->comm = entry[ENTRY_GUARD_COMM];
	denial->exe = entry[ENTRY_GUARD_EXE];
	denial->unit = entry[ENTRY_GUARD_UNIT];
	denial->stack = entry[ENTRY_GUARD_STACK];
	denial->time_us = read_number(entry[ENTRY_TIME]);
	denial->is_proven = true;
	return DENIAL_LINE_RECORD;
}

enum denial_line denial_parse_journal(const char *line, size_t length, struct denial *denial)
{
	struct text entry[ENTRY_FIELDS] = { 0 };
	enum denial_line kind = DENIAL_LINE_OTHER;
	bool is_whole = read_entry(line, length, denial, entry);

	if (!is_whole)
		return denial_parse_plain(line, length, denial) == DENIAL_LINE_OTHER
			       ? DENIAL_LINE_OTHER
			       : DENIAL_LINE_BROKEN;
	if (is_of_the_guard(entry))
		return read_guard_entry(denial, entry);
	kind = denial_parse_plain(entry[ENTRY_MESSAGE].data, entry[ENTRY_MESSAGE].length, denial);
	if (kind == DENIAL_LINE_OTHER)
		kind = read_audit_fields(denial, entry);
	if (kind == DENIAL_LINE_RECORD) {
		enrich(denial, entry);
		denial->is_proven = is_of_the_kernel(entry);
	}
	return kind;
}
