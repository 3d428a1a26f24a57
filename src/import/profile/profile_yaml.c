// SPDX-License-Identifier: LGPL-2.1-or-later
/* Converts the Security Profiles Operator's YAML resource to JSON, which is read like OCI's profiles. */
#include "import/common/importer.h"
#include "import/profile/yaml.h"

#include "common/cleanup.h"

#define YAML_MAX ((size_t)2 << 20) /* etcd keeps 1.5 MiB */

static int read_yaml(struct import *import, const char *data, size_t size, struct error *err)
{
	_cleanup_(json_freep) json_t *root = NULL;
	int r;

	if (size > YAML_MAX)
		return error_set(err, -EFBIG, "%s: larger than any Kubernetes resource",
				 import->result.path);
	r = yaml_read(import->result.path, data, size, &root, err);
	return r < 0 ? r : profile_read(import, root, err);
}

static bool is_default_action(const char *line, size_t length)
{
	const char *at = line, *end = line + length;

	while (at < end && *at == ' ')
		at++;
	return has_prefix(at, (size_t)(end - at), "defaultAction:");
}

static bool sniff(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 10000, is_default_action);
}

const struct importer importer_seccomp_profile = {
	.name = "seccomp-profile",
	.sniff = sniff,
	.document = read_yaml,
};
