// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The distance of two names is the number of single changes (a character inserted, removed,
 * replaced, or exchanged with its neighbour) between them. Names are similar if it is at most a
 * third of the length: "openta" is openat, "xyz" is nothing. A part is similar too: libc's fstatat
 * is the kernel's newfstatat.
 */
#include "syscall/suggest.h"

#include "syscall/syscall.h"
#include "syscall/table.h"

#include <string.h>

#define NAME_MAX_LENGTH 40 /* the longest name that is looked at; no call's is longer */
#define PART_LENGTH_MIN 4

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	const unsigned low = a < b ? a : b;

	return low < c ? low : c;
}

/* The optimal string alignment distance, three rows of the matrix at a time. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][NAME_MAX_LENGTH + 1] = { 0 };
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned *const oldest = before;

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			now[j] = least(last[j] + 1, now[j - 1] + 1,
				       last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = oldest;
	}
	return last[b_length];
}

struct search {
	const char *name;
	size_t length;
	const char *best;
	unsigned best_distance;
};

static void consider(struct search *search, const char *candidate)
{
	const size_t length = strlen(candidate);
	unsigned d;

	if (length > NAME_MAX_LENGTH)
		return;
	d = distance(search->name, search->length, candidate, length);
	if (d > search->length / 3 && search->length >= PART_LENGTH_MIN &&
	    strstr(candidate, search->name))
		d = (unsigned)search->length / 3; /* as far as may be: any nearer name wins */
	if (d <= search->length / 3 && d < search->best_distance) {
		search->best = candidate;
		search->best_distance = d;
	}
}

const char *suggest_among(const char *name, const char *const *names, size_t count)
{
	struct search search = { name, strlen(name), NULL, NAME_MAX_LENGTH };

	if (search.length > NAME_MAX_LENGTH)
		return NULL;
	for (size_t i = 0; i < count; i++)
		consider(&search, names[i]);
	return search.best;
}

const char *syscall_suggest(const char *name)
{
	struct search search = { name, strlen(name), NULL, NAME_MAX_LENGTH };

	if (search.length > NAME_MAX_LENGTH)
		return NULL;
	for (size_t i = 0; i < table_count; i++)
		consider(&search, table_rows[i].name);
	return search.best;
}
