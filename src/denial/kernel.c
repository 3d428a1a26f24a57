// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The kernel's table of kinds (bpf/denial.h) has a copy here: for each kind, the part of its count that
 * was reported already, and the details that only events have. Kinds of ended processes, and kinds without
 * a denial for a while, are removed from both.
 */
#include "denial/kernel.h"

#include "bpf/denial.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/table.h"
#include "denial/owner.h"
#include "denial/resolver.h"
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
#include <sys/epoll.h>
#include <time.h>

#define KINDS_MAX ((size_t)2 * DENIAL_KINDS)
#define BATCH	  ((size_t)512)
#define IDLE_MAX  60 /* sweeps without a denial after which a kind is removed */

/* A kind, and the latest of its denials that came in detail. */
struct kind {
	struct denial_key key;
	uint64_t told; /* reported, of those that were only counted */
	uint64_t last_count; /* at the sweep before */
	unsigned idle; /* sweeps since it grew */
	int64_t pid; /* in this PID namespace; 0 unknown */
	int64_t uid;
	uint64_t ip;
	uint64_t site; /* the address that STACK belongs to */
	bool has_details; /* PID to COMM */
	bool has_arguments;
	uint64_t arguments[6];
	char comm[16];
	char *exe; /* NULL unknown */
	char *cgroup; /* NULL unknown */
	char *stack; /* NULL unknown */
};

/* A selected name, or one that was selected and still has kinds. */
struct slot {
	char *name; /* NULL: never used */
	bool is_selected;
	char path[DENIAL_SELECT_PATH]; /* "": none */
};

