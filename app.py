"""The entry: `streamlit run app.py` serves the screens of `views/`, light and sealed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from views.parts import apart, jobs
from views.parts.serving import Compressed, Sealed


@asynccontextmanager
async def _running(_: st.App) -> AsyncIterator[None]:
    apart.start()
    yield
    jobs.stop_all()
    apart.stop()


app = st.App(
    Path(__file__).resolve().parent / "views" / "frame.py",
    lifespan=_running,
    middleware=[Middleware(Sealed), Middleware(Compressed)],
)
