"""What is written to customers and colleagues, in both languages.

The words stand here and not in the catalogues, which are of the interface and follow the person who
looks at it: a letter is written in the language of the one who gets it, inside of the transaction
that leads to it, where no session is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

KINDS = ("order_confirmed", "order_shipped", "follow_up", "task", "alerts")
STATES = ("waiting", "sent", "failed", "withdrawn")
LANGUAGES = ("en", "zh")
LONGEST_SUBJECT = 400
_CHINA = ("china", "cn", "prc", "people's republic of china", "中国", "中华人民共和国")
_IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\]+")


@dataclass(frozen=True)
class Letter:
    language: str
    subject: str  # one line
    body: str


# words → language → subject and body; `{name}` is filled in, and a paragraph about what is not
# known is left out
_WORDS: Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "order_confirmed": {
        "en": (
            "Your order {number} is confirmed",
            (
                "Dear {name},",
                "thank you. Your order {number} is confirmed:",
                "{lines}",
                "Total: {total}",
                "You can expect it by {promised_on}.",
                "Kind regards",
            ),
        ),
        "zh": (
            "您的订单 {number} 已确认",
            (
                "尊敬的{name}：",
                "感谢您的订购。订单 {number} 已确认，明细如下：",
                "{lines}",
                "合计：{total}",
                "预计 {promised_on} 前送达。",
                "顺颂商祺",
            ),
        ),
    },
    "order_shipped": {
        "en": (
            "Your order {number} is on its way",
            (
                "Dear {name},",
                "your order {number} has left our warehouse.",
                "{carrier}, tracking number {tracking_number}",
                "You can expect it by {promised_on}.",
                "Kind regards",
            ),
        ),
        "zh": (
            "您的订单 {number} 已发货",
            (
                "尊敬的{name}：",
                "您的订单 {number} 已从我们的仓库发出。",
                "{carrier}，运单号 {tracking_number}",
                "预计 {promised_on} 前送达。",
                "顺颂商祺",
            ),
        ),
    },
    "rebuy": {
        "en": (
            "Time for more?",
            (
                "Dear {name},",
                "you may soon need this again: {product}.",
                "Reply to this e-mail and we take care of it. If you do not wish to get such"
                " reminders, tell us in a reply, and there will be none.",
                "Kind regards",
            ),
        ),
        "zh": (
            "该补货了吗？",
            (
                "尊敬的{name}：",
                "您可能很快又需要：{product}。",
                "直接回复本邮件，我们即为您安排。如果您不希望再收到此类提醒，请回复告知，我们不再发送。",
                "顺颂商祺",
            ),
        ),
    },
    "silent": {
        "en": (
            "Can we help you with anything?",
            (
                "Dear {name},",
                "we have not heard from you for a while. If there is anything you need, or anything"
                " we should do better, reply to this e-mail.",
                "If you do not wish to get such e-mails, tell us in a reply, and there will be"
                " none.",
                "Kind regards",
            ),
        ),
        "zh": (
            "有什么可以为您效劳？",
            (
                "尊敬的{name}：",
                "许久没有您的消息了。如果您有任何需要，或者我们有做得不够好的地方，欢迎直接回复本邮件。",
                "如果您不希望再收到此类邮件，请回复告知，我们不再发送。",
                "顺颂商祺",
            ),
        ),
    },
    "task": {
        "en": (
            "Ask {name} about order {number}",
            (
                "Order {number} has reached {name}.",
                "Please ask within three days whether everything is as it should be, and log the"
                " conversation.",
                "Phone: {phone}",
            ),
        ),
        "zh": (
            "回访{name}：订单 {number}",
            (
                "订单 {number} 已送达{name}。",
                "请在三天内回访，确认一切是否满意，并登记沟通记录。",
                "电话：{phone}",
            ),
        ),
    },
}


def write_letter(words: str, language: str, facts: Mapping[str, Any]) -> Letter:
    """The letter with the facts in it.

    >>> write_letter("task", "zh", {"name": "王伟", "number": "SO-1", "phone": None}).subject
    '回访王伟：订单 SO-1'
    """
    subject, paragraphs = _WORDS[words][language]
    known = {name: str(value) for name, value in facts.items() if value not in (None, "")}
    told = [each.format_map(known) for each in paragraphs if set(_named(each)) <= known.keys()]
    line = " ".join(subject.format_map(known).split())
    return Letter(language, line[:LONGEST_SUBJECT], "\n\n".join(told) + "\n")


def language_of(country: str | None, name: str | None, name_zh: str | None) -> str:
    """Chinese for who is in China, and for who has a Chinese name where no country is known.

    >>> language_of("China", "Ada", None), language_of("Germany", "王伟", None)
    ('zh', 'en')
    >>> language_of(None, "Ada", "艾达"), language_of("", "Ada", None)
    ('zh', 'en')
    """
    if (country or "").strip():
        return "zh" if str(country).strip().lower() in _CHINA else "en"
    return "zh" if _IDEOGRAPH.search(f"{name or ''}{name_zh or ''}") else "en"


def name_of(language: str, name: str, name_zh: str | None) -> str:
    return (name_zh or name) if language == "zh" else name


def is_address(text: str | None) -> bool:
    """Whether a mail can be addressed to it, and to nobody else besides.

    >>> is_address("ada@example.com"), is_address("a@b.c, d@e.f"), is_address(None)
    (True, False, False)
    """
    return bool(text) and _ADDRESS.fullmatch(str(text).strip()) is not None


def money(amount: Decimal, currency: str) -> str:
    """
    >>> money(Decimal("1234.5"), "CNY")
    '1,234.50 CNY'
    """
    return f"{amount:,.2f} {currency}"


def _named(paragraph: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", paragraph)
