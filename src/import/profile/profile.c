// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Profiles of container run-times: the OCI run-time specification's object (linux.seccomp of a
 * config.json, or alone, as Docker and podman read it) and the Kubernetes operator's SeccompProfile,
 * whose spec differs only in capitalization. Calls that a profile allows are recorded as observed.
 *
 * Entries for some containers only (includes and excludes) are evaluated for a container with Docker's
 * default capabilities on the newest kernel. A call that is allowed under conditions on its arguments
 * counts as allowed, because a recording can't express a comparison or a mask.
 */
#include "import/profile/list_policy.h"

#include "common/cleanup.h"
#include "common/json.h"

static bool is_allowing(const char *verdict)
{
	return verdict &&
	       (strcmp(verdict, "SCMP_ACT_ALLOW") == 0 || strcmp(verdict, "SCMP_ACT_LOG") == 0);
}

/* moby: daemon/pkg/oci/caps/defaults.go; podman's default is a part of it. */
static bool is_default_capability(const char *name)
{
	static const char *const names[] = {
		"CAP_AUDIT_WRITE", "CAP_CHOWN",	     "CAP_DAC_OVERRIDE", "CAP_FOWNER",
		"CAP_FSETID",	   "CAP_KILL",	     "CAP_MKNOD",	 "CAP_NET_BIND_SERVICE",
		"CAP_NET_RAW",	   "CAP_SETFCAP",    "CAP_SETGID",	 "CAP_SETPCAP",
		"CAP_SETUID",	   "CAP_SYS_CHROOT",
	};

	for (size_t i = 0; name && i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Go's name for the ABI, as `arches` has it. */
static bool is_architecture(enum abi abi, const char *name)
{
	static const char *const names[ABI_COUNT] = {
		[ABI_X86_64] = "amd64",	   [ABI_I386] = "x86",	  [ABI_X32] = "x32",
		[ABI_AARCH64] = "arm64",   [ABI_ARM] = "arm",	  [ABI_RISCV64] = "riscv64",
		[ABI_PPC64LE] = "ppc64le", [ABI_S390X] = "s390x",
	};

	return name && strcmp(names[abi], name) == 0;
}

/* How many of the strings of an array are what the container has, and how many there are. */
static size_t matching(const json_t *condition, const char *key, enum abi abi, size_t *count)
{
	const json_t *array = json_object_get(condition, key);
	size_t matches = 0;

	*count = json_array_size(array);
	for (size_t i = 0; i < *count; i++) {
		const char *text = json_string_value(json_array_get(array, i));

		matches += strcmp(key, "caps") == 0 ? is_default_capability(text)
						    : is_architecture(abi, text);
	}
	return matches;
}

/* Whether an entry is in force: every capability and one architecture of `includes`, none of
 * `excludes` (moby: profiles/seccomp/seccomp_linux.go). */
bool profile_is_in_force(const json_t *entry, enum abi abi)
{
	const json_t *includes = json_object_get(entry, "includes");
	const json_t *excludes = json_object_get(entry, "excludes");
	size_t count;

	if (matching(includes, "caps", abi, &count) < count)
		return false;
	if (matching(includes, "arches", abi, &count) == 0 && count > 0)
		return false;
	/* The newest kernel is none that is too old. */
	if (json_object_get(excludes, "minKernel"))
		return false;
	return matching(excludes, "caps", abi, &count) == 0 &&
	       matching(excludes, "arches", abi, &count) == 0;
}

static void put_names(struct import *import, struct call_set *set, const json_t *entry, bool is_in)
{
	const json_t *names = json_object_get(entry, "names");
	const char *name = json_string_value(json_object_get(entry, "name"));

	if (name)
		call_set_name(import, set, name, is_in);
	for (size_t i = 0; i < json_array_size(names); i++) {
		name = json_string_value(json_array_get(names, i));
		if (name && name[0] != '@')
			call_set_name(import, set, name, is_in);
		else
			import_mistake(import, 0, "the name of a system call is expected",
				       name ? name : "", name ? strlen(name) : 0);
	}
}

/* Refusals first: whatever allows a call, if only under conditions, makes it one that is allowed. */
static void put_entries(struct import *import, struct call_set *set, const json_t *entries,
			bool allowing)
{
	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);
		const char *verdict = json_string_value(json_object_get(entry, "action"));
		bool is_conditional = json_array_size(json_object_get(entry, "args")) > 0;

		if (!verdict) {
			if (allowing)
				import_mistake(import, 0, "an entry without an action", "", 0);
			continue;
		}
		/* A refusal of some arguments leaves the others. */
		if (is_allowing(verdict) != allowing || (!allowing && is_conditional) ||
		    !profile_is_in_force(entry, import->settings->abi))
			continue;
		put_names(import, set, entry, allowing);
	}
}

const json_t *profile_find(const json_t *root)
{
	const json_t *linux_part = json_object_get(root, "linux");
	const json_t *const places[] = { root, json_object_get(root, "spec"),
					 json_object_get(linux_part, "seccomp") };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (json_object_get(places[i], "defaultAction"))
			return places[i];
	return NULL;
}

int profile_read(struct import *import, json_t *root, struct error *err)
{
	const json_t *profile = profile_find(root);
	_cleanup_free_ struct call_set *set = calloc(1, sizeof(*set));
	const char *verdict = json_string_value(json_object_get(profile, "defaultAction"));
	const json_t *entries = json_object_get(profile, "syscalls");

	if (!set)
		return error_oom(err);
	if (!verdict || (entries && !json_is_array(entries)))
		return error_set(err, -EBADMSG,
				 "%s: not a seccomp profile: \"defaultAction\" must be a string, "
				 "and \"syscalls\" an array",
				 import->result.path);
	if (is_allowing(verdict))
		call_set_all(import, set);
	put_entries(import, set, entries, false);
	put_entries(import, set, entries, true);
	call_set_tally(import, set);
	return 0;
}

static int read_json(struct import *import, const char *data, size_t size, struct error *err)
{
	_cleanup_(json_freep) json_t *root = NULL;
	int r = json_read(import->result.path, data, size, &root, err);

	return r < 0 ? r : profile_read(import, root, err);
}

static bool sniff(const char *path, const char *head, size_t length)
{
	size_t at = 0;

	(void)path;
	while (at < length && strchr(" \t\r\n", head[at]) && head[at])
		at++;
	return at < length && head[at] == '{' && memmem(head, length, "\"defaultAction\"", 15);
}

const struct importer importer_oci = {
	.name = "oci",
	.sniff = sniff,
	.document = read_json,
};
