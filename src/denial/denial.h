/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A denial: one system call that a seccomp filter did not let through, or let through and logged.
 * It comes from a record that the kernel wrote (an audit record of type 1326, in any of the dresses
 * that log daemons put on it) or from the kernel itself (denial/kernel.h). What a source does not
 * tell is marked as unknown, never guessed.
 */
#ifndef WHITTLE_DENIAL_DENIAL_H
#define WHITTLE_DENIAL_DENIAL_H

#include "syscall/abi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that belong to somebody else; not terminated. */
struct text {
	const char *data;
	size_t length;
};

/* Who told. The same denial may be told by several: denial/twins.h counts it once. */
enum denial_source {
	DENIAL_FROM_KERNEL_LOG, /* dmesg, /dev/kmsg, "kernel: audit: type=1326" */
	DENIAL_FROM_AUDIT_LOG, /* the audit daemon's files and tools, audit netlink */
	DENIAL_FROM_JOURNAL, /* the journal's own reading of the audit socket */
	DENIAL_FROM_BPF, /* seen at the call itself */
	DENIAL_SOURCES,
};

struct denial {
	enum denial_source source;
	uint64_t count; /* of denials that the report stands for; 1 but where whittle folded them */
	uint64_t time_us; /* since the epoch; 0 unknown */
	uint64_t serial; /* the audit event's, 0 unknown */
	bool has_abi; /* else the architecture is one that no table here knows */
	enum abi abi;
	uint32_t audit_arch; /* 0 unknown */
	int nr; /* -1: only the name is known */
	struct text
		name; /* as the source has it, for calls that the table does not name; may be empty */
	bool has_action;
	uint32_t action; /* SECCOMP_RET_*, the errno in its low half where HAS_ERRNO */
	bool has_errno;
	int64_t pid; /* of the process; -1 unknown */
	int64_t thread; /* -1: the record does not say */
	int64_t uid; /* -1 unknown */
	struct text comm, exe;
	struct text unit; /* or a container's cgroup; empty unknown */
	uint64_t ip;
	bool has_arguments;
	uint64_t arguments[6];
	struct text stack; /* "brk <- sbrk <- malloc", innermost first; empty unknown */
	/* Where text goes that has to be decoded: set by who calls a parser. */
	struct denial_scratch *scratch;
};

/* Decoded text of one record; what is longer is cut. The kernel writes records of 8970 bytes at the most
 * (kernel/audit.h: MAX_AUDIT_MESSAGE_LENGTH); the journal's JSON has one escaped, and then its names are
 * decoded too. */
#define DENIAL_SCRATCH 16384

struct denial_scratch {
	size_t used;
	char bytes[DENIAL_SCRATCH];
};

/* Everything unknown, the scratch empty. */
void denial_clear(struct denial *denial, struct denial_scratch *scratch);

/* What denial_parse_line says of a line. */
enum denial_line {
	DENIAL_LINE_OTHER, /* no record of a denial */
	DENIAL_LINE_RECORD,
	DENIAL_LINE_BROKEN, /* a record of a denial, but cut short or garbled */
};

/*
 * Reads one line of a log, without its newline: audit.log, the kernel log, the journal's short and
 * JSON formats, syslog, ausearch raw and interpreted, what `whittle watch --json` wrote. The texts of DENIAL point into LINE or into
 * SCRATCH, until either is used again.
 */
enum denial_line denial_parse_line(const char *line, size_t length, struct denial_scratch *scratch,
				   struct denial *denial);

/* The parts of it; each adds to DENIAL, which denial_clear made ready. A plain line is any but an
 * object of JSON; a message of audit netlink begins at "audit(1795574851.425:2): auid="; fields are
 * what stands behind that. */
enum denial_line denial_parse_plain(const char *line, size_t length, struct denial *denial);
enum denial_line denial_parse_journal(const char *line, size_t length, struct denial *denial);
/* A line of `whittle watch --json`. */
enum denial_line denial_parse_told(const char *line, size_t length, struct denial *denial);
enum denial_line denial_parse_audit(const char *message, size_t length, struct denial *denial);
enum denial_line denial_parse_fields(const char *fields, size_t length, struct denial *denial);

/* The call's name for people: the table's, else the source's, else NULL. */
const char *denial_name(const struct denial *denial, char *buffer, size_t size);

/* "kill_process", "errno:EPERM", "errno" where the source does not say which, "log", "unknown" ... */
const char *denial_action(const struct denial *denial, char *buffer, size_t size);

/* The part of the action that says what becomes of the call: SECCOMP_RET_ERRNO ... */
uint32_t denial_verdict(const struct denial *denial);

static inline struct text text_from(const char *string)
{
	return (struct text){ string, string ? __builtin_strlen(string) : 0 };
}

static inline bool text_is(struct text text, const char *word)
{
	/* No bytes have no place: memcmp() must not be given it. */
	return text.length == __builtin_strlen(word) &&
	       (text.length == 0 || __builtin_memcmp(text.data, word, text.length) == 0);
}

#endif
