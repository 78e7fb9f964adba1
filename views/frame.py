"""What every page shares: its language, its menu, its campaign, its filters, its address."""

from pathlib import Path

import streamlit as st

from findings.words import plain, titles
from locales import LANGUAGES
from views.parts import address, chrome, filters, words
from views.parts.loaders import reader
from views.parts.pages import PAGES
from views.parts.words import t

HERE = Path(__file__).parent

st.set_page_config(page_title="Porte-voix", page_icon="📣", layout="wide")
address.seed(words.CHOICE)
st.logo(HERE / "parts" / "logo.svg", size="large")

drawn = {
    it: st.Page(
        HERE / f"{it.code}.py",
        title=t(f"pages.{it.code}"),
        icon=f":material/{it.icon}:",
        default=it is PAGES[0],
    )
    for it in PAGES
}
page = st.navigation([*drawn.values()])
has_filters = next(it.has_filters for it, each in drawn.items() if each == page)

campaigns = {it.campaign_id: it for it in reader.campaigns()}
campaign = address.one_of("campaign", campaigns, next(iter(campaigns)))
chosen = campaigns[address.seed(campaign)]

with st.sidebar:
    st.selectbox(
        t("filters.campaign"),
        campaigns,
        key="campaign",
        format_func=titles(campaigns.values()).__getitem__,
        on_change=filters.forget,
    )
    choices = filters.draw(chosen.campaign_id, are_used=has_filters)
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
        if has_filters:
            st.page_link(HERE / "collection.py", label=t("demo.import"), icon=":material/download:")
page.run()
