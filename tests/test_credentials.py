"""The networks' keys: found where they are, never mixed, never shown."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback
from pathlib import Path

import keyring
import pytest

import locales
from collectors.access.budget import Nothing
from collectors.base import CollectorError, MissingCredentials
from collectors.networks import table
from collectors.networks.credentials import Credentials, Typed
from collectors.networks.table import NETWORKS, secrets_of
from data.keys import Keys
from data.model import Campaign, Network
from tests.rings import Ring

ROOT = Path(__file__).resolve().parent.parent
CAMPAIGN = Campaign("campagne", "Une campagne inventée", subreddits=("exemple",))
PAIR = {"client_id": "identifiant-invente", "client_secret": "secret-invente"}
PLANTED = "jeton-invente-5f0d"


@pytest.fixture
def ring():
    before = keyring.get_keyring()
    ring = Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_a_key_lies_in_the_keyring_of_the_system_and_nowhere_else(ring, tmp_path):
    credentials = Credentials(tmp_path)
    credentials.store(Network.REDDIT, PAIR)
    assert Credentials(tmp_path).get(Network.REDDIT) == PAIR
    assert credentials.where(Network.REDDIT) == "stored"
    assert len(ring.kept) == 1
    assert not list(tmp_path.rglob("*"))


def test_where_there_is_no_keyring_a_file_keeps_the_key(tmp_path):
    credentials = Credentials(tmp_path)
    credentials.store(Network.REDDIT, PAIR)
    assert Credentials(tmp_path).get(Network.REDDIT) == PAIR
    assert credentials.where(Network.REDDIT) == "stored"
    (file,) = (it for it in tmp_path.rglob("*") if it.is_file())
    assert "identifiant-invente" in file.read_text(encoding="utf-8")


def test_a_network_and_a_campaign_of_one_name_have_keys_of_their_own(tmp_path):
    key = Keys(tmp_path / "keys").make("x")
    Credentials(tmp_path).store(Network.X, {"bearer_token": PLANTED})
    assert Keys(tmp_path / "keys").get("x") == key
    assert Credentials(tmp_path).get(Network.X) == {"bearer_token": PLANTED}


def test_a_network_that_asks_for_nothing_gets_nothing(tmp_path):
    assert secrets_of(Network.MASTODON) == ()
    assert Credentials(tmp_path).get(Network.MASTODON) == {}
    assert Credentials(tmp_path).where(Network.MASTODON) is None


def test_the_environment_comes_before_what_is_stored(tmp_path, monkeypatch):
    credentials = Credentials(tmp_path)
    credentials.store(Network.X, {"bearer_token": "jeton-garde"})
    monkeypatch.setenv("PORTE_VOIX_X_BEARER_TOKEN", " jeton-du-serveur\n")
    assert credentials.get(Network.X) == {"bearer_token": "jeton-du-serveur"}
    assert credentials.where(Network.X) == "environment"
    monkeypatch.setenv("PORTE_VOIX_X_BEARER_TOKEN", "")
    assert credentials.get(Network.X) == {"bearer_token": "jeton-garde"}


def test_half_a_key_in_the_environment_is_never_completed_from_elsewhere(tmp_path, monkeypatch):
    credentials = Credentials(tmp_path)
    credentials.store(Network.REDDIT, PAIR)
    monkeypatch.setenv("PORTE_VOIX_REDDIT_CLIENT_ID", "un-autre")
    with pytest.raises(MissingCredentials) as missing:
        credentials.get(Network.REDDIT)
    assert missing.value.values["variables"] == "PORTE_VOIX_REDDIT_CLIENT_SECRET"
    assert credentials.where(Network.REDDIT) is None


def test_a_missing_key_is_named(tmp_path):
    credentials = Credentials(tmp_path)
    assert credentials.where(Network.REDDIT) is None
    with pytest.raises(MissingCredentials) as missing:
        credentials.get(Network.REDDIT)
    assert missing.value.code == "key-needed"
    assert missing.value.values["network"] == "reddit"
    assert missing.value.values["missing"] == "client_id, client_secret"
    for language in locales.LANGUAGES:
        said = locales.text(language, "error.key-needed", **missing.value.values)
        assert "PORTE_VOIX_REDDIT_CLIENT_SECRET" in said


@pytest.mark.parametrize(
    "pasted",
    ["  {} ", "{}\r\n", '"{}"', "'{}'\n", "« {} »", "“{}”", "`{}`", "\u202a{}\u202c", "\ufeff{}"],
)
def test_what_copying_brings_along_is_taken_off(tmp_path, pasted):
    credentials = Credentials(tmp_path)
    credentials.store(Network.X, {"bearer_token": pasted.format(PLANTED)})
    assert credentials.get(Network.X) == {"bearer_token": PLANTED}


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "key-empty"),
        (' " " ', "key-empty"),
        ("\u200b", "key-empty"),
        ("jeton\ninvente", "key-unreadable"),
        ("jeton\r\nX-Autre: oui", "key-unreadable"),
        ("Bearer jeton", "key-unreadable"),
        ("jeton\u00a0invente", "key-unreadable"),
        ("jeton-inventé", "key-unreadable"),
        ("jeton\x00", "key-unreadable"),
        ("j" * 1_300, "key-too-long"),
    ],
)
def test_what_cannot_be_a_key_is_refused_and_changes_nothing(tmp_path, typed, code):
    credentials = Credentials(tmp_path)
    credentials.store(Network.REDDIT, PAIR)
    with pytest.raises(MissingCredentials) as refused:
        credentials.store(Network.REDDIT, {"client_id": "nouveau", "client_secret": typed})
    assert refused.value.code == code
    assert credentials.get(Network.REDDIT) == PAIR


def test_a_part_that_was_not_typed_is_missing(tmp_path):
    with pytest.raises(MissingCredentials) as refused:
        Credentials(tmp_path).store(Network.REDDIT, {"client_id": "identifiant"})
    assert refused.value.values == {"network": "reddit", "name": "client_secret"}


def test_a_variable_that_holds_no_key_is_named_and_its_value_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTE_VOIX_X_BEARER_TOKEN", f"Bearer {PLANTED}")
    with pytest.raises(MissingCredentials) as refused:
        Credentials(tmp_path).get(Network.X)
    assert refused.value.code == "key-variable"
    assert refused.value.values["variable"] == "PORTE_VOIX_X_BEARER_TOKEN"
    assert PLANTED not in repr(refused.value)


def test_a_forgotten_key_is_nowhere(ring, tmp_path, monkeypatch):
    credentials = Credentials(tmp_path)
    credentials.store(Network.REDDIT, PAIR)
    credentials.forget(Network.REDDIT)
    assert credentials.where(Network.REDDIT) is None
    assert not ring.kept
    monkeypatch.setenv("PORTE_VOIX_X_BEARER_TOKEN", "jeton-du-serveur")
    credentials.forget(Network.X)
    assert credentials.where(Network.X) == "environment"


def test_a_key_that_stays_is_said_to(ring, tmp_path):
    credentials = Credentials(tmp_path)
    credentials.store(Network.REDDIT, PAIR)
    ring.is_locked = True
    with pytest.raises(CollectorError) as refused:
        credentials.forget(Network.REDDIT)
    assert refused.value.code == "key-kept"


def test_a_key_that_cannot_be_written_is_said_to_be_lost(tmp_path):
    (tmp_path / "keys").write_text("a file where the folder should be")
    with pytest.raises(CollectorError) as refused:
        Credentials(tmp_path).store(Network.X, {"bearer_token": PLANTED})
    assert refused.value.code == "key-not-stored"


@pytest.mark.parametrize("kept", ["", "{", "[]", "null", '"x"', '{"autre": "x"}'])
def test_a_damaged_file_is_no_key(tmp_path, kept):
    credentials = Credentials(tmp_path)
    credentials.store(Network.X, {"bearer_token": PLANTED})
    (file,) = (tmp_path / "keys").iterdir()
    file.write_text(kept)
    assert credentials.where(Network.X) is None
    with pytest.raises(MissingCredentials):
        credentials.get(Network.X)


def test_a_key_is_in_no_repr_no_log_and_no_exception(ring, tmp_path, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    said = []
    credentials = Credentials(tmp_path)

    def attempt(act, *arguments):
        try:
            said.append(repr(act(*arguments)))
        except CollectorError as error:
            said.extend([repr(error), *traceback.format_exception(error)])

    attempt(credentials.store, Network.X, {"bearer_token": f"{PLANTED} deux"})
    attempt(credentials.store, Network.X, {"bearer_token": PLANTED * 100})
    attempt(credentials.store, Network.REDDIT, {"client_id": PLANTED})
    attempt(credentials.store, Network.X, {"bearer_token": PLANTED})
    attempt(credentials.get, Network.X)
    attempt(table.open_collector, Network.X, CAMPAIGN, credentials)
    attempt(lambda: vars(Typed(Network.X, {"bearer_token": PLANTED})))
    attempt(Typed, Network.X, {"bearer_token": f"{PLANTED} deux"})
    said.extend([repr(credentials), repr(vars(credentials)), f"{credentials.get(Network.X)}"])
    ring.is_locked = True
    attempt(credentials.forget, Network.X)
    attempt(credentials.store, Network.X, {"bearer_token": PLANTED})
    monkeypatch.setenv("PORTE_VOIX_X_BEARER_TOKEN", f"{PLANTED} deux")
    attempt(credentials.get, Network.X)
    said.extend(record.getMessage() for record in caplog.records)
    assert len(said) > 10
    assert PLANTED not in "\n".join(said)


def test_a_key_is_plain_text_to_whoever_sends_it(tmp_path):
    credentials = Credentials(tmp_path)
    credentials.store(Network.X, {"bearer_token": PLANTED})
    token = credentials.get(Network.X)["bearer_token"]
    assert f"Bearer {token}" == f"Bearer {PLANTED}"
    assert token.encode() == PLANTED.encode()


def test_a_typed_key_is_tried_as_it_would_be_kept(tmp_path):
    pasted = {"client_id": " « identifiant-invente » ", "client_secret": '"secret-invente"\n'}
    assert Typed(Network.REDDIT, pasted).get(Network.REDDIT) == PAIR
    with pytest.raises(MissingCredentials) as refused:
        Typed(Network.REDDIT, {**pasted, "client_secret": " "})
    assert refused.value.code == "key-empty"


# Opening a network


def test_the_networks_are_in_the_order_of_the_screens():
    assert [network.value for network in NETWORKS] == [
        *("x", "bluesky", "mastodon", "reddit", "youtube")
    ]


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_opens_with_its_key_and_the_choices_of_the_campaign(
    network, tmp_path, monkeypatch
):
    monkeypatch.setenv(f"PORTE_VOIX_{network.upper()}_URL", "http://127.0.0.1:9")
    credentials = Credentials(tmp_path)
    if secrets_of(network):
        credentials.store(network, dict.fromkeys(secrets_of(network), "invente"))
    campaign = Campaign(
        "campagne",
        "Une campagne inventée",
        instances=("http://127.0.0.1:9",),
        subreddits=("exemple",),
    )
    assert table.open_collector(network, campaign, credentials, Nothing()).network is network


def test_a_key_is_tried_by_one_call(monkeypatch):
    monkeypatch.setenv("PORTE_VOIX_X_URL", "http://127.0.0.1:9")
    typed = Typed(Network.X, {"bearer_token": PLANTED})
    with pytest.raises(CollectorError) as refused:
        table.test_key(Network.X, CAMPAIGN, typed)
    assert refused.value.code == "unreachable"


def test_knowing_the_keys_loads_no_client(tmp_path):
    command = (
        "import sys; from collectors.networks import table;"
        "[table.secrets_of(it) for it in table.NETWORKS];"
        "print({'tweepy', 'praw', 'atproto', 'mastodon', 'googleapiclient'} & set(sys.modules))"
    )
    said = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "set()"


# What is said before a key is asked for


@pytest.mark.parametrize("language", locales.LANGUAGES)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_says_its_terms_and_where_to_get_a_key(network, language):
    for part in ("title", "rules", "ways_out", "where", "cost"):
        assert locales.text(language, f"terms.{network}.{part}")
    for name in secrets_of(network):
        assert locales.text(language, f"credentials.{network}.{name}")
        assert locales.text(language, f"credentials.{network}.{name}_help")


@pytest.mark.parametrize("language", locales.LANGUAGES)
def test_no_term_could_be_read_as_a_formula(language):
    # Streamlit sets what is between two dollar signs as mathematics.
    said = [it for terms in locales.sentences(language)["terms"].values() for it in terms.values()]
    assert not [it for it in said if "$" in it]
