// SPDX-License-Identifier: LGPL-2.1-or-later
#include "elf/image.h"

#include "common/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGE_SIZE_LIMIT    (1ULL << 31) /* the largest programs known are a tenth of it */
#define IMAGE_SEGMENT_LIMIT 1024
#define IMAGE_LOADED_LIMIT  64 /* addresses are looked up by going through all */

void image_freep(struct image **image)
{
	if (!*image)
		return;
	free((*image)->path);
	free((*image)->data);
	free((*image)->segments);
	free((*image)->code);
	free(*image);
	*image = NULL;
}

static int broken(const struct image *image, struct error *err, const char *what)
{
	return error_set(err, -ENOEXEC, "%s: not a program that whittle can read: %s", image->path,
			 what);
}

/* SIZE bytes at OFFSET of the file, or NULL. */
static const uint8_t *file_at(const struct image *image, uint64_t offset, uint64_t size)
{
	if (offset > image->size || size > image->size - offset)
		return NULL;
	return image->data + offset;
}

const uint8_t *image_at(const struct image *image, uint64_t rva, uint64_t length)
{
	for (size_t i = 0; i < image->segments_count; i++) {
		const struct segment *segment = &image->segments[i];

		if (rva >= segment->start && rva - segment->start <= segment->file_size &&
		    length <= segment->file_size - (rva - segment->start))
			return image->data + segment->offset + (rva - segment->start);
	}
	return NULL;
}

uint32_t image_left(const struct image *image, uint64_t rva)
{
	for (size_t i = 0; i < image->segments_count; i++) {
		const struct segment *segment = &image->segments[i];

		if (rva >= segment->start && rva - segment->start < segment->file_size)
			return segment->file_size - (uint32_t)(rva - segment->start);
	}
	return 0;
}

const char *image_text(const struct image *image, uint64_t rva, size_t limit)
{
	uint32_t left = image_left(image, rva);
	const char *text = left ? (const char *)image_at(image, rva, left) : NULL;

	if (!text || !memchr(text, '\0', left < limit ? left : limit))
		return NULL;
	return text;
}

bool image_is_code(const struct image *image, uint64_t rva)
{
	size_t low = 0, high = image->code_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rva < image->code[middle].start)
			high = middle;
		else if (rva >= image->code[middle].end)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

static const struct segment *segment_of(const struct image *image, uint64_t rva)
{
	for (size_t i = 0; i < image->segments_count; i++)
		if (rva >= image->segments[i].start &&
		    rva - image->segments[i].start < image->segments[i].memory_size)
			return &image->segments[i];
	return NULL;
}

bool image_is_data(const struct image *image, uint64_t rva)
{
	return segment_of(image, rva) && !image_is_code(image, rva);
}

bool image_is_writable(const struct image *image, uint64_t rva)
{
	const struct segment *segment = segment_of(image, rva);

	return segment && segment->is_writable;
}

bool image_rva(const struct image *image, uint64_t address, uint32_t *rva)
{
	if (address < image->base || address - image->base >= image->span)
		return false;
	*rva = (uint32_t)(address - image->base);
	return segment_of(image, *rva) != NULL;
}

bool image_dynamic(const struct image *image, int64_t tag, uint64_t *value)
{
	for (size_t i = 0; i < image->dynamic_count; i++) {
		Elf64_Dyn entry;

		memcpy(&entry, (const uint8_t *)image->dynamic + i * sizeof(entry), sizeof(entry));
		if (entry.d_tag != tag)
			continue;
		*value = entry.d_un.d_val;
		return true;
	}
	return false;
}

const char *image_string(const struct image *image, uint64_t offset)
{
	return offset < image->strings_size ? image->strings + offset : NULL;
}

/* A whole object, but not of x86-64: e_machine is at the same place in each class. */
static int foreign(const struct image *image, struct error *err)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} rows[] = {
		{ EM_386, "i386" },	   { EM_ARM, "arm" },
		{ EM_AARCH64, "aarch64" }, { EM_RISCV, "riscv" },
		{ EM_PPC64, "ppc64" },	   { EM_S390, "s390x" },
		{ EM_MIPS, "mips" },	   { EM_LOONGARCH, "loongarch" },
		{ EM_X86_64, "x32" }, /* of class 32 */
	};
	const size_t at = offsetof(Elf64_Ehdr, e_machine);
	unsigned machine;

	if (image->size < at + sizeof(uint16_t))
		return broken(image, err, "its ELF header is truncated or of an unknown kind");
	machine = image->data[at] | (unsigned)image->data[at + 1] << 8;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].machine == machine)
			return error_set(err, -EOPNOTSUPP,
					 "%s: built for %s, and whittle can follow only x86-64 "
					 "code; `whittle record` records the calls of a run",
					 image->path, rows[i].name);
	return error_set(
		err, -EOPNOTSUPP,
		"%s: built for another machine (ELF number %u), and whittle can follow only "
		"x86-64 code",
		image->path, machine);
}

