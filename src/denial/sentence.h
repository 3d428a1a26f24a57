/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denials told: in sentences for people, as objects for programs. */
#ifndef WHITTLE_DENIAL_SENTENCE_H
#define WHITTLE_DENIAL_SENTENCE_H

#include "denial/aggregate.h"

#include <stdio.h>

struct sentence_options {
	bool with_colour;
	bool with_time; /* of the latest, where it is known */
};

/* COUNT (at least 1) denials of GROUP: one sentence, then what allowing the call opens and how to.
 * A group that was told before gets the sentence alone. Everything from outside is made safe for a
 * terminal. */
void sentence_print(FILE *out, const struct denial_group *group, uint64_t count,
		    const struct sentence_options *options);

/* One JSON object on one line; keys in a fixed order. "name", "abi", "pid" and "unit" are null where
 * they are unknown. */
void sentence_print_json(FILE *out, const struct denial_group *group, uint64_t count);

/* "socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC, 0)"; where the arguments are unknown "socket". */
void sentence_print_call(FILE *out, const struct denial *denial);

#endif
