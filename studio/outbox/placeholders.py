"""`{name}` in the words of a template: replaced by plain text, once, and nothing else is looked at.

No attributes, no formats, no calls: whoever writes a template can reach only the values that the purpose
offers. What a customer's name contains is never read as a placeholder.
"""

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
# Control characters, and the marks by which text could be made to read backwards in somebody's message.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")


def placeholders(text: str) -> set[str]:
    """The names that a template asks for."""
    return set(PLACEHOLDER.findall(text))


def fill(text: str, values: Mapping[str, object]) -> tuple[str, set[str]]:
    """The text with each `{name}` replaced, and the names that had no value (they are left out)."""
    missing = set()

    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        if values.get(name) is None:
            missing.add(name)
            return ""
        return plain(str(values[name]))

    return plain(PLACEHOLDER.sub(value_of, text)), missing


def plain(text: str) -> str:
    """Text that a database, a gateway and a reader can take: no control characters but line ends and tabs."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, limit: int) -> str:
    """For a subject: no line ends (they could begin a header of their own), no longer than `limit`."""
    return plain(_BREAKS.sub(" ", text)).strip()[:limit]
