// SPDX-License-Identifier: LGPL-2.1-or-later
#include "denial/live.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#define MESSAGE_MAX   16384 /* a record of audit has at most 8970 bytes (MAX_AUDIT_MESSAGE_LENGTH) */
#define SOCKET_BUFFER (16 << 20)

struct denial_live {
	denial_live_teller tell;
	void *context;
	int fd;
	bool is_netlink;
	uint64_t lost;
	struct denial_scratch scratch;
	char message[MESSAGE_MAX];
};

static int open_netlink(struct error *err)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	_cleanup_close_ int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);
	int group = AUDIT_NLGRP_READLOG, size = SOCKET_BUFFER;

	if (fd < 0)
		return error_set_errno(err, -errno, "audit socket");
	/* As much as we may: beyond rmem_max needs CAP_NET_ADMIN. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return error_set_errno(err, -errno, "audit socket (it needs CAP_AUDIT_READ)");
	return take_fd(&fd);
}

static int open_kmsg(struct error *err)
{
	_cleanup_close_ int fd = open("/dev/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return error_set_errno(err, -errno, "/dev/kmsg");
	/* Only records from now on. */
	if (lseek(fd, 0, SEEK_END) < 0)
		return error_set_errno(err, -errno, "/dev/kmsg");
	return take_fd(&fd);
}

int denial_live_open(denial_live_teller tell, void *context, struct denial_live **opened,
		     struct error *err)
{
	_cleanup_(denial_live_closep) struct denial_live *live = calloc(1, sizeof(*live));
	struct error of_netlink = { 0 }, of_kmsg = { 0 };

	if (!live)
		return error_oom(err);
	live->tell = tell;
	live->context = context;
	live->fd = open_netlink(&of_netlink);
	live->is_netlink = live->fd >= 0;
	if (live->fd < 0)
		live->fd = open_kmsg(&of_kmsg);
	if (live->fd < 0)
		return error_set(err, of_netlink.code, "%s; %s", of_netlink.message,
				 of_kmsg.message);
	*opened = take(live);
	return 0;
}

void denial_live_closep(struct denial_live **at)
{
	struct denial_live *live = take(*at);

	if (!live)
		return;
	closep(&live->fd);
	free(live);
}

int denial_live_fd(const struct denial_live *live)
{
	return live->fd;
}

const char *denial_live_name(const struct denial_live *live)
{
	return live->is_netlink ? "the audit socket" : "the kernel log";
}

uint64_t denial_live_lost(const struct denial_live *live)
{
	return live->lost;
}

static int read_netlink_message(struct denial_live *live, size_t length, struct error *err)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)live->message;
	struct denial denial;
	size_t payload;

	if (length < NLMSG_HDRLEN || header->nlmsg_type != AUDIT_SECCOMP)
		return 0;
	/* Audit's length leaves the header out where the sender was an old kernel: the datagram's
	 * own is the bound (kernel/audit.c: kauditd_send_multicast_skb). */
	payload = length - NLMSG_HDRLEN;
	while (payload && live->message[NLMSG_HDRLEN + payload - 1] == '\0')
		payload--;
	denial_clear(&denial, &live->scratch);
	if (denial_parse_audit(live->message + NLMSG_HDRLEN, payload, &denial) !=
	    DENIAL_LINE_RECORD)
		return 0;
	denial.source = DENIAL_FROM_AUDIT_LOG;
	return live->tell(live->context, &denial, err);
}

/* "kauditd_printk_skb: 12 callbacks suppressed": that many records are missing from the log. */
static uint64_t suppressed(const char *line, size_t length)
{
	static const char before[] = "audit", after[] = " callbacks suppressed";
	const char *end = memmem(line, length, after, sizeof(after) - 1);
	uint64_t count = 0, scale = 1;

	if (!end || !memmem(line, length, before, sizeof(before) - 1))
		return 0;
	while (end > line && end[-1] >= '0' && end[-1] <= '9' && scale < 1000000000) {
		count += (uint64_t)(*--end - '0') * scale;
		scale *= 10;
	}
	return count;
}

static int read_kmsg_message(struct denial_live *live, size_t length, struct error *err)
{
	struct denial denial;

	live->lost += suppressed(live->message, length);
	if (denial_parse_line(live->message, length, &live->scratch, &denial) != DENIAL_LINE_RECORD)
		return 0;
	return live->tell(live->context, &denial, err);
}

int denial_live_read(struct denial_live *live, struct error *err)
{
	for (;;) {
		ssize_t got = read(live->fd, live->message, sizeof(live->message) - 1);
		int r;

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		/* The socket's buffer was full, or the log was overwritten: at least one record is lost. */
		if (got < 0 && (errno == ENOBUFS || errno == EPIPE)) {
			live->lost++;
			continue;
		}
		if (got <= 0)
			return error_set_errno(err, got < 0 ? -errno : -EIO, "%s",
					       denial_live_name(live));
		/* A record of the log may go on in lines of "key=value". */
		r = live->is_netlink ? read_netlink_message(live, (size_t)got, err)
				     : read_kmsg_message(live, (size_t)got, err);
		if (r < 0)
			return r;
	}
}
