"""A gateway that remembers everything, and misbehaves on request. Real sockets, real threads."""

import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from studio.outbox.gateways import webhook


class Recorder(ThreadingHTTPServer):
    """`received[key]` counts how often the customer would have got the message.

    `plan` holds what to do with the next messages, one word each, then accept for ever:
    accept · refuse · busy · error · redirect · accept and hang · hang · accept and cut · cut · drip
    With `takes_keys` a key that was accepted before goes out no second time.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # beyond five at once the system lets callers knock again a second later
    secret = "a secret"

    def __init__(self, *, takes_keys: bool = False, looks_up: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.takes_keys, self.looks_up = takes_keys, looks_up
        self.plan: list[str] = []
        self.received: Counter[str] = Counter()
        self.arrivals: list[dict[str, Any]] = []
        self.looked_up: list[str] = []
        self.look_up_answer: tuple[int, bytes] | None = None
        self.before: Any = lambda message: None
        self.after: Any = lambda message: None
        self.lock = threading.Lock()
        self.patience = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/messages"

    def accept(self, key: str) -> None:
        with self.lock:
            if not (self.takes_keys and self.received[key]):
                self.received[key] += 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that was killed is no news."""


class Handler(BaseHTTPRequestHandler):
    server: Recorder
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = json.loads(body)
        message["headers"], message["raw"] = dict(self.headers), body
        with self.server.lock:
            self.server.arrivals.append(message)
            todo = self.server.plan.pop(0) if self.server.plan else "accept"
        self.server.before(message)
        if todo.startswith("accept"):
            self.server.accept(message["key"])
            self.server.after(message)
        if todo.endswith("hang"):
            self.server.patience.wait(30)
        elif todo.endswith("cut"):
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif todo == "drip":
            self.drip()
        else:
            statuses = {"accept": 202, "refuse": 422, "busy": 429, "error": 500, "redirect": 302, "deny": 401}
            self.answer(
                statuses[todo], {"reference": f"ref-{message['key'][:8]}", "reason": "no such number"}
            )

    def do_GET(self) -> None:
        key = self.path.rpartition("/")[2]
        with self.server.lock:
            self.server.looked_up.append(key)
        timestamp = self.headers[webhook.TIMESTAMP]
        if self.headers[webhook.SIGNATURE] != webhook.signature(self.server.secret, timestamp, key.encode()):
            self.answer(401, {})
        elif self.server.look_up_answer is not None:
            status, body = self.server.look_up_answer
            self.answer_bytes(status, body)
        elif self.server.received[key]:
            self.answer(200, {"found": True, "reference": f"ref-{key[:8]}"})
        else:
            self.answer(404, {"found": False})

    def drip(self) -> None:
        """One byte at a time: each is in time, the whole never is."""
        for byte in b"HTTP/1.1 202 Accepted\r\nX: " + b"x" * 1000:
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                return
            if self.server.patience.wait(0.05):
                return

    def answer(self, status: int, said: dict[str, Any]) -> None:
        self.answer_bytes(status, json.dumps(said).encode())

    def answer_bytes(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", self.server.address)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def recording(**options: Any) -> Iterator[Recorder]:
    recorder = Recorder(**options)
    thread = threading.Thread(target=recorder.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        recorder.patience.set()
        recorder.shutdown()
        recorder.server_close()


def dead_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
