// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Values of arguments as people write them, in both directions. Each kind has one table of names;
 * each name stands for a whole value, a field or a bit, so one loop prints and one reads them all.
 * The printing loop takes a name if its bits are not taken yet: a longer name (O_SYNC) comes before
 * one that is a part of it (O_DSYNC). Bits without a name are printed as a number, so everything
 * printed can be read back.
 */
#include "syscall/argument_names.h"
#include "syscall/arguments.h"

#include "common/cleanup.h"
#include "common/word.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum notation { DECIMAL, HEXADECIMAL, OCTAL };

static const struct {
	const struct argument_name *names;
	enum notation notation;
} kinds[] = {
	[ARGUMENT_NUMBER] = { NULL, DECIMAL },
	[ARGUMENT_SOCKET_DOMAIN] = { argument_names_domain, DECIMAL },
	[ARGUMENT_SOCKET_TYPE] = { argument_names_type, HEXADECIMAL },
	[ARGUMENT_SOCKET_PROTOCOL] = { argument_names_protocol, DECIMAL },
	[ARGUMENT_SOCKET_LEVEL] = { argument_names_level, DECIMAL },
	[ARGUMENT_SOCKET_OPTION] = { NULL, DECIMAL },
	[ARGUMENT_IOCTL_REQUEST] = { argument_names_ioctl, HEXADECIMAL },
	[ARGUMENT_FCNTL_COMMAND] = { argument_names_fcntl, DECIMAL },
	[ARGUMENT_PRCTL_OPTION] = { argument_names_prctl, DECIMAL },
	[ARGUMENT_CLONE_FLAGS] = { argument_names_clone, HEXADECIMAL },
	[ARGUMENT_MEMORY_PROTECTION] = { argument_names_protection, HEXADECIMAL },
	[ARGUMENT_MAP_FLAGS] = { argument_names_map, HEXADECIMAL },
	[ARGUMENT_SIGNAL] = { argument_names_signal, DECIMAL },
	[ARGUMENT_PERSONALITY] = { argument_names_personality, HEXADECIMAL },
	[ARGUMENT_KEYCTL_OPERATION] = { argument_names_keyctl, DECIMAL },
	[ARGUMENT_BPF_COMMAND] = { argument_names_bpf, DECIMAL },
	[ARGUMENT_MADVICE] = { argument_names_madvice, DECIMAL },
	[ARGUMENT_OPEN_FLAGS] = { argument_names_open, HEXADECIMAL },
	[ARGUMENT_FILE_MODE] = { argument_names_mode, OCTAL },
	[ARGUMENT_SCHEDULER_POLICY] = { argument_names_scheduler, DECIMAL },
	[ARGUMENT_FUTEX_OPERATION] = { argument_names_futex, DECIMAL },
	[ARGUMENT_SOCKETCALL] = { argument_names_socketcall, DECIMAL },
	[ARGUMENT_IPC_CALL] = { argument_names_ipc, DECIMAL },
	[ARGUMENT_SHM_FLAGS] = { argument_names_shm, HEXADECIMAL },
	[ARGUMENT_PTRACE_REQUEST] = { argument_names_ptrace, HEXADECIMAL },
	[ARGUMENT_SECCOMP_OPERATION] = { argument_names_seccomp, DECIMAL },
	[ARGUMENT_ARCH_PRCTL_CODE] = { argument_names_arch_prctl, HEXADECIMAL },
	[ARGUMENT_MOUNT_FLAGS] = { argument_names_mount, HEXADECIMAL },
	[ARGUMENT_UMOUNT_FLAGS] = { argument_names_umount, HEXADECIMAL },
	[ARGUMENT_MEMFD_FLAGS] = { argument_names_memfd, HEXADECIMAL },
	[ARGUMENT_FALLOCATE_MODE] = { argument_names_fallocate, HEXADECIMAL },
	[ARGUMENT_REBOOT_COMMAND] = { argument_names_reboot, HEXADECIMAL },
	[ARGUMENT_QUOTA_COMMAND] = { argument_names_quota, HEXADECIMAL },
	[ARGUMENT_IO_URING_OPERATION] = { argument_names_io_uring, DECIMAL },
	[ARGUMENT_AT_FLAGS] = { argument_names_at, HEXADECIMAL },
	[ARGUMENT_FLAGS] = { NULL, HEXADECIMAL },
};

/* The options of a socket are numbered anew by each level. */
static const struct {
	uint64_t level;
	const struct argument_name *names;
} levels[] = {
	{ SOL_SOCKET, argument_names_so },
	{ IPPROTO_IP, argument_names_ip },
	{ IPPROTO_TCP, argument_names_tcp },
	{ IPPROTO_UDP, argument_names_udp },
	{ IPPROTO_IPV6, argument_names_ipv6 },
	{ IPPROTO_ICMPV6, argument_names_icmpv6 },
	{ IPPROTO_RAW, argument_names_raw },
	{ SOL_PACKET, argument_names_packet },
	{ SOL_NETLINK, argument_names_netlink_option },
	{ SOL_ALG, argument_names_alg },
};

