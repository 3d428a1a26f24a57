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
};

struct emit_options {
	const char *unit; /* the name to speak of; NULL: the policy's target */
	unsigned systemd_version; /* the target's, 0: as recorded, or else this machine's */
	const enum abi
		*abi; /* of formats that hold one ABI: which; NULL: the policy's native one */
	/* Of policy_meaning(): releases of one version of a consumer may install different things, and
	 * do not tell. 0 is the newest, 1 the one before it. */
	unsigned release;
	bool is_compact; /* groups where they add nothing */
	bool with_reasons; /* comments */
	/* Called for each thing the user should know: a widened rule, a dropped name. */
	void (*warn)(void *context, const char *message);
	void *context;
};

struct emitter {
	const char *name; /* what the user types: "systemd" */
	const char *summary; /* one line, for --help and completion */
	unsigned can; /* enum emit_ability */
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
int policy_emit(const struct emitter *emitter, const struct policy *policy,
		const struct emit_options *options, FILE *out, struct error *err);

/* What the consumer of that output will install: the verifier compares the kernel with this.
 * -ENOENT where options->release is past the oldest that differs. */
int policy_meaning(const struct emitter *emitter, const struct policy *policy,
		   const struct emit_options *options, struct policy **meaning, struct error *err);

/* A copy of POLICY that a format with these abilities can say: conditions dropped where it has no
 * arguments (what was allowed with some is allowed with all), actions of single calls where it has
 * none, other ABIs' rules where it holds one. Each change is told to options->warn by name. */
int emit_widen(const struct policy *policy, unsigned can, const struct emit_options *options,
	       struct policy **widened, struct error *err);

/* The ABI of the machine that the policy is for, of those that it lists. */
enum abi emit_native_abi(const struct policy *policy);

void emit_warn(const struct emit_options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* TEXT for a line of a comment: control characters, which could end the line, become "?". */
void emit_comment_text(FILE *out, const char *text);

/* NULL: no such format. */
const struct emitter *emitter_find(const char *name);
size_t emitters(const struct emitter *const **table);

#endif
