/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be done at which call, from the tables by name to the kernel's arrays by number. */
#ifndef WHITTLE_RECORD_RULES_H
#define WHITTLE_RECORD_RULES_H

#include "bpf/record.h"
#include "syscall/abi.h"

#include <stdbool.h>

/* The ABI of ours that stands for one of the kernel half's. */
enum abi rules_abi(enum record_abi abi);

/* Fills the rule of a call; false where there is none. NR without the x32 bit. */
bool rules_find(enum record_abi abi, unsigned nr, struct record_rule *rule);

#endif
