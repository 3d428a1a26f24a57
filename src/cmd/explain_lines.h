/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of programs that report their own denied calls: sandboxes of OpenSSH, Firefox, Chromium and Android, and
 * systemd's exit status. They have less than the kernel's records, and anybody can write them, so they are only
 * explained, never learnt from. */
#ifndef WHITTLE_CMD_EXPLAIN_LINES_H
#define WHITTLE_CMD_EXPLAIN_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* Prints a sentence for each such line in complete lines of a log. Returns how many there are. */
size_t explain_lines(const char *data, size_t length, bool as_json);

#endif