static int parse_header(struct image *image, Elf64_Ehdr *header, struct error *err)
{
	const uint8_t *at = file_at(image, 0, sizeof(*header));

	if (image->size < EI_NIDENT || memcmp(image->data, ELFMAG, SELFMAG) != 0)
		return error_set(err, -ENOEXEC,
				 "%s: not an ELF file; name the program that a script starts "
				 "(its interpreter), or the objects to add",
				 image->path);
	if (image->data[EI_CLASS] == ELFCLASS32)
		return foreign(image, err);
	if (image->data[EI_CLASS] != ELFCLASS64 || image->data[EI_DATA] != ELFDATA2LSB || !at)
		return broken(image, err, "its ELF header is truncated or of an unknown kind");
	memcpy(header, at, sizeof(*header));
	if (header->e_machine != EM_X86_64)
		return foreign(image, err);
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
		return broken(image, err, "neither an executable nor a shared object");
	if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0 ||
	    header->e_phnum > IMAGE_SEGMENT_LIMIT)
		return broken(image, err, "its program headers are missing or have a wrong size");
	image->is_fixed = header->e_type == ET_EXEC;
	return 0;
}

static int add_segment(struct image *image, const Elf64_Phdr *header, struct error *err)
{
	struct segment *segment = &image->segments[image->segments_count];
	uint64_t end;

	if (header->p_memsz == 0)
		return 0;
	if (image->segments_count == IMAGE_LOADED_LIMIT)
		return broken(image, err, "it has too many segments");
	if (header->p_filesz > header->p_memsz ||
	    !file_at(image, header->p_offset, header->p_filesz))
		return broken(image, err, "a segment lies outside of the file (is it truncated?)");
	if (__builtin_add_overflow(header->p_vaddr, header->p_memsz, &end))
		return broken(image, err, "a segment ends past the last address");
	if (image->segments_count == 0)
		image->base = header->p_vaddr;
	/* The kernel maps by the first one and the last one: they are in order, or it is refused. */
	if (header->p_vaddr < image->base + image->span)
		return broken(image, err, "its segments overlap or are not in order");
	if (end - image->base > UINT32_MAX)
		return broken(image, err, "its segments span 4 GB or more");
	*segment = (struct segment){
		.start = (uint32_t)(header->p_vaddr - image->base),
		.file_size = (uint32_t)header->p_filesz,
		.memory_size = (uint32_t)header->p_memsz,
		.offset = header->p_offset,
		.is_code = header->p_flags & PF_X,
		.is_writable = header->p_flags & PF_W,
	};
	image->span = (uint32_t)(end - image->base);
	image->segments_count++;
	return 0;
}

static struct range range_of(const struct image *image, const Elf64_Phdr *header)
{
	uint32_t start;

	if (!image_rva(image, header->p_vaddr, &start) || header->p_memsz > image->span - start)
		return (struct range){ 0 };
	return (struct range){ start, start + (uint32_t)header->p_memsz };
}

