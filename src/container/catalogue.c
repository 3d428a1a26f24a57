// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The files in which each engine lists its containers. Missing and unreadable files are skipped, and so
 * are files that can't be parsed: they may be half written, or of another engine. If no container is
 * found, the error names the searched places.
 */
#include "container/catalogue.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/untrusted.h"

#include <glob.h>
#include <libgen.h>
#include <string.h>

#define FILE_LIMIT ((size_t)16 << 20)

void catalogue_clear(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->count; i++) {
		struct entry *entry = &catalogue->entries[i];

		for (size_t j = 0; j < entry->names_count; j++)
			free(entry->names[j]);
		free(entry->names);
		free(entry->namespace);
		free(entry->pods[0]);
		free(entry->pods[1]);
		free(entry->id);
	}
	free(catalogue->entries);
	*catalogue = (struct catalogue){ 0 };
}

/* ---- entries ---- */

static int add_entry(struct catalogue *catalogue, const char *engine, const char *id,
		     struct entry **entry)
{
	*entry = array_grow_one(&catalogue->entries, catalogue->count);
	if (!*entry)
		return -ENOMEM;
	(*entry)->engine = engine;
	(*entry)->id = strdup(id);
	if (!(*entry)->id)
		return -ENOMEM;
	catalogue->count++;
	return 0;
}

/* Takes TEXT over. */
static int take_name(struct entry *entry, char *text)
{
	char **name = text ? array_grow_one(&entry->names, entry->names_count) : NULL;

	if (!name) {
		free(text);
		return -ENOMEM;
	}
	*name = text;
	entry->names_count++;
	return 0;
}

static int add_name(struct entry *entry, const char *text)
{
	return take_name(entry, strdup(text));
}

static int join(char **text, const char *a, const char *b)
{
	if (asprintf(text, "%s/%s", a, b) < 0)
		*text = NULL;
	return *text ? 0 : -ENOMEM;
}

/* The names of a container in Kubernetes: NAME, POD/NAME, NAMESPACE/POD/NAME. NAME NULL: the pod's own
 * container, which only keeps its namespaces. */
static int add_kubernetes(struct entry *entry, const char *namespace, const char *pod,
			  const char *name)
{
	int r = 0;

	if (!entry->pods[0] && !(entry->pods[0] = strdup(pod)))
		return -ENOMEM;
	if (!entry->pods[1])
		r = join(&entry->pods[1], namespace, pod);
	for (unsigned i = 0; i < 2 && r == 0 && name; i++) {
		char *text = NULL;

		r = join(&text, entry->pods[i], name);
		if (r == 0)
			r = take_name(entry, text);
	}
	return r < 0 || !name ? r : add_name(entry, name);
}

/* "k8s_NAME_POD_NAMESPACE_UID_ATTEMPT", where NAME is POD for the pod's own. */
static int add_if_kubernetes(struct entry *entry, const char *text)
{
	_cleanup_free_ char *copy = NULL;
	char *fields[4], *rest = NULL;

	if (strncmp(text, "k8s_", 4) != 0)
		return 0;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	for (unsigned i = 0; i < 4; i++) {
		fields[i] = strtok_r(i ? NULL : copy, "_", &rest);
		if (!fields[i])
			return 0;
	}
	return add_kubernetes(entry, fields[3], fields[2],
			      strcmp(fields[1], "POD") == 0 ? NULL : fields[1]);
}

