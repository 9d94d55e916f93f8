"""Three languages, complete: English in the source, 简体 and 繁體 in the catalogues."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.utils import translation

from studio import languages

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    assert list(languages.faults(language)) == []


def test_check_finds_what_is_missing_fuzzy_or_has_other_placeholders(monkeypatch: pytest.MonkeyPatch) -> None:
    template = Catalog()
    for sentence in ["One", "Two %(name)s", "Three", "Four {day}"]:
        template.add(sentence)
    translated = Catalog(locale="zh_Hans")
    translated.add("One", "一")
    translated.add("Two %(name)s", "二 %(nam)s")
    translated.add("Three", "三", flags=["fuzzy"])
    monkeypatch.setattr(languages, "read", lambda language: translated)
    found = list(languages.faults("zh_Hans", template))
    assert [line.split(": ")[1] for line in found] == ["other placeholders", "fuzzy", "not translated"]


def test_the_catalogues_speak_the_words_of_the_house() -> None:
    """The board's stages in the words of a mainland and of a Taiwan studio."""
    with translation.override("zh-hans"):
        assert translation.gettext("Selection") == "选片"
        assert translation.gettext("Unattended") == "无人陪同"
    with translation.override("zh-hant"):
        assert translation.gettext("Selection") == "挑片"
        assert translation.gettext("Owner") == "專屬門市"


@pytest.mark.parametrize(("language", "encoding"), [("zh_Hans", "gb2312"), ("zh_Hant", "big5")])
def test_each_script_keeps_to_its_own_characters(language: str, encoding: str) -> None:
    """GB 2312 holds the simplified characters and Big5 the traditional ones: a careless copy gives itself away."""
    guilty = []
    for message in languages.read(language):
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        text = "".join(char for string in strings for char in string or "" if "\u4e00" <= char <= "\u9fff")
        if message.id and text.encode(encoding, "ignore").decode(encoding) != text:
            guilty.append(message.id)
    assert guilty == []
