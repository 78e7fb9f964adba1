"""YouTube Studio's « Table data »: the videos of one's own channel, with what they brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collectors.files.format import Table
from collectors.readers.cells import column, day, number
from collectors.readers.fields import required
from collectors.readers.youtube import shown
from data.model import Post

#: The columns that the person who exports cannot leave out, in each language.
_LANGUAGES = (
    ("content", "video title", "video publish time"),
    ("contenu", "titre de la vidéo", "heure de publication de la vidéo"),
)
_TOTAL = "total"


def _recognises(header: Sequence[str]) -> bool:
    names = {column(name) for name in header}
    return any(names.issuperset(known) for known in _LANGUAGES)


def _post(row: Mapping[str, str]) -> Post | None:
    """A row's video: `Views` are its displays. Who has the channel is not written."""
    cells: dict[str, str] = {column(name): cell for name, cell in row.items()}
    content, title, published = next(it for it in _LANGUAGES if it[0] in cells)
    if column(cells[content]) == _TOTAL:
        return None
    return shown(required(cells, content), {"title": cells[title]})._replace(
        published_at=day(cells[published], published),
        impressions=number(cells.get("views") or cells.get("vues") or "", "views"),
        likes=number(cells.get("likes", ""), "likes"),
        replies=number(cells.get("comments added", ""), "comments added"),
    )


FORMAT = Table("youtube-studio", _recognises, _post)