struct denial_kernel {
	struct denial_kernel_events events;
	struct denial_bpf *bpf;
	struct ring_buffer *ring;
	int fd; /* epoll: of the ring and of the resolver */
	struct stack_reader *stacks;
	struct resolver *resolver;
	bool is_stopped;
	struct error *err; /* of the read under way */
	int failed; /* in it, by a callback of the resolver */
	struct kind **kinds;
	size_t kinds_count;
	struct table by_key;
	struct slot *slots; /* DENIAL_UNITS of them; NULL: not selective */
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
	resolver_freep(&kernel->resolver);
	closep(&kernel->fd);
	ring_buffer__free(kernel->ring);
	denial_bpf__destroy(kernel->bpf);
	stack_reader_freep(&kernel->stacks);
	for (size_t i = 0; i < kernel->kinds_count; i++)
		kind_free(kernel->kinds[i]);
	free(kernel->kinds);
	table_free(&kernel->by_key);
	for (size_t i = 0; kernel->slots && i < DENIAL_UNITS; i++)
		free(kernel->slots[i].name);
	free(kernel->slots);
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
	bpf->rodata->selects = events->is_selective ? DENIAL_SELECTS_GROUPS
			       : events->family	    ? DENIAL_SELECTS_FAMILY
						    : DENIAL_SELECTS_ALL;
	bpf->bss->family_pid = events->family;
	bpf->bss->share_kinds = DENIAL_SHARE_KINDS;
	bpf_program__set_autoload(bpf->progs.denial_cgroup_mkdir, events->is_selective);
	bpf_program__set_autoload(bpf->progs.denial_cgroup_rmdir, events->is_selective);
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
 * sys_exit is attached after those. With pairs, an exit that is observed before the programs for sys_enter, fork
 * and exec are attached would make the next call look denied.
 */
static int attach(struct denial_bpf *bpf)
{
	struct bpf_program *const order[] = {
		bpf->progs.denial_fork,		bpf->progs.denial_begin,
		bpf->progs.denial_exec,		bpf->progs.denial_sys_enter,
		bpf->progs.denial_exit,		bpf->progs.denial_sys_exit,
		bpf->progs.denial_cgroup_mkdir, bpf->progs.denial_cgroup_rmdir,
	};
	struct bpf_link **const links[] = {
		&bpf->links.denial_fork,	 &bpf->links.denial_begin,
		&bpf->links.denial_exec,	 &bpf->links.denial_sys_enter,
		&bpf->links.denial_exit,	 &bpf->links.denial_sys_exit,
		&bpf->links.denial_cgroup_mkdir, &bpf->links.denial_cgroup_rmdir,
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
static void on_stack(void *context, void *owner, char *text);
static void drop_pending(void *owner);

static int watch_fds(struct denial_kernel *kernel)
{
	const int fds[] = { ring_buffer__epoll_fd(kernel->ring), resolver_fd(kernel->resolver) };

	kernel->fd = epoll_create1(EPOLL_CLOEXEC);
	if (kernel->fd < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (epoll_ctl(kernel->fd, EPOLL_CTL_ADD, fds[i],
			      &(struct epoll_event){ .events = EPOLLIN }) < 0)
			return -errno;
	return 0;
}

int denial_kernel_open(const struct denial_kernel_events *events, struct denial_kernel **opened,
		       struct error *err)
{
	_cleanup_(denial_kernel_closep) struct denial_kernel *kernel = calloc(1, sizeof(*kernel));
	libbpf_print_fn_t before = libbpf_set_print(keep_reason);
	int r = 0;

	if (!kernel)
		return error_oom(err);
	kernel->events = *events;
	kernel->fd = -1;
	kernel->stacks = stack_reader_new();
	kernel->resolver = resolver_new(&(struct resolver_calls){
		.tell = on_stack, .drop = drop_pending, .context = kernel });
	if (events->is_selective)
		kernel->slots = calloc(DENIAL_UNITS, sizeof(*kernel->slots));
	if (!kernel->stacks || !kernel->resolver || (events->is_selective && !kernel->slots))
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
		r = watch_fds(kernel);
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
	return kernel->fd;
}

/* ---- the selection ---- */

static struct denial_share *share_of(const struct denial_kernel *kernel, size_t slot)
{
	return &kernel->bpf->bss->shares[slot];
}

/* The slot of a name, a free one for a new name, or NULL. Kinds of a former name must be gone. */
static struct slot *find_slot(const struct denial_kernel *kernel, const char *name)
{
	struct slot *unused = NULL;

	for (size_t i = 0; i < DENIAL_UNITS; i++) {
		struct slot *slot = &kernel->slots[i];
		const struct denial_share *share = share_of(kernel, i);

		if (slot->name && strcmp(slot->name, name) == 0)
			return slot;
		if (!unused && !slot->is_selected && !share->kinds && !share->folded_kinds)
			unused = slot;
	}
	if (!unused)
		return NULL;
	*share_of(kernel, (size_t)(unused - kernel->slots)) = (struct denial_share){ 0 };
	free(unused->name);
	unused->name = strdup(name);
	return unused->name ? unused : NULL;
}

/* Paths of units that are no longer selected, or are elsewhere now; ids go by themselves. */
static void forget_path(struct denial_kernel *kernel, struct slot *slot)
{
	if (slot->path[0])
		bpf_map_delete_elem(bpf_map__fd(kernel->bpf->maps.paths), slot->path);
	memset(slot->path, 0, sizeof(slot->path));
}

/* The path comes first: a group that is made in between is then selected by it. */
static int select_one(struct denial_kernel *kernel, const struct denial_select *select,
		      struct error *err)
{
	struct slot *slot = find_slot(kernel, select->name);
	uint32_t number = slot ? (uint32_t)(slot - kernel->slots) : 0;

	if (!slot)
		return error_set(err, -E2BIG, "%s: at most %d units can be watched", select->name,
				 DENIAL_UNITS);
	slot->is_selected = true;
	if (select->path && strlen(select->path) >= sizeof(slot->path))
		return error_set(err, -E2BIG, "%s: the path of its control group is too long: %s",
				 select->name, select->path);
	if (!select->path || strcmp(slot->path, select->path) != 0)
		forget_path(kernel, slot);
	if (select->path)
		memcpy(slot->path, select->path, strlen(select->path));
	if (slot->path[0] && bpf_map_update_elem(bpf_map__fd(kernel->bpf->maps.paths), slot->path,
						 &number, BPF_ANY) < 0)
		return error_set_errno(err, -errno, "%s: its control group can't be selected",
				       select->name);
	return 0;
}

static int select_id(struct denial_kernel *kernel, const struct denial_select *select,
		     struct error *err)
{
	uint32_t number = (uint32_t)(find_slot(kernel, select->name) - kernel->slots);

	if (select->id && bpf_map_update_elem(bpf_map__fd(kernel->bpf->maps.groups), &select->id,
					      &number, BPF_ANY) < 0)
		return error_set_errno(err, -errno, "%s: its control group can't be selected",
				       select->name);
	return 0;
}

/* Ids of units that are no longer selected. */
static void forget_ids(struct denial_kernel *kernel)
{
	int fd = bpf_map__fd(kernel->bpf->maps.groups);
	uint64_t id, next;
	uint32_t number;
	bool has_more = bpf_map_get_next_key(fd, NULL, &next) == 0;

	while (has_more) {
		id = next;
		has_more = bpf_map_get_next_key(fd, &id, &next) == 0;
		if (bpf_map_lookup_elem(fd, &id, &number) == 0 && number < DENIAL_UNITS &&
		    !kernel->slots[number].is_selected)
			bpf_map_delete_elem(fd, &id);
	}
}

int denial_kernel_select(struct denial_kernel *kernel, uint64_t root,
			 const struct denial_select *selects, size_t count, struct error *err)
{
	uint64_t share = count ? DENIAL_KINDS / 2 / count : DENIAL_SHARE_KINDS;
	struct error later = { 0 };
	int r = 0;

	for (size_t i = 0; i < DENIAL_UNITS; i++)
		kernel->slots[i].is_selected = false;
	kernel->bpf->bss->root_group = root;
	kernel->bpf->bss->share_kinds = share < DENIAL_SHARE_KINDS ? share : DENIAL_SHARE_KINDS;
	for (size_t i = 0; i < count; i++) {
		/* One that can't be selected keeps no other from it. */
		if (select_one(kernel, &selects[i], r ? &later : err) < 0 ||
		    select_id(kernel, &selects[i], r ? &later : err) < 0)
			r = err->code;
	}
	for (size_t i = 0; i < DENIAL_UNITS; i++)
		if (!kernel->slots[i].is_selected)
			forget_path(kernel, &kernel->slots[i]);
	forget_ids(kernel);
	return r;
}

struct denial_kernel_share denial_kernel_share(const struct denial_kernel *kernel, const char *name)
{
	struct denial_kernel_share sum = { 0 };

	for (size_t i = 0; i < DENIAL_SHARES; i++) {
		const struct denial_share *share = share_of(kernel, i);

		if (name && (!kernel->slots || !kernel->slots[i].name ||
			     strcmp(kernel->slots[i].name, name) != 0))
			continue;
		sum.folded += share->folded;
		sum.lost += share->lost;
	}
	return sum;
}

/* ---- kinds ---- */

static uint32_t hash_of(const struct denial_key *key)
{
	return table_hash(TABLE_HASH, key, sizeof(*key));
}

static void drop_shadows(struct denial_kernel *kernel);

static struct kind *find_known(const struct denial_kernel *kernel, const struct denial_key *key)
{
	TABLE_EACH (index, &kernel->by_key, hash_of(key))
		if (memcmp(&kernel->kinds[index]->key, key, sizeof(*key)) == 0)
			return kernel->kinds[index];
	return NULL;
}

/* The copy of a kind, created if there is none; NULL: out of memory. Those in the kernel's table have room,
 * and as many that left it since. */
static struct kind *find_kind(struct denial_kernel *kernel, const struct denial_key *key)
{
	struct kind *kind = find_known(kernel, key), **place;

	if (kind)
		return kind;
	if (kernel->kinds_count >= KINDS_MAX)
		drop_shadows(kernel);
	kind = calloc(1, sizeof(*kind));
	place = array_grow_one(&kernel->kinds, kernel->kinds_count);
	if (!kind || !place ||
	    !table_add(&kernel->by_key, hash_of(key), (uint32_t)kernel->kinds_count)) {
		free(kind);
		return NULL;
	}
	kind->key = *key;
	kind->uid = -1;
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

/* Denials of a kind as they are reported; SCRATCH and UNIT hold its texts. */
static struct denial make_denial(const struct denial_kernel *kernel, const struct kind *kind,
				 uint64_t time_ns, int64_t thread, struct denial_scratch *scratch,
				 char unit[OWNER_MAX])
{
	uint32_t abi = kind->key.abi < DENIAL_ABIS ? kind->key.abi : DENIAL_NATIVE;
	struct denial denial;

	denial_clear(&denial, scratch);
	unit[0] = '\0';
	if (kernel->slots && kind->key.share < DENIAL_UNITS && kernel->slots[kind->key.share].name)
		snprintf(unit, OWNER_MAX, "%s", kernel->slots[kind->key.share].name);
	else if (kind->cgroup)
		owner_of_cgroup(kind->cgroup, unit, OWNER_MAX);
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
	return denial;
}

static int tell(struct denial_kernel *kernel, const struct kind *kind, uint64_t time_ns,
		int64_t thread, uint64_t count)
{
	struct denial_scratch scratch;
	char unit[OWNER_MAX];
	struct denial denial = make_denial(kernel, kind, time_ns, thread, &scratch, unit);

	return kernel->events.denial(kernel->events.context, &denial, count, kernel->err);
}

/* ---- stacks ---- */

/* A denial whose stack is being resolved. */
struct pending {
	struct kind kind; /* a copy */
	uint64_t time_ns;
	int64_t thread;
};

static void drop_pending(void *owner)
{
	struct pending *pending = owner;

	free(pending->kind.exe);
	free(pending->kind.cgroup);
	free(pending->kind.stack);
	free(pending);
}

static char *copy_or_null(const char *text)
{
	return text ? strdup(text) : NULL;
}

static void on_stack(void *context, void *owner, char *text)
{
	struct denial_kernel *kernel = context;
	struct pending *pending = owner;
	struct kind *known = find_known(kernel, &pending->kind.key);
	struct denial_scratch scratch;
	char unit[OWNER_MAX];
	struct denial denial;
	int r;

	pending->kind.stack = text;
	if (known && text) {
		free(known->stack);
		known->stack = strdup(text);
		known->site = pending->kind.ip;
	}
	denial = make_denial(kernel, &pending->kind, pending->time_ns, pending->thread, &scratch,
			     unit);
	r = kernel->events.stack
		    ? kernel->events.stack(kernel->events.context, &denial, kernel->err)
		    : kernel->events.denial(kernel->events.context, &denial, 1, kernel->err);
	if (r < 0 && kernel->failed == 0)
		kernel->failed = r;
	drop_pending(pending);
}

/* False: there is no stack to wait for. */
static bool resolve_later(struct denial_kernel *kernel, const struct kind *kind,
			  const struct denial_event *event)
{
	struct stack *stack = stack_take(kernel->stacks, event);
	struct pending *pending = stack ? calloc(1, sizeof(*pending)) : NULL;

	if (!pending) {
		stack_freep(&stack);
		return false;
	}
	pending->kind = *kind;
	pending->kind.stack = NULL;
	pending->kind.exe = copy_or_null(kind->exe);
	pending->kind.cgroup = copy_or_null(kind->cgroup);
	pending->kind.site = kind->ip;
	pending->time_ns = event->time_ns;
	pending->thread = event->thread;
	if (resolver_add(kernel->resolver, stack, pending))
		return true;
	drop_pending(pending);
	return false;
}

/* The stack, if one was copied, is resolved after the denial is reported, or reported with it. */
static int tell_event(struct denial_kernel *kernel, const struct kind *kind,
		      const struct denial_event *event)
{
	struct denial_scratch scratch;
	char unit[OWNER_MAX];
	bool follows = resolve_later(kernel, kind, event);
	struct denial denial =
		make_denial(kernel, kind, event->time_ns, event->thread, &scratch, unit);

	if (follows && !kernel->events.stack)
		return 0;
	denial.stack_follows = follows;
	return kernel->events.denial(kernel->events.context, &denial, 1, kernel->err);
}

static int on_event(void *context, void *data, size_t size)
{
	struct denial_kernel *kernel = context;
	const struct denial_event *event = data;
	struct kind *kind;

	if (size >= offsetof(struct denial_mapping, path.names) && event->type == DENIAL_MAPPING) {
		const struct denial_mapping *mapping = data;

		/* Only the used bytes of the path come. */
		if (mapping->path.length <= size - offsetof(struct denial_mapping, path.names))
			stack_add_mapping(kernel->stacks, mapping);
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
	kind->has_details = kind->has_arguments = true;
	memcpy(kind->arguments, event->arguments, sizeof(kind->arguments));
	memcpy(kind->comm, event->comm, sizeof(kind->comm));
	kind->comm[sizeof(kind->comm) - 1] = '\0';
	if (kind->key.is_folded) {
		/* Each may be of another process. */
		free(take(kind->exe));
		free(take(kind->cgroup));
	}
	if (!kind->exe)
		kind->exe = stack_join_path(&event->exe);
	if (!kind->cgroup)
		kind->cgroup = strndup(event->cgroup, sizeof(event->cgroup) - 1);
	return tell_event(kernel, kind, event);
}

int denial_kernel_read(struct denial_kernel *kernel, struct error *err)
{
	int r;

	kernel->err = err;
	kernel->failed = 0;
	r = ring_buffer__consume(kernel->ring);
	if (r < 0 && r != -EINTR && r != -EAGAIN)
		return err->code ? err->code : error_set_errno(err, r, "BPF events");
	if (kernel->is_stopped)
		resolver_finish(kernel->resolver);
	else
		resolver_read(kernel->resolver);
	return kernel->failed;
}

static bool has_ended(const struct kind *kind)
{
	return kind->pid && !kind->key.is_folded && kill((pid_t)kind->pid, 0) < 0 && errno == ESRCH;
}

/* The details of the first denial, if its event did not come. */
static void take_details(struct kind *kind, const struct denial_count *count)
{
	kind->has_details = true;
	kind->pid = count->pid;
	kind->uid = count->uid;
	kind->ip = count->ip;
	kind->has_arguments = !kind->key.is_folded;
	memcpy(kind->arguments, count->arguments, sizeof(kind->arguments));
	memcpy(kind->comm, count->comm, sizeof(kind->comm));
	kind->comm[sizeof(kind->comm) - 1] = '\0';
}

/* Reports the denials that were only counted. COUNT may be read between the kernel's two increments.
 * DETAILED is incremented first, so the reported count is never too high. */
static int tell_counted(struct denial_kernel *kernel, struct kind *kind,
			const struct denial_count *count)
{
	uint64_t bare = count->count > count->detailed ? count->count - count->detailed : 0;
	uint64_t more = bare > kind->told ? bare - kind->told : 0;
	struct kind any = *kind;

	if (!more)
		return 0;
	kind->told = bare;
	if (!kind->key.is_folded)
		return tell(kernel, kind, kind->has_details ? 0 : count->time_ns, -1, more);
	/* They may be of any process, with any arguments. */
	any.pid = 0;
	any.uid = -1;
	any.comm[0] = '\0';
	any.exe = any.stack = NULL;
	any.has_arguments = false;
	return tell(kernel, &any, 0, -1, more);
}

/* Removes a kind from the kernel's table, and reports what came since COUNT was read. */
static int remove_kind(struct denial_kernel *kernel, struct kind *kind)
{
	struct denial_share *share = share_of(kernel, kind->key.share % DENIAL_SHARES);
	struct denial_count last;

	if (bpf_map_lookup_and_delete_elem(bpf_map__fd(kernel->bpf->maps.kinds), &kind->key,
					   &last) < 0)
		return 0;
	__atomic_fetch_sub(kind->key.is_folded ? &share->folded_kinds : &share->kinds, 1,
			   __ATOMIC_RELAXED);
	return tell_counted(kernel, kind, &last);
}

static bool is_selected(const struct denial_kernel *kernel, const struct denial_key *key)
{
	return !kernel->slots || kernel->slots[key->share % DENIAL_UNITS].is_selected;
}

/* One kind during a sweep. */
static int sweep_kind(struct denial_kernel *kernel, const struct denial_key *key,
		      const struct denial_count *count, bool *has_removed)
{
	struct kind *kind = find_kind(kernel, key);
	int r;

	if (!kind)
		return error_oom(kernel->err);
	if (!kind->has_details)
		take_details(kind, count);
	r = tell_counted(kernel, kind, count);
	if (r < 0)
		return r;
	kind->idle = kind->last_count == count->count ? kind->idle + 1 : 0;
	kind->last_count = count->count;
	/* A kind that comes again is reported as before. */
	if (is_selected(kernel, key) && kind->idle < IDLE_MAX && !(kind->idle && has_ended(kind)))
		return 0;
	*has_removed = true;
	return remove_kind(kernel, kind);
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
	bool has_removed = false, is_last = false, is_first = true;
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
			int r = sweep_kind(kernel, &keys[i], &counts[i], &has_removed);

			if (r < 0)
				return r;
		}
	}
	if (has_removed)
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
	kernel->is_stopped = true;
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
		.selected = of_kernel->selected,
		.undetailed = of_kernel->undetailed,
		.unplaced = of_kernel->unplaced,
		.unselected = of_kernel->unselected,
		.answered = of_kernel->answered,
		.missed = misses(kernel->bpf->progs.denial_sys_enter) +
			  misses(kernel->bpf->progs.denial_sys_exit) + of_kernel->unread,
	};
}
