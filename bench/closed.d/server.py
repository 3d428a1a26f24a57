#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program in an interpreter: the short use serves files, the wide use does what applications do."""
import http.server
import os
import threading


def do_write():
    with open("temp/a", "wb") as file:
        file.write(b"x" * 9000)
        file.flush()
        os.fsync(file.fileno())
        file.seek(5)
        file.truncate(9)
    os.chmod("temp/a", 0o600)
    os.utime("temp/a")


def do_rename():
    open("temp/b", "w").close()
    os.replace("temp/b", "temp/c")
    os.unlink("temp/c")


def do_thread():
    threads = [threading.Thread(target=sum, args=(range(9999),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def do_process():
    import subprocess

    subprocess.run(["true"], check=True)


def do_lookup():
    import socket

    socket.getaddrinfo("localhost", 80)


def do_temporary():
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        shutil.copy("index.html", directory)
        os.mkdir(os.path.join(directory, "d"))


def do_unix():
    import socket

    left, right = socket.socketpair()
    left.sendall(b"x")
    right.recv(1)
    left.setblocking(False)
    left.shutdown(socket.SHUT_RDWR)


def do_udp():
    import socket

    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    udp.sendto(b"x", udp.getsockname())
    udp.recvfrom(9)


def do_sqlite():
    import sqlite3

    database = sqlite3.connect("temp/d.db")
    database.execute("create table if not exists t (a)")
    database.execute("insert into t values (1)")
    database.commit()


def do_mmap():
    import mmap

    with open("large", "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return view[5:9]


def do_time():
    import time

    time.sleep(0.01)
    time.localtime()
    time.process_time()


def do_random():
    import secrets

    secrets.token_bytes(9)


def do_signal():
    # In a handler's thread signals can't be set, and can be sent.
    os.kill(os.getpid(), 0)
    os.getppid()
    os.times()


def do_select():
    import select

    poll = select.poll()
    epoll = select.epoll()
    select.select([], [], [], 0)
    poll.poll(0)
    epoll.close()


def do_ssl():
    import ssl

    ssl.create_default_context()


def do_gzip():
    import gzip

    gzip.compress(b"x" * 9999)


def do_locale():
    import locale

    locale.setlocale(locale.LC_ALL, "")


def do_asyncio():
    import asyncio

    async def nap():
        await asyncio.sleep(0.01)

    asyncio.new_event_loop().run_until_complete(nap())


def do_links():
    for name in "temp/l", "temp/h":
        if os.path.lexists(name):
            os.unlink(name)
    os.symlink("a", "temp/l")
    os.readlink("temp/l")
    os.link("index.html", "temp/h")
    os.access("temp/h", os.R_OK)


def do_walk():
    list(os.walk("."))
    os.getcwd()
    os.statvfs(".")
    os.stat("index.html")


def do_lock():
    import fcntl

    with open("temp/lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        fcntl.lockf(file, fcntl.LOCK_UN)


def do_pipe():
    read, write = os.pipe()
    os.write(write, b"x")
    os.read(read, 1)
    os.dup(read)


def do_import():
    import json  # noqa: F401
    import logging.handlers  # noqa: F401
    import xml.etree.ElementTree  # noqa: F401


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        action = globals().get("do_" + self.path.strip("/"))
        if not action:
            super().do_GET()
            return
        action()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "www"))
    os.makedirs("temp", exist_ok=True)
    http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Handler).serve_forever()
