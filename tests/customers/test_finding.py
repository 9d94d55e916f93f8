"""One box finds a customer by whatever is known of them, and nothing that is typed into it does harm."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from customers import files
from customers.files import MemberDraft
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(shop, now):
    def opened(kind, members, phone, name=""):
        drafts = [MemberDraft(who, "ms", "contact") for who in members]
        return files.open_file(
            branch=shop.branch,
            by=shop.owner,
            now=now,
            owner=shop.owner,
            kind=kind,
            name=name,
            members=drafts,
            phones=[phone],
        )

    return {
        "couple": opened("couple", ["张伟", "李娜"], "13800138000"),
        "shan": opened("person", ["单雪"], "13900139111"),
        "ouyang": opened("family", ["欧阳娜娜", "欧阳小宝"], "0912345678"),
        "zoe": opened("person", ["Zoë Wellington-Smythe"], "+1 415 555 2671"),
        "company": opened("company", ["王经理"], "021 6234 5678", name="上海海鸥科技有限公司"),
    }


@pytest.mark.parametrize(
    ("typed", "whom"),
    [
        ("张伟", "couple"),
        ("伟", "couple"),
        ("李娜 张伟", "couple"),
        ("张伟 & 李娜", "couple"),
        ("张伟、李娜", "couple"),
        ("zhangwei", "couple"),
        ("Zhang Wei", "couple"),
        ("zhang w", "couple"),
        ("ln", "couple"),
        ("8000", "couple"),
        ("138-0013-8000", "couple"),
        ("13800138", "couple"),
        ("+86 138 0013 8000", "couple"),
        ("shanxue", "shan"),
        ("danxue", "shan"),
        ("sx", "shan"),
        ("单", "shan"),
        ("娜娜", "ouyang"),
        ("ouyang", "ouyang"),
        ("xiaobao", "ouyang"),
        ("0912345678", "ouyang"),
        ("zoe", "zoe"),
        ("wellington", "zoe"),
        ("ZOË", "zoe"),
        ("海鸥科技", "company"),
        ("shhokjyxgs", "company"),
        ("王经理", "company"),
        ("歐陽娜娜", "ouyang"),
        ("單雪", "shan"),
    ],
)
def test_a_customer_is_found_by(people, shop, typed, whom):
    assert files.search(typed, branch=shop.branch) == [people[whom]]


@pytest.mark.parametrize(
    "typed",
    ["", " ", "%", "_", "%%", "张%", "zhang_wei", "'", "''; --", "\\", "\x00", "\u202e", "\ud800", "***"],
)
def test_wildcards_quotes_and_invisible_marks_find_nobody(people, shop, typed):
    assert files.search(typed, branch=shop.branch) in ([], [people["couple"]] if "wei" in typed else [])


def test_marks_in_a_paste_do_not_hide_a_customer(people, shop):
    assert files.search("\u202d张\u200b伟\u202c\x00", branch=shop.branch) == [people["couple"]]


def test_a_megabyte_in_the_box_is_answered(people, shop):
    assert files.search("张" * 1_000_000, branch=shop.branch) == []
    assert files.search("1" * 1_000_000, branch=shop.branch) == []


def test_f8_the_neighbour_finds_nobody(people, shop):
    assert files.search("张伟", branch=shop.other_branch) == []
    assert files.search("8000", branch=shop.other_branch) == []


def test_no_more_than_the_limit(shop):
    for _ in range(5):
        customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
        files.index(customer)
    assert len(files.search("张伟", branch=shop.branch, limit=3)) == 3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("张_伟%")
@example("欧" * 80)
@given(st.text(max_size=100))
def test_nothing_that_can_be_typed_breaks_the_search(shop, text):
    assert files.search(text, branch=shop.branch) == []
