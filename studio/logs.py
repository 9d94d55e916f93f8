"""What every log line goes through. A customer's link and a colleague's badge are secrets and never reach a
log."""

from typing import Any

import structlog

from studio.foundation.public_links import without_links


def hide_public_links(_logger: Any, _method: str, line: dict[str, Any]) -> dict[str, Any]:
    """Stars for the token in any `/c/<token>`, `/b/<code>` or `/delivery-receipts/<n>/<token>`, wherever it
    stands."""
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
