"""Customers that may be one and the same: blocking, then weighing the evidence of each pair.

Never all pairs: only neighbours by phone, mail or name are compared. What agrees and what differs
adds to the log-odds of a match (I. Fellegi and A. Sunter, A Theory for Record Linkage, 1969), an
equal name the less, the more customers bear it. Names are compared by rapidfuzz without what says
nothing: legal forms, the city before a Chinese company, full width, the order of Latin words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.process import cpdist

COLUMNS = (
    "first_id", "second_id", "score", "name_rate", "address_rate", "same_phone", "same_email",
    "same_city",
)  # fmt: skip
LIKELY = 0.7
MOST_PAIRS = 2_000
_REACH = 10  # neighbours that share a key
_NEAR = 3  # neighbours by name, whatever the key
_BIAS = -5.0
_AGREES = 5.0
_LATIN_FORMS = frozenset(
    ("ag", "and", "bv", "co", "company", "corp", "corporation", "gmbh", "group", "holding",
     "holdings", "inc", "incorporated", "kg", "limited", "llc", "llp", "ltd", "oy", "plc", "pte",
     "pty", "sa", "sarl", "srl", "the")
)  # fmt: skip
_CHINESE_FORMS = re.compile(
    "股份有限公司|有限责任公司|集团有限公司|有限公司|股份公司|分公司|总公司|公司|集团|股份|商行|厂"
)
_CHINESE_PLACES = re.compile(
    "^(?:中国)?(?:北京|上海|天津|重庆|广州|深圳|杭州|南京|苏州|成都|武汉|西安|青岛|宁波|厦门|长沙|郑州|济南|大连|沈阳"
    "|合肥|福州|昆明|无锡|东莞|佛山|广东|浙江|江苏|山东|四川|湖北|湖南|福建|河北|河南|安徽|辽宁|陕西)?[省市]?"
)
_CHINESE = re.compile("[\u3400-\u9fff]")
_WORDS = re.compile(r"[^\W_]+")

Texts = NDArray[np.object_]
Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


def find_duplicates(
    customers: pd.DataFrame, least: float = LIKELY, most: int = MOST_PAIRS
) -> pd.DataFrame:
    """Pairs of customers that are likely one, the likeliest first; at most `most`.

    From  customer_id, name, name_zh, customer_type, phone, email, address, city
    To    first_id, second_id, score (0 to 1), name_rate, address_rate (how alike, 0 to 1; NaN where
          one is missing), same_phone, same_email, same_city

    >>> customers = pd.DataFrame({
    ...     "customer_id": [1, 2, 3], "name": ["Smith Paul", "Paul Smith", "Ann Lee"],
    ...     "name_zh": None, "customer_type": "person", "email": None, "address": None,
    ...     "phone": ["138 1234 5678", "+86 13812345678", "13900000000"], "city": None})
    >>> find_duplicates(customers)[["first_id", "second_id", "same_phone"]].values.tolist()
    [[1, 2, True]]
    """
    if len(customers) < 2:
        return _nothing()
    parts = _prepared(customers)
    left, right = _neighbours(parts)
    if not len(left):
        return _nothing()
    pairs = _weighed(parts, left, right)
    ids = customers["customer_id"].to_numpy("int64")
    pairs["first_id"] = np.minimum(ids[left], ids[right])
    pairs["second_id"] = np.maximum(ids[left], ids[right])
    likely = pairs[pairs["score"] >= least].sort_values(
        ["score", "first_id", "second_id"], ascending=[False, True, True]
    )
    return likely.head(most).reset_index(drop=True)[list(COLUMNS)]


def name_core(name: str) -> str:
    """What tells the name from others.

    >>> name_core("ACME Holdings, Ltd."), name_core("上海市永新贸易有限公司"), name_core("Ｌi Na")
    ('acme', '永新贸易', 'li na')
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    if _CHINESE.search(text):
        text = "".join(_WORDS.findall(text))
        core = _CHINESE_FORMS.sub("", text)
        placeless = _CHINESE_PLACES.sub("", core)
        return (placeless if len(placeless) > 1 else core) or text
    words = _WORDS.findall("".join(c for c in text if not unicodedata.combining(c)))
    told = [word for word in words if word not in _LATIN_FORMS]
    return " ".join(sorted(told or words))


