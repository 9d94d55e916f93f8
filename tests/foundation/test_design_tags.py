"""The words and parts of templates/…: what a reader sees of money, numbers, times, fields and icons."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from django.utils import timezone, translation
from lucide import IconDoesNotExist

from studio.foundation.templatetags import studio

NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)  # half past ten in Shanghai


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("language", "amount", "currency", "shown"),
    [
        ("zh-hans", 8888, "CNY", "¥8,888"),
        ("zh-hans", Decimal("6888.50"), "CNY", "¥6,888.50"),
        ("zh-hant", 8888, "TWD", "$8,888"),
        ("en", 8888, "CNY", "¥8,888"),
        ("en", -200, "CNY", "-¥200"),
        ("zh-hans", None, "CNY", ""),
        ("zh-hans", "NaN", "CNY", ""),
    ],
)
def test_money_is_written_the_local_way(language, amount, currency, shown):
    with translation.override(language):
        assert studio.money(amount, currency) == shown


@pytest.mark.parametrize(
    ("number", "masked", "whole"),
    [
        ("+8613800138000", "138 **** 8000", "138 0013 8000"),
        ("+886912345678", "**** 5678", "+886 912 345 678"),
        ("", "", ""),
        (None, "", ""),
        ("ask her sister", "", "ask her sister"),
    ],
)
def test_habit_14_a_masked_number_keeps_its_last_four_digits(number, masked, whole):
    assert studio.phone_masked(number) == masked
    assert studio.phone(number) == whole


@time_machine.travel(NOW, tick=False)
def test_days_near_today_are_called_by_name():
    with translation.override("en"), timezone.override("Asia/Shanghai"):
        assert studio.local_moment(NOW) == "Today 10:30"
        assert studio.local_date(NOW + timedelta(days=1)) == "Tomorrow"
        assert studio.local_date((NOW - timedelta(days=1)).date()) == "Yesterday"
        # A quarter past midnight there is another day than it is in Greenwich.
        assert studio.local_date(datetime(2026, 11, 22, 16, 15, tzinfo=UTC)) == "Tomorrow"
        assert studio.local_date(datetime(2027, 1, 3, 4, tzinfo=UTC)) == "Sun, 3 Jan 2027"
        assert studio.local_date(None) == studio.local_time(None) == studio.local_moment(None) == ""


@time_machine.travel(NOW, tick=False)
def test_a_span_of_one_day_names_its_day_once():
    with translation.override("en"), timezone.override("Asia/Shanghai"):
        later = NOW + timedelta(hours=2)
        assert studio.local_until(NOW, later) == "Today 10:30–12:30"
        assert studio.local_until(NOW, NOW + timedelta(days=1)) == "Today 10:30 – Tomorrow 10:30"
        midnight = timezone.localtime(NOW).replace(hour=0, minute=0) + timedelta(days=1)
        assert studio.local_until(NOW, midnight) == "Today 10:30–24:00"
        assert studio.local_until(NOW, None) == "Today 10:30"
        assert studio.local_until(None, None) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 min"), (59, "0 min"), (733, "12 min"), (4000, "1 h 6 min"), (200_000, "2 d 7 h")],
)
def test_elapsed_time_in_its_two_largest_units(seconds, words):
    with translation.override("en"):
        assert f">{words}</time>" in studio.elapsed(NOW - timedelta(seconds=seconds), NOW)


def test_an_icon_beside_a_word_is_silent_and_one_alone_speaks():
    assert 'aria-hidden="true"' in studio.icon("phone")
    alone = studio.icon("phone", label='Call "her"')
    assert 'role="img" aria-label="Call &quot;her&quot;"' in alone
    assert "style=" not in alone
    with pytest.raises(IconDoesNotExist):
        studio.icon("no-such-icon")


def test_a_state_is_an_icon_and_a_word():
    html = studio.state("bad", "<b>Unattended</b>", solid=True)
    assert "<svg" in html
    assert "&lt;b&gt;Unattended" in html
    assert 'class="state state--bad state--solid"' in html


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("陈小明", "小明"),
        ("王丽", "王丽"),
        ("海鸥科技年会组", "海"),
        ("Ann Lee Wong", "AW"),
        ("may", "M"),
        ("", "·"),
    ],
)
def test_initials_are_what_colleagues_would_say(name, shown):
    assert f">{shown}</span>" in studio.initials(name)


STAGES = [("consult", "Consult"), ("confirm", "Confirm"), ("shoot", "Shoot")]


def test_the_stepper_marks_what_is_done_and_where_we_are():
    html = render("{% stepper stages 'confirm' %}", stages=STAGES)
    assert html.count("stepper__step--done") == 1
    assert html.count('aria-current="step"') == 1
    assert "stepper__step--later" in html
    closed = render("{% stepper stages 'closed' %}", stages=STAGES)
    assert closed.count("stepper__step--done") == 3
    assert "aria-current" not in closed


class VisitForm(forms.Form):
    name = forms.CharField()
    phone = forms.CharField(help_text="Any format.", widget=forms.TextInput(attrs={"inputmode": "tel"}))
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    note = forms.CharField(required=False)
    rush = forms.BooleanField(required=False)


def test_habit_11_a_wrong_field_is_tied_to_its_sentence():
    form = VisitForm({"name": "<script>", "phone": ""})
    html = render("{% field form.phone %}", form=form)
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_phone_helptext id_phone_error"' in html
    assert 'id="id_phone_error"' in html
    assert 'id="id_phone_helptext"' in html
    assert 'inputmode="tel"' in html
    assert "&lt;script&gt;" in render("{% field form.name %}", form=form)


def test_a_group_of_choices_is_a_fieldset_with_a_legend():
    html = render("{% field form.kind choices='segments' %}", form=VisitForm())
    assert "<fieldset" in html
    assert "choices--segments" in html
    assert html.count('type="radio"') == 2
    assert 'for="id_kind_1"' in html


def test_optional_fields_say_so_and_check_boxes_do_not():
    with translation.override("en"):
        assert "(optional)" in render("{% field form.note %}", form=VisitForm())
        assert "(optional)" not in render("{% field form.name %}{% field form.rush %}", form=VisitForm())


def test_each_drawing_of_a_form_has_its_own_submission_id():
    assert studio.submission_field() != studio.submission_field()
    assert 'value="kept"' in studio.submission_field("kept")


def test_charts_have_their_figures_in_a_table_and_survive_nothing():
    points = [("Mon", 3), ("Tue", 0), ("Wed", 7)]
    html = render("{% load charts %}{% column_chart points label='Won' %}", points=points)
    assert html.count("<rect") == 3
    assert html.count('<td class="num">') == 3
    assert "style=" not in html
    assert "<svg" in render("{% load charts %}{% column_chart points label='Won' %}", points=[])
    assert "series-1" in render("{% load charts %}{% share_chart points label='Why' %}", points=points)
    assert 'width="0.0"' in render("{% meter 3 0 %}")
