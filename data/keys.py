"""Campaign keys: made once, kept where the operating system keeps secrets."""

from __future__ import annotations

import os
import re
import secrets
from hashlib import sha256
from pathlib import Path

import keyring
from keyring.errors import KeyringError

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


class Keys:
    """The keys of one lake: 32 random bytes a campaign.

    Looked for in an environment variable (a server: `PORTE_VOIX_KEY_<CAMPAIGN>`, in hex),
    then in the system's keyring, then in a file that only the user can read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, campaign_id: str) -> bytes:
        """The key of a campaign.

        Raises:
            KeyMissing: it is in none of the three places, or what is there is no key.
        """
        written = os.environ.get(_variable(campaign_id)) or self._stored(campaign_id)
        if written is None or not _WRITTEN.fullmatch(written):
            raise KeyMissing(campaign_id)
        return bytes.fromhex(written)

    def make(self, campaign_id: str) -> bytes:
        """The key of a new campaign, made and stored unless it is already there."""
        try:
            return self.get(campaign_id)
        except KeyMissing:
            key = secrets.token_bytes(32)
            self._store(campaign_id, key.hex())
            return key

    def _stored(self, campaign_id: str) -> str | None:
        file = self._file(campaign_id)
        if file.exists():
            return file.read_text(encoding="ascii").strip()
        try:
            return keyring.get_password(_SERVICE, self._entry(campaign_id))
        except KeyringError:
            return None

    def _store(self, campaign_id: str, written: str) -> None:
        entry = self._entry(campaign_id)
        try:
            keyring.set_password(_SERVICE, entry, written)
            if keyring.get_password(_SERVICE, entry) == written:
                return
        except KeyringError:
            pass
        file = self._file(campaign_id)
        file.parent.mkdir(parents=True, exist_ok=True)
        # Unreadable to others from its first moment, and in its place only when it is whole.
        unfinished = file.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT, 0o600), "w") as kept:
            kept.write(written)
            kept.flush()
            os.fsync(kept.fileno())
        unfinished.replace(file)

    def _entry(self, campaign_id: str) -> str:
        """Two lakes on one computer may each have a campaign of this name."""
        return f"{self._folder.parent.resolve()}:{campaign_id}"

    def _file(self, campaign_id: str) -> Path:
        return self._folder / f"{campaign_id}.key"


def _variable(campaign_id: str) -> str:
    return "PORTE_VOIX_KEY_" + campaign_id.upper().replace("-", "_")
