// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads a process's role from its command line, which programs with several roles rewrite. */
#include "common/title.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#define TITLES_MAX     8 /* roles of one image */
#define TITLES_SEEN    64
#define PROCESSES_SEEN 256

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

/* ---- the titles of one image ---- */

struct seen_title {
	char text[TITLE_SIZE];
	pid_t first; /* of the processes that had it */
	bool is_shared; /* another one had it too */
};

/* A process that changes its title while it serves shows what it does at the time, not its role. */
struct titled_process {
	pid_t pid;
	size_t title; /* index */
	bool is_serving, has_changed;
};

struct titles {
	struct seen_title titles[TITLES_SEEN];
	size_t count;
	struct titled_process processes[PROCESSES_SEEN];
	size_t processes_count;
};

static size_t find_seen(struct titles *titles, pid_t pid, const char *text)
{
	for (size_t i = 0; i < titles->count; i++)
		if (strcmp(titles->titles[i].text, text) == 0)
			return i;
	if (titles->count == TITLES_SEEN)
		return TITLES_SEEN;
	snprintf(titles->titles[titles->count].text, TITLE_SIZE, "%s", text);
	titles->titles[titles->count].first = pid;
	return titles->count++;
}

static struct titled_process *find_process(struct titles *titles, pid_t pid)
{
	for (size_t i = 0; i < titles->processes_count; i++)
		if (titles->processes[i].pid == pid)
			return &titles->processes[i];
	return NULL;
}

static void add_title(struct titles *titles, pid_t pid, bool is_serving, const char *text)
{
	struct titled_process *process = find_process(titles, pid);
	size_t title = find_seen(titles, pid, text);

	if (title == TITLES_SEEN)
		return;
	titles->titles[title].is_shared |= titles->titles[title].first != pid;
	if (!process) {
		if (titles->processes_count == PROCESSES_SEEN)
			return;
		process = &titles->processes[titles->processes_count++];
		*process = (struct titled_process){ .pid = pid, .title = title };
	} else if (process->title != title) {
		process->has_changed |= process->is_serving;
		process->title = title;
	}
	process->is_serving |= is_serving;
}

int titles_note(struct titles **titles, pid_t pid, bool is_serving, struct error *err)
{
	char title[TITLE_SIZE];

	if (title_read(pid, title) < 0)
		return 0;
	if (!*titles)
		*titles = calloc(1, sizeof(**titles));
	if (!*titles)
		return error_oom(err);
	add_title(*titles, pid, is_serving, title);
	return 0;
}

static bool is_role(const struct titles *titles, size_t title)
{
	for (size_t i = 0; i < titles->processes_count; i++)
		if (titles->processes[i].title == title && !titles->processes[i].has_changed)
			return true;
	return titles->titles[title].is_shared;
}

int titles_join(const struct titles *titles, char **text, struct error *err)
{
	_cleanup_free_ char *joined = NULL;
	size_t length = 0, shown = 0;
	FILE *out;

	*text = NULL;
	if (!titles)
		return 0;
	out = open_memstream(&joined, &length);
	if (!out)
		return error_oom(err);
	for (size_t i = 0; i < titles->count && shown < TITLES_MAX; i++)
		if (is_role(titles, i))
			fprintf(out, "%s%s", shown++ ? ", " : "", titles->titles[i].text);
	if (fclose(out) != 0)
		return error_oom(err);
	if (shown)
		*text = take(joined);
	return 0;
}

void titles_free(struct titles *titles)
{
	free(titles);
}
