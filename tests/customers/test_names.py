"""Names: clean, sorted, and found however they are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.names import clean, clean_lines, given_name_of, name_key, readings, surname_of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("单雪", {"shanxue", "danxue", "sx", "dx"}),
        ("曾好", {"zenghao", "cenghao", "zh", "ch"}),
        ("仇英", {"qiuying", "chouying", "qy"}),
        ("解缙", {"xiejin", "jiejin", "xj"}),
        ("朴树", {"piaoshu", "pushu", "ps"}),
        ("查良镛", {"zhaliangyong", "chaliangyong", "zly"}),
        ("盖叫天", {"gejiaotian", "gaijiaotian", "gjt"}),
        ("區志明", {"ouzhiming", "quzhiming", "ozm"}),
        ("尉迟恭", {"yuchigong", "weichigong", "ycg"}),
        ("欧阳娜娜", {"ouyangnana", "oynn"}),
        ("吕绿", {"lvlv", "lulu", "lyulyu", "ll"}),
        ("张伟 & 李娜", {"zhangwei", "lina", "zw", "ln"}),
        ("Zoë O'Neil", {"zoe", "neil", "zoeoneil"}),
    ],
)
def test_every_reading_finds_a_name(name, expected):
    assert expected <= readings(name)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("张伟 & 李娜", "zhang wei & li na"),
        ("单雪", "shan xue"),
        ("曾好", "zeng hao"),
        ("万俟雪", "mo qi xue"),
        ("Émile Zola", "emile zola"),
        ("王", "wang"),
    ],
)
def test_names_sort_as_they_are_spoken(name, key):
    assert name_key(name) == key


def test_a_long_company_has_a_key_and_readings_in_no_time():
    name = "上海海鸥科技发展股份有限公司和乐重行" * 4
    assert len(name_key(name)) <= 160
    assert len(readings(name)) < 10


@pytest.mark.parametrize(
    ("name", "surname", "given"),
    [
        ("张伟", "张", "伟"),
        ("欧阳娜娜", "欧阳", "娜娜"),
        ("欧阳", "欧", "阳"),
        ("Wei Zhang", "Zhang", "Wei"),
        ("Madonna", "Madonna", "Madonna"),
        ("", "", ""),
    ],
)
def test_surname_and_given_name(name, surname, given):
    assert (surname_of(name), given_name_of(name)) == (surname, given)


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("  张\u3000 伟 ", "张 伟"),
        ("li\x00na", "lina"),
        ("li\nna", "li na"),
        ("a\u202eb\u202cc\u2066d", "abcd"),
        ("\ud800张", "张"),
        ("\ufeff\u200b", ""),
        ("𠮷野", "𠮷野"),
    ],
)
def test_what_cannot_be_seen_is_taken_out(typed, seen):
    assert clean(typed) == seen


def test_notes_keep_their_lines():
    assert clean_lines("one\r\n  two\x00\rthree\u202e\n") == "one\ntwo\nthree"


@given(st.text(max_size=60))
def test_nothing_that_can_be_typed_breaks_a_name(text):
    assert clean(clean(text)) == clean(text)
    clean(text).encode()
    assert len(name_key(text)) <= 160
    assert all(readings(text))
