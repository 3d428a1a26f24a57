// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The sockets of a process are links in /proc/PID/fd, "socket:[INODE]"; the tables in /proc/PID/net, of the process's
 * own network namespace, have the state of each INODE (proc(5)).
 */
#include "unit/listening.h"

#include "common/array.h"
#include "common/cleanup.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TCP_LISTEN	0x0a /* include/net/tcp_states.h */
#define UNIX_ACCEPTS	0x10000 /* __SO_ACCEPTCON, include/uapi/linux/net.h */
#define DESCRIPTORS_MAX 65536 /* of a process */

struct inodes {
	uint64_t *items;
	size_t count, room;
};

static int compare(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return (one > other) - (one < other);
}

static void read_sockets(pid_t pid, struct inodes *inodes)
{
	char path[64], target[64];
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	directory = opendir(path);
	if (!directory)
		return;
	while ((entry = readdir(directory)) && inodes->count < DESCRIPTORS_MAX) {
		ssize_t length =
			readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
		unsigned long long inode;

		target[length < 0 ? 0 : length] = '\0';
		if (sscanf(target, "socket:[%llu]", &inode) == 1 && !array_push(inodes, inode))
			break;
	}
	closedir(directory);
	if (inodes->count)
		qsort(inodes->items, inodes->count, sizeof(*inodes->items), compare);
}

static bool parse_tcp(const char *line, unsigned long long *inode)
{
	unsigned state;

	return sscanf(line, " %*u: %*s %*s %x %*s %*s %*s %*u %*u %llu", &state, inode) == 2 &&
	       state == TCP_LISTEN;
}

static bool parse_unix(const char *line, unsigned long long *inode)
{
	unsigned flags;

	return sscanf(line, "%*x: %*x %*x %x %*x %*x %llu", &flags, inode) == 2 &&
	       (flags & UNIX_ACCEPTS);
}

static bool table_has(pid_t pid, const char *name,
		      bool (*parse)(const char *line, unsigned long long *inode),
		      const struct inodes *inodes)
{
	_cleanup_free_ char *line = NULL;
	unsigned long long found;
	bool is_found = false;
	char path[64];
	size_t room = 0;
	FILE *table;

	snprintf(path, sizeof(path), "/proc/%d/net/%s", (int)pid, name);
	table = fopen(path, "re");
	if (!table)
		return false;
	while (!is_found && getline(&line, &room, table) > 0) {
		uint64_t inode;

		if (!parse(line, &found))
			continue;
		inode = found;
		is_found = bsearch(&inode, inodes->items, inodes->count, sizeof(*inodes->items),
				   compare);
	}
	fclose(table);
	return is_found;
}

bool listening_is_any(const pid_t *pids, size_t count)
{
	bool is_found = false;

	for (size_t i = 0; !is_found && i < count; i++) {
		struct inodes inodes = { 0 };

		read_sockets(pids[i], &inodes);
		is_found = inodes.count && (table_has(pids[i], "tcp", parse_tcp, &inodes) ||
					    table_has(pids[i], "tcp6", parse_tcp, &inodes) ||
					    table_has(pids[i], "unix", parse_unix, &inodes));
		array_free(&inodes);
	}
	return is_found;
}
