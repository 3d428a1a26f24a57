// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Loading: sizes the maps for this machine, fills the tables by number, and reports missing kernel
 * features or privileges before libbpf would report them in its own words.
 */
#include "common/cleanup.h"
#include "record/bpf.h"
#include "record/record.h"
#include "record/rules.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

/* For counts, all CPUs together: 32 MB. */
#define COUNT_PAGES 8192
#define COUNT_PAGE  (RECORD_NATIVE_CALLS * sizeof(uint64_t))

/* Distinct tuples of arguments per call, image and phase; past it the set is "any". */
#define ARGUMENTS_BOUND 64

/* libbpf's reason for the latest failure: its last line that is not the verifier's log. */
static _Thread_local char reason[512];

__attribute__((format(printf, 2, 0))) static int keep_reason(enum libbpf_print_level level,
							     const char *format, va_list ap)
{
	char line[sizeof(reason)];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), format, ap);
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "libbpf: ", 8) == 0 && !strstr(line, "LOG --") &&
	    !strstr(line, "failed to load object") && !strstr(line, "failed to load BPF skeleton"))
		snprintf(reason, sizeof(reason), "%s", line + 8);
	return 0;
}

static bool has_capabilities(bool *bpf, bool *perfmon)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return true; /* the kernel will tell */
#define HAS(capability) (data[(capability) / 32].effective >> ((capability) % 32) & 1)
	*bpf = HAS(CAP_BPF) || HAS(CAP_SYS_ADMIN);
	*perfmon = HAS(CAP_PERFMON) || HAS(CAP_SYS_ADMIN);
#undef HAS
	return *bpf && *perfmon;
}

int record_is_permitted(struct error *err)
{
	bool bpf, perfmon;

	if (has_capabilities(&bpf, &perfmon))
		return 0;
	return error_set(err, -EPERM,
			 "recording needs root, or the capabilities CAP_BPF and CAP_PERFMON; "
			 "%s%s%s missing: try sudo",
			 bpf ? "" : "CAP_BPF", bpf || perfmon ? "" : " and ",
			 perfmon ? (bpf ? "" : " is")
				 : (bpf ? "CAP_PERFMON is" : "CAP_PERFMON are"));
}

static int check_kernel(struct error *err)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0)
		return 0;
	return error_set(
		err, -EOPNOTSUPP,
		"this kernel does not describe its types (/sys/kernel/btf/vmlinux is missing): "
		"the recorder needs Linux 5.12 or newer, built with CONFIG_DEBUG_INFO_BTF");
}

static int load_error(int code, struct error *err)
{
	struct utsname name = { 0 };

	uname(&name);
	if (code == -EPERM || code == -EACCES)
		return error_set(
			err, code,
			"the kernel refuses to load the recorder: %s; it needs CAP_BPF and "
			"CAP_PERFMON in the initial user namespace, and no "
			"lockdown=confidentiality",
			reason[0] ? reason : strerrordesc_np(-code));
	return error_set(err, -EOPNOTSUPP,
			 "Linux %s does not accept the recorder, which needs 5.12 or newer: %s",
			 name.release, reason[0] ? reason : strerrordesc_np(-code));
}

static unsigned rows_for(unsigned cpus)
{
	unsigned rows = COUNT_PAGES / cpus & ~1U;

	if (rows > 2 * RECORD_IMAGES)
		rows = 2 * RECORD_IMAGES;
	return rows < 16 ? 16 : rows;
}

/* The names below the mount, in the order of the path. */
static int set_chain(struct observation *o, struct error *err)
{
	_cleanup_free_ char *path = NULL;
	char *name, *rest = NULL;
	unsigned length = 0;

	if (!o->target->cgroup)
		return 0;
	path = strdup(o->target->cgroup + strlen(o->target->mount));
	if (!path)
		return error_oom(err);
	for (name = strtok_r(path, "/", &rest); name; name = strtok_r(NULL, "/", &rest)) {
		char *entry = (char *)(uintptr_t)o->bpf->rodata->chain_names[length];

		if (length == RECORD_CHAIN || strlen(name) >= RECORD_CHAIN_NAME)
			return error_set(err, -ENAMETOOLONG, "%s: more than %d control groups deep",
					 o->target->cgroup, RECORD_CHAIN);
		memcpy(entry, name, strlen(name) + 1);
		length++;
	}
	o->bpf->rodata->chain_length = length;
	return 0;
}

