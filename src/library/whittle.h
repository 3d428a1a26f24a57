/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libwhittle: seccomp filters and their meaning.
 *
 * A policy gives each system call an action, by ABI, number and arguments. A filter is what the
 * kernel runs: classic BPF programs. whittle_compile() makes a filter of a policy, and proves it
 * before it answers; whittle_decode() reads any filter back into a policy, exactly or not at all;
 * whittle_compare() finds every call on which two policies or filters differ.
 *
 * Conventions. Functions that can fail return 0 (or a count) or a negative errno, and put a sentence
 * into ERROR, which may be NULL. The caller owns each object that a function returns through a pointer to
 * a pointer, and frees it with the free function of its type; after an error there is no object. A plain
 * pointer belongs to the library and lives as long as the object that it came from. Strings
 * end with a zero byte. The library never prints, never exits, and keeps no state of its own that
 * callers could see: different objects may be used by different threads at once, and one object by
 * several as long as none of them changes it. Filters and policies may come from untrusted
 * sources: time and memory are bounded; a thread that decodes or compares needs 4 MiB of stack.
 *
 * libwhittle(3) has an example and the flags to build with.
 */
#ifndef WHITTLE_H
#define WHITTLE_H

#include <linux/filter.h> /* struct sock_filter */
#include <linux/seccomp.h> /* SECCOMP_RET_*, struct seccomp_data */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef WHITTLE_API
#define WHITTLE_API
#endif

/* "0.1.0" */
WHITTLE_API const char *whittle_version(void);

/* What went wrong, where, and what to do about it. */
struct whittle_error {
	int code; /* the negative errno that was returned */
	char message[2048]; /* one sentence, without a newline */
};

/* ---- names and numbers ---- */

/* The ways into the kernel; a number means nothing without one. The values are for good. */
enum whittle_abi {
	WHITTLE_ABI_X86_64 = 0,
	WHITTLE_ABI_I386 = 1,
	WHITTLE_ABI_X32 = 2, /* its numbers have bit 30 set */
	WHITTLE_ABI_AARCH64 = 3,
	WHITTLE_ABI_ARM = 4,
	WHITTLE_ABI_RISCV64 = 5,
	WHITTLE_ABI_PPC64LE = 6,
	WHITTLE_ABI_S390X = 7,
};

/* "x86_64"; NULL where there is no such ABI. */
WHITTLE_API const char *whittle_abi_name(enum whittle_abi abi);
/* Takes libseccomp's, systemd's and uname(2)'s names too. -ENOENT. */
WHITTLE_API int whittle_abi_from_name(const char *name, enum whittle_abi *abi);
/* By an AUDIT_ARCH number and a call's number, which tells x32 from x86-64. -ENOENT. */
WHITTLE_API int whittle_abi_from_audit(uint32_t arch, int nr, enum whittle_abi *abi);
/* The ABI that this machine's kernel knows at INDEX: 0 is the native one. -ENOENT past the last. */
WHITTLE_API int whittle_abi_local(size_t index, enum whittle_abi *abi);

/* The number of a call, or -ENOENT where the ABI has none of that name. */
WHITTLE_API int whittle_syscall_number(enum whittle_abi abi, const char *name);
/* The name, or NULL. */
WHITTLE_API const char *whittle_syscall_name(enum whittle_abi abi, int nr);

/* An action is the kernel's number: SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM ... In words:
 * "allow", "errno:EPERM", "kill_process". Returns BUFFER; 32 bytes hold every action. */
WHITTLE_API const char *whittle_action_format(uint32_t action, char *buffer, size_t size);
/* -EINVAL where the words mean none. */
WHITTLE_API int whittle_action_parse(const char *text, uint32_t *action);

/* ---- policies ---- */

struct whittle_policy;

/* Refuses everything: EPERM to the calls of its ABIs, of which it has none yet, and the end of the
 * process to those of others. NULL: out of memory. */
WHITTLE_API struct whittle_policy *whittle_policy_new(void);
WHITTLE_API void whittle_policy_free(struct whittle_policy *policy); /* NULL is fine */

/* The text of whittle-policy files. NAME, that of a file say, begins the sentences of errors. */
WHITTLE_API int whittle_policy_parse(const char *name, const void *data, size_t size,
				     struct whittle_policy **policy, struct whittle_error *error);
WHITTLE_API int whittle_policy_read(const char *path, struct whittle_policy **policy,
				    struct whittle_error *error);
