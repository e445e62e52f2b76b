"""The commands of docs/how-to/api.md do what the page says."""

import re
import shlex
import tomllib
from collections.abc import Iterator

import msgspec
import pytest
from starlette.testclient import TestClient
from tests.contract.api_sky import BASE, client

from skypact.cli.args import parser
from skypact.deploy import Server


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client(tmp_path_factory.mktemp("page")) as made:
        yield made


@pytest.fixture(scope="module")
def text(root) -> str:
    return (root / "docs" / "how-to" / "api.md").read_text("utf-8")


def test_every_address_of_the_page_answers(api, text):
    commands = [line for line in text.splitlines() if line.startswith("curl ")]
    addresses = [word for c in commands for word in shlex.split(c) if word.startswith("http")]
    local = [a for a in addresses if a.startswith(BASE)]
    assert len(local) >= 9
    for address in local:
        answer = api.get(address)
        assert answer.status_code == 200, address
        told = answer.headers["content-type"]
        if "geo+json" in told and "features" in answer.json():
            assert answer.json()["features"], address
    for address in set(addresses) - set(local):
        assert api.get(re.sub(r"https?://[^/]*", BASE, address)).status_code == 200


def test_every_other_address_in_the_text_answers(api, text):
    for address in re.findall(rf"`({BASE}[^`]*)`", text):
        assert api.get(address).status_code == 200


def test_the_figures_to_watch_exist(api, text):
    line = next(line for line in text.splitlines() if line.startswith("Worth an alarm"))
    scraped = api.get("/metrics").text
    for name in re.findall(r"skypact_[a-z_]+", line):
        assert f"\n{name}" in scraped, name


def test_the_server_s_keys_are_those_of_a_union_file(text):
    block = re.search(r"```toml\n(.*?)```", text, re.S)[1]
    server = tomllib.loads(block)["unit"]["server"]
    assert msgspec.convert(server, Server).listen == "0.0.0.0:8600"


def test_the_commands_parse(text):
    for line in re.findall(r"^skypact .*", text, re.M):
        parser().parse_args(shlex.split(line.split(">")[0])[1:])
