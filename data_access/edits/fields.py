"""What a person typed, field by field: of the right kind, size and sign, or refused at the field.

Nothing is trusted: a widget's state can be forged, so every value is taken as if it came from
anywhere. All bad fields are told at once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, NoReturn

from data_access.errors import EditRefused

MOST_UNITS = 1_000_000
MOST_MONEY = Decimal(999_999_999)
MOST_ID = 2**63 - 1
LONGEST_TEXT = 2_000
FARTHEST_DAYS = 730
LONGEST_PHONE = 60
LONGEST_EMAIL = 254
FEWEST_DIGITS = 5
FIRST_DAY = date(1900, 1, 1)
_PHONE = re.compile(r"\+?[0-9 ()./-]+(?:(?:,| |;)?(?:ext\.?|x|转|#) ?[0-9]+)?", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+\.[^@\s,;<>()\".]+")


class FieldRefused(EditRefused):
    """One field of an edit is not as it must be."""

    messages: ClassVar[dict[str, str]] = {
        "required": "Fill in this field.",
        "no_text": "This is not a text.",
        "too_long": "This has {length} characters; {most} is the most.",
        "not_written": "This holds a character that cannot be stored.",
        "no_number": "This is not a number.",
        "no_whole_number": "This is not a whole number.",
        "too_small": "This must be at least {least}.",
        "too_large": "This can be at most {most}.",
        "too_fine": "This has more than {places} decimal places.",
        "no_day": "This is not a day.",
        "day_passed": "This day lies before {first}.",
        "too_far": "This day lies after {last}.",
        "unknown": "There is no such choice, or it is not yours to make.",
        "over_limit": "You may give a discount of up to {most}.",
        "unchanged": "This is what it is already.",
        "not_sold": "{product} is not sold any more.",
        "no_price": "{product} has no list price.",
        "other_currency": "{product} is priced in {currency}, the order in {other}.",
        "twice": "This stands in the list twice.",
        "coupon_over": "The coupon {code} cannot be used today.",
        "more_than_owed": "{owed} is owed; more cannot be booked.",
        "more_than_paid": "{paid} was paid; more cannot be refunded.",
        "more_than_kept": "The customer has {kept} of it; more cannot come back.",
        "cannot_see": "{username} is not known, or cannot see this order.",
        "too_many": "At most {most} at a time.",
        "no_phone": "This is not a phone number.",
        "no_email": "This is not an e-mail address.",
        "not_yours": "Your role may not change this.",
        "to_come": "This lies in the future.",
    }


class FieldsRefused(EditRefused):
    """Some fields are not as they must be: `fields` has the refusal of each by its name, such as
    `quantity`, or `lines.0.quantity` for the first line."""

    messages: ClassVar[dict[str, str]] = {"fields": "Nothing was saved. Correct the marked fields."}

    def __init__(self, fields: Mapping[str, FieldRefused]) -> None:
        super().__init__("fields")
        self.fields = dict(fields)

    def __str__(self) -> str:
        return "; ".join(f"{name}: {refused}" for name, refused in self.fields.items())


def refuse_field(name: str, reason: str, **values: object) -> NoReturn:
    """Refuses one field alone."""
    raise FieldsRefused({name: FieldRefused(reason, **values)})


class Fields:
    """Takes the fields of one edit; `check` refuses it when any of them was bad. A bad field gives
    a value of the right kind, so that the others can be looked at too."""

    def __init__(self) -> None:
        self.refused: dict[str, FieldRefused] = {}

    def refuse(self, name: str, reason: str, **values: object) -> None:
        self.refused.setdefault(name, FieldRefused(reason, **values))

    def check(self) -> None:
        if self.refused:
            raise FieldsRefused(self.refused)

    def text(
        self, name: str, value: Any, *, most: int = LONGEST_TEXT, required: bool = False,
        one_line: bool = True,
    ) -> str | None:  # fmt: skip
        """The text without the blanks around it; None where it is empty."""
        if value is None:
            value = ""
        if not isinstance(value, str):
            self.refuse(name, "no_text")
            return None
        text = unicodedata.normalize("NFC", value).strip()
        if not one_line:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        allowed = "" if one_line else "\n\t"
        if any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in text):
            self.refuse(name, "not_written")
        elif len(text) > most:
            self.refuse(name, "too_long", length=len(text), most=most)
        elif required and not text:
            self.refuse(name, "required")
        return text or None

    def whole(self, name: str, value: Any, *, least: int = 1, most: int = MOST_UNITS) -> int:
        number = self._number(name, value, least=least, most=most)
        if number != int(number):
            self.refuse(name, "no_whole_number")
        return int(number)

    def id(self, name: str, value: Any) -> int:
        """The identity of a row, chosen from a list; whether it is there is asked later."""
        if value is None:
            self.refuse(name, "required")
            return 0
        number = _number(value)
        if number is None or number != number.to_integral_value() or not 0 < number <= MOST_ID:
            self.refuse(name, "unknown")
            return 0
        return int(number)

    def money(self, name: str, value: Any, *, least: Decimal = Decimal("0.01")) -> Decimal:
        """An amount with at most two decimal places."""
        return self._number(name, value, least=least, most=MOST_MONEY, places=2)

    def rate(self, name: str, value: Any) -> Decimal:
        """A share from 0 to 1, in steps of a hundredth of a percent."""
        return self._number(name, value, least=0, most=1, places=4)

    def change(self, name: str, value: Any, *, most: Decimal, places: int) -> Decimal:
        """More or less by at most so much."""
        return self._number(name, value, least=-most, most=most, places=places)

    def day(self, name: str, value: Any, *, first: date) -> date:
        """A day from `first` on, at most two years ahead."""
        if value is None:
            self.refuse(name, "required")
            return first
        if not isinstance(value, date) or value != value:  # pandas' NaT is not itself
            self.refuse(name, "no_day")
            return first
        day = value.date() if isinstance(value, datetime) else value
        last = first + timedelta(days=FARTHEST_DAYS)
        if day < first:
            self.refuse(name, "day_passed", first=first)
        elif day > last:
            self.refuse(name, "too_far", last=last)
        return day

    def phone(self, name: str, value: Any) -> str | None:
        """Digits and what people write between them, an extension after them; None if empty."""
        text = self.text(name, value, most=LONGEST_PHONE)
        if text and (not _PHONE.fullmatch(text) or sum(map(str.isdigit, text)) < FEWEST_DIGITS):
            self.refuse(name, "no_phone")
        return text

    def email(self, name: str, value: Any) -> str | None:
        """One address; None if empty."""
        text = self.text(name, value, most=LONGEST_EMAIL)
        if text and not _EMAIL.fullmatch(text):
            self.refuse(name, "no_email")
        return text

    def past_day(self, name: str, value: Any, *, last: date) -> date | None:
        """A day up to `last`, or none."""
        if value is None:
            return None
        if not isinstance(value, date) or value != value:
            self.refuse(name, "no_day")
            return None
        day = value.date() if isinstance(value, datetime) else value
        if day > last:
            self.refuse(name, "to_come")
        elif day < FIRST_DAY:
            self.refuse(name, "day_passed", first=FIRST_DAY)
        return day

    def truth(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            self.refuse(name, "unknown")
        return value is True

    def _number(
        self, name: str, value: Any, *, least: int | Decimal, most: int | Decimal, places: int = 0
    ) -> Decimal:
        if value is None or (isinstance(value, str) and not value.strip()):
            self.refuse(name, "required")
            return Decimal(least)
        number = _number(value)
        if number is None:
            self.refuse(name, "no_number")
            return Decimal(least)
        if number < least:
            self.refuse(name, "too_small", least=least)
        elif number > most:
            self.refuse(name, "too_large", most=most)
        elif places and number != round(number, places):
            self.refuse(name, "too_fine", places=places)
        else:
            return number
        return Decimal(least)


def _number(value: Any) -> Decimal | None:
    """The finite number, exactly as it reads; None for anything else, True and False included."""
    text = str(value).strip()
    if len(text) > 40 or not text.isascii() or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 100 else None
