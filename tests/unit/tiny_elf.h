/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs of a few bytes of code, made in memory: for tests that need to know every byte. */
#ifndef WHITTLE_TESTS_TINY_ELF_H
#define WHITTLE_TESTS_TINY_ELF_H

#include <stddef.h>
#include <stdint.h>

/* A static program for fixed addresses, in memory of malloc's: an ELF header, one program header for
 * all of it, then the code, at TINY_ELF_CODE; the program begins there. */
#define TINY_ELF_BASE 0x400000
#define TINY_ELF_CODE 0x1000
uint8_t *tiny_elf(const uint8_t *code, size_t code_size, size_t *size);

#endif
