"""Tables are read as they are written: whatever the separator, the encoding or the program."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import files
from collectors.base import CollectorError, Page
from collectors.files import sources
from collectors.files.format import Table
from collectors.files.stream import Stream
from collectors.files.table import layouts, rows
from collectors.readers.fields import Unreadable
from collectors.runs.imports import import_file
from data.lake import Lake
from data.model import Network, Post

PAYLOADS = Path(__file__).parent / "payloads"
TABLES = sorted(PAYLOADS.glob("*/*.csv"))
HEADER = ["Content", "Video title", "Video publish time", "Views"]
FRENCH = ["Contenu", "Titre de la vidéo", "Heure de publication de la vidéo", "Durée", "Vues"]


def written(table: list[list[str]], separator: str = ",", end: str = "\r\n") -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator, lineterminator=end).writerows(table)
    return file.getvalue()


def pages(path: Path) -> list[Page]:
    [source] = sources(path)
    return list(source.pages())


def posts(path: Path) -> list[Post]:
    return [post for page in pages(path) for post in page.rows]


def refused(path: Path) -> list[tuple[int, str]]:
    return [(it.line, it.code) for page in pages(path) for it in page.refused]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_saved_table_is_recognised_by_one_format_and_every_row_is_read(path: Path) -> None:
    [source] = sources(path)
    header = next(iter(layouts(Stream(path)))).header
    assert [it for it in files.TABLES if it.recognises(header)] == [source.format]
    found = list(source.pages())
    assert sum(len(page.rows) for page in found) > 0
    assert not any(page.refused for page in found)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
@settings(deadline=None, max_examples=60)
@given(strange=st.text(max_size=30), place=st.integers(0, 99))
def test_whatever_stands_in_a_cell_gives_a_post_or_a_reason(
    path: Path, strange: str, place: int
) -> None:
    [source] = sources(path)
    assert isinstance(source.format, Table)
    layout = next(it for it in layouts(Stream(path)) if source.format.recognises(it.header))
    for _, _, row in rows(Stream(path), layout):
        assert not isinstance(row, Unreadable)
        changed = {**row, layout.header[place % len(layout.header)]: strange.strip()}
        try:
            post = source.format.post(changed)
        except Unreadable as reason:
            assert reason.code
        else:
            assert post is None or isinstance(post, Post)


CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"), max_size=9)


@settings(deadline=None, max_examples=150)
@given(
    data=st.data(),
    body=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=6),
    separator=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    above=st.sampled_from(["", "sep={}\n", "Rapport du mois\n\n"]),
)
def test_any_table_reads_back_with_the_lines_that_its_rows_stand_on(
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
    body: list[list[str]],
    separator: str,
    end: str,
    encoding: str,
    above: str,
) -> None:
    header = ["un", "deux", "trois"]
    text = above.format(separator).replace("\n", end) + written([header, *body], separator, end)
    path = tmp_path_factory.mktemp("tableau") / "t.csv"
    path.write_bytes(text.encode(encoding))
    layout = next(it for it in layouts(Stream(path)) if it.header == tuple(header))
    read = list(rows(Stream(path), layout))
    whole = [[cell.strip() for cell in row] for row in body]
    assert [[*row.values()] for _, _, row in read if isinstance(row, dict)] == [
        row for row in whole if any(row)
    ]
    lines, line = [], above.count("\n") + 2
    for row in body:
        length = 1 + sum(cell.count("\n") for cell in row)
        lines.append((line, line + length - 1))
        line += length
    kept = [it for it, row in zip(lines, whole, strict=True) if any(row)]
    assert [(first, last) for first, last, _ in read] == kept
    # Reading goes on behind any row, without the header being read anew as one.
    if read:
        after = data.draw(st.sampled_from(read))[1]
        assert list(rows(Stream(path), layout, after)) == [it for it in read if it[0] > after]


def test_what_windows_wrote_keeps_its_accents(tmp_path: Path) -> None:
    path = tmp_path / "tableau.csv"
    row = ["EXEMPLE0001", "Été à Lomé – « merci »", "28 sept. 2026", "62", "44 531"]
    path.write_bytes(written([FRENCH, row], ";").encode("cp1252"))
    [post] = posts(path)
    assert (post.text, post.impressions) == ("Été à Lomé – « merci »", 44_531)
    assert post.published_at == datetime(2026, 9, 28, tzinfo=UTC)


def test_a_quote_that_is_not_closed_costs_its_own_row_no_other(tmp_path: Path) -> None:
    path = tmp_path / "tableau.csv"
    good = ["EXEMPLE0002", "Un titre", "Dec 15, 2023", "7"]
    open_quote = 'EXEMPLE0001,"Un titre,"Dec 15, 2023",5'
    inside = 'EXEMPLE0003,Dit "le puits" ici,"Dec 16, 2023",9'
    text = written([HEADER]) + open_quote + "\r\n" + written([good]) + inside + "\r\n"
    path.write_bytes(text.encode())
    assert [post.post_id for post in posts(path)] == ["EXEMPLE0002", "EXEMPLE0003"]
    assert [line for line, _ in refused(path)] == [2]


def test_rows_that_cannot_be_read_are_named_by_their_line_and_the_rest_is_kept(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tableau.csv"
    table = [
        HEADER,
        ["Total", "", "", "12"],
        ["EXEMPLE0001", "Sur\ndeux lignes", "Dec 15, 2023", "5"],
        ["EXEMPLE0002", "Sans nombre", "Dec 15, 2023", "beaucoup"],
        ["", "Sans identifiant", "Dec 15, 2023", "5"],
        ["EXEMPLE0003", "Sans date", "un jour", "5"],
        ["EXEMPLE0004", "Trop", "long", "5", "de", "trois"],
        ["EXEMPLE0005", "Plus court"],
    ]
    path.write_bytes(written(table).encode())
    assert [post.post_id for post in posts(path)] == ["EXEMPLE0001", "EXEMPLE0005"]
    assert refused(path) == [(5, "count"), (6, "missing"), (7, "moment"), (8, "columns")]
    last = posts(path)[-1]
    assert (last.published_at, last.impressions, last.likes) == (None, None, None)


@pytest.mark.parametrize("kind", ["plain", "gz", "zip"])
def test_the_invented_table_says_the_same_plain_zipped_and_packed(
    tmp_path: Path, kind: str
) -> None:
    content = (PAYLOADS / "youtube-studio/table.csv").read_bytes()
    path = tmp_path / f"export.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("Table data.csv", content)
            archive.writestr("Totals.csv", "Date,Views\n2026-11-15,12\n")
            archive.writestr("Chart data.csv", "Date,Content,Views\n2026-11-15,EXEMPLE0001,12\n")
    else:
        path.write_bytes(gzip.compress(content) if kind == "gz" else content)
    found = posts(path)
    assert [(it.post_id, it.likes, it.impressions) for it in found] == [
        ("EXEMPLE0001", 60, 2_500),
        ("EXEMPLE0002", 36, 1_750),
        ("EXEMPLE0003", None, 0),
    ]
    assert found[1].hashtags == ("UneSourcePourTous", "Lomé")
    assert {it.network for it in found} == {Network.YOUTUBE}


def workbook(path: Path, sheets: dict[str, list[list[str]]]) -> None:
    """The least that a program which reads workbooks takes for one."""
    names = list(sheets)
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
            + "".join(
                f'<Override PartName="/xl/worksheets/s{it}.xml"'
                f' ContentType="{kinds}.worksheet+xml"/>'
                for it in range(len(names))
            )
            + "</Types>",
        )
        package = "http://schemas.openxmlformats.org/package/2006/relationships"
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r" '
            f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
            + "".join(
                f'<sheet name="{name}" sheetId="{it + 1}" r:id="r{it}"/>'
                for it, name in enumerate(names)
            )
            + "</sheets></workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}">'
            + "".join(
                f'<Relationship Id="r{it}" Type="{relations}/worksheet"'
                f' Target="worksheets/s{it}.xml"/>'
                for it in range(len(names))
            )
            + "</Relationships>",
        )
        for it, name in enumerate(names):
            body = "".join(
                "<row>"
                + "".join(
                    f"<c><v>{cell}</v></c>"
                    if cell.isdigit()
                    else f'<c t="inlineStr"><is><t>{cell}</t></is></c>'
                    for cell in row
                )
                + "</row>"
                for row in sheets[name]
            )
            archive.writestr(
                f"xl/worksheets/s{it}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>',
            )


def test_a_workbook_gives_the_sheet_that_a_format_knows(tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    table = [
        ["Rapport", "", "", ""],
        HEADER,
        ["Total", "", "", "12"],
        ["EXEMPLE0001", "Au puits", "Dec 15, 2023", "12"],
        ["EXEMPLE0002", "Sans nombre", "Dec 15, 2023", "beaucoup"],
    ]
    workbook(path, {"Notes": [["Rien", "ici"]], "Vidéos": table})
    assert [(it.post_id, it.impressions) for it in posts(path)] == [("EXEMPLE0001", 12)]
    assert refused(path) == [(5, "count")]
    workbook(path, {"Notes": [["Rien", "ici"]]})
    with pytest.raises(CollectorError) as unknown:
        sources(path)
    assert unknown.value.code == "office"


def test_a_table_that_no_format_knows_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "tableau.csv"
    path.write_bytes(written([["id", "texte"], ["1", "Été"]]).encode())
    with pytest.raises(CollectorError) as unknown:
        sources(path)
    assert unknown.value.code == "not-json"


def test_an_import_of_a_table_that_is_stopped_goes_on_where_it_was(
    lake: Lake, tmp_path: Path
) -> None:
    path = tmp_path / "export.csv"
    many = [[f"EXEMPLE{it:05}", f"Titre\n{it}", "Dec 15, 2023", str(it)] for it in range(1_700)]
    path.write_bytes(written([HEADER, *many]).encode())
    [source] = sources(path)
    whole = list(source.pages())
    for number, page in enumerate(whole[:-1], start=1):
        rest = list(source.pages(page.cursor))
        assert [it.rows for it in rest] == [it.rows for it in whole[number:]]
    report = import_file(lake, path, "campagne")
    assert (report.outcome, report.new, report.format) == ("complete", 1_700, "youtube-studio")
    assert import_file(lake, path, "campagne").new == 0


def test_the_recorded_table_is_read_whole(fixtures: Path) -> None:
    path = fixtures / "imports" / "youtube-studio-Table data.csv"
    with path.open(encoding="utf-8", newline="") as file:
        raw = [it for it in csv.DictReader(file) if it["Content"] != "Total"]
    found = posts(path)
    assert refused(path) == []
    assert [it.post_id for it in found] == [it["Content"].strip() for it in raw]
    assert [it.impressions for it in found] == [int(it["Views"]) for it in raw]
    assert [it.likes for it in found] == [int(it["Likes"]) for it in raw]
    assert all(it.published_at for it in found)


def test_the_french_table_is_read_as_it_is(fixtures: Path) -> None:
    [post] = posts(fixtures / "cases" / "formats" / "youtube-studio-FR Données du tableau.csv")
    assert (post.network, post.impressions) == (Network.YOUTUBE, 44_531)
