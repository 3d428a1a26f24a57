// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/process.h"

#include "common/cleanup.h"
#include "syscall/serving_calls.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DEPTH_MAX 16

static FILE *open_of(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return fopen(path, "re");
}

const char *process_command(pid_t pid, char *buffer, size_t size)
{
	_cleanup_fclose_ FILE *file = open_of(pid, "comm");

	if (!file || !fgets(buffer, (int)size, file))
		return "gone";
	buffer[strcspn(buffer, "\n")] = '\0';
	return buffer;
}

int process_executable(pid_t pid, char path[PATH_MAX])
{
	static const char deleted[] = " (deleted)";
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	length = readlink(link, path, PATH_MAX - 1);
	if (length < 0)
		return -ESRCH;
	path[length] = '\0';
	if ((size_t)length > strlen(deleted) &&
	    strcmp(path + length - strlen(deleted), deleted) == 0)
		path[(size_t)length - strlen(deleted)] = '\0';
	return 0;
}

/* Fields of proc(5)'s stat, of which the second, the name, may hold anything. */
static bool read_stat(pid_t pid, pid_t *parent, uint64_t *start_time)
{
	_cleanup_fclose_ FILE *file = open_of(pid, "stat");
	char text[1024], *rest;
	int ppid;

	if (!file || !fgets(text, sizeof(text), file) || !(rest = strrchr(text, ')')) ||
	    sscanf(rest,
		   ") %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
		   "%*d %" SCNu64,
		   &ppid, start_time) != 2)
		return false;
	*parent = ppid;
	return true;
}

uint64_t process_start_time(pid_t pid)
{
	uint64_t start_time;
	pid_t parent;

	return read_stat(pid, &parent, &start_time) ? start_time : 0;
}

uint64_t process_age_ns(uint64_t start_time)
{
	uint64_t tick_ns = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK), started, now;
	struct timespec boot;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	now = (uint64_t)boot.tv_sec * 1000000000 + (uint64_t)boot.tv_nsec;
	if (__builtin_mul_overflow(start_time, tick_ns, &started) || started > now)
		return 0;
	return now - started;
}

static bool find_executable(pid_t pid, struct stat *status)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return stat(path, status) == 0;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

unsigned process_depth(pid_t pid)
{
	struct stat own, above;
	unsigned depth = 0;
	uint64_t start_time;
	pid_t parent;

	if (!find_executable(pid, &own))
		return 0;
	while (depth < DEPTH_MAX && read_stat(pid, &parent, &start_time) && parent > 0 &&
	       find_executable(parent, &above) && is_same_file(&own, &above)) {
		pid = parent;
		depth++;
	}
	return depth;
}

int process_count_filters(pid_t pid)
{
	_cleanup_fclose_ FILE *file = open_of(pid, "status");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	int count = -1;

	while (file && count < 0 && getline(&line, &room, file) > 0)
		sscanf(line, "Seccomp_filters: %d", &count);
	return count;
}

bool process_is_before_execve(pid_t pid)
{
	static const char *const programs[] = { "/proc/1/exe", "/usr/lib/systemd/systemd-executor",
						"/lib/systemd/systemd-executor" };
	struct stat own, status;

	if (!find_executable(pid, &own))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (stat(programs[i], &status) == 0 && is_same_file(&own, &status))
			return true;
	return false;
}

bool process_is_whittle(pid_t pid)
{
	struct stat own, other;

	return find_executable(pid, &other) && stat("/proc/self/exe", &own) == 0 &&
	       is_same_file(&own, &other);
}

/* "232 0x5 0x7ffd... ..." of a thread that sleeps in a call, "running" or "-1" of others. */
static bool thread_waits(pid_t pid, pid_t thread)
{
	_cleanup_fclose_ FILE *file = NULL;
	const char *name;
	char path[64];
	int nr;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, thread);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%d", &nr) != 1)
		return false;
	name = nr < 0 ? NULL : syscall_name(abi_native(), nr);
	return name && serving_call(name);
}

bool process_waits_for_work(pid_t pid)
{
	_cleanup_closedir_ DIR *tasks = NULL;
	const struct dirent *entry;
	char path[64];

	if (thread_waits(pid, pid))
		return true;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);

		if (thread > 0 && thread != pid && thread_waits(pid, thread))
			return true;
	}
	return false;
}
