"""Duplicate customers: what counts as alike, and how many of the planted ones are found."""

from __future__ import annotations

from random import Random
from typing import Any

import pandas as pd
import pytest

from dashboard.analytics.duplicates import COLUMNS, find_duplicates, name_core

FIELDS = ("name", "name_zh", "customer_type", "phone", "email", "address", "city")


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"customer_id": number, **dict.fromkeys(FIELDS), **row} for number, row in
         enumerate(rows, start=1)],
        columns=["customer_id", *FIELDS],
    )  # fmt: skip


def found(*rows: dict[str, Any]) -> list[tuple[int, int]]:
    pairs = find_duplicates(frame(*rows))
    return list(zip(pairs["first_id"], pairs["second_id"], strict=True))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme Trading Co., Ltd.", "ACME TRADING LIMITED"),
        ("Müller, Anna", "Anna Müller"),
        ("上海永新贸易有限公司", "永新贸易（集团）股份有限公司"),
        ("杭州市永新贸易", "永新贸易有限公司"),
        ("ＡＣＭＥ　Ｇｒｏｕｐ", "acme group"),
    ],
)
def test_names_that_say_the_same(one: str, other: str) -> None:
    assert name_core(one) == name_core(other)


def test_a_name_of_nothing_but_forms_stays_a_name() -> None:
    assert name_core("The Company Ltd") and name_core("上海公司") and name_core("!") == ""


def test_what_speaks_for_a_pair() -> None:
    company = {"name": "永新贸易", "customer_type": "company"}
    assert found(company, {**company, "name": "上海永新贸易有限公司"}) == [(1, 2)]
    person = {"name": "Li Na", "customer_type": "person", "phone": "13812345678"}
    assert found(person, {**person, "phone": "+86 138 1234 5678"}) == [(1, 2)]
    assert found(person, {**person, "phone": "13999999999"}) == []
    assert found(person, {**person, "name": "Wang Wei"}) == []  # a shared phone alone is a family
    mail = {"email": "LI@example.com"}
    assert found({**person, **mail}, {"name": "Na Lee", "phone": "13812345678", **mail}) == [(1, 2)]


def test_a_common_name_alone_is_no_duplicate() -> None:
    rows = [{"name": "王伟", "customer_type": "person", "city": "北京"} for _ in range(40)]
    assert found(*rows) == []


def test_masked_values_say_nothing() -> None:
    masked = {"phone": "138****5678", "email": "l***", "customer_type": "person"}
    assert found({"name": "Ann Lee", **masked}, {"name": "Bob Ray", **masked}) == []


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_has_no_duplicates(count: int) -> None:
    pairs = find_duplicates(frame(*[{"name": "Ann"}] * count))
    assert list(pairs.columns) == list(COLUMNS) and pairs.empty
    assert find_duplicates(frame({}, {})).empty


SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华"
FIRST = ("Anna", "Ben", "Carla", "David", "Emma", "Frank", "Grace", "Hugo", "Iris", "Jonas")
LAST = ("Schmidt", "Martin", "Rossi", "Nowak", "Hansen", "Silva", "Novak", "Murphy", "Larsson")
TRADES = ("Foods", "Textiles", "Machines", "Paper", "Optics", "Logistics")
TRADES_ZH = ("食品", "纺织", "机械", "纸业", "光学", "物流")
CITIES = ("上海", "北京", "杭州", "成都")


def planted(size: int, seed: int) -> tuple[pd.DataFrame, set[tuple[int, int]]]:
    """`size` customers, every eighth of them written down a second time as people do it."""
    chance = Random(seed)
    rows = [_customer(chance, number) for number in range(size)]
    truth = set()
    for number in range(0, size, 8):
        rows.append(_again(chance, rows[number]))
        truth.add((number + 1, len(rows)))
    return frame(*rows), truth


def _customer(chance: Random, number: int) -> dict[str, Any]:
    city = chance.choice(CITIES)
    kind = number % 4
    if kind == 0:
        mark = "".join(chance.choice(SURNAMES + GIVEN) for _ in range(2))
        name = f"{city}{mark}{chance.choice(TRADES_ZH)}有限公司"
    elif kind == 1:
        mark = "".join(chance.choice("abcdefghiklmnoprstuvw") for _ in range(6)).title()
        name = f"{mark} {chance.choice(TRADES)} Co., Ltd."
    elif kind == 2:
        name = chance.choice(SURNAMES) + "".join(chance.choice(GIVEN) for _ in range(2))
    else:
        name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    return {
        "name": name,
        "customer_type": "company" if kind < 2 else "person",
        "phone": f"13{chance.randrange(10**9):09d}",
        "email": f"mail{number}@example.com",
        "address": f"{chance.choice(GIVEN)}{chance.choice(GIVEN)}路{chance.randrange(1, 999)}号",
        "city": city,
    }


def _again(chance: Random, row: dict[str, Any]) -> dict[str, Any]:
    """The same customer: another spelling, and one or two fields that were not asked for."""
    other = dict(row)
    name: str = row["name"]
    if "有限公司" in name:
        other["name"] = name.replace("有限公司", "股份有限公司").replace(row["city"], "")
    elif "Ltd" in name:
        other["name"] = name.replace(" Co., Ltd.", " Limited").upper()
    elif " " in name:
        first, last = name.split()
        other["name"] = chance.choice((f"{last}, {first}", f"{first} {last[:-1]}"))
    other["phone"] = f"+86 {row['phone'][:3]} {row['phone'][3:7]} {row['phone'][7:]}"
    for field in chance.sample(("phone", "email", "address", "city"), k=chance.choice((1, 2))):
        other[field] = None
    return other


def test_planted_duplicates_are_found_and_hardly_any_others() -> None:
    customers, truth = planted(4_000, seed=7)
    pairs = find_duplicates(customers)
    answer = set(zip(pairs["first_id"], pairs["second_id"], strict=True))
    recall = len(answer & truth) / len(truth)
    precision = len(answer & truth) / len(answer)
    print(f"{len(truth)} planted, precision {precision:.3f}, recall {recall:.3f}")
    assert precision >= 0.97 and recall >= 0.95


def test_the_order_of_the_rows_does_not_matter() -> None:
    customers, _ = planted(400, seed=3)
    turned = customers.iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(find_duplicates(customers), find_duplicates(turned))


def test_many_customers_are_compared_by_neighbours_only() -> None:
    same = frame(*[{"name": "王伟", "phone": "13812345678"}] * 5_000)
    pairs = find_duplicates(same, most=100)  # all pairs would be 12 million
    assert len(pairs) <= 100
