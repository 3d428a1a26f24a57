/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a failure travels: every function that can fail returns 0 (or a count) or a negative errno,
 * and fills an error with one sentence that says what happened, where, why, and what to do. The
 * library never prints; the command prints the sentence, once, and maps the errno to an exit code.
 */
#ifndef WHITTLE_COMMON_ERROR_H
#define WHITTLE_COMMON_ERROR_H

#include <errno.h>
#include <stdarg.h>

struct error {
	int code; /* a negative errno, 0 while nothing has failed */
	char message[2048]; /* one sentence, no newline; cut with "..." if it would not fit */
};

/* Sets the sentence and returns CODE (a negative errno), so that `return error_set(...)` reads. */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set, and appends ": " and the text of the errno. */
int error_set_errno(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts a context ("nginx.rec", "unit nginx.service") and ": " before the existing sentence; returns
 * the existing code. */
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forgets a failure that was handled. */
void error_clear(struct error *err);

/* Out of memory, in the same words for every module. */
int error_oom(struct error *err);

/*
 * All of these return a value below 0, whatever code they got: a failure with an errno of 0 must
 * not look like a success. The assertion is here, where every caller sees it, because code after
 * `if (f() < 0) return` depends on it, and the static analyzer must know it.
 */
static inline int error_negative(int code)
{
	return code < 0 ? code : -EIO;
}
#define error_set(...)	     error_negative((error_set)(__VA_ARGS__))
#define error_set_errno(...) error_negative((error_set_errno)(__VA_ARGS__))
#define error_prefix(...)    error_negative((error_prefix)(__VA_ARGS__))
#define error_oom(err)	     error_negative((error_oom)(err))

/* The exit code of a command that ends with this error: sysexits(3), documented in whittle(1). */
int error_exit_code(const struct error *err);

#endif
