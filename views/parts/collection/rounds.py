"""How a round goes, network by network, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from collectors.base import BudgetSpent, MissingCredentials
from collectors.runs.missing import Missing
from collectors.runs.rounds import Turn
from collectors.runs.run import Progress, Report
from data.lake import Lake
from data.model import Network
from views.parts import charts, jobs, tables
from views.parts.collection import runs
from views.parts.collection.runs import EstimateJob, PlannedJob, RunJob
from views.parts.words import t, words

_ADDED = ("read", "new", "known", "refused", "forgotten", "gone", "requests")


def show(job: PlannedJob) -> None:
    """The bars and the button that stops it while it goes on, then what came of it."""

    def under_way() -> None:
        if isinstance(job, EstimateJob):
            st.progress(0.0, text=t("runs.counting"))
        elif isinstance(job, RunJob):
            _bars(job)
            jobs.stop_button(job, t("runs.stop"))

    jobs.draw(job, under_way, lambda: _end(job))


def _bars(job: RunJob) -> None:
    plan = job.plan
    st.subheader(t(f"runs.purpose.{plan.purpose}"), anchor=False)
    if job.stop.is_set():
        st.caption(t("runs.stopping"))
    over = {turn.network for turn in job.turns}
    for network in plan.networks:
        progress = job.progress.get(network, Progress(network))
        is_over = network in over
        st.progress(1.0 if is_over else progress.fraction, text=_so_far(progress, is_over=is_over))


def _so_far(progress: Progress, *, is_over: bool) -> str:
    """One line: the network, what was read, how far back, what it waits for."""
    said = [t("runs.read", network=t(f"networks.{progress.network}"), n=progress.read)]
    if progress.reached is not None:
        said.append(t("runs.reached", at=words().moment(progress.reached)))
    if is_over:
        said.append(t("runs.over"))
    elif progress.waits_until is not None:
        said.append(t("runs.waits", at=f"{progress.waits_until:%H:%M}"))
    return " ".join(said)


def _end(job: PlannedJob) -> None:
    if job.problem is not None:
        st.error(words().error(job.problem.code, job.problem.values), icon=":material/error:")
    elif isinstance(job, EstimateJob):
        _confirm(job)
        return
    elif isinstance(job, RunJob):
        _report(job)
    if st.button(t("runs.close"), key="close_job", type="tertiary"):
        jobs.leave()


def _confirm(job: EstimateJob) -> None:
    """What it would cost, and the button without which nothing is spent."""
    st.subheader(t("estimate.title"), anchor=False)
    found, left, plan = job.estimate, job.left, job.plan
    if found is None or left is None:
        return
    st.markdown(
        t(
            "estimate.cost",
            posts=found.posts,
            dollars=words().dollars(found.dollars),
            most=words().dollars(found.most_dollars),
        )
    )
    if left.is_finite():
        st.markdown(t("estimate.left", left=words().dollars(left)))
        if left < found.dollars:
            st.warning(t("estimate.too_little"), icon=":material/savings:")
    else:
        st.markdown(t("estimate.posts_only", n=plan.campaign.budget_posts))
    if found.per_day:
        charts.counted_by_day(found.per_day)
        st.caption(t("estimate.aggregate"))
    others = plan.without(Network.X)
    with st.container(horizontal=True):
        if st.button(t("estimate.go"), key="estimate_go", type="primary"):
            jobs.follow(runs.start(Lake.of_user(), plan))
        if others.networks and st.button(t("estimate.without"), key="estimate_without"):
            jobs.follow(runs.start(Lake.of_user(), others))
        if st.button(t("estimate.cancel"), key="estimate_cancel"):
            jobs.leave()


def _report(job: RunJob) -> None:
    purpose = job.plan.purpose
    st.subheader(t(f"runs.report.{purpose}"), anchor=False)
    reports = [report for turn in job.turns for report in turn.reports]
    new, gone = sum(it.new for it in reports), sum(it.gone for it in reports)
    if new:
        st.success(t("runs.new", n=new), icon=":material/check_circle:")
    if gone:
        st.info(t("runs.gone", n=gone), icon=":material/delete:")
    if job.stop.is_set():
        st.warning(t("runs.stopped"), icon=":material/stop_circle:")
    for turn in job.turns:
        _turn(turn)
    if any(it.read or it.requests for it in reports):
        tables.show_small(_numbers(job.turns), key="run_report", alt=t("runs.numbers"))


def _turn(turn: Turn) -> None:
    """What a network's numbers do not say: why there are none, what is missing, what it cost."""
    network = t(f"networks.{turn.network}")
    if turn.problem is not None:
        needs_somebody = isinstance(turn.problem, (MissingCredentials, BudgetSpent))
        show = st.warning if needs_somebody else st.error
        said = words().error(turn.problem.code, turn.problem.values)
        show(f"**{network}.** {said}", icon=":material/error:")
        return
    outcome = _outcome(turn.reports)
    st.markdown(f"**{network}** – {t(f'outcome.{outcome}') if outcome else t('runs.up_to_date')}")
    missing = [words().missing(it.code, it.values) for it in _missing(turn.reports)]
    for sentence in dict.fromkeys(missing):
        st.warning(sentence, icon=":material/warning:")
    dollars = sum(report.dollars for report in turn.reports)
    if dollars:
        st.caption(t("runs.cost", network=network, dollars=words().dollars(dollars)))


def _missing(reports: Sequence[Report]) -> list[Missing]:
    return [missing for report in reports for missing in report.missing]


def _outcome(reports: Sequence[Report]) -> str | None:
    """The outcome that leaves most to do."""
    order = ("failed", "partial", "stopped", "incomplete", "complete")
    found = {report.outcome for report in reports}
    return next((outcome for outcome in order if outcome in found), None)


def _numbers(turns: Sequence[Turn]) -> pd.DataFrame:
    rows = [
        {
            "network": t(f"networks.{turn.network}"),
            **{name: sum(getattr(it, name) for it in turn.reports) for name in _ADDED},
        }
        for turn in turns
        if turn.reports
    ]
    shown = pd.DataFrame(rows)
    always = ["network", "read", "new", "known", "requests"]
    shown = shown[[it for it in shown if it in always or shown[it].any()]]
    return shown.rename(columns={"read": "read_posts"})
