"""Templates: `{name}` is replaced, and nothing else."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from studio.outbox.delivery import deliver
from studio.outbox.models import Gateway, Message, MessageTemplate
from studio.outbox.placeholders import fill, one_line, placeholders, plain
from studio.outbox.purposes import purposes
from studio.outbox.rendering import template_for
from tests.outbox.conftest import make_template


def test_names_are_filled_in() -> None:
    assert fill("{name}，{day}见！{{x}} {Name} { name }", {"name": "李娜", "day": "明天", "x": 1}) == (
        "李娜，明天见！{1} {Name} { name }",
        set(),
    )


@pytest.mark.parametrize(
    "text", ["{name.__class__}", "{name!r}", "{0}", "{name:>10}", "{}", "%(name)s", "${name"]
)
def test_nothing_else_is_looked_at(text: str) -> None:
    assert fill(text, {"name": "李娜"}) == (text, set())


def test_a_value_is_never_read_as_a_placeholder() -> None:
    assert fill("{name} {secret}", {"name": "{secret}", "secret": "s"})[0] == "{secret} s"


def test_a_name_without_value_is_left_out_and_told() -> None:
    assert fill("您好{name}！", {"name": None}) == ("您好！", {"name"})


@given(st.text(alphabet=st.characters(), max_size=80), st.text(alphabet=st.characters(), max_size=80))
def test_whatever_stands_in_a_name_can_be_stored_and_sent(value: str, text: str) -> None:
    filled, _missing = fill(text + "{name}", {"name": value})
    filled.encode()
    assert "\x00" not in filled
    assert not set(filled) & set("\u202e\u202d\u2066\r")
    subject = one_line(filled, 200)
    assert len(subject.splitlines()) <= 1
    assert len(subject) <= 200


def test_surrogates_do_not_break_a_message() -> None:
    assert plain("a\ud800b") == "a?b"


def test_placeholders_are_found() -> None:
    assert placeholders("{name} {day} {name} {Day} {x y}") == {"name", "day"}


# --- On the row -------------------------------------------------------------------------------
def test_what_is_not_filled_in_stands_in_the_trouble_of_the_message(outbox: SimpleNamespace) -> None:
    MessageTemplate.objects.update(body="{name}，{time}见", subject="{gift}")
    message = outbox.message()
    deliver()
    message.refresh_from_db()
    assert (message.state, message.body) == ("sent", "张伟，见")
    assert message.trouble == "not filled in: gift, time"


def test_words_that_leave_nothing_to_say_are_not_sent(outbox: SimpleNamespace) -> None:
    MessageTemplate.objects.update(body="{gift}")
    message = outbox.message()
    deliver()
    message.refresh_from_db()
    assert message.state == "failed"
    assert outbox.recorder.arrivals == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize("name", ["reminder", "date_moved", "date_called_off", "booking_code"])
def test_a_shop_that_wrote_no_words_has_the_houses_own(shop, name, channel, language) -> None:
    """Nobody's reminder or code is lost because a template is missing; every name in the words is known."""
    purpose = purposes[name]
    if name == "booking_code" and channel == "email":
        return
    subject, body = purpose.words[channel, language]
    assert placeholders(subject + body) <= set(purpose.sample or ())
    message = Message(branch=shop.branch, purpose=name, channel=channel, language=language)
    assert (template_for(message).subject, template_for(message).body) == (subject, body)
    own = make_template(branch=shop.branch, purpose=name, channel=channel, language=language)
    assert template_for(message) == own


def test_the_template_number_and_the_parameters_go_to_the_gateway(outbox: SimpleNamespace) -> None:
    MessageTemplate.objects.update(code="SMS_12345", subject="{name}\n的提醒")
    outbox.message(parameters={"order": "sh-1"})
    deliver()
    (arrival,) = outbox.recorder.arrivals
    assert arrival["template"] == "SMS_12345"
    assert arrival["parameters"] == {"name": "张伟"}, "only what stands in the approved text"
    assert arrival["subject"] == "张伟 的提醒"
    assert arrival["sender"] == "首问"


def test_without_a_template_number_every_parameter_goes_along(outbox: SimpleNamespace) -> None:
    outbox.message(parameters={"order": "sh-1"})
    deliver()
    assert outbox.recorder.arrivals[0]["parameters"] == {"order": "sh-1", "name": "张伟"}


def test_parameters_are_made_in_the_language_of_the_words(outbox: SimpleNamespace) -> None:
    from django.utils import timezone, translation

    outbox.purpose.values = lambda message: {
        "name": f"{translation.get_language()} {message.language} {timezone.get_current_timezone_name()}"
    }
    message = outbox.message(language="en")
    deliver()
    assert Message.objects.get(pk=message.pk).body == "zh-hans zh-hans Asia/Shanghai，您好！"


# --- Configuration ----------------------------------------------------------------------------
def test_a_template_asks_only_for_what_its_purpose_fills_in(outbox: SimpleNamespace) -> None:
    template = make_template(language="en", body="Dear {name}, {birthday}")
    with pytest.raises(ValidationError) as refused:
        template.full_clean()
    assert refused.value.message_dict == {
        "body": ["{birthday}: nothing fills this in. These can stand here: {name}."]
    }
    template.body = "Dear {name}"
    template.full_clean()


def test_a_template_is_for_a_known_purpose(outbox: SimpleNamespace) -> None:
    with pytest.raises(ValidationError, match="no purpose"):
        make_template(purpose="gone", language="en").full_clean()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": "gateway.example"}, "address"),
        ({"address": "https://"}, "address"),
        ({"address": "https://[::1"}, "address"),
        ({"address": "https://gateway.example:99999999/"}, "address"),
        ({"address": "file:///etc/passwd"}, "address"),
        ({"address": "https://me:secret@gateway.example/"}, "address"),
        ({"secret": ""}, "secret"),
        ({"kind": "smtp", "address": "mail.example", "sender": "a@b.example"}, "address"),
        ({"kind": "smtp", "address": "mail.example:0", "sender": "a@b.example"}, "address"),
        ({"kind": "smtp", "address": "mail.example:25", "sender": "首问"}, "sender"),
    ],
)
def test_a_gateway_is_refused_with_a_sentence(outbox: SimpleNamespace, changes: dict, field: str) -> None:
    gateway = outbox.gateway
    gateway.full_clean()
    for name, value in changes.items():
        setattr(gateway, name, value)
    with pytest.raises(ValidationError) as refused:
        gateway.full_clean()
    assert list(refused.value.message_dict) == [field]


def test_one_active_gateway_per_channel(outbox: SimpleNamespace) -> None:
    second = Gateway.objects.get()
    second.pk = None
    with pytest.raises(ValidationError, match="active gateway"):
        second.full_clean()
