"""Names: made clean, sorted, and found by every way in which somebody may type them."""

import re
import unicodedata
from itertools import product

from pypinyin import Style, lazy_pinyin, pinyin

from customers.surnames import DOUBLE_SURNAMES, SURNAMES
from studio.foundation.plain_text import clean
from studio.foundation.plain_text import clean_lines as clean_lines

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
MOST_READINGS = 24


def is_han(text: str) -> bool:
    return bool(HAN.search(text))


def surname_of(name: str) -> str:
    """欧阳 of 欧阳娜娜, 张 of 张伟; of a Latin name the last word."""
    name = clean(name)
    if not name:
        return ""
    if HAN.match(name):
        return name[:2] if len(name) > 2 and name[:2] in DOUBLE_SURNAMES else name[0]
    return name.split()[-1]


def given_name_of(name: str) -> str:
    """娜娜 of 欧阳娜娜, Wei of Wei Zhang; the whole name where there is no other part."""
    name = clean(name)
    surname = surname_of(name)
    rest = name[len(surname) :] if HAN.match(name) else name.rsplit(" ", 1)[0]
    return rest.strip() or name


def plain(text: str) -> str:
    """Lower case, without accents: Zoë is found by zoe."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def spelled(surname: str) -> str:
    """The surname in Latin letters, for an English sentence: Zhang, Ouyang, Shan."""
    return "".join(syllables(surname)).capitalize() if is_han(surname) else surname


def syllables(name: str) -> list[str]:
    """The pinyin of a name, its surname read as a surname; what is no character stays as it is."""
    surname = surname_of(name) if HAN.match(name) else ""
    head = SURNAMES[surname][0].split() if surname in SURNAMES else lazy_pinyin(surname)
    return [*head, *lazy_pinyin(name[len(surname) :])]


def name_key(name: str) -> str:
    """What names are sorted by: 张伟 & 李娜 → "zhang wei & li na". At most 160 characters."""
    parts = re.split(r"([&、,，/+和])", clean(name))
    words = [plain(word) for part in parts for word in syllables(part.strip()) if word.strip()]
    return " ".join(" ".join(words).split())[:160]


def choices_of(name: str) -> list[list[str]]:
    """For each syllable of a Chinese name, all the ways to read it, the likely one first."""
    surname = surname_of(name)
    rest = name[len(surname) :]
    heads: list[list[str]] = []
    known = [reading.split() for reading in SURNAMES.get(surname, [])]
    for place, character in enumerate(surname):
        usual = [readings_[place] for readings_ in known]
        heads.append(list(dict.fromkeys([*usual, *lazy_pinyin(character), *heteronyms(character)])))
    return heads + [list(dict.fromkeys([*lazy_pinyin(c), *heteronyms(c)])) for c in rest]


def heteronyms(character: str) -> list[str]:
    found = pinyin(character, heteronym=True, style=Style.NORMAL)
    return [variant for reading in (found[0] if found else []) for variant in umlauts(reading)]


def umlauts(syllable: str) -> list[str]:
    """吕 is typed lv, lu and lyu."""
    if syllable in {"lv", "nv", "lve", "nve"}:
        return [syllable, syllable.replace("v", "u"), syllable.replace("v", "yu")]
    return [syllable]


def readings(name: str) -> set[str]:
    """Every pinyin reading of a name, written together, and its initials.

    单雪 is found by danxue, shanxue, chanxue, dx, sx and cx.
    A Latin name by its words together, by each word, and by the initials.
    """
    name = clean(name)
    found: set[str] = set()
    for part in re.findall(rf"(?:{HAN.pattern})+", name):
        # Beyond six syllables it is a company: one reading is enough, and the product would not end.
        choices = choices_of(part) if len(part) <= 6 else [[syllable] for syllable in lazy_pinyin(part)]
        for number, combination in enumerate(product(*choices)):
            if number >= MOST_READINGS:
                break
            found.add("".join(combination))
            found.add("".join(syllable[0] for syllable in combination if syllable))
        # The surname in each of its readings is never cut off by the limit above.
        usual = [choice[0] for choice in choices]
        for reading in choices[0]:
            found.add("".join([reading, *usual[1:]]))
            found.add("".join(syllable[0] for syllable in [reading, *usual[1:]] if syllable))
    words = [plain(word) for word in re.findall(r"[^\W\d_]+", HAN.sub(" ", name))]
    if words:
        found |= {"".join(words), *words, "".join(word[0] for word in words)}
    return {reading for reading in found if reading}
