// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/print.h"

#include "common/cleanup.h"
#include "common/utf8.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/* One conversion of a format: "%-*.*zu". */
struct conversion {
	char flags[9]; /* NUL-terminated, with room for one more */
	int width, precision; /* -1: none */
	char length; /* 'h', 'l', 'L' for ll, 'z', 'j', 't'; 0: none */
	char type;
};

static int parse_number(const char **at, va_list *arguments)
{
	int number = 0;

	if (**at == '*') {
		++*at;
		return va_arg(*arguments, int);
	}
	while (**at >= '0' && **at <= '9' && number < 100000)
		number = 10 * number + *(*at)++ - '0';
	return number;
}

/* Reads the conversion behind a "%"; returns what follows it. */
static const char *parse(const char *at, struct conversion *conversion, va_list *arguments)
{
	size_t flags = strspn(at, "-+ #0"), kept = flags < 7 ? flags : 7;

	*conversion = (struct conversion){ .precision = -1 };
	memcpy(conversion->flags, at, kept);
	at += flags;
	conversion->width = parse_number(&at, arguments);
	if (conversion->width < 0) {
		conversion->width = -conversion->width;
		if (!strchr(conversion->flags, '-'))
			conversion->flags[strlen(conversion->flags)] = '-';
	}
	if (*at == '.') {
		at++;
		conversion->precision = parse_number(&at, arguments);
	}
	for (; *at && strchr("hlzjt", *at); at++)
		conversion->length = *at == 'l' && conversion->length == 'l' ? 'L' : *at;
	conversion->type = *at;
	return *at ? at + 1 : at;
}

static void print_string(FILE *out, const struct conversion *conversion, const char *text)
{
	_cleanup_free_ char *cut = NULL, *safe = NULL;
	bool to_left = strchr(conversion->flags, '-') != NULL;
	FILE *stream;
	size_t size, columns = 0, width = (size_t)conversion->width;

	/* The text need not end where the precision does, which is why it is measured here. */
	if (conversion->precision >= 0) {
		size = strnlen(text, (size_t)conversion->precision);
		cut = calloc(1, size + 1);
		if (cut)
			memcpy(cut, text, size);
		text = cut;
	}
	if (!width) { /* the usual case needs no second copy */
		if (text)
			utf8_print_safe(out, text);
		return;
	}
	stream = text ? open_memstream(&safe, &size) : NULL;
	if (!stream)
		return;
	columns = utf8_print_safe(stream, text);
	if (fclose(stream) != 0)
		return;
	width = columns < width ? width - columns : 0;
	fprintf(out, "%*s%s%*s", to_left ? 0 : (int)width, "", safe, to_left ? (int)width : 0, "");
}

static intmax_t next_signed(char length, va_list *arguments)
{
	switch (length) {
	case 'l':
		return va_arg(*arguments, long);
	case 'L':
		return va_arg(*arguments, long long);
	case 'z':
		return va_arg(*arguments, ssize_t);
	case 'j':
		return va_arg(*arguments, intmax_t);
	case 't':
		return va_arg(*arguments, ptrdiff_t);
	default:
		return va_arg(*arguments, int);
	}
}

static uintmax_t next_unsigned(char length, va_list *arguments)
{
	switch (length) {
	case 'l':
		return va_arg(*arguments, unsigned long);
	case 'L':
		return va_arg(*arguments, unsigned long long);
	case 'z':
		return va_arg(*arguments, size_t);
	case 'j':
		return va_arg(*arguments, uintmax_t);
	case 't':
		return (uintmax_t)va_arg(*arguments, ptrdiff_t);
	default:
		return va_arg(*arguments, unsigned);
	}
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
/* The format is made of the conversion that was read, with the widest length of its kind. */
static void print_one(FILE *out, const struct conversion *conversion, va_list *arguments)
{
	char format[24];
	const char *length = strchr("efgEFG", conversion->type) ? "" : "j";

	if (conversion->type == 'c')
		length = "";
	snprintf(format, sizeof(format), "%%%s*.*%s%c", conversion->flags, length,
		 conversion->type);
	switch (conversion->type) {
	case '%':
		fputc('%', out);
		break;
	case 's': {
		const char *text = va_arg(*arguments, const char *);

		print_string(out, conversion, text ? text : "(null)");
		break;
	}
	case 'c': {
		char text[] = { (char)va_arg(*arguments, int), '\0' };

		print_string(out, conversion, text);
		break;
	}
	case 'd':
	case 'i':
		fprintf(out, format, conversion->width, conversion->precision,
			next_signed(conversion->length, arguments));
		break;
	case 'u':
	case 'x':
	case 'X':
		fprintf(out, format, conversion->width, conversion->precision,
			next_unsigned(conversion->length, arguments));
		break;
	default:
		fprintf(out, format, conversion->width, conversion->precision,
			va_arg(*arguments, double));
	}
}
#pragma GCC diagnostic pop

void print_text_arguments(FILE *out, const char *format, va_list arguments)
{
	va_list left; /* a parameter of this type may be a pointer, whose address is another type */

	va_copy(left, arguments);
	while (*format) {
		size_t plain = strcspn(format, "%");
		struct conversion conversion;

		fwrite(format, 1, plain, out);
		format += plain;
		if (!*format)
			break;
		format = parse(format + 1, &conversion, &left);
		print_one(out, &conversion, &left);
	}
	va_end(left);
}

void print_text(FILE *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_text_arguments(out, format, arguments);
	va_end(arguments);
}
