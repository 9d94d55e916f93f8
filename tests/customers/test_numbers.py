"""Numbers in every form in which people type them."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from customers.numbers import normalise_email, normalise_phone

MOBILE = "+8613800138000"


@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "138－0013－8000",
        "１３８００１３８０００",
        "+86 138 0013 8000",
        "＋86 13800138000",
        "0086 138 0013 8000",
        "86 13800138000",
        "(86) 138.0013.8000",
        "+86 (0)138 0013 8000",
        "\u202d13800138000\u202c",
        "\ufeff138\u200b00138000",
        "١٣٨٠٠١٣٨٠٠٠",
        "电话：13800138000",
        "\t13800138000\n",
    ],
)
@pytest.mark.parametrize("region", ["CN", "TW"])
def test_a_mainland_mobile_in_any_form_and_in_every_branch(typed, region):
    assert normalise_phone(typed, region=region) == MOBILE


@pytest.mark.parametrize(
    ("typed", "region", "value"),
    [
        ("0912 345 678", "TW", "+886912345678"),
        ("09-12345678", "CN", "+886912345678"),
        ("+886 912 345 678", "CN", "+886912345678"),
        ("(02) 2720-8889", "TW", "+886227208889"),
        ("021 6234 5678", "CN", "+862162345678"),
        ("0755-8888 8888", "CN", "+8675588888888"),
        ("400-820-8820", "CN", "+864008208820"),
        ("+1 415 555 2671", "CN", "+14155552671"),
        ("00852 9123 4567", "CN", "+85291234567"),
    ],
)
def test_landlines_and_foreign_numbers(typed, region, value):
    assert normalise_phone(typed, region=region) == value


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Type a telephone number."),
        ("\u200b", "Type a telephone number."),
        ("1380013800", "11 digits; this one has 10"),
        ("138001380001", "11 digits; this one has 12"),
        ("62345678", "needs its area code"),
        ("110", "too short"),
        ("1" * 200, "too long"),
        ("1" * 1_000_000, "too long"),
        ("13800138000、13900139000", "One number in each field"),
        ("13800138000 13900139000", "One number in each field"),
        ("021 6234 5678 转 801", "Leave out the extension"),
        ("021 6234 5678 ext. 801", "Leave out the extension"),
        ("一三八", "only digits"),
        ("call me", "only digits"),
        ("138O0138000", "only digits"),
        ("+", "too short"),
        ("13800138000\x00; DROP", "only digits"),
        ("\ud800", "Type a telephone number."),
        ("12345678901", "no such telephone number"),
        ("+99 123 456 789", "no such telephone number"),
    ],
)
def test_a_wrong_form_gets_a_sentence_that_says_what_to_do(typed, sentence):
    with pytest.raises(ValidationError) as refusal:
        normalise_phone(typed, region="CN")
    assert sentence in refusal.value.messages[0]


@given(st.text(max_size=80))
def test_nothing_that_can_be_typed_does_more_than_refuse(typed):
    try:
        value = normalise_phone(typed, region="CN")
    except ValidationError as refusal:
        assert refusal.messages[0]
    else:
        assert value.startswith("+")
        assert normalise_phone(value, region="TW") == value


MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
BETWEEN = st.sampled_from(["", " ", "-", "－", "\u3000", "\u200b", "."])


@given(MOBILES, st.sampled_from(["", "+86", "0086", "86 ", "+86 "]), BETWEEN, BETWEEN, st.booleans())
def test_however_a_mobile_is_cut_up_it_stays_the_same_number(mobile, prefix, first, second, wide):
    typed = f"{prefix}{mobile[:3]}{first}{mobile[3:7]}{second}{mobile[7:]}"
    if wide:
        typed = typed.translate({ord(digit): ord(digit) - ord("0") + ord("０") for digit in "0123456789"})
    assert normalise_phone(typed, region="CN") == f"+86{mobile}"


def test_addresses_are_kept_in_small_letters():
    assert normalise_email("  Li.Na@Example.COM ") == "li.na@example.com"
    assert normalise_email("ｌｉ＠ｅｘａｍｐｌｅ．ｃｏｍ") == "li@example.com"


@pytest.mark.parametrize(
    "typed", ["li@", "li na@example.com", "a@b.c\nBcc: x@y.z", "a" * 2000 + "@example.com", "", "\x00"]
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValidationError):
        normalise_email(typed)
