// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads the audit record of a denied call (kernel/auditsc.c: audit_seccomp), as text. The kernel writes
 *
 *	auid= uid= gid= ses= [subj=] pid= comm= exe= sig= arch= syscall= compat= ip= code=
 *
 * and each log adds its own prefix: "type=1326 audit(TIME:SERIAL): " in the kernel log,
 * "type=SECCOMP msg=audit(TIME:SERIAL): " in the audit daemon's files, "SECCOMP " in the journal. The
 * audit daemon appends its interpretation of the numbers in capitals after a byte 0x1d, which is sometimes
 * lost; `ausearch -i` replaces numbers by names and drops the quotes. So the fields are first split, by one
 * table of names, and interpreted when all are known: whether "beef" is a name or two bytes in hexadecimal
 * depends on the other fields.
 */
#include "denial/denial.h"

#include "common/cleanup.h"
#include "policy/action.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#define SEPARATOR	'\x1d' /* before the audit daemon's own reading of the record */
#define NAME_MAX_LENGTH 64 /* of a call's name, with a NUL: the longest one is half of that */

enum field {
	FIELD_AUID,
	FIELD_UID,
	FIELD_PID,
	FIELD_COMM,
	FIELD_EXE,
	FIELD_SIG,
	FIELD_ARCH,
	FIELD_SYSCALL,
	FIELD_IP,
	FIELD_CODE,
	FIELD_SYSCALL_NAME,
	FIELDS,
};

static const struct {
	const char *name;
	size_t length;
	const char *next; /* an unquoted value ends before this, blanks and all (ausearch -i) */
} fields[FIELDS] = {
#define FIELD(text, following)                    \
	{                                         \
		text, sizeof(text) - 1, following \
	}
	[FIELD_AUID] = FIELD("auid", NULL),
	[FIELD_UID] = FIELD("uid", NULL),
	[FIELD_PID] = FIELD("pid", NULL),
	[FIELD_COMM] = FIELD("comm", " exe="),
	[FIELD_EXE] = FIELD("exe", " sig="),
	[FIELD_SIG] = FIELD("sig", NULL),
	[FIELD_ARCH] = FIELD("arch", NULL),
	[FIELD_SYSCALL] = FIELD("syscall", NULL),
	[FIELD_IP] = FIELD("ip", NULL),
	[FIELD_CODE] = FIELD("code", NULL),
	[FIELD_SYSCALL_NAME] = FIELD("SYSCALL", NULL),
#undef FIELD
};

struct value {
	struct text text;
	bool is_there, is_quoted;
};

void denial_clear(struct denial *denial, struct denial_scratch *scratch)
{
	*denial = (struct denial){
		.count = 1,
		.nr = -1,
		.pid = -1,
		.thread = -1,
		.uid = -1,
		.scratch = scratch,
	};
	scratch->used = 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_name(char c)
{
	return is_upper(c) || (c >= 'a' && c <= 'z') || c == '_';
}

/* A newline where the reader joined lines; ESC begins the end of a terminal's colour. */
static bool is_blank(char c)
{
	return c == ' ' || c == SEPARATOR || c == '\t' || c == '\r' || c == '\n' || c == '\033';
}

static bool parse_decimal(struct text text, uint64_t max, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < text.length; i++) {
		if (!is_digit(text.data[i]) || __builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(text.data[i] - '0'), value))
			return false;
	}
	return text.length > 0 && *value <= max;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool parse_hex(struct text text, uint64_t max, uint64_t *value)
{
	if (text.length > 2 && text.data[0] == '0' && text.data[1] == 'x') {
		text.data += 2;
		text.length -= 2;
	}
	*value = 0;
	for (size_t i = 0; i < text.length; i++) {
		int digit = hex_digit(text.data[i]);

		if (digit < 0 || *value >> 60)
			return false;
		*value = *value << 4 | (uint64_t)digit;
	}
	return text.length > 0 && *value <= max;
}

/*
 * "1795574851.425:2" to the time and the event's number. False for ausearch's "11/25/26
 * 02:27:31.425:2", whose order of day and month is the locale's: that gives the number alone.
 */
