"""The entry: `streamlit run app.py` serves the screens of `views/`, light and sealed."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from views.parts.serving import Compressed, Sealed

app = st.App(
    Path(__file__).resolve().parent / "views" / "frame.py",
    middleware=[Middleware(Sealed), Middleware(Compressed)],
)
