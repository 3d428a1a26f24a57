// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The seccomp object of the OCI run-time specification, and its relatives: Docker's profile, which
 * has comments and a table of machines; the file that a Kubernetes node stores; the resource of the
 * Security Profiles Operator; and the lines of a pod that select either.
 *
 * All `args` of an entry must be true, and several entries for one call are alternatives: a rule
 * becomes one entry per clause. For SCMP_CMP_MASKED_EQ, `value` is the mask and `valueTwo` the
 * value after masking.
 */
#include "common/cleanup.h"
#include "common/json.h"
#include "emit/emit.h"
#include "emit/libseccomp.h"
#include "policy/libseccomp_names.h"
#include "syscall/syscall.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <string.h>

/* ---- JSON ---- */

static void write_action(struct json_writer *json, const char *key, const char *error_key,
			 uint32_t verdict)
{
	uint32_t kind = verdict & SECCOMP_RET_ACTION_FULL;

	json_write_string(json, key, libseccomp_names_action(verdict));
	if (kind == SECCOMP_RET_ERRNO || kind == SECCOMP_RET_TRACE)
		json_write_uint(json, error_key, verdict & SECCOMP_RET_DATA);
}

static void write_args(struct json_writer *json, const struct clause *clause)
{
	json_write_array(json, "args");
	for (size_t i = 0; i < clause->count; i++) {
		const struct condition *condition = &clause->conditions[i];
		bool is_masked = condition->comparison == COMPARE_MASKED_EQUAL;

		json_write_object_line(json, NULL);
		json_write_uint(json, "index", condition->argument);
		json_write_uint(json, "value", is_masked ? condition->mask : condition->value);
		if (is_masked)
			json_write_uint(json, "valueTwo", condition->value);
		json_write_string(json, "op", libseccomp_names_comparison(condition->comparison));
		json_write_end_object(json);
	}
	json_write_end_array(json);
}

static void write_entry(struct json_writer *json, const struct rule *rule,
			const struct clause *clause, const char *comment)
{
	json_write_object(json, NULL);
	json_write_array_line(json, "names");
	json_write_string(json, NULL, syscall_name(rule->abi, rule->nr));
	json_write_end_array(json);
	write_action(json, "action", "errnoRet", rule->action);
	if (clause)
		write_args(json, clause);
	json_write_string(json, "comment", comment);
	json_write_end_object(json);
}

static bool is_plain(const struct rule *rule)
{
	return rule->action == SECCOMP_RET_ALLOW && rule->clauses_count == 0;
}

/* Without comments the calls that are allowed whatever their arguments share an entry. */
static void write_plain(struct json_writer *json, const struct rule *const *rules, size_t count)
{
	bool is_any = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_plain(rules[i]))
			continue;
		if (!is_any) {
			json_write_object(json, NULL);
			json_write_array(json, "names");
		}
		is_any = true;
		json_write_string(json, NULL, syscall_name(rules[i]->abi, rules[i]->nr));
	}
	if (!is_any)
		return;
	json_write_end_array(json);
	json_write_string(json, "action", "SCMP_ACT_ALLOW");
	json_write_end_object(json);
}

static void write_syscalls(struct json_writer *json, const struct rule *const *rules, size_t count,
			   bool with_comments)
{
	json_write_array(json, "syscalls");
	if (!with_comments)
		write_plain(json, rules, count);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = rules[i];
		_cleanup_free_ char *comment = with_comments ? emit_reason(rule) : NULL;

		if (is_plain(rule) && !with_comments)
			continue;
		for (size_t j = 0; j < rule->clauses_count; j++)
			write_entry(json, rule, &rule->clauses[j], comment);
		if (rule->clauses_count == 0)
			write_entry(json, rule, NULL, comment);
	}
	json_write_end_array(json);
}

static void write_architectures(struct json_writer *json, const struct policy *policy)
{
	json_write_array_line(json, "architectures");
	for (size_t i = 0; i < policy->abis_count; i++)
		json_write_string(json, NULL, abi_info(policy->abis[i])->oci);
	json_write_end_array(json);
}

