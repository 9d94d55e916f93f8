"""The example of docs/gateways.md is run as it stands there."""

import importlib.util
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

from studio.outbox.gateways import Envelope, Inquiry, Known, Result
from studio.outbox.gateways.webhook import Webhook

DOCS = Path(__file__).resolve().parents[2] / "docs"
KEY = "7f1c1f0e-8f5c-4a6e-9d8b-0a4b5c6d7e8f"
ENVELOPE = Envelope(key=KEY, channel="sms", recipient="+8613800138000", subject="", text="您好")
INQUIRY = Inquiry(KEY, ENVELOPE.recipient, datetime.now(UTC))


@pytest.fixture
def example() -> ModuleType:
    found = importlib.util.spec_from_file_location("receiver", DOCS / "examples/receiver.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    module.Receiver.log_message = lambda *args: None
    return module


@pytest.fixture
def address(example: ModuleType) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), example.Receiver)
    server.daemon_threads, server.block_on_close = True, False
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/messages"
    server.shutdown()
    server.server_close()


def test_the_example_receives_looks_up_and_takes_a_key_once(example: ModuleType, address: str) -> None:
    ours = Webhook(address, example.SECRET.decode(), "首问", looks_up=True, seconds=5)
    assert ours.look_up(INQUIRY).known is Known.ABSENT
    for _ in range(2):
        assert ours.send(ENVELOPE).result is Result.ACCEPTED
    assert ours.look_up(INQUIRY).known is Known.FOUND
    assert [message["text"] for message in example.taken.values()] == ["您好"]


def test_the_example_lets_nobody_else_in(example: ModuleType, address: str) -> None:
    forged = Webhook(address, "guessed", "首问", looks_up=True, seconds=5)
    assert forged.send(ENVELOPE).result is Result.NOT_REACHED
    assert forged.look_up(INQUIRY).known is Known.NOT_REACHED
    assert example.taken == {}


def test_what_the_page_names_is_there() -> None:
    page = (DOCS / "gateways.md").read_text()
    for name in ("examples/receiver.py", "messages.md"):
        assert f"({name})" in page
        assert (DOCS / name).is_file()
