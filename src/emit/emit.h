/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A format is a row: its name, its abilities, and the function that writes it. A policy is widened
 * where a format cannot express it, and a warning names each widened rule: the meaning never
 * changes silently.
 */
#ifndef WHITTLE_EMIT_EMIT_H
#define WHITTLE_EMIT_EMIT_H

#include "policy/policy.h"

enum emit_ability {
	EMIT_ARGUMENTS = 1 << 0, /* conditions on any argument */
	EMIT_ACTION_PER_CALL = 1 << 1, /* an errno or another action for single calls */
	EMIT_ABIS = 1 << 2, /* rules for more than one ABI */
	EMIT_COMMENTS = 1 << 3, /* reasons can be written beside the rules */
	EMIT_BINARY = 1 << 4, /* the output is not text: not to a terminal */
	EMIT_ORDER =
		1 << 5, /* several rules for one call, of which the first that matches decides */
	EMIT_REPEATED = 1 << 6, /* several conditions on one argument that must all be true */
	EMIT_NUMBERS = 1 << 7, /* calls without a name (or: the format handles them itself) */
	/* One list of names for all ABIs: a call that is allowed on one is allowed on each. */
	EMIT_ONE_LIST = 1 << 8,
	EMIT_UNITES =
		1 << 13, /* one list too, which the format's own code builds from all ABIs' rules */
	/* With EMIT_ONE_LIST: the list applies to all ABIs that the target's kernel serves. */
	EMIT_EVERY_ABI = 1 << 12,
	EMIT_FOREIGN = 1 << 9, /* the action for calls of ABIs that the policy does not list */
	EMIT_REFUSE_WHERE = 1 << 11, /* a separate action for some arguments of a call */
	EMIT_SPANS = 1 << 10, /* defaults of single ABIs and of ranges of numbers */
};

/* Kinds of actions, for `defaults` and `actions` below. */
enum emit_action {
	EMIT_KILL_PROCESS = 1 << 0,
	EMIT_KILL_THREAD = 1 << 1,
	EMIT_TRAP = 1 << 2,
	EMIT_ERRNO = 1 << 3,
	EMIT_NOTIFY = 1 << 4,
	EMIT_TRACE = 1 << 5,
	EMIT_LOG = 1 << 6,
	EMIT_ALLOW = 1 << 7,
};

/* Comparisons, 1 << enum comparison each. */
#define EMIT_EVERY_COMPARISON ((1U << COMPARISON_COUNT) - 1)

struct unit_settings;

struct emit_options {
	const char *unit; /* the name to print; NULL: the policy's target */
	unsigned systemd_version; /* the target's, 0: as recorded, or else this machine's */
	const enum abi
		*abi; /* for formats that cover one ABI: which; NULL: the policy's native one */
	/* For emit_meaning(): releases of one version of a consumer may install different
	 * filters, without a way to tell them apart. 0 is the newest, 1 the one before it. */
	unsigned release;
	/* For systemd: what the unit has without the drop-in (systemd/settings.h). The drop-in then
	 * allows what both the policy and these settings allow. NULL: nothing is known of them. */
	const struct unit_settings *within;
	bool is_widened; /* what the policy allows is allowed, although WITHIN denies it */
	/* Drop-ins that come after this one deny calls without naming an error: they get that of WITHIN
	 * only if it is the drop-in's too. */
	bool has_later;
	/* Ends the warnings about calls that WITHIN denies: " (--widen allows it)". NULL: nothing. */
	const char *remedy;
	/* For emit_meaning(): the settings that are in force once all drop-ins are read, also those
	 * after this one. NULL: none comes after it. */
	const struct unit_settings *enforced;
	bool is_compact; /* use groups where they add nothing */
	bool with_reasons; /* comments */
	bool is_verbose; /* also warn about harmless changes: calls without risk that a consumer
			  * adds */
	/* Called for each message to the user: a widened rule, a dropped name. */
	void (*warn)(void *context, const char *message);
	void *context;
};

