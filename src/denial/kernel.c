// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The kernel's table of kinds (bpf/denial.h) has a copy here: for each kind, the part of its count that
 * was reported already, and the process, which may have ended when the counts are read. When the table is
 * half full, the kinds of ended processes are removed from both.
 */
#include "denial/kernel.h"

#include "bpf/denial.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/table.h"
#include "denial/owner.h"
#include "denial/stack.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <denial.skel.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#define KINDS_MAX ((size_t)2 * DENIAL_KINDS)
#define BATCH	  ((size_t)512)

/* A kind, and the latest of its denials that came in detail. */
struct kind {
	struct denial_key key;
	uint64_t told; /* reported, of those that were only counted */
	uint64_t last_count; /* at the sweep before */
	int64_t pid; /* in this PID namespace; 0 unknown */
	int64_t uid;
	uint64_t ip;
	uint64_t site; /* the address that STACK belongs to */
	bool is_unwanted;
	bool has_arguments;
	uint64_t arguments[6];
	char comm[16];
	char *exe; /* NULL unknown */
	char *cgroup; /* NULL unknown */
	char *stack; /* NULL unknown */
};

struct denial_kernel {
	struct denial_kernel_events events;
	struct denial_bpf *bpf;
	struct ring_buffer *ring;
	struct stack_reader *stacks;
	struct error *err; /* of the read under way */
	struct kind **kinds;
	size_t kinds_count;
	struct table by_key;
};

/* libbpf's reason for the latest failure, in place of its own printing. */
static _Thread_local char reason[512];

__attribute__((format(printf, 2, 0))) static int keep_reason(enum libbpf_print_level level,
							     const char *format, va_list ap)
{
	if (level == LIBBPF_WARN && !reason[0]) {
		vsnprintf(reason, sizeof(reason), format, ap);
		reason[strcspn(reason, "\n")] = '\0';
	}
	return 0;
}

static void kind_free(struct kind *kind)
{
	free(kind->exe);
	free(kind->cgroup);
	free(kind->stack);
	free(kind);
}

void denial_kernel_closep(struct denial_kernel **at)
{
	struct denial_kernel *kernel = take(*at);

	if (!kernel)
		return;
	ring_buffer__free(kernel->ring);
	denial_bpf__destroy(kernel->bpf);
	stack_reader_freep(&kernel->stacks);
	for (size_t i = 0; i < kernel->kinds_count; i++)
		kind_free(kernel->kinds[i]);
	free(kernel->kinds);
	table_free(&kernel->by_key);
	free(kernel);
}

static const enum abi abis[DENIAL_ABIS] = {
	[DENIAL_NATIVE] = ABI_X86_64,
	[DENIAL_I386] = ABI_I386,
	[DENIAL_X32] = ABI_X32,
};

/* The arguments that distinguish denials of a call: the project's table, by number. */
static int fill_rules(struct denial_bpf *bpf)
{
	const struct syscall_arguments *table;
	size_t count = syscall_arguments_table(&table);
	int fd = bpf_map__fd(bpf->maps.rules);

	for (unsigned abi = 0; abi < DENIAL_ABIS; abi++) {
		for (size_t i = 0; i < count; i++) {
			int nr = syscall_number(abis[abi], table[i].name);
			struct denial_rule rule = { 0 };
			uint32_t at;

			if (nr < 0 || (nr & ~X32_BIT) >= DENIAL_RULES)
				continue;
			for (unsigned j = 0; j < table[i].count && rule.count < DENIAL_VALUES;
			     j++) {
				const struct argument *argument = &table[i].argument[j];

				if (argument->pointee_offset >= 0)
					continue;
				rule.index[rule.count] = argument->index;
				rule.mask[rule.count++] = argument->mask;
			}
			at = abi * DENIAL_RULES + (uint32_t)(nr & ~X32_BIT);
			if (bpf_map_update_elem(fd, &at, &rule, BPF_ANY) < 0)
				return -errno;
		}
	}
	return 0;
}

static int open_error(int code, struct error *err)
{
	const char *why = reason[0] ? reason : strerrordesc_np(-code);

	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return error_set(err, -EOPNOTSUPP,
				 "this kernel has no BTF type information "
				 "(/sys/kernel/btf/vmlinux is missing): watching denials with BPF "
				 "needs Linux 6.1 or newer, built with CONFIG_DEBUG_INFO_BTF");
	if (code == -EPERM || code == -EACCES)
		return error_set(err, -EPERM,
				 "no permission to load BPF programs (%s): this needs root, or "
				 "CAP_BPF and CAP_PERFMON in the initial user namespace",
				 why);
	return error_set(err, -EOPNOTSUPP, "the kernel rejects the BPF programs: %s", why);
}

