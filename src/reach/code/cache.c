// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/code/cache.h"

#include "common/cleanup.h"
#include "common/file.h"
#include "elf/file.h"
#include "syscall/abi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* To be raised whenever the layout or the meaning of a summary changes. */
#define CACHE_VERSION	 11
#define CACHE_FILE_LIMIT (1U << 30)

struct identity {
	uint64_t device, inode, size;
	int64_t modified_s, modified_ns, changed_s, changed_ns;
};

struct header {
	char magic[8];
	uint32_t version;
	uint32_t header_size;
	struct identity identity;
	uint64_t checksum; /* of all that follows the header, and of the fields below */
	uint64_t base;
	uint32_t entry, program_part, soname, rpath, runpath;
	uint32_t is_fixed, has_interpreter, is_whole, is_symbolic, looks_up_any,
		wants_writable_code;
	uint32_t counts[12]; /* in the order of `arrays` */
	char build_id[BUILD_ID_TEXT];
};

static const char magic[8] = "whtlrch";

/* The arrays of a summary, and how many rows beyond the count each has. */
static const struct array {
	size_t pointer, count, element;
	uint32_t extra;
} arrays[] = {
#define ARRAY(name, extra)                                                              \
	{                                                                               \
		offsetof(struct summary, name), offsetof(struct summary, name##_count), \
			sizeof(*((struct summary *)0)->name), extra                     \
	}
	ARRAY(functions, 1),
	ARRAY(references, 0),
	ARRAY(pointers, 0),
	ARRAY(data, 1),
	ARRAY(symbols, 0),
	ARRAY(sites, 0),
	ARRAY(roots, 0),
	ARRAY(pointer_roots, 0),
	ARRAY(needed, 0),
#undef ARRAY
	{ offsetof(struct summary, text), offsetof(struct summary, text_size), 1, 0 },
};
_Static_assert(ARRAY_SIZE(arrays) <= 12, "room in the header");

char *cache_directory(void)
{
	const char *base = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
	char *path = NULL;
	int r;

	if (base && *base == '/')
		r = asprintf(&path, "%s/whittle", base);
	else if (geteuid() == 0)
		r = asprintf(&path, "/var/cache/whittle");
	else if (home && *home == '/')
		r = asprintf(&path, "%s/.cache/whittle", home);
	else
		return NULL;
	return r < 0 ? NULL : path;
}

/* Not against malice (the directory's owner is trusted), against damage. */
static uint64_t checksum(uint64_t sum, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (; size >= 8; size -= 8, bytes += 8) {
		sum = (sum ^ load64(bytes)) * 0x9e3779b97f4a7c15ULL;
		sum ^= sum >> 32;
	}
	for (; size > 0; size--, bytes++) {
		sum = (sum ^ *bytes) * 0x9e3779b97f4a7c15ULL;
		sum ^= sum >> 32;
	}
	return sum;
}

static struct identity identity_of(const struct stat *status)
{
	return (struct identity){
		status->st_dev,		status->st_ino,		 (uint64_t)status->st_size,
		status->st_mtim.tv_sec, status->st_mtim.tv_nsec, status->st_ctim.tv_sec,
		status->st_ctim.tv_nsec
	};
}

static size_t align8(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static uint64_t header_checksum(const struct header *header)
{
	struct header copy = *header;

	copy.checksum = 0;
	return checksum(1, &copy, sizeof(copy));
}

/* ---- reading ---- */

/* Every index within its array, so that no reader of a summary has to look again. */
static bool is_sound(const struct summary *s)
{
	if (s->text_size == 0 || s->text[s->text_size - 1] != '\0' || s->soname >= s->text_size ||
	    s->rpath >= s->text_size || s->runpath >= s->text_size ||
	    (s->entry != NO_INDEX && s->entry >= s->functions_count) ||
	    (s->program_part != NO_INDEX && s->program_part >= s->functions_count))
		return false;
	for (uint32_t i = 0; i < s->functions_count; i++)
		if (s->functions[i].references > s->functions[i + 1].references ||
		    s->functions[i].name >= s->text_size ||
		    (s->functions[i].stub_of != NO_INDEX &&
		     s->functions[i].stub_of >= s->pointers_count) ||
		    (s->functions[i].part_of != NO_INDEX &&
		     s->functions[i].part_of >= s->functions_count))
			return false;
	if (s->functions[s->functions_count].references != s->references_count ||
	    s->data[s->data_count].pointers != s->pointers_count)
		return false;
	for (uint32_t i = 0; i < s->data_count; i++)
		if (s->data[i].pointers > s->data[i + 1].pointers)
			return false;
	for (uint32_t i = 0; i < s->references_count; i++) {
		uint32_t limits[] = { s->functions_count, s->functions_count, s->data_count,
				      s->pointers_count,  s->pointers_count,  s->text_size };
		unsigned kind = reference_kind(s->references[i]);

		if (kind > REFERENCE_TEXT || reference_index(s->references[i]) >= limits[kind])
			return false;
	}
	for (uint32_t i = 0; i < s->pointers_count; i++) {
		uint32_t limits[] = { s->functions_count, s->data_count,      s->symbols_count,
				      s->symbols_count,	  s->functions_count, s->symbols_count,
				      s->text_size };

		if (s->pointers[i].kind > POINTER_TEXT ||
		    s->pointers[i].index >= limits[s->pointers[i].kind])
			return false;
	}
	for (uint32_t i = 0; i < s->symbols_count; i++) {
		const struct symbol *symbol = &s->symbols[i];
		bool is_code = symbol->kind == SYMBOL_FUNCTION || symbol->kind == SYMBOL_RESOLVER;

		if (symbol->name >= s->text_size || symbol->version >= s->text_size ||
		    (is_code && symbol->index >= s->functions_count) ||
		    (symbol->kind == SYMBOL_DATA && symbol->index != NO_INDEX &&
		     symbol->index >= s->data_count))
			return false;
	}
	for (uint32_t i = 0; i < s->sites_count; i++)
		if (s->sites[i].function >= s->functions_count ||
		    s->sites[i].caller_function >= s->functions_count ||
		    s->sites[i].kind > SITE_UNKNOWN || s->sites[i].abi >= ABI_COUNT ||
		    s->sites[i].origin.kind > ORIGIN_MEMORY || s->sites[i].origin.reg >= 16)
			return false;
	for (uint32_t i = 0; i < s->roots_count; i++)
		if (s->roots[i] >= s->functions_count)
			return false;
	for (uint32_t i = 0; i < s->pointer_roots_count; i++)
		if (s->pointer_roots[i] >= s->pointers_count)
			return false;
	for (uint32_t i = 0; i < s->needed_count; i++)
		if (s->needed[i] >= s->text_size)
			return false;
	return true;
}

/* Takes MEMORY over where it succeeds. */
static struct summary *parse(uint8_t *memory, size_t size, const struct identity *identity,
			     char build_id[BUILD_ID_TEXT])
{
	_cleanup_free_ struct summary *summary = calloc(1, sizeof(*summary));
	struct header header;
	size_t at = align8(sizeof(header));

	if (!summary || size < at)
		return NULL;
	memcpy(&header, memory, sizeof(header));
	if (memcmp(header.magic, magic, sizeof(magic)) != 0 || header.version != CACHE_VERSION ||
	    header.header_size != sizeof(header) ||
	    memcmp(&header.identity, identity, sizeof(*identity)) != 0 ||
	    header.checksum != checksum(header_checksum(&header), memory + at, size - at) ||
	    !memchr(header.build_id, '\0', sizeof(header.build_id)))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(arrays); i++) {
		size_t bytes = ((size_t)header.counts[i] + arrays[i].extra) * arrays[i].element;
		uint8_t *rows = memory + at;

		if (bytes > size - at || align8(bytes) > size - at)
			return NULL;
		memcpy((uint8_t *)summary + arrays[i].pointer, &rows, sizeof(rows));
		memcpy((uint8_t *)summary + arrays[i].count, &header.counts[i], sizeof(uint32_t));
		at += align8(bytes);
	}
	summary->base = header.base;
	summary->entry = header.entry;
	summary->program_part = header.program_part;
	summary->soname = header.soname;
	summary->rpath = header.rpath;
	summary->runpath = header.runpath;
	summary->is_fixed = header.is_fixed;
	summary->has_interpreter = header.has_interpreter;
	summary->wants_writable_code = header.wants_writable_code;
	summary->is_whole = header.is_whole;
	summary->is_symbolic = header.is_symbolic;
	summary->looks_up_any = header.looks_up_any;
	if (!is_sound(summary))
		return NULL;
	summary->memory = memory;
	memcpy(build_id, header.build_id, sizeof(header.build_id));
	return take(summary);
}

/* Only what this user or root wrote, and no one else could. */
static struct summary *load(const char *path, const struct identity *identity,
			    char build_id[BUILD_ID_TEXT])
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_free_ uint8_t *memory = NULL;
	struct summary *summary;
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    (status.st_uid != geteuid() && status.st_uid != 0) || status.st_mode & 022 ||
	    status.st_size <= 0 || status.st_size > CACHE_FILE_LIMIT)
		return NULL;
	memory = malloc((size_t)status.st_size);
	if (!memory || pread(fd, memory, (size_t)status.st_size, 0) != status.st_size)
		return NULL;
	summary = parse(memory, (size_t)status.st_size, identity, build_id);
	if (summary)
		memory = NULL;
	return summary;
}

