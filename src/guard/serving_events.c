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

struct serving_events {
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

void serving_events_closep(struct serving_events **at)
{
	struct serving_events *serving_events = take(*at);

	if (!serving_events)
		return;
	ring_buffer__free(serving_events->ring);
	serving_event_bpf__destroy(serving_events->bpf);
	free(serving_events);
}

static int on_event(void *context, void *data, size_t size)
{
	const struct serving_events *serving_events = context;
	const struct serving_event *serving_event = data;

	if (size >= sizeof(*serving_event))
		serving_events->tell(serving_events->context, serving_event->unit);
	return 0;
}

static void fill_waits(struct serving_event_bpf *bpf)
{
	const struct syscall_entry *calls;
	size_t count = syscall_table(ABI_X86_64, &calls);

	for (size_t i = 0; i < count; i++)
		if (calls[i].nr >= 0 && calls[i].nr < SERVING_EVENT_CALLS &&
		    serving_call(calls[i].name))
			bpf->bss->waits[calls[i].nr] = 1;
}

static int fill_units(struct serving_event_bpf *bpf, const char *const *units, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char name[SERVING_EVENT_NAME] = "";
		uint32_t index = (uint32_t)i;

		if (strlen(units[i]) >= sizeof(name))
			return -ENAMETOOLONG;
		memcpy(name, units[i], strlen(units[i]));
		if (bpf_map_update_elem(bpf_map__fd(bpf->maps.units), name, &index, BPF_ANY) < 0)
			return -errno;
	}
	return 0;
}

static int open_programs(struct serving_events *serving_events, const char *const *units,
			 size_t count)
{
	int r;

	serving_events->bpf = serving_event_bpf__open_and_load();
	if (!serving_events->bpf)
		return -errno;
	fill_waits(serving_events->bpf);
	r = fill_units(serving_events->bpf, units, count);
	if (r < 0)
		return r;
	serving_events->ring =
		ring_buffer__new(bpf_map__fd(serving_events->bpf->maps.serving_events), on_event,
				 serving_events, NULL);
	if (!serving_events->ring)
		return -errno;
	return serving_event_bpf__attach(serving_events->bpf);
}

int serving_events_open(const char *const *units, size_t count,
			void (*tell)(void *context, size_t unit), void *context,
			struct serving_events **opened, struct error *err)
{
	_cleanup_(serving_events_closep) struct serving_events *serving_events =
		calloc(1, sizeof(*serving_events));
	libbpf_print_fn_t before;
	int r;

	if (!serving_events)
		return error_oom(err);
	serving_events->tell = tell;
	serving_events->context = context;
	before = libbpf_set_print(print_nothing);
	r = open_programs(serving_events, units, count);
	libbpf_set_print(before);
	if (r < 0)
		return error_set_errno(
			err, r,
			"the guard can't detect new processes of two-phase units: the kernel "
			"rejects the BPF programs");
	*opened = take(serving_events);
	return 0;
}

int serving_events_fd(const struct serving_events *serving_events)
{
	return ring_buffer__epoll_fd(serving_events->ring);
}

int serving_events_read(struct serving_events *serving_events, struct error *err)
{
	int r = ring_buffer__consume(serving_events->ring);

	return r < 0 && r != -EINTR && r != -EAGAIN ? error_set_errno(err, r, "BPF events") : 0;
}

uint64_t serving_events_lost(const struct serving_events *serving_events)
{
	return serving_events->bpf->bss->lost;
}
