"""Files of every wrapping, read as the same posts."""

from __future__ import annotations

import codecs
import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.base import Page, Refusal
from collectors.files import FORMATS, Source, sources


def tweet(number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "text": f"Été à Lomé, {number} 🌍 #LibertéPourTous",
        "author_id": "7",
    }


def page_of(first: int, size: int) -> dict[str, Any]:
    return {"data": [tweet(number) for number in range(first, first + size)]}


def jsonl(*documents: Any) -> bytes:
    return "".join(json.dumps(it, ensure_ascii=False) + "\n" for it in documents).encode()


LINES = jsonl(page_of(1, 2), page_of(3, 3), page_of(6, 1))
IDS = ["1", "2", "3", "4", "5", "6"]


def ids(pages: list[Page]) -> list[str]:
    return [post.post_id for page in pages for post in page.rows]


def only(path: Path) -> Source:
    [source] = sources(path)
    return source


def zipped(members: dict[str, bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)

    return write


@pytest.mark.parametrize(
    "content",
    [
        LINES,
        LINES.rstrip(b"\n"),
        LINES.replace(b"\n", b"\r\n"),
        b"\n \n" + LINES.replace(b"\n", b"\n\n"),
        codecs.BOM_UTF8 + LINES,
        LINES.decode().encode("utf-16"),
        LINES.decode().encode("utf-16-le"),
        LINES.decode().encode("utf-16-be"),
        gzip.compress(LINES),
        gzip.compress(LINES[:200]) + gzip.compress(LINES[200:]),
        gzip.compress(codecs.BOM_UTF8 + LINES),
        json.dumps(page_of(1, 6), indent=2).encode(),
        json.dumps(page_of(1, 6)).encode(),
        json.dumps(page_of(1, 6), indent="\t").replace("\n", "\r\n").encode("utf-16"),
        json.dumps([page_of(1, 2), page_of(3, 4)], indent=1).encode(),
    ],
    ids=[
        "lines",
        "no last line end",
        "Windows line ends",
        "empty lines",
        "byte order mark",
        "UTF-16",
        "UTF-16 little-endian without mark",
        "UTF-16 big-endian without mark",
        "gzip",
        "gzip in two parts",
        "gzip with byte order mark",
        "one document over many lines",
        "one document on one line",
        "one document over many lines in UTF-16",
        "a list of pages",
    ],
)
@pytest.mark.parametrize("name", ["été à Lomé.jsonl", "sans-suffixe", "faux.zip"])
def test_every_wrapping_gives_the_same_posts(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    pages = list(only(path).pages())
    assert ids(pages) == IDS
    assert pages[0].rows[0].text == "Été à Lomé, 1 🌍 #LibertéPourTous"
    assert not [page for page in pages if page.refused]


def test_a_zip_gives_each_file_of_posts_and_leaves_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "tout.gz"
    envelope = {"source_platform": "tiktok.com", "data": {"id": 7}, "item_id": "7"}
    zipped(
        {
            "dossier/": b"",
            "lisez-moi.txt": b"Bonjour",
            "photo.jpg": b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40,
            "données/x 1.jsonl": LINES,
            "données/x 2.jsonl.gz": gzip.compress(jsonl(page_of(7, 2))),
            "tiktok": jsonl(envelope),
        }
    )(path)
    found = sources(path)
    assert [(source.name, source.format.code) for source in found] == [
        ("données/x 1.jsonl", "x-v2"),
        ("données/x 2.jsonl.gz", "x-v2"),
        ("tiktok", "zeeschuimer"),
    ]
    assert [ids(list(source.pages())) for source in found] == [IDS, ["7", "8"], ["7"]]


def test_two_members_of_one_name_are_both_read(tmp_path: Path) -> None:
    path = tmp_path / "double.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.jsonl", jsonl(page_of(1, 1)))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("x.jsonl", jsonl(page_of(2, 1)))
    assert [ids(list(source.pages())) for source in sources(path)] == [["1"], ["2"]]


def test_pages_hold_500_posts_and_end_with_a_line_where_they_can(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(jsonl(*(page_of(100 * line, 100) for line in range(12))))
    pages = list(only(path).pages())
    assert [(len(page.rows), page.cursor) for page in pages] == [
        (500, "5"),
        (500, "10"),
        (200, "12"),
    ]


def test_a_long_document_is_cut_into_pages(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(page_of(1, 1200), indent=1), encoding="utf-8")
    pages = list(only(path).pages())
    assert [(len(page.rows), page.cursor) for page in pages] == [
        (500, "0+500"),
        (500, "0+1000"),
        (200, "1"),
    ]
    assert ids(list(only(path).pages("0+1000"))) == ids(pages[2:])


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 700), min_size=1, max_size=8),
    is_whole=st.booleans(),
    broken=st.sets(st.integers(0, 8)),
)
def test_reading_goes_on_from_every_cursor(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], is_whole: bool, broken: set[int]
) -> None:
    path = tmp_path_factory.mktemp("pages") / "x"
    documents = [page_of(1000 * place, size) for place, size in enumerate(sizes)]
    if is_whole:
        path.write_text(json.dumps([page_of(10**6, 1), *documents], indent=1), encoding="utf-8")
    else:
        lines = [jsonl(page_of(10**6, 1)), *map(jsonl, documents)]
        path.write_bytes(b"".join(it for n, it in enumerate(lines) if n not in broken or n == 0))
        with path.open("ab") as file:
            file.write(b"".join(b'{"data"\n\n' for _ in broken))
    pages = list(only(path).pages())
    for place, page in enumerate(pages, start=1):
        assert len(page.rows) + len(page.refused) <= 500
        assert list(only(path).pages(page.cursor)) == pages[place:]


