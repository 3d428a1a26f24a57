/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules as people read them: "socket where domain == AF_UNIX". */
#ifndef WHITTLE_CMD_RULE_TEXT_H
#define WHITTLE_CMD_RULE_TEXT_H

#include "policy/policy.h"

/* "socket", or the number of a call without a name. */
void rule_text_print_call(FILE *out, enum abi abi, int nr);

/* "domain == AF_UNIX and type & 0xf == 1": the conditions of one clause. */
void rule_text_print_clause(FILE *out, const struct rule *rule, const struct clause *clause);

/* The complete policy, ABI by ABI. */
void rule_text_print_policy(FILE *out, const struct policy *policy);

#endif
