"""Everything that is meant for a customer's eyes, listed: pages, prints, screens turned round, messages (R9.9).

A new one must be written down here, and then it is walked by `test_face.py` with a party that has all that
must not be seen.
"""

PUBLIC_PAGES = {
    "workflow:confirm",
    "workflow:other_times",
    "workflow:link_digits",
    "workflow:link_reach",
    "workflow:link_stop",
    "workflow:link_calendar",
    "workflow:scan",
    "wishes:another",
    "wishes:thanks",
    "bookings:online",
    "bookings:online_days",
    "bookings:online_details",
    "bookings:online_request",
}
"""Addresses that open without signing in, for customers."""

NOT_FOR_CUSTOMERS = {
    "foundation:theme",
    "foundation:language",
    "foundation:healthz",
    "foundation:readyz",
    "foundation:metrics",
    "staff:welcome",
    "outbox:receipts",
    "outbox:receipts_by_address",
    "bookings:calendar",
    "demo:phone",
}
"""Open without signing in too: for machines, for colleagues' invitations and calendars, and the demo shop's own telephone,
which shows the messages and pages that are walked here."""

SHOWN = {
    "workflow:house",
    "workflow:rotation_board",
    "workflow:sheet_customer",
    "workflow:selection_signature",
    "workflow:selection_sheet",
    "workflow:pickup_signature",
    "workflow:add_ons_shown",
    "customers:card",
    "bookings:receipt",
    "bookings:credit_note",
    "bookings:gown_label",
    "bookings:price_list",
}
"""Signed in, and meant to be seen: screens on the wall, screens turned round to sign, papers given out."""

MONEY_ITSELF = {"workflow:statement", "workflow:instalments"}
"""A customer asks for their own account, or agrees to pay in parts, and gets it in their hand: it says what is paid and what is
open, and nothing else."""

PRINTED_FOR_CUSTOMERS = {
    "bookings/credit_note.html",
    "bookings/gown_label.html",
    "bookings/price_list.html",
    "bookings/receipt.html",
    "customers/card.html",
    "workflow/sale_instalments.html",
    "workflow/sale_statement.html",
    "workflow/selection_sheet.html",
    "workflow/sheet_customer.html",
}
PRINTED_FOR_US = {
    "bookings/schedule.html",
    "bookings/shift.html",
    "customers/messages.html",
    "customers/ownership.html",
    "desk/digest.html",
    "staff/badge.html",
    "staff/hand_over.html",
    "workflow/day_sheets.html",
    "workflow/sheet.html",
    "workflow/visits_paper.html",
}
"""Pages with a button that prints them."""

WALLS = {"workflow/house.html", "workflow/rotation_board.html"}
"""Pages that hang where everybody looks."""

TEMPLATES = {
    "bookings/online.html",
    "bookings/online_busy.html",
    "bookings/online_closed.html",
    "bookings/online_days.html",
    "bookings/online_details.html",
    "bookings/online_request.html",
    "customers/wish.html",
    "customers/wish_gone.html",
    "customers/wish_thanks.html",
    "workflow/confirm.html",
    "workflow/confirm_gone.html",
    "workflow/confirm_times.html",
    "workflow/pickup_signature.html",
    "workflow/selection_extras.html",
    "workflow/selection_signature.html",
    "workflow/sheet_scanned.html",
}
"""Pages drawn without our navigation, because a customer looks at them."""

TEMPLATES_OF_OURS = {
    "500.html",
    "allauth/layouts/entrance.html",
    "demo/phone.html",
    "staff/welcome.html",
    "staff/welcome_gone.html",
}
"""Drawn in the same way, and no party stands on them."""

TO_CUSTOMERS = {
    "reminder",
    "date_moved",
    "date_called_off",
    "call_missed",
    "booking_code",
    "day_broken",
    "weather_decided",
}
TO_COLLEAGUES = {"day_sheet", "staff_alarm", "staff_alarm_any_hour", "gateway_test"}

NEVER = {
    "en": (
        "balance",
        "owe",
        "debt",
        "overdue",
        "taboo",
        "complain",
        "unhappy",
        "tier",
        "special care",
        "unattended",
    ),
    "zh-hans": ("尾款", "欠款", "余额", "禁忌", "贴心提醒", "投诉", "抱怨", "不满意", "会员等级", "无人陪同"),
    "zh-hant": ("尾款", "欠款", "餘額", "禁忌", "貼心提醒", "投訴", "抱怨", "不滿意", "會員等級", "無人陪同"),
}
"""What no word of the house says to a customer, whoever they are."""
