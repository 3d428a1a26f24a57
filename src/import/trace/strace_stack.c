// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads the frames that `strace -k` prints after a call, innermost first. */
#include "import/trace/strace.h"

static bool parse_hex(const char *at, const char *end, uint64_t *value)
{
	const char *start;

	*value = 0;
	if (end - at > 2 && at[0] == '0' && at[1] == 'x')
		at += 2;
	for (start = at; at < end && at - start < 16; at++) {
		char c = *at;
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned)(c - 'a') + 10;
		else
			break;
		*value = *value << 4 | digit;
	}
	return at > start;
}

void strace_stack_line(struct import *import, struct run_builder_row *row, const char *line,
		       size_t length)
{
	const char *end = line + length, *open, *close, *bracket, *plus;
	struct frame frame = { 0 };

	/* " > PATH(SYMBOL+0xOFFSET) [0xPLACE]", where a symbol of C++ may hold brackets. */
	bracket = memrchr(line, '[', length);
	if (!bracket || !parse_hex(bracket + 1, end, &frame.offset))
		return;
	close = memrchr(line, ')', (size_t)(bracket - line));
	open = close ? memchr(line, '(', (size_t)(close - line)) : NULL;
	if (!open) {
		run_builder_add_frame(import->run_builder, row, frame, NULL, 0, NULL, 0);
		return;
	}
	plus = memrchr(open, '+', (size_t)(close - open));
	if (!plus || !parse_hex(plus + 1, close, &frame.symbol_offset))
		plus = close;
	run_builder_add_frame(import->run_builder, row, frame, line + 3, (size_t)(open - line - 3),
			      open + 1, (size_t)(plus - open - 1));
}
