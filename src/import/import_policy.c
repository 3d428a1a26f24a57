// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of lists that are policies of their own, and the choice among them. */
#include "import/import.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "import/profile/list_policy.h"

#include <errno.h>
#include <string.h>

static const struct list_format *const formats[] = {
	&list_oci,   &list_seccomp_profile, &list_firecracker, &list_lxc,
	&list_kafel, &list_firejail,	    &list_nspawn,      &list_minijail,
};

static const struct list_format *find_format(const char *name, const char *path, const char *data,
					     size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (name ? strcmp(formats[i]->name, name) == 0
			 : formats[i]->sniff(path, data, size < IMPORT_BLOCK ? size : IMPORT_BLOCK))
			return formats[i];
	return NULL;
}

int import_policy_memory(const char *path, const char *data, size_t size,
			 const struct import_settings *settings, struct policy **result,
			 struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct import import = { .settings = settings, .result = { .path = path }, .strict = err };
	const struct list_format *format = find_format(settings->from, path, data, size);
	const struct import_mistake *mistake = &import.result.mistakes[0];
	int r;

	if (!format)
		return error_set(err, -EBADMSG,
				 "%s: this format can't be read as a policy; supported are: %s",
				 path, IMPORT_POLICIES);
	if (size > IMPORT_DOCUMENT_MAX)
		return error_set(err, -EFBIG, "%s: too large", path);
	r = list_policy_read(&import, format, data, size, &policy, err);
	if (r < 0)
		return r;
	if (import.result.malformed)
		return error_set(err, -EBADMSG, "%s: line %llu: %s: \"%s\"", path,
				 (unsigned long long)mistake->line, mistake->reason,
				 mistake->excerpt);
	*result = take(policy);
	return 0;
}

int import_policy(const char *path, const struct import_settings *settings, struct policy **policy,
		  struct error *err)
{
	_cleanup_free_ char *data = NULL;
	size_t size;
	int r = file_read(path, IMPORT_DOCUMENT_MAX, &data, &size, err);

	return r < 0 ? r
		     : import_policy_memory(strcmp(path, "-") == 0 ? "standard input" : path, data,
					    size, settings, policy, err);
}
