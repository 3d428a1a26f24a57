// SPDX-License-Identifier: LGPL-2.1-or-later
/* Passes a line of any log to the parser for its format, chosen by the beginning of the line. */
#include "denial/denial.h"

#include <string.h>

enum denial_line denial_parse_line(const char *line, size_t length, struct denial_scratch *scratch,
				   struct denial *denial)
{
	static const char told[] = "{ \"name\": ";

	denial_clear(denial, scratch);
	if (length == 0 || line[0] != '{')
		return denial_parse_plain(line, length, denial);
	return length > sizeof(told) - 1 && memcmp(line, told, sizeof(told) - 1) == 0
		       ? denial_parse_told(line, length, denial)
		       : denial_parse_journal(line, length, denial);
}
