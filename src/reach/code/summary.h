/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contribution of one ELF object, which does not depend on the program that loads it: its functions and their references, its
 * data objects and the pointers in them, its symbols, and the places where it enters the kernel.
 * Plain arrays that refer to each other by index, so that a summary is stored and read back
 * unchanged (cache.h) and objects are joined (graph.h) without inspecting their code again.
 */
#ifndef WHITTLE_REACH_CODE_SUMMARY_H
#define WHITTLE_REACH_CODE_SUMMARY_H

#include "elf/image.h"

#define NO_INDEX UINT32_MAX

/* Code that runs as a unit: a compiled function, a part that was split off (.cold), a stub of the
 * procedure linkage table. */
struct function {
	uint32_t start, end; /* rva */
	uint32_t references; /* the first of its own; they end where the next function's begin */
	uint32_t name; /* into text, 0: none */
	uint32_t never_returns; /* a call to it never returns */
	uint32_t stub_of; /* a stub, which only jumps through this pointer; NO_INDEX none */
	uint32_t part_of; /* no code of its own: references of this function; NO_INDEX none */
};

enum reference_kind {
	REFERENCE_CALL, /* function: called or jumped to */
	REFERENCE_TAKE, /* function: its address is taken, so that anyone may call it later */
	REFERENCE_DATA, /* data object: its address is taken, so that all pointers in it are seen */
	REFERENCE_SLOT, /* pointer: this very one is read */
	REFERENCE_CALL_SLOT, /* pointer: called through */
	REFERENCE_TEXT, /* text: a constant that may name a symbol or a file */
};

/* Kind in the upper 4 bits, index in the lower 28. */
typedef uint32_t reference;
#define REFERENCE_INDEX_LIMIT (1U << 28)

static inline reference reference_make(enum reference_kind kind, uint32_t index)
{
	return (uint32_t)kind << 28 | index;
}

static inline enum reference_kind reference_kind(reference from)
{
	return (enum reference_kind)(from >> 28);
}

static inline uint32_t reference_index(reference from)
{
	return from & (REFERENCE_INDEX_LIMIT - 1);
}

enum pointer_kind {
	POINTER_FUNCTION,
	POINTER_DATA,
	POINTER_SYMBOL, /* as the loader binds it */
	POINTER_LINKAGE, /* the same in the global offset table: no part of any data object */
	POINTER_RESOLVER, /* what this function returns when the object is loaded */
	POINTER_COPY, /* all that the symbol's own object has there */
	POINTER_TEXT,
};

/* A word of data that the loader makes an address. */
struct pointer {
	uint32_t where; /* rva; the array is sorted by it */
	uint32_t kind;
	uint32_t index;
};

/* Data that is reached as one; only those that hold pointers are kept. */
struct data {
	uint32_t start; /* rva */
	uint32_t pointers; /* the first of its own; they end where the next one's begin */
};

enum symbol_kind {
	SYMBOL_UNDEFINED,
	SYMBOL_FUNCTION,
	SYMBOL_RESOLVER, /* STT_GNU_IFUNC: the function returns the one to call */
	SYMBOL_DATA, /* index NO_INDEX: it holds no pointers */
	SYMBOL_OTHER, /* absolute or thread-local: nothing to follow */
};

struct symbol {
	uint32_t name; /* into text */
	uint32_t version; /* into text, 0: none */
	uint32_t rva, index;
	uint8_t kind;
	bool is_hidden_version; /* not the default one: bound only where asked for by version */
	bool is_weak;
	bool is_local; /* not for other objects */
};

/* The origin of a value that a function does not compute itself. */
enum origin_kind {
	ORIGIN_REGISTER, /* its value when the function is entered */
	ORIGIN_STACK, /* at OFFSET from the stack pointer at entry (8: the first argument there) */
	ORIGIN_MEMORY, /* OFFSET behind the pointer that the register is at entry */
};

struct origin {
	uint8_t kind;
	uint8_t reg; /* 0 rax, 1 rcx, ... as instructions number them */
	int32_t offset;
};

static inline bool origin_equal(const struct origin *a, const struct origin *b)
{
	return a->kind == b->kind && a->reg == b->reg && a->offset == b->offset;
}

enum site_kind {
	SITE_NUMBER, /* the number is VALUE */
	SITE_CALLER, /* it is what ORIGIN holds when FUNCTION is called */
	SITE_UNKNOWN,
};

/* One number, or one origin of numbers, of one instruction that enters the kernel. */
struct site {
	uint32_t at; /* rva of the instruction */
	uint32_t function; /* where it stands */
	uint32_t kind;
	uint32_t abi; /* enum abi */
	uint32_t value;
	uint32_t caller_function; /* of SITE_CALLER: whose callers decide */
	struct origin origin;
};

/* Arrays of uint32_t where not said otherwise. */
struct summary {
	struct function *functions; /* functions_count + 1: the last one only ends the one before */
	uint32_t functions_count;
	reference *references;
	uint32_t references_count;
	struct pointer *pointers;
	uint32_t pointers_count;
	struct data *data; /* data_count + 1 */
	uint32_t data_count;
	struct symbol *symbols; /* by index in the dynamic symbol table */
	uint32_t symbols_count;
	struct site *sites; /* sorted by function */
	uint32_t sites_count;
	uint32_t *roots; /* functions that run because the object is loaded */
	uint32_t roots_count;
	uint32_t *pointer_roots; /* pointers that are followed because the object is loaded */
	uint32_t pointer_roots_count;
	uint32_t *needed; /* DT_NEEDED, into text */
	uint32_t needed_count;
	char *text; /* begins with an empty one */
	uint32_t text_size;

	uint64_t base;
	uint32_t entry; /* function, or NO_INDEX */
	uint32_t program_part; /* of a loader: code that runs only if the loader is the program
			        * itself */
	uint32_t soname, rpath, runpath; /* into text, 0: none */
	uint32_t is_fixed; /* ET_EXEC */
	uint32_t has_interpreter;
	uint32_t wants_writable_code; /* as in struct image, or DT_TEXTREL */
	uint32_t is_symbolic; /* its own symbols come before those of others */
	uint32_t looks_up_any; /* names that are no constants: any text may be one */
	uint32_t is_whole; /* its calls cannot be distinguished (Go): all of it counts as reached */
	void *memory; /* the arrays' own, where they were read from a cache; else NULL */
};

int summary_make(const struct image *image, struct summary **summary, struct error *err);
void summary_freep(struct summary **summary);

/* The function that holds the address, or NO_INDEX. */
uint32_t summary_function_at(const struct summary *summary, uint32_t rva);
/* The pointer at this very address, or NO_INDEX. */
uint32_t summary_pointer_at(const struct summary *summary, uint32_t rva);

/* Whether other objects can name the function. */
bool summary_is_exported(const struct summary *summary, uint32_t function);

static inline const char *summary_text(const struct summary *summary, uint32_t text)
{
	return summary->text + text;
}

#endif