WHITTLE_API int whittle_policy_write(const struct whittle_policy *policy, FILE *out,
				     struct whittle_error *error);

/* Has the policy speak for an ABI. -EINVAL where there is no such. */
WHITTLE_API int whittle_policy_add_abi(struct whittle_policy *policy, enum whittle_abi abi);
/* For calls of its ABIs that no rule is for ... */
WHITTLE_API void whittle_policy_set_default(struct whittle_policy *policy, uint32_t action);
/* ... but those of an ABI that are numbered FIRST to LAST, as unsigned ones: 0 and UINT32_MAX are all.
 * Of several the first that was added decides. -EINVAL; -E2BIG past some hundreds. */
WHITTLE_API int whittle_policy_add_default(struct whittle_policy *policy, enum whittle_abi abi,
					   uint32_t first, uint32_t last, uint32_t action);
/* For calls of all other ABIs. */
WHITTLE_API void whittle_policy_set_foreign(struct whittle_policy *policy, uint32_t action);

/* All 64 bits of an argument, unsigned. The values are for good. */
enum whittle_comparison {
	WHITTLE_EQUAL = 0,
	WHITTLE_NOT_EQUAL = 1,
	WHITTLE_LESS = 2,
	WHITTLE_LESS_EQUAL = 3,
	WHITTLE_GREATER = 4,
	WHITTLE_GREATER_EQUAL = 5,
	WHITTLE_MASKED_EQUAL = 6, /* (argument & mask) == value */
};

struct whittle_condition {
	unsigned argument; /* 0 to 5 */
	enum whittle_comparison comparison;
	uint64_t value;
	uint64_t mask; /* of WHITTLE_MASKED_EQUAL, else 0 */
};

/*
 * Adds a rule for a call whose arguments meet all of COUNT conditions (none: whatever the arguments).
 * Of several rules for one call the first that is met decides. FREQUENCY, on any scale, has what is
 * called often be found quickly. The ABI must have been added. -EINVAL.
 */
WHITTLE_API int whittle_policy_add_rule(struct whittle_policy *policy, enum whittle_abi abi, int nr,
					uint32_t action, const struct whittle_condition *conditions,
					size_t count, uint64_t frequency,
					struct whittle_error *error);

/* What the policy holds, to be walked. Rules come by ABI and number, and those of one call in the
 * order in which they are asked. */
struct whittle_rule {
	enum whittle_abi abi;
	int nr;
	uint32_t action;
	uint64_t frequency;
	size_t clauses; /* any one must hold; 0: whatever the arguments */
};

/* Of a call that no rule is for. */
WHITTLE_API uint32_t whittle_policy_default(const struct whittle_policy *policy,
					    enum whittle_abi abi, int nr);
WHITTLE_API uint32_t whittle_policy_foreign(const struct whittle_policy *policy);
WHITTLE_API bool whittle_policy_has_abi(const struct whittle_policy *policy, enum whittle_abi abi);
/* -ENOENT past the last. */
WHITTLE_API int whittle_policy_rule(const struct whittle_policy *policy, size_t index,
				    struct whittle_rule *rule);
/* A condition of a clause of a rule; all of a clause must hold. -ENOENT past the last of either. */
WHITTLE_API int whittle_policy_condition(const struct whittle_policy *policy, size_t rule,
					 size_t clause, size_t index,
					 struct whittle_condition *condition);

/* What becomes of this very call. */
WHITTLE_API uint32_t whittle_policy_evaluate(const struct whittle_policy *policy,
					     enum whittle_abi abi, int nr,
					     const uint64_t arguments[6]);

/* ---- filters ---- */

/* One program or several, as a process has them one on the other; none allows every call. */
struct whittle_filter;

WHITTLE_API void whittle_filter_free(struct whittle_filter *filter); /* NULL is fine */

/* One program, from the bytes of a file (either byte order), or from instructions, which are copied.
 * -EBADMSG or -EINVAL where the kernel would not take it, with the instruction. */
WHITTLE_API int whittle_filter_from_bytes(const void *data, size_t size,
					  struct whittle_filter **filter,
					  struct whittle_error *error);
WHITTLE_API int whittle_filter_from_instructions(const struct sock_filter *instructions,
						 size_t count, struct whittle_filter **filter,
						 struct whittle_error *error);