/* The machine's own ABI, with the others that the same kernel serves beneath it. */
static void write_machines(struct json_writer *json, const struct policy *policy)
{
	enum abi native = emit_native_abi(policy);

	json_write_array(json, "archMap");
	json_write_object(json, NULL);
	json_write_string(json, "architecture", abi_info(native)->oci);
	json_write_array_line(json, "subArchitectures");
	for (size_t i = 0; i < policy->abis_count; i++)
		if (policy->abis[i] != native)
			json_write_string(json, NULL, abi_info(policy->abis[i])->oci);
	json_write_end_array(json);
	json_write_end_object(json);
	json_write_end_array(json);
}

static int write_profile(const struct policy *policy, FILE *out, bool is_docker, bool with_comments,
			 struct error *err)
{
	struct json_writer json = json_writer(out);
	size_t count;
	_cleanup_free_ const struct rule **rules = emit_rules_by_name(policy, &count);

	if (!rules)
		return error_oom(err);
	json_write_object(&json, NULL);
	write_action(&json, "defaultAction", "defaultErrnoRet", policy->default_action);
	if (is_docker)
		write_machines(&json, policy);
	else
		write_architectures(&json, policy);
	write_syscalls(&json, rules, count, with_comments);
	json_write_end_object(&json);
	return 0;
}

static int emit_object(const struct policy *policy, const struct emit_options *options, FILE *out,
		       struct error *err)
{
	(void)options;
	return write_profile(policy, out, false, false, err);
}

static int emit_profile(const struct policy *policy, const struct emit_options *options, FILE *out,
			struct error *err)
{
	return write_profile(policy, out, true, options->with_reasons, err);
}

/*
 * runc answers ENOSYS for every number above the largest that the profile names, so that a newer
 * C library falls back (libcontainer/seccomp/patchbpf); crun does not. The profile does not tell which
 * of the two will read it: the second "release" is runc.
 */
static int add_named_range(struct policy *meaning, enum abi abi)
{
	struct span span = { .abi = abi, .action = meaning->default_action };
	bool is_any = false;

	span.first = abi == ABI_X32 ? X32_BIT : 0;
	span.last = span.first;
	for (size_t i = 0; i < meaning->rules_count; i++) {
		const struct rule *rule = &meaning->rules[i];

		is_any |= rule->abi == abi;
		if (rule->abi == abi && (uint32_t)rule->nr > span.last)
			span.last = (uint32_t)rule->nr;
	}
	return is_any ? policy_add_span(meaning, span) : 0;
}

static int runc_meaning(struct policy *meaning, struct error *err)
{
	uint32_t kind = meaning->default_action & SECCOMP_RET_ACTION_FULL;

	if (kind == SECCOMP_RET_ALLOW || kind == SECCOMP_RET_LOG || kind == SECCOMP_RET_TRACE ||
	    meaning->default_action == (SECCOMP_RET_ERRNO | ENOSYS))
		return 0;
	for (size_t i = 0; i < meaning->abis_count; i++)
		if (add_named_range(meaning, meaning->abis[i]) < 0)
			return error_oom(err);
	meaning->default_action = SECCOMP_RET_ERRNO | ENOSYS;
	return policy_finish(meaning, err);
}

static int oci_meaning(const struct policy *policy, const struct emit_options *options,
		       struct policy **result, struct error *err)
{
	_cleanup_(policy_freep) struct policy *meaning = NULL;
	int r;

	if (options->release > 1)
		return error_set(err, -ENOENT, "only two kinds of OCI run-time differ");
	r = libseccomp_meaning(policy, options, &meaning, err);
	if (r == 0 && options->release == 1)
		r = runc_meaning(meaning, err);
	if (r < 0)
		return r;
	*result = take(meaning);
	return 0;
}

/* ---- Kubernetes ---- */

