"""A provider's cloud on the loopback address: it keeps what it was asked and answers as it was told to."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Saying:
    """One answer: `does` is answer · cut (the body breaks off) · hang · drip · vanish (nothing at all)."""

    status: int = 200
    said: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    does: str = "answer"

    @property
    def body(self) -> bytes:
        return self.said if isinstance(self.said, bytes) else json.dumps(self.said).encode()


class Cloud(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[Asked] = []
        self.says: Callable[[Asked], Saying] = lambda asked: Saying(500, b"")
        self.patience = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who breaks off is no news."""


class Handler(BaseHTTPRequestHandler):
    server: Cloud
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.path, query, headers, body)
        self.server.asked.append(asked)
        saying = self.server.says(asked)
        if saying.does == "hang":
            self.server.patience.wait(30)
        elif saying.does == "vanish":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif saying.does == "drip":
            self.drip()
        else:
            self.answer(saying)

    def answer(self, saying: Saying) -> None:
        body = saying.body
        self.send_response(saying.status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in saying.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if saying.does == "cut" else body)
        if saying.does == "cut":
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    def drip(self) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                return
            if self.server.patience.wait(0.05):
                return


@contextmanager
def cloud_running() -> Iterator[Cloud]:
    cloud = Cloud()
    thread = threading.Thread(target=cloud.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield cloud
    finally:
        cloud.patience.set()
        cloud.shutdown()
        cloud.server_close()
