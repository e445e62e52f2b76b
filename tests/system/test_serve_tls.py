"""A server beyond loopback's rules, over real TLS: certificate, tokens, log-in, stream."""

import datetime
import ipaddress
import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.browser.synthetic_sky import baltic_scene
from tests.contract.api_sky import history, page_folder, unit_status
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from skypact import deploy
from skypact.errors import ConfigError
from skypact.serve import guard, wire
from skypact.serve.access import access_of, new_token
from skypact.serve.app import UnitParts, create_app
from skypact.serve.server import Server

pytestmark = pytest.mark.live


def write_certificate(folder: Path, name: str = "unit") -> None:
    """A certificate for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "unit.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    (folder / "unit.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))


class Running(NamedTuple):
    server: Server
    folder: Path
    token: str

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        request = urllib.request.Request(self.server.url + path, headers=headers)
        return self.ask(request)

    def ask(self, request: urllib.request.Request) -> tuple[int, dict[str, str], bytes]:
        context = ssl.create_default_context(cafile=self.folder / "unit.pem")
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), Stay)
        try:
            with opener.open(request, timeout=10) as answer:
                return answer.status, lowered(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, lowered(error.headers), error.read()


def lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object) -> None:
        return None


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(guard, "DELAY_S", 0.01)
    write_certificate(tmp_path)
    token, line = new_token("view")
    (tmp_path / "tokens").write_text(line)
    settings = deploy.Server(
        listen="0.0.0.0:0", certificate="unit.pem", key="unit.key", tokens="tokens"
    )
    app = create_app(
        history(), baltic_scene("live"), dict, page_folder(tmp_path),
        unit=UnitParts(unit_status), access=access_of(settings, tmp_path),
    )  # fmt: skip
    with Server(app) as server:
        assert server.url.startswith("https://127.0.0.1:")
        yield Running(server, tmp_path, token)


PATHS = ("/api/v1/tracks", "/api/scene", "/api/status", "/metrics", "/health/live",
         "/health/ready", "/api/v1/openapi.json", "/index.html", "/api/v1/nothing")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_nothing_is_told(running, path):
    code, headers, body = running.get(path)
    assert code == 401
    assert headers["content-type"] == "application/problem+json"
    assert headers["www-authenticate"].startswith("Bearer")
    assert json.loads(body)["type"] == "urn:skypact:problem:unauthorized"


def test_a_token_opens(running):
    bearer = {"Authorization": f"Bearer {running.token}"}
    assert running.get("/api/v1/tracks", **bearer)[0] == 200
    assert running.get("/metrics", **bearer)[0] == 200
    assert running.get("/", **bearer)[0] == 200
    assert running.get("/api/v1/tracks", **bearer, Host="unit.example")[0] == 200


def test_a_wrong_token_is_refused_then_slowed_and_a_right_one_never(running):
    codes = [running.get("/api/v1/status", Authorization=f"Bearer {i}")[0] for i in range(7)]
    assert codes == [401] * 5 + [429] * 2
    code, headers, _ = running.get("/api/v1/status", Authorization="Bearer x")
    assert (code, headers["retry-after"]) == (429, "8")
    bearer = {"Authorization": f"Bearer {running.token}"}
    assert running.get("/api/v1/status", **bearer)[0] == 200
    assert b"skypact_wrong_tokens_total 8.0" in running.get("/metrics", **bearer)[2]


def login(running: Running, token: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    body = f"token={token}".encode()
    url = running.server.url + "/login"
    return running.ask(urllib.request.Request(url, body, headers, method="POST"))


def test_a_person_logs_in_and_has_the_page(running):
    code, headers, _ = running.get("/", Accept="text/html,*/*")
    assert (code, headers["location"]) == (303, "/login")
    code, headers, body = running.get("/login")
    assert (code, b"<form" in body) == (200, True)
    assert "form-action 'self'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert login(running, "wrong")[0] == 401
    code, headers, _ = login(running, running.token)
    cookie = headers["set-cookie"]
    assert (code, headers["location"]) == (303, "/")
    assert cookie.startswith("__Host-skypact=")
    for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word in cookie
    kept = cookie.split(";")[0]
    assert running.get("/", Cookie=kept)[0] == 200
    assert running.get("/api/scene", Cookie=kept)[0] == 200
    assert running.get("/api/scene", Cookie="__Host-skypact=wrong")[0] == 401


def test_another_site_cannot_log_anybody_in(running):
    code, _, body = login(running, running.token, Origin="https://evil.example")
    assert code == 403
    assert json.loads(body)["type"] == "urn:skypact:problem:other-origin"


def test_the_page_s_own_form_comes_from_this_server(running):
    assert login(running, running.token, Origin=running.server.url)[0] == 303
    assert login(running, running.token, Origin="null")[0] == 403


def test_a_log_in_that_is_too_long_is_refused(running):
    assert login(running, "x" * 10_000)[0] == 413


def first_frame(running: Running, **options: object) -> wire.Message:
    context = ssl.create_default_context(cafile=running.folder / "unit.pem")
    address = running.server.url.replace("https", "wss") + "/ws"
    with connect(address, ssl=context, max_size=None, **options) as stream:  # type: ignore[arg-type]
        while isinstance(data := stream.recv(timeout=10), str):
            pass
        return wire.decode(data)


def test_the_stream_takes_a_token_in_each_way(running):
    bearer = {"Authorization": f"Bearer {running.token}"}
    assert first_frame(running, additional_headers=bearer).kind == wire.SNAPSHOT
    cookie = {"Cookie": f"__Host-skypact={running.token}"}
    assert first_frame(running, additional_headers=cookie).kind == wire.SNAPSHOT
    offered = ["skypact", f"bearer.{running.token}"]
    assert first_frame(running, subprotocols=offered).kind == wire.SNAPSHOT


@pytest.mark.parametrize(
    ("options", "code"),
    [({}, 401), ({"subprotocols": ["skypact", "bearer.wrong"]}, 401),
     ({"origin": "https://evil.example"}, 403)],
)  # fmt: skip
def test_the_stream_is_closed_to_others(running, options, code):
    with pytest.raises(InvalidStatus) as caught:
        first_frame(running, **options)
    assert caught.value.response.status_code == code


def test_tls_is_1_2_or_newer(running):
    tls = running.server._tls
    assert tls is not None
    assert tls.minimum_version == ssl.TLSVersion.TLSv1_2
    newest = ssl.create_default_context(cafile=running.folder / "unit.pem")
    raw = socket.create_connection(("127.0.0.1", running.server.port), 10)
    with newest.wrap_socket(raw, server_hostname="127.0.0.1") as wrapped:
        assert wrapped.version() == "TLSv1.3"


def test_plain_http_is_not_answered(running):
    with socket.create_connection(("127.0.0.1", running.server.port), 10) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            heard = raw.recv(100)
        except ConnectionResetError:
            heard = b""
        assert not heard.startswith(b"HTTP/")


def test_a_reload_takes_new_tokens_and_a_new_certificate(running):
    token, line = new_token("operate")
    (running.folder / "tokens").write_text(line)
    write_certificate(running.folder, "renewed")
    running.server.reload()
    assert running.get("/api/scene", Authorization=f"Bearer {token}")[0] == 200
    assert running.get("/api/scene", Authorization=f"Bearer {running.token}")[0] == 401
    (running.folder / "unit.key").write_text("nothing")
    with pytest.raises(ConfigError, match="PEM"):
        running.server.reload()
    assert running.get("/api/scene", Authorization=f"Bearer {token}")[0] == 200
