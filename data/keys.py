"""Secrets, kept where the operating system keeps secrets; and the keys of campaigns among them."""

from __future__ import annotations

import os
import re
import secrets
from hashlib import sha256
from pathlib import Path

import keyring
from keyring.errors import KeyringError, NoKeyringError, PasswordDeleteError

_SERVICE = "porte-voix"
_WRITTEN = re.compile(r"[0-9a-fA-F]{64}")

#: The demonstration's key is public: nothing in it is anybody's.
DEMO_KEY = sha256(b"porte-voix: the demonstration's key is public").digest()


class KeyMissing(Exception):
    """The key of an existing campaign is not on this computer; a new one would not match."""

    def __init__(self, campaign_id: str) -> None:
        super().__init__(campaign_id)
        self.code = "key-missing"
        self.values = {"campaign": campaign_id, "variable": _variable(campaign_id)}


class SecretKept(Exception):
    """The system's keyring did not let go of a secret, for instance because it is locked."""


class Kept:
    """The secrets of one home, by name: in the system's keyring, else each in a file of `folder`
    that only the user can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> str | None:
        """The secret of that name; None where there is none."""
        # A file is there only since the keyring failed: what the keyring says is older.
        file = self._file(name)
        if file.exists():
            return file.read_text(encoding="utf-8", errors="replace").strip()
        try:
            return keyring.get_password(_SERVICE, self._entry(name))
        except KeyringError:
            return None

    def store(self, name: str, secret: str) -> None:
        """Keep a secret, in the place of the one that had its name.

        Raises:
            OSError: there is no keyring, and the file cannot be written.
        """
        if self._is_in_the_keyring(name, secret):
            self._file(name).unlink(missing_ok=True)
        else:
            self._write(name, secret)

    def forget(self, name: str) -> None:
        """Erase a secret wherever it is; nothing happens where there is none.

        Raises:
            SecretKept: the keyring still has it.
        """
        for file in (self._file(name), self._unfinished(name)):
            file.unlink(missing_ok=True)
        try:
            keyring.delete_password(_SERVICE, self._entry(name))
        except (NoKeyringError, PasswordDeleteError):
            pass  # keyrings say so of a secret that they do not have
        except KeyringError:
            raise SecretKept(name) from None
        if self.get(name) is not None:
            raise SecretKept(name)

    def _is_in_the_keyring(self, name: str, secret: str) -> bool:
        entry = self._entry(name)
        try:
            keyring.set_password(_SERVICE, entry, secret)
            return keyring.get_password(_SERVICE, entry) == secret
        except KeyringError:
            return False

    def _write(self, name: str, secret: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # Unreadable to others from its first moment, and in its place only when it is whole.
        unfinished = self._unfinished(name)
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self._file(name))

    def _entry(self, name: str) -> str:
        """Two homes on one computer may each have a secret of this name."""
        return f"{self._folder.parent.resolve()}:{name}"

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.key"

    def _unfinished(self, name: str) -> Path:
        return self._folder / f"{name}.part"


class Keys:
    """The keys of one lake: 32 random bytes a campaign.

    Looked for in an environment variable (a server: `PORTE_VOIX_KEY_<CAMPAIGN>`, in hex),
    then among the kept secrets.
    """

    def __init__(self, folder: Path) -> None:
        self._kept = Kept(folder)

    def get(self, campaign_id: str) -> bytes:
        """The key of a campaign.

        Raises:
            KeyMissing: it is in none of these places, or what is there is no key.
        """
        written = os.environ.get(_variable(campaign_id)) or self._kept.get(campaign_id)
        if written is None or not _WRITTEN.fullmatch(written):
            raise KeyMissing(campaign_id)
        return bytes.fromhex(written)

    def make(self, campaign_id: str) -> bytes:
        """The key of a new campaign, made and stored unless it is already there."""
        try:
            return self.get(campaign_id)
        except KeyMissing:
            key = secrets.token_bytes(32)
            self._kept.store(campaign_id, key.hex())
            return key


def _variable(campaign_id: str) -> str:
    return "PORTE_VOIX_KEY_" + campaign_id.upper().replace("-", "_")
