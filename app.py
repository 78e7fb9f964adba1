"""The entry: `streamlit run app.py` serves the screens of `views/`, light and sealed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from findings import reach_process
from views.parts import jobs, retention
from views.parts.serving import Compressed, Sealed


@asynccontextmanager
async def _running(_: st.App) -> AsyncIterator[None]:
    reach_process.start()
    retaining = retention.start()
    yield
    retaining.set()
    jobs.stop_all()
    reach_process.stop()


app = st.App(
    Path(__file__).resolve().parent / "views" / "frame.py",
    lifespan=_running,
    middleware=[Middleware(Sealed), Middleware(Compressed)],
)
