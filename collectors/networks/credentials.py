"""The keys that networks give to those who may read them: where they are, and what is none."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from collectors.base import CollectorError, MissingCredentials
from collectors.networks.table import secrets_of
from data.keys import Kept, SecretKept
from data.model import Network

# Windows keeps at most 2,560 bytes a secret, in UTF-16; no network's key comes near.
_LONGEST = 1_280
_QUOTES = "\"'`«»“”‘’„"
_KEY = re.compile(r"[!-~]+")


class Credentials:
    """What each network gave us to be let in with, by the names in its collector's `secrets`.

    A network's secrets are in environment variables (a server: `PORTE_VOIX_X_BEARER_TOKEN`),
    else among the kept secrets, all together: halves from two places would not match.
    """

    def __init__(self, home: Path) -> None:
        self._kept = Kept(home / "keys")

    def get(self, network: Network) -> dict[str, str]:
        """The secrets of a network by name; empty where it needs none. Their `repr` is blank.

        Raises:
            MissingCredentials: some are not there (`key-needed`, with the `variables` that would
                give them), or a variable holds what cannot be a key (`key-variable`).
        """
        names = secrets_of(network)
        found = self._in_environment(network, names) or self._stored(network)
        missing = [name for name in names if name not in found]
        if missing:
            raise MissingCredentials(
                "key-needed",
                network=network.value,
                missing=", ".join(missing),
                variables=", ".join(_variable(network, name) for name in missing),
            )
        return {name: _Secret(found[name]) for name in names}

    def where(self, network: Network) -> Literal["environment", "stored"] | None:
        """Where a network's secrets are; None where some are missing, or where it needs none."""
        names = secrets_of(network)
        if any(os.environ.get(_variable(network, name)) for name in names):
            complete = all(os.environ.get(_variable(network, name)) for name in names)
            return "environment" if complete else None
        return "stored" if names and set(names) <= self._stored(network).keys() else None

    def store(self, network: Network, secrets: Mapping[str, str]) -> None:
        """Keep a network's secrets, as they were typed or pasted, in the place of those before.

        Raises:
            MissingCredentials: one cannot be a key (`key-empty`, `key-unreadable`,
                `key-too-long`); none is changed then.
            CollectorError: they cannot be written (`key-not-stored`).
        """
        written = json.dumps(_checked(network, secrets))
        try:
            self._kept.store(_name(network), written)
        except OSError as error:
            raise CollectorError(
                "key-not-stored", network=network.value, detail=error.strerror or ""
            ) from None

    def forget(self, network: Network) -> None:
        """Erase the kept secrets of a network; variables of the environment are not ours.

        Raises:
            CollectorError: they are still there (`key-kept`).
        """
        try:
            self._kept.forget(_name(network))
        except (SecretKept, OSError):
            raise CollectorError("key-kept", network=network.value) from None

    def _in_environment(self, network: Network, names: tuple[str, ...]) -> dict[str, str]:
        variables = {name: _variable(network, name) for name in names}
        found = {name: os.environ[it] for name, it in variables.items() if os.environ.get(it)}
        read = {name: _trimmed(written) for name, written in found.items()}
        for name, secret in read.items():
            if not _KEY.fullmatch(secret):
                raise MissingCredentials(
                    "key-variable", network=network.value, variable=variables[name]
                )
        return read

    def _stored(self, network: Network) -> dict[str, str]:
        try:
            read = json.loads(self._kept.get(_name(network)) or "{}")
        except json.JSONDecodeError:
            return {}
        return read if isinstance(read, dict) else {}


class Typed:
    """A network's secrets as they were just typed or pasted, to be tried before they are kept.

    Raises:
        MissingCredentials: as `Credentials.store`.
    """

    def __init__(self, network: Network, secrets: Mapping[str, str]) -> None:
        self._secrets = _checked(network, secrets)

    def get(self, network: Network) -> dict[str, str]:
        """The secrets by name; their `repr` is blank."""
        return dict(self._secrets)


class _Secret(str):
    """Text that no traceback, log or debugger shows by showing what holds it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<secret>"

    def strip(self, chars: str | None = None) -> _Secret:
        """Still a secret."""
        return _Secret(super().strip(chars))


def _checked(network: Network, typed: Mapping[str, str]) -> dict[str, str]:
    read = {name: _trimmed(typed.get(name, "")) for name in secrets_of(network)}
    for name, secret in read.items():
        if not secret:
            raise MissingCredentials("key-empty", network=network.value, name=name)
        if not _KEY.fullmatch(secret):
            raise MissingCredentials("key-unreadable", network=network.value, name=name)
    if len(json.dumps(read)) > _LONGEST:
        raise MissingCredentials("key-too-long", network=network.value)
    return {name: _Secret(secret) for name, secret in read.items()}


def _name(network: Network) -> str:
    """Not a name that a campaign's key could have."""
    return f"network.{network.value}"


def _variable(network: Network, name: str) -> str:
    return f"PORTE_VOIX_{network.value}_{name}".upper()


def _trimmed(typed: str) -> str:
    """Without what copying brings along: white space, invisible marks, quotes.

    >>> _trimmed(' “abc-123”\\u202c\\n')
    'abc-123'
    """
    return (
        "".join(it for it in typed if unicodedata.category(it) != "Cf")
        .strip()
        .strip(_QUOTES)
        .strip()
    )
