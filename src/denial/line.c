// SPDX-License-Identifier: LGPL-2.1-or-later
/* Passes a line of any log to the parser for its format, chosen by the beginning of the line. */
#include "denial/denial.h"

#include <string.h>

static bool begins_with(const char *line, size_t length, const char *word)
{
	return length >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

enum denial_line denial_parse_line(const char *line, size_t length, struct denial_scratch *scratch,
				   struct denial *denial)
{
	static const char told[] = "{ \"name\": ";
	enum denial_line kind;

	denial_clear(denial, scratch);
	if (length == 0 || line[0] != '{') {
		kind = denial_parse_plain(line, length, denial);
		denial->is_proven = begins_with(line, length, "type=SECCOMP msg=audit(") ||
				    begins_with(line, length, "type=1326 msg=audit(");
		return kind;
	}
	return length > sizeof(told) - 1 && memcmp(line, told, sizeof(told) - 1) == 0
		       ? denial_parse_told(line, length, denial)
		       : denial_parse_journal(line, length, denial);
}
