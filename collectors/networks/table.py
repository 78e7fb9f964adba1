"""The networks that can be collected, and how a campaign's collector is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from collectors.access.addresses import address, checked, is_loopback, is_public_name
from collectors.access.budget import Nothing, Spending
from collectors.base import BudgetSpent, Collector, CollectorError, NetworkUnavailable
from data.model import Campaign, Network


class Secrets(Protocol):
    """Where a network's secrets come from: `Credentials`, or a form that tries them."""

    def get(self, network: Network) -> Mapping[str, str]:
        """The secrets of a network by name; raises `MissingCredentials`."""
        ...


class Source(NamedTuple):
    """Where a network's collector is, and what it takes besides the network's secrets."""

    module: str
    name: str
    takes: tuple[str, ...]


#: The networks in the order of the screens; a module is loaded when it is used.
NETWORKS: Mapping[Network, Source] = {
    Network.X: Source("collectors.networks.x", "X", ("address", "budget")),
    Network.BLUESKY: Source("collectors.networks.bluesky", "Bluesky", ("address",)),
    Network.MASTODON: Source("collectors.networks.mastodon", "Mastodon", ("instances",)),
    Network.REDDIT: Source("collectors.networks.reddit", "Reddit", ("address", "subreddits")),
    Network.YOUTUBE: Source("collectors.networks.youtube", "YouTube", ("address",)),
}


def secrets_of(network: Network) -> tuple[str, ...]:
    """The names of the secrets that a network asks for; empty where it asks for none.

    >>> secrets_of(Network.REDDIT)
    ('client_id', 'client_secret')
    """
    names: tuple[str, ...] = _collector(network).secrets
    return names


def open_collector(
    network: Network,
    campaign: Campaign,
    credentials: Secrets,
    budget: Spending | None = None,
) -> Collector:
    """The collector of a network, with its secrets and the campaign's own choices.

    Raises:
        BudgetSpent: the network is paid for, and no `budget` was given (`budget-needed`).
        MissingCredentials: the network's secrets are not there.
        CollectorError: an address may not be called, or the campaign names no Mastodon server
            (`no-instance`).
        NetworkUnavailable: a name leads to a private address (`address-inside`), as every name
            does where a wifi shows its own page first.
    """
    takes = NETWORKS[network].takes
    choices: dict[str, Any] = dict(credentials.get(network))
    if "address" in takes and (own := address(network)) is not None:
        choices["address"] = _public(own)
    if "instances" in takes:
        if not campaign.instances:
            raise CollectorError("no-instance")
        choices["instances"] = tuple(_public(checked(it)) for it in campaign.instances)
    if "subreddits" in takes:
        choices["subreddits"] = campaign.subreddits
    if "budget" in takes:
        if budget is None:
            raise BudgetSpent("budget-needed", network=network)
        choices["budget"] = budget
    opened: Collector = _collector(network)(**choices)
    return opened


def test_key(network: Network, campaign: Campaign, credentials: Secrets) -> None:
    """One cheap call that shows whether a network lets us in.

    Raises:
        CollectorError: it does not; the kind and the code say why.
    """
    with in_our_words():
        open_collector(network, campaign, credentials, Nothing()).check()


@contextmanager
def in_our_words() -> Iterator[None]:
    """Lets a collector's own errors out, and of all others their kind alone: a client's words
    may hold a key.

    Raises:
        CollectorError: whatever was raised (`unexpected-answer`, with the `kind`).
    """
    try:
        yield
    except CollectorError:
        raise
    except Exception as error:
        raise CollectorError("unexpected-answer", kind=type(error).__name__) from None


def _collector(network: Network) -> Any:
    source = NETWORKS[network]
    return getattr(import_module(source.module), source.name)


def _public(server: str) -> str:
    """A checked address, once more now that it is about to be called."""
    host = urlsplit(server).hostname or ""
    if not is_loopback(host) and not is_public_name(host):
        raise NetworkUnavailable("address-inside", host=host)
    return server