def phone_core(phone: str) -> str:
    """The digits without the country code of China; nothing where some are masked.

    >>> phone_core("+86 138-1234-5678"), phone_core("138****5678")
    ('13812345678', '')
    """
    text = unicodedata.normalize("NFKC", phone)
    digits = "".join(character for character in text if character in "0123456789")
    if "*" in text or len(digits) < 5:
        return ""
    return digits[-11:] if len(digits) > 11 and digits.lstrip("0").startswith("86") else digits


def _email_core(email: str) -> str:
    text = unicodedata.normalize("NFKC", email).casefold().strip()
    return text if "@" in text and "*" not in text else ""


def _plain_core(text: str) -> str:
    return "".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


def _prepared(customers: pd.DataFrame) -> dict[str, Texts]:
    """Each field of each customer as it is compared; "" where it is missing."""
    cores: dict[str, tuple[str, Callable[[str], str]]] = {
        "name": ("name", name_core),
        "name_zh": ("name_zh", name_core),
        "phone": ("phone", phone_core),
        "email": ("email", _email_core),
        "address": ("address", _plain_core),
        "city": ("city", _plain_core),
        "type": ("customer_type", _plain_core),
    }
    return {part: _each(customers[column], core) for part, (column, core) in cores.items()}


def _each(values: pd.Series, core: Callable[[str], str]) -> Texts:
    return np.array(
        [core(value) if isinstance(value, str) else "" for value in values], dtype=object
    )


