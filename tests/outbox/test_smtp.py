"""A real mail server in the test's own process."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Protocol
from aiosmtpd.smtp import AuthResult

from studio.outbox.delivery import deliver
from studio.outbox.gateways import Envelope, Inquiry, Known, Result, Trouble
from studio.outbox.gateways.smtp import Smtp
from tests.outbox.conftest import make_gateway, make_template
from tests.outbox.recorder import dead_port

ENVELOPE = Envelope(
    key="7f1c1f0e-8f5c-4a6e-9d8b-0a4b5c6d7e8f",
    channel="email",
    recipient="li.na@example.com",
    subject="拍摄提醒：张伟 & 李娜",
    text="李娜，您好！\n.\n.一个点开头的行\n" + "很长" * 600 + "\nFrom here on\n",
)
INQUIRY = Inquiry(ENVELOPE.key, ENVELOPE.recipient, datetime.now(UTC))


class Handler:
    """Keeps what it accepted; `says` replaces the answer to a command."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.says: dict[str, str] = {}
        self.hangs_after_text = self.cuts_after_text = False

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.says.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.says.get("RCPT", "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.cuts_after_text:
            server.transport.abort()
        if self.hangs_after_text:
            await asyncio.sleep(5)
        if "DATA" not in self.says:
            self.letters.append(envelope)
        return self.says.get("DATA", "250 queued as 42")


@pytest.fixture
def handler() -> Handler:
    return Handler()


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = (data.login, data.password) == (b"studio", b"right")
    return AuthResult(success=is_right, handled=is_right)


class Loopback(Controller):
    """As the controller does, for a port that the system picked."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def server(handler: Handler) -> Iterator[Loopback]:
    controller = Loopback(
        handler,
        hostname="127.0.0.1",
        port=0,
        authenticator=authenticate,
        auth_require_tls=False,
        auth_required=False,
    )
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def smtp(server: Loopback) -> Callable[..., Smtp]:
    def make(**changes: Any) -> Smtp:
        values = {
            "address": f"127.0.0.1:{server.port}",
            "account": "",
            "secret": "",
            "sender": "首问影楼 <studio@shouwen.example>",
            "seconds": 1.0,
        }
        return Smtp(**values | changes)

    return make


def test_smtp_delivers_the_words_as_they_are(smtp: Callable[..., Smtp], handler: Handler) -> None:
    answer = smtp().send(ENVELOPE)
    assert (answer.result, answer.reference) == (Result.ACCEPTED, "queued as 42")
    (kept,) = handler.letters
    assert (kept.mail_from, kept.rcpt_tos) == ("studio@shouwen.example", ["li.na@example.com"])
    letter = message_from_bytes(kept.content, policy=default)
    assert letter["Subject"] == ENVELOPE.subject
    assert letter["Message-ID"] == f"<{ENVELOPE.key}@shouwen.example>"
    assert letter["From"].addresses[0].display_name == "首问影楼"
    assert letter.get_content().replace("\r\n", "\n") == ENVELOPE.text
    assert max(map(len, kept.content.split(b"\r\n"))) < 998
    assert kept.content.isascii()


@pytest.mark.parametrize(
    ("says", "result"),
    [
        ({"MAIL": "451 later"}, Result.NOT_REACHED),
        ({"RCPT": "450 greylisted"}, Result.NOT_REACHED),
        ({"RCPT": "550 no such user <li.na@example.com>"}, Result.REFUSED),
        ({"DATA": "452 no room"}, Result.NOT_REACHED),
        ({"DATA": "554 we don't like it"}, Result.REFUSED),
    ],
)
def test_smtp_a_clear_no_is_no_doubt(
    smtp: Callable[..., Smtp], handler: Handler, says: dict[str, str], result: Result
) -> None:
    handler.says = says
    answer = smtp().send(ENVELOPE)
    assert answer.result is result
    assert "li.na" not in answer.detail
    assert (answer.gateway_is_down, answer.trouble) == (False, Trouble.MESSAGE)


@pytest.mark.parametrize(
    ("says", "trouble"),
    [
        ({"MAIL": "530 sign in first"}, Trouble.NOT_LET_IN),
        ({"MAIL": "553 not your sender"}, Trouble.NOT_LET_IN),
        ({"RCPT": "530 sign in first"}, Trouble.NOT_LET_IN),
        ({"MAIL": "421 too many"}, Trouble.BUSY),
        ({"RCPT": "421 closing"}, Trouble.BUSY),
    ],
)
def test_smtp_a_no_to_the_house_is_not_this_letter_s_trouble(
    smtp: Callable[..., Smtp], handler: Handler, says: dict[str, str], trouble: Trouble
) -> None:
    handler.says = says
    answer = smtp().send(ENVELOPE)
    assert (answer.result, answer.gateway_is_down) == (Result.NOT_REACHED, True)
    assert answer.trouble is trouble
    assert handler.letters == []


def test_smtp_cut_after_the_text_is_unclear(smtp: Callable[..., Smtp], handler: Handler) -> None:
    handler.cuts_after_text = True
    assert smtp().send(ENVELOPE).result is Result.UNCLEAR


def test_smtp_hanging_after_the_text_is_unclear_within_the_time(
    smtp: Callable[..., Smtp], handler: Handler
) -> None:
    handler.hangs_after_text = True
    began = time.monotonic()
    assert smtp(seconds=0.5).send(ENVELOPE).result is Result.UNCLEAR
    assert time.monotonic() - began < 3


def test_smtp_not_reached(smtp: Callable[..., Smtp]) -> None:
    for address in (f"127.0.0.1:{dead_port()}", "no-such-host.invalid:25", "nonsense"):
        answer = smtp(address=address).send(ENVELOPE)
        assert (answer.result, answer.gateway_is_down) == (Result.NOT_REACHED, True), address


def test_smtp_a_server_that_says_nothing_is_not_reached(
    smtp: Callable[..., Smtp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Protocol, "_handle_client", lambda self: asyncio.sleep(5))
    began = time.monotonic()
    assert smtp(seconds=0.5).send(ENVELOPE).result is Result.NOT_REACHED
    assert time.monotonic() - began < 3


def test_smtp_signs_in(smtp: Callable[..., Smtp], handler: Handler) -> None:
    assert smtp(account="studio", secret="right").send(ENVELOPE).result is Result.ACCEPTED
    wrong = smtp(account="studio", secret="wrong").send(ENVELOPE)
    assert (wrong.result, wrong.trouble) == (Result.NOT_REACHED, Trouble.NOT_LET_IN), wrong.detail
    assert len(handler.letters) == 1


def test_smtp_gives_its_password_to_nobody_in_the_clear(
    smtp: Callable[..., Smtp], monkeypatch: pytest.MonkeyPatch, handler: Handler
) -> None:
    monkeypatch.setattr("studio.outbox.gateways.smtp.LOOPBACK", set())
    answer = smtp(account="studio", secret="right").send(ENVELOPE)
    assert answer.result is Result.NOT_REACHED
    assert "no encryption" in answer.detail
    assert answer.trouble is Trouble.NOT_LET_IN


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": "li.na@example.com\nBcc: all@example.com"},
        {"recipient": "li.na@example.com\r\nDATA"},
        {"recipient": "li.na@example.com, all@example.com"},
        {"subject": "Hello\nBcc: all@example.com"},
        {"subject": "Hello\r\n\r\nAnother text"},
        {"recipient": "nobody"},
        {"recipient": ""},
        {"recipient": "李娜@example.com"},
    ],
)
def test_header_injection_is_refused(
    smtp: Callable[..., Smtp], handler: Handler, changes: dict[str, str]
) -> None:
    envelope = Envelope(**{**vars(ENVELOPE), **changes})
    assert smtp().send(envelope).result is Result.REFUSED
    assert handler.letters == []


def test_header_injection_in_the_sender_is_refused(smtp: Callable[..., Smtp], handler: Handler) -> None:
    answer = smtp(sender="a\nBcc: b@c.example <studio@shouwen.example>").send(ENVELOPE)
    assert answer.result is Result.REFUSED
    assert handler.letters == []


def test_smtp_never_tells(smtp: Callable[..., Smtp]) -> None:
    assert smtp().look_up(INQUIRY).known is Known.CANNOT


def test_main_rule_a_letter_cut_after_its_text_is_unknown_and_never_sent_again(
    outbox: SimpleNamespace, server: Loopback, handler: Handler
) -> None:
    make_gateway(
        outbox.branch,
        outbox.recorder,
        channel="email",
        kind="smtp",
        address=f"127.0.0.1:{server.port}",
        sender="studio@shouwen.example",
        looks_up=False,
    )
    make_template(channel="email", subject="提醒")
    handler.cuts_after_text = True
    message = outbox.message(channel="email", recipient="li.na@example.com")
    deliver()
    message.refresh_from_db()
    assert message.state == "unknown"
    assert outbox.purpose.ended == [(message.pk, "unknown")]
    assert deliver() == 0
