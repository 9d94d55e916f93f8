"""Numbers and addresses in every form in which people type them, and the one form in which they are kept."""

import re
import unicodedata

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

LONGEST_TYPED = 60
SEPARATORS = re.compile(r"[\s\-‐-―−－ー~.·/()\[\]（）【】]+")
EXTENSION = re.compile(r"(转|轉|分机|分機|内线|內線|ext|extension|#|x)\s*\.?\s*\d+\s*$", re.IGNORECASE)
SEVERAL = re.compile(r"\d{5,}\D*[,，、;；/\n]\D*\d{5,}|\d{10,}\s+\d{10,}")
LABEL = re.compile(r"^(tel|phone|mobile|电话|電話|手机|手機)?\s*[:：]", re.IGNORECASE)
MOBILES = {"CN": re.compile(r"(0|86)?1[3-9]\d{9}"), "TW": re.compile(r"(09|8860?9)\d{8}")}
"""What is a mobile number of this region and of no other, so that it is understood in every branch."""


def bare(text: str) -> str:
    """Full-width forms become plain ones; what cannot be seen (marks that a paste brings along) goes."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(
        letter
        for letter in folded
        if unicodedata.category(letter) not in {"Cf", "Cc", "Cs"} or letter in "\n\t"
    )


def normalise_phone(text: str, *, region: str) -> str:
    """The number in E.164 (`+8613800138000`), whatever spaces, dashes and prefixes it was typed with.

    `region` is the branch's own. A mainland mobile is understood in Taipei too, and the other way round; any
    other foreign number needs its country. `ValidationError` says in a sentence what is wrong.
    """
    if len(text) > LONGEST_TYPED * 4:
        raise ValidationError(_("This is too long for a telephone number."), code="too_long")
    typed = bare(text).strip()
    if not typed:
        raise ValidationError(_("Type a telephone number."), code="empty")
    if SEVERAL.search(typed):
        raise ValidationError(_("One number in each field, please."), code="several")
    if len(typed) > LONGEST_TYPED:
        raise ValidationError(_("This is too long for a telephone number."), code="too_long")
    if EXTENSION.search(typed):
        raise ValidationError(
            _("Leave out the extension here and write it into the notes."), code="extension"
        )
    digits = SEPARATORS.sub("", LABEL.sub("", typed))
    digits = "".join(str(unicodedata.digit(letter, letter)) for letter in digits)
    if not re.fullmatch(r"\+?\d*", digits, flags=re.ASCII):
        raise ValidationError(_("A telephone number has only digits."), code="letters")
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    return understood(digits, region)


def understood(digits: str, region: str) -> str:
    """The digits as a number of the branch's region, or as a mobile of the region whose form they have."""
    others = [name for name, mobile in MOBILES.items() if name != region and mobile.fullmatch(digits)]
    for candidate in (region, *others):
        try:
            number = phonenumbers.parse(digits, candidate)
        except phonenumbers.NumberParseException:
            continue
        # New mobile prefixes are given out faster than any table of them is updated.
        is_mobile = number.country_code == 86 and MOBILES["CN"].fullmatch(str(number.national_number))
        if is_mobile or phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise ValidationError(why_not(digits, region), code="invalid")


def why_not(digits: str, region: str) -> str:
    """What to do about digits that are no number anywhere."""
    count = len(digits.lstrip("+"))
    if count < 7:
        return gettext("This is too short for a telephone number.")
    if count > 15:
        return gettext("This is too long for a telephone number.")
    for name, first, right in (("CN", "1", 11), ("TW", "09", 10)):
        if region == name and digits.startswith(first) and count != right:
            return gettext("A mobile number has %(right)d digits; this one has %(count)d.") % {
                "right": right,
                "count": count,
            }
    if not digits.startswith(("+", "0", "1")) and count in {7, 8}:
        return gettext("A landline needs its area code, as in 021 6234 5678.")
    return gettext("There is no such telephone number. Please look at the digits again.")


def normalise_email(text: str) -> str:
    """The address in lower case; `ValidationError` says what is wrong with it."""
    if len(text) > 1000:
        raise ValidationError(_("This is too long for an e-mail address."), code="too_long")
    if "\n" in text.strip() or "\r" in text.strip():
        raise ValidationError(_("One address in each field, please."), code="several")
    address = bare(text).strip().lower()
    if len(address) > 254:
        raise ValidationError(_("This is too long for an e-mail address."), code="too_long")
    try:
        validate_email(address)
    except ValidationError:
        raise ValidationError(_("An e-mail address looks like name@example.com."), code="invalid") from None
    return address
