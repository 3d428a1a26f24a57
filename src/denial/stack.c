// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The mapped files with their addresses come from the BPF program where the kernel lets it list them, else from
 * /proc/PID/maps. While the process runs, files are opened below /proc/PID/root, in its own view.
 */
#include "denial/stack.h"

#include "common/cleanup.h"
#include "common/untrusted.h"
#include "elf/file.h"
#include "elf/unwind.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SYMBOLS_MAX 2000000 /* read for one stack: 48 MB */

struct mapping {
	uint64_t start, end, offset;
	char *path;
	bool is_tried, is_open;
	struct elf_file file;
};

struct stack_reader {
	uint32_t tgid; /* whose mappings these are */
	size_t count;
	struct mapping mappings[DENIAL_MAPPINGS];
};

struct stack {
	size_t count;
	struct mapping mappings[DENIAL_MAPPINGS];
	struct denial_event event;
};

struct stack_reader *stack_reader_new(void)
{
	return calloc(1, sizeof(struct stack_reader));
}

static void clear_mappings(struct mapping *mappings, size_t *count)
{
	for (size_t i = 0; i < *count; i++) {
		if (mappings[i].is_open)
			close(mappings[i].file.fd);
		if (mappings[i].is_tried)
			elf_file_clear(&mappings[i].file);
		free(mappings[i].path);
	}
	*count = 0;
}

void stack_reader_freep(struct stack_reader **reader)
{
	if (!*reader)
		return;
	clear_mappings((*reader)->mappings, &(*reader)->count);
	free(take(*reader));
}

void stack_freep(struct stack **stack)
{
	if (!*stack)
		return;
	clear_mappings((*stack)->mappings, &(*stack)->count);
	free(take(*stack));
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

static bool add_mapping(struct mapping *mappings, size_t *count, uint64_t start, uint64_t end,
			uint64_t offset, char *path)
{
	if (!path || *count == DENIAL_MAPPINGS) {
		free(path);
		return false;
	}
	mappings[(*count)++] =
		(struct mapping){ .start = start, .end = end, .offset = offset, .path = path };
	return true;
}

void stack_add_mapping(struct stack_reader *reader, const struct denial_mapping *mapping)
{
	if (reader->tgid != mapping->tgid)
		clear_mappings(reader->mappings, &reader->count);
	reader->tgid = mapping->tgid;
	add_mapping(reader->mappings, &reader->count, mapping->start, mapping->end, mapping->offset,
		    stack_join_path(&mapping->path));
}

struct stack *stack_take(struct stack_reader *reader, const struct denial_event *event)
{
	struct stack *stack = event->stack_size ? calloc(1, sizeof(*stack)) : NULL;

	/* What the kernel half sent counts only if none was lost on the way. */
	if (stack && event->mappings && reader->tgid == event->key.tgid &&
	    reader->count == event->mappings) {
		memcpy(stack->mappings, reader->mappings, sizeof(stack->mappings));
		stack->count = reader->count;
		reader->count = 0;
	}
	if (stack)
		stack->event = *event;
	reader->tgid = 0;
	clear_mappings(reader->mappings, &reader->count);
	return stack;
}

/* Lines of /proc/PID/maps: "start-end rwxp offset dev inode path". */
static void read_mappings(struct stack *stack)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *line = NULL;
	char path[64];
	size_t room = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", stack->event.pid);
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
			add_mapping(stack->mappings, &stack->count, start, end, offset,
				    strdup(line + name));
	}
}

/* Opened as the process sees it; where that is gone, as we do. */
static int open_object(int pid, const char *path)
{
	int fd = pid > 0 ? untrusted_open_of(pid, path) : -1;

	return fd < 0 ? untrusted_open(path) : fd;
}

/* One stack being unwound. */
struct unwinding {
	struct stack *stack;
	struct elf_frame frame;
	uint64_t symbols_left;
	FILE *out;
};

/* The object that ADDRESS is in, and the address in its file; NULL: none, or it can't be read. */
static struct mapping *find_object(struct stack *stack, uint64_t address, uint64_t *in_file)
{
	for (size_t i = 0; i < stack->count; i++) {
		struct mapping *mapping = &stack->mappings[i];
		int fd;

		if (address < mapping->start || address >= mapping->end)
			continue;
		if (!mapping->is_tried) {
			fd = open_object(stack->event.pid, mapping->path);
			mapping->is_tried = true;
			mapping->is_open = fd >= 0;
			if (fd < 0 || !elf_file_read(&mapping->file, fd))
				mapping->file.segments_count = 0;
			mapping->file.fd = fd;
		}
		return mapping->is_open &&
				       elf_file_address(&mapping->file,
							address - mapping->start + mapping->offset,
							in_file)
			       ? mapping
			       : NULL;
	}
	return NULL;
}

static bool read_stack(void *context, uint64_t address, unsigned size, uint64_t *value)
{
	const struct unwinding *unwinding = context;
	const struct denial_event *event = &unwinding->stack->event;
	uint64_t at = address - event->sp;

	if (address < event->sp || event->stack_size > DENIAL_STACK || at > event->stack_size ||
	    event->stack_size - at < size)
		return false;
	*value = 0;
	memcpy(value, event->stack + at, size); /* both sides are little-endian */
	return true;
}

