"""A gateway in a process of its own that counts what a customer would have got, and misbehaves on request.

`python -m tests.faults.gateway` prints its two ports (for messages, for the harness) and runs until it is
killed. It is the witness: whatever the programs under test say of themselves, its counts decide.

What it does with a message is one word of `Behaviour`; it is told over the second port, as JSON. A *trap* ends
or freezes whoever is speaking to it at that very moment: it finds the process at the other end of the line.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import random
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECRET = "the secret of the recording gateway"
HUNG_UP_AFTER = 60.0  # seconds for which a line that is never answered is kept
STATUS = {"refuse": 422, "busy": 429, "deny": 401, "error": 500, "accept_error": 500}
BEHAVIOURS = {"accept", "slow", "accept_hang", "hang", "accept_cut", "cut", *STATUS}


def process_at(port: int, ours: int) -> int | None:
    """Who on this machine holds the other end of a connection: from its port to the socket to the process."""
    inode = None
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if int(words[1].split(":")[1], 16) == port and int(words[2].split(":")[1], 16) == ours:
            inode = words[9]
    for folder in Path("/proc").glob("[0-9]*/fd") if inode else ():
        with contextlib.suppress(OSError):
            for handle in folder.iterdir():
                with contextlib.suppress(OSError):
                    if os.readlink(handle) == f"socket:[{inode}]":
                        return int(folder.parent.name)
    return None


@dataclass
class Recording:
    """What arrived, and what is to be done with what arrives next."""

    takes_keys: bool = False
    default: str = "accept"
    shares: dict[str, float] = field(default_factory=dict)  # behaviour → probability
    recipients: dict[str, str] = field(default_factory=dict)  # recipient → behaviour
    traps: list[dict[str, Any]] = field(default_factory=list)
    slow_seconds: float = 0.3
    retry_after: float | None = None
    look_up: str = "tells"
    arrivals: list[dict[str, Any]] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    trapped: list[int] = field(default_factory=list)
    refused_signatures: int = 0
    accepted: set[str] = field(default_factory=set)
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def behaviour(self, message: dict[str, Any]) -> str:
        if (own := self.recipients.get(message["recipient"])) is not None:
            return own
        throw = self.dice.random()
        for behaviour, share in self.shares.items():
            if throw < share:
                return behaviour
            throw -= share
        return self.default

    def arrive(self, message: dict[str, Any], behaviour: str) -> dict[str, Any]:
        """Written down before anything else happens: also what was not accepted."""
        arrival = {
            "key": message["key"],
            "recipient": message["recipient"],
            "text": message["text"],
            "behaviour": behaviour,
            "at": time.time(),
            "delivered": False,
        }
        self.arrivals.append(arrival)
        return arrival

    def accept(self, arrival: dict[str, Any]) -> None:
        """It goes out to the customer, unless the gateway knows the key and promised to send it once."""
        arrival["delivered"] = not (self.takes_keys and arrival["key"] in self.accepted)
        arrival["at"] = time.time()
        self.accepted.add(arrival["key"])

    def trap(self, moment: str, message: dict[str, Any], ports: tuple[int, int]) -> bool:
        """Whether a trap that stands for this moment closed on whoever is speaking."""
        for trap in self.traps:
            if trap["moment"] != moment or trap.get("recipient") not in (None, message["recipient"]):
                continue
            if trap.get("skip"):  # so many go by before it closes
                trap["skip"] -= 1
                return False
            victim = process_at(*ports)
            if victim is None:  # dead already: it was caught in the trap before
                return False
            if not trap.get("for_ever"):
                self.traps.remove(trap)
            self.trapped.append(victim)
            with contextlib.suppress(ProcessLookupError):
                if trap.get("group"):
                    os.killpg(os.getpgid(victim), trap["signal"])
                else:
                    os.kill(victim, trap["signal"])
            return True
        return False


def is_signed(headers: dict[str, str], body: bytes) -> bool:
    """As docs/gateways.md says; written down here once more, so that both are held against each other."""
    stamp = headers.get("x-shouwen-timestamp", "")
    wanted = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, headers.get("x-shouwen-signature", ""))


class Server:
    def __init__(self) -> None:
        self.recording = Recording()
        self.lines: set[asyncio.StreamWriter] = set()
        self.server: asyncio.Server | None = None
        self.port = 0

    async def listen(self) -> None:
        self.server = await asyncio.start_server(
            self.talk, "127.0.0.1", self.port, backlog=1024, reuse_address=True
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def fall_silent(self) -> None:
        """As when the provider's machine is gone: nobody listens, and every open line breaks."""
        if self.server is not None:
            self.server.close()
            self.server = None
        for line in list(self.lines):
            line.transport.abort()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines.add(writer)
        try:
            while (request := await read_request(reader)) is not None:
                if not await self.serve(*request, writer):
                    break
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass  # a sender that was killed is no news
        finally:
            self.lines.discard(writer)
            with contextlib.suppress(OSError):
                writer.close()

    async def serve(
        self, method: str, path: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; whether the line stays open."""
        keep = headers.get("connection", "").lower() != "close"
        if method == "GET":
            return await self.tell(path.rpartition("/")[2], headers, writer) and keep
        recording, message = self.recording, json.loads(body)
        if not is_signed(headers, body):
            recording.refused_signatures += 1
            return await answer(writer, 401, {}) and keep
        ports = writer.get_extra_info("peername")[1], self.port
        behaviour = recording.behaviour(message)
        arrival = recording.arrive(message, behaviour)
        if recording.trap("before", message, ports):
            await asyncio.sleep(0.05)
            return False
        if behaviour == "slow":
            await asyncio.sleep(recording.slow_seconds)
        if behaviour.startswith("accept") or behaviour == "slow":
            recording.accept(arrival)
        if recording.trap("after", message, ports):
            await asyncio.sleep(0.05)
        if behaviour.endswith("hang"):
            await asyncio.sleep(HUNG_UP_AFTER)
            return False
        if behaviour.endswith("cut"):
            writer.transport.abort()
            return False
        status = STATUS.get(behaviour, 202)
        said = {"reference": f"ref-{message['key'][:8]}", "reason": "no such number"}
        return await answer(writer, status, said, recording.retry_after if status == 429 else None) and keep

    async def tell(self, key: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> bool:
        """What became of a message, by its key."""
        recording = self.recording
        recording.looked_up.append(key)
        if not is_signed(headers, key.encode()):
            return await answer(writer, 401, {})
        if recording.look_up == "down":
            return await answer(writer, 503, {})
        if key in recording.accepted:
            return await answer(writer, 200, {"found": True, "reference": f"ref-{key[:8]}"})
        return await answer(writer, 404, {"found": False})

    # --- What the harness asks and says -------------------------------------------------------
    async def obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read_request(reader)) is not None:
                await answer(writer, 200, await self.carry_out(json.loads(request[3] or b"{}")))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def carry_out(self, wish: dict[str, Any]) -> dict[str, Any]:
        listens = wish.pop("listens", None)
        if listens is False:
            await self.fall_silent()
        elif listens is True and self.server is None:
            await self.listen()
        for name, value in wish.items():
            if not hasattr(self.recording, name):
                return {"wrong": name}
            setattr(self.recording, name, value)
        recording = self.recording
        return {
            "arrivals": recording.arrivals,
            "looked_up": recording.looked_up,
            "trapped": recording.trapped,
            "refused_signatures": recording.refused_signatures,
        }


async def read_request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes] | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if not end.partial:
            return None
        raise
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _version = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _colon, value in (line.partition(":") for line in lines)
        if name
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return method, path, headers, body


async def answer(
    writer: asyncio.StreamWriter, status: int, said: dict[str, Any], retry_after: float | None = None
) -> bool:
    """In one piece: head and body in two would wait for each other."""
    body = json.dumps(said).encode()
    wait = "" if retry_after is None else f"Retry-After: {retry_after:g}\r\n"
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n{wait}Content-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    return True


async def main() -> None:
    server = Server()
    await server.listen()
    control = await asyncio.start_server(server.obey, "127.0.0.1", 0)
    sys.stdout.write(f"ports {server.port} {control.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the harness ends it, after it has read the counts
    asyncio.run(main())
