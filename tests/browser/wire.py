"""A bad network between a browser and the server: cuts, stalls, errors, answers that get lost.

A plain TCP relay, one request a connection. What is to go wrong is asked for beforehand, in order.
"""

import re
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PIECE = 16_384


@dataclass
class Trouble:
    """What happens to a request whose path matches: cut after a part of its body, stalled for so
    long, answered with an error of the network's own, or taken in while its answer is lost."""

    path: str
    cut: float | None = None
    stall_s: float = 0
    status: int = 0
    lose_answer: bool = False


@dataclass
class Wire:
    """The relay; `seen` lists what was asked, `troubles` what is still to go wrong."""

    server: tuple[str, int]
    troubles: deque[Trouble] = field(default_factory=deque)
    seen: list[str] = field(default_factory=list)
    listening: socket.socket = field(default_factory=socket.socket)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                phone, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(phone,), daemon=True).start()

    def _relay(self, phone: socket.socket) -> None:
        with phone, suppress(OSError):
            head, rest = _head(phone)
            if not head:
                return
            line = head.split(b"\r\n", 1)[0].decode()
            self.seen.append(line)
            trouble = self._trouble_for(line)
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            size = int(length[1]) if length else 0
            head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head)
            head = head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            if trouble.stall_s:
                time.sleep(trouble.stall_s)
                return
            if trouble.status:
                _drain(phone, size - len(rest))
                phone.sendall(_plain(trouble.status))
                return
            with socket.create_connection(self.server, timeout=30) as server:
                server.sendall(head)
                _pass_on(phone, server, rest, size, trouble.cut)
                if trouble.cut is None:
                    _answer(server, None if trouble.lose_answer else phone)

    def _trouble_for(self, line: str) -> Trouble:
        if self.troubles and re.search(self.troubles[0].path, line):
            return self.troubles.popleft()
        return Trouble("")


def _head(phone: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = phone.recv(PIECE)
        if not piece:
            return b"", b""
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def _pass_on(
    phone: socket.socket, server: socket.socket, first: bytes, size: int, cut: float | None
) -> None:
    most = size if cut is None else int(size * cut)
    piece, sent = first, 0
    while sent < most:
        server.sendall(piece[: most - sent])
        sent += len(piece)
        if sent < most and not (piece := phone.recv(PIECE)):
            return


def _drain(phone: socket.socket, left: int) -> None:
    while left > 0 and (piece := phone.recv(PIECE)):
        left -= len(piece)


def _answer(server: socket.socket, phone: socket.socket | None) -> None:
    while piece := server.recv(PIECE):
        if phone is not None:
            phone.sendall(piece)


def _plain(status: int) -> bytes:
    text = b"<h1>no</h1>"
    return (
        f"HTTP/1.1 {status} No\r\nContent-Type: text/html\r\nContent-Length: {len(text)}\r\n"
        "Connection: close\r\n\r\n"
    ).encode() + text


@contextmanager
def a_wire(host: str, port: int) -> Iterator[Wire]:
    """A relay to this server, while the block lasts."""
    wire = Wire((host, port))
    wire.listening.bind(("127.0.0.1", 0))
    wire.listening.listen(64)
    serving: Callable[[], None] = wire.serve
    threading.Thread(target=serving, daemon=True).start()
    try:
        yield wire
    finally:
        wire.listening.close()