def _neighbours(parts: dict[str, Texts]) -> tuple[Places, Places]:
    """Who is compared with whom, each pair once."""
    found = [
        pair
        for name in ("phone", "email", "name", "name_zh")
        for pair in _beside(parts[name], _REACH, equal=True)
    ]
    for name in ("name", "name_zh"):
        backwards = np.array([text[::-1] for text in parts[name]], dtype=object)
        for keys in (parts[name], backwards):
            found += _beside(keys, _NEAR, equal=False)
    found += _beside(parts["name"] + "\0" + parts["city"], _NEAR, equal=False)
    one, other = (np.concatenate([pair[side] for pair in found]) for side in (0, 1))
    size = len(parts["name"])
    pairs = np.unique(np.minimum(one, other) * size + np.maximum(one, other))
    return _worth_weighing(parts, pairs // size, pairs % size)


def _worth_weighing(parts: dict[str, Texts], left: Places, right: Places) -> tuple[Places, Places]:
    """Without a name, phone or mail in common nothing else makes a pair likely."""
    worth = _name_rate(parts, left, right) >= 0.65
    for part in ("phone", "email"):
        worth |= _same(parts[part], left, right)
    return left[worth], right[worth]


def _beside(keys: Texts, reach: int, *, equal: bool) -> list[tuple[Places, Places]]:
    """The places of neighbours in the order of the keys; empty keys have none."""
    places = np.flatnonzero(keys != "").astype("int64")
    codes, _ = pd.factorize(keys[places], sort=True)
    order = np.argsort(codes, kind="stable")
    sorted_places, sorted_codes = places[order], codes[order]
    found = []
    for step in range(1, reach + 1):
        left, right = sorted_places[:-step], sorted_places[step:]
        chosen = sorted_codes[:-step] == sorted_codes[step:]
        found.append((left[chosen], right[chosen]) if equal else (left, right))
    return found


def _weighed(parts: dict[str, Texts], left: Places, right: Places) -> pd.DataFrame:
    name = _name_rate(parts, left, right)
    address = _alike(parts["address"], left, right)
    same = {part: _same(parts[part], left, right) for part in ("phone", "email", "city", "type")}
    differs = {part: _differs(parts[part], left, right) for part in same}
    is_company = (parts["type"][left] == "company") & same["type"]
    odds = (
        _BIAS
        + _of_name(name, _bearers(parts, left, right), is_company)
        + same["phone"] * _shared(parts["phone"], left)
        + same["email"] * _shared(parts["email"], left)
        - differs["phone"] * np.where(_alike(parts["phone"], left, right) > 0.9, -1.5, 1.5)
        - differs["email"] * 1.0
        + np.select([address >= 0.9, address >= 0.75, address < 0.5], [2.5, 1.0, -0.5], 0.0)
        + same["city"] * 0.3
        - differs["city"] * 0.7
        - differs["type"] * 2.0
    )
    return pd.DataFrame(
        {
            "score": np.round(1 / (1 + np.exp(-odds)), 4),
            "name_rate": name,
            "address_rate": address,
            **{f"same_{part}": same[part] for part in ("phone", "email", "city")},
        }
    )


def _of_name(rate: Numbers, bearers: Numbers, is_company: NDArray[np.bool_]) -> Numbers:
    equal = np.maximum(1.0, _AGREES + is_company - np.log(np.maximum(bearers, 2) / 2))
    weights: Numbers = np.select(
        [np.isnan(rate), rate >= 0.999, rate >= 0.9, rate >= 0.8, rate >= 0.65],
        [0.0, equal, 3.5, 2.0, 0.5],
        -3.0,
    )
    return weights


def _name_rate(parts: dict[str, Texts], left: Places, right: Places) -> Numbers:
    """How alike the names are, in whichever language they are most."""
    rates = [
        _alike_of(parts[one][left], parts[other][right])
        for one in ("name", "name_zh")
        for other in ("name", "name_zh")
    ]
    return np.asarray(np.fmax.reduce(rates), dtype=np.float64)


def _alike(texts: Texts, left: Places, right: Places) -> Numbers:
    return _alike_of(texts[left], texts[right])


def _alike_of(one: Texts, other: Texts) -> Numbers:
    rates = cpdist(list(one), list(other), scorer=fuzz.ratio, dtype=np.float64) / 100
    rates[(one == "") | (other == "")] = np.nan
    return np.asarray(np.round(rates, 4), dtype=np.float64)


def _same(texts: Texts, left: Places, right: Places) -> NDArray[np.bool_]:
    return np.asarray((texts[left] == texts[right]) & (texts[left] != ""), dtype=bool)


def _differs(texts: Texts, left: Places, right: Places) -> NDArray[np.bool_]:
    one, other = texts[left], texts[right]
    return np.asarray((one != other) & (one != "") & (other != ""), dtype=bool)


def _shared(texts: Texts, left: Places) -> Numbers:
    """What an equal phone or mail tells: less, the more customers have it."""
    told: Numbers = np.maximum(0.5, _AGREES - np.log(np.maximum(_times(texts)[left], 2) / 2))
    return told


def _bearers(parts: dict[str, Texts], left: Places, right: Places) -> Numbers:
    most: Numbers = np.maximum(_times(parts["name"])[left], _times(parts["name_zh"])[left])
    return most


def _times(texts: Iterable[str]) -> Numbers:
    """How many customers have the same; none where it is missing."""
    series = pd.Series(texts, dtype=object)
    times: Numbers = np.array(series.map(series.value_counts()), dtype=np.float64)
    times[series.to_numpy() == ""] = 0.0
    return times


def _nothing() -> pd.DataFrame:
    kinds = {"first_id": "int64", "second_id": "int64"}
    kinds |= dict.fromkeys(("score", "name_rate", "address_rate"), "float64")
    kinds |= dict.fromkeys(("same_phone", "same_email", "same_city"), "bool")
    return pd.DataFrame({name: pd.Series(dtype=kinds[name]) for name in COLUMNS})
