"""A receiver for the signed webhook in thirty lines: python3 receiver.py, then http://127.0.0.1:9000/messages

It keeps everything in memory. A real one would keep `taken` in a database, committed before it answers.
"""

import hashlib
import hmac
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = b"the gateway's secret"
taken: dict[str, dict] = {}


class Receiver(BaseHTTPRequestHandler):
    def is_signed(self, body: bytes) -> bool:
        stamp = self.headers.get("X-Shouwen-Timestamp", "")
        mine = hmac.new(SECRET, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        signed = self.headers.get("X-Shouwen-Signature", "")
        return hmac.compare_digest(mine, signed) and abs(time.time() - int(stamp or 0)) < 300

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.is_signed(body):
            self.answer(401, {})
            return
        message = json.loads(body)
        taken.setdefault(message["key"], message)  # the same key once more is the same message
        self.answer(202, {"reference": message["key"][:8]})

    def do_GET(self) -> None:
        key = self.path.rpartition("/")[2]
        if self.is_signed(key.encode()):
            self.answer(200 if key in taken else 404, {"found": key in taken})
        else:
            self.answer(401, {})

    def answer(self, status: int, said: dict) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 9000), Receiver).serve_forever()
