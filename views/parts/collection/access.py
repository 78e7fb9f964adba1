"""The keys that networks ask for: terms first, then the form that tries a key and keeps it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from collectors.base import CollectorError, NetworkUnavailable, QuotaExhausted
from collectors.networks.credentials import Credentials, Typed
from collectors.networks.table import secrets_of, test_key
from data.model import Campaign, Network
from data.store import home
from views.parts import address
from views.parts.words import t, words


def where(network: Network) -> str | None:
    """Where a network's key is: "environment", "stored", "not needed", or None."""
    return Credentials(home()).where(network) if secrets_of(network) else "not needed"


def ask(network: Network, campaign: Campaign) -> None:
    """Opens the form for a network's key."""
    title = t(f"terms.{network}.title")
    st.dialog(title, width="medium", icon=":material/key:")(_form)(network, campaign)


def _form(network: Network, campaign: Campaign) -> None:
    st.markdown(t(f"terms.{network}.rules"))
    st.info(t(f"terms.{network}.ways_out"), icon=":material/alt_route:")
    st.markdown(f"**{t('access.cost')}** {t(f'terms.{network}.cost')}")
    with st.expander(t("access.where")):
        st.text(t(f"terms.{network}.where"))  # its addresses are no links to follow
    # Fields of their own each time that a key was kept: none shows again what was typed.
    form = f"secret_{network}"
    keys = {name: f"{form}_{name}_{address.edition(form)}" for name in secrets_of(network)}
    typed = {
        name: st.text_input(
            t(f"credentials.{network}.{name}"),
            key=key,
            type="password",
            autocomplete="off",
            help=t(f"credentials.{network}.{name}_help"),
        )
        for name, key in keys.items()
    }
    st.caption(t("access.kept"))
    if not st.button(t("access.check"), key=f"check_key_{network}", type="primary"):
        return
    with st.spinner(t("access.checking")):
        problem = _problem(network, campaign, typed)
    if problem is None:
        _keep(network, typed, keys)
        return
    st.error(words().error(problem.code, problem.values), icon=":material/error:")
    if isinstance(problem, (NetworkUnavailable, QuotaExhausted)):
        # The network says nothing about the key, and it may be back tomorrow.
        st.button(
            t("access.keep_anyway"),
            key=f"keep_key_{network}",
            on_click=_keep,
            args=(network, typed, keys),
        )


def _problem(
    network: Network, campaign: Campaign, typed: Mapping[str, str]
) -> CollectorError | None:
    try:
        test_key(network, campaign, Typed(network, typed))
    except CollectorError as problem:
        return problem
    return None


def _keep(network: Network, typed: Mapping[str, str], keys: Mapping[str, str]) -> None:
    """Keeps a key, and nothing of it in the page."""
    try:
        Credentials(home()).store(network, typed)
    except CollectorError as problem:
        st.error(words().error(problem.code, problem.values), icon=":material/error:")
        return
    for key in keys.values():
        address.taken(key)
    address.start_anew(f"secret_{network}")
    address.say_later(t("access.stored", network=t(f"networks.{network}")))
    st.rerun()
