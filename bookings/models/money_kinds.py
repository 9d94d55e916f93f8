"""The words of money: what it is for, how it came, and on which account it stands (F6)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PaymentKind(models.TextChoices):
    EARNEST = "earnest", _("earnest money (forfeitable)")
    PREPAYMENT = "prepayment", _("prepayment (refundable)")
    BALANCE = "balance", _("balance")
    SECURITY = "security", _("security for gowns")
    REFUND = "refund", _("refund")
    APPLIED = "applied", _("security used for damage")
    COMPENSATION = "compensation", _("earnest money returned a second time")
    REVERSAL = "reversal", _("reversal")


class PaymentMethod(models.TextChoices):
    CASH = "cash", _("cash")
    CARD = "card", _("card")
    TRANSFER = "transfer", _("bank transfer")
    WECHAT = "wechat", _("WeChat Pay")
    ALIPAY = "alipay", _("Alipay")
    HELD = "held", _("from money held")


RECORDED = [method for method in PaymentMethod if method != PaymentMethod.HELD]
"""How money comes and goes; `HELD` only moves what is here already."""


class Account(models.TextChoices):
    PRICE = "price", _("towards the price")
    SECURITY = "security", _("security for gowns")