/* Runs the iterator that gives the kernel half this PID namespace and finds the family. */
static int begin(struct denial_bpf *bpf)
{
	_cleanup_close_ int fd = bpf_iter_create(bpf_link__fd(bpf->links.denial_begin));
	char buffer[64];

	if (fd < 0)
		return -errno;
	return read(fd, buffer, sizeof(buffer)) < 0 ? -errno : 0;
}

/* The kernel keeps what filters are made of where it can be checkpointed: then there is this file too. */
static bool keeps_filters(void)
{
	return access("/proc/sys/kernel/ns_last_pid", F_OK) == 0;
}

/* Loads only the needed programs: those for pairs of sys_enter and sys_exit, and for the family's
 * marks, are optional. */
static int choose(struct denial_bpf *bpf, const struct denial_kernel_events *events)
{
	bool by_pairs = !keeps_filters();
	int r = 0;

	bpf->rodata->by_pairs = by_pairs;
	bpf->bss->family_pid = events->family;
	bpf_program__set_autoload(bpf->progs.denial_sys_enter, by_pairs);
	bpf_program__set_autoload(bpf->progs.denial_exec, by_pairs);
	bpf_program__set_autoload(bpf->progs.denial_fork, by_pairs || events->family);
	if (!by_pairs && !events->family)
		r = bpf_map__set_max_entries(bpf->maps.threads, 1);
	if (r == 0 && events->ring_size)
		r = bpf_map__set_max_entries(bpf->maps.events, events->ring_size);
	return r;
}

/*
 * sys_exit is attached last. With pairs, an exit that is observed before the programs for sys_enter, fork
 * and exec are attached would make the next call look denied.
 */
static int attach(struct denial_bpf *bpf)
{
	struct bpf_program *const order[] = {
		bpf->progs.denial_fork,	     bpf->progs.denial_begin, bpf->progs.denial_exec,
		bpf->progs.denial_sys_enter, bpf->progs.denial_exit,  bpf->progs.denial_sys_exit,
	};
	struct bpf_link **const links[] = {
		&bpf->links.denial_fork,      &bpf->links.denial_begin, &bpf->links.denial_exec,
		&bpf->links.denial_sys_enter, &bpf->links.denial_exit,	&bpf->links.denial_sys_exit,
	};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (!bpf_program__autoload(order[i]))
			continue;
		*links[i] = bpf_program__attach(order[i]);
		if (!*links[i])
			return -errno;
		/* The second pass finds children that were forked during the first. */
		for (int look = 0; look < 2 && order[i] == bpf->progs.denial_begin; look++)
			if (begin(bpf) < 0)
				return -errno;
	}
	return 0;
}

static int on_event(void *context, void *data, size_t size);

int denial_kernel_open(const struct denial_kernel_events *events, struct denial_kernel **opened,
		       struct error *err)
{
	_cleanup_(denial_kernel_closep) struct denial_kernel *kernel = calloc(1, sizeof(*kernel));
	libbpf_print_fn_t before = libbpf_set_print(keep_reason);
	int r = 0;

	if (!kernel)
		return error_oom(err);
	kernel->events = *events;
	kernel->stacks = stack_reader_new();
	if (!kernel->stacks)
		return error_oom(err);
	reason[0] = '\0';
	kernel->bpf = denial_bpf__open();
	if (!kernel->bpf)
		r = -errno;
	if (r == 0)
		r = choose(kernel->bpf, events);
	if (r == 0)
		r = denial_bpf__load(kernel->bpf);
	if (r == 0)
		r = fill_rules(kernel->bpf);
	if (r == 0) {
		kernel->ring = ring_buffer__new(bpf_map__fd(kernel->bpf->maps.events), on_event,
						kernel, NULL);
		if (!kernel->ring)
			r = -errno;
	}
	if (r == 0)
		r = attach(kernel->bpf);
	libbpf_set_print(before);
	if (r < 0)
		return open_error(r, err);
	*opened = take(kernel);
	return 0;
}

int denial_kernel_fd(const struct denial_kernel *kernel)
{
	return ring_buffer__epoll_fd(kernel->ring);
}

static uint32_t hash_of(const struct denial_key *key)
{
	return table_hash(TABLE_HASH, key, sizeof(*key));
}

/* The copy of a kind, created if there is none; NULL: out of memory. There are at most KINDS_MAX: those in
 * the kernel's table, and at most as many that left it since the last sweep. */
static struct kind *find_kind(struct denial_kernel *kernel, const struct denial_key *key)
{
	uint32_t hash = hash_of(key);
	struct kind *kind, **place;

