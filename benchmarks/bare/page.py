"""What the Overview shows, with nothing to compute: the least that Streamlit takes to show it.

`READY_MADE` names a file that `benchmarks.screens` wrote: for each state of the filters, the
cards' texts and the frames of the charts and the table.
"""

import os
import pickle
from pathlib import Path

import pandas as pd
import streamlit as st

from analysis import figures
from data.model import Kind, Network

CONFIG = {"displaylogo": False, "modeBarButtons": [["toImage"]]}


@st.cache_resource
def ready_made() -> dict:
    return pickle.loads(Path(os.environ["READY_MADE"]).read_bytes())


st.set_page_config(page_title="Bare", layout="wide")
states = ready_made()
networks, kinds = ({it.value: it.value for it in codes} for codes in (Network, Kind))
with st.sidebar:
    chosen = st.pills("State", states, key="state", default=next(iter(states)))
shown = states[chosen]

st.title("Overview", anchor=False)
with st.grid(4, gap="small", min_column_width=150):
    for name, (label, value, change) in shown["cards"].items():
        with st.container(key=f"card_{name}", height="stretch"):
            st.metric(label, value, change, help=label, border=True, height="stretch")
with st.container(border=True):
    st.subheader("Posts by day", anchor=False)
    st.plotly_chart(
        figures.posts_by_day_chart(
            shown["by_day"], networks, since=shown["since"], until=shown["until"]
        ),
        key="by_day",
        theme=None,
        config=CONFIG,
        on_select="rerun",
        selection_mode="points",
    )
with st.container(border=True):
    st.subheader("By network", anchor=False)
    by_network: pd.DataFrame = shown["by_network"]
    st.table(by_network.set_index("network").T, border="horizontal")
how, what = st.columns(2)
with how, st.container(border=True, height="stretch"):
    st.subheader("By kind", anchor=False)
    chart = figures.posts_by_kind_chart(shown["by_kind"], kinds)
    st.plotly_chart(chart, key="by_kind", theme=None, config=CONFIG)
with what, st.container(border=True, height="stretch"):
    st.subheader("Hashtags", anchor=False)
    chart = figures.hashtags_chart(shown["hashtags"])
    st.plotly_chart(chart, key="hashtags", theme=None, config=CONFIG)
