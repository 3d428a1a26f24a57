/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What to do at which call: turns the tables by name into the kernel's arrays by number. */
#ifndef WHITTLE_RECORD_RULES_H
#define WHITTLE_RECORD_RULES_H

#include "bpf/record.h"
#include "syscall/abi.h"

#include <stdbool.h>

/* Translates an ABI of the BPF programs. */
enum abi rules_abi(enum record_abi abi);

/* Fills the rule of a call; false if there is none. NR without the x32 bit. */
bool rules_find(enum record_abi abi, unsigned nr, struct record_rule *rule);

#endif
