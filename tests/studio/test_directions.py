"""The house keeps its directions: foreign keys run downward like imports do, and every app has its floor."""

import re
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]

FLOORS = [
    "foundation",
    "staff",
    "outbox",
    "customers",
    "bookings",
    "workflow",
    "complaints",
    "desk",
    "dashboards",
    "demo",
]
BELOW_ALL = {"auth", "contenttypes", "sessions", "pghistory"}
OF_OTHERS = {
    "admin",
    "auth",
    "contenttypes",
    "humanize",
    "messages",
    "postgres",
    "sessions",
    "staticfiles",
    "django_htmx",
    "allauth",
    "account",
    "mfa",
    "usersessions",
    "forms",
    "csp",
    "django_prometheus",
    "django_structlog",
    "pgtrigger",
    "pghistory",
    "phonenumber_field",
}


def test_every_app_has_its_floor() -> None:
    """import-linter does not see an app that nobody imports; this list does."""
    assert {app.label for app in apps.get_app_configs()} == set(FLOORS) | OF_OTHERS


def test_foreign_keys_run_downward() -> None:
    upward = []
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.app_label
        if label not in FLOORS:
            continue
        for field in model._meta.get_fields():
            if not field.is_relation or field.auto_created or field.related_model is None:
                continue
            target = field.related_model._meta.app_label
            if target in BELOW_ALL:
                continue
            if target not in FLOORS or FLOORS.index(target) > FLOORS.index(label):
                upward.append(f"{model.__name__}.{field.name} → {target}")
    assert upward == []


OURS = "studio|customers|bookings|workflow|complaints"


def sources() -> list[Path]:
    """Every module of ours, migrations left out."""
    return [
        path
        for name in OURS.split("|")
        for path in (ROOT / name).rglob("*.py")
        if "migrations" not in path.parts
    ]


def test_no_app_imports_the_project_package() -> None:
    """Settings, addresses and processes know the apps, never the other way round."""
    project = {path.stem for path in (ROOT / "studio").glob("*.py")} - {"__init__", "apps"}
    names = "|".join(sorted(project))
    upward = re.compile(rf"^[ \t]*(?:from studio import|import studio$|from studio\.({names})\b)", re.M)
    apps_only = [path for path in sources() if path.parent != ROOT / "studio"]
    assert [str(path.relative_to(ROOT)) for path in apps_only if upward.search(path.read_text())] == []


def test_no_import_hides_inside_a_function() -> None:
    """An import inside a function would dodge the direction; `AppConfig.ready` is the place made for it."""
    hidden = re.compile(rf"^[ \t]+(?:from|import) (?:{OURS})\b", re.M)
    guilty = []
    for path in sources():
        text = re.sub(r"^if TYPE_CHECKING:\n(?:[ \t]+.*\n|\n)+", "", path.read_text(), flags=re.M)
        if path.name != "apps.py" and hidden.search(text):
            guilty.append(str(path.relative_to(ROOT)))
    assert guilty == []


def test_no_name_says_nothing() -> None:
    bad = {"utils", "helpers", "services", "managers", "common"}
    assert [str(path.relative_to(ROOT)) for path in sources() if path.stem in bad] == []
