// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The filter itself: raw, as `bwrap --seccomp` and callers of seccomp(2) take it, or as an array in
 * a C header. Nothing is lost: the filter is compiled and proved equal to the policy.
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "filter/compile.h"

#include <ctype.h>
#include <string.h>

static int emit_raw(const struct policy *policy, const struct emit_options *options, FILE *out,
		    struct error *err)
{
	_cleanup_(filter_free) struct filter filter = { 0 };
	int r = filter_compile(policy, NULL, &filter, err);

	(void)options;
	return r < 0 ? r
		     : filter_write(&filter, abi_info(emit_native_abi(policy))->is_big_endian, out,
				    err);
}

/* "nginx_service_filter": a name in C from the policy's target. */
static void identifier(const struct policy *policy, const struct emit_options *options,
		       char *buffer, size_t size)
{
	const char *unit = options->unit ? options->unit : policy->target;
	bool is_usable = unit && isalpha((unsigned char)*unit) && (unsigned char)*unit < 0x80;

	snprintf(buffer, size, "%s", is_usable ? unit : "policy");
	for (char *at = buffer; *at; at++)
		if ((unsigned char)*at >= 0x80 || !isalnum((unsigned char)*at))
			*at = '_';
}

static int emit_header_file(const struct policy *policy, const struct emit_options *options,
			    FILE *out, struct error *err)
{
	_cleanup_(filter_free) struct filter filter = { 0 };
	int r = filter_compile(policy, NULL, &filter, err);
	char name[64];

	if (r < 0)
		return r;
	identifier(policy, options, name, sizeof(name));
	emit_header(out, "//", policy, options);
	fputs("//\n// ABIs:", out);
	for (size_t i = 0; i < policy->abis_count; i++)
		fprintf(out, " %s", abi_info(policy->abis[i])->name);
	fprintf(out,
		"\n// To install it: PR_SET_NO_NEW_PRIVS, then seccomp(SECCOMP_SET_MODE_FILTER, 0, "
		"&%s_program).\n#pragma once\n\n#include <linux/filter.h>\n\n"
		"static struct sock_filter %s_filter[] = {\n",
		name, name);
	for (size_t i = 0; i < filter.count; i++)
		fprintf(out, "\t{ 0x%02x, %u, %u, 0x%08x },\n", filter.instructions[i].code,
			filter.instructions[i].jt, filter.instructions[i].jf,
			filter.instructions[i].k);
	fprintf(out,
		"};\n\nstatic const struct sock_fprog %s_program = {\n\t.len = %zu,\n"
		"\t.filter = %s_filter,\n};\n",
		name, filter.count, name);
	return 0;
}

#define EVERYTHING                                                                        \
	(EMIT_ARGUMENTS | EMIT_ACTION_PER_CALL | EMIT_ABIS | EMIT_ORDER | EMIT_REPEATED | \
	 EMIT_NUMBERS | EMIT_FOREIGN | EMIT_SPANS | EMIT_REFUSE_WHERE)

const struct emitter emit_bpf = {
	.name = "bpf",
	.summary = "the filter in raw bytes",
	.enforced_by = "bwrap --seccomp, minijail0 --seccomp-bpf-binary, the kernel",
	.can = EVERYTHING | EMIT_BINARY,
	.emit = emit_raw,
};

const struct emitter emit_bpf_c = {
	.name = "bpf-c",
	.summary = "C header with the filter as an array",
	.enforced_by = "a program of your own",
	.can = EVERYTHING | EMIT_COMMENTS,
	.loses = "the reasons of single calls",
	.emit = emit_header_file,
};
