"""Reports of the gateway, true, replayed, forged, stale and out of order, while messages are being sent."""

import hashlib
import hmac
import http.client
import json
import random
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.urls import NoReverseMatch, reverse

from studio.outbox.models import DeliveryReceipt, Gateway, Message
from tests.faults import stock
from tests.faults.house import House
from tests.faults.scenarios.registry import scenario
from tests.faults.verdict import Verdict

SECRET = "the secret of the receipts"


class Reporter(threading.Thread):
    """Reports on everything that the gateway delivered: each once truly, and many times otherwise."""

    def __init__(self, house: House, address: str, path: str) -> None:
        super().__init__(name="reporter", daemon=True)
        self.house, self.path = house, path
        self.host = urlsplit(address).netloc
        self.done, self.over = set[str](), threading.Event()
        self.taken: list[int] = []
        self.let_in: list[str] = []
        self.dice = random.Random(5)
        self.trouble: Exception | None = None

    def run(self) -> None:
        try:
            while not self.over.is_set():
                self.report_all()
                time.sleep(0.05)
            self.report_all()
        except Exception as trouble:
            self.trouble = trouble

    def report_all(self) -> None:
        for delivery in self.house.gateway.deliveries():
            if delivery["key"] not in self.done:
                self.done.add(delivery["key"])
                self.report(delivery["key"], delivery["at"])

    def report(self, key: str, at: float) -> None:
        """An older bad report and a newer good one, in either order, each of them twice; and what is forged."""
        bad = row(key, "undelivered", at - 30, "bad")
        good = row(key, "delivered", at, "good")
        for one in self.dice.sample([good, good, bad, bad], 4):
            self.taken.append(self.post([one]))
        forged = row(key, "undelivered", time.time(), f"forged {uuid.uuid4()}")
        for name, answer in (
            ("forged", self.post([forged], secret="another secret")),
            ("stale", self.post([forged], ago=3600)),
            ("without a signature", self.post([forged], secret=None)),
        ):
            if answer < 400:
                self.let_in.append(f"{name}: {answer}")

    def post(self, reports: list[dict[str, Any]], *, secret: str | None = SECRET, ago: float = 0) -> int:
        body = json.dumps({"reports": reports}).encode()
        stamp = str(int(time.time() - ago))
        headers = {"Content-Type": "application/json", "X-Shouwen-Timestamp": stamp}
        if secret is not None:
            signed = stamp.encode() + b"." + body
            headers["X-Shouwen-Signature"] = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        line = http.client.HTTPConnection(self.host, timeout=20)
        try:
            line.request("POST", self.path, body=body, headers=headers)
            return line.getresponse().status
        finally:
            line.close()


def row(key: str, status: str, at: float, name: str) -> dict[str, Any]:
    moment = datetime.fromtimestamp(at, tz=UTC).isoformat()
    return {"report": f"{name} {key}", "key": key, "status": status, "at": moment, "reason": ""}


@scenario("reports, true and replayed, out of order, forged and stale, in mid-run")
def receipts(house: House) -> Verdict:
    """The true newest report decides: all are delivered, and nobody is called."""
    Gateway.objects.filter(branch__code=stock.BRANCH).update(callback_secret=SECRET)
    gateway = Gateway.objects.get(branch__code=stock.BRANCH, channel="sms")
    try:
        path = reverse("outbox:receipts", args=[gateway.pk])
    except NoReverseMatch:
        return Verdict(skipped="there is no address for reports")
    house.open()
    reporter = Reporter(house, house.machinery.start_web(), path)
    reporter.start()
    dues = house.feed(house.count(150), seconds=4 * house.scale).all()
    house.settle(dues)
    reporter.over.set()
    reporter.join(120)
    if reporter.trouble is not None:
        raise reporter.trouble
    house.go_on(house.seconds(10))
    verdict = house.verdict(dues)
    states = Message.objects.filter(purpose="reminder").exclude(state="delivered")
    verdict.wrong += [f"message {message.pk} is {message.state}, not delivered" for message in states]
    verdict.wrong += [f"let in: {what}" for what in sorted(set(reporter.let_in))]
    verdict.wrong += [
        f"a true report was answered {status}" for status in set(reporter.taken) if status >= 300
    ]
    kept = DeliveryReceipt.objects.count()
    if kept != 2 * len(reporter.done):
        verdict.wrong.append(f"{kept} reports kept of {2 * len(reporter.done)} different ones")
    if any(call for call in house.called([due.appointment for due in dues])):
        verdict.notes.append("a call was brought up by an early bad report and may stand withdrawn")
    return verdict
