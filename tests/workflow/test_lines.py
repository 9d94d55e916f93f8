"""Words matter (R5.3): the line of each moment, for one person, two and several, in three languages."""

import pytest
from django.utils import translation

from customers.models import Member
from studio.staff.models import User
from workflow import lines, lines_aside
from workflow.models import Look

BRIDE = Member(name="李娜", salutation="ms", role="bride")
GROOM = Member(name="张伟", salutation="mr", role="groom")
MOTHER = Member(name="欧阳兰", salutation="ms", role="mother")
CHILD = Member(name="豆豆", salutation="child", role="child")
OWNER = User(pk=1, display_name="陈晓静", called="小陈")
ARTIST = User(pk=2, display_name="王芳", called="王老师")
PHOTOGRAPHER = User(pk=3, display_name="赵明", called="赵老师")
GOWN = {"en": "the white gown", "zh-hans": "白纱", "zh-hant": "白紗"}
DRESS = {"en": "the evening dress", "zh-hans": "晚装", "zh-hant": "晚禮服"}


def looks(*states: str) -> list[Look]:
    labels = [GOWN, DRESS]
    return [
        Look(label=label, position=number, state=state, at="09:00" if state == "shot" else None)
        for number, (label, state) in enumerate(zip(labels, states, strict=False), start=1)
    ]


def line(start: str, end: str, **more) -> lines.Line:
    given = {
        "members": [BRIDE, GROOM],
        "giver": OWNER,
        "owner": OWNER,
        "receiver_name": "王老师",
        "looks": looks("pending", "pending"),
        "language": "en",
    }
    return lines.line_for(from_kind=start, to_kind=end, **given | more)


@pytest.fixture
def chinese() -> None:
    with translation.override("zh-hans"):
        yield


# --- How guests are called ----------------------------------------------------------------------
def test_r5_3_guests_are_called_by_surname_and_salutation() -> None:
    assert lines.guests([BRIDE], language="en") == "Ms Li"
    assert lines.guests([BRIDE, GROOM], language="en") == "Mr Zhang and Ms Li"
    assert lines.guests([BRIDE, GROOM, MOTHER], language="en") == "Mr Zhang, Ms Li and Ms Ouyang"
    assert "party of 4" in lines.guests([BRIDE, GROOM, MOTHER, CHILD], language="en")
    assert lines.guests([CHILD], language="en") == "豆豆"


def test_r5_3_guests_in_chinese_and_on_taiwan(chinese) -> None:
    assert lines.guests([BRIDE, GROOM], language="zh-hans") == "张先生和李女士"
    assert lines.guests([BRIDE, GROOM], language="zh-hant") == "张先生和李小姐"
    assert lines.guests([MOTHER], language="zh-hans") == "欧阳女士"


# --- Hand-offs ----------------------------------------------------------------------------------
def test_r5_3_the_owner_hands_over_friends_of_mine_and_the_artist_answers() -> None:
    said = line("front_desk", "styling")
    assert said.say.startswith("王老师, these are Mr Zhang and Ms Li, friends of mine.")
    assert said.answer == "No problem, don't worry!"
    assert "our very best makeup artist" in said.assure


def test_r5_3_one_guest_is_one_friend() -> None:
    assert "this is Ms Li, a friend of mine" in line("front_desk", "styling", members=[BRIDE]).say


def test_r5_3_a_deputy_brings_the_owners_friends_not_their_own() -> None:
    said = line("front_desk", "styling", giver=User(pk=9, display_name="周敏"))
    assert "friends of our 小陈" in said.say
    assert "mine" not in said.say


def test_r5_3_the_artist_never_says_my_friends() -> None:
    said = line("styling", "shooting", giver=ARTIST, receiver_name="赵老师")
    assert "friends of our 小陈" in said.say
    assert "mine" not in said.say and "my friend" not in said.say


def test_r5_3_later_rounds_drop_the_courtesies() -> None:
    back = line("shooting", "styling", giver=PHOTOGRAPHER, looks=looks("shot", "pending"), round=2)
    assert back.say == (
        "王老师, the white gown is shot for Mr Zhang and Ms Li. Please change into: the evening dress. Thank you!"
    )
    again = line(
        "styling", "shooting", giver=ARTIST, looks=looks("shot", "pending"), round=2, receiver_name="赵老师"
    )
    assert again.say == "赵老师, now for the evening dress. Thank you!"
    assert again.introduce == ""