	TABLE_EACH (index, &kernel->by_key, hash)
		if (memcmp(&kernel->kinds[index]->key, key, sizeof(*key)) == 0)
			return kernel->kinds[index];
	if (kernel->kinds_count > KINDS_MAX)
		return NULL;
	kind = calloc(1, sizeof(*kind));
	place = array_grow_one(&kernel->kinds, kernel->kinds_count);
	if (!kind || !place || !table_add(&kernel->by_key, hash, (uint32_t)kernel->kinds_count)) {
		free(kind);
		return NULL;
	}
	kind->key = *key;
	kind->uid = -1;
	/* Until an event names the process. */
	kind->is_unwanted = kernel->events.wants != NULL;
	*place = kind;
	kernel->kinds_count++;
	return kind;
}

static uint64_t realtime_us(uint64_t boot_ns)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (uint64_t)real.tv_sec * 1000000 + (uint64_t)real.tv_nsec / 1000 -
	       ((uint64_t)boot.tv_sec * 1000000 + (uint64_t)boot.tv_nsec / 1000) + boot_ns / 1000;
}

static int tell(struct denial_kernel *kernel, const struct kind *kind, uint64_t time_ns,
		int64_t thread, uint64_t count)
{
	uint32_t abi = kind->key.abi < DENIAL_ABIS ? kind->key.abi : DENIAL_NATIVE;
	struct denial_scratch scratch;
	struct denial denial;
	char unit[OWNER_MAX] = "";

	denial_clear(&denial, &scratch);
	if (kind->cgroup)
		owner_of_cgroup(kind->cgroup, unit, sizeof(unit));
	denial.source = DENIAL_FROM_BPF;
	denial.time_us = time_ns ? realtime_us(time_ns) : 0;
	denial.has_abi = true;
	denial.abi = abis[abi];
	denial.audit_arch = abi_info(denial.abi)->audit_arch;
	denial.nr = kind->key.nr;
	denial.has_action = true;
	denial.action = kind->key.action;
	denial.has_errno = denial_verdict(&denial) == SECCOMP_RET_ERRNO;
	denial.pid = kind->pid ? kind->pid : -1;
	denial.thread = thread;
	denial.uid = kind->uid;
	denial.comm = (struct text){ kind->comm, strlen(kind->comm) };
	if (kind->exe)
		denial.exe = (struct text){ kind->exe, strlen(kind->exe) };
	denial.unit = (struct text){ unit, strlen(unit) };
	denial.ip = kind->ip;
	denial.has_arguments = kind->has_arguments;
	memcpy(denial.arguments, kind->arguments, sizeof(denial.arguments));
	if (kind->stack && kind->site == kind->ip)
		denial.stack = (struct text){ kind->stack, strlen(kind->stack) };
	return kernel->events.denial(kernel->events.context, &denial, count, kernel->err);
}

static int on_event(void *context, void *data, size_t size)
{
	struct denial_kernel *kernel = context;
	const struct denial_event *event = data;
	struct kind *kind;

	if (size >= sizeof(struct denial_mapping) && event->type == DENIAL_MAPPING) {
		stack_add_mapping(kernel->stacks, data);
		return 0;
	}
	if (size < offsetof(struct denial_event, stack) || event->type != DENIAL_EVENT)
		return 0;
	kind = find_kind(kernel, &event->key);
	if (!kind)
		return error_oom(kernel->err);
	kind->pid = event->pid;
	kind->uid = event->uid;
	kind->ip = event->ip;
	kind->has_arguments = true;
	memcpy(kind->arguments, event->arguments, sizeof(kind->arguments));
	memcpy(kind->comm, event->comm, sizeof(kind->comm));
	kind->comm[sizeof(kind->comm) - 1] = '\0';
	kind->is_unwanted =
		kernel->events.wants && !kernel->events.wants(kernel->events.context, event);
	if (kind->is_unwanted)
		return 0;
	/* The process may end at any moment, so its own data is read first. */
	if (event->stack_size) {
		free(kind->stack);
		kind->stack = stack_read(kernel->stacks, event);
		kind->site = event->ip;
	}
	if (!kind->exe)
		kind->exe = stack_join_path(&event->exe);
	if (!kind->cgroup)
		kind->cgroup = strndup(event->cgroup, sizeof(event->cgroup) - 1);
	return tell(kernel, kind, event->time_ns, event->thread, 1);
}

int denial_kernel_read(struct denial_kernel *kernel, struct error *err)
{
	int r;

	kernel->err = err;
	r = ring_buffer__consume(kernel->ring);
	if (r < 0 && r != -EINTR && r != -EAGAIN)
		return err->code ? err->code : error_set_errno(err, r, "BPF events");
	return 0;
}

