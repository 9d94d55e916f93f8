"""A mail server. It knows no keys: once it holds the text, a lost answer stays unclear for ever."""

import contextlib
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from studio.outbox.gateways.interface import Answer, Envelope, Inquiry, Known, LookUp, Result, Trouble
from studio.outbox.gateways.patience import cut_off_after

TLS_FROM_THE_START = ":465"
# Sign in first, signing in failed, too weak, no relaying for us: nothing changes until somebody acts.
NOT_LET_IN = {530, 534, 535, 538}
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# Seven bits pass every server; the lines end as the protocol wants them.
LINES = SMTP.clone(cte_type="7bit")
LEADING_DOT = re.compile(rb"(?m)^\.")


class Server(smtplib.SMTP):
    """A server that must be connected quickly, and may then take longer over its greeting.

    `turned_away`: it did not take our password. Some servers break off after that, which says less.
    """

    turned_away = False

    def auth(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().auth(*args, **kwargs)
        except smtplib.SMTPAuthenticationError:
            self.turned_away = True
            raise

    def reach(self, host: str, port: int) -> None:
        self._host = host  # what its certificate must name
        code, words = self.connect(host, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # A host may have several addresses, each of which is tried for this long.
        line: socket.socket = super()._get_socket(host, port, timeout / 4)  # type: ignore[misc]
        line.settimeout(timeout)
        return line


class EncryptedServer(Server, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class Declined(Exception):
    """The server said no before it took the text; `to_us` where it means the house and not this letter."""

    def __init__(self, code: int, words: bytes | str, *, to_us: bool = False) -> None:
        text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
        # The server's words may repeat the address: only the code and its class go on record.
        super().__init__(f"SMTP {code} {re.sub(r'<[^>]*>', '<…>', text)}"[:120])
        self.code, self.to_us = code, to_us

    @property
    def answer(self) -> Answer:
        if self.code == 421:
            return Answer(Result.NOT_REACHED, detail=str(self), gateway_is_down=True, trouble=Trouble.BUSY)
        is_for_good = 500 <= self.code < 600
        if is_for_good and (self.to_us or self.code in NOT_LET_IN):
            return Answer(
                Result.NOT_REACHED, detail=str(self), gateway_is_down=True, trouble=Trouble.NOT_LET_IN
            )
        result = Result.REFUSED if is_for_good else Result.NOT_REACHED
        return Answer(result, detail=str(self), trouble=Trouble.MESSAGE)


class NoEncryption(smtplib.SMTPException):
    """A password is not said in the clear."""


@dataclass(frozen=True)
class Smtp:
    address: str
    account: str
    secret: str
    sender: str
    seconds: float

    def look_up(self, inquiry: Inquiry) -> LookUp:
        return LookUp(Known.CANNOT)

    def send(self, envelope: Envelope) -> Answer:
        try:
            letter = self.letter(envelope)
            lines = LEADING_DOT.sub(b"..", letter.as_bytes())
        except (ValueError, LookupError, MessageError) as reason:
            return Answer(
                Result.REFUSED,
                detail=f"this can't be made into a letter: {type(reason).__name__}",
                trouble=Trouble.MESSAGE,
            )
        server, text_given = self.server(), False
        try:
            with cut_off_after(self.seconds, lambda: server.sock) as over:
                self.enter(server)
                self.address_it(server, envelope.recipient)
                if over.is_set():
                    raise TimeoutError("the server took too long")
                text_given = True
                return self.hand_over(server, lines)
        except Declined as reason:
            return reason.answer
        except (OSError, smtplib.SMTPException, ValueError) as reason:
            result = Result.UNCLEAR if text_given else Result.NOT_REACHED
            is_locked = server.turned_away or isinstance(reason, NoEncryption)
            trouble = Trouble.NOT_LET_IN if is_locked else Trouble.DOWN
            return Answer(result, detail=_words(reason), gateway_is_down=True, trouble=trouble)
        finally:
            server.close()

    def letter(self, envelope: Envelope) -> EmailMessage:
        """`EmailMessage` refuses line ends in a header: no name and no subject can bring in another one."""
        letter = EmailMessage(policy=LINES)
        if len(self.sender.splitlines()) > 1:
            raise ValueError("the sender is one line")
        name, address = parseaddr(self.sender)
        letter["From"] = Address(name, addr_spec=address)
        letter["To"] = Address(addr_spec=envelope.recipient)
        letter["Subject"] = envelope.subject
        letter["Date"] = formatdate()
        letter["Message-ID"] = f"<{envelope.key}@{address.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(envelope.text)
        return letter

    def server(self) -> "Server":
        name = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
        if self.address.endswith(TLS_FROM_THE_START):
            return EncryptedServer(
                local_hostname=name, timeout=self.seconds, context=ssl.create_default_context()
            )
        return Server(local_hostname=name, timeout=self.seconds)

    def enter(self, server: "Server") -> None:
        host, _colon, port = self.address.rpartition(":")
        server.reach(host.strip("[]"), int(port))
        server.ehlo_or_helo_if_needed()
        encrypted = isinstance(server, smtplib.SMTP_SSL)
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            encrypted = True
        if self.account:
            if not encrypted and host not in LOOPBACK:
                raise NoEncryption("the server offers no encryption, so it gets no password")
            server.login(self.account, self.secret)

    def address_it(self, server: smtplib.SMTP, recipient: str) -> None:
        """Everything up to the point from which the server might keep the text."""
        code, words = server.mail(parseaddr(self.sender)[1])
        if not 200 <= code < 300:
            raise Declined(code, words, to_us=True)
        code, words = server.rcpt(recipient)
        if not 200 <= code < 300:
            raise Declined(code, words)
        code, words = server.docmd("DATA")
        if code != 354:
            raise Declined(code, words)

    def hand_over(self, server: smtplib.SMTP, lines: bytes) -> Answer:
        server.send(lines if lines.endswith(b"\r\n") else lines + b"\r\n")
        server.send(b".\r\n")
        code, words = server.getreply()
        if 200 <= code < 300:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.putcmd("QUIT")
            return Answer(Result.ACCEPTED, reference=words.decode("ascii", "replace")[:120])
        if code < 400:
            return Answer(Result.UNCLEAR, detail=f"SMTP {code}", trouble=Trouble.DOWN)
        raise Declined(code, words)


def _words(reason: BaseException) -> str:
    return f"{type(reason).__name__}: {re.sub(r'<[^>]*>', '<…>', str(reason))}"[:200]