static void set_register(struct elf_frame *frame, unsigned number, uint64_t value)
{
	frame->registers[number] = value;
	frame->known |= 1U << number;
}

/* In DWARF's numbering (System V ABI: x86-64 table 3.36, i386 table 2.14). */
static void set_registers(struct elf_frame *frame, const struct denial_event *event)
{
	bool is_32_bit = event->key.abi == DENIAL_I386;

	/* The next instruction is behind the call of the system, which is of the same function. */
	*frame = (struct elf_frame){ .stack = is_32_bit ? 4 : 7,
				     .address = is_32_bit ? 8 : 16,
				     .word = is_32_bit ? 4 : 8,
				     .is_interrupted = true };
	set_register(frame, 3, event->bx);
	set_register(frame, frame->stack, event->sp);
	set_register(frame, frame->address, event->ip);
	if (is_32_bit) {
		set_register(frame, 5, event->bp);
		set_register(frame, 6, event->arguments[3]);
		set_register(frame, 7, event->arguments[4]);
		return;
	}
	set_register(frame, 6, event->bp);
	set_register(frame, 12, event->r12);
	set_register(frame, 13, event->r13);
	set_register(frame, 14, event->r14);
	set_register(frame, 15, event->r15);
}

/*
 * A 32-bit process enters by __kernel_vsyscall of the vDSO, which is in no file. It saves three
 * registers (arch/x86/entry/vdso/vdso32/system_call.S): this goes on as if it had returned.
 */
static void leave_vsyscall(struct unwinding *unwinding)
{
	const struct denial_event *event = &unwinding->stack->event;
	uint64_t bp, ip, in_file;

	if (find_object(unwinding->stack, event->ip, &in_file) ||
	    !read_stack(unwinding, event->sp, 4, &bp) ||
	    !read_stack(unwinding, event->sp + 12, 4, &ip))
		return;
	set_register(&unwinding->frame, 5, bp);
	set_register(&unwinding->frame, unwinding->frame.address, ip);
	set_register(&unwinding->frame, unwinding->frame.stack, event->sp + 16);
	unwinding->frame.is_interrupted = false;
}

/* Code without tables may keep frame pointers: the caller's, and behind it the return address. */
static bool follow_pointers(struct unwinding *unwinding)
{
	struct elf_frame *frame = &unwinding->frame;
	unsigned number = frame->word == 4 ? 5 : 6, word = frame->word;
	uint64_t bp, ip, at = frame->registers[number];

	if (!(frame->known >> number & 1) || !read_stack(unwinding, at, word, &bp) ||
	    !read_stack(unwinding, at + word, word, &ip))
		return false;
	frame->known = 0;
	set_register(frame, number, bp);
	set_register(frame, frame->stack, at + 2 * word);
	set_register(frame, frame->address, ip);
	frame->is_interrupted = false;
	return true;
}

static bool go_to_caller(struct unwinding *unwinding, const struct mapping *mapping,
			 uint64_t in_file)
{
	struct elf_frame *frame = &unwinding->frame;
	uint64_t before = frame->registers[frame->stack];

	switch (elf_unwind(&mapping->file, in_file, frame, read_stack, unwinding)) {
	case ELF_UNWIND_CALLER:
		break;
	case ELF_UNWIND_NO_TABLE:
		if (!follow_pointers(unwinding))
			return false;
		break;
	case ELF_UNWIND_LAST:
	case ELF_UNWIND_BROKEN:
		return false;
	}
	/* The stack grows downwards: a caller's is above, or the data is made up. */
	return frame->registers[frame->stack] > before && frame->registers[frame->address];
}

static void unwind(struct unwinding *unwinding)
{
	struct elf_frame *frame = &unwinding->frame;

	for (unsigned i = 0; i < STACK_FRAMES; i++) {
		/* A return address may be that of the next function already. */
		uint64_t pc = frame->registers[frame->address] - !frame->is_interrupted, in_file;
		const struct mapping *mapping = find_object(unwinding->stack, pc, &in_file);
		char name[ELF_FILE_NAME_MAX];
		const char *slash;

		if (!mapping)
			return;
		fputs(i ? " <- " : "", unwinding->out);
		slash = strrchr(mapping->path, '/');
		if (elf_file_function(&mapping->file, in_file, &unwinding->symbols_left, name))
			fputs(name, unwinding->out);
		else
			fprintf(unwinding->out, "%s+0x%" PRIx64, slash ? slash + 1 : "?", in_file);
		if (!go_to_caller(unwinding, mapping, in_file))
			return;
	}
}

char *stack_resolve(struct stack *stack)
{
	struct unwinding unwinding = { .stack = stack, .symbols_left = SYMBOLS_MAX };
	_cleanup_free_ char *text = NULL;
	size_t size = 0;

	if (!stack->count)
		read_mappings(stack);
	set_registers(&unwinding.frame, &stack->event);
	unwinding.out = open_memstream(&text, &size);
	if (!unwinding.out)
		return NULL;
	if (stack->event.key.abi == DENIAL_I386)
		leave_vsyscall(&unwinding);
	unwind(&unwinding);
	if (fclose(unwinding.out) != 0 || size == 0)
		return NULL;
	return take(text);
}