static bool has_ended(const struct kind *kind)
{
	return kind->pid && kill((pid_t)kind->pid, 0) < 0 && errno == ESRCH;
}

/* One kind during a sweep. COUNT may be read between the kernel's two increments. DETAILED is
 * incremented first, so the reported count is never too high. */
static int sweep_kind(struct denial_kernel *kernel, const struct denial_key *key,
		      const struct denial_count *count, bool is_crowded)
{
	struct kind *kind = find_kind(kernel, key);
	uint64_t bare = count->count > count->detailed ? count->count - count->detailed : 0;
	int r;

	if (!kind)
		return error_oom(kernel->err);
	if (bare > kind->told && !kind->is_unwanted) {
		r = tell(kernel, kind, 0, -1, bare - kind->told);
		if (r < 0)
			return r;
		kind->told = bare;
	}
	/* Nothing new since the last sweep, and the process has ended. */
	if (is_crowded && kind->last_count == count->count && has_ended(kind))
		bpf_map_delete_elem(bpf_map__fd(kernel->bpf->maps.kinds), key);
	kind->last_count = count->count;
	return 0;
}

/* Drops the copies of kinds that are no longer in the kernel's table: all but those in SEEN. */
static void drop_shadows(struct denial_kernel *kernel)
{
	int fd = bpf_map__fd(kernel->bpf->maps.kinds);
	size_t kept = 0;

	table_clear(&kernel->by_key);
	for (size_t i = 0; i < kernel->kinds_count; i++) {
		struct kind *kind = kernel->kinds[i];
		struct denial_count ignored;

		if (bpf_map_lookup_elem(fd, &kind->key, &ignored) != 0) {
			kind_free(kind);
			continue;
		}
		/* There was room for all of them. */
		table_add(&kernel->by_key, hash_of(&kind->key), (uint32_t)kept);
		kernel->kinds[kept++] = kind;
	}
	kernel->kinds_count = kept;
}

int denial_kernel_sweep(struct denial_kernel *kernel, struct error *err)
{
	_cleanup_free_ struct denial_key *keys = calloc(BATCH, sizeof(*keys));
	_cleanup_free_ struct denial_count *counts = calloc(BATCH, sizeof(*counts));
	int fd = bpf_map__fd(kernel->bpf->maps.kinds);
	bool is_crowded = kernel->kinds_count > DENIAL_KINDS / 2, is_last = false, is_first = true;
	struct denial_key position;

	if (!keys || !counts)
		return error_oom(err);
	kernel->err = err;
	while (!is_last) {
		uint32_t count = BATCH;

		if (bpf_map_lookup_batch(fd, is_first ? NULL : &position, &position, keys, counts,
					 &count, NULL) < 0) {
			if (errno != ENOENT)
				return error_set_errno(err, -errno, "counts of denials");
			is_last = true;
		}
		is_first = false;
		for (uint32_t i = 0; i < count; i++) {
			int r = sweep_kind(kernel, &keys[i], &counts[i], is_crowded);

			if (r < 0)
				return r;
		}
	}
	if (is_crowded)
		drop_shadows(kernel);
	return 0;
}

bool denial_kernel_is_family(const struct denial_kernel *kernel, int64_t pid)
{
	uint8_t states[DENIAL_LINE_SIZE];
	uint32_t line = (uint32_t)pid % DENIAL_LINES;

	return bpf_map_lookup_elem(bpf_map__fd(kernel->bpf->maps.threads), &line, states) == 0 &&
	       states[(uint32_t)pid / DENIAL_LINES % DENIAL_LINE_SIZE] & DENIAL_FAMILY;
}

void denial_kernel_stop(struct denial_kernel *kernel)
{
	denial_bpf__detach(kernel->bpf);
}

/* The kernel skips a program that already runs on the same CPU. It should not happen, so it is
 * counted. */
static uint64_t misses(const struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) < 0)
		return 0;
	return info.recursion_misses;
}

void denial_kernel_totals(const struct denial_kernel *kernel, struct denial_kernel_totals *totals)
{
	const struct denial_totals *of_kernel = &kernel->bpf->bss->totals;

	*totals = (struct denial_kernel_totals){
		.denials = of_kernel->denials,
		.undetailed = of_kernel->undetailed,
		.unplaced = of_kernel->unplaced,
		.answered = of_kernel->answered,
		.missed = misses(kernel->bpf->progs.denial_sys_enter) +
			  misses(kernel->bpf->progs.denial_sys_exit) + of_kernel->unread,
	};
}
