// SPDX-License-Identifier: LGPL-2.1-or-later
#include "denial/dedup.h"

#include <linux/seccomp.h>
#include <string.h>

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 29;
}

/* As all sources see it: from outside, a kill of the only thread is a kill of the process, and a
 * trace without a tracer is an error. */
static uint32_t outcome(const struct denial *denial)
{
	uint32_t verdict = denial->has_action ? denial_verdict(denial) : 0;

	if (verdict == SECCOMP_RET_KILL_THREAD)
		return SECCOMP_RET_KILL_PROCESS;
	return verdict == SECCOMP_RET_TRACE ? SECCOMP_RET_ERRNO : verdict;
}

static uint64_t kind_key(const struct denial *denial)
{
	uint64_t hash = mix(0x51a7, (uint64_t)denial->pid);

	hash = mix(hash, denial->audit_arch);
	hash = mix(hash, (uint64_t)denial->nr);
	hash = mix(hash, outcome(denial));
	return hash ? hash : 1;
}

static bool is_stale(const struct dedup *dedup, const struct dedup_kind *kind,
		     const struct denial *denial)
{
	uint64_t apart;

	if (dedup->reports - kind->report > DEDUP_REPORTS)
		return true;
	if (!kind->time_us || !denial->time_us)
		return false;
	apart = denial->time_us > kind->time_us ? denial->time_us - kind->time_us
						: kind->time_us - denial->time_us;
	return apart > (uint64_t)DEDUP_SECONDS * 1000000;
}

static struct dedup_kind *find_kind(struct dedup *dedup, const struct denial *denial)
{
	uint64_t key = kind_key(denial);
	struct dedup_kind *set = dedup->kinds[key % DEDUP_SETS], *oldest = set;

	for (unsigned i = 0; i < DEDUP_WAYS; i++) {
		if (set[i].key == key && !is_stale(dedup, &set[i], denial))
			return &set[i];
		if (set[i].key == key || set[i].report < oldest->report)
			oldest = &set[i];
		if (set[i].key == key)
			break;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->key = key;
	return oldest;
}

uint64_t dedup_count(struct dedup *dedup, const struct denial *denial, uint64_t count)
{
	struct dedup_kind *kind;
	uint64_t most = 0, told;

	dedup->reports++;
	kind = find_kind(dedup, denial);
	for (unsigned i = 0; i < DENIAL_SOURCES; i++)
		if (kind->told[i] > most)
			most = kind->told[i];
	kind->report = dedup->reports;
	if (denial->time_us)
		kind->time_us = denial->time_us;
	told = kind->told[denial->source] += count;
	return told <= most ? 0 : told - most < count ? told - most : count;
}
