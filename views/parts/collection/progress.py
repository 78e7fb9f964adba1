"""How an import goes and what came of it, the history of a campaign, and the known formats."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from collectors.files import FORMATS
from collectors.runs.imports import Report
from data.model import Network
from findings.words import plain
from views.parts import jobs, tables
from views.parts.collection.import_job import ImportJob
from views.parts.words import t, words

#: What a network is read for, as the lake calls it.
_PURPOSES = ("api", "measure", "check")


def show(job: ImportJob) -> None:
    """The bar and the button that stops it while the import goes on, then its report."""

    def under_way() -> None:
        _bar(job)
        jobs.stop_button(job, t("progress.stop"))

    jobs.draw(job, under_way, lambda: _report(job))


def _bar(job: ImportJob) -> None:
    place = min(len(job.outcomes), len(job.names) - 1)
    st.progress(
        job.share,
        text=t(
            "progress.stopping" if job.stop.is_set() else "progress.file",
            name=plain(job.names[place]),
            number=place + 1,
            files=len(job.names),
            rows=job.progress.read if job.progress else 0,
        ),
    )


def _report(job: ImportJob) -> None:
    st.subheader(t("report.title"), anchor=False)
    reports = [it.report for it in job.outcomes if it.report is not None]
    new = sum(it.new for it in reports)
    if new:
        st.success(t("report.new", n=new), icon=":material/check_circle:")
    elif reports:
        st.info(t("report.nothing_new"), icon=":material/info:")
    if job.stop.is_set():
        st.warning(t("report.stopped"), icon=":material/stop_circle:")
    for outcome in job.outcomes:
        if outcome.problem is not None:
            st.error(words().error(outcome.problem, outcome.values), icon=":material/error:")
    if reports:
        rows = pd.DataFrame([_row(it) for it in reports])
        tables.show(rows, key="report", alt=t("report.title"))
    refused = _refusals(reports)
    if not refused.empty:
        st.markdown(t("report.refused", n=sum(it.refused for it in reports)))
        tables.show(refused, key="refusals", alt=t("report.reasons"), is_tall=True)


def _row(report: Report) -> dict[str, object]:
    return {
        "source": report.source,
        "outcome": _outcome(report.outcome),
        "read": report.read,
        "new": report.new,
        "known": report.known,
        "refused": report.refused,
        "format": _format_name(report.format),
    }


def _refusals(reports: list[Report]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "line": refusal.line,
                "reason": t(f"refusal.{refusal.code}", detail=refusal.detail),
                "source": report.source,
            }
            for report in reports
            for refusal in report.refusals
        ]
    )


def history(collections: pd.DataFrame) -> pd.DataFrame:
    """A campaign's collections in words, the newest first."""
    columns = ["finished_at", "source", "outcome", "read", "new", "known", "refused", "format"]
    names = words().labels("networks", tuple(Network))
    return collections[columns].assign(
        source=collections["network"].map(names).fillna(collections["source"]),
        format=collections["format"].map(_format_name),
        outcome=collections["outcome"].map(_outcome),
    )


def formats() -> None:
    """The formats that are read, and where to get such a file."""
    for it in FORMATS:
        with st.container(gap=None):
            st.markdown(f"**{t(f'formats.{it.code}.name')}**")
            st.text(t(f"formats.{it.code}.where"))  # its addresses are no links to follow


def _outcome(code: str) -> str:
    said = t(f"outcome.{code.replace(' ', '-')}")
    return f"{said[:1].upper()}{said[1:]}"


def _format_name(codes: str) -> str:
    """A file's format, or what a network was read for."""
    if codes in _PURPOSES:
        return t(f"purposes.{codes}")
    return ", ".join(t(f"formats.{code}.name") for code in codes.split(", ") if code)
