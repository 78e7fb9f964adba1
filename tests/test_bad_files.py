"""Files that are damaged, foreign or hostile: a sentence that says what to do, never a crash."""

from __future__ import annotations

import gzip
import json
import os
import random
import tracemalloc
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collectors.base import CollectorError, Page
from collectors.files import sources, stream
from locales import LANGUAGES, text

PAYLOADS = Path(__file__).parent / "payloads"
X = json.dumps(json.loads((PAYLOADS / "x/page.json").read_text("utf-8")), ensure_ascii=False)
LINES = f"{X}\n{X}\n{X}\n".encode()
POSTS_A_LINE = 5


def zip_of(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return written.getvalue()


def encrypted_zip() -> bytes:
    """The flag of a locked member, in its own header and in the table at the end."""
    content = bytearray(zip_of({"x.jsonl": LINES}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def zip_of_unknown_method() -> bytes:
    content = bytearray(zip_of({"x.jsonl": LINES}))
    content[8] = content[content.index(b"PK\x01\x02") + 10] = 99
    return bytes(content)


def zip_with_a_false_sum() -> bytes:
    content = bytearray(zip_of({"x.jsonl": LINES}, zipfile.ZIP_STORED))
    content[content.index(b"PK\x01\x02") + 16] ^= 1
    return bytes(content)


def bomb(head: bytes = b"", megabytes: int = 200) -> bytes:
    written = BytesIO()
    with gzip.GzipFile(fileobj=written, mode="wb") as file:
        file.write(head)
        for _ in range(megabytes):
            file.write(b" " * (1 << 20))
    return written.getvalue()


def zip_bomb() -> bytes:
    return zip_of({"x.jsonl": b"[" + b" " * (200 << 20)})


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "an empty file": (lambda: b"", "empty"),
    "only white space": (lambda: b" \r\n\n\t ", "empty"),
    "only a byte order mark": (lambda: b"\xef\xbb\xbf", "empty"),
    "an empty gzip": (lambda: gzip.compress(b""), "empty"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(5000), "not-json"),
    "a table": (lambda: "id;texte\n1;Été à Lomé\n".encode("cp1252"), "not-json"),
    "a script": (lambda: b"window.YTD.tweets.part0 = [ {} ]", "not-json"),
    "a web page": (lambda: b"\n<!DOCTYPE html><html><body>Connexion</body></html>", "html"),
    "a PDF": (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "pdf"),
    "a workbook": (lambda: zip_of({"[Content_Types].xml": b"<Types/>"}), "office"),
    "another JSON": (lambda: b'{"nom": "carnet", "pages": []}', "unknown-format"),
    "a list of numbers": (lambda: b"[1, 2, 3]", "unknown-format"),
    "half a page": (lambda: LINES[:300], "incomplete"),
    "half a document": (lambda: json.dumps(json.loads(X), indent=1).encode()[:900], "incomplete"),
    "accents of Windows": (lambda: X.encode("cp1252", "replace"), "encoding"),
    "a thousand levels": (lambda: b'{"data":' * 100_000, "nesting"),
    "a gzip cut at once": (lambda: gzip.compress(LINES)[:12], "cut"),
    "a gzip of noise": (lambda: gzip.compress(LINES)[:10] + b"\xff" * 500, "cut"),
    "a gzip bomb": (lambda: bomb(b"["), "bomb"),
    "a zip bomb": (zip_bomb, "bomb"),
    "a zip that climbs out": (lambda: zip_of({"../../x.jsonl": LINES}), "zip-path"),
    "a zip of the root": (lambda: zip_of({"/etc/x.jsonl": LINES}), "zip-path"),
    "a zip of a drive": (lambda: zip_of({"C:\\x.jsonl": LINES}), "zip-path"),
    "a zip that climbs on Windows": (lambda: zip_of({"a\\..\\..\\x": LINES}), "zip-path"),
    "a locked zip": (encrypted_zip, "zip-encrypted"),
    "a zip of another method": (zip_of_unknown_method, "zip-method"),
    "a zip whose sum is false": (zip_with_a_false_sum, "cut"),
    "a cut zip": (lambda: zip_of({"x.jsonl": LINES})[:-30], "zip-damaged"),
    "an empty zip": (lambda: zip_of({}), "zip-nothing"),
    "a zip of pictures": (lambda: zip_of({"a.jpg": b"\xff\xd8", "b.jpg": b"\xff"}), "zip-nothing"),
    "a zip of counts": (
        lambda: zip_of({"lisez": b"-", "c": b'{"data": [{"tweet_count": 3}]}'}),
        "x-counts",
    ),
}


def assert_is_a_sentence(table: str, code: str, **values: object) -> None:
    for language in LANGUAGES:
        sentence = text(language, f"{table}.{code}", **values)
        assert sentence.endswith((".", ")"))
        assert all(str(value) in sentence for value in values.values())


def read(path: Path) -> list[Page]:
    """All pages of a file; each refusal in them must have its sentence."""
    pages = [page for source in sources(path) for page in source.pages()]
    for refusal in {refusal for page in pages for refusal in page.refused}:
        assert refusal.line > 0
        assert_is_a_sentence("refusal", refusal.code, detail=refusal.detail)
    return pages


def ids(pages: list[Page]) -> list[str]:
    return [post.post_id for page in pages for post in page.rows]


def refused(pages: list[Page]) -> list[tuple[int, str]]:
    return [(refusal.line, refusal.code) for page in pages for refusal in page.refused]


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str) -> None:
    content, code = BAD[name]
    path = tmp_path / "mars"
    path.write_bytes(content())
    with pytest.raises(CollectorError) as problem:
        sources(path)
    assert problem.value.code == code
    assert_is_a_sentence("error", code, **problem.value.values)


def test_a_folder_and_a_missing_file_say_so(tmp_path: Path) -> None:
    for path, code in ((tmp_path, "not-a-file"), (tmp_path / "rien", "missing")):
        with pytest.raises(CollectorError) as problem:
            sources(path)
        assert problem.value.code == code
        assert_is_a_sentence("error", code, **problem.value.values)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tuyau")
    with pytest.raises(CollectorError, match="not-a-file"):
        sources(tmp_path / "tuyau")


def test_a_cut_gzip_gives_what_was_read_then_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    noise = random.Random(2)
    lines = b"".join(
        json.dumps({"data": [{"id": str(n), "text": noise.randbytes(60).hex()}]}).encode() + b"\n"
        for n in range(4000)
    )
    whole = gzip.compress(lines)
    path.write_bytes(whole[: len(whole) // 2])
    pages = read(path)
    kept = ids(pages)
    assert 1500 < len(kept) < 2500
    assert kept == [str(n) for n in range(len(kept))]
    assert refused(pages) == [(len(kept) + 1, "cut")]
    [source] = sources(path)
    for place, page in enumerate(pages, start=1):
        assert list(source.pages(page.cursor)) == pages[place:]


def test_a_gzip_without_its_end_loses_no_post(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(LINES.rstrip())[:-4])
    pages = read(path)
    assert len(ids(pages)) == 3 * POSTS_A_LINE
    assert refused(pages) == [(4, "cut")]
    [source] = sources(path)
    assert [page.refused for page in source.pages("3")] == [pages[0].refused]
    assert list(source.pages("4")) == []


def test_a_damaged_member_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    content = bytearray(zip_of({"a.jsonl": LINES * 40, "b.jsonl": LINES}, zipfile.ZIP_STORED))
    content[len(LINES) * 30] ^= 0x80
    path.write_bytes(bytes(content))
    pages = read(path)
    assert ids(pages)[-3 * POSTS_A_LINE :] == ids(pages)[: 3 * POSTS_A_LINE]
    assert "cut" in dict(refused(pages)[::-1]).values()


def test_a_bomb_behind_good_posts_stops_there(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(bomb(LINES))
    pages = read(path)
    assert len(ids(pages)) == 3 * POSTS_A_LINE
    assert refused(pages)[-1][1] == "bomb"


def test_an_endless_line_is_refused_by_its_number_and_never_held(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with path.open("wb") as file:
        file.write(LINES)
        for _ in range(80):
            file.write(b"x" * (1 << 20))
        file.write(b"\n" + LINES)
    tracemalloc.start()
    pages = read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(ids(pages)) == 6 * POSTS_A_LINE
    assert refused(pages) == [(4, "line-too-long")]
    assert peak < 1.5 * stream.LARGEST_LINE


def test_a_document_too_large_to_hold_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LARGEST_DOCUMENT", 1 << 20)
    path = tmp_path / "x.json"
    path.write_bytes(b"{\n" + b" " * (2 << 20) + b"}")
    with pytest.raises(CollectorError, match="file-too-long") as problem:
        sources(path)
    assert_is_a_sentence("error", "file-too-long", **problem.value.values)


def test_a_line_in_another_encoding_is_refused_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(LINES + X.encode("cp1252", "replace") + b"\n" + LINES)
    pages = read(path)
    assert refused(pages) == [(4, "encoding")]
    assert len(ids(pages)) == 6 * POSTS_A_LINE


def test_bytes_of_zero_behind_a_crash_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(LINES + b"\0" * 4096)
    pages = read(path)
    assert refused(pages) == [(4, "json")]
    assert len(ids(pages)) == 3 * POSTS_A_LINE


def assert_reads_or_says_why(folder: Path, content: bytes) -> list[Page]:
    path = folder / "mars"
    path.write_bytes(content)
    try:
        return read(path)
    except CollectorError as problem:
        assert_is_a_sentence("error", problem.code, **problem.values)
        return []


@settings(max_examples=150, deadline=None)
@given(cut=st.integers(0, len(LINES)))
@example(cut=len(LINES) - 1)
@example(cut=LINES.index("é".encode(), len(LINES) // 2) + 1)
def test_a_file_cut_anywhere_gives_its_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    pages = assert_reads_or_says_why(tmp_path_factory.mktemp("cut"), LINES[:cut])
    whole = LINES[:cut].count(b"\n") + (LINES[cut : cut + 1] == b"\n")
    assert len(ids(pages)) == whole * POSTS_A_LINE
    if whole and not LINES[:cut].endswith(b"}") and not LINES[:cut].endswith(b"\n"):
        assert refused(pages) == [(whole + 1, "json")]


WRAPPED = {
    "lines": LINES,
    "gzip": gzip.compress(LINES),
    "zip": zip_of({"a.jsonl": LINES, "b.jsonl": LINES}),
    "UTF-16": LINES.decode().encode("utf-16"),
    "document": json.dumps(json.loads(X), indent=1).encode(),
    "zeeschuimer": (PAYLOADS / "zeeschuimer.ndjson").read_bytes(),
}


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_damage_to_a_file_is_a_crash(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(WRAPPED[data.draw(st.sampled_from(sorted(WRAPPED)))])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["set", "cut", "insert", "repeat"])):
            case "set":
                content[place] = data.draw(st.integers(0, 255))
            case "cut":
                del content[place : place + data.draw(st.integers(1, 200))]
            case "insert":
                content[place:place] = data.draw(st.binary(max_size=20))
            case "repeat":
                content[place:place] = content[place : place + 300]
        if not content:
            break
    assert_reads_or_says_why(tmp_path_factory.mktemp("damaged"), bytes(content))


_NAMES = [
    *("data", "id", "text", "author_id", "includes", "errors", "meta", "source_platform"),
    *("uri", "posts", "feed", "statuses", "record", "account", "kind", "items"),
]


@pytest.mark.parametrize("depth", [300, 1000])
@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        ("[", "]"),
        ('{"data": ', "}"),
        ('{"replies": [', "]}"),
        ('{"kind": "Listing", "data": {"children": [', "]}}"),
        ('{"kind": "t1", "data": {"name": "t1_a", "replies": ', "}}"),
        ('{"thread": ', "}"),
        ('{"source_platform": "x.com", "data": ', "}"),
        ('{"source_platform": "x.com", "data": {"tweet": ', "}}"),
    ],
)
def test_no_depth_is_a_crash(tmp_path: Path, opened: str, closed: str, depth: int) -> None:
    depth //= opened.count("{") + opened.count("[")
    deep = opened * depth + "null" + closed * depth
    assert_reads_or_says_why(tmp_path, f"{deep}\n".encode())
    assert_reads_or_says_why(tmp_path, f"[{deep}]\n".encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.sampled_from(_NAMES) | st.text(max_size=5),
            inside,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(documents=st.lists(JSON, max_size=5))
@example(documents=[[[{"data": None, "source_platform": None}]]])
def test_no_json_at_all_is_a_crash(
    tmp_path_factory: pytest.TempPathFactory, documents: list[Any]
) -> None:
    lines = "".join(json.dumps(document) + "\n" for document in documents)
    assert_reads_or_says_why(tmp_path_factory.mktemp("json"), lines.encode())
    assert_reads_or_says_why(tmp_path_factory.mktemp("json"), LINES + lines.encode())


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=2000))
def test_no_bytes_at_all_are_a_crash(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    assert_reads_or_says_why(tmp_path_factory.mktemp("bytes"), content)