/* ---- writing ---- */

/* One array, padded to 8 bytes, to OUT (NULL: nowhere). Returns the sum with it added. */
static uint64_t write_rows(FILE *out, const struct summary *summary, const struct array *array,
			   uint64_t sum)
{
	uint8_t tail[8] = { 0 };
	const uint8_t *rows;
	size_t bytes, whole;
	uint32_t count;

	memcpy(&count, (const uint8_t *)summary + array->count, sizeof(count));
	memcpy(&rows, (const uint8_t *)summary + array->pointer, sizeof(rows));
	bytes = ((size_t)count + array->extra) * array->element;
	whole = bytes & ~(size_t)7;
	if (whole < bytes)
		memcpy(tail, rows + whole, bytes - whole);
	if (whole)
		sum = checksum(sum, rows, whole);
	if (whole < bytes)
		sum = checksum(sum, tail, sizeof(tail));
	if (out && whole)
		fwrite(rows, whole, 1, out);
	if (out && whole < bytes)
		fwrite(tail, sizeof(tail), 1, out);
	return sum;
}

static void store(const char *path, const struct summary *summary, const struct identity *identity,
		  const char *build_id)
{
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;
	static const uint8_t padding[8];
	struct error ignored = { 0 };
	struct header header;
	FILE *out;

	memset(&header, 0, sizeof(header));
	memcpy(header.magic, magic, sizeof(magic));
	header.version = CACHE_VERSION;
	header.header_size = sizeof(header);
	header.identity = *identity;
	header.base = summary->base;
	header.entry = summary->entry;
	header.program_part = summary->program_part;
	header.soname = summary->soname;
	header.rpath = summary->rpath;
	header.runpath = summary->runpath;
	header.is_fixed = summary->is_fixed;
	header.has_interpreter = summary->has_interpreter;
	header.wants_writable_code = summary->wants_writable_code;
	header.is_whole = summary->is_whole;
	header.is_symbolic = summary->is_symbolic;
	header.looks_up_any = summary->looks_up_any;
	memcpy(header.build_id, build_id, strlen(build_id));
	for (size_t i = 0; i < ARRAY_SIZE(arrays); i++)
		memcpy(&header.counts[i], (const uint8_t *)summary + arrays[i].count,
		       sizeof(uint32_t));
	header.checksum = header_checksum(&header);
	for (size_t i = 0; i < ARRAY_SIZE(arrays); i++)
		header.checksum = write_rows(NULL, summary, &arrays[i], header.checksum);
	if (file_writer_open(path, 0600, &writer, &ignored) < 0)
		return;
	out = file_writer_stream(writer);
	fwrite(&header, sizeof(header), 1, out);
	fwrite(padding, align8(sizeof(header)) - sizeof(header), 1, out);
	for (size_t i = 0; i < ARRAY_SIZE(arrays); i++)
		write_rows(out, summary, &arrays[i], 0);
	file_writer_commit(take(writer), &ignored);
}