static int parse_segments(struct image *image, const Elf64_Ehdr *header, struct error *err)
{
	const uint8_t *table =
		file_at(image, header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr));
	Elf64_Phdr row;

	if (!table)
		return broken(image, err, "its program headers lie outside of the file");
	image->segments = calloc(header->e_phnum, sizeof(*image->segments));
	if (!image->segments)
		return error_oom(err);
	for (size_t i = 0; i < header->e_phnum; i++) {
		memcpy(&row, table + i * sizeof(row), sizeof(row));
		if (row.p_type == PT_LOAD && add_segment(image, &row, err) < 0)
			return err ? err->code : -ENOEXEC;
	}
	if (image->segments_count == 0)
		return broken(image, err, "it has no segment to load");
	/* Without a PT_GNU_STACK the stack is executable. */
	image->wants_writable_code = true;
	for (size_t i = 0; i < header->e_phnum; i++) {
		memcpy(&row, table + i * sizeof(row), sizeof(row));
		if (row.p_type == PT_GNU_STACK)
			image->wants_writable_code = row.p_flags & PF_X;
	}
	for (size_t i = 0; i < header->e_phnum; i++) {
		memcpy(&row, table + i * sizeof(row), sizeof(row));
		if (row.p_type == PT_LOAD && row.p_flags & PF_W && row.p_flags & PF_X)
			image->wants_writable_code = true;
		if (row.p_type == PT_INTERP)
			image->has_interpreter = true;
		if (row.p_type == PT_TLS) {
			/* What lies behind the bytes of the file (.tbss) has no place of its own: other
			 * data is there. */
			row.p_memsz = row.p_filesz < row.p_memsz ? row.p_filesz : row.p_memsz;
			image->tls = range_of(image, &row);
		}
		if (row.p_type == PT_GNU_RELRO)
			image->relro = range_of(image, &row);
		if (row.p_type == PT_DYNAMIC)
			image->dynamic_range = range_of(image, &row);
		if (row.p_type == PT_GNU_EH_FRAME)
			image->eh_frame_header = range_of(image, &row).start;
	}
	image_rva(image, header->e_entry, &image->entry);
	return 0;
}

static int parse_dynamic(struct image *image, struct error *err)
{
	const struct range *range = &image->dynamic_range;
	size_t room = (range->end - range->start) / sizeof(Elf64_Dyn);
	const uint8_t *table;
	uint64_t address, size;
	uint32_t rva;

	if (room == 0)
		return 0;
	table = image_at(image, range->start, room * sizeof(Elf64_Dyn));
	if (!table)
		return broken(image, err, "its dynamic section lies outside of the file");
	image->dynamic = (const Elf64_Dyn *)(const void *)table;
	while (image->dynamic_count < room &&
	       load64(table + image->dynamic_count * sizeof(Elf64_Dyn)) != DT_NULL)
		image->dynamic_count++;
	if (!image_dynamic(image, DT_STRTAB, &address) || !image_dynamic(image, DT_STRSZ, &size))
		return 0;
	if (!image_rva(image, address, &rva) || size == 0 || !image_at(image, rva, size))
		return broken(image, err, "its dynamic string table lies outside of the file");
	image->strings = (const char *)image_at(image, rva, size);
	image->strings_size = size;
	/* Names are read up to their NUL: the last one must have it. */
	while (image->strings_size > 0 && image->strings[image->strings_size - 1] != '\0')
		image->strings_size--;
	return 0;
}

static int compare_ranges(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

/* The executable part of a segment, by sections where they are sane: older linkers put read-only
 * data into the same segment, which would be decoded as if it were code. */
static size_t code_by_sections(struct image *image, const Elf64_Ehdr *header, struct range *into)
{
	const uint8_t *table =
		file_at(image, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr));
	size_t count = 0;

	if (!table || header->e_shentsize != sizeof(Elf64_Shdr))
		return 0;
	for (size_t i = 0; i < header->e_shnum; i++) {
		Elf64_Shdr row;
		uint32_t start;

		memcpy(&row, table + i * sizeof(row), sizeof(row));
		if (!(row.sh_flags & SHF_ALLOC) || row.sh_size == 0 || row.sh_type == SHT_NOBITS ||
		    !image_rva(image, row.sh_addr, &start) || !image_at(image, start, row.sh_size))
			continue;
		if (row.sh_flags & SHF_EXECINSTR)
			into[count++] = (struct range){ start, start + (uint32_t)row.sh_size };
		/* .eh_frame is found by its header segment; where a linker made none, it is known
		 * by what it begins with. */
		if (row.sh_type == SHT_PROGBITS || row.sh_type == SHT_X86_64_UNWIND) {
			const uint8_t *at = image_at(image, start, row.sh_size);

			if (row.sh_size >= 16 && load32(at) <= 64 && load32(at) >= 12 &&
			    load32(at + 4) == 0 && at[8] == 1 && at[9] == 'z')
				image->eh_frame =
					(struct range){ start, start + (uint32_t)row.sh_size };
		}
	}
	return count;
}

static bool segment_has_code(const struct segment *segment, const struct range *ranges,
			     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ranges[i].start >= segment->start &&
		    ranges[i].start - segment->start < segment->file_size)
			return true;
	return false;
}

