"""The catalogues: `python -m studio.languages extract | compile | check`.

Babel does the work, with Django's own `templatize` for templates; GNU gettext is not needed. Sources are
English; every sentence must stand in `zh-hans` and `zh-hant`, not fuzzy and with the same placeholders.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import django
from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
LANGUAGES = ["zh_Hans", "zh_Hant"]
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
FOLDERS = ["studio", "customers", "bookings", "workflow", "complaints", "templates"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")


def extract_templates(file: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """A Babel extraction method: a Django template read as the Python that `templatize` makes of it."""
    source = templatize(file.read().decode("utf-8"), origin=getattr(file, "name", None))
    # What is no sentence stands there as letters at any indentation, which the tokenizer would refuse.
    lines = "\n".join(line.lstrip() for line in source.splitlines()).encode("utf-8")
    yield from extract_python(io.BytesIO(lines), keywords, comment_tags, {"encoding": "utf-8"})


def extracted() -> Catalog:
    """Every sentence of the sources."""
    if not settings.configured:
        settings.configure(USE_I18N=False)
        django.setup()
    catalog = Catalog(project="Shouwen", version="", copyright_holder="Shouwen", msgid_bugs_address="")
    methods: Any = [("**.py", "python"), ("**.html", extract_templates), ("**.txt", extract_templates)]
    for folder in FOLDERS:
        rows = extract_from_dir(
            str(ROOT / folder),
            method_map=methods,
            options_map={},
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
        )
        for file, _line, message, comments, context in rows:
            # Files without line numbers: a catalogue then changes only when a sentence does.
            catalog.add(message, locations=[(f"{folder}/{file}", 0)], auto_comments=comments, context=context)
    return catalog


def path_of(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, domain="django", fuzzy=False)
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language, domain="django")


def write(language: str, catalog: Catalog) -> None:
    path_of(language).parent.mkdir(parents=True, exist_ok=True)
    with path_of(language).open("wb") as file:
        pofile.write_po(
            file,
            catalog,
            sort_output=True,
            omit_header=False,
            width=110,
            include_lineno=False,
            ignore_obsolete=True,
        )


def extract() -> int:
    """Bring the catalogues up to the sources; new sentences stand there empty, gone ones go."""
    template = extracted()
    for language in LANGUAGES:
        catalog = read(language)
        created = catalog.creation_date
        catalog.update(template, no_fuzzy_matching=True)
        catalog.creation_date = catalog.revision_date = created
        write(language, catalog)
        to_do = sum(1 for _ in faults(language, template))
        print(f"{language}: {len(catalog)} sentences, {to_do} to look at")
    return 0


def compile_catalogues() -> int:
    """Write the .mo files that Django reads, where the .po file is newer."""
    for language in LANGUAGES:
        source, target = path_of(language), path_of(language).with_suffix(".mo")
        if source.exists() and (not target.exists() or target.stat().st_mtime < source.stat().st_mtime):
            with target.open("wb") as file:
                mofile.write_mo(file, read(language))
    return 0


def faults(language: str, template: Catalog | None = None) -> Iterator[str]:
    """What is wrong with a catalogue, a line each: missing, fuzzy, or other placeholders than the source."""
    catalog = read(language)
    for message in template or extracted():
        if not message.id:
            continue
        name = message.id[0] if isinstance(message.id, tuple) else message.id
        found = catalog.get(name, message.context)
        if found is None or not found.string or (isinstance(found.string, tuple) and not all(found.string)):
            yield f"{language}: not translated: {name!r}"
        elif found.fuzzy:
            yield f"{language}: fuzzy: {name!r}"
        else:
            sources: Any = message.id if isinstance(message.id, tuple) else (message.id,)
            strings: Any = found.string if isinstance(found.string, tuple) else (found.string,)
            allowed = {part for source in sources for part in PLACEHOLDER.findall(source)}
            needed = set(PLACEHOLDER.findall(sources[-1]))
            if any(not needed <= set(PLACEHOLDER.findall(string)) <= allowed for string in strings):
                yield f"{language}: other placeholders: {name!r}"


def check() -> int:
    """One line per fault; 1 where there is any."""
    template = extracted()
    found = [fault for language in LANGUAGES for fault in faults(language, template)]
    for fault in found:
        print(fault)
    return 1 if found else 0


def main() -> int:
    commands = {"extract": extract, "compile": compile_catalogues, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        print("python -m studio.languages extract | compile | check")
        return 2
    return commands[sys.argv[1]]()


if __name__ == "__main__":
    sys.exit(main())
