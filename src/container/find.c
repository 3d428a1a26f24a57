// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Finds the control group for a container's name or id. The engines' files give names and ids. The
 * control groups, whose names contain the ids, show the running containers. They are enough for ids of
 * an engine that keeps its files elsewhere.
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "container/catalogue.h"
#include "systemd/unit.h"

#include <string.h>

#define PREFIX_LEAST 3

void container_clear(struct container *container)
{
	free(container->id);
	free(container->engine);
	free(container->cgroup);
	*container = (struct container){ 0 };
}

/* The ways in which WANTED can match, strongest first. Only the strongest matches count. */
enum match { MATCH_WHOLE, MATCH_PREFIX, MATCH_COUNT };

struct found {
	const char *id, *engine, *cgroup; /* cgroup NULL: it does not run */
	size_t id_length; /* more may follow, where it stands in a control group's name */
};

struct search {
	const char *wanted;
	struct catalogue catalogue;
	struct groups groups;
	struct found *found;
	size_t count;
};

static void search_clear(struct search *search)
{
	catalogue_clear(&search->catalogue);
	groups_clear(&search->groups);
	free(search->found);
}

static bool is_prefix(const char *wanted, const char *id)
{
	size_t length = strlen(wanted);

	return length >= PREFIX_LEAST && strncmp(id, wanted, length) == 0;
}

static bool has_id(const char *wanted, const char *id, enum match match)
{
	return match == MATCH_WHOLE ? strcmp(wanted, id) == 0 : is_prefix(wanted, id);
}

/* "/default/web" ends in NAMESPACE/ID: containerd takes any name for an id. */
static bool ends_in(const char *path, const char *namespace, const char *id)
{
	size_t length = strlen(path), id_length = strlen(id), namespace_length = strlen(namespace);

	return length > id_length + namespace_length + 2 &&
	       strcmp(path + length - id_length, id) == 0 && path[length - id_length - 1] == '/' &&
	       path[length - id_length - namespace_length - 2] == '/' &&
	       strncmp(path + length - id_length - namespace_length - 1, namespace,
		       namespace_length) == 0;
}

static const char *find_group(const struct groups *groups, const struct entry *entry)
{
	for (size_t i = 0; i < groups->count; i++) {
		const char *id = groups_id(groups->paths[i]);

		if (id && strncmp(id, entry->id, CONTAINER_ID_LENGTH) == 0 &&
		    strlen(entry->id) == CONTAINER_ID_LENGTH)
			return groups->paths[i];
		if (entry->namespace && ends_in(groups->paths[i], entry->namespace, entry->id))
			return groups->paths[i];
	}
	return NULL;
}

/* One control group is one match, whatever the number of files and names for it. */
static int add_found(struct search *search, const char *id, const char *engine, const char *cgroup)
{
	struct found *found;

	for (size_t i = 0; i < search->count; i++)
		if (cgroup && search->found[i].cgroup &&
		    strcmp(search->found[i].cgroup, cgroup) == 0)
			return 0;
	found = array_grow_one(&search->found, search->count);
	if (!found)
		return -ENOMEM;
	*found = (struct found){
		.id = id,
		.engine = engine,
		.cgroup = cgroup,
		.id_length = engine[0] ? strlen(id) : CONTAINER_ID_LENGTH,
	};
	search->count++;
	return 0;
}

/* The pod's control group is the parent of its containers'. It is in the list too. */
static const char *group_above(const struct groups *groups, const char *path)
{
	size_t length = path ? (size_t)(strrchr(path, '/') - path) : 0;

	for (size_t i = 0; i < groups->count && length; i++)
		if (strncmp(groups->paths[i], path, length) == 0 && !groups->paths[i][length])
			return groups->paths[i];
	return NULL;
}

