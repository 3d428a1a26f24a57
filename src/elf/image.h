/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One ELF file in memory; every offset in it is checked before it is used. Only the data that the
 * kernel and the dynamic loader use (program headers, PT_DYNAMIC) is trusted here; section headers,
 * which nothing reads at run time and which may be wrong, only narrow down the code.
 *
 * An address ("u32 rva") is the distance from the lowest loaded address of the file: a file whose
 * segments span 4 GB or more is rejected, so that 32 bits suffice for every address of an object.
 */
#ifndef WHITTLE_ELF_IMAGE_H
#define WHITTLE_ELF_IMAGE_H

#include "common/error.h"
#include "elf/build_id.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segment {
	uint32_t start; /* rva */
	uint32_t file_size, memory_size;
	uint64_t offset;
	bool is_code, is_writable;
};

struct range {
	uint32_t start, end;
};

struct image {
	char *path; /* its name in errors */
	uint8_t *data;
	size_t size;
	uint64_t base; /* address of rva 0 */
	uint32_t span; /* rva of the end */
	bool is_fixed; /* ET_EXEC: addresses in code and data are final and have no relocations */
	bool has_interpreter;
	/* A segment or the stack is to be writable and executable, or read-only code is to be
	 * relocated: what makes a loader ask the kernel for such memory. */
	bool wants_writable_code;
	uint32_t entry; /* 0 none */
	struct segment *segments;
	size_t segments_count;
	struct range *code; /* ranges that may contain instructions; sorted, disjoint */
	size_t code_count;
	struct range tls; /* the image of thread-local data; empty: none */
	struct range relro; /* read-only once relocated */
	struct range dynamic_range;
	uint32_t eh_frame_header; /* rva, 0 none */
	struct range eh_frame; /* from its section header, if that is plausible; else empty */
	const Elf64_Dyn *dynamic; /* not aligned: read through image_dynamic */
	size_t dynamic_count;
	const char *strings; /* DT_STRTAB, NUL-terminated at strings_size - 1 or before */
	size_t strings_size;
};

/* Reads a file that the loader would accept. -EOPNOTSUPP if it is valid but for another machine,
 * -ENOEXEC if it is no ELF file or a broken one; the error names the place and the reason. */
int image_open(int fd, const char *path, struct image **image, struct error *err);
/* The same from memory; the image takes ownership of it, also on failure. */
int image_parse(const char *path, uint8_t *data, size_t size, struct image **image,
		struct error *err);
void image_freep(struct image **image);

/* LENGTH bytes at RVA that come from the file; NULL if there are fewer. */
const uint8_t *image_at(const struct image *image, uint64_t rva, uint64_t length);
/* Number of consecutive bytes from the file at RVA. */
uint32_t image_left(const struct image *image, uint64_t rva);
/* The text at RVA, at most LIMIT long, or NULL if no NUL ends it there. */
const char *image_text(const struct image *image, uint64_t rva, size_t limit);

bool image_is_code(const struct image *image, uint64_t rva);
/* In a segment, and not code. */
bool image_is_data(const struct image *image, uint64_t rva);
bool image_is_writable(const struct image *image, uint64_t rva);

/* An address of the file (a symbol's value, a relocation's place) as an rva: false if it is outside
 * of every segment. */
bool image_rva(const struct image *image, uint64_t address, uint32_t *rva);

/* The value of the first entry with this tag. */
bool image_dynamic(const struct image *image, int64_t tag, uint64_t *value);
/* A name in the dynamic string table; NULL if the offset is invalid. */
const char *image_string(const struct image *image, uint64_t offset);

/* The build-id in lower-case hex, in a buffer of the caller; false: none. */
bool image_build_id(const struct image *image, char text[BUILD_ID_TEXT]);

/* PT_INTERP, the loader that the kernel starts; NULL: none, or a path that it refuses. The caller frees
 * it. -ENOMEM is the only error. */
int image_interpreter(const struct image *image, char **path);

/* Little-endian reads from memory of any alignment. */
static inline uint16_t load16(const void *from)
{
	uint16_t value;

	__builtin_memcpy(&value, from, sizeof(value));
	return value;
}

static inline uint32_t load32(const void *from)
{
	uint32_t value;

	__builtin_memcpy(&value, from, sizeof(value));
	return value;
}

static inline uint64_t load64(const void *from)
{
	uint64_t value;

	__builtin_memcpy(&value, from, sizeof(value));
	return value;
}

#endif
