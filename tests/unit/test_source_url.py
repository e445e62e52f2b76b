"""The grammar of sources: what each URL means, and what is said of a wrong one."""

import math
from ipaddress import ip_network

import pytest

from skypact.decode.recognise import FORMATS as RECEIVERS
from skypact.errors import ConfigError
from skypact.sources.url import FORMATS, OPTIONS, SourceUrl, parse_source


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        ("udp://239.0.0.1:8600", {"kind": "udp", "host": "239.0.0.1", "port": 8600}),
        ("udp://:8600", {"kind": "udp", "host": "", "port": 8600}),
        ("udp://[ff15::1%25lo]:1", {"kind": "udp", "host": "ff15::1%lo", "port": 1}),
        ("udp://239.0.0.1:1?interface=lo", {"interface": "lo"}),
        ("udp://232.0.0.1:1?source=10.0.0.7", {"sender": "10.0.0.7"}),
        ("tcp://radar.example:30005", {"kind": "tcp", "host": "radar.example", "port": 30005}),
        ("tcp://:30005?listen&idle=5", {"kind": "listen", "host": "", "idle_s": 5.0}),
        ("file:rec/a%20b.pcap", {"kind": "file", "path": "rec/a b.pcap", "speed": 1.0}),
        ("file:///rec/a.pcap?speed=max&loop", {"path": "/rec/a.pcap", "is_looped": True}),
        ("pcap:a.pcap?speed=2.5", {"kind": "file", "speed": 2.5}),
        ("-", {"kind": "stdin", "format": "asterix"}),
        ("stdin:?format=beast", {"kind": "stdin", "format": "beast"}),
        ("http://h/data/aircraft.json?period=2", {"port": 80, "period_s": 2.0, "is_tls": False}),
        ("https://h/aircraft.json", {"port": 443, "is_tls": True, "format": "aircraft.json"}),
        ("udp://:1?packets=100&mib=0.5", {"packets_per_s": 100.0, "bytes_per_s": 524288.0}),
        ("udp://:1?silent=3", {"silent_s": 3.0, "packets_per_s": math.inf}),
    ],
)
def test_a_url_means(url, fields):
    found = parse_source(url)
    assert {name: getattr(found, name) for name in fields} == fields
    assert found.url == url


def test_networks_are_read_with_and_without_a_mask():
    found = parse_source("udp://:1?from=10.0.0.0/8,192.0.2.7,fd00::/8")
    assert found.allowed == tuple(map(ip_network, ("10.0.0.0/8", "192.0.2.7/32", "fd00::/8")))


def test_a_group_is_known_by_its_address():
    assert parse_source("udp://[ff02::1]:1").is_multicast
    assert parse_source("udp://224.0.0.5:1").is_multicast
    assert not parse_source("udp://10.0.0.1:1").is_multicast
    assert not parse_source("udp://:1").is_multicast


def test_the_format_of_the_sensor_holds_where_the_url_says_nothing():
    assert parse_source("tcp://h:1", "beast").format == "beast"
    assert parse_source("tcp://h:1?format=avr", "beast").format == "avr"


def test_the_formats_are_those_that_can_be_decoded():
    assert ("asterix", *RECEIVERS) == FORMATS


def test_every_option_fills_a_field():
    fields = {*SourceUrl.__struct_fields__, "is_listening"}
    assert {option.field for option in OPTIONS.values()} <= fields


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "expected udp://GROUP:PORT"),
        ("239.0.0.1:8600", "expected udp://GROUP:PORT"),
        ("ftp://h:1", "expected udp://GROUP:PORT"),
        ("udp:8600", "expected udp://GROUP:PORT"),
        ("udp://239.0.0.1", "expected a port, got none"),
        ("udp://239.0.0.1:99999", "a port of 1 to 65535"),
        ("udp://239.0.0.1:x", "a port of 1 to 65535"),
        ("udp://radar.example:1", "got the name 'radar.example'"),
        ("udp://[::1:1", "expected HOST:PORT"),
        ("tcp://:30005", r"or \?listen"),
        ("tcp://h:0", "got 0"),
        ("tcp://h:1/path", "got '/path'"),
        ("tcp://a..b:1", "expected HOST:PORT"),
        ("tcp://user:word@h:1", "neither a user"),
        ("http:///aircraft.json", "expected a host"),
        ("file:", "expected the path"),
        ("stdin:x", "got 'x'"),
        ("udp://:1?form=asterix", "unknown option 'form'; known here are format, silent, packets"),
        ("udp://:1?speed=2", "unknown option 'speed'"),
        ("file:a?from=10.0.0.1", "unknown option 'from'"),
        ("udp://:1?silent=1&silent=2", "silent is given twice"),
        ("udp://:1?silent=-1", "silent: expected seconds, got '-1'"),
        ("udp://:1?silent=nan", "silent: expected seconds, got 'nan'"),
        ("udp://:1?format=asterisk", "format: expected asterix, beast"),
        ("udp://:1?from=10.0.0.0/40", "from: expected CIDR,CIDR, got '10.0.0.0/40'"),
        ("udp://:1?interface=lo", "belong to groups"),
        ("udp://[ff02::1]:1?source=fd00::1", "IPv4 groups only"),
        ("file:a?speed=fast", "speed: expected number or max, got 'fast'"),
        ("file:a?loop=2", "loop: expected nothing, got '2'"),
    ],
)
def test_a_wrong_url_is_named_with_what_was_expected(url, words):
    with pytest.raises(ConfigError, match=words) as found:
        parse_source(url)
    assert str(found.value).startswith(f"source {url}: ")