static int look_at_entry(struct search *search, const struct entry *entry, enum match match)
{
	const char *cgroup = find_group(&search->groups, entry);
	bool is_it = has_id(search->wanted, entry->id, match), is_pod = false;

	for (size_t i = 0; match == MATCH_WHOLE && i < entry->names_count; i++)
		is_it |= strcmp(entry->names[i], search->wanted) == 0;
	for (size_t i = 0; match == MATCH_WHOLE && i < ARRAY_SIZE(entry->pods); i++)
		is_pod |= entry->pods[i] && strcmp(entry->pods[i], search->wanted) == 0;
	if (is_it)
		return add_found(search, entry->id, entry->engine, cgroup);
	if (is_pod)
		return add_found(search, entry->id, entry->engine,
				 group_above(&search->groups, cgroup));
	return 0;
}

static int look(struct search *search, enum match match)
{
	int r = 0;

	for (size_t i = 0; i < search->catalogue.count && r == 0; i++)
		r = look_at_entry(search, &search->catalogue.entries[i], match);
	for (size_t i = 0; i < search->groups.count && r == 0; i++) {
		const char *id = groups_id(search->groups.paths[i]);

		/* The id is not the end of the text, and a longer word is no prefix of it. */
		if (id && strlen(search->wanted) <= CONTAINER_ID_LENGTH &&
		    (match == MATCH_PREFIX || strlen(search->wanted) == CONTAINER_ID_LENGTH) &&
		    is_prefix(search->wanted, id))
			r = add_found(search, id, "", search->groups.paths[i]);
	}
	return r;
}

static int report_several(const struct search *search, struct error *err)
{
	_cleanup_free_ char *list = NULL;
	const char *separator = "";
	size_t size = 0;
	FILE *out = open_memstream(&list, &size);

	if (!out)
		return error_oom(err);
	for (size_t i = 0; i < search->count; i++) {
		const struct found *found = &search->found[i];

		if (!found->cgroup)
			continue;
		fprintf(out, "%s%.*s (%s)", separator, (int)found->id_length, found->id,
			found->engine[0] ? found->engine : "unknown engine");
		separator = ", ";
	}
	if (fclose(out) != 0)
		return error_oom(err);
	return error_set(err, -ENOTUNIQ, "\"%s\" matches several containers: %s; use an id",
			 search->wanted, list);
}

static int choose(const struct search *search, struct container *container, struct error *err)
{
	const struct found *running = NULL;
	size_t count = 0;

	for (size_t i = 0; i < search->count; i++) {
		if (!search->found[i].cgroup)
			continue;
		running = &search->found[i];
		count++;
	}
	if (count > 1)
		return report_several(search, err);
	if (!running && search->count)
		return error_set(err, -ESRCH,
				 "container %s (%s, %.12s) is not running: start it first",
				 search->wanted, search->found[0].engine, search->found[0].id);
	if (!running)
		return error_set(
			err, -ENOENT,
			"no container \"%s\": it is neither in the readable files of podman, CRI-O, "
			"Docker and containerd nor, as an id, in the control groups",
			search->wanted);
	container->id = strndup(running->id, running->id_length);
	container->engine = strdup(running->engine);
	container->cgroup = strdup(running->cgroup);
	return container->id && container->engine && container->cgroup ? 0 : error_oom(err);
}

int container_find(const struct container_places *given, const char *wanted,
		   struct container *container, struct error *err)
{
	_cleanup_(search_clear) struct search search = { .wanted = wanted };
	struct container_places places = { .root = "" };
	_cleanup_free_ char *mount = NULL;
	int r = 0;

	if (given)
		places = *given;
	else
		r = cgroup_directory("/", &mount, err);
	if (mount)
		places.cgroups = mount;
	if (r == 0 && !places.cgroups)
		return error_set(err, -EOPNOTSUPP,
				 "no cgroup2 hierarchy is mounted here, so containers can't be "
				 "distinguished: record the container's processes with --pid");
	if (r == 0)
		r = catalogue_read(places.root, &search.catalogue, err);
	if (r == 0)
		r = groups_read(places.cgroups, &search.groups, err);
	for (unsigned match = 0; match < MATCH_COUNT && r == 0 && !search.count; match++)
		if (look(&search, (enum match)match) < 0)
			r = error_oom(err);
	return r < 0 ? r : choose(&search, container, err);
}
