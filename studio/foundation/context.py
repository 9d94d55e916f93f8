"""What every template knows of the reader's preferences."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def preferences(request: HttpRequest) -> dict[str, Any]:
    return {"theme": getattr(request, "theme", ""), "demo": settings.IS_DEMO}