def test_r5_2_after_the_last_look_headdress_and_makeup_come_off() -> None:
    said = line("shooting", "styling", giver=PHOTOGRAPHER, looks=looks("shot", "shot"), round=2)
    assert "Headdress and makeup off" in said.say


def test_r5_3_all_done_and_thanked() -> None:
    said = line("styling", "front_desk", giver=ARTIST, looks=looks("shot", "shot"), receiver_name="小陈")
    assert said.say == "小陈, everything is shot for Mr Zhang and Ms Li."
    assert said.answer == "Thank you, you have all worked hard!"


def test_f2_what_was_not_shot_is_said_at_the_hand_over() -> None:
    said = line("styling", "front_desk", giver=ARTIST, looks=looks("shot", "undone"), receiver_name="小陈")
    assert "Not shot: the evening dress" in said.say


def test_r5_1_the_receiver_introduces_themself_and_the_assistant() -> None:
    said = line("styling", "shooting", giver=ARTIST, receiver=PHOTOGRAPHER, assistant="小周")
    assert said.introduce == "Hello, I am 赵明, your photographer, and this is my assistant 小周."
    alone = line("front_desk", "styling", receiver=ARTIST)
    assert alone.introduce == "Hello, I am 王芳, your makeup artist."


def test_whom_one_does_not_know_by_name_is_still_addressed() -> None:
    assert line("front_desk", "styling", receiver_name="").say.startswith("Dear colleague, ")


def test_every_way_between_departments_has_words() -> None:
    kinds = ["front_desk", "styling", "shooting", "selection", "production", "cashier"]
    for start in kinds:
        for end in kinds:
            for state in [("pending", "pending"), ("shot", "pending"), ("shot", "shot"), ("undone", "shot")]:
                said = line(start, end, looks=looks(*state), round=2, owner=None, giver=ARTIST)
                assert said.say and said.answer and "%(" not in said.say


# --- Other moments ------------------------------------------------------------------------------
def test_r8_2_the_deputy_never_says_that_the_owner_is_resting() -> None:
    for count in (1, 2, 8):
        said = lines.deputy_line(OWNER, count=count, language="en")
        assert "小陈 has something to see to" in said
        assert "rest" not in said


def test_r4_3_the_balance_is_asked_for_without_a_figure() -> None:
    assert not any(letter.isdigit() for letter in lines.balance_line(language="en"))


# --- In Chinese, as the house speaks -------------------------------------------------------------
def zh(start: str, end: str, **more) -> lines.Line:
    return line(start, end, language="zh-hans", **more)


def test_r5_3_the_lines_in_simplified_chinese(chinese) -> None:
    first = zh("front_desk", "styling")
    assert first.say == "王老师，这是张先生和李女士，是我的朋友，请多费心，谢谢！"
    assert first.answer == "没问题，放心吧！"
    assert first.assure == "这是我们最棒的化妆师，您尽管放心，有事随时叫我。"
    studio = zh("styling", "shooting", giver=ARTIST, receiver_name="赵老师")
    assert studio.say == "赵老师，这是门市小陈的朋友张先生和李女士，请帮忙拍好一点，谢谢！"
    own = zh("styling", "shooting", giver=ARTIST, receiver=PHOTOGRAPHER, assistant="小周")
    assert own.introduce == "您好，我是摄影师赵明，这是我的助理小周。"
    back = zh("shooting", "styling", giver=PHOTOGRAPHER, looks=looks("shot", "pending"), round=2)
    assert back.say == "王老师，张先生和李女士的白纱拍完了，请帮忙换晚装，谢谢！"
    done = zh("styling", "front_desk", giver=ARTIST, looks=looks("shot", "shot"), receiver_name="小陈")
    assert done.say == "小陈，张先生和李女士全部拍完了。"
    assert done.answer == "谢谢，辛苦你们了！"
    assert lines.deputy_line(OWNER, count=2, language="zh-hans") == (
        "您好！小陈今天有事请假，由我代替小陈为二位服务。"
    )
    assert lines.balance_line(language="zh-hans") == "尾款麻烦您选片时补齐，谢谢！"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "实在不好意思，今天没有招呼好您，请多多原谅！"),
        (2, "实在不好意思，今天没有招呼好二位，请多多原谅！"),
        (8, "实在不好意思，今天没有招呼好各位，请多多原谅！"),
    ],
)
def test_r5_5_the_farewell_speaks_to_one_to_two_and_to_several(chinese, count, words) -> None:
    assert lines.farewell(count=count, language="zh-hans") == words


