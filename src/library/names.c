// SPDX-License-Identifier: LGPL-2.1-or-later
/* ABIs, calls and actions by name. Any number may be passed in, so it is checked here: the stages'
 * own functions expect valid ones. */
#include "library/library.h"

#include "policy/action.h"
#include "syscall/syscall.h"

#include <errno.h>

static_assert(WHITTLE_ABI_X86_64 == (int)ABI_X86_64 && WHITTLE_ABI_I386 == (int)ABI_I386 &&
		      WHITTLE_ABI_X32 == (int)ABI_X32 && WHITTLE_ABI_AARCH64 == (int)ABI_AARCH64 &&
		      WHITTLE_ABI_ARM == (int)ABI_ARM && WHITTLE_ABI_RISCV64 == (int)ABI_RISCV64 &&
		      WHITTLE_ABI_PPC64LE == (int)ABI_PPC64LE &&
		      WHITTLE_ABI_S390X == (int)ABI_S390X && ABI_COUNT == 8,
	      "the public numbers are the internal ones; a new ABI gets a public number");

const char *whittle_version(void)
{
	return WHITTLE_VERSION;
}

const char *whittle_abi_name(enum whittle_abi abi)
{
	return is_abi(abi) ? abi_info((enum abi)abi)->name : NULL;
}

int whittle_abi_from_name(const char *name, enum whittle_abi *abi)
{
	enum abi found;
	int r = abi_from_name(name, &found);

	if (r == 0)
		*abi = (enum whittle_abi)found;
	return r;
}

int whittle_abi_from_audit(uint32_t arch, int nr, enum whittle_abi *abi)
{
	enum abi found;
	int r = abi_from_audit(arch, nr, &found);

	if (r == 0)
		*abi = (enum whittle_abi)found;
	return r;
}

int whittle_abi_local(size_t index, enum whittle_abi *abi)
{
	enum abi local[ABI_COUNT];

	if (index >= abi_local(local))
		return -ENOENT;
	*abi = (enum whittle_abi)local[index];
	return 0;
}

int whittle_syscall_number(enum whittle_abi abi, const char *name)
{
	return is_abi(abi) ? syscall_number((enum abi)abi, name) : -ENOENT;
}

const char *whittle_syscall_name(enum whittle_abi abi, int nr)
{
	return is_abi(abi) ? syscall_name((enum abi)abi, nr) : NULL;
}

const char *whittle_action_format(uint32_t outcome, char *buffer, size_t size)
{
	return action_format(outcome, buffer, size);
}

int whittle_action_parse(const char *text, uint32_t *outcome)
{
	return action_parse(text, outcome);
}
