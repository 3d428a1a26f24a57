// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libdwfl gets three things: the mapped files with their addresses (from the BPF program for a process that
 * is being killed, else from /proc/PID/maps), the registers, and a memory reader for the copied part of the
 * stack. While the process runs, files are opened below /proc/PID/root, in its own view.
 */
#include "denial/stack.h"

#include "common/cleanup.h"
#include "common/untrusted.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct mapping {
	uint64_t start, end, offset;
	char *path;
};

struct stack_reader {
	uint32_t tgid; /* whose mappings these are */
	size_t count;
	struct mapping mappings[DENIAL_MAPPINGS];
};

/* One stack being unwound. */
struct unwinding {
	const struct denial_event *event;
	Dwfl *dwfl;
	bool is_32_bit;
	uint64_t ip, sp, bp; /* as the unwinding begins */
	unsigned frames;
	FILE *out;
};

struct stack_reader *stack_reader_new(void)
{
	return calloc(1, sizeof(struct stack_reader));
}

static void clear_mappings(struct stack_reader *reader)
{
	for (size_t i = 0; i < reader->count; i++)
		free(reader->mappings[i].path);
	reader->count = 0;
}

void stack_reader_freep(struct stack_reader **reader)
{
	if (!*reader)
		return;
	clear_mappings(*reader);
	free(take(*reader));
}

char *stack_join_path(const struct record_path *path)
{
	size_t length = path->length < sizeof(path->names) ? path->length : sizeof(path->names);
	_cleanup_free_ char *joined = malloc(length + 2);
	size_t used = 0;

	if (!joined || length == 0)
		return NULL;
	/* Each name ends with a NUL; the last one is the first of the path. */
	for (size_t end = length; end > 0;) {
		size_t start = end - 1;

		while (start > 0 && path->names[start - 1])
			start--;
		joined[used++] = '/';
		memcpy(joined + used, path->names + start, end - 1 - start);
		used += end - 1 - start;
		end = start;
	}
	joined[used] = '\0';
	return take(joined);
}

static bool add_mapping(struct stack_reader *reader, uint64_t start, uint64_t end, uint64_t offset,
			char *path)
{
	if (!path || reader->count == DENIAL_MAPPINGS) {
		free(path);
		return false;
	}
	reader->mappings[reader->count++] = (struct mapping){ start, end, offset, path };
	return true;
}

void stack_add_mapping(struct stack_reader *reader, const struct denial_mapping *mapping)
{
	if (reader->tgid != mapping->tgid)
		clear_mappings(reader);
	reader->tgid = mapping->tgid;
	add_mapping(reader, mapping->start, mapping->end, mapping->offset,
		    stack_join_path(&mapping->path));
}

/* Lines of /proc/PID/maps: "start-end rwxp offset dev inode path". */
static void read_mappings(struct stack_reader *reader, int pid)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *line = NULL;
	char path[64];
	size_t room = 0;

	clear_mappings(reader);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (getline(&line, &room, file) > 0) {
		uint64_t start, end, offset;
		char access[5];
		int name = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n", &start, &end,
			   access, &offset, &name) < 4)
			continue;
		if (access[2] == 'x' && name > 0 && line[name] == '/')
			add_mapping(reader, start, end, offset, strdup(line + name));
	}
}

/* Opened as the process sees it; where that is gone, as we do. */
static int open_object(int pid, const char *path)
{
	int fd = pid > 0 ? untrusted_open_of(pid, path) : -1;

	return fd < 0 ? untrusted_open(path) : fd;
}

/* By how much the object was moved: its executable segment's place in memory against that in the
 * file. False where FD is no ELF file that has such a segment. */
static bool find_bias(int fd, const struct mapping *mapping, uint64_t *bias)
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	size_t count = 0;
	bool found = false;

	if (!elf)
		return false;
	if (elf_getphdrnum(elf, &count) < 0)
		count = 0;
	for (size_t i = 0; !found && i < count && i < 64; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD ||
		    !(header.p_flags & PF_X))
			continue;
		if (mapping->offset > header.p_offset ||
		    header.p_offset - mapping->offset >= mapping->end - mapping->start)
			continue;
		*bias = mapping->start - mapping->offset + header.p_offset - header.p_vaddr;
		found = true;
	}
	elf_end(elf);
	return found;
}

static void report_objects(struct unwinding *unwinding, const struct stack_reader *reader)
{
	int pid = unwinding->event->pid;

	dwfl_report_begin(unwinding->dwfl);
	for (size_t i = 0; i < reader->count; i++) {
		const struct mapping *mapping = &reader->mappings[i];
		int fd = open_object(pid, mapping->path);
		uint64_t bias;

		if (fd < 0)
			continue;
		/* On success the descriptor is the library's. */
		if (!find_bias(fd, mapping, &bias) ||
		    !dwfl_report_elf(unwinding->dwfl, mapping->path, mapping->path, fd, bias, true))
			close(fd);
	}
	dwfl_report_end(unwinding->dwfl, NULL, NULL);
}

static bool read_stack(const struct denial_event *event, uint64_t address, size_t size,
		       uint64_t *value)
{
	uint64_t at = address - event->sp;

	if (address < event->sp || event->stack_size > DENIAL_STACK || at > event->stack_size ||
	    event->stack_size - at < size)
		return false;
	*value = 0;
	memcpy(value, event->stack + at, size); /* both sides are little-endian */
	return true;
}

/*
 * A 32-bit process enters by __kernel_vsyscall of the vDSO, which is in no file. It saves three
 * registers (arch/x86/entry/vdso/vdso32/system_call.S): this goes on as if it had returned.
 */
