// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The target's memory: reads and writes it from outside, and searches for places where the target's
 * own data is not disturbed.
 */
#if defined(__x86_64__)

#include "attach/attach_job.h"

#include "common/cleanup.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/* One mapping of /proc/PID/maps. */
struct mapping {
	uint64_t start, end;
	char permissions[5];
	bool is_stack;
};

int attach_memory_read(pid_t pid, uint64_t address, void *data, size_t size)
{
	struct iovec local = { data, size }, remote = { (void *)(uintptr_t)address, size };
	ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);

	if (got < 0)
		return -errno;
	return (size_t)got == size ? 0 : -EFAULT;
}

int attach_memory_write(pid_t pid, uint64_t address, const void *data, size_t size)
{
	struct iovec local = { (void *)(uintptr_t)data, size };
	struct iovec remote = { (void *)(uintptr_t)address, size };
	ssize_t got = process_vm_writev(pid, &local, 1, &remote, 1, 0);

	if (got < 0)
		return -errno;
	return (size_t)got == size ? 0 : -EFAULT;
}

int attach_memory_poke(pid_t thread, uint64_t address, const void *data, size_t size)
{
	for (size_t at = 0; at < size; at += sizeof(long)) {
		long word;

		memcpy(&word, (const char *)data + at, sizeof(word));
		if (ptrace(PTRACE_POKEDATA, thread, (void *)(uintptr_t)(address + at),
			   (void *)word) < 0)
			return -errno;
	}
	return 0;
}

static int next_mapping(FILE *maps, struct mapping *mapping)
{
	char *line = NULL;
	size_t room = 0;
	char name[64] = "";
	int r = -ENOENT;

	*mapping = (struct mapping){ 0 };
	if (getline(&line, &room, maps) > 0) {
		r = sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %*s %63s", &mapping->start,
			   &mapping->end, mapping->permissions, name) >= 3
			    ? 0
			    : -EBADMSG;
		mapping->is_stack = strcmp(name, "[stack]") == 0;
	}
	free(line);
	return r;
}

static FILE *open_maps(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	return fopen(path, "re");
}

/* The end of the executable segment of the ELF image that is mapped at BASE, if it ends within LAST,
 * a mapping of that image; 0 none. The image is the target's, and hostile: every number is checked
 * by reading through it and by the bounds of the mapping. */
static uint64_t segment_end(pid_t pid, uint64_t base, const struct mapping *last)
{
	Elf64_Ehdr header;
	uint64_t bias = 0, end = 0;

	if (attach_memory_read(pid, base, &header, sizeof(header)) < 0 ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr) ||
	    header.e_phnum > 64)
		return 0;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < header.e_phnum; i++) {
			Elf64_Phdr segment;

			if (attach_memory_read(pid, base + header.e_phoff + i * sizeof(segment),
					       &segment, sizeof(segment)) < 0)
				return 0;
			if (segment.p_type != PT_LOAD)
				continue;
			if (pass == 0 && segment.p_offset == 0)
				bias = base - segment.p_vaddr;
			end = bias + segment.p_vaddr + segment.p_memsz;
			if (pass == 1 && (segment.p_flags & PF_X) && end > last->start &&
			    end <= last->end)
				return end;
		}
	}
	return 0;
}

uint64_t attach_memory_find_place(pid_t pid)
{
	_cleanup_fclose_ FILE *maps = open_maps(pid);
	const uint64_t size = attach_routine_size;
	int missing = maps ? 0 : errno;
	struct mapping mapping;
	uint64_t image = 0; /* where the ELF header of the mappings that follow stands */

	while (maps && next_mapping(maps, &mapping) == 0) {
		char magic[SELFMAG];
		uint64_t end;

		if (mapping.permissions[0] == 'r' &&
		    attach_memory_read(pid, mapping.start, magic, sizeof(magic)) == 0 &&
		    memcmp(magic, ELFMAG, SELFMAG) == 0)
			image = mapping.start;
		/* A shared mapping's page is the file's: it must not be written. */
		if (!image || mapping.permissions[2] != 'x' || mapping.permissions[3] != 'p')
			continue;
		end = segment_end(pid, image, &mapping);
		end = (end + 15) & ~15ULL;
		if (end && end + size <= mapping.end && mapping.end - end < 4096)
			return end;
	}
	if (!maps)
		errno = missing;
	return 0;
}

bool attach_memory_has_room_below(const struct job *job, const struct user_regs_struct *registers,
				  size_t size)
{
	_cleanup_fclose_ FILE *maps = open_maps(job->pid);
	struct mapping mapping;

	while (maps && next_mapping(maps, &mapping) == 0) {
		bool is_own;

		if (registers->rsp < mapping.start || registers->rsp >= mapping.end)
			continue;
		if (job->thread == job->pid)
			is_own = mapping.is_stack;
		else
			is_own = registers->fs_base > registers->rsp &&
				 registers->fs_base < mapping.end;
		return is_own && mapping.permissions[1] == 'w' &&
		       registers->rsp - mapping.start > size;
	}
	return false;
}

bool attach_memory_in_restartable_sequence(pid_t thread, uint64_t rip)
{
	struct {
		uint64_t pointer;
		uint32_t size, signature, flags, pad;
	} area = { 0 };
	struct {
		uint32_t version, flags;
		uint64_t start, length, abort;
	} section;
	uint64_t at;

	if (ptrace((enum __ptrace_request)0x420f, thread, (void *)sizeof(area), &area) < 0 ||
	    !area.pointer)
		return false;
	if (attach_memory_read(thread, area.pointer + 8, &at, sizeof(at)) < 0 || !at)
		return false;
	return attach_memory_read(thread, at, &section, sizeof(section)) < 0 ||
	       rip - section.start < section.length;
}

#endif
