// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guard/metrics_server.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 16

struct client {
	int fd; /* -1: free */
	uint64_t until_ns;
	size_t received;
	char *answer; /* NULL until the request is whole */
	size_t answer_size, sent;
	bool is_answered; /* all is sent; its own close is awaited */
	char request[METRICS_REQUEST_REQUEST];
};

struct metrics_server {
	int sockets[METRICS_REQUEST_SOCKETS];
	char *path;
	metrics_writer write;
	void *context;
	struct client *clients[METRICS_REQUEST_CLIENTS];
	uint64_t resume_ns; /* no client is accepted before; 0: at once */
};

/* ---- the request ---- */

static bool starts_with(const char *data, size_t size, const char *word)
{
	size_t length = strlen(word);

	return size >= length && memcmp(data, word, length) == 0;
}

enum metrics_request metrics_server_parse(const char *data, size_t size)
{
	const char *line_end = memchr(data, '\n', size), *target, *target_end;
	size_t line, target_size;

	for (size_t i = 0; i < size; i++)
		if (data[i] == '\0')
			return METRICS_REQUEST_BAD;
	if (!memmem(data, size, "\r\n\r\n", 4) && !memmem(data, size, "\n\n", 2))
		return METRICS_REQUEST_INCOMPLETE;
	line = line_end ? (size_t)(line_end - data) : size;
	target = memchr(data, ' ', line);
	target_end = target ? memchr(target + 1, ' ', line - (size_t)(target + 1 - data)) : NULL;
	if (!target_end ||
	    !starts_with(target_end + 1, line - (size_t)(target_end + 1 - data), "HTTP/1."))
		return METRICS_REQUEST_BAD;
	if (!starts_with(data, line, "GET "))
		return METRICS_REQUEST_METHOD;
	target++;
	target_size = (size_t)(target_end - target);
	if (!starts_with(target, target_size, "/metrics"))
		return METRICS_REQUEST_NOT_FOUND;
	return target_size == 8 || target[8] == '?' ? METRICS_REQUEST_METRICS
						    : METRICS_REQUEST_NOT_FOUND;
}

/* ---- sockets ---- */

static bool is_dead_socket(const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat status;

	return lstat(address->sun_path, &status) == 0 && S_ISSOCK(status.st_mode) && fd >= 0 &&
	       connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
	       errno == ECONNREFUSED;
}

static int listen_unix(const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;
	mode_t mask;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, -ENAMETOOLONG,
				 "%s: a socket's path may have at most %zu bytes", path,
				 sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_set_errno(err, -errno, "%s", path);
	if (is_dead_socket(&address))
		unlink(path);
	/* Its mode is right from the first moment. */
	mask = umask(0117);
	r = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (r < 0 || listen(fd, BACKLOG) < 0)
		return error_set_errno(err, r < 0 ? r : -errno, "%s", path);
	return take_fd(&fd);
}

static int listen_loopback(unsigned port, struct error *err)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(INADDR_LOOPBACK) },
				       .sin_port = htons((uint16_t)port) };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return error_set_errno(err, -errno, "127.0.0.1:%u", port);
	return take_fd(&fd);
}

int metrics_server_open(const char *path, unsigned port, metrics_writer write, void *context,
			struct metrics_server **opened, struct error *err)
{
	_cleanup_(metrics_server_closep) struct metrics_server *metrics_server =
		calloc(1, sizeof(*metrics_server));

	if (!metrics_server)
		return error_oom(err);
	metrics_server->write = write;
	metrics_server->context = context;
	metrics_server->sockets[0] = metrics_server->sockets[1] = -1;
	if (path) {
		metrics_server->sockets[0] = listen_unix(path, err);
		if (metrics_server->sockets[0] < 0)
			return err->code;
		metrics_server->path = strdup(path);
		if (!metrics_server->path)
			return error_oom(err);
	}
	if (port) {
		metrics_server->sockets[1] = listen_loopback(port, err);
		if (metrics_server->sockets[1] < 0)
			return err->code;
	}
	*opened = take(metrics_server);
	return 0;
}

static void drop(struct metrics_server *metrics_server, size_t index)
{
	struct client *client = take(metrics_server->clients[index]);

	close(client->fd);
	free(client->answer);
	free(client);
}

void metrics_server_closep(struct metrics_server **at)
{
	struct metrics_server *metrics_server = take(*at);

	if (!metrics_server)
		return;
	for (size_t i = 0; i < METRICS_REQUEST_CLIENTS; i++)
		if (metrics_server->clients[i])
			drop(metrics_server, i);
	closep(&metrics_server->sockets[0]);
	closep(&metrics_server->sockets[1]);
	if (metrics_server->path)
		unlink(metrics_server->path);
	free(metrics_server->path);
	free(metrics_server);
}

size_t metrics_server_poll(const struct metrics_server *metrics_server, struct pollfd *fds)
{
	size_t count = 0;

	for (size_t i = 0; i < METRICS_REQUEST_SOCKETS; i++)
		if (metrics_server->sockets[i] >= 0 && metrics_server->resume_ns == 0)
			fds[count++] = (struct pollfd){ metrics_server->sockets[i], POLLIN, 0 };
	for (size_t i = 0; i < METRICS_REQUEST_CLIENTS; i++) {
		const struct client *client = metrics_server->clients[i];

		if (client)
			fds[count++] = (struct pollfd){
				client->fd,
				client->answer && !client->is_answered ? POLLOUT : POLLIN, 0
			};
	}
	return count;
}

