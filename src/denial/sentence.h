/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints denials, as sentences for people and as objects for programs. */
#ifndef WHITTLE_DENIAL_SENTENCE_H
#define WHITTLE_DENIAL_SENTENCE_H

#include "denial/aggregate.h"

#include <stdio.h>

struct sentence_options {
	bool with_colour;
	bool with_time; /* of the latest, if known */
};

/* Prints COUNT (at least 1) denials of GROUP: one sentence, then the risk of allowing the call and the way
 * to do it. A group that was printed before gets only the sentence. External text is made safe for a
 * terminal. */
void sentence_print(FILE *out, const struct denial_group *group, uint64_t count,
		    const struct sentence_options *options);

/* Prints one JSON object on one line, with keys in a fixed order. Unknown "name", "abi", "pid" and "unit"
 * are null. */
void sentence_print_json(FILE *out, const struct denial_group *group, uint64_t count);

/* "socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC, 0)", or "socket" if the arguments are unknown. */
void sentence_print_call(FILE *out, const struct denial *denial);

#endif
