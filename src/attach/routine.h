/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layout of the routine that the target's thread runs, for routine_x86_64.S and for C. */
#ifndef WHITTLE_ATTACH_ROUTINE_H
#define WHITTLE_ATTACH_ROUTINE_H

/* The 64-bit values behind the code, in their order: the arguments of seccomp(2), the address of the saved
 * flags, and the registers that the thread gets back. */
#define ATTACH_ROUTINE_VALUES(VALUE) \
	VALUE(seccomp_nr)            \
	VALUE(operation)             \
	VALUE(flags)                 \
	VALUE(program)               \
	VALUE(eflags_at)             \
	VALUE(rax)                   \
	VALUE(rbx)                   \
	VALUE(rcx)                   \
	VALUE(rdx)                   \
	VALUE(rsi)                   \
	VALUE(rdi)                   \
	VALUE(rbp)                   \
	VALUE(r8)                    \
	VALUE(r9)                    \
	VALUE(r10)                   \
	VALUE(r11)                   \
	VALUE(r12)                   \
	VALUE(r13)                   \
	VALUE(r14)                   \
	VALUE(r15)                   \
	VALUE(rsp)                   \
	VALUE(rip)

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

#define ATTACH_ROUTINE_FIELD(name) uint64_t name;
struct attach_routine_values {
	ATTACH_ROUTINE_VALUES(ATTACH_ROUTINE_FIELD)
};
#undef ATTACH_ROUTINE_FIELD

/* The code and its values, to be copied: attach_routine_size bytes. The other numbers are offsets in them. */
extern const unsigned char attach_routine[] __attribute__((visibility("hidden")));
extern const size_t attach_routine_size __attribute__((visibility("hidden")));
/* The entry that skips no_new_privs. */
extern const size_t attach_routine_seccomp_at __attribute__((visibility("hidden")));
/* The instruction that follows seccomp(2). */
extern const size_t attach_routine_done_at __attribute__((visibility("hidden")));
extern const size_t attach_routine_values_at __attribute__((visibility("hidden")));

#endif

#endif