static int find_code(struct image *image, const Elf64_Ehdr *header, struct error *err)
{
	size_t count, kept = 0;

	image->code = calloc((size_t)header->e_shnum + image->segments_count, sizeof(*image->code));
	if (!image->code)
		return error_oom(err);
	count = code_by_sections(image, header, image->code);
	/* Sections that are not in an executable segment are no code, whatever they say. */
	for (size_t i = 0; i < count; i++) {
		const struct segment *segment = segment_of(image, image->code[i].start);

		if (segment && segment->is_code)
			image->code[kept++] = image->code[i];
	}
	count = kept;
	for (size_t i = 0; i < image->segments_count; i++) {
		const struct segment *segment = &image->segments[i];

		if (segment->is_code && segment->file_size > 0 &&
		    !segment_has_code(segment, image->code, kept))
			image->code[count++] =
				(struct range){ segment->start,
						segment->start + segment->file_size };
	}
	qsort(image->code, count, sizeof(*image->code), compare_ranges);
	for (size_t i = 0; i < count; i++) {
		struct range *last = image->code_count ? &image->code[image->code_count - 1] : NULL;

		if (last && image->code[i].start <= last->end)
			last->end = image->code[i].end > last->end ? image->code[i].end : last->end;
		else
			image->code[image->code_count++] = image->code[i];
	}
	return 0;
}

int image_parse(const char *path, uint8_t *data, size_t size, struct image **result,
		struct error *err)
{
	_cleanup_(image_freep) struct image *image = calloc(1, sizeof(*image));
	Elf64_Ehdr header;
	int r;

	if (!image) {
		free(data);
		return error_oom(err);
	}
	image->data = data;
	image->size = size;
	image->path = strdup(path);
	if (!image->path)
		return error_oom(err);
	r = parse_header(image, &header, err);
	if (r == 0)
		r = parse_segments(image, &header, err);
	if (r == 0)
		r = parse_dynamic(image, err);
	if (r == 0)
		r = find_code(image, &header, err);
	if (r < 0)
		return r;
	*result = take(image);
	return 0;
}

/* Read, not mapped: a file that is truncated while it is mapped kills the reader. */
int image_open(int fd, const char *path, struct image **image, struct error *err)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct stat status;
	size_t size, used = 0;

	if (fstat(fd, &status) < 0)
		return error_set_errno(err, -errno, "%s", path);
	if (!S_ISREG(status.st_mode))
		return error_set(err, -ENOEXEC, "%s: not a file that contains a program", path);
	if ((uint64_t)status.st_size > IMAGE_SIZE_LIMIT)
		return error_set(err, -EFBIG, "%s: larger than the limit of %llu bytes", path,
				 IMAGE_SIZE_LIMIT);
	size = (size_t)status.st_size;
	data = malloc(size + 1);
	if (!data)
		return error_oom(err);
	while (used < size) {
		ssize_t got = pread(fd, data + used, size - used, (off_t)used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(err, -errno, "%s", path);
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return image_parse(path, take(data), used, image, err);
}

static Elf64_Phdr program_header(const struct image *image, size_t index)
{
	Elf64_Ehdr header;
	Elf64_Phdr row;

	memcpy(&header, image->data, sizeof(header));
	memcpy(&row, image->data + header.e_phoff + index * sizeof(row), sizeof(row));
	return row;
}

static size_t program_headers(const struct image *image)
{
	Elf64_Ehdr header;

	memcpy(&header, image->data, sizeof(header));
	return header.e_phnum;
}

bool image_build_id(const struct image *image, char text[BUILD_ID_TEXT])
{
	for (size_t i = 0; i < program_headers(image); i++) {
		Elf64_Phdr row = program_header(image, i);
		const uint8_t *notes = file_at(image, row.p_offset, row.p_filesz);

		if (row.p_type == PT_NOTE && notes &&
		    build_id_find(notes, row.p_filesz, false, text))
			return true;
	}
	return false;
}

int image_interpreter(const struct image *image, char **path)
{
	*path = NULL;
	for (size_t i = 0; i < program_headers(image); i++) {
		Elf64_Phdr row = program_header(image, i);
		const uint8_t *text = file_at(image, row.p_offset, row.p_filesz);

		if (row.p_type != PT_INTERP || !text || row.p_filesz > PATH_MAX)
			continue;
		*path = strndup((const char *)text, row.p_filesz);
		return *path ? 0 : -ENOMEM;
	}
	return 0;
}
