"""Doubles are harmless: a create form carries an id, and the same id is carried out once."""

import uuid
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from studio.foundation.models import Submission


def submission_key(request: HttpRequest) -> str | None:
    """The key of this press of the button, or None where the form carried no usable id."""
    try:
        form_id = uuid.UUID(request.POST.get("submission", ""))
    except ValueError:
        return None
    return f"{request.user.pk or 0}:{form_id}"


def once(request: HttpRequest, create: Callable[[], str]) -> HttpResponse:
    """Run `create` (which answers the address to go to) once for this form, in one transaction.

    A second press, even at the same moment, waits for the first and is led to the same address.
    A form without an id is carried out as it is: scripts and old pages are not locked out.
    """
    key = submission_key(request)
    if key is None:
        with transaction.atomic():
            return redirect(create())
    try:
        with transaction.atomic():
            submission = Submission.objects.create(key=key)
            submission.result = create()
            submission.save(update_fields=["result"])
    except IntegrityError:
        # Only a taken key is a double; any other violation is the caller's to explain.
        first = Submission.objects.filter(key=key).first()
        if first is None:
            raise
        return redirect(first.result)
    return redirect(submission.result)