static const struct argument_name *names_of(enum argument_kind kind, uint64_t context)
{
	if (kind == ARGUMENT_SOCKET_PROTOCOL) {
		if (context == AF_NETLINK)
			return argument_names_netlink;
		if (context != AF_UNSPEC && context != AF_INET && context != AF_INET6)
			return NULL;
	}
	if (kind == ARGUMENT_SOCKET_OPTION)
		for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
			if (levels[i].level == context)
				return levels[i].names;
	return kinds[kind].names;
}

/* A row as ABI has it; its mask is 0 if ABI lacks the name. x86-64's is the table itself. */
static struct argument_name row_on(enum abi abi, const struct argument_name *row)
{
	size_t low = 0, high = argument_names_by_abi_count;
	struct argument_name found = *row;

	if (abi == ABI_X86_64)
		return found;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(argument_names_by_abi[middle].name, row->name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < argument_names_by_abi_count &&
	       strcmp(argument_names_by_abi[low].name, row->name) == 0;
	     low++)
		if (argument_names_by_abi[low].abis & 1U << abi) {
			found.value = argument_names_by_abi[low].value;
			found.mask = argument_names_by_abi[low].mask;
		}
	return found;
}

/* Appends, and says whether it fitted. */
static bool append(char *buffer, size_t size, size_t *used, const char *text)
{
	int length = snprintf(buffer + *used, size - *used, "%s%s", *used ? "|" : "", text);

	if (length < 0 || (size_t)length >= size - *used)
		return false;
	*used += (size_t)length;
	return true;
}

static void format_number(enum notation notation, uint64_t value, char *buffer, size_t size)
{
	if (value == 0 || notation == DECIMAL)
		snprintf(buffer, size, "%" PRIu64, value);
	else if (notation == OCTAL)
		snprintf(buffer, size, "0%" PRIo64, value);
	else
		snprintf(buffer, size, "%#" PRIx64, value);
}

const char *argument_format(enum abi abi, enum argument_kind kind, uint64_t value, uint64_t context,
			    char *buffer, size_t size)
{
	const struct argument_name *names = names_of(kind, context);
	uint64_t taken = 0;
	bool fits = size > 0;
	size_t used = 0;
	char number[32];

	if (size == 0)
		return buffer;
	for (; names && names->name && fits; names++) {
		const struct argument_name row = row_on(abi, names);

		if (!row.mask || (row.mask & taken) || (value & row.mask) != row.value)
			continue;
		taken |= row.mask;
		fits = append(buffer, size, &used, row.name);
	}
	if (fits && ((value & ~taken) || used == 0)) {
		format_number(kinds[kind].notation, value & ~taken, number, sizeof(number));
		fits = append(buffer, size, &used, number);
	}
	if (!fits)
		format_number(kinds[kind].notation, value, buffer, size);
	return buffer;
}

static bool find_name(enum abi abi, const struct argument_name *names, const char *text,
		      size_t length, uint64_t *value)
{
	for (; names && names->name; names++)
		if (is_word(text, length, names->name)) {
			const struct argument_name row = row_on(abi, names);

			*value = row.value;
			return row.mask != 0;
		}
	return false;
}

/* Octal, decimal or hexadecimal, all of TEXT and no sign. */
static bool read_number(const char *text, size_t length, uint64_t *value)
{
	char digits[32], *end;

	if (length == 0 || length >= sizeof(digits) || !isdigit((unsigned char)*text))
		return false;
	memcpy(digits, text, length);
	digits[length] = '\0';
	errno = 0;
	*value = strtoull(digits, &end, 0);
	return errno == 0 && *end == '\0';
}

static bool read_word(enum abi abi, enum argument_kind kind, const char *text, size_t length,
		      uint64_t *value)
{
	if (read_number(text, length, value) ||
	    find_name(abi, kinds[kind].names, text, length, value))
		return true;
	if (kind == ARGUMENT_SOCKET_PROTOCOL)
		return find_name(abi, argument_names_netlink, text, length, value);
	if (kind == ARGUMENT_SOCKET_OPTION)
		for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
			if (find_name(abi, levels[i].names, text, length, value))
				return true;
	return false;
}

int argument_parse(enum abi abi, enum argument_kind kind, const char *text, uint64_t *value)
{
	uint64_t all = 0, one;

	for (;;) {
		size_t length;

		text += strspn(text, " \t");
		length = strcspn(text, "| \t");
		if (!read_word(abi, kind, text, length, &one))
			return -EINVAL;
		all |= one;
		text += length;
		text += strspn(text, " \t");
		if (*text == '\0')
			break;
		if (*text++ != '|')
			return -EINVAL;
	}
	*value = all;
	return 0;
}

bool argument_constant(enum abi abi, const char *name, size_t length, uint64_t *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].names && find_name(abi, kinds[i].names, name, length, value))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (find_name(abi, levels[i].names, name, length, value))
			return true;
	return find_name(abi, argument_names_netlink, name, length, value);
}
