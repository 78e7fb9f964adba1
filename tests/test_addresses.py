"""Addresses that may be called: https and public, whatever is typed."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.access.addresses import address, checked, is_loopback, is_public_name
from collectors.base import CollectorError, NetworkUnavailable
from collectors.networks import table
from collectors.networks.credentials import Credentials
from data.model import Campaign, Network

READ_AS = [
    ("mastodon.social", "https://mastodon.social"),
    ("  Mastodon.Social \n", "https://mastodon.social"),
    ("https://mastodon.social/", "https://mastodon.social"),
    ("HTTPS://mastodon.social/@exemple?page=2#haut", "https://mastodon.social"),
    ("@exemple@mastodon.social", "https://mastodon.social"),
    ("exemple.deux@mastodon.social", "https://mastodon.social"),
    ("\u202amastodon.social\u202c", "https://mastodon.social"),
    ("mastodon.social.", "https://mastodon.social"),
    ("mastodon.social:443", "https://mastodon.social"),
    ("mastodon.social:8443", "https://mastodon.social:8443"),
    ("münchen.social", "https://xn--mnchen-3ya.social"),
    ("straße.exemple", "https://xn--strae-oqa.exemple"),
    ("ɖoɖo.exemple", "https://xn--oo-kfbb.exemple"),
    ("mastodon。social", "https://mastodon.social"),
    ("8.8.8.8", "https://8.8.8.8"),
    ("https://[2606:4700:4700:0:0:0:0:1111]:8443", "https://[2606:4700:4700::1111]:8443"),
    ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ("http://127.8.9.10/", "http://127.8.9.10"),
    ("http://localhost:80/x", "http://localhost"),
    ("http://[::1]:8080", "http://[::1]:8080"),
]

REFUSED = {
    "address-unreadable": [
        "",
        "   ",
        "https://",
        "//",
        "https://:443",
        "https:///mastodon.social",
        "mastodon social",
        "mastodon.social\r\nHost: 127.0.0.1",
        "https://mastodon.social\\@127.0.0.1",
        "https://mastodon.social\t.exemple",
        "https://mastodon.social\x00.exemple",
        "mastodon..social",
        "-mastodon.social",
        "mastodon_social.exemple",
        "https://mastodon.social:0",
        "https://mastodon.social:65536",
        "https://mastodon.social:quatre",
        "https://[::1",
        "https://[::g]",
        "https://%31%32%37.0.0.1",
        "https://2130706433",
        "https://0x7f000001",
        "https://0X7F.1",
        "https://017700000001",
        "https://0177.0.0.1",
        "https://127.1",
        "https://127.0.1",
        "https://010.8.8.8",
        "https://1.2.3.4.5",
        "https://256.256.256.256",
        "https://exemple.0x",
        "https://127\u20240\u20240\u20241",
        "x" * 64 + ".exemple",
        "a." * 130 + "exemple",
    ],
    "address-with-password": [
        "https://exemple:secret@mastodon.social",
        "https://exemple@mastodon.social",
        "exemple:secret@mastodon.social",
        "https://mastodon.social@127.0.0.1",
        "https://@mastodon.social",
    ],
    "address-private": [
        "localhost",
        "https://localhost",
        "https://localhost:8080",
        "ⓛocalhost",
        "exemple.localhost",
        "https://127.0.0.1",
        "127.0.0.1",
        "１２７.０.０.１",
        "127。0。0。1",
        "0.0.0.0",
        "http://0.0.0.0",
        "10.0.0.1",
        "http://10.0.0.1",
        "172.16.0.1",
        "192.168.1.1:8080",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "http://169.254.169.254/latest/meta-data",
        "192.0.0.192",
        "168.63.129.16",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "203.0.113.9",
        "https://[::]",
        "https://[::1]",
        "https://[fe80::1]",
        "https://[fe80::1%25eth0]",
        "https://[fc00::1]",
        "https://[fd00:ec2::254]",
        "https://[fec0::1]",
        "https://[ff02::1]",
        "https://[::ffff:127.0.0.1]",
        "http://[::ffff:127.0.0.1]",
        "https://[::ffff:a9fe:a9fe]",
        "https://[::127.0.0.1]",
        "https://[64:ff9b::10.0.0.1]",
        "https://[2002:7f00:1::]",
        "https://[2001:db8::1]",
        "serveur",
        "serveur:8080",
        "imprimante.local",
        "metadata.google.internal",
        "METADATA.GOOGLE.INTERNAL.",
        "box.lan",
        "nas.home.arpa",
    ],
    "address-not-https": [
        "http://mastodon.social",
        "http://8.8.8.8",
        "ftp://mastodon.social",
        "javascript://mastodon.social",
        "http://127.0.0.1.exemple.org",
        "http://localhost.exemple.org",
    ],
}


@pytest.mark.parametrize(("typed", "read"), READ_AS)
def test_an_address_is_read_as_its_server(typed, read):
    assert checked(typed) == read
    assert checked(read) == read


@pytest.mark.parametrize(
    ("typed", "code"), [(typed, code) for code, table in REFUSED.items() for typed in table]
)
def test_an_address_that_may_not_be_called_is_refused_with_a_reason(typed, code):
    with pytest.raises(CollectorError) as refused:
        checked(typed)
    assert refused.value.code == code
    assert "secret" not in repr(refused.value)


PRIVATE = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4"),
    "240.0.0.0/4",
)


@st.composite
def private_v4(draw):
    network, _, length = draw(st.sampled_from(PRIVATE)).partition("/")
    host = draw(st.integers(0, 2 ** (32 - int(length)) - 1))
    return IPv4Address(int(IPv4Address(network)) + host)


@st.composite
def spelt(draw, addresses):
    """An IPv4 address as some program would read it, or an IPv6 address that leads there."""
    number = int(draw(addresses))
    if draw(st.booleans()):
        quad = str(IPv4Address(number))
        groups = f"{number >> 16:x}:{number & 0xFFFF:x}"
        forms = [f"::ffff:{quad}", f"::FFFF:{groups}", f"0:0:0:0:0:ffff:{groups}", f"::{quad}"]
        forms += [f"64:ff9b::{quad}", f"2002:{groups}::", f"2002:{groups}::1"]
        return f"[{draw(st.sampled_from(forms))}]"
    whole = draw(st.integers(1, 4))
    bytes_ = [number >> shift & 0xFF for shift in (24, 16, 8, 0)]
    parts = [*bytes_[: whole - 1], number & (1 << 8 * (5 - whole)) - 1]
    ways = ["{:d}", "0{:o}", "00{:o}", "0x{:x}", "0X{:X}", "0x00{:x}", "{:03d}"]
    if draw(st.booleans()):
        ways = ["{:d}"]
    written = [draw(st.sampled_from(ways)).format(part) for part in parts]
    host = draw(st.sampled_from([".", "。", "．", "｡"])).join(written)
    if draw(st.booleans()):
        host = host.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    return host + draw(st.sampled_from(["", "."]))


@given(
    host=spelt(private_v4()),
    scheme=st.sampled_from(["", "https://", "http://", "HTTP://"]),
    port=st.sampled_from(["", ":80", ":443", ":8080"]),
    path=st.sampled_from(["", "/", "/latest/meta-data", "?x", "#x"]),
)
def test_no_private_address_passes_in_any_spelling(host, scheme, port, path):
    try:
        read = checked(f"{scheme}{host}{port}{path}")
    except CollectorError:
        return
    # Plain http on loopback, in a spelling that every program reads alike.
    parts = urlsplit(read)
    assert parts.scheme == "http"
    assert ip_address(parts.hostname).is_loopback


@given(st.sampled_from(["fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "::/96"]), st.data())
def test_no_private_ipv6_address_passes_in_any_spelling(network, data):
    begin, _, length = network.partition("/")
    host = data.draw(st.integers(0, 2 ** (128 - int(length)) - 1))
    ip = IPv6Address(int(IPv6Address(begin)) + host)
    for written in (ip.compressed, ip.exploded, ip.compressed.upper(), f"{ip}%25eth0"):
        with pytest.raises(CollectorError):
            checked(f"https://[{written}]")


@given(spelt(st.integers(0, 2**32 - 1).map(IPv4Address)))
def test_an_address_that_passes_is_one_that_every_program_reads_alike(host):
    try:
        read = checked(host)
    except CollectorError:
        return
    ip = ip_address(urlsplit(read).hostname)
    assert ip.is_global
    if isinstance(ip, IPv4Address):
        assert socket.inet_aton(str(ip)) == ip.packed


@given(
    st.text(max_size=40)
    | st.from_regex(r"(https?://)?[a-z0-9.@:\[\]%\\/#?_-]{1,30}", fullmatch=True)
)
def test_whatever_is_typed_is_refused_or_read_once_and_for_all(typed):
    try:
        read = checked(typed)
    except CollectorError:
        return
    assert checked(read) == read
    parts = urlsplit(read)
    assert read == f"{parts.scheme}://{parts.netloc}"
    assert read.isascii()
    assert parts.scheme == "https" or is_loopback(parts.hostname)


# Names, when they are called


@pytest.fixture
def names(monkeypatch):
    """Where names lead, instead of asking; a name that is not there leads nowhere."""
    known = {}

    def found(host, *_, **__):
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 0)) for ip in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return known


@pytest.mark.parametrize(
    ("leads_to", "is_public"),
    [
        (["93.184.216.34"], True),
        (["2606:4700::1111"], True),
        (["64:ff9b::5db8:d822"], True),
        (["10.0.0.1"], False),
        (["93.184.216.34", "127.0.0.1"], False),
        (["169.254.169.254"], False),
        (["fe80::1%eth0"], False),
        (["::ffff:192.168.1.1"], False),
        (["64:ff9b::a00:1"], False),
    ],
)
def test_a_name_is_public_when_all_that_it_leads_to_is(names, leads_to, is_public):
    names["exemple.org"] = leads_to
    assert is_public_name("exemple.org") is is_public


def test_a_name_that_leads_nowhere_is_left_to_the_call(names):
    assert is_public_name("exemple.org")


def test_typing_an_address_looks_nothing_up(monkeypatch):
    def called(*_, **__):
        raise AssertionError("looked up")

    monkeypatch.setattr(socket, "getaddrinfo", called)
    assert checked("mastodon.social") == "https://mastodon.social"


def test_an_instance_that_leads_inside_is_not_opened(names, tmp_path):
    names["exemple.org"] = ["192.168.1.1"]
    campaign = Campaign("campagne", "Une campagne inventée", instances=("exemple.org",))
    with pytest.raises(NetworkUnavailable) as refused:
        table.open_collector(Network.MASTODON, campaign, Credentials(tmp_path))
    assert (refused.value.code, refused.value.values) == ("address-inside", {"host": "exemple.org"})


def test_a_campaign_without_instances_is_not_read_as_one_without_posts(tmp_path):
    campaign = Campaign("campagne", "Une campagne inventée")
    with pytest.raises(CollectorError) as refused:
        table.open_collector(Network.MASTODON, campaign, Credentials(tmp_path))
    assert refused.value.code == "no-instance"


# Addresses in the environment


def test_a_network_is_called_at_its_own_address_unless_the_environment_gives_one(monkeypatch):
    assert address(Network.X) is None
    monkeypatch.setenv("PORTE_VOIX_X_URL", "http://127.0.0.1:8080/")
    assert address(Network.X) == "http://127.0.0.1:8080"
    monkeypatch.setenv("PORTE_VOIX_X_URL", "")
    assert address(Network.X) is None


@pytest.mark.parametrize("written", ["http://exemple.org", "https://10.0.0.1", "https://a:b@c.org"])
def test_an_address_in_the_environment_is_held_to_the_same(monkeypatch, written):
    monkeypatch.setenv("PORTE_VOIX_REDDIT_URL", written)
    with pytest.raises(CollectorError) as refused:
        address(Network.REDDIT)
    assert refused.value.code == "address-variable"
    assert refused.value.values == {"variable": "PORTE_VOIX_REDDIT_URL"}
