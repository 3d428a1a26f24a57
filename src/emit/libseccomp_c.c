// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A C file that installs the policy with libseccomp: a table of rules, one filter per ABI, and all
 * filters merged into one, so that each ABI keeps its own allowlist. The program looks calls up by
 * name at run time and skips names that its libseccomp does not know.
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "emit/libseccomp.h"
#include "policy/libseccomp_names.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <string.h>

static void print_action(FILE *out, uint32_t verdict)
{
	uint32_t kind = verdict & SECCOMP_RET_ACTION_FULL;

	fputs(libseccomp_names_action(verdict), out);
	if (kind == SECCOMP_RET_ERRNO || kind == SECCOMP_RET_TRACE)
		fprintf(out, "(%u)", verdict & SECCOMP_RET_DATA);
}

/* A reason inside a comment of C, which no text of it may end. */
static void print_reason(FILE *out, const struct rule *rule)
{
	_cleanup_free_ char *text = emit_reason(rule);

	if (!text)
		return;
	fputs("\t/* ", out);
	for (const char *at = text; *at; at++)
		putc(*at == '/' && at > text && at[-1] == '*' ? '?' : *at, out);
	fputs(" */\n", out);
}

static void print_condition(FILE *out, const struct rule *rule, const struct condition *condition)
{
	bool is_masked = condition->comparison == COMPARE_MASKED_EQUAL;
	char text[ARGUMENT_TEXT_MAX];
	const char *name = emit_value_name(rule, condition, text);

	fprintf(out, "\t\t\t{ %u, %s, 0x%" PRIx64, condition->argument,
		libseccomp_names_comparison(condition->comparison),
		is_masked ? condition->mask : condition->value);
	fprintf(out, ", 0x%" PRIx64 " },", is_masked ? condition->value : 0);
	if (name && !is_masked)
		fprintf(out, " /* %s */", name);
	putc('\n', out);
}

static void print_row(FILE *out, const struct rule *rule, const struct clause *clause)
{
	fprintf(out, "\t{ %s, \"%s\", ", abi_info(rule->abi)->oci,
		syscall_name(rule->abi, rule->nr));
	print_action(out, rule->action);
	if (!clause) {
		fputs(", 0, { { 0 } } },\n", out);
		return;
	}
	fprintf(out, ", %zu, {\n", clause->count);
	for (size_t i = 0; i < clause->count; i++)
		print_condition(out, rule, &clause->conditions[i]);
	fputs("\t\t} },\n", out);
}

static void print_rules(FILE *out, const struct policy *policy, bool with_reasons)
{
	fputs("static const struct rule {\n\tuint32_t arch;\n\tconst char *name;\n"
	      "\tuint32_t action;\n\tunsigned count;\n\tstruct scmp_arg_cmp conditions[6];\n"
	      "} rules[] = {\n",
	      out);
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];

		if (with_reasons)
			print_reason(out, rule);
		for (size_t j = 0; j < rule->clauses_count; j++)
			print_row(out, rule, &rule->clauses[j]);
		if (rule->clauses_count == 0)
			print_row(out, rule, NULL);
	}
	fputs("\t{ 0, NULL, 0, 0, { { 0 } } },\n};\n\n", out);
}

static void print_functions(FILE *out, const struct policy *policy)
{
	fputs("static const uint32_t architectures[] = {", out);
	for (size_t i = 0; i < policy->abis_count; i++)
		fprintf(out, "%s %s", i ? "," : "", abi_info(policy->abis[i])->oci);
	fputs(" };\n\n"
	      "/* A separate filter for one ABI; a name that only other ABIs have gets no number. */\n"
	      "static scmp_filter_ctx make_filter(uint32_t arch)\n{\n"
	      "\tscmp_filter_ctx filter = seccomp_init(",
	      out);
	print_action(out, policy->default_action);
	fputs(");\n\tint r = filter ? 0 : -ENOMEM;\n\n"
	      "\tif (r == 0 && arch != seccomp_arch_native()) {\n"
	      "\t\tr = seccomp_arch_add(filter, arch);\n"
	      "\t\tif (r == 0)\n\t\t\tr = seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);\n\t}\n"
	      "\tif (r == 0)\n\t\tr = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, ",
	      out);
	print_action(out, policy->foreign_action);
	fputs(");\n"
	      "\tfor (const struct rule *rule = rules; r == 0 && rule->name; rule++) {\n"
	      "\t\tint nr = seccomp_syscall_resolve_name(rule->name);\n\n"
	      "\t\tif (rule->arch == arch && nr != __NR_SCMP_ERROR)\n"
	      "\t\t\tr = seccomp_rule_add_array(filter, rule->action, nr, rule->count,\n"
	      "\t\t\t\t\t\t   rule->conditions);\n\t}\n"
	      "\tif (r == 0)\n\t\treturn filter;\n"
	      "\tif (filter)\n\t\tseccomp_release(filter);\n\terrno = -r;\n\treturn NULL;\n}\n\n",
	      out);
	fputs("/* Installs the filter in the calling thread, for it and its descendants. Returns 0, or\n"
	      " * -1 with errno set. Sets no_new_privs, unless SCMP_FLTATR_CTL_NNP is changed. */\n"
	      "int load_seccomp_policy(void)\n{\n"
	      "\tscmp_filter_ctx all = NULL;\n\tint r = 0;\n\n"
	      "\tfor (unsigned i = 0; r == 0 && i < sizeof(architectures) / sizeof(*architectures); i++) {\n"
	      "\t\tscmp_filter_ctx one = make_filter(architectures[i]);\n\n"
	      "\t\tif (!one)\n\t\t\tr = -errno;\n"
	      "\t\telse if (!all)\n\t\t\tall = one;\n"
	      "\t\telse\n\t\t\tr = seccomp_merge(all, one);\n\t}\n"
	      "\tif (r == 0)\n\t\tr = seccomp_load(all);\n"
	      "\tif (all)\n\t\tseccomp_release(all);\n"
	      "\tif (r < 0)\n\t\terrno = -r;\n\treturn r < 0 ? -1 : 0;\n}\n",
	      out);
}

static int emit(const struct policy *policy, const struct emit_options *options, FILE *out,
		struct error *err)
{
	(void)err;
	emit_header(out, "//", policy, options);
	fputs("//\n// Link with -lseccomp; the function at the end loads it.\n"
	      "#include <errno.h>\n#include <seccomp.h>\n#include <stddef.h>\n#include <stdint.h>\n\n"
	      "int load_seccomp_policy(void);\n\n",
	      out);
	print_rules(out, policy, options->with_reasons);
	print_functions(out, policy);
	return 0;
}

const struct emitter emit_libseccomp_c = {
	.name = "libseccomp-c",
	.summary = "C file that loads the policy by libseccomp",
	.enforced_by = "a program of your own, with libseccomp 2.5 or later",
	.can = EMIT_ARGUMENTS | EMIT_ACTION_PER_CALL | EMIT_ABIS | EMIT_COMMENTS | EMIT_FOREIGN |
	       EMIT_REFUSE_WHERE,
	.defaults = LIBSECCOMP_ACTIONS,
	.actions = LIBSECCOMP_ACTIONS,
	.emit = emit,
	.meaning = libseccomp_meaning,
};
