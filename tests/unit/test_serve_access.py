"""Addresses, tokens, wrong tries, what is needed beyond loopback."""

import hashlib
from pathlib import Path

import pytest

from skypact import deploy
from skypact.cli import main
from skypact.cli.args import TOKEN_ROLES
from skypact.errors import ConfigError
from skypact.model.ports import SourceState
from skypact.model.store import StoreState
from skypact.serve.access import (
    FREE_TRIES,
    MOST_ADDRESSES,
    ROLES,
    Access,
    Tokens,
    Tries,
    access_of,
    is_loopback,
    may,
    new_token,
    split_address,
)
from skypact.serve.outputs import OutputState
from skypact.serve.status import output_status, redacted, source_status, store_status


def tokens(folder: Path, text: str) -> Tokens:
    (folder / "tokens").write_text(text)
    return Tokens(folder / "tokens")


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:8600", ("127.0.0.1", 8600)), ("[::1]:0", ("::1", 0)), ("host:1", ("host", 1))],
)
def test_addresses_are_read(text, address):
    assert split_address(text) == address


@pytest.mark.parametrize("text", ["", "8600", ":8600", "h:", "h:x", "h:70000", "h:-1", "h:٣"])
def test_what_is_no_address_is_an_error(text):
    with pytest.raises(ConfigError, match=r"server\.listen"):
        split_address(text)


def test_loopback_is_what_is_written_as_such():
    assert all(is_loopback(h) for h in ("127.0.0.1", "127.9.9.9", "::1", "localhost"))
    odd = ("0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "", "127.0.0.1.nip.io")
    assert not any(is_loopback(h) for h in odd)


def test_a_token_has_the_role_of_its_line(tmp_path):
    token, line = new_token("operate")
    other, _ = new_token("view")
    known = tokens(tmp_path, f"# all\n\n{line}  # watch desk\n")
    assert hashlib.sha256(token.encode()).hexdigest() in line
    assert token not in line
    assert known.role(token) == "operate"
    assert known.role(other) is None
    assert known.role("") is None
    assert known.role(token * 100) is None
    assert known.role("\ud800") is None


def test_a_token_with_two_lines_has_the_higher_role(tmp_path):
    token, line = new_token("release")
    digest = line.split()[1]
    assert tokens(tmp_path, f"view {digest}\n{line}\noperate {digest}\n").role(token) == "release"


def test_roles_rise():
    assert ROLES == TOKEN_ROLES
    assert may("operate", "view")
    assert may("view", "view")
    assert not may("view", "operate")
    assert not may(None, "view")


def test_a_removed_token_is_worth_nothing_after_a_reload(tmp_path):
    (one, line), (other, other_line) = new_token("view"), new_token("view")
    known = tokens(tmp_path, f"{line}\n{other_line}\n")
    (tmp_path / "tokens").write_text(other_line)
    known.reload()
    assert known.role(one) is None
    assert known.role(other) == "view"


def test_a_reload_of_a_wrong_file_leaves_what_was_in_force(tmp_path):
    token, line = new_token("view")
    known = tokens(tmp_path, line)
    (tmp_path / "tokens").write_text("view nothing")
    with pytest.raises(ConfigError):
        known.reload()
    assert known.role(token) == "view"


@pytest.mark.parametrize(
    ("text", "word"),
    [("", "found none"), ("# no\n", "found none"), ("admin " + "0" * 64, "line 1"),
     ("view 123", "line 1"), ("view", "skypact token")],
)  # fmt: skip
def test_a_wrong_file_of_tokens_is_an_error(tmp_path, text, word):
    with pytest.raises(ConfigError, match=word):
        tokens(tmp_path, text)


def test_a_missing_file_of_tokens_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="skypact token view"):
        Tokens(tmp_path / "none")


def test_tries_are_free_at_first_and_then_slower():
    tries = Tries()
    waits = [tries.add("a", float(i)) for i in range(FREE_TRIES + 8)]
    assert waits[:FREE_TRIES] == [0.0] * FREE_TRIES
    assert waits[FREE_TRIES:] == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert tries.add("b", 20.0) == 0.0
    assert tries.add("a", 500.0) == 0.0
    assert tries.n_wrong == FREE_TRIES + 10


def test_the_memory_of_tries_is_bounded():
    tries = Tries()
    for i in range(3 * MOST_ADDRESSES):
        tries.add(str(i), 0.0)
    assert len(tries._tries) == MOST_ADDRESSES


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "::", "example.org"])
def test_beyond_loopback_certificate_and_tokens_are_needed(host):
    with pytest.raises(ConfigError, match=r"certificate and its key and a file of tokens.*tunnel"):
        Access(host, 8600).check()


def test_a_union_file_says_how_a_server_is_reached(tmp_path):
    token, line = new_token("view")
    (tmp_path / "tokens").write_text(line)
    access = access_of(deploy.Server(listen="[::1]:0", tokens="tokens"), tmp_path)
    assert (access.host, access.port, access.certificate) == ("::1", 0, None)
    assert access.tokens is not None
    assert access.tokens.role(token) == "view"
    with pytest.raises(ConfigError, match="together"):
        access_of(deploy.Server(certificate="a.pem"), tmp_path)
    with pytest.raises(ConfigError, match="PEM"):
        access_of(deploy.Server(certificate="a.pem", key="b.pem"), tmp_path)
    with pytest.raises(ConfigError, match="without a certificate"):
        access_of(deploy.Server(listen="0.0.0.0:1", tokens="tokens"), tmp_path)


def test_the_command_writes_a_line_that_the_file_can_hold(tmp_path, capsys):
    assert main(["token", "release", "--name", "duty\nofficer"]) == 0
    written = capsys.readouterr()
    token = written.err.strip().rsplit(" ", 1)[1]
    assert written.out.count("\n") == 1
    assert "# duty officer" in written.out
    assert tokens(tmp_path, written.out).role(token) == "release"
    assert main(["token", "admin"]) == 2


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me@db/x", "postgresql://me@db/x"),
        ("udp://239.0.0.1:8600", "udp://239.0.0.1:8600"),
    ],
)
def test_passwords_in_addresses_are_not_shown(url, shown):
    assert redacted(url) == shown


def test_states_of_parts_are_told_without_passwords():
    lost = store_status(StoreState(True, 5, 1, 2, ""), "postgresql://me:secret@db/x", True)
    assert (lost.state, lost.rows, lost.waiting, lost.dropped) == ("degraded", 5, 1, 2)
    assert "secret" not in lost.url
    gone = StoreState(False, 0, 0, 0, "no answer of //me:secret@db")
    away = store_status(gone, "parquet:p", False)
    assert (away.state, away.error) == ("down", "no answer of //me:***@db")
    output = OutputState("cot", "tcp://h:1", "over", 1, 2, 3, 4, 5, 6, 7, "gone")
    told = output_status(output)
    assert (told.state, told.clients, told.connects, told.messages) == ("over", 1, 2, 3)
    assert (told.bytes, told.dropped, told.unsent, told.failed) == (4, 5, 6, 7)
    heard = source_status(SourceState("udp://h:1", "up", 1, 2, -1, 3, 4, 5, 6, "", 8), shed=7)
    assert (heard.last_s, heard.over_quota, heard.refused, heard.dropped) == (None, 3, 4, 5)
    assert (heard.connects, heard.breaks, heard.shed) == (6, 8, 7)
