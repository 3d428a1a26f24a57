// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SystemCallFilter= of a systemd-nspawn file (systemd.nspawn(5)). It adds to and removes from nspawn's own
 * allowlist, which depends on the container's capabilities.
 */
#include "import/profile/list_policy.h"

#include "common/cleanup.h"
#include "common/word.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <linux/seccomp.h>

/* To take away what no ABI here has changes nothing. */
static void read_names(struct list_reader *reader, const char *at, const char *end, bool *set,
		       bool is_taken)
{
	enum abi abi = reader->policy->abis[0];
	const char *const *members, *word;
	size_t length, count;

	while (import_word(&at, end, &word, &length)) {
		char name[NAME_ROOM];

		snprintf(name, sizeof(name), "%.*s", (int)(length < NAME_ROOM ? length : 0), word);
		count = *name == '@'
				? groups_members(reader->import->settings->systemd, name, &members)
				: 0;
		for (size_t i = 0; i < count; i++) {
			int nr = syscall_number(abi, members[i]);

			if (nr >= 0 && (nr & ~X32_BIT) < RUN_BUILDER_NUMBERS)
				set[nr & ~X32_BIT] = true;
		}
		if (!count && !(*name && *name != '@' && syscall_is_known(name))) {
			if (!is_taken)
				import_mistake(reader->import, 0, "no system call has this name",
					       word, length);
		} else if (!count) {
			int nr = syscall_number(abi, name);

			if (nr >= 0 && (nr & ~X32_BIT) < RUN_BUILDER_NUMBERS)
				set[nr & ~X32_BIT] = true;
		}
	}
}

/* src/nspawn/nspawn-seccomp.c and nspawn.c of systemd 252 to 257: what nspawn allows by itself, with the capability that
 * the container must have for it; of those it keeps some by default. */
static const struct own_row {
	const char *capability; /* NULL: none */
	const char *names;
	bool is_kept;
} own_rows[] = {
	{ NULL,
	  "@aio @basic-io @chown @default @file-system @io-event @ipc @mount @network-io @process "
	  "@resources @setuid @signal @sync @timer brk capget capset copy_file_range "
	  "fadvise64 fadvise64_64 flock get_mempolicy getcpu getpriority getrandom ioctl ioprio_get "
	  "kcmp madvise mincore mprotect mremap name_to_handle_at oldolduname olduname personality "
	  "readahead readdir remap_file_pages sched_get_priority_max sched_get_priority_min "
	  "sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval "
	  "sched_rr_get_interval_time64 sched_yield seccomp sendfile sendfile64 setdomainname setfsgid "
	  "setfsgid32 setfsuid setfsuid32 sethostname setpgid setsid splice sysinfo tee umask uname "
	  "userfaultfd vmsplice",
	  true },
	{ "CAP_SYS_TIME", "@clock", false },
	{ "CAP_SYS_MODULE", "@module", false },
	{ "CAP_SYS_RAWIO", "@raw-io", false },
	{ "CAP_IPC_LOCK", "@memlock", false },
	{ "CAP_SYS_PACCT", "acct", false },
	{ "CAP_SYS_PTRACE", "process_vm_readv process_vm_writev ptrace", true },
	{ "CAP_SYS_BOOT", "reboot", true },
	{ "CAP_SYSLOG", "syslog", false },
	{ "CAP_SYS_TTY_CONFIG", "vhangup", true },
};

/* Capability= keeps more of them, DropCapability= fewer; "all" is all. */
static bool is_kept(const struct own_row *row, const char *data, const char *end)
{
	bool kept = row->is_kept, is_dropped = false;
	const char *text, *word;
	uint64_t line = 0;
	size_t length, size;

	while (row->capability && list_policy_line(&data, end, &text, &length, &line)) {
		bool adds = has_prefix(text, length, "Capability=");
		const char *at = memchr(text, '=', length), *stop = text + length;

		if (!adds && !has_prefix(text, length, "DropCapability="))
			continue;
		for (at++; import_word(&at, stop, &word, &size);) {
			bool is_meant =
				is_word(word, size, row->capability) || is_word(word, size, "all");

			kept |= adds && is_meant;
			is_dropped |= !adds && is_meant;
		}
	}
	return kept && !is_dropped;
}

static int read_nspawn(struct list_reader *reader, const char *data, size_t size, struct error *err)
{
	static const char key[] = "SystemCallFilter=";
	_cleanup_free_ bool *in = calloc(RUN_BUILDER_NUMBERS, sizeof(*in));
	_cleanup_free_ bool *out = calloc(RUN_BUILDER_NUMBERS, sizeof(*out));
	int base = reader->policy->abis[0] == ABI_X32 ? X32_BIT : 0;
	const char *at = data, *end = data + size, *text;
	uint64_t line = 0;
	size_t length;

	if (!in || !out)
		return error_oom(err);
	while (list_policy_line(&at, end, &text, &length, &line)) {
		const char *value = text + sizeof(key) - 1, *stop = text + length;

		if (!has_prefix(text, length, key))
			continue;
		if (value < stop && *value == '~')
			read_names(reader, value + 1, stop, out, true);
		else
			read_names(reader, value, stop, in, false);
	}
	for (size_t i = 0; i < ARRAY_SIZE(own_rows); i++)
		if (is_kept(&own_rows[i], data, end))
			read_names(reader, own_rows[i].names,
				   own_rows[i].names + strlen(own_rows[i].names), in, false);
	for (int i = 0; i < RUN_BUILDER_NUMBERS; i++)
		if (in[i] && !out[i])
			list_policy_add_number(reader, base + i, SECCOMP_RET_ALLOW, NULL);
	return 0;
}

static bool is_exec_section(const char *line, size_t length)
{
	return has_prefix(line, length, "[Exec]");
}

static bool sniff_nspawn(const char *path, const char *head, size_t length)
{
	(void)path;
	return import_any_line(head, length, 1000, is_exec_section) &&
	       memmem(head, length, "SystemCallFilter=", 17);
}

const struct importer importer_nspawn = {
	.name = "nspawn",
	.summary = "SystemCallFilter= in settings of systemd-nspawn",
	.sniff = sniff_nspawn,
	.policy = read_nspawn,
};
