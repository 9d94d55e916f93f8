"""The specimen sheet: every part of the interface on one page, to look at in both themes and all widths."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from studio.foundation.access import signed_in

STAGES = [
    ("consult", "接单"),
    ("confirm", "拍前确认"),
    ("shoot", "拍摄"),
    ("selection", "选片"),
    ("pickup", "取件"),
]


class SpecimenForm(forms.Form):
    """One field of each kind; `?wrong=1` shows them with what is wrong."""

    name = forms.CharField(label="称呼")
    phone = forms.CharField(label="电话", help_text="任何写法都可以，已有档案会马上显示。")
    day = forms.DateField(label="拍摄日期", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    package = forms.ChoiceField(label="套系", choices=[("1", "星空白纱套系"), ("2", "儿童百天")])
    price = forms.DecimalField(label="金额")
    kind = forms.ChoiceField(
        label="来意",
        widget=forms.RadioSelect,
        choices=[("a", "专程来"), ("b", "随便看看"), ("c", "路过")],
        initial="a",
    )
    floor = forms.ChoiceField(
        label="影棚",
        widget=forms.RadioSelect,
        choices=[("a", "一号棚 · 欧式"), ("b", "二号棚 · 中式"), ("c", "外景")],
        initial="b",
    )
    hopes = forms.CharField(
        label="顾客的期望（原话）", widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    care = forms.MultipleChoiceField(
        label="特别照顾",
        widget=forms.CheckboxSelectMultiple,
        choices=[("p", "怀孕"), ("e", "老人"), ("k", "小孩")],
        required=False,
    )
    rush = forms.BooleanField(label="加急（婚期前要取）", required=False)


def specimen_form(wrong: bool) -> SpecimenForm:
    if not wrong:
        return SpecimenForm()
    form = SpecimenForm({"phone": "138 0013", "package": "1", "price": "很多", "kind": "a", "floor": "b"})
    form.add_error(None, "摄影师赵明在这个时间已有安排。")
    return form


@signed_in
def specimen(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    change = SimpleNamespace(what="拍摄改到 11月26日 9:00", by="林美", at=now - timedelta(minutes=3))
    context = {
        "stages": STAGES,
        "notes": {
            "consult": "11月2日",
            "confirm": "昨天 16:20",
            "shoot": "今天 9:00",
            "selection": "12月1日",
        },
        "amount": 8888,
        "small": 2000,
        "odd": Decimal("6888.50"),
        "now": now,
        "since": now - timedelta(minutes=6),
        "earlier": now - timedelta(minutes=82),
        "later": now + timedelta(days=3),
        "form": specimen_form("wrong" in request.GET),
        "points": [
            (f"{day}日", won)
            for day, won in zip(range(11, 23), [3, 5, 2, 6, 4, 8, 9, 3, 0, 5, 7, 6], strict=True)
        ],
        "bars": [(label, count) for (_key, label), count in zip(STAGES, [4, 12, 3, 18, 9], strict=True)],
        "page": Paginator(range(95), 20).page(2),
        "changes": [change],
        "typed": [("拍摄日期", "2026-11-27"), ("备注", "上午来，带两套自己的衣服")],
        "current": SimpleNamespace(version=4),
        "back": request.path,
        "action": request.path,
    }
    return render(request, "foundation/specimen.html", context)
