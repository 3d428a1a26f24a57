// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/error.h"

#include "common/cleanup.h"
#include "common/print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* Formats into MESSAGE; names are escaped, since the sentence goes to terminals and journals. One that
 * does not fit ends with dots. */
__attribute__((format(printf, 3, 0))) static void format_sentence(char *message, size_t size,
								  const char *format, va_list ap)
{
	char text[4096] = "";
	/* Not one that grows: an error for want of memory has a sentence too. */
	FILE *out = fmemopen(text, sizeof(text), "w");

	*message = '\0';
	if (!out)
		return;
	print_text_arguments(out, format, ap);
	fclose(out);
	text[sizeof(text) - 1] = '\0';
	snprintf(message, size, "%s", text);
	if (strlen(text) >= size)
		memcpy(message + size - 4, "...", 4);
}

int(error_set)(struct error *err, int code, const char *format, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = error_negative(code);
	va_start(ap, format);
	format_sentence(err->message, sizeof(err->message), format, ap);
	va_end(ap);
	return code;
}

int(error_set_errno)(struct error *err, int code, const char *format, ...)
{
	char text[sizeof(err->message)];
	va_list ap;

	if (!err)
		return code;
	va_start(ap, format);
	format_sentence(text, sizeof(text), format, ap);
	va_end(ap);
	return error_set(err, code, "%s: %s", text, strerrordesc_np(-error_negative(code)));
}

int(error_prefix)(struct error *err, const char *format, ...)
{
	char context[512], rest[sizeof(err->message)];
	va_list ap;

	if (!err)
		return -EIO;
	va_start(ap, format);
	format_sentence(context, sizeof(context), format, ap);
	va_end(ap);
	memcpy(rest, err->message, sizeof(rest));
	return error_set(err, err->code, "%s: %s", context, rest);
}

void error_clear(struct error *err)
{
	err->code = 0;
	err->message[0] = '\0';
}

int(error_oom)(struct error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

int error_exit_code(const struct error *err)
{
	switch (-err->code) {
	case 0:
		return EXIT_SUCCESS;
	case EPERM:
	case EACCES:
		return EX_NOPERM;
	case ENOENT:
	case ESRCH:
	case ENOTDIR:
	case EISDIR:
		return EX_NOINPUT;
	case EINVAL:
	case EBADMSG:
	case ERANGE:
	case EOVERFLOW:
	case ENOEXEC:
	case ELOOP:
	case EFBIG:
		return EX_DATAERR;
	case EOPNOTSUPP:
	case ENOSYS:
		return EX_UNAVAILABLE;
	case EROFS:
	case EEXIST:
	case ETXTBSY:
		return EX_CANTCREAT;
	case EIO:
	case ENOSPC:
	case EDQUOT:
	case EPIPE:
		return EX_IOERR;
	/* The state of the unit does not permit the command: masked, applied already, edited. */
	case EALREADY:
	case ERFKILL:
		return EX_CONFIG;
	case EBUSY:
	case EAGAIN:
	case ETIMEDOUT:
	case EINTR:
		return EX_TEMPFAIL;
	case ENOMEM:
	case ENFILE:
	case EMFILE:
		return EX_OSERR;
	default:
		return EXIT_FAILURE;
	}
}