static bool parse_stamp(struct text stamp, struct denial *denial)
{
	const char *colon = memrchr(stamp.data, ':', stamp.length);
	const char *dot = memchr(stamp.data, '.', stamp.length);
	struct text part;
	uint64_t seconds, fraction;

	if (!colon)
		return true;
	part = (struct text){ colon + 1, stamp.length - (size_t)(colon + 1 - stamp.data) };
	if (!parse_decimal(part, UINT64_MAX, &denial->serial))
		denial->serial = 0;
	if (!dot || dot > colon)
		return true;
	part = (struct text){ stamp.data, (size_t)(dot - stamp.data) };
	if (!parse_decimal(part, UINT64_MAX / 1000000 - 1, &seconds))
		return false;
	part = (struct text){ dot + 1, (size_t)(colon - dot - 1) };
	if (part.length == 3 && parse_decimal(part, 999, &fraction))
		denial->time_us = seconds * 1000000 + fraction * 1000;
	return true;
}

/* Where an unquoted value ends: at a blank; for comm and exe, which may hold blanks where a tool
 * decoded them, before the field that the kernel writes next. */
static size_t unquoted_length(const char *at, size_t left, enum field field)
{
	size_t length = 0;

	if (field < FIELDS && fields[field].next) {
		const char *next = memmem(at, left, fields[field].next, strlen(fields[field].next));

		if (next)
			return (size_t)(next - at);
	}
	while (length < left && !is_blank(at[length])) {
		/* `code=0x7ffc0000AUID="unset"`: the separator was lost. The kernel's own values have
		 * no capitals, except in comm and exe. */
		if (at[length] == '=' && length > 0 && is_upper(at[length - 1]) &&
		    (field == FIELD_CODE || field == FIELD_IP)) {
			while (length > 0 && is_upper(at[length - 1]))
				length--;
			return length;
		}
		length++;
	}
	return length;
}

static enum field find_field(const char *name, size_t length)
{
	for (unsigned i = 0; i < FIELDS; i++)
		if (fields[i].length == length && fields[i].name[0] == name[0] &&
		    memcmp(fields[i].name, name, length) == 0)
			return i;
	return FIELDS;
}

/* Cuts name=value pairs apart; of a name that comes again, the first counts: the kernel wrote it. */
static void cut_fields(const char *at, const char *end, struct value values[FIELDS])
{
	while (at < end) {
		const char *name = at;
		struct value value = { .is_there = true };
		enum field field;

		if (is_blank(*at)) {
			at++;
			continue;
		}
		while (at < end && is_name(*at))
			at++;
		if (at == name || at == end || *at != '=') {
			while (at < end && !is_blank(*at))
				at++;
			continue;
		}
		field = find_field(name, (size_t)(at - name));
		at++;
		if (at < end && *at == '"') {
			const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));

			value.is_quoted = true;
			value.text.data = at + 1;
			value.text.length = (size_t)((close ? close : end) - at - 1);
			at = close ? close + 1 : end;
		} else {
			/* gcc 14 needs the comparison to see that the length is not negative. */
			const size_t left = at < end ? (size_t)(end - at) : 0;

			value.text.data = at;
			value.text.length = unquoted_length(at, left, field);
			at += value.text.length;
		}
		if (field < FIELDS && !values[field].is_there)
			values[field] = value;
	}
}

/* Bare hexadecimal digits in the place of a quoted string: the kernel's writing for bytes that
 * could break the record (kernel/audit.c: audit_log_untrustedstring). */
static struct text decode_untrusted(struct denial *denial, const struct value *value, bool is_raw)
{
	struct text text = value->text;
	struct denial_scratch *scratch = denial->scratch;
	char *to = scratch->bytes + scratch->used;
	size_t length = text.length / 2;

	if (text_is(text, "(null)") || text_is(text, "?"))
		return (struct text){ 0 };
	if (value->is_quoted || !is_raw || text.length == 0 || text.length % 2)
		return text;
	for (size_t i = 0; i < text.length; i++)
		if (!is_digit(text.data[i]) && !(text.data[i] >= 'A' && text.data[i] <= 'F'))
			return text;
	if (length > DENIAL_SCRATCH - scratch->used)
		length = DENIAL_SCRATCH - scratch->used;
	for (size_t i = 0; i < length; i++)
		to[i] = (char)(hex_digit(text.data[2 * i]) << 4 | hex_digit(text.data[2 * i + 1]));
	scratch->used += length;
	return (struct text){ to, length };
}

