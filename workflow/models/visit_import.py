"""An old visitor log, brought in from a file: previewed first, then all of it or nothing."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from studio.foundation.models import Versioned
from studio.staff.models import Branch, User


class ImportState(models.TextChoices):
    PREVIEWED = "previewed", _("looked through")
    WAITING = "waiting", _("being written")
    DONE = "done", _("written")
    FAILED = "failed", pgettext_lazy("import", "failed")
    DISCARDED = "discarded", _("discarded")


class VisitImport(Versioned):
    """One file. `rows` are what was read ([{"row": 7, "cells": {"phone": "138 …"}}]), until they are written
    or discarded; `faults` are per row [{"row": 7, "column": "phone", "text": …code…}]. `answers` are what the
    manager said about unknown names and reasons, whose the new files are, and which rows are left out;
    `result` counts what became of them. Waiting rows are carried out by the background, once."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="visit_imports")
    file_name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.PREVIEWED)
    rows = models.JSONField(default=list, blank=True)
    faults = models.JSONField(default=list, blank=True)
    answers = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    row_count = models.PositiveIntegerField(default=0)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="waiting"), name="visit_import_due")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(due_at__isnull=False), name="waiting_import_is_due"
            )
        ]

    def __str__(self) -> str:
        return f"import #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("workflow:visit_import", args=[self.pk])

    def recent_changes(self) -> list[dict[str, Any]]:
        """What became of it, for who meets a stale page."""
        return [{"what": self.get_state_display(), "by": self.uploaded_by, "at": self.uploaded_at}]
