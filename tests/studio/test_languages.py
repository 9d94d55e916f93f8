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


def test_no_traditional_sentence_is_left_simplified() -> None:
    """A handful of characters that only the mainland writes give a careless copy away."""
    only_simplified = set("顾单门档轮现样订选见员进线设统计时说请谢电话这个们为对应无满负责")
    guilty = []
    for message in languages.read("zh_Hant"):
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and any(only_simplified & set(string) for string in strings):
            guilty.append(message.id)
    assert guilty == []