struct emitter {
	const char *name; /* what the user types: "systemd" */
	const char *summary; /* one line, for --help and completion */
	const char *enforced_by; /* the programs that read it, for the table in docs/formats.md */
	unsigned can; /* enum emit_ability */
	unsigned comparisons; /* with EMIT_ARGUMENTS: which; 0 every one */
	uint64_t largest; /* largest value or mask that a condition can have; 0 no limit */
	unsigned defaults; /* enum emit_action that can be the default; 0 every one */
	unsigned actions; /* with EMIT_ACTION_PER_CALL: which besides the default; 0 every one */
	/* Without EMIT_FOREIGN: the action for other ABIs' calls; 0 is kill_thread. */
	action foreign;
	const char *loses; /* for docs/formats.md: what else is lost; NULL nothing */
	/* POLICY is already widened to what the format can express (emit_widen). */
	int (*emit)(const struct policy *policy, const struct emit_options *options, FILE *out,
		    struct error *err);
	/* The meaning of the output, as a policy: POLICY widened further (and narrowed by
	 * restrictions derived from recorded arguments) to the filter that the format's consumer
	 * really installs. NULL: exactly the policy that emit() was given. */
	int (*meaning)(const struct policy *policy, const struct emit_options *options,
		       struct policy **meaning, struct error *err);
};

/* Writes POLICY in a format. A policy that the format cannot express is widened first, with
 * warnings. */
int emit_policy(const struct emitter *emitter, const struct policy *policy,
		const struct emit_options *options, FILE *out, struct error *err);

/* The filter that the consumer of that output installs: the verifier compares the kernel with this.
 * -ENOENT where options->release is past the oldest that differs. */
int emit_meaning(const struct emitter *emitter, const struct policy *policy,
		 const struct emit_options *options, struct policy **meaning, struct error *err);

/* widen.c: a copy of POLICY that the format can express: without conditions where it has none
 * (calls allowed with some arguments are allowed with more), without actions of single calls,
 * without other ABIs' rules where it covers one ABI. options->warn gets each change by name.
 * -EOPNOTSUPP if the format cannot express the default action. */
int emit_widen(const struct policy *policy, const struct emitter *emitter,
	       const struct emit_options *options, struct policy **widened, struct error *err);

/* The ABI, among those that the policy lists, of the machine that the policy is for. */
enum abi emit_native_abi(const struct policy *policy);

void emit_warn(const struct emit_options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints TEXT in a comment: control characters and line breaks, which could end it, become "?". */
void emit_comment_text(FILE *out, const char *text);

/* ---- what formats share (text.c) ---- */

/* Prints the main reason, that is the first in the order of their kinds: "sibling: of open", "9,313 times
 * ... (and 2 more)"; nothing without one. */
void emit_reason_text(FILE *out, const struct rule *rule);
/* The same as a string, or NULL: no reason, or no memory. Owned by the caller. */
char *emit_reason(const struct rule *rule);

/* Prints the lines that open a file, each after PREFIX: its target, its origin and the caveats. */
void emit_header(FILE *out, const char *prefix, const struct policy *policy,
		 const struct emit_options *options);

/* The rules, one per name (or number), in the order of names: for a name on several ABIs the first
 * ABI's. The caller owns the array; NULL when out of memory. */
const struct rule **emit_rules_by_name(const struct policy *policy, size_t *count);

/* The name, or the number in BUFFER. */
const char *emit_call_name(const struct rule *rule, char buffer[16]);

/* "AF_INET" for a value that its argument's table names, else NULL; in BUFFER of ARGUMENT_TEXT_MAX. */
const char *emit_value_name(const struct rule *rule, const struct condition *condition,
			    char *buffer);

/* NULL: no such format. */
const struct emitter *emitter_find(const char *name);
size_t emitter_table(const struct emitter *const **table);

#endif
