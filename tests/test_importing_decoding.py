"""The encoding and the delimiter of a text file are found, or asked for; never guessed wrongly."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_access.importing import ImportRefused
from data_access.importing.decoding import check_encoding, find_delimiter, find_encoding, open_text
from data_access.importing.delimited import find_layout, read_records

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
# the characters of GB 2312's first level, from which given names are made
GIVEN = "".join(
    bytes((high, low)).decode("gb2312")
    for high in range(0xB0, 0xD7)
    for low in range(0xA1, 0xFF)
    if not (high == 0xD7 and low > 0xF9)
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030")

names = st.tuples(st.sampled_from(SURNAMES), st.sampled_from(GIVEN)).map("".join)
on_files = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def written(folder: Path, text: str, encoding: str) -> Path:
    path = folder / "file.csv"
    path.write_bytes(text.encode(encoding))
    return path


@on_files
@given(name=names, encoding=st.sampled_from(ENCODINGS))
def test_a_file_with_one_chinese_name_is_read_rightly(
    tmp_path: Path, name: str, encoding: str
) -> None:
    path = written(tmp_path, f"id,name\n1,{name}\n", encoding)
    found = find_encoding(path)
    with open_text(path, found) as file:
        assert file.read() == f"id,name\n1,{name}\n"


@on_files
@given(
    rows=st.lists(st.tuples(names, st.text("abcXYZ 019é王–", min_size=1)), min_size=1, max_size=30),
    encoding=st.sampled_from(ENCODINGS),
    delimiter=st.sampled_from(",;\t|"),
)
def test_layout_and_records_survive(
    tmp_path: Path, rows: list[tuple[str, str]], encoding: str, delimiter: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["名称", "note"])
    writer.writerows(rows)
    path = written(tmp_path, text.getvalue(), encoding)
    layout = find_layout(path, None, None)
    assert layout.delimiter == delimiter
    records = list(read_records(path, layout))
    assert [record for _, record in records[1:]] == [list(row) for row in rows]
    assert [number for number, _ in records] == list(range(1, len(rows) + 2))


def test_names_whose_bytes_happen_to_be_utf_8_are_read_as_chinese(tmp_path: Path) -> None:
    candidates = [surname + given_name for surname in SURNAMES for given_name in GIVEN]
    treacherous = [name for name in candidates if _is_utf_8(name.encode("gb18030"))]
    assert len(treacherous) > 100
    for name in treacherous:
        assert find_encoding(written(tmp_path, f"id,name\n1,{name}\n", "gb18030")) == "gb18030"


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    ["Müller", "Łódź", "Привет, мир", "Ελλάδα", "naïve café", "ab–cd", "王伟", "€ 5", "🙂", "£ 5",
     "½ inch, 20 °"],
)  # fmt: skip
def test_utf_8_of_other_scripts_stays_utf_8(tmp_path: Path, text: str) -> None:
    assert find_encoding(written(tmp_path, f"id,name\n1,{text}\n", "utf-8")) == "utf-8"


@pytest.mark.parametrize("text", ["id,name\n1,Müller\n", "id,name\n1,Grün\n2,Bär\n3,Öl\n"])
def test_western_text_is_not_taken_for_chinese(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text, "cp1252")
    with pytest.raises(ImportRefused) as refusal:
        find_encoding(path)
    assert refusal.value.reason in ("doubtful_encoding", "unknown_encoding")
    assert "--encoding" in str(refusal.value)
    assert check_encoding(path, "cp1252") == "cp1252"


def test_a_wrong_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name\n1,a\n2,王伟\n", "gb18030")
    with pytest.raises(ImportRefused, match=r"file.csv, row 3: the text is not utf-8"):
        check_encoding(path, "utf-8")


@pytest.mark.parametrize("encoding", ["base64", "rot13", "klingon", "a\0b", ""])
def test_what_is_no_text_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(ImportRefused, match="not a text encoding"):
        check_encoding(written(tmp_path, "a", "utf-8"), encoding)


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("id;amount\n1;2,50\n2;3,75\n", ";"),
        ("id\tnote\n1\ta, b, c\n", "\t"),
        ("id|note\n1|a;b\n", "|"),
        ('id,note\n1,"a;b;c"\n2,"d\ne"\n', ","),
        ("name\n王伟\n", ","),
        ("", ","),
    ],
)
def test_the_delimiter_is_found(tmp_path: Path, text: str, delimiter: str) -> None:
    assert find_delimiter(written(tmp_path, text, "utf-8"), "utf-8") == delimiter


def test_a_packed_file_is_read_like_a_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "names.csv.gz"
    path.write_bytes(gzip.compress("id;name\n1;王伟\n".encode("gb18030")))
    layout = find_layout(path, None, None)
    assert (layout.encoding, layout.delimiter) == ("gb18030", ";")


def test_a_packed_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "names.csv.gz"
    path.write_bytes(gzip.compress(b"id;name\n" * 5000)[:-20])
    with pytest.raises(ImportRefused, match=r"names.csv.gz, row 1: the file is damaged"):
        find_encoding(path)
