#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the services under test talk to: HTTP on 8081, FastCGI on 9000, SCGI on 9001, uwsgi on 9002,
memcached's text protocol on 9003, UDP echo on 9004, mail's three protocols on 1143, 1110 and 1025."""
import socketserver
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY = b"backend " * 8000


class Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/auth"):
            # Whom the mail proxy asks.
            port = {"imap": "1143", "pop3": "1110", "smtp": "1025"}
            self.send_response(200)
            self.send_header("Auth-Status", "OK")
            self.send_header("Auth-Server", "127.0.0.1")
            self.send_header("Auth-Port", port.get(self.headers.get("Auth-Protocol"), "1143"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(404 if "none" in self.path else 200)
        self.send_header("Cache-Control", "max-age=60")
        if "chunked" in self.path:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(BODY), 8000):
                part = BODY[start : start + 8000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(BODY)

    do_HEAD = do_GET

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    do_PUT = do_POST

    def log_message(self, *_):
        pass


class FastCgi(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            header = self.rfile.read(8)
            if len(header) < 8:
                return
            _, kind, request, size, padding, _ = struct.unpack("!BBHHBB", header)
            self.rfile.read(size + padding)
            if kind == 5 and size == 0:
                answer = b"Content-Type: text/plain\r\n\r\n" + BODY[:30000]
                self.wfile.write(struct.pack("!BBHHBB", 1, 6, request, len(answer), 0, 0) + answer)
                self.wfile.write(struct.pack("!BBHHBB", 1, 6, request, 0, 0, 0))
                self.wfile.write(struct.pack("!BBHHBBIB3x", 1, 3, request, 8, 0, 0, 0, 0))
                return


class Cgi(socketserver.StreamRequestHandler):
    def handle(self):
        self.request.recv(65536)
        self.wfile.write(b"Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n" + BODY[:30000])


class Uwsgi(Cgi):
    def handle(self):
        self.request.recv(65536)
        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + BODY[:30000])


class Memcached(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            key = line.split()[1] if len(line.split()) > 1 else b"k"
            self.wfile.write(b"VALUE %s 0 5\r\nvalue\r\nEND\r\n" % key)


class Echo(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.read())


class Mail(socketserver.StreamRequestHandler):
    """Says yes to whatever it is asked."""

    greeting = {1143: b"* OK ready\r\n", 1110: b"+OK ready\r\n", 1025: b"220 mail ready\r\n"}

    def handle(self):
        port = self.server.server_address[1]
        self.wfile.write(self.greeting[port])
        for line in self.rfile:
            words = line.split() or [b""]
            if port == 1143:
                self.wfile.write(words[0] + b" OK done\r\n")
            elif port == 1110:
                self.wfile.write(b"+OK\r\n")
            else:
                self.wfile.write(b"250 mail\r\n" if words[0].upper() != b"QUIT" else b"221 bye\r\n")
            if b"QUIT" in line.upper() or b"LOGOUT" in line.upper():
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


socketserver.ThreadingUDPServer.allow_reuse_address = True
ThreadingHTTPServer.daemon_threads = True
servers = [
    ThreadingHTTPServer(("127.0.0.1", 8081), Http),
    Server(("127.0.0.1", 9000), FastCgi),
    Server(("127.0.0.1", 9001), Cgi),
    Server(("127.0.0.1", 9002), Uwsgi),
    Server(("127.0.0.1", 9003), Memcached),
    socketserver.ThreadingUDPServer(("127.0.0.1", 9004), Echo),
    *(Server(("127.0.0.1", port), Mail) for port in Mail.greeting),
]
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
sys.exit(servers[0].serve_forever())
