/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A format is a row: what the user types, what it is, what it can say, and the function that says
 * it. What a format can't say is widened, and every rule that was is named in a warning: its
 * meaning never changes in silence.
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
	EMIT_ORDER = 1 << 5, /* several rules for one call, of which the first that holds decides */
	EMIT_REPEATED = 1 << 6, /* several conditions on one argument that must all hold */
	EMIT_NUMBERS = 1 << 7, /* calls without a name (or: it deals with them itself) */
	/* One list of names for all ABIs: what is allowed on one is allowed on each. */
	EMIT_ONE_LIST = 1 << 8,
	EMIT_UNITES =
		1 << 13, /* one list too, which the format's own code makes of all ABIs' rules */
	/* With EMIT_ONE_LIST: the list holds for all ABIs that the target's kernel serves. */
	EMIT_EVERY_ABI = 1 << 12,
	EMIT_FOREIGN = 1 << 9, /* what becomes of calls of ABIs that the policy does not list */
	EMIT_REFUSE_WHERE = 1 << 11, /* an action of its own for some arguments of a call */
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

/* Of comparisons, 1 << enum comparison each. */
#define EMIT_EVERY_COMPARISON ((1U << COMPARISON_COUNT) - 1)

struct emit_options {
	const char *unit; /* the name to speak of; NULL: the policy's target */
	unsigned systemd_version; /* the target's, 0: as recorded, or else this machine's */
	const enum abi
		*abi; /* of formats that hold one ABI: which; NULL: the policy's native one */
	/* Of emit_meaning(): releases of one version of a consumer may install different things, and
	 * do not tell. 0 is the newest, 1 the one before it. */
	unsigned release;
	bool is_compact; /* groups where they add nothing */
	bool with_reasons; /* comments */
	bool is_verbose; /* warn also of what is harmless: calls without risk that a consumer adds */
	/* Called for each thing the user should know: a widened rule, a dropped name. */
	void (*warn)(void *context, const char *message);
	void *context;
};

struct emitter {
	const char *name; /* what the user types: "systemd" */
	const char *summary; /* one line, for --help and completion */
	const char *enforced_by; /* who reads it, for the table in docs/formats.md */
	unsigned can; /* enum emit_ability */
	unsigned comparisons; /* of EMIT_ARGUMENTS: which; 0 every one */
	uint64_t largest; /* value or mask that a condition can have; 0 every one */
	unsigned defaults; /* enum emit_action that can be the default; 0 every one */
	unsigned actions; /* of EMIT_ACTION_PER_CALL: which besides the default; 0 every one */
	/* Without EMIT_FOREIGN: what becomes of other ABIs' calls; 0 is kill_thread. */
	action foreign;
	const char *loses; /* a sentence for docs/formats.md on what else is lost; NULL nothing */
	/* POLICY is already widened to what the format can say (emit_widen). */
	int (*emit)(const struct policy *policy, const struct emit_options *options, FILE *out,
		    struct error *err);
	/* What the output means, as a policy: POLICY widened further (and narrowed by restrictions
	 * derived from recorded arguments) to what the format's consumer will really install. NULL:
	 * exactly the policy that emit() was given. */
	int (*meaning)(const struct policy *policy, const struct emit_options *options,
		       struct policy **meaning, struct error *err);
};

/* Writes POLICY in a format; what the format can't say is widened first and warned about. */
int emit_policy(const struct emitter *emitter, const struct policy *policy,
		const struct emit_options *options, FILE *out, struct error *err);

/* What the consumer of that output will install: the verifier compares the kernel with this.
 * -ENOENT where options->release is past the oldest that differs. */
int emit_meaning(const struct emitter *emitter, const struct policy *policy,
		 const struct emit_options *options, struct policy **meaning, struct error *err);

/* widen.c: a copy of POLICY that the format can say: conditions dropped where it has no such (what was
 * allowed with some arguments is allowed with more), actions of single calls where it has none, other
 * ABIs' rules where it holds one. Each change is told to options->warn by name. -EOPNOTSUPP where
 * the default action has no word in the format. */
int emit_widen(const struct policy *policy, const struct emitter *emitter,
	       const struct emit_options *options, struct policy **widened, struct error *err);

/* The ABI of the machine that the policy is for, of those that it lists. */
enum abi emit_native_abi(const struct policy *policy);

void emit_warn(const struct emit_options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* TEXT for a line of a comment: control characters and line breaks, which could end it, become "?". */
void emit_comment_text(FILE *out, const char *text);

/* ---- what formats share (text.c) ---- */

/* That reason in words: "sibling: of open", "9,313 times ... (and 2 more)"; nothing where there is none. */
void emit_reason_text(FILE *out, const struct rule *rule);
/* The same in memory, or NULL: no reason, or no memory. The caller's. */
char *emit_reason(const struct rule *rule);

/* Lines that open a file, each after PREFIX: whose it is, from what, and what the policy leaves open. */
void emit_header(FILE *out, const char *prefix, const struct policy *policy,
		 const struct emit_options *options);

/* The rules, one a name (or number), in the order of names: of a name on several ABIs the first ABI's.
 * The array is the caller's; NULL when out of memory. */
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
