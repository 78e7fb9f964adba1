"""The entry of the bare page: `streamlit run benchmarks/bare/app.py`, served as the app is."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from views.parts.serving import Compressed, Sealed

app = st.App(
    Path(__file__).resolve().with_name("page.py"),
    middleware=[Middleware(Sealed), Middleware(Compressed)],
)