def test_r5_3_the_lines_on_taiwan(chinese) -> None:
    said = line("front_desk", "styling", language="zh-hant")
    assert said.say == "王老师，這是张先生和李小姐，是我的朋友，麻煩多費心，謝謝！"
    assert lines.farewell(count=2, language="zh-hant") == "真不好意思，今天招呼不周，請多多包涵！"


def test_the_line_is_in_the_readers_language_when_none_is_named() -> None:
    with translation.override("en"):
        assert lines.farewell(count=2).startswith("We are so sorry")


# --- Beside the route -----------------------------------------------------------------------------
COLLEAGUE = User(pk=9, display_name="周敏", called="小周")
PEOPLE = {1: [BRIDE], 2: [BRIDE, GROOM], 3: [BRIDE, GROOM, Member(name="李梅", salutation="ms")]}


def test_r5_6_a_colleague_is_asked_to_go_along_and_nobody_is_told_only_where_it_is() -> None:
    said = lines_aside.stepping_out([BRIDE], had=ARTIST, escort=COLLEAGUE, place="washroom", language="en")
    assert said.say == "小周, please go along with Ms Li: washroom. Thank you!"
    assert said.answer == "No problem, don't worry!"
    assert said.introduce == "Please come with me, I am going along."
    own = lines_aside.stepping_out([BRIDE], had=ARTIST, escort=ARTIST, place="washroom", language="en")
    assert (own.say, own.introduce) == ("", said.introduce)


def test_r5_6_the_escort_brings_them_back_and_is_thanked() -> None:
    one = lines_aside.coming_back([BRIDE], escort=COLLEAGUE, takes_over=ARTIST, language="en")
    assert one.say == "王老师, Ms Li is back."
    two = lines_aside.coming_back([BRIDE, GROOM], escort=COLLEAGUE, takes_over=ARTIST, language="en")
    assert two.say == "王老师, Mr Zhang and Ms Li are back."
    assert two.answer == "Thank you for going along!"
    assert not lines_aside.coming_back([BRIDE], escort=ARTIST, takes_over=ARTIST).say


def test_r5_6_on_location_somebody_is_with_them_all_the_way() -> None:
    said = lines_aside.on_location([BRIDE, GROOM], had=ARTIST, with_user=PHOTOGRAPHER, language="en")
    assert said.say == "赵老师, please take Mr Zhang and Ms Li along to the location. Thank you!"
    assert "with you all the way" in said.introduce
    assert not lines_aside.on_location([BRIDE], had=ARTIST, with_user=ARTIST).say


def test_r5_1_who_stood_alone_hears_sorry_and_not_whose_fault_it_was() -> None:
    said = lines_aside.after_a_gap(count=2, language="en")
    assert "so sorry that you stood alone" in said.introduce
    assert said.say == ""


def test_r5_1_who_relieves_a_colleague_says_for_whom() -> None:
    said = line("styling", "styling", giver=ARTIST, receiver=COLLEAGUE, receiver_name="小周")
    assert said.say == "小周, please look after Mr Zhang and Ms Li from here. Thank you!"
    assert said.introduce == "Hello, I am 周敏. I look after you from here, for 王老师."


def test_one_two_and_several_are_spoken_to_in_every_moment(chinese) -> None:
    """Three ways of saying you (您, 二位, 各位): each stands in the catalogue by itself."""
    for count, members in PEOPLE.items():
        for language in ("en", "zh-hans", "zh-hant"):
            some = {"language": language}
            said = [
                lines_aside.stepping_out(members, had=ARTIST, escort=COLLEAGUE, place="car", **some),
                lines_aside.coming_back(members, escort=COLLEAGUE, takes_over=ARTIST, **some),
                lines_aside.on_location(members, had=ARTIST, with_user=PHOTOGRAPHER, **some),
                lines_aside.after_a_gap(count=count, **some),
            ]
            words = " ".join(part for one in said for part in (one.say, one.answer, one.introduce))
            assert "%(" not in words and words.strip()
