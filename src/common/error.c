// SPDX-License-Identifier: LGPL-2.1-or-later
#include "common/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static void mark_cut(char *message, size_t size, int wanted)
{
	if (wanted >= 0 && (size_t)wanted >= size)
		memcpy(message + size - 4, "...", 4);
}

int(error_set)(struct error *err, int code, const char *format, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = error_negative(code);
	va_start(ap, format);
	mark_cut(err->message, sizeof(err->message),
		 vsnprintf(err->message, sizeof(err->message), format, ap));
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
	mark_cut(text, sizeof(text), vsnprintf(text, sizeof(text), format, ap));
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
	mark_cut(context, sizeof(context), vsnprintf(context, sizeof(context), format, ap));
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
