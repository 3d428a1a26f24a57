// SPDX-License-Identifier: LGPL-2.1-or-later
/* Any bytes as an ELF file that the recorder meets: read in part or not at all, in bounded time. */
#include "elf/file.h"

#include "elf/image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_functions(const struct elf_file *file, uint32_t type)
{
	struct elf_symbols symbols;

	if (!elf_file_functions(file, type, &symbols))
		return;
	for (size_t i = 0; i < symbols.count; i++)
		if (strlen(symbols.items[i].name) == 0)
			abort();
	elf_symbols_clear(&symbols);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char text[BUILD_ID_TEXT];
	struct elf_file file;

	if (fd < 0)
		return 0;
	if (write(fd, data, size) == (ssize_t)size && elf_file_read(&file, fd)) {
		if (elf_file_build_id(&file, text) && strlen(text) % 2 != 0)
			abort();
		free(elf_file_interpreter(&file));
		read_functions(&file, SHT_SYMTAB);
		read_functions(&file, SHT_DYNSYM);
		/* It is another one meanwhile, and shorter. */
		if (ftruncate(fd, (off_t)(size / 2)) == 0)
			read_functions(&file, SHT_SYMTAB);
	}
	elf_file_clear(&file);
	close(fd);
	return 0;
}