/* Copies into a terminated buffer; false where there is nothing, or too much. */
static bool copy_word(struct text text, char *buffer, size_t size)
{
	if (!text.length || text.length >= size)
		return false;
	memcpy(buffer, text.data, text.length);
	buffer[text.length] = '\0';
	return true;
}

static void read_abi(struct denial *denial, struct text arch)
{
	char word[32];
	uint64_t number;

	/* No ABI's name is as long as the kernel's eight digits. */
	if (arch.length != 8 && copy_word(arch, word, sizeof(word)) &&
	    abi_from_name(word, &denial->abi) == 0) {
		denial->has_abi = true;
		denial->audit_arch = abi_info(denial->abi)->audit_arch;
		if (denial->abi == ABI_X86_64 && denial->nr >= 0 && denial->nr & X32_BIT)
			denial->abi = ABI_X32;
	} else if (parse_hex(arch, UINT32_MAX, &number)) {
		denial->audit_arch = (uint32_t)number;
		denial->has_abi = abi_from_audit(denial->audit_arch, denial->nr, &denial->abi) == 0;
	}
}

/* "12", "brk", "unknown-syscall(470)", and the words between brackets or quotes of other tools. */
static bool read_call(struct denial *denial, struct text call)
{
	const char *open = call.length ? memchr(call.data, '(', call.length) : NULL;
	struct text inside = { 0 };
	uint64_t number;

	if (open) {
		inside.data = open + 1;
		inside.length = call.length - (size_t)(inside.data - call.data);
		if (inside.length && inside.data[inside.length - 1] == ')')
			inside.length--;
	}
	if (parse_decimal(call, INT_MAX, &number) || parse_decimal(inside, INT_MAX, &number)) {
		denial->nr = (int)number;
		return true;
	}
	for (size_t i = 0; i < call.length; i++)
		if (!is_name(call.data[i]) && !is_digit(call.data[i]))
			return false;
	denial->name = call;
	return call.length > 0 && call.length < NAME_MAX_LENGTH;
}

static void read_action(struct denial *denial, const struct value values[FIELDS])
{
	struct text code = values[FIELD_CODE].text;
	char word[32];
	uint64_t number;

	if (parse_hex(code, UINT32_MAX, &number)) {
		/* The kernel masks the errno out before it logs. */
		denial->action = (uint32_t)number & SECCOMP_RET_ACTION_FULL;
		denial->has_action = true;
	} else if (copy_word(code, word, sizeof(word))) {
		for (char *at = word; *at; at++)
			if (*at == '-')
				*at = '_';
		if (strcmp(word, "errno") == 0)
			denial->action = SECCOMP_RET_ERRNO;
		else if (strcmp(word, "user_notify") == 0)
			denial->action = SECCOMP_RET_USER_NOTIF;
		else if (action_parse(word, &denial->action) < 0)
			return;
		denial->has_action = true;
	} else if (text_is(values[FIELD_SIG].text, "31") ||
		   text_is(values[FIELD_SIG].text, "SIGSYS")) {
		/* A record without code=: only a kill has a signal here. */
		denial->action = SECCOMP_RET_KILL_PROCESS;
		denial->has_action = true;
	}
}

enum denial_line denial_parse_fields(const char *start, size_t length, struct denial *denial)
{
	struct value values[FIELDS] = { 0 };
	struct text arch;
	uint64_t number;
	bool is_raw;

	cut_fields(start, start + length, values);
	if (!values[FIELD_AUID].is_there && !values[FIELD_SYSCALL].is_there)
		return DENIAL_LINE_OTHER;
	if (!values[FIELD_SYSCALL].is_there || !read_call(denial, values[FIELD_SYSCALL].text) ||
	    !parse_decimal(values[FIELD_PID].text, INT_MAX, &number))
		return DENIAL_LINE_BROKEN;
	denial->pid = (int64_t)number;
	if (parse_decimal(values[FIELD_UID].text, UINT32_MAX - 1, &number))
		denial->uid = (int64_t)number;
	arch = values[FIELD_ARCH].text;
	is_raw = !arch.length || parse_hex(arch, UINT32_MAX, &number);
	read_abi(denial, arch);
	if (denial->nr < 0 && denial->has_abi) {
		char word[NAME_MAX_LENGTH];
		int nr = copy_word(denial->name, word, sizeof(word))
				 ? syscall_number(denial->abi, word)
				 : -ENOENT;

		if (nr >= 0)
			denial->nr = nr;
		if (nr >= 0 && denial->abi == ABI_X86_64 && nr & X32_BIT)
			denial->abi = ABI_X32;
	}
	if (!denial->name.length)
		denial->name = values[FIELD_SYSCALL_NAME].text;
	denial->comm = decode_untrusted(denial, &values[FIELD_COMM], is_raw);
	denial->exe = decode_untrusted(denial, &values[FIELD_EXE], is_raw);
	if (!parse_hex(values[FIELD_IP].text, UINT64_MAX, &denial->ip))
		denial->ip = 0;
	read_action(denial, values);
	return DENIAL_LINE_RECORD;
}

