"""The keys of campaigns: made once, never lost in part, never replaced by another."""

import os
import subprocess
import sys
from pathlib import Path

import keyring
import pytest

from data.keys import Kept, KeyMissing, Keys, SecretKept
from tests.rings import Ring

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def ring():
    before = keyring.get_keyring()
    ring = Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_a_key_lies_in_the_keyring_of_the_system_and_nowhere_else(ring, tmp_path):
    keys = Keys(tmp_path / "keys")
    key = keys.make("campagne")
    assert len(key) == 32
    assert Keys(tmp_path / "keys").get("campagne") == key == keys.make("campagne")
    assert list(ring.kept.values()) == [key.hex()]
    assert not list(tmp_path.rglob("*"))


def test_two_lakes_of_one_computer_have_keys_of_their_own(ring, tmp_path):
    assert Keys(tmp_path / "a" / "keys").make("c") != Keys(tmp_path / "b" / "keys").make("c")


def test_where_there_is_no_keyring_a_file_keeps_the_key(tmp_path):
    key = Keys(tmp_path / "keys").make("campagne")
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["campagne.key"]
    assert Keys(tmp_path / "keys").get("campagne") == key


def test_a_variable_of_the_environment_comes_first(tmp_path, monkeypatch):
    keys = Keys(tmp_path / "keys")
    keys.make("ma-campagne")
    monkeypatch.setenv("PORTE_VOIX_KEY_MA_CAMPAGNE", "ab" * 32)
    assert keys.get("ma-campagne") == bytes.fromhex("ab" * 32)


@pytest.mark.parametrize("written", ["", "abc", "zz" * 32, "ab" * 31])
def test_what_is_no_key_is_never_used_as_one(tmp_path, monkeypatch, written):
    (tmp_path / "campagne.key").write_text(written)
    with pytest.raises(KeyMissing):
        Keys(tmp_path).get("campagne")
    (tmp_path / "campagne.key").unlink()
    monkeypatch.setenv("PORTE_VOIX_KEY_CAMPAGNE", written)
    with pytest.raises(KeyMissing):
        Keys(tmp_path).get("campagne")


@pytest.mark.skipif(os.name == "nt", reason="signals are not Windows's way")
def test_a_key_is_in_its_place_only_when_it_is_whole(tmp_path):
    command = (
        "import os, signal, sys; from pathlib import Path; from data import keys;"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL);"
        "keys.Keys(Path(sys.argv[1])).make('campagne')"
    )
    ended = subprocess.run([sys.executable, "-c", command, tmp_path], cwd=ROOT, check=False)
    assert ended.returncode == -9
    with pytest.raises(KeyMissing):
        Keys(tmp_path).get("campagne")
    assert len(Keys(tmp_path).make("campagne")) == 32


def test_only_the_user_can_read_the_file_of_a_secret(tmp_path):
    Kept(tmp_path / "keys").store("nom", "secret inventé")
    (file,) = (tmp_path / "keys").iterdir()
    assert file.read_text(encoding="utf-8") == "secret inventé"
    if os.name != "nt":
        assert file.stat().st_mode & 0o077 == 0


def test_a_keyring_that_works_again_takes_the_place_of_the_file(ring, tmp_path):
    kept = Kept(tmp_path / "keys")
    ring.is_locked = True
    kept.store("nom", "premier")
    ring.is_locked = False
    assert kept.get("nom") == "premier"
    kept.store("nom", "second")
    assert kept.get("nom") == "second"
    assert not list((tmp_path / "keys").iterdir())


def test_a_file_written_since_the_keyring_failed_is_newer_than_what_is_in_it(ring, tmp_path):
    kept = Kept(tmp_path / "keys")
    kept.store("nom", "premier")
    ring.is_locked = True
    kept.store("nom", "second")
    ring.is_locked = False
    assert kept.get("nom") == "second"


def test_a_forgotten_secret_is_nowhere(ring, tmp_path):
    kept = Kept(tmp_path / "keys")
    kept.store("nom", "premier")
    ring.is_locked = True
    kept.store("nom", "second")
    (tmp_path / "keys" / "nom.part").write_text("sec")
    ring.is_locked = False
    kept.forget("nom")
    assert kept.get("nom") is None
    assert not ring.kept
    assert not list((tmp_path / "keys").iterdir())
    kept.forget("nom")


def test_a_locked_keyring_does_not_pass_for_a_forgotten_secret(ring, tmp_path):
    kept = Kept(tmp_path / "keys")
    kept.store("nom", "premier")
    ring.is_locked = True
    with pytest.raises(SecretKept):
        kept.forget("nom")


def test_where_there_is_no_keyring_forgetting_erases_the_file(tmp_path):
    kept = Kept(tmp_path / "keys")
    kept.store("nom", "premier")
    kept.forget("nom")
    assert kept.get("nom") is None
    assert not list((tmp_path / "keys").iterdir())


def test_a_file_that_is_no_text_is_no_key(tmp_path):
    (tmp_path / "campagne.key").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KeyMissing):
        Keys(tmp_path).get("campagne")
