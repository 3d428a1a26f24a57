/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of the calls' parameters in the kernel's source, for languages that use them (Kafel). */
#ifndef WHITTLE_SYSCALL_PARAMETERS_H
#define WHITTLE_SYSCALL_PARAMETERS_H

/* The parameters of a call by the kernel's own name of it ("newfstat"), or NULL. They are separated by
 * blanks; ":4" marks one of which the kernel ignores the high half: "fd:4 statbuf". */
const char *parameters_of(const char *name);

#endif