static int set_sizes(struct observation *o, struct error *err)
{
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 1)
		return error_set_errno(err, cpus < 0 ? cpus : -EIO, "the number of CPUs");
	o->cpus = (unsigned)cpus;
	o->rows = rows_for(o->cpus);
	o->counts_size = (size_t)o->cpus * o->rows * COUNT_PAGE;
	bpf_map__set_max_entries(o->bpf->maps.counts, o->cpus * o->rows);
	o->bpf->rodata->rows = o->rows;
	o->bpf->rodata->arguments_bound = ARGUMENTS_BOUND;
	o->bpf->rodata->is_by_cgroup = o->target->cgroup != NULL;
	o->bpf->rodata->is_starting = o->target->is_starting;
	o->bpf->rodata->with_lines = o->target->kind == TARGET_UNIT;
	for (unsigned nr = 0; nr < RECORD_NATIVE_CALLS; nr++) {
		struct record_rule rule;

		((uint8_t *)(uintptr_t)o->bpf->rodata->native_flags)[nr] =
			rules_find(RECORD_NATIVE, nr, &rule);
	}
	return set_chain(o, err);
}

static int fill_rules(struct observation *o, struct error *err)
{
	int fd = bpf_map__fd(o->bpf->maps.rules);

	for (uint32_t index = 0; index < RECORD_ABIS * RECORD_RULES; index++) {
		struct record_rule rule;

		if (!rules_find(index / RECORD_RULES, index % RECORD_RULES, &rule))
			continue;
		if (bpf_map_update_elem(fd, &index, &rule, BPF_ANY) < 0)
			return error_set_errno(err, -errno, "the recorder's rules");
	}
	return 0;
}

/* As hash_argv() in record_image.bpf.h, of what execve will put on the stack. */
static bool hash_line(const struct unit_command *command, uint64_t *hash)
{
	size_t length = 0;

	*hash = RECORD_HASH_START;
	for (char *const *word = command->argv; *word; word++) {
		if (strchr(*word, '$'))
			return false;
		for (const char *at = *word; length < RECORD_ARGV - 1; at++) {
			*hash = (*hash ^ (uint8_t)*at) * RECORD_HASH_PRIME;
			length++;
			if (!*at)
				break;
		}
	}
	*hash |= 1;
	return true;
}

static int fill_lines(struct observation *o, struct error *err)
{
	const struct unit *unit = o->target->unit;
	uint8_t value = 1;

	for (size_t i = 0; unit && i < unit->commands_count; i++) {
		uint64_t hash;

		if (hash_line(&unit->commands[i], &hash) &&
		    bpf_map_update_elem(bpf_map__fd(o->bpf->maps.fixed_lines), &hash, &value,
					BPF_ANY) < 0 &&
		    errno != E2BIG)
			return error_set_errno(err, -errno, "the recorder's lines");
	}
	return 0;
}

int bpf_load(struct observation *o, struct error *err)
{
	void *counts;
	int r;

	r = record_is_permitted(err);
	if (r == 0)
		r = check_kernel(err);
	if (r < 0)
		return r;
	libbpf_set_print(keep_reason);
	reason[0] = '\0';
	o->bpf = record_bpf__open();
	if (!o->bpf)
		return load_error(-errno, err);
	r = set_sizes(o, err);
	if (r < 0)
		return r;
	r = record_bpf__load(o->bpf);
	if (r < 0)
		return load_error(r, err);
	counts = mmap(NULL, o->counts_size, PROT_READ, MAP_SHARED, bpf_map__fd(o->bpf->maps.counts),
		      0);
	if (counts == MAP_FAILED)
		return error_set_errno(err, -errno, "mapping the counts");
	o->counts = counts;
	o->news = ring_buffer__new(bpf_map__fd(o->bpf->maps.news), bpf_handle_news, o, NULL);
	if (!o->news)
		return error_set_errno(err, -errno, "the recorder's ring");
	r = fill_lines(o, err);
	return r < 0 ? r : fill_rules(o, err);
}
