/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "Did you mean": the known name that is most similar to an unknown one. */
#ifndef WHITTLE_SYSCALL_SUGGEST_H
#define WHITTLE_SYSCALL_SUGGEST_H

#include <stddef.h>

/* The call (of any ABI) that NAME was probably meant to be, or NULL if none is similar. */
const char *syscall_suggest(const char *name);

/* The same among NAMES, COUNT of them. */
const char *suggest_among(const char *name, const char *const *names, size_t count);

#endif
