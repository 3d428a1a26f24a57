// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guard/serving_events.h"

#include "bpf/serving_event.h"
#include "common/cleanup.h"
#include "syscall/serving_calls.h"
#include "syscall/syscall.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <serving_event.skel.h>
#include <string.h>

struct arrivals {
	struct serving_event_bpf *bpf;
	struct ring_buffer *ring;
	void (*tell)(void *context, size_t unit);
	void *context;
};

/* The failure's code says enough: the library prints nothing. */
static int print_nothing(enum libbpf_print_level level, const char *format, va_list ap)
{
	(void)level;
	(void)format;
	(void)ap;
	return 0;
}

void arrivals_closep(struct arrivals **at)
{
	struct arrivals *arrivals = take(*at);

	if (!arrivals)
		return;
	ring_buffer__free(arrivals->ring);
	serving_event_bpf__destroy(arrivals->bpf);
	free(arrivals);
}

static int on_event(void *context, void *data, size_t size)
{
	const struct arrivals *arrivals = context;
	const struct arrival *arrival = data;

	if (size >= sizeof(*arrival))
		arrivals->tell(arrivals->context, arrival->unit);
	return 0;
}

static void fill_waits(struct serving_event_bpf *bpf)
{
	const struct syscall_entry *calls;
	size_t count = syscall_table(ABI_X86_64, &calls);

	for (size_t i = 0; i < count; i++)
		if (calls[i].nr >= 0 && calls[i].nr < ARRIVAL_CALLS && syscall_wait(calls[i].name))
			bpf->bss->waits[calls[i].nr] = 1;
}

static int fill_units(struct serving_event_bpf *bpf, const char *const *units, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char name[ARRIVAL_NAME] = "";
		uint32_t index = (uint32_t)i;

		if (strlen(units[i]) >= sizeof(name))
			return -ENAMETOOLONG;
		memcpy(name, units[i], strlen(units[i]));
		if (bpf_map_update_elem(bpf_map__fd(bpf->maps.units), name, &index, BPF_ANY) < 0)
			return -errno;
	}
	return 0;
}

static int open_programs(struct arrivals *arrivals, const char *const *units, size_t count)
{
	int r;

	arrivals->bpf = serving_event_bpf__open_and_load();
	if (!arrivals->bpf)
		return -errno;
	fill_waits(arrivals->bpf);
	r = fill_units(arrivals->bpf, units, count);
	if (r < 0)
		return r;
	arrivals->ring = ring_buffer__new(bpf_map__fd(arrivals->bpf->maps.arrivals), on_event,
					  arrivals, NULL);
	if (!arrivals->ring)
		return -errno;
	return serving_event_bpf__attach(arrivals->bpf);
}

int arrivals_open(const char *const *units, size_t count, void (*tell)(void *context, size_t unit),
		  void *context, struct arrivals **opened, struct error *err)
{
	_cleanup_(arrivals_closep) struct arrivals *arrivals = calloc(1, sizeof(*arrivals));
	libbpf_print_fn_t before;
	int r;

	if (!arrivals)
		return error_oom(err);
	arrivals->tell = tell;
	arrivals->context = context;
	before = libbpf_set_print(print_nothing);
	r = open_programs(arrivals, units, count);
	libbpf_set_print(before);
	if (r < 0)
		return error_set_errno(
			err, r,
			"new processes of two-phase units are not seen: the kernel does not "
			"take the BPF programs");
	*opened = take(arrivals);
	return 0;
}

int arrivals_fd(const struct arrivals *arrivals)
{
	return ring_buffer__epoll_fd(arrivals->ring);
}

int arrivals_read(struct arrivals *arrivals, struct error *err)
{
	int r = ring_buffer__consume(arrivals->ring);

	return r < 0 && r != -EINTR && r != -EAGAIN ? error_set_errno(err, r, "BPF events") : 0;
}

uint64_t arrivals_lost(const struct arrivals *arrivals)
{
	return arrivals->bpf->bss->lost;
}
