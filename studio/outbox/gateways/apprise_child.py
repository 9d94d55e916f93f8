"""Run by `apprise.py`, by its path, in a process of its own: apprise and the standard library, none of ours.

Reads {"addresses": […], "title": …, "text": …} (without a text they are only looked at) and writes
{"kinds": […], "said": true | false | null}. A kind is the name of what stands behind an address; "" where
nobody understands it, "unsafe" where it wants certificates unchecked.
"""

import json
import sys

import apprise


def kind_of(address: str) -> str:
    robot = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    if robot is None:
        return ""
    if not robot.verify_certificate:
        return "unsafe"
    return str(robot.secure_protocol or robot.protocol)


def main() -> None:
    asked = json.load(sys.stdin)
    kinds = [kind_of(address) for address in asked["addresses"]]
    said = None
    if asked.get("text") and all(kinds):
        chats = apprise.Apprise()
        chats.add(asked["addresses"])
        said = bool(chats.notify(body=asked["text"], title=asked.get("title", ""), interpret_escapes=False))
    json.dump({"kinds": kinds, "said": said}, sys.stdout)


if __name__ == "__main__":
    main()
