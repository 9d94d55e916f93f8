"""How a party is spoken to: in its own language, he before she, one, two, or a family."""

import pytest

from customers.files import MemberDraft, first_names, greeting_name, open_file

pytestmark = pytest.mark.django_db

BRIDE, GROOM = MemberDraft("李娜", "ms", "bride"), MemberDraft("张伟", "mr", "groom")


def greeted(shop, now, kind, members, language, name=""):
    customer = open_file(
        branch=shop.branch, by=None, now=now, owner=shop.owner, kind=kind, members=members, name=name
    )
    return greeting_name(customer, language)


@pytest.mark.parametrize(
    ("kind", "members", "said"),
    [
        ("couple", [BRIDE, GROOM], "Mr Zhang and Ms Li"),
        ("couple", [BRIDE], "Ms Li"),
        ("person", [MemberDraft("欧阳娜娜", "ms", "contact")], "Ms Ouyang"),
        ("person", [MemberDraft("单雪", "ms", "contact")], "Ms Shan"),
        ("person", [MemberDraft("Zoë Wellington", "ms", "contact")], "Ms Wellington"),
        ("person", [MemberDraft("小雨")], "小雨"),
        (
            "family",
            [MemberDraft("王芳", "ms", "mother"), GROOM, BRIDE, MemberDraft("小宝", "child", "child")],
            "Ms Wang and family",
        ),
    ],
)
def test_r5_3_in_english(shop, now, kind, members, said):
    assert greeted(shop, now, kind, members, "en") == said


def test_a_company_is_called_by_its_name(shop, now):
    said = greeted(shop, now, "company", [MemberDraft("王经理", "mr", "contact")], "en", name="海鸥科技")
    assert said == "海鸥科技"


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "张先生和李女士"), ("zh-hant", "张先生和李小姐")])
def test_r5_3_in_chinese(shop, now, language, said):
    assert greeted(shop, now, "couple", [BRIDE, GROOM], language) == said


def test_first_names_for_where_the_house_speaks_of_friends(shop, now):
    customer = open_file(
        branch=shop.branch, by=None, now=now, owner=shop.owner, kind="couple", members=[BRIDE, GROOM]
    )
    assert first_names(customer, "en") == "Wei and Na"
