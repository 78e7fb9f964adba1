"""Long work in the background: it goes on while pages are changed, reloaded or closed.

The work never touches the page; the page asks how far it is. One process keeps its jobs, and
a job is found again by the id that stands in the address.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import streamlit as st

from views.parts import address

#: The job whose progress or report is shown.
CHOICE = address.free_text("job", 12)

_KEPT = 20


@dataclass
class Job:
    """Work under way: what it shows of itself, and the event that asks it to stop."""

    campaign_id: str = ""
    job_id: str = field(default_factory=lambda: uuid4().hex[:12])
    stop: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)


#: The jobs of this process, whoever began them.
_JOBS: OrderedDict[str, Job] = OrderedDict()


def start(job: Job, work: Callable[[], None]) -> str:
    """Runs `work` in a thread that ends with the program; gives the job's id."""

    def run() -> None:
        try:
            work()
        finally:
            job.done.set()

    _JOBS[job.job_id] = job
    finished = [it for it, other in _JOBS.items() if other.done.is_set()]
    for job_id in finished[: max(0, len(_JOBS) - _KEPT)]:
        del _JOBS[job_id]
    threading.Thread(target=run, name=f"job-{job.job_id}", daemon=True).start()
    return job.job_id


def stop_all() -> None:
    """Asks all work to stop: a network may have it wait for minutes, and a program that ends
    waits for it."""
    for job in list(_JOBS.values()):
        job.stop.set()


def find(job_id: str) -> Job | None:
    """The job of this id; None when this process has none (it was restarted)."""
    return _JOBS.get(job_id)


def newest(is_meant: Callable[[Job], bool]) -> Job | None:
    """The newest job that is meant, done or not, whoever began it."""
    return next(filter(is_meant, reversed(list(_JOBS.values()))), None)


def under_way(campaign_id: str) -> Job | None:
    """The newest job that is not done yet for a campaign, whoever began it."""
    return newest(lambda it: it.campaign_id == campaign_id and not it.done.is_set())


def follow(job_id: str) -> None:
    """Shows a job from now on, after a reload of the page too."""
    address.choose(CHOICE.key, job_id)
    address.write(CHOICE)
    st.rerun()


def leave() -> None:
    """Shows no job from now on."""
    address.drop(CHOICE.key)
    st.rerun()


def draw(job: Job, under_way: Callable[[], None], end: Callable[[], None]) -> None:
    """Draws how far a job is, twice a second while it goes on, then what came of it."""
    is_over = job.done.is_set()

    @st.fragment(run_every=None if is_over else "500ms")
    def drawn() -> None:
        with st.container(border=True, key="job"):
            if not job.done.is_set():
                under_way()
                return
            if not is_over:
                st.rerun()
            end()

    drawn()


def stop_button(job: Job, label: str) -> None:
    """The button that asks a job to stop."""
    if st.button(label, key="stop", icon=":material/stop_circle:"):
        job.stop.set()
