// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * systemd's groups. The table has a row for each (group, member) with the versions in which it is
 * valid; a member may be a group. The first use expands every group of every version into one
 * static pool, each as a run of sorted names, so that an answer is a pointer into it and a question
 * is a binary search.
 */
#include "syscall/groups.h"

#include "syscall/groups_table.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define VERSIONS_MAX 16
#define GROUPS_MAX   48
#define MEMBERS_MAX  1024
#define POOL_MAX     32768
#define DEPTH_MAX    8 /* groups in groups: systemd's nest twice */

struct version_groups {
	size_t count;
	const char *names[GROUPS_MAX]; /* sorted, as the rows are */
	const char *const *members[GROUPS_MAX];
	size_t members_count[GROUPS_MAX];
};

static struct version_groups table[VERSIONS_MAX];
static const char *pool[POOL_MAX];
static size_t pool_used;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int compare_strings(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The first row of a group; the rows are sorted by it. */
static size_t first_row(const char *group)
{
	size_t low = 0, high = groups_row_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(groups_rows[middle].group, group) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Appends the calls in GROUP to FOUND, a call that two of its groups hold twice. */
static void expand(unsigned version_bit, const char *group, const char **found, size_t *count,
		   unsigned depth)
{
	assert(depth < DEPTH_MAX);
	for (size_t i = first_row(group);
	     i < groups_row_count && strcmp(groups_rows[i].group, group) == 0; i++) {
		if (!(groups_rows[i].versions & version_bit))
			continue;
		if (groups_rows[i].member[0] == '@') {
			expand(version_bit, groups_rows[i].member, found, count, depth + 1);
			continue;
		}
		assert(*count < MEMBERS_MAX);
		found[(*count)++] = groups_rows[i].member;
	}
}

static void add_group(struct version_groups *groups, unsigned version_bit, const char *name)
{
	const char *found[MEMBERS_MAX];
	size_t count = 0, start = pool_used;

	expand(version_bit, name, found, &count, 0);
	qsort(found, count, sizeof(*found), compare_strings);
	for (size_t i = 0; i < count; i++) {
		if (i && strcmp(found[i - 1], found[i]) == 0)
			continue;
		assert(pool_used < POOL_MAX);
		pool[pool_used++] = found[i];
	}
	assert(groups->count < GROUPS_MAX);
	groups->names[groups->count] = name;
	groups->members[groups->count] = &pool[start];
	groups->members_count[groups->count++] = pool_used - start;
}

static void build(void)
{
	assert(groups_table_version_count <= VERSIONS_MAX);
	for (unsigned version = 0; version < groups_table_version_count; version++) {
		const char *last = "";

		for (size_t i = 0; i < groups_row_count; i++) {
			if (!(groups_rows[i].versions & (1u << version)) ||
			    strcmp(groups_rows[i].group, last) == 0)
				continue;
			last = groups_rows[i].group;
			add_group(&table[version], 1u << version, last);
		}
	}
}

static size_t version_index(unsigned version)
{
	size_t index = 0;

	while (index + 1 < groups_table_version_count &&
	       groups_table_versions[index + 1] <= version)
		index++;
	return index;
}

static const struct version_groups *groups_of(unsigned version)
{
	pthread_once(&once, build);
	return &table[version_index(version)];
}

size_t groups_versions(const unsigned **versions)
{
	*versions = groups_table_versions;
	return groups_table_version_count;
}

unsigned groups_version_for(unsigned version)
{
	return groups_table_versions[version_index(version)];
}

size_t groups_names(unsigned version, const char *const **names)
{
	const struct version_groups *groups = groups_of(version);

	*names = groups->names;
	return groups->count;
}

size_t groups_members(unsigned version, const char *group, const char *const **members)
{
	const struct version_groups *groups = groups_of(version);
	const char *const *found = bsearch(&group, groups->names, groups->count,
					   sizeof(*groups->names), compare_strings);

	if (!found)
		return 0;
	*members = groups->members[found - groups->names];
	return groups->members_count[found - groups->names];
}

bool groups_contain(unsigned version, const char *group, const char *syscall)
{
	const char *const *members;
	const size_t count = groups_members(version, group, &members);

	return count && bsearch(&syscall, members, count, sizeof(*members), compare_strings);
}

bool groups_know(unsigned version, const char *syscall)
{
	const struct version_groups *groups = groups_of(version);

	if (groups_contain(version, "@known", syscall))
		return true;
	for (size_t i = 0; i < groups->count; i++)
		if (groups_contain(version, groups->names[i], syscall))
			return true;
	return false;
}

bool groups_name(unsigned version, const char *group, const char *syscall)
{
	unsigned version_bit = 1u << version_index(version);

	for (size_t i = first_row(group);
	     i < groups_row_count && strcmp(groups_rows[i].group, group) == 0; i++)
		if (groups_rows[i].versions & version_bit &&
		    strcmp(groups_rows[i].member, syscall) == 0)
			return true;
	return false;
}
