// SPDX-License-Identifier: LGPL-2.1-or-later
#include "denial/twins.h"

#include <string.h>

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 29;
}

/* What every source knows, in the same words. */
static uint64_t place_key(const struct denial *denial)
{
	uint64_t hash = mix(0x51a7, (uint64_t)denial->pid);

	hash = mix(hash, denial->audit_arch);
	hash = mix(hash, (uint64_t)denial->nr);
	hash = mix(hash, denial->ip);
	return hash ? hash : 1;
}

static bool is_stale(const struct twins *twins, const struct twins_place *place,
		     const struct denial *denial)
{
	uint64_t apart;

	if (twins->records - place->record > TWINS_RECORDS)
		return true;
	if (!place->time_us || !denial->time_us)
		return false;
	apart = denial->time_us > place->time_us ? denial->time_us - place->time_us
						 : place->time_us - denial->time_us;
	return apart > (uint64_t)TWINS_SECONDS * 1000000;
}

bool twins_seen(struct twins *twins, const struct denial *denial)
{
	uint64_t key = place_key(denial), most = 0;
	struct twins_place *place = &twins->places[key % TWINS_PLACES];

	twins->records++;
	if (place->key != key || is_stale(twins, place, denial)) {
		memset(place, 0, sizeof(*place));
		place->key = key;
	}
	for (unsigned i = 0; i < DENIAL_SOURCES; i++)
		if (place->told[i] > most)
			most = place->told[i];
	place->record = twins->records;
	if (denial->time_us)
		place->time_us = denial->time_us;
	return place->told[denial->source]++ < most;
}