/* The build-id, without reading the file. */
static bool peek_build_id(int fd, char text[BUILD_ID_TEXT])
{
	_cleanup_(elf_file_clear) struct elf_file file = { 0 };

	return elf_file_read(&file, fd) && elf_file_build_id(&file, text);
}

int cache_summary(const char *directory, int fd, const char *path, struct summary **summary,
		  char build_id[BUILD_ID_TEXT], struct image **result, struct error *err)
{
	_cleanup_(image_freep) struct image *image = NULL;
	_cleanup_free_ char *file = NULL;
	struct identity identity;
	struct stat status;
	int r;

	build_id[0] = '\0';
	if (fstat(fd, &status) < 0)
		return error_set_errno(err, -errno, "%s", path);
	identity = identity_of(&status);
	if (directory) {
		char name[BUILD_ID_TEXT];

		/* One without a build-id is kept under what identifies the file. */
		if (!peek_build_id(fd, name))
			snprintf(name, sizeof(name), "file-%016llx",
				 (unsigned long long)checksum(2, &identity, sizeof(identity)));
		if (asprintf(&file, "%s/%s.reach", directory, name) < 0) {
			file = NULL;
			return error_oom(err);
		}
		*summary = load(file, &identity, build_id);
		if (*summary)
			return 0;
	}
	r = image_open(fd, path, &image, err);
	if (r < 0)
		return r;
	if (!image_build_id(image, build_id))
		build_id[0] = '\0';
	r = summary_make(image, summary, err);
	if (r < 0)
		return r;
	if (file && (mkdir(directory, 0700) == 0 || errno == EEXIST))
		store(file, *summary, &identity, build_id);
	*result = take(image);
	return 0;
}
