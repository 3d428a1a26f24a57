// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The one table of sources: a row has the name of an `importer_NAME`, which a file of trace/ or
 * profile/ defines. `import --from`, its completion, `import --list`, the errors, the tests and the
 * fuzz targets read this table. CONTRIBUTING.md has the steps to add a source.
 */
#include "import/registry.h"

#include "import/import.h"

#include "common/cleanup.h"

#include <errno.h>
#include <string.h>

/* In the order in which they are tried, the most specific first. */
/* clang-format off */
#define SOURCES(ROW)         \
	ROW(strace)          \
	ROW(audit)           \
	ROW(oci)             \
	ROW(seccomp_profile) \
	ROW(firecracker)     \
	ROW(lxc)             \
	ROW(nspawn)          \
	ROW(systemd)         \
	ROW(perf_trace)      \
	ROW(perf_script)     \
	ROW(sysdig)          \
	ROW(bpftrace)        \
	ROW(kafel)           \
	ROW(firejail)        \
	ROW(minijail_frequency) \
	ROW(minijail)        \
	ROW(snapd)           \
	ROW(list)
/* clang-format on */

#define DECLARE(name) extern const struct importer importer_##name;
SOURCES(DECLARE)

#define POINT(name) &importer_##name,
static const struct importer *const table[] = { SOURCES(POINT) };

const char *import_source(size_t index)
{
	return index < ARRAY_SIZE(table) ? table[index]->name : NULL;
}

const char *import_source_summary(size_t index)
{
	return index < ARRAY_SIZE(table) ? table[index]->summary : NULL;
}

bool import_source_is_policy(size_t index)
{
	return index < ARRAY_SIZE(table) && table[index]->policy;
}

/* "strace audit oci", for errors. */
static void join_names(bool only_policies, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(table) && used < size; i++)
		if (table[i]->policy || !only_policies)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "",
						 table[i]->name);
}

int registry_choose(const struct import_settings *settings, bool only_policies, const char *path,
		    const char *head, size_t length, const struct importer **chosen,
		    struct error *err)
{
	char names[1024];

	*chosen = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(table) && !*chosen; i++) {
		const struct importer *row = table[i];

		if (only_policies && !row->policy)
			continue;
		if (settings->from ? strcmp(row->name, settings->from) == 0
				   : row->sniff(path, head, length))
			*chosen = row;
	}
	if (*chosen)
		return 0;
	join_names(only_policies, names, sizeof(names));
	if (only_policies)
		return error_set(err, -EBADMSG,
				 "%s: this format can't be read as a policy; supported are: %s",
				 path, names);
	if (settings->from)
		return error_set(err, -EINVAL, "unknown source \"%s\"; known are: %s",
				 settings->from, names);
	return error_set(err, -EBADMSG,
			 "%s: unknown format; if it is one of %s, name it with --from", path,
			 names);
}