static void leave_vsyscall(struct unwinding *unwinding)
{
	const struct denial_event *event = unwinding->event;
	uint64_t bp, ip;

	if (dwfl_addrmodule(unwinding->dwfl, unwinding->ip) ||
	    !read_stack(event, event->sp, 4, &bp) || !read_stack(event, event->sp + 12, 4, &ip))
		return;
	unwinding->bp = bp;
	unwinding->ip = ip;
	unwinding->sp = event->sp + 16;
}

static pid_t next_thread(Dwfl *dwfl, void *context, void **thread)
{
	(void)dwfl;
	if (*thread)
		return 0;
	*thread = context;
	return 1;
}

/* In DWARF's numbering (System V ABI: x86-64 table 3.36, i386 table 2.14). */
static bool set_registers(Dwfl_Thread *thread, void *context)
{
	const struct unwinding *unwinding = context;
	const struct denial_event *event = unwinding->event;
	const Dwarf_Word registers[17] = {
		[3] = event->bx,   [6] = unwinding->bp, [7] = unwinding->sp, [12] = event->r12,
		[13] = event->r13, [14] = event->r14,	[15] = event->r15,   [16] = unwinding->ip,
	};
	const Dwarf_Word registers_32[9] = {
		[3] = event->bx,	   [4] = unwinding->sp,	      [5] = unwinding->bp,
		[6] = event->arguments[3], [7] = event->arguments[4], [8] = unwinding->ip,
	};

	return unwinding->is_32_bit ? dwfl_thread_state_registers(thread, 0, 9, registers_32)
				    : dwfl_thread_state_registers(thread, 0, 17, registers);
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *value, void *context)
{
	const struct unwinding *unwinding = context;

	(void)dwfl;
	return read_stack(unwinding->event, address, unwinding->is_32_bit ? 4 : 8, value);
}

/* Of the names of one function the one that people call it by: sbrk, not __sbrk. */
static const char *find_name(Dwfl_Module *module, Dwarf_Addr pc)
{
	GElf_Off offset;
	GElf_Sym symbol;
	const char *name = dwfl_module_addrinfo(module, pc, &offset, &symbol, NULL, NULL, NULL);
	int count = name && name[0] == '_' ? dwfl_module_getsymtab(module) : 0;

	for (int i = 1; i < count; i++) {
		GElf_Addr address;
		const char *other =
			dwfl_module_getsym_info(module, i, &symbol, &address, NULL, NULL, NULL);

		if (other && other[0] && other[0] != '_' && address == pc - offset &&
		    GELF_ST_TYPE(symbol.st_info) == STT_FUNC)
			return other;
	}
	return name;
}

static int on_frame(Dwfl_Frame *frame, void *context)
{
	struct unwinding *unwinding = context;
	Dwfl_Module *module;
	const char *name, *path = NULL, *slash;
	Dwarf_Addr pc, bias;
	bool is_innermost;

	if (!dwfl_frame_pc(frame, &pc, &is_innermost) || unwinding->frames == STACK_FRAMES)
		return DWARF_CB_ABORT;
	/* A return address may be that of the next function already. */
	if (!is_innermost)
		pc--;
	module = dwfl_addrmodule(unwinding->dwfl, pc);
	if (!module)
		return DWARF_CB_ABORT;
	name = find_name(module, pc);
	fputs(unwinding->frames++ ? " <- " : "", unwinding->out);
	if (name) {
		fputs(name, unwinding->out);
		return DWARF_CB_OK;
	}
	path = dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	slash = path ? strrchr(path, '/') : NULL;
	dwfl_module_getelf(module, &bias);
	fprintf(unwinding->out, "%s+0x%" PRIx64, slash ? slash + 1 : "?", (uint64_t)(pc - bias));
	return DWARF_CB_OK;
}

/* Symbols come from the objects themselves: no search on disk or over the network. */
static int find_no_debuginfo(Dwfl_Module *module, void **userdata, const char *name,
			     Dwarf_Addr base, const char *file, const char *link, GElf_Word crc,
			     char **found)
{
	(void)module, (void)userdata, (void)name, (void)base, (void)file, (void)link, (void)crc;
	(void)found;
	return -1;
}

static void unwind(struct unwinding *unwinding, const struct stack_reader *reader)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = find_no_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	static const Dwfl_Thread_Callbacks threads = {
		.next_thread = next_thread,
		.memory_read = read_memory,
		.set_initial_registers = set_registers,
	};

	elf_version(EV_CURRENT);
	unwinding->dwfl = dwfl_begin(&callbacks);
	if (!unwinding->dwfl)
		return;
	report_objects(unwinding, reader);
	if (unwinding->is_32_bit)
		leave_vsyscall(unwinding);
	if (dwfl_attach_state(unwinding->dwfl, NULL, 1, &threads, unwinding))
		dwfl_getthread_frames(unwinding->dwfl, 1, on_frame, unwinding);
	dwfl_end(unwinding->dwfl);
}

char *stack_read(struct stack_reader *reader, const struct denial_event *event)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	struct unwinding unwinding = {
		.event = event,
		.is_32_bit = event->key.abi == DENIAL_I386,
		.ip = event->ip,
		.sp = event->sp,
		.bp = event->bp,
	};

	/* What the kernel half sent counts only if none was lost on the way. */
	if (!event->mappings || reader->tgid != event->key.tgid || reader->count != event->mappings)
		read_mappings(reader, event->pid);
	reader->tgid = 0;
	unwinding.out = open_memstream(&text, &size);
	if (!unwinding.out)
		return NULL;
	if (reader->count)
		unwind(&unwinding, reader);
	clear_mappings(reader);
	if (fclose(unwinding.out) != 0 || size == 0)
		return NULL;
	return take(text);
}