/* All programs of a running thread. Needs CAP_SYS_ADMIN and a caller without a filter of its own;
 * the thread is stopped only while they are copied, by a child process that this makes and reaps. */
WHITTLE_API int whittle_filter_from_thread(pid_t tid, struct whittle_filter **filter,
					   struct whittle_error *error);
/* Puts copies of another filter's programs on top, as the ones installed later. */
WHITTLE_API int whittle_filter_stack(struct whittle_filter *filter,
				     const struct whittle_filter *newer,
				     struct whittle_error *error);

WHITTLE_API size_t whittle_filter_programs(const struct whittle_filter *filter);
/* A program's instructions, as SECCOMP_SET_MODE_FILTER takes them; 0 is the oldest, NULL is past the
 * last. They stay the filter's. */
WHITTLE_API const struct sock_filter *whittle_filter_instructions(
	const struct whittle_filter *filter, size_t program, size_t *count);
/* A program's bytes, in the byte order of an ABI's machines: what `bwrap --seccomp FD` reads. */
WHITTLE_API int whittle_filter_write(const struct whittle_filter *filter, size_t program,
				     enum whittle_abi abi, FILE *out, struct whittle_error *error);
/* A program as text for people: an instruction a line, with what its numbers mean. */
WHITTLE_API int whittle_filter_disassemble(const struct whittle_filter *filter, size_t program,
					   FILE *out, struct whittle_error *error);

/* A call as the kernel of a machine of that ABI hands it to a filter: where its byte order is the
 * other one, laid out so that each 32-bit word is what the filter loads there. -EINVAL. */
WHITTLE_API int whittle_call_data(enum whittle_abi abi, int nr, const uint64_t arguments[6],
				  struct seccomp_data *call);

/* Runs one call through all programs, as the kernel would. *STEPS, where it is not NULL, is how many
 * instructions that takes. */
WHITTLE_API int whittle_filter_run(const struct whittle_filter *filter,
				   const struct seccomp_data *call, uint32_t *action, size_t *steps,
				   struct whittle_error *error);

/* ---- from one to the other ---- */

struct whittle_compile_options {
	size_t size; /* sizeof(struct whittle_compile_options): later versions have more in it */
	const enum whittle_abi *abis; /* the ABIs to speak for, of one byte order */
	size_t abis_count; /* 0: those of the policy */
	bool for_old_kernel; /* before 5.11, which runs the program for every call */
};

/*
 * OPTIONS may be NULL. The filter has one program, which means exactly what the policy does: it was
 * read back and compared. -E2BIG, with by how much, where the kernel would refuse it for its length;
 * -EINVAL where the ABIs can't be of one machine.
 */
WHITTLE_API int whittle_compile(const struct whittle_policy *policy,
				const struct whittle_compile_options *options,
				struct whittle_filter **filter, struct whittle_error *error);

/*
 * ABIS are those that the policy should name at the least (NULL and 0: as the filter tells them
 * apart). -EOPNOTSUPP, with program and instruction, where a program is beyond what can be read
 * exactly: never a guess.
 */
WHITTLE_API int whittle_decode(const struct whittle_filter *filter, const enum whittle_abi *abis,
			       size_t abis_count, struct whittle_policy **policy,
			       struct whittle_error *error);

/* One of the two. */
struct whittle_side {
	const struct whittle_policy *policy;
	const struct whittle_filter *filter;
};

/* Calls on which two sides differ alike, and one that shows it. */
struct whittle_difference {
	bool is_foreign; /* so it is for every ABI that neither side speaks for */
	enum whittle_abi abi; /* where it is not foreign */
	uint32_t arch; /* AUDIT_ARCH; of the foreign ones an example */
	int first, last; /* numbers, as unsigned ones */
	bool depends_on_arguments; /* false: whatever the arguments */
	uint64_t arguments[6];
	uint64_t instruction_pointer; /* for the rare filter that looks at it */
	uint32_t left, right; /* actions */
};

/*
 * Calls REPORT (NULL: nobody) once per ABI, range of numbers and pair of actions on which the two
 * differ; what it is given lives during the call. Returns the number of differences: 0 where the two
 * mean the same, on every call there can be. -EOPNOTSUPP where a filter can't be read exactly.
 */
WHITTLE_API int whittle_compare(struct whittle_side left, struct whittle_side right,
				void (*report)(void *context,
					       const struct whittle_difference *difference),
				void *context, struct whittle_error *error);

#ifdef __cplusplus
}
#endif

#endif
