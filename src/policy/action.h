/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names for what a filter may do with a call: "allow", "errno:EPERM", "kill_process", "log" ... */
#ifndef WHITTLE_POLICY_ACTION_H
#define WHITTLE_POLICY_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Into BUFFER, which is returned; 32 bytes hold every action. */
const char *action_format(uint32_t action, char *buffer, size_t size);

/* The same back, errnos by name or number, "kill" for "kill_thread": 0 or -EINVAL. */
int action_parse(const char *text, uint32_t *action);

/* The kernel's precedence among stacked filters (kernel/seccomp.c: seccomp_run_filters takes the
 * one with the least action, as a signed number): the one of the two that wins. Of two of a kind it
 * is A, which stands for the filter installed later: the kernel asks that one first. */
uint32_t action_stronger(uint32_t a, uint32_t b);

/* What the kernel makes of a filter's answer: the data that an action does not use is cleared, an
 * errno is at most 4095, and an action that it does not know kills the process
 * (kernel/seccomp.c: __seccomp_filter). */
uint32_t action_outcome(uint32_t answer);

/* Whether the kernel makes the call: it does so too where it logs it. */
bool action_allows(uint32_t action);

#endif