/* A member that is a string; NULL where it is not. */
static const char *text_from(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* ---- the engines' files ---- */

/* containers/storage: an array of containers with their names, for podman and CRI-O. */
static int read_storage(struct catalogue *catalogue, const char *engine, const char *path,
			json_t *root)
{
	json_t *containers = json_object_get(root, "containers"), *container, *name;
	size_t i, j;
	int r = 0;

	(void)path;
	json_array_foreach(containers, i, container)
	{
		json_t *names = json_object_get(container, "names");
		struct entry *entry;

		if (!text_from(container, "id"))
			continue;
		r = add_entry(catalogue, engine, text_from(container, "id"), &entry);
		json_array_foreach(names, j, name)
		{
			const char *text = json_string_value(name);

			if (r == 0 && text)
				r = add_name(entry, text);
			if (r == 0 && text)
				r = add_if_kubernetes(entry, text);
			if (text && strncmp(text, "k8s_", 4) == 0)
				entry->engine = "CRI-O";
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_docker(struct catalogue *catalogue, const char *engine, const char *path,
		       json_t *root)
{
	const char *id = text_from(root, "ID"), *name = text_from(root, "Name");
	struct entry *entry;
	int r;

	(void)path;
	if (!id)
		return 0;
	r = add_entry(catalogue, engine, id, &entry);
	if (r < 0 || !name)
		return r;
	name += name[0] == '/';
	r = add_name(entry, name);
	return r < 0 ? r : add_if_kubernetes(entry, name);
}

/* A task's bundle: .../NAMESPACE/ID/config.json, with the plug-in for Kubernetes' annotations. */
static int read_containerd(struct catalogue *catalogue, const char *engine, const char *path,
			   json_t *root)
{
	json_t *annotations = json_object_get(root, "annotations");
	const char *pod = text_from(annotations, "io.kubernetes.cri.sandbox-name");
	const char *namespace = text_from(annotations, "io.kubernetes.cri.sandbox-namespace");
	const char *name = text_from(annotations, "io.kubernetes.cri.container-name");
	const char *nerdctl = text_from(annotations, "nerdctl/name");
	_cleanup_free_ char *copy = strdup(path);
	char *id, *directory;
	struct entry *entry;
	int r;

	if (!copy)
		return -ENOMEM;
	directory = dirname(copy);
	id = strrchr(directory, '/');
	if (!id)
		return 0;
	*id++ = '\0';
	r = add_entry(catalogue, engine, id, &entry);
	if (r == 0 && !(entry->namespace = strdup(basename(directory))))
		r = -ENOMEM;
	if (r == 0 && nerdctl)
		r = add_name(entry, nerdctl);
	return r < 0 || !pod ? r
			     : add_kubernetes(entry, namespace ? namespace : "default", pod, name);
}

static const struct {
	const char *engine;
	const char *pattern; /* for glob(3) */
	bool is_array;
	int (*read)(struct catalogue *catalogue, const char *engine, const char *path,
		    json_t *root);
} places[] = {
	{ "podman", "/var/lib/containers/storage/*-containers/*containers.json", true,
	  read_storage },
	{ "podman", "/run/containers/storage/*-containers/*containers.json", true, read_storage },
	{ "podman", "/home/*/.local/share/containers/storage/*-containers/*containers.json", true,
	  read_storage },
	{ "Docker", "/var/lib/docker/containers/*/config.v2.json", false, read_docker },
	{ "containerd", "/run/containerd/io.containerd.runtime.v2.task/*/*/config.json", false,
	  read_containerd },
	{ "containerd", "/run/k3s/containerd/io.containerd.runtime.v2.task/*/*/config.json", false,
	  read_containerd },
};

_Static_assert(ARRAY_SIZE(places) == CATALOGUE_PLACES, "the header counts the places");

int catalogue_parse(struct catalogue *catalogue, size_t place, const char *path, const char *text,
		    size_t size)
{
	_cleanup_(json_freep) json_t *root = NULL;
	_cleanup_free_ char *object = NULL;
	struct error unread = { 0 };
	int length;

	/* An array is made a member: a file's top is an object. */
	length = asprintf(&object, places[place].is_array ? "{\"containers\":%.*s}" : "%.*s",
			  (int)size, text);
	if (length < 0) {
		object = NULL;
		return -ENOMEM;
	}
	if (json_read(path, object, (size_t)length, &root, &unread) < 0)
		return unread.code == -ENOMEM ? -ENOMEM : 0;
	return places[place].read(catalogue, places[place].engine, path, root);
}

static int read_place(struct catalogue *catalogue, size_t place, const char *path)
{
	/* Some places are in users' home directories. */
	_cleanup_close_ int fd = untrusted_open(path);
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = fd < 0 ? 0 : untrusted_read(fd, FILE_LIMIT + 1, &text, &size);

	if (r < 0 || !text || size > FILE_LIMIT)
		return r == -ENOMEM ? r : 0;
	return catalogue_parse(catalogue, place, path, text, size);
}

int catalogue_read(const char *root, struct catalogue *catalogue, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places) && r == 0; i++) {
		_cleanup_free_ char *pattern = NULL;
		glob_t found = { 0 };

		if (asprintf(&pattern, "%s%s", root, places[i].pattern) < 0) {
			pattern = NULL;
			return error_oom(err);
		}
		if (glob(pattern, 0, NULL, &found) == 0)
			for (size_t j = 0; j < found.gl_pathc && r == 0; j++)
				r = read_place(catalogue, i, found.gl_pathv[j]);
		globfree(&found);
	}
	return r < 0 ? error_oom(err) : 0;
}
