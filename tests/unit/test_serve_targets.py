"""The URL grammar of outputs."""

import socket

import pytest

from skypact.errors import ConfigError
from skypact.serve.targets import file_path, listener, parse_target, tls_context, udp_socket


def test_what_the_grammar_holds():
    target = parse_target("udp://239.0.0.1:8600?ttl=4&interface=127.0.0.1")
    assert (target.kind, target.host, target.port) == ("udp", "239.0.0.1", 8600)
    assert (target.ttl, target.interface) == (4, "127.0.0.1")
    assert parse_target("tcp://[::1]:9000").host == "::1"
    target = parse_target("tls://tak.example:8089?ca=a.pem&certificate=c.pem&key=k.pem&name=tak")
    assert (target.ca, target.certificate, target.key, target.name) == (
        "a.pem", "c.pem", "k.pem", "tak",
    )  # fmt: skip
    assert parse_target("tcp://0.0.0.0:0?listen&clients=3").clients == 3
    assert parse_target("file:/var/lib/a b.csv").path == "/var/lib/a b.csv"
    assert parse_target("file:out/tracks.csv?daily").daily


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://a:1", "expected udp://"),
        ("udp://a", "host and a port"),
        ("udp://:8600", "host and a port"),
        ("tcp://a:0", "host and a port"),
        ("udp://a:99999", "Port out of range"),
        ("udp://a:1?listen", "interface, ttl"),
        ("udp://a:1?ttl=256", "ttl: expected 0 to 255"),
        ("udp://a:1?ttl=4&ttl=5", "once"),
        ("tcp://a:1/path", "no path"),
        ("tls://a:1?certificate=x", "together"),
        ("tls://a:1?listen", "a server needs"),
        ("file:", "path of a file"),
        ("tracks.csv", "expected udp://"),
    ],
)
def test_a_wrong_url_is_told_with_what_is_wrong(url, says):
    with pytest.raises(ConfigError, match="output") as error:
        parse_target(url)
    assert says in str(error.value)


def test_a_file_a_day():
    target = parse_target("file:out/tracks.csv?daily")
    assert str(file_path(target, "2026-01-01")) == "out/tracks-2026-01-01.csv"
    assert str(file_path(parse_target("file:out/x.csv"), "2026-01-01")) == "out/x.csv"


def test_multicast_goes_as_far_as_told_through_the_interface_told():
    out, address = udp_socket(parse_target("udp://239.0.0.1:8600?ttl=4&interface=127.0.0.1"))
    with out:
        assert address == ("239.0.0.1", 8600)
        assert out.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == 4
        interface = out.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, 4)
        assert socket.inet_ntoa(interface) == "127.0.0.1"
        assert not out.getblocking()
    near, _ = udp_socket(parse_target("udp://239.0.0.1:8600"))
    with near:
        assert near.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == 1
    with pytest.raises(ConfigError, match="interface"):
        udp_socket(parse_target("udp://239.0.0.1:8600?interface=nowhere"))


def test_a_port_that_is_taken_is_told():
    with (
        listener(parse_target("tcp://127.0.0.1:0?listen")) as held,
        pytest.raises(ConfigError, match="free port"),
    ):
        listener(parse_target(f"tcp://127.0.0.1:{held.getsockname()[1]}?listen"))


def test_a_certificate_that_is_none_is_told(tmp_path):
    path = tmp_path / "a.pem"
    path.write_text("no certificate")
    for url in (f"tls://a:1?ca={path}", f"tls://a:1?certificate={path}&key={path}"):
        with pytest.raises(ConfigError, match="PEM"):
            tls_context(parse_target(url))
