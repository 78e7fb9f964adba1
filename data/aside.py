"""Pages that could not be read: kept aside for whoever mends the reader, encrypted, for 30 days."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from data.model import Network

_DAYS = timedelta(days=30)
_MOST_PAGES = 100  # of a campaign
_MOST_BYTES = 1_000_000  # of a page
_NONCE = 12
_WRITTEN_AT = "%Y%m%dT%H%M%S%fZ"
_NAME = re.compile(r"(\d{8}T\d{12}Z)-([a-z]+)-[0-9a-f]{8}")


class KeptAside(NamedTuple):
    """A page kept aside: its file's name, when it was kept (UTC), and the file's bytes."""

    name: str
    network: Network
    at: datetime
    size: int


def keep(folder: Path, key: bytes, network: Network, body: bytes, why: str, now: datetime) -> str:
    """Keep the first 1 MB of a page; gives its name. What is too old, or too many, goes."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{now.astimezone(UTC):{_WRITTEN_AT}}-{network}-{secrets.token_hex(4)}"
    nonce = secrets.token_bytes(_NONCE)
    said = why.replace("\0", "").encode() + b"\0" + body[:_MOST_BYTES]
    for file in expired(folder, now):
        file.unlink()
    # Before this one is there, which a clock that was set back makes the oldest.
    for page in kept(folder)[_MOST_PAGES - 1 :]:
        (folder / page.name).unlink()
    unfinished = folder / f"{name}.part"  # in its place only when it is whole
    unfinished.write_bytes(nonce + _cipher(key).encrypt(nonce, said, name.encode()))
    unfinished.replace(folder / name)
    return name


def kept(folder: Path) -> list[KeptAside]:
    """The pages in a folder, the newest first."""
    found = []
    for file in folder.glob("*"):
        if named := _NAME.fullmatch(file.name):
            at, network = _kept_at(named), Network(named[2])
            found.append(KeptAside(file.name, network, at, file.stat().st_size))
    return sorted(found, reverse=True)


def read(folder: Path, key: bytes, name: str) -> tuple[str, bytes]:
    """Why a page was kept aside, and the page.

    Raises:
        FileNotFoundError: there is no such page, or no more.
        cryptography.exceptions.InvalidTag: another key encrypted it, or it was altered.
    """
    if not _NAME.fullmatch(name):
        raise FileNotFoundError(name)
    written = (folder / name).read_bytes()
    said = _cipher(key).decrypt(written[:_NONCE], written[_NONCE:], name.encode())
    why, _, body = said.partition(b"\0")
    return why.decode(), body


def expired(folder: Path, now: datetime) -> list[Path]:
    """What must go from a folder: pages older than 30 days, and what a crash left of others.

    Under the lake's lock nobody is at work on one that is unfinished.
    """
    return [file for file in folder.glob("*") if _is_expired(file.name, now)]


def clear(folder: Path) -> None:
    """Remove all pages, and what is left of others."""
    for file in folder.glob("*"):
        file.unlink()


def _is_expired(name: str, now: datetime) -> bool:
    named = _NAME.fullmatch(name)
    return name.endswith(".part") or (named is not None and _kept_at(named) < now - _DAYS)


def _kept_at(named: re.Match[str]) -> datetime:
    return datetime.strptime(named[1], _WRITTEN_AT).replace(tzinfo=UTC)


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, b"aside", "sha256"))
