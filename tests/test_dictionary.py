"""The data dictionary says what each column means, and says it of the columns there are."""

from __future__ import annotations

import pytest

from docs.dictionary import DICTIONARY, MeaningMissing, dictionary, read_meanings


def test_the_data_dictionary_is_up_to_date() -> None:
    written = DICTIONARY.read_text("utf-8")
    assert written == dictionary(read_meanings()), "run `make docs`"


def test_a_new_column_needs_a_meaning() -> None:
    meanings = read_meanings()
    del meanings["orders"]["promised_on"]
    with pytest.raises(MeaningMissing, match=r"orders\.promised_on"):
        dictionary(meanings)


def test_a_new_table_needs_a_meaning() -> None:
    meanings = read_meanings()
    del meanings["orders"]
    with pytest.raises(MeaningMissing, match=r"orders\.\*"):
        dictionary(meanings)


def test_a_meaning_of_nothing_is_refused() -> None:
    meanings = read_meanings()
    meanings["orders"]["colour"] = "Its colour."
    meanings["ghosts"] = {"*": "Ghosts."}
    meanings["everywhere"]["shade"] = "Its shade."
    with pytest.raises(MeaningMissing, match=r"\[ghosts\], everywhere\.shade .*orders\.colour"):
        dictionary(meanings)


def test_masks_are_told_per_role() -> None:
    customers = dictionary(read_meanings()).split("## customers")[1].split("\n## ")[0]
    phone = next(line for line in customers.splitlines() if line.startswith("| phone |"))
    assert "analyst, finance, warehouse, partner (138****5678)" in phone
