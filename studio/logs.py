"""What every log line goes through. A customer's link is a secret and never reaches a log."""

import re
from typing import Any

import structlog

_PUBLIC_LINK = re.compile(r"(/c/|/receipts/\d+/)[A-Za-z0-9_-]{8,}")


def without_links(text: str) -> str:
    """The text with stars where a customer's link has its token, for whoever may read but not use it."""
    return _PUBLIC_LINK.sub(r"\1***", text)


def hide_public_links(_logger: Any, _method: str, line: dict[str, Any]) -> dict[str, Any]:
    """Replace the token in any `/c/<token>` or `/receipts/<n>/<token>` by stars, wherever it stands."""
    return {key: without_links(value) if isinstance(value, str) else value for key, value in line.items()}


SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    hide_public_links,
]
