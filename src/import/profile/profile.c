// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The seccomp object of container runtimes: where it is in a file (linux.seccomp of the OCI runtime
 * specification's config.json; alone, as Docker and podman read it; the spec of the Kubernetes
 * operator's SeccompProfile), and which of its entries are in force.
 *
 * Entries for some containers only (includes and excludes) are evaluated for a container with Docker's
 * default capabilities on the newest kernel.
 */
#include "import/profile/list_policy.h"

#include "common/cleanup.h"
#include "common/json.h"

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
