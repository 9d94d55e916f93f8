"""Where the demo shop's messages arrive: a mail server and an HTTP gateway on the loopback address.

Both keep what they get in `ReceivedMessage`, once for each key, and count how often it came. The HTTP side
does what a good gateway does: checks the signature, takes a key twice for one message, can be asked, and
reports a moment later that the message was delivered (`studio.demo.reporting`).
"""

import asyncio
import hmac
import json
import threading
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog
from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import Error, IntegrityError, connections, transaction
from django.db.models import F

from studio.demo.models import ReceivedMessage
from studio.demo.reporting import Reporter
from studio.outbox.gateways.webhook import KEY, SIGNATURE, TIMESTAMP, signature
from studio.outbox.placeholders import one_line, plain

HOST = "127.0.0.1"
SECRET = "demo-sink-secret"
PATH = "/messages"
LONGEST = 1_000_000
OLDEST_SECONDS = 300

log = structlog.get_logger(__name__)


def http_address() -> str:
    """For the demo's webhook gateway."""
    return f"http://{HOST}:{settings.SINK_HTTP_PORT}{PATH}"


def smtp_address() -> str:
    """For the demo's e-mail gateway."""
    return f"{HOST}:{settings.SINK_SMTP_PORT}"


def keep(*, key: str, channel: str, recipient: str, subject: str, body: str) -> ReceivedMessage:
    """Store a message, or count that it came again."""
    try:
        with transaction.atomic():
            return ReceivedMessage.objects.create(
                key=key[:64],
                channel=channel[:10],
                recipient=recipient[:254],
                subject=one_line(subject, 300),
                body=plain(body),
            )
    except IntegrityError:
        ReceivedMessage.objects.filter(key=key[:64]).update(times=F("times") + 1)
        return ReceivedMessage.objects.get(key=key[:64])


class Mailbox:
    """aiosmtpd's handler. The key is the left side of the Message-ID."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, _class=EmailMessage, policy=default)
        try:
            received = await asyncio.get_running_loop().run_in_executor(
                None, keep_letter, letter, envelope.rcpt_tos[0]
            )
        except Error:
            log.exception("letter not kept")
            return "451 try again later"
        return f"250 kept as {received.pk}"


def keep_letter(letter: EmailMessage, recipient: str) -> ReceivedMessage:
    text = letter.get_body(("plain", "html"))
    try:
        return keep(
            key=str(letter["Message-ID"] or "").strip("<>").partition("@")[0],
            channel="email",
            recipient=recipient,
            subject=str(letter["Subject"] or ""),
            body=text.get_content().strip() if text is not None else "",
        )
    finally:
        connections.close_all()


class Gateway(BaseHTTPRequestHandler):
    """`POST /messages` and `GET /messages/<key>`, as `studio.outbox.gateways.webhook` describes them."""

    server: "HttpServer"
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, *args: Any) -> None:
        """The keeping is logged, not each request."""

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != PATH or not length.isdigit():
            return self.answer(404, {})
        if int(length) > LONGEST:
            return self.answer(413, {"reason": "too long"})
        body = self.rfile.read(int(length))
        if not self.is_signed(body):
            return self.answer(401, {"reason": "the signature is not right"})
        try:
            message = json.loads(body)
            words = {name: str(message[name]) for name in ("channel", "recipient", "subject")}
            key, text = self.headers[KEY] or str(message["key"]), str(message["text"])
        except (ValueError, KeyError, TypeError):
            return self.answer(422, {"reason": "this is not a message"})
        try:
            received = keep(key=key, body=text, **words)
        except Error:
            log.exception("message not kept")
            return self.answer(503, {"reason": "the database is away"})
        finally:
            connections.close_all()
        self.server.reporter.report(key)
        return self.answer(202, {"reference": f"sink-{received.pk}"})

    def do_GET(self) -> None:
        folder, _slash, key = self.path.rpartition("/")
        if folder != PATH:
            return self.answer(404, {})
        if not self.is_signed(key.encode()):
            return self.answer(401, {"reason": "the signature is not right"})
        try:
            received = ReceivedMessage.objects.filter(key=key).first()
        except Error:
            return self.answer(503, {"reason": "the database is away"})
        finally:
            connections.close_all()
        if received is None:
            return self.answer(404, {"found": False})
        return self.answer(200, {"found": True, "reference": f"sink-{received.pk}"})

    def is_signed(self, body: bytes) -> bool:
        timestamp = self.headers.get(TIMESTAMP, "")
        if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > OLDEST_SECONDS:
            return False
        given = self.headers.get(SIGNATURE, "")
        return hmac.compare_digest(signature(SECRET, timestamp, body).encode(), given.encode())

    def answer(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


class HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, *where: Any) -> None:
        super().__init__(*where)
        self.reporter = Reporter()


class Sink:
    """Both servers, from `start` to `stop`."""

    def __init__(self, *, http_port: int, smtp_port: int) -> None:
        self.http = HttpServer((HOST, http_port), Gateway)
        self.smtp = Controller(Mailbox(), hostname=HOST, port=smtp_port, data_size_limit=LONGEST)
        self.thread = threading.Thread(
            target=self.http.serve_forever, kwargs={"poll_interval": 0.1}, name="gateway", daemon=True
        )

    def start(self) -> None:
        self.smtp.start()
        self.thread.start()
        self.http.reporter.start()
        log.info("sink listens", http=self.http.server_address[1], smtp=self.smtp.port)

    def stop(self) -> None:
        self.http.reporter.stop()
        self.http.shutdown()
        self.http.server_close()
        self.smtp.stop(no_assert=True)