def test_a_line_of_ten_megabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    long = page_of(1, 2) | {"includes": {"media": ["x" * 10_000_000]}}
    path.write_bytes(jsonl(long, page_of(3, 1)))
    assert ids(list(only(path).pages())) == ["1", "2", "3"]


def test_what_json_forbids_and_exports_hold_costs_no_post_its_neighbours(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    line = (
        '{"data": [{"id": "1", "text": "moitié \\ud83d d\'un emoji"},'
        '{"id": "2", "text": "a", "public_metrics": {"like_count": NaN}},'
        '{"id": "3", "text": "a", "public_metrics": {"like_count": Infinity}},'
        f'{{"id": "4", "text": "a", "public_metrics": {{"like_count": {"9" * 5000}}}}},'
        '{"id": "5", "text": "entier \\ud83c\\udf0d et \\\\ud83d écrit"}]}\n'
    )
    path.write_bytes(line.encode() + jsonl(page_of(6, 1)))
    [page] = only(path).pages()
    assert [post.post_id for post in page.rows] == ["1", "5", "6"]
    assert page.rows[0].text == "moitié \ufffd d'un emoji"
    assert page.rows[1].text == "entier 🌍 et \\ud83d écrit"
    assert [(it.line, it.code, it.detail[:14]) for it in page.refused] == [
        (1, "count", "like_count=nan"),
        (1, "count", "like_count=inf"),
        (1, "count", "like_count=inf"),
    ]


@pytest.mark.parametrize("count", [2**63, 2**64, 10**30, -(2**63)])
def test_a_huge_count_is_refused_alone(tmp_path: Path, count: int) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(
        jsonl(
            page_of(1, 2)
            | {
                "data": [
                    tweet(1) | {"public_metrics": {"like_count": count}},
                    tweet(2) | {"public_metrics": {"like_count": 10**10}},
                ]
            }
        )
    )
    [page] = only(path).pages()
    assert [(post.post_id, post.likes) for post in page.rows] == [("2", 10**10)]
    assert [it.code for it in page.refused] == ["count"]


def test_a_broken_first_line_does_not_hide_the_others(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(LINES[:40] + b"\n" + LINES)
    [page] = only(path).pages()
    assert ids([page]) == IDS
    assert [(it.line, it.code) for it in page.refused] == [(1, "json")]


def test_a_line_of_another_kind_is_refused_and_the_rest_read(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(LINES + b'"texte"\n[]\n' + LINES)
    [page] = only(path).pages()
    assert ids([page]) == IDS + IDS
    assert page.refused == [Refusal(4, "other"), Refusal(5, "other")]


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
def test_reading_says_how_far_it_is(tmp_path: Path, wrap: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "x"
    path.write_bytes(wrap(jsonl(*(page_of(100 * line, 100) for line in range(100)))))
    source = only(path)
    assert source.fraction == 0.0
    fractions = [source.fraction for _ in source.pages()]
    assert fractions == sorted(fractions)
    assert source.fraction == 1.0


def test_each_format_has_a_code_of_its_own() -> None:
    codes = [format_.code for format_ in FORMATS]
    assert sorted(set(codes)) == sorted(codes)


@pytest.mark.parametrize("name", ["x/brexit.jsonl", "imports/zeeschuimer-twitter-2023.ndjson"])
def test_recorded_files_are_the_same_in_every_wrapping(
    fixtures: Path, tmp_path: Path, name: str
) -> None:
    content = (fixtures / name).read_bytes()
    plain = [post for page in only(fixtures / name).pages() for post in page.rows]
    (tmp_path / "a").write_bytes(gzip.compress(content))
    zipped({"b.ndjson": content})(tmp_path / "b")
    (tmp_path / "c").write_bytes(content.decode().encode("utf-16"))
    for wrapped in "abc":
        assert [it for page in only(tmp_path / wrapped).pages() for it in page.rows] == plain
