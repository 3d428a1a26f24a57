// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tiny_elf.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

uint8_t *tiny_elf(const uint8_t *code, size_t code_size, size_t *size)
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = TINY_ELF_BASE + TINY_ELF_CODE,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
	};
	Elf64_Phdr segments[] = {
		{ .p_type = PT_LOAD,
		  .p_flags = PF_R,
		  .p_vaddr = TINY_ELF_BASE,
		  .p_filesz = TINY_ELF_CODE,
		  .p_memsz = TINY_ELF_CODE },
		{ .p_type = PT_LOAD,
		  .p_flags = PF_R | PF_X,
		  .p_offset = TINY_ELF_CODE,
		  .p_vaddr = TINY_ELF_BASE + TINY_ELF_CODE,
		  .p_filesz = code_size,
		  .p_memsz = code_size },
	};
	uint8_t *data = calloc(1, TINY_ELF_CODE + code_size);

	if (!data)
		abort();
	memcpy(data, &header, sizeof(header));
	memcpy(data + sizeof(header), segments, sizeof(segments));
	memcpy(data + TINY_ELF_CODE, code, code_size);
	*size = TINY_ELF_CODE + code_size;
	return data;
}
