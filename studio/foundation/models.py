"""What every app builds on: events, versions, names per language, public links, submissions."""

import hashlib
from datetime import datetime
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import get_language

append_only = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class Event(models.Model):
    """One line of history beside the fact it tells of: who, when, what, why.

    Append-only (the database refuses change and removal). Holds ids, a kind and parameters, never
    a sentence, a name or a number of a person, so that it reads in three languages and a person
    can be erased. `actor` None means: the system did it.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True
        ordering = ["at", "id"]
        triggers = [append_only]

    def __str__(self) -> str:
        return f"{self.kind} @ {self.at:%F %T}"


class StaleEdit(Exception):
    """Somebody else changed the row since the page was drawn; `current` is the row as it is now."""

    def __init__(self, current: "Versioned") -> None:
        super().__init__(f"{type(current).__name__} {current.pk} has moved on to version {current.version}")
        self.current = current


class Versioned(models.Model):
    """A row that is edited through forms: each save raises `version`, a form carries the one it saw."""

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def locked(cls, pk: Any, *, version: int | None = None) -> Self:
        """The row, locked to the end of the transaction; `StaleEdit` where `version` is not its own."""
        row: Self = cls._default_manager.select_for_update(no_key=True, of=("self",)).get(pk=pk)
        if version is not None and row.version != version:
            raise StaleEdit(row)
        return row

    def save_version(self, *fields: str) -> None:
        """Save the named fields and raise the version, only if nobody else did since it was read."""
        changed = {field: getattr(self, field) for field in fields}
        updated = (
            type(self)
            ._default_manager.filter(pk=self.pk, version=self.version)
            .update(version=F("version") + 1, **changed)
        )
        if not updated:
            raise StaleEdit(type(self)._default_manager.get(pk=self.pk))
        self.version += 1


LANGUAGE_FIELDS = {"en": "name_en", "zh-hans": "name_zh_hans", "zh-hant": "name_zh_hant"}


class Named(models.Model):
    """A name of the configuration, kept per language (a package, a department, a cause, a rule)."""

    name_en = models.CharField("name (English)", max_length=80)
    name_zh_hans = models.CharField("名称（简体）", max_length=80)
    name_zh_hant = models.CharField("名稱（繁體）", max_length=80)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_in(get_language())

    @property
    def names(self) -> dict[str, str]:
        """All three, for a snapshot on what was sold: {"en": …, "zh-hans": …, "zh-hant": …}."""
        return {language: getattr(self, field) for language, field in LANGUAGE_FIELDS.items()}

    def name_in(self, language: str | None) -> str:
        return getattr(self, LANGUAGE_FIELDS.get(language or "en", "name_en")) or self.name_en


def in_language(names: dict[str, str], language: str | None = None) -> str:
    """The entry of a names snapshot (`Named.names`) in the given or the active language."""
    return names.get(language or get_language() or "en") or names.get("en") or next(iter(names.values()), "")


class PublicLink(models.Model):
    """A secret address for somebody without a sign-in; the concrete class binds it to its subject.

    Only the hash is kept. The token has 160 bits that nobody can guess. Unknown, expired and outdated look
    the same to whoever asks: the finder answers None.
    """

    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    class Meta:
        abstract = True

    @staticmethod
    def hash_of(token: str) -> bytes:
        return hashlib.sha256(token.encode("utf-8", "replace")).digest()

    @classmethod
    def find(cls, token: str, *, now: datetime) -> Self | None:
        if not 20 <= len(token) <= 64:
            return None
        return cls._default_manager.filter(token_hash=cls.hash_of(token), expires_at__gt=now).first()


class Submission(models.Model):
    """One use of a create form. The unique key makes the second press of a button harmless.

    `key` is the person's id and the form's random id; `result` is the address that the first
    press led to, so that the second one goes there too.
    """

    key = models.CharField(max_length=80, primary_key=True)
    result = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.key


class ShortCache(models.Model):
    """The cache's table (rate limits and the like); Django's database cache reads and writes it."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "foundation_cache"

    def __str__(self) -> str:
        return self.cache_key


__all__ = [
    "Event",
    "Named",
    "PublicLink",
    "ShortCache",
    "StaleEdit",
    "Submission",
    "Versioned",
    "append_only",
    "in_language",
]
