// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A number in a filter has a meaning only together with the value that it is compared with: the
 * word in A, and for a call's number the architecture that was tested on the way. Both are followed
 * along the jumps, which all lead forward: one pass suffices.
 */
#include "filter/disassemble.h"

#include "common/cleanup.h"
#include "policy/action.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <string.h>

#define NUMBER offsetof(struct seccomp_data, nr)
#define ARCH   offsetof(struct seccomp_data, arch)

/* What is known on two ways is what both know. */
static void join(struct context *at, const struct context *from)
{
	if (!at->is_reached) {
		*at = *from;
		return;
	}
	if (at->loaded != from->loaded || !from->is_loaded)
		at->is_loaded = false;
	if (at->arch != from->arch)
		at->arch = 0;
}

static void step(const struct filter *filter, size_t at, struct context *contexts)
{
	const struct sock_filter *in = &filter->instructions[at];
	struct context after = contexts[at];

	if (!after.is_reached || BPF_CLASS(in->code) == BPF_RET)
		return;
	if (in->code == (BPF_LD | BPF_W | BPF_ABS)) {
		after.is_loaded = true;
		after.loaded = (uint8_t)in->k;
	} else if (BPF_CLASS(in->code) == BPF_LD || BPF_CLASS(in->code) == BPF_ALU ||
		   in->code == (BPF_MISC | BPF_TXA)) {
		after.is_loaded = false;
	}
	if (in->code == (BPF_JMP | BPF_JA)) {
		join(&contexts[at + 1 + in->k], &after);
		return;
	}
	if (BPF_CLASS(in->code) != BPF_JMP) {
		join(&contexts[at + 1], &after);
		return;
	}
	join(&contexts[at + 1 + in->jf], &after);
	if (in->code == (BPF_JMP | BPF_JEQ | BPF_K) && after.is_loaded && after.loaded == ARCH)
		after.arch = in->k;
	join(&contexts[at + 1 + in->jt], &after);
}

int filter_contexts(const struct filter *filter, struct context **contexts, struct error *err)
{
	struct context *made = calloc(filter->count, sizeof(*made));

	if (!made)
		return error_oom(err);
	made[0].is_reached = true;
	for (size_t at = 0; at < filter->count; at++)
		step(filter, at, made);
	*contexts = made;
	return 0;
}

static const char *word_name(uint32_t offset, char *buffer, size_t size)
{
	bool is_second = offset % 8 == 4;

	if (offset == NUMBER)
		return "number";
	if (offset == ARCH)
		return "architecture";
	if (offset < offsetof(struct seccomp_data, args))
		return is_second ? "instruction pointer, second half"
				 : "instruction pointer, first half";
	snprintf(buffer, size, "argument %u, %s half",
		 (unsigned)(offset - offsetof(struct seccomp_data, args)) / 8,
		 is_second ? "second" : "first");
	return buffer;
}

/* What a jump's constant means, or "". */
static const char *constant_name(const struct sock_filter *in, const struct context *context,
				 char *buffer, size_t size)
{
	enum abi abi;
	const char *name;

	buffer[0] = '\0';
	if (!context->is_loaded || BPF_SRC(in->code) != BPF_K || BPF_OP(in->code) == BPF_JSET)
		return buffer;
	if (context->loaded == ARCH && abi_from_audit(in->k, 0, &abi) == 0)
		snprintf(buffer, size, "%s", abi_info(abi)->name);
	if (context->loaded != NUMBER || !context->arch ||
	    abi_from_audit(context->arch, (int)in->k, &abi) < 0)
		return buffer;
	name = syscall_name(abi, (int)in->k);
	if (name)
		snprintf(buffer, size, "%s:%s", abi_info(abi)->name, name);
	else if (in->k == X32_BIT)
		snprintf(buffer, size, "x32");
	return buffer;
}

static const char *const alu_names[] = {
	[BPF_ADD >> 4] = "add", [BPF_SUB >> 4] = "sub", [BPF_MUL >> 4] = "mul",
	[BPF_DIV >> 4] = "div", [BPF_OR >> 4] = "or",	[BPF_AND >> 4] = "and",
	[BPF_LSH >> 4] = "lsh", [BPF_RSH >> 4] = "rsh", [BPF_NEG >> 4] = "neg",
	[BPF_MOD >> 4] = "mod", [BPF_XOR >> 4] = "xor",
};

