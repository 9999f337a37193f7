"""A TCP proxy on loopback between a delivery and its server, which can act after a number of bytes."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

CHUNK = 1 << 16


class Proxy:
    """Forwards connections to `target`. `sent` is the number of bytes that clients have sent in total.

    `act` is called once, when `limit` bytes were sent; the bytes beyond are not forwarded before.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._refuses = False
        self.restore()

    def restore(self) -> None:
        """Forwards everything again."""
        self.sent, self.limit, self._refuses = 0, 0, False
        self.act: Callable[[], None] = lambda: None

    def serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refuses:
                _reset(client)
                continue
            server = socket.create_connection(("127.0.0.1", self._target))
            for connection in (client, server):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open += [client, server]
            for pump in (self._send, self._receive):
                threading.Thread(target=pump, args=(client, server), daemon=True).start()

    def _send(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := client.recv(CHUNK):
                before, after = self._count(chunk)
                server.sendall(before)
                if after is not None:
                    self.act()
                    server.sendall(after)
            server.shutdown(socket.SHUT_WR)

    def _count(self, chunk: bytes) -> tuple[bytes, bytes | None]:
        """The part of a chunk up to the limit, and the rest; None if the limit is not reached."""
        with self._lock:
            room = self.limit - self.sent
            self.sent += len(chunk)
        return (chunk[:room], chunk[room:]) if 0 < room <= len(chunk) else (chunk, None)

    def _receive(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := server.recv(CHUNK):
                client.sendall(chunk)
            client.shutdown(socket.SHUT_WR)

    def reset(self, refuses: bool) -> None:
        """Resets all connections; with `refuses` also later ones."""
        self._refuses = refuses
        for connection in self._open:
            _reset(connection)
        self._open.clear()

    def close(self) -> None:
        self._listener.close()
        self.reset(refuses=True)


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # A thread may wait for the socket, which then stays open when it is closed.
        connection.shutdown(socket.SHUT_RD)
    connection.close()


@contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """A proxy to the port `target`."""
    running = Proxy(target)
    threading.Thread(target=running.serve, daemon=True).start()
    try:
        yield running
    finally:
        running.close()