/* A name of a resource (RFC 1123): "nginx.service" stays, what has no place in one becomes "-". */
static char *resource_name(const struct policy *policy, const struct emit_options *options)
{
	const char *unit = options->unit ? options->unit : policy->target;
	char *name = strdup(unit && isalnum((unsigned char)*unit) ? unit : "whittle");
	size_t length = name ? strlen(name) : 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)name[i];

		name[i] = (char)(c < 0x80 && (isalnum(c) || c == '.') ? tolower(c) : '-');
		/* A label begins and ends with a letter or a digit. */
		if (i && name[i] == '.' && !isalnum((unsigned char)name[i - 1]))
			name[i] = '-';
		if (i && name[i] == '-' && name[i - 1] == '.')
			name[i] = '0';
	}
	while (length && !isalnum((unsigned char)name[length - 1]))
		name[--length] = '\0';
	if (length > 63)
		name[63] = '\0';
	return name;
}

static void print_args(FILE *out, const struct rule *rule, const struct clause *clause)
{
	char text[ARGUMENT_TEXT_MAX];

	fputs("      args:\n", out);
	for (size_t i = 0; i < clause->count; i++) {
		const struct condition *condition = &clause->conditions[i];
		bool is_masked = condition->comparison == COMPARE_MASKED_EQUAL;
		const char *name = emit_value_name(rule, condition, text);

		fprintf(out, "        - index: %u\n          value: %" PRIu64 "%s%s\n",
			condition->argument, is_masked ? condition->mask : condition->value,
			name && !is_masked ? " # " : "", name && !is_masked ? name : "");
		if (is_masked)
			fprintf(out, "          valueTwo: %" PRIu64 "\n", condition->value);
		fprintf(out, "          op: %s\n",
			libseccomp_names_comparison(condition->comparison));
	}
}

static void print_entry(FILE *out, const struct rule *rule, const struct clause *clause,
			bool with_reasons)
{
	uint32_t kind = rule->action & SECCOMP_RET_ACTION_FULL;

	fprintf(out, "    - action: %s\n      names:\n        - %s",
		libseccomp_names_action(rule->action), syscall_name(rule->abi, rule->nr));
	if (with_reasons && rule->reasons_count) {
		fputs(" # ", out);
		emit_reason_text(out, rule);
	}
	putc('\n', out);
	if (kind == SECCOMP_RET_ERRNO)
		fprintf(out, "      errnoRet: %u\n", rule->action & SECCOMP_RET_DATA);
	if (clause)
		print_args(out, rule, clause);
}

static void print_allowed(FILE *out, const struct rule *const *rules, size_t count,
			  bool with_reasons)
{
	bool has_title = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_plain(rules[i]))
			continue;
		if (!has_title)
			fputs("    - action: SCMP_ACT_ALLOW\n      names:\n", out);
		has_title = true;
		fprintf(out, "        - %s", syscall_name(rules[i]->abi, rules[i]->nr));
		if (with_reasons && rules[i]->reasons_count) {
			fputs(" # ", out);
			emit_reason_text(out, rules[i]);
		}
		putc('\n', out);
	}
}

static int emit_resource(const struct policy *policy, const struct emit_options *options, FILE *out,
			 struct error *err)
{
	size_t count;
	_cleanup_free_ const struct rule **rules = emit_rules_by_name(policy, &count);
	_cleanup_free_ char *name = resource_name(policy, options);

	if (!rules || !name)
		return error_oom(err);
	if ((policy->default_action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
	    policy->default_action != (SECCOMP_RET_ERRNO | EPERM))
		emit_warn(options,
			  "all other calls are denied with EPERM: the resource cannot express "
			  "another error");
	emit_header(out, "#", policy, options);
	fprintf(out,
		"apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\n"
		"metadata:\n  name: %s\nspec:\n  defaultAction: %s\n  architectures:\n",
		name, libseccomp_names_action(policy->default_action));
	for (size_t i = 0; i < policy->abis_count; i++)
		fprintf(out, "    - %s\n", abi_info(policy->abis[i])->oci);
	fprintf(out, "  syscalls:%s\n", count ? "" : " []");
	print_allowed(out, rules, count, options->with_reasons);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = rules[i];

		if (is_plain(rule))
			continue;
		for (size_t j = 0; j < rule->clauses_count; j++)
			print_entry(out, rule, &rule->clauses[j], options->with_reasons);
		if (rule->clauses_count == 0)
			print_entry(out, rule, NULL, options->with_reasons);
	}
	return 0;
}