static const char *const jump_names[] = {
	[BPF_JA >> 4] = "ja",	[BPF_JEQ >> 4] = "jeq",	  [BPF_JGT >> 4] = "jgt",
	[BPF_JGE >> 4] = "jge", [BPF_JSET >> 4] = "jset",
};

static const char *format_load(const struct sock_filter *in, const struct context *context,
			       char *buffer, size_t size)
{
	const char *name = BPF_CLASS(in->code) == BPF_LD ? "ld" : "ldx";
	char word[64];

	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		snprintf(buffer, size, "%s [%u]%s%s", name, in->k, context ? "\t; " : "",
			 context ? word_name(in->k, word, sizeof(word)) : "");
		break;
	case BPF_MEM:
		snprintf(buffer, size, "%s M[%u]", name, in->k);
		break;
	case BPF_LEN:
		snprintf(buffer, size, "%s #len", name);
		break;
	default:
		snprintf(buffer, size, "%s #0x%x", name, in->k);
	}
	return buffer;
}

static const char *format_jump(const struct sock_filter *in, size_t at,
			       const struct context *context, char *buffer, size_t size)
{
	char operand[16], name[96] = "";

	if (BPF_OP(in->code) == BPF_JA) {
		snprintf(buffer, size, "ja %zu", at + 1 + in->k);
		return buffer;
	}
	if (BPF_SRC(in->code) == BPF_X)
		snprintf(operand, sizeof(operand), "x");
	else
		snprintf(operand, sizeof(operand), "#0x%x", in->k);
	if (context)
		constant_name(in, context, name, sizeof(name));
	snprintf(buffer, size, "%s %s, %zu, %zu%s%s", jump_names[BPF_OP(in->code) >> 4], operand,
		 at + 1 + in->jt, at + 1 + in->jf, *name ? "\t; " : "", name);
	return buffer;
}

const char *filter_format(const struct filter *filter, size_t at, const struct context *context,
			  char *buffer, size_t size)
{
	const struct sock_filter *in = &filter->instructions[at];
	char name[32];

	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
	case BPF_LDX:
		return format_load(in, context, buffer, size);
	case BPF_ST:
	case BPF_STX:
		snprintf(buffer, size, "%s M[%u]", BPF_CLASS(in->code) == BPF_ST ? "st" : "stx",
			 in->k);
		return buffer;
	case BPF_JMP:
		return format_jump(in, at, context, buffer, size);
	case BPF_ALU:
		if (BPF_OP(in->code) == BPF_NEG)
			snprintf(buffer, size, "neg");
		else if (BPF_SRC(in->code) == BPF_X)
			snprintf(buffer, size, "%s x", alu_names[BPF_OP(in->code) >> 4]);
		else
			snprintf(buffer, size, "%s #0x%x", alu_names[BPF_OP(in->code) >> 4], in->k);
		return buffer;
	case BPF_RET:
		if (BPF_RVAL(in->code) == BPF_A)
			snprintf(buffer, size, "ret a");
		else
			snprintf(buffer, size, "ret #0x%08x%s%s", in->k, context ? "\t; " : "",
				 context ? action_format(in->k, name, sizeof(name)) : "");
		return buffer;
	default:
		snprintf(buffer, size, "%s", BPF_MISCOP(in->code) == BPF_TAX ? "tax" : "txa");
		return buffer;
	}
}

int filter_disassemble(const struct filter *filter, FILE *out, struct error *err)
{
	_cleanup_free_ struct context *contexts = NULL;
	int r = filter_contexts(filter, &contexts, err);

	for (size_t at = 0; r == 0 && at < filter->count; at++) {
		char text[256];

		if (fprintf(out, "%4zu: %s\n", at,
			    filter_format(filter, at, &contexts[at], text, sizeof(text))) < 0)
			r = error_set_errno(err, errno ? -errno : -EIO, "the instructions");
	}
	return r;
}
