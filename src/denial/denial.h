/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A denial: one system call that a seccomp filter denied, or allowed and logged. It comes from a record
 * of the kernel (an audit record of type 1326, in the format of any log daemon) or from BPF
 * (denial/kernel.h). Facts that a source lacks are marked as unknown, never guessed.
 */
#ifndef WHITTLE_DENIAL_DENIAL_H
#define WHITTLE_DENIAL_DENIAL_H

#include "syscall/abi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes, not terminated. */
struct text {
	const char *data;
	size_t length;
};

/* The source. Several may report the same denial; denial/dedup.h counts it once. */
enum denial_source {
	DENIAL_FROM_KERNEL_LOG, /* dmesg, /dev/kmsg, "kernel: audit: type=1326" */
	DENIAL_FROM_AUDIT_LOG, /* the audit daemon's files and tools, audit netlink */
	DENIAL_FROM_JOURNAL, /* the journal's own reading of the audit socket */
	DENIAL_FROM_BPF, /* observed at the call itself */
	DENIAL_SOURCES,
};

struct denial {
	enum denial_source source;
	uint64_t
		count; /* of denials that the report stands for; more than 1 only if whittle aggregated them */
	uint64_t time_us; /* since the epoch; 0 unknown */
	uint64_t serial; /* the audit event's, 0 unknown */
	bool has_abi; /* else the architecture is unknown */
	enum abi abi;
	uint32_t audit_arch; /* 0 unknown */
	int nr; /* -1: only the name is known */
	struct text name; /* from the source, for calls that the table lacks; may be empty */
	bool has_action;
	uint32_t action; /* SECCOMP_RET_*, with the errno in its low half if HAS_ERRNO */
	bool has_errno;
	int64_t pid; /* of the process; -1 unknown */
	int64_t thread; /* -1 unknown */
	int64_t uid; /* -1 unknown */
	struct text comm, exe;
	struct text unit; /* or a container's cgroup; empty unknown */
	uint64_t ip;
	bool has_arguments;
	uint64_t arguments[6];
	struct text stack; /* "brk <- sbrk <- malloc", innermost first; empty unknown */
	/*
	 * By the marks that only the kernel, journald and the audit daemon set, the kernel or the guard wrote
	 * it; anybody may write a text like it. This proves as much as the log's owner and mode do.
	 */
	bool is_proven;
	bool is_user_unit; /* UNIT is of a user's manager */
	bool stack_follows; /* it is being resolved: see denial/kernel.h */
	/* Buffer for decoded text; set by the caller of a parser. */
	struct denial_scratch *scratch;
};

/* Room for the decoded text of one record; longer text is cut. A record of the kernel has at most 8970 bytes
 * (kernel/audit.h: MAX_AUDIT_MESSAGE_LENGTH). The journal's JSON escapes it; its names are decoded after
 * that. */
#define DENIAL_SCRATCH 16384

struct denial_scratch {
	size_t used;
	char bytes[DENIAL_SCRATCH];
};

/* Everything unknown, the scratch empty. */
void denial_clear(struct denial *denial, struct denial_scratch *scratch);

/* Result of denial_parse_line(). */
enum denial_line {
	DENIAL_LINE_OTHER, /* no record of a denial */
	DENIAL_LINE_RECORD,
	DENIAL_LINE_BROKEN, /* a record of a denial, but cut short or garbled */
};

/*
 * Reads one line of a log, without its newline: audit.log, the kernel log, the journal's short and
 * JSON formats, syslog, ausearch raw and interpreted, output of `whittle watch --json`. The texts of DENIAL point into LINE or into
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