/* AT stands at "audit(": reads the stamp, then the fields. */
enum denial_line denial_parse_audit(const char *message, size_t length, struct denial *denial)
{
	static const char opening[] = "audit(";
	const char *close;

	if (length < sizeof(opening) - 1 || memcmp(message, opening, sizeof(opening) - 1) != 0)
		return DENIAL_LINE_OTHER;
	message += sizeof(opening) - 1;
	length -= sizeof(opening) - 1;
	close = memchr(message, ')', length);
	if (!close)
		return DENIAL_LINE_BROKEN;
	parse_stamp((struct text){ message, (size_t)(close - message) }, denial);
	close++;
	return denial_parse_fields(close, length - (size_t)(close - message), denial);
}

/* How carriers announce the record. Behind each stands the stamp, or at once the fields. */
static const struct {
	const char *word;
	enum denial_source source;
	bool has_stamp;
} announcements[] = {
	{ "type=1326 audit(", DENIAL_FROM_KERNEL_LOG, true },
	{ "type=1326 msg=audit(", DENIAL_FROM_AUDIT_LOG, true },
	{ "type=SECCOMP msg=audit(", DENIAL_FROM_AUDIT_LOG, true },
	{ "type=UNKNOWN[1326] msg=audit(", DENIAL_FROM_AUDIT_LOG, true },
	{ "type=SECCOMP audit(", DENIAL_FROM_KERNEL_LOG, true },
	{ "SECCOMP auid=", DENIAL_FROM_JOURNAL, false },
	{ "AUDIT1326 auid=", DENIAL_FROM_JOURNAL, false },
	{ "UNKNOWN[1326] auid=", DENIAL_FROM_JOURNAL, false },
};

enum denial_line denial_parse_plain(const char *line, size_t length, struct denial *denial)
{
	for (size_t i = 0; length && i < ARRAY_SIZE(announcements); i++) {
		const char *word = announcements[i].word;
		const char *at = memmem(line, length, word, strlen(word));

		/* A word of its own: not the end of CONFIG_SECCOMP or of another field. */
		if (!at || (at > line && (is_name(at[-1]) || is_digit(at[-1]))))
			continue;
		denial->source = announcements[i].source;
		/* Back to "audit(" or to "auid=". */
		at += strlen(word) - strlen(announcements[i].has_stamp ? "audit(" : "auid=");
		length -= (size_t)(at - line);
		return announcements[i].has_stamp ? denial_parse_audit(at, length, denial)
						  : denial_parse_fields(at, length, denial);
	}
	return DENIAL_LINE_OTHER;
}

const char *denial_name(const struct denial *denial, char *buffer, size_t size)
{
	const char *name =
		denial->has_abi && denial->nr >= 0 ? syscall_name(denial->abi, denial->nr) : NULL;

	if (name)
		return name;
	if (!denial->name.length || !copy_word(denial->name, buffer, size))
		return NULL;
	for (const char *at = buffer; *at; at++)
		if (!is_name(*at) && !is_digit(*at))
			return NULL;
	return buffer;
}

uint32_t denial_verdict(const struct denial *denial)
{
	return denial->action & SECCOMP_RET_ACTION_FULL;
}

const char *denial_action(const struct denial *denial, char *buffer, size_t size)
{
	if (!denial->has_action)
		return "unknown";
	if (denial_verdict(denial) == SECCOMP_RET_ERRNO && !denial->has_errno)
		return "errno";
	return action_format(denial->action, buffer, size);
}
