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
	bool is_compact; /* groups where they add nothing */
	bool with_reasons; /* comments */
	/* Called for each thing the user should know: a widened rule, a dropped name. */
	void (*warn)(void *context, const char *message);
	void *context;
};

struct emitter {
	const char *name;
	const char *summary; /* one line, for --help and completion */
	unsigned can; /* enum emit_ability */
	int (*emit)(const struct policy *policy, const struct emit_options *options, FILE *out,
		    struct error *err);
	/* What the output means, as a policy: POLICY widened (and narrowed by restrictions derived
	 * from recorded arguments) to what the format's consumer will really install. NULL: exactly
	 * the policy. The verifier compares the kernel with this. */
	int (*meaning)(const struct policy *policy, const struct emit_options *options,
		       struct policy **meaning, struct error *err);
};

/* NULL: no such format. */
const struct emitter *emitter_find(const char *name);
size_t emitters(const struct emitter *const **table);

#endif
