// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads a process's role from its command line, which programs with several roles rewrite. */
#include "common/title.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#define TITLES_MAX 160 /* of one image together */

/* "nginx: worker process" says "worker process": programs that rewrite their command line put their
 * name and a colon first. The command line that follows in some ("nginx: master process
 * /usr/sbin/nginx -g ...") is cut. */
static bool find_title(char *cmdline, const char *command, char title[TITLE_SIZE])
{
	const char *const cuts[] = { " /", command };
	size_t length = strlen(command);
	char *start, *end;

	start = strrchr(cmdline, ':') ? strstr(cmdline, ": ") : NULL;
	if (!start || strncmp(cmdline, command, length < 15 ? length : 15) != 0)
		return false;
	start += 2;
	end = start + strlen(start);
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		char *cut = strstr(start, cuts[i]);

		if (cut && cut < end)
			end = cut;
	}
	while (end > start && end[-1] == ' ')
		end--;
	snprintf(title, TITLE_SIZE, "%.*s", (int)(end - start), start);
	for (char *at = title; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 127)
			*at = '?';
	return *title != '\0';
}

static bool read_proc(pid_t pid, const char *name, char *text, size_t size)
{
	char path[48];
	_cleanup_close_ int fd = -1;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, size - 1);
	if (got <= 0)
		return false;
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return true;
}

int title_read(pid_t pid, char title[TITLE_SIZE])
{
	char cmdline[256], command[32];

	if (read_proc(pid, "cmdline", cmdline, sizeof(cmdline)) &&
	    read_proc(pid, "comm", command, sizeof(command)) && find_title(cmdline, command, title))
		return 0;
	return -ENOENT;
}

bool title_is_among(const char *titles, const char *title)
{
	size_t length = strlen(title);

	for (const char *at = titles; at && (at = strstr(at, title)); at++)
		if ((at == titles || at[-1] == ' ') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

int title_note(pid_t pid, char **titles, struct error *err)
{
	char title[TITLE_SIZE], *joined;

	if (title_read(pid, title) < 0)
		return 0;
	if (*titles && (strstr(*titles, title) || strlen(*titles) + strlen(title) > TITLES_MAX))
		return 0;
	if (asprintf(&joined, "%s%s%s", *titles ? *titles : "", *titles ? ", " : "", title) < 0)
		return error_oom(err);
	free(*titles);
	*titles = joined;
	return 0;
}
