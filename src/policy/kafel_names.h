/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kafel's names of system calls. They are those of the kernel's functions (sys_newfstat), so that the same
 * word means another call in places: on i386 Kafel's "chown" is number 212, which everybody else calls
 * chown32.
 */
#ifndef WHITTLE_POLICY_KAFEL_NAMES_H
#define WHITTLE_POLICY_KAFEL_NAMES_H

#include "syscall/abi.h"

/* The number of Kafel's NAME, else of the call that everybody else calls so; -ENOENT: nobody does. */
int kafel_names_number(enum abi abi, const char *name);

/* The name that every release of Kafel has for the number, or NULL: SYSCALL[nr] stands for it. */
const char *kafel_names_call(enum abi abi, int nr);

#endif
