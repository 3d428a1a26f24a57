/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the Kafel policy in a configuration of nsjail (text format of protocol buffers). */
#ifndef WHITTLE_IMPORT_PROFILE_KAFEL_TEXT_H
#define WHITTLE_IMPORT_PROFILE_KAFEL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct kafel_text {
	char *policy; /* all seccomp_string, each on the lines where it stands; owned; NULL: none */
	size_t size;
	char *file; /* seccomp_policy_file, which nsjail prefers; owned; NULL: none */
};

/* -ENOMEM. A string that does not end ends with the data. */
int kafel_text_read(const char *data, size_t size, struct kafel_text *text);
void kafel_text_clear(struct kafel_text *text);

#endif