uint64_t metrics_server_deadline(const struct metrics_server *metrics_server)
{
	uint64_t first = metrics_server->resume_ns ? metrics_server->resume_ns : UINT64_MAX;

	for (size_t i = 0; i < METRICS_REQUEST_CLIENTS; i++)
		if (metrics_server->clients[i] && metrics_server->clients[i]->until_ns < first)
			first = metrics_server->clients[i]->until_ns;
	return first;
}

/* ---- the answer ---- */

static int answer_with(struct client *client, const char *status, const char *further,
		       const char *body, size_t body_size, struct error *err)
{
	FILE *out = open_memstream(&client->answer, &client->answer_size);

	if (!out)
		return error_oom(err);
	fprintf(out,
		"HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
		"Content-Length: %zu\r\nConnection: close\r\n%s\r\n",
		status, body_size, further);
	fwrite(body, 1, body_size, out);
	if (fclose(out) == 0)
		return 0;
	free(take(client->answer));
	return error_oom(err);
}

static int answer(const struct metrics_server *metrics_server, struct client *client,
		  enum metrics_request request, struct error *err)
{
	static const char only[] = "This server answers only GET /metrics.\n";
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r;

	switch (request) {
	case METRICS_REQUEST_METRICS:
		r = metrics_server->write(metrics_server->context, &text, &size, err);
		return r < 0 ? r : answer_with(client, "200 OK", "", text, size, err);
	case METRICS_REQUEST_NOT_FOUND:
		return answer_with(client, "404 Not Found", "", only, sizeof(only) - 1, err);
	case METRICS_REQUEST_METHOD:
		return answer_with(client, "405 Method Not Allowed", "Allow: GET\r\n", only,
				   sizeof(only) - 1, err);
	case METRICS_REQUEST_INCOMPLETE:
		return answer_with(client, "431 Request Header Fields Too Large", "", only,
				   sizeof(only) - 1, err);
	case METRICS_REQUEST_BAD:
		break;
	}
	return answer_with(client, "400 Bad Request", "", only, sizeof(only) - 1, err);
}

/* ---- clients ---- */

static int receive(const struct metrics_server *metrics_server, struct client *client,
		   bool *is_gone, struct error *err)
{
	ssize_t got = recv(client->fd, client->request + client->received,
			   sizeof(client->request) - client->received, 0);
	enum metrics_request request;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0) {
		*is_gone = true;
		return 0;
	}
	client->received += (size_t)got;
	request = metrics_server_parse(client->request, client->received);
	if (request == METRICS_REQUEST_INCOMPLETE && client->received < sizeof(client->request))
		return 0;
	return answer(metrics_server, client, request, err);
}

/* Reads and discards further input: a close with unread bytes would send a reset, which may overtake the
 * answer. */
static void await_close(struct client *client, bool *is_gone)
{
	ssize_t got = recv(client->fd, client->request, sizeof(client->request), 0);

	*is_gone = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static void send_answer(struct client *client, bool *is_gone)
{
	ssize_t sent = send(client->fd, client->answer + client->sent,
			    client->answer_size - client->sent, MSG_NOSIGNAL);

	if (sent < 0) {
		*is_gone = errno != EAGAIN && errno != EINTR;
		return;
	}
	client->sent += (size_t)sent;
	if (client->sent < client->answer_size)
		return;
	client->is_answered = true;
	shutdown(client->fd, SHUT_WR);
}

static int serve_client(const struct metrics_server *metrics_server, struct client *client,
			bool *is_gone, struct error *err)
{
	int r = 0;

	if (client->is_answered)
		await_close(client, is_gone);
	else if (!client->answer)
		r = receive(metrics_server, client, is_gone, err);
	if (r == 0 && client->answer && !client->is_answered)
		send_answer(client, is_gone);
	return r;
}

static int accept_clients(struct metrics_server *metrics_server, int socket, uint64_t now_ns,
			  struct error *err)
{
	/* Accepts a bounded number, so that a flood of clients does not block the loop. */
	for (size_t i = 0; i <= METRICS_REQUEST_CLIENTS; i++) {
		_cleanup_close_ int fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		size_t at = 0;

		/* Where the process or the system has no descriptor left (EMFILE, ENFILE, ENOMEM), the
		 * client stays in the queue and poll(2) would report it again at once. */
		if (fd < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
				metrics_server->resume_ns = now_ns + METRICS_REQUEST_PAUSE_NS;
			return 0;
		}
		while (at < METRICS_REQUEST_CLIENTS && metrics_server->clients[at])
			at++;
		/* A client beyond the limit is closed at once. */
		if (at == METRICS_REQUEST_CLIENTS)
			continue;
		metrics_server->clients[at] = calloc(1, sizeof(struct client));
		if (!metrics_server->clients[at])
			return error_oom(err);
		metrics_server->clients[at]->fd = take_fd(&fd);
		metrics_server->clients[at]->until_ns = now_ns + METRICS_REQUEST_NS;
	}
	return 0;
}

int metrics_server_serve(struct metrics_server *metrics_server, uint64_t now_ns, struct error *err)
{
	if (metrics_server->resume_ns <= now_ns)
		metrics_server->resume_ns = 0;
	for (size_t i = 0; i < METRICS_REQUEST_SOCKETS; i++)
		if (metrics_server->sockets[i] >= 0 && metrics_server->resume_ns == 0 &&
		    accept_clients(metrics_server, metrics_server->sockets[i], now_ns, err) < 0)
			return err->code;
	for (size_t i = 0; i < METRICS_REQUEST_CLIENTS; i++) {
		bool is_gone = false;

		if (!metrics_server->clients[i])
			continue;
		if (serve_client(metrics_server, metrics_server->clients[i], &is_gone, err) < 0)
			return err->code;
		if (is_gone || metrics_server->clients[i]->until_ns <= now_ns)
			drop(metrics_server, i);
	}
	return 0;
}
