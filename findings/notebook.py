"""The same figures in a notebook: the call behind a page, ready to copy."""

from __future__ import annotations

from findings.question import Filters
from findings.read import Reader


def call(reader: Reader, chosen: Filters, figures: str = "totals") -> str:
    """The lines of Python that give the totals of a filter, or other figures of its posts.

    `figures` is what a page shows: `totals`, the measures of reach (`reached`), or a part of the
    page Contenus.
    """
    of_networks = _arguments(networks=chosen.networks)
    days = _arguments(since=chosen.since, until=chosen.until)
    kinds = _arguments(kinds=chosen.kinds)
    shown = [str(it) for it in reader.shown_networks(chosen)]
    by_slot = f"aggregates.by_slot(posts{days}{kinds})"
    module, last = {
        "totals": ("", "aggregates.totals(posts)"),
        "reached": ("reach import reached", f"reached.reached({_part(chosen)})"),
        "best": ("", f"aggregates.above_usual(posts, 20{days}{kinds})"),
        "topics": ("texts import topics", "topics.find(aggregates.texts(posts, 100_000))"),
        "times": ("texts import content", f"content.best_times({by_slot}, ['weekday', 'hours'])"),
        "hashtags": ("", "aggregates.hashtags(posts, 200)"),
        "posts": ("", "aggregates.most_engaging(posts, 50)"),
    }[figures]
    # What is usual for an account is so at any time, what is usual of views on any network.
    selected = {"best": of_networks, "times": of_networks, "reached": days}.get(
        figures, days + kinds + of_networks
    )
    comparable = [f"posts = aggregates.comparable(posts, {shown})"] * (figures != "reached")
    return "\n".join(
        (
            "from datetime import date",
            "",
            "from analysis import aggregates",
            *([f"from analysis.{module}"] if module else []),
            "from data.lake import Lake",
            "",
            f"lake = Lake.{'demo' if reader.is_demo(chosen.campaign_id) else 'of_user'}()",
            f"posts = lake.posts({chosen.campaign_id!r})",
            f"posts = aggregates.selected(posts{selected})",
            *comparable,
            last,
        )
    )


def _part(chosen: Filters) -> str:
    """The posts whose reach is asked for, and those that the model of views is learnt from."""
    part = _arguments(networks=chosen.networks, kinds=chosen.kinds)
    return f"aggregates.selected(posts{part}), learnt_from=posts" if part else "posts"


def _arguments(**given: object) -> str:
    return "".join(f", {name}={_literal(it)}" for name, it in given.items() if it)


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return repr([str(it) for it in value])
    return f"date.fromisoformat({str(value)!r})"
