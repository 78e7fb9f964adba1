"""What every page shares: its language, its menu, its campaign, its filters, its address."""

from pathlib import Path

import streamlit as st

from locales import LANGUAGES
from views.parts import address, chrome, filters, loaders, words
from views.parts.words import plain, t

HERE = Path(__file__).parent

st.set_page_config(page_title="Porte-voix", page_icon="📣", layout="wide")
address.seed(words.CHOICE)
st.logo(HERE / "parts" / "logo.svg", size="large")

page = st.navigation(
    [
        st.Page(HERE / f"{name}.py", title=t(f"pages.{name}"), icon=icon, default=is_first)
        for name, icon, is_first in (
            ("overview", ":material/monitoring:", True),
            ("reach", ":material/groups:", False),
            ("contents", ":material/forum:", False),
            ("collection", ":material/download:", False),
        )
    ]
)

campaigns = {it.campaign_id: it for it in loaders.campaigns()}
campaign = address.one_of("campaign", campaigns, next(iter(campaigns)))
chosen = campaigns[address.seed(campaign)]

with st.sidebar:
    st.selectbox(
        t("filters.campaign"),
        campaigns,
        key="campaign",
        format_func=words.titles(campaigns.values()).__getitem__,
        on_change=filters.forget,
    )
    choices = filters.draw(chosen.campaign_id, are_used=page.url_path != "collection")
    st.segmented_control(
        t("filters.language"),
        LANGUAGES,
        key="lang",
        format_func=LANGUAGES.__getitem__,
        required=True,
    )
address.write(words.CHOICE, campaign, *choices)
chrome.install()

if chosen.is_demo:
    with st.container(key="demo", border=True):
        st.markdown(f":material/theater_comedy: {t('demo.banner', title=plain(chosen.title))}")
        if page.url_path != "collection":
            st.page_link(HERE / "collection.py", label=t("demo.import"), icon=":material/download:")
page.run()
