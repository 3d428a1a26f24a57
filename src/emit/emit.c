// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table of formats: a row has the name of an `emit_NAME`, which a file of this folder defines.
 * `emit --list`, the tests and the fuzz targets read this table. CONTRIBUTING.md has the steps to add
 * a format. widen.c first reduces a policy to what a format can express, so that no format changes a
 * meaning silently.
 */
#include "emit/emit.h"

#include "common/cleanup.h"

#include <string.h>

/* Sorted by name. */
/* clang-format off */
#define FORMATS(ROW)             \
	ROW(bpf)                \
	ROW(bpf_c)              \
	ROW(docker)             \
	ROW(firecracker)        \
	ROW(firejail)           \
	ROW(kafel)              \
	ROW(kubernetes)         \
	ROW(kubernetes_pod)     \
	ROW(libseccomp_c)       \
	ROW(list)               \
	ROW(lxc)                \
	ROW(minijail)           \
	ROW(minijail_frequency) \
	ROW(nspawn)             \
	ROW(oci)                \
	ROW(seccomp_profile)    \
	ROW(systemd)
/* clang-format on */

#define DECLARE(name) extern const struct emitter emit_##name;
FORMATS(DECLARE)

#define POINT(name) &emit_##name,
static const struct emitter *const table[] = { FORMATS(POINT) };

size_t emitter_table(const struct emitter *const **rows)
{
	*rows = table;
	return ARRAY_SIZE(table);
}

const struct emitter *emitter_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i]->name, name) == 0)
			return table[i];
	return NULL;
}

int emit_policy(const struct emitter *emitter, const struct policy *policy,
		const struct emit_options *options, FILE *out, struct error *err)
{
	_cleanup_(policy_freep) struct policy *widened = NULL;
	int r = emit_widen(policy, emitter, options, &widened, err);

	return r < 0 ? r : emitter->emit(widened, options, out, err);
}

int emit_meaning(const struct emitter *emitter, const struct policy *policy,
		 const struct emit_options *options, struct policy **meaning, struct error *err)
{
	_cleanup_(policy_freep) struct policy *widened = NULL;
	/* What was warned about when it was written is not told again. */
	struct emit_options quiet = *options;
	int r;

	quiet.warn = NULL;
	r = emit_widen(policy, emitter, &quiet, &widened, err);
	if (r < 0)
		return r;
	if (emitter->meaning)
		return emitter->meaning(widened, &quiet, meaning, err);
	*meaning = take(widened);
	return 0;
}
