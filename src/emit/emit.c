// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table of formats. widen.c first reduces a policy to what the format can express, so that no
 * format changes a meaning silently.
 */
#include "emit/emit.h"

#include "common/cleanup.h"
#include "emit/formats.h"

#include <string.h>

/* Sorted by name. */
static const struct emitter *const table[] = {
	&emit_bpf,
	&emit_bpf_c,
	&emit_docker,
	&emit_firecracker,
	&emit_firejail,
	&emit_kafel,
	&emit_kubernetes,
	&emit_kubernetes_pod,
	&emit_libseccomp_c,
	&emit_list,
	&emit_lxc,
	&emit_minijail,
	&emit_minijail_frequency,
	&emit_nspawn,
	&emit_oci,
	&emit_seccomp_profile,
	&emit_systemd,
};

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
