"""Row-level audit by database triggers: whatever changes a row, the admin and raw SQL too, leaves a trace."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import pghistory
from django.db import models

M = TypeVar("M", bound=type[models.Model])


def audited(*, without: tuple[str, ...] = ()) -> Callable[[M], M]:
    """Track insert, update and delete of a model; `without` names secrets that no trace may hold."""

    def track(model: M) -> M:
        return pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            pghistory.DeleteEvent(),
            exclude=list(without) or None,
            model_name=f"{model.__name__}Audit",
            obj_field=pghistory.ObjForeignKey(related_name="audit_rows", related_query_name="+"),
        )(model)

    return track


def acting(by: Any) -> AbstractContextManager[Any]:
    """What is changed inside carries the id of `by` (None: the system) in the audit rows."""
    return pghistory.context(by=by.pk if by is not None else None)