static int resource_meaning(const struct policy *policy, const struct emit_options *options,
			    struct policy **meaning, struct error *err)
{
	int r = oci_meaning(policy, options, meaning, err);

	if (r == 0 && options->release == 0 &&
	    ((*meaning)->default_action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
		(*meaning)->default_action = SECCOMP_RET_ERRNO | EPERM;
	return r;
}

static int emit_pod(const struct policy *policy, const struct emit_options *options, FILE *out,
		    struct error *err)
{
	_cleanup_free_ char *name = resource_name(policy, options);

	if (!name)
		return error_oom(err);
	fprintf(out,
		"# The profile is the output of 'whittle emit kubernetes'. Install it on each node as\n"
		"# /var/lib/kubelet/seccomp/profiles/%s.json. (A profile of the Security Profiles\n"
		"# Operator has the path that its status reports: operator/NAMESPACE/%s.json.)\n"
		"securityContext:\n  seccompProfile:\n    type: Localhost\n"
		"    localhostProfile: profiles/%s.json\n",
		name, name, name);
	return 0;
}

/* ---- rows ---- */

#define OCI_ABILITIES \
	(EMIT_ARGUMENTS | EMIT_ACTION_PER_CALL | EMIT_ABIS | EMIT_ONE_LIST | EMIT_REFUSE_WHERE)

/* All of a row but whom it is for: `kubernetes` is an alias of `oci`. */
#define OCI_OBJECT                                                                           \
	.can = OCI_ABILITIES, .defaults = LIBSECCOMP_ACTIONS, .actions = LIBSECCOMP_ACTIONS, \
	.loses = "runc returns ENOSYS for numbers above the largest named one",              \
	.emit = emit_object, .meaning = oci_meaning

const struct emitter emit_oci = {
	.name = "oci",
	.summary = "seccomp object of the OCI run-time specification",
	.enforced_by = "crun, runc, podman, containerd, CRI-O",
	OCI_OBJECT,
};

const struct emitter emit_kubernetes = {
	.name = "kubernetes",
	.summary = "Localhost profile for a Kubernetes node",
	.enforced_by = "the kubelet's runtime: containerd, CRI-O",
	OCI_OBJECT,
};

const struct emitter emit_docker = {
	.name = "docker",
	.summary = "profile for docker and podman --security-opt seccomp=FILE",
	.enforced_by = "Docker, podman",
	.can = OCI_ABILITIES | EMIT_COMMENTS,
	.defaults = LIBSECCOMP_ACTIONS,
	.actions = LIBSECCOMP_ACTIONS,
	.loses = "runc returns ENOSYS for numbers above the largest named one",
	.emit = emit_profile,
	.meaning = oci_meaning,
};

const struct emitter emit_kubernetes_pod = {
	.name = "kubernetes-pod",
	.summary = "a pod's securityContext that asks for the profile",
	.enforced_by = "kubelet",
	.is_not_run = true,
	.can = OCI_ABILITIES | EMIT_COMMENTS,
	.defaults = LIBSECCOMP_ACTIONS,
	.actions = LIBSECCOMP_ACTIONS,
	.loses = "everything: it only names the profile",
	.emit = emit_pod,
	.meaning = oci_meaning,
};

const struct emitter emit_seccomp_profile = {
	.name = "seccomp-profile",
	.summary = "SeccompProfile of the Kubernetes Security Profiles Operator",
	.enforced_by = "Security Profiles Operator",
	.is_not_run = true,
	.can = OCI_ABILITIES | EMIT_COMMENTS,
	.largest = INT64_MAX, /* the definition of the resource has int64 */
	.defaults = LIBSECCOMP_ACTIONS & ~(unsigned)EMIT_TRACE,
	.actions = LIBSECCOMP_ACTIONS & ~(unsigned)EMIT_TRACE,
	.loses = "the default error: it is always EPERM",
	.emit = emit_resource,
	.meaning = resource_meaning,
};
