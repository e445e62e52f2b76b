import base64
import hashlib
import hmac
import json
import ssl
import threading

import pytest
from tests.naive.certificates import make_certificates
from tests.naive.posted import Server

from skypact.deploy import Webhook
from skypact.errors import ConfigError
from skypact.serve.webhook import Hook, Webhooks, address_of, alert_delivery, warning_delivery
from skypact.serve.webhooksign import is_signed, read_secret, signature

SECRET = "0123456789abcdef0123456789abcdef"
LINE = {"id": "border-7-1", "rule": "border", "state": "raised", "time_s": 1.0}
NOW_S = 1_795_456_800.0


@pytest.fixture
def served():
    made = []

    def serve(*answers, **options):
        made.append(Server(*answers, **options))
        return made[-1]

    yield serve
    for server in made:
        server.close()


@pytest.fixture
def hooked(tmp_path):
    (tmp_path / "secret").write_text(SECRET + "\n")
    made = []

    def hook(port, scheme="http", **settings):
        ended, lock = [], threading.Semaphore(0)

        def note(receipt):
            ended.append(receipt)
            lock.release()

        host = "localhost" if scheme == "https" else "127.0.0.1"
        url = f"{scheme}://{host}:{port}/alerts?unit=north"
        wanted = Webhook(url=url, secret="secret", **settings)
        made.append(Hook(wanted, tmp_path, note, lambda: NOW_S, shortest_s=0.001))
        made[-1].wait = lambda n=1: [lock.acquire() for _ in range(n)] and ended
        return made[-1]

    yield hook
    for one in made:
        one.close()


def test_alert_is_posted_signed_and_receipted(served, hooked):
    server = served(200)
    hook = hooked(server.port)
    hook.offer(alert_delivery(LINE))
    (receipt,) = hook.wait()
    path, headers, body = server.taken[0]
    assert path == "/alerts?unit=north"
    assert json.loads(body) == {"type": "alert", "alert": LINE}
    assert headers["content-type"] == "application/json"
    assert is_signed(SECRET.encode(), headers, body, NOW_S)
    assert (receipt.state, receipt.status, receipt.tries) == ("taken", 200, 1)
    assert (receipt.time_s, receipt.id) == (NOW_S, headers["webhook-id"])
    assert list(hook.receipts) == [receipt]


def test_warning_is_posted_as_cap(served, hooked):
    server = served(204)
    hook = hooked(server.port)
    hook.offer(warning_delivery("north.1", b"<alert/>"))
    assert hook.wait()[0].state == "taken"
    assert server.taken[0][1]["content-type"] == "application/cap+xml"
    assert server.taken[0][2] == b"<alert/>"


@pytest.mark.parametrize("answer", [500, 503, 429, 408, "noise"])
def test_busy_server_is_tried_again_with_the_same_identifier(served, hooked, answer):
    server = served(answer, answer, 200)
    hook = hooked(server.port)
    hook.offer(alert_delivery(LINE))
    (receipt,) = hook.wait()
    assert (receipt.state, receipt.tries) == ("taken", 3)
    assert len({headers["webhook-id"] for _, headers, _ in server.taken}) == 1
    assert hook.error == ""


@pytest.mark.parametrize("answer", [400, 401, 404, 410])
def test_refusal_is_final(served, hooked, answer):
    server = served(answer)
    hook = hooked(server.port)
    hook.offer(alert_delivery(LINE))
    (receipt,) = hook.wait()
    assert (receipt.state, receipt.status, receipt.tries) == ("refused", answer, 1)
    assert "a refusal" in hook.error


@pytest.mark.parametrize("answer", [301, 302, 307, 308])
def test_redirect_is_not_followed(served, hooked, answer):
    server = served(answer, 200)
    hook = hooked(server.port)
    hook.offer(alert_delivery(LINE))
    (receipt,) = hook.wait()
    assert (receipt.state, receipt.status) == ("refused", answer)
    assert "not followed" in receipt.error
    assert [path for path, _, _ in server.taken] == ["/alerts?unit=north"]


@pytest.mark.parametrize("answer", ["hang", "drip"])
def test_slow_server_is_hung_up_on_and_tried_again(served, hooked, answer):
    server = served(answer, 200)
    hook = hooked(server.port, timeout_s=0.2)
    hook.offer(alert_delivery(LINE))
    (receipt,) = hook.wait()
    assert (receipt.state, receipt.tries) == ("taken", 2)


def test_nobody_there_is_given_up_after_the_tries(served, hooked):
    server = served(200)
    server.close()
    hook = hooked(server.port, tries=3)
    hook.offer(alert_delivery(LINE))
    (receipt,) = hook.wait()
    assert (receipt.state, receipt.status, receipt.tries) == ("given up", 0, 3)
    assert "ConnectionRefusedError" in receipt.error
    assert hook.n_given_up == 1


def test_what_follows_is_delivered_after_what_failed(served, hooked):
    server = served(404, 200)
    hook = hooked(server.port)
    hook.offer(alert_delivery(LINE))
    hook.offer(alert_delivery(LINE | {"state": "cleared"}))
    assert [r.state for r in hook.wait(2)] == ["refused", "taken"]


def test_queue_is_bounded_and_the_oldest_is_dropped(served, hooked):
    server = served("wait", 200)
    hook = hooked(server.port, most_waiting=2)
    hook.offer(alert_delivery(LINE | {"n": 0}))
    assert server.begun.wait(60.0)
    for n in (1, 2, 3):
        hook.offer(alert_delivery(LINE | {"n": n}))
    assert hook.n_waiting == 2
    assert hook.n_dropped == 1
    server.go_on.set()
    assert [r.state for r in hook.wait(4)] == ["dropped", "taken", "taken", "taken"]
    assert [json.loads(body)["alert"]["n"] for _, _, body in server.taken] == [0, 2, 3]


def test_close_ends_the_pause_before_the_next_try(served, hooked, tmp_path):
    server = served(500)
    url = f"http://127.0.0.1:{server.port}/"
    hook = Hook(Webhook(url=url, secret="secret"), tmp_path, shortest_s=3600.0)
    hook.offer(alert_delivery(LINE))
    assert server.begun.wait(60.0)
    hook.close()
    assert [r.state for r in hook.receipts] == ["given up"]
    hook.offer(alert_delivery(LINE))
    assert hook.n_waiting == 0


def test_receipt_that_cannot_be_kept_does_not_end_the_hook(served, hooked, tmp_path):
    def full(_):
        raise OSError(28, "No space left on device")

    server = served(200)
    url = f"http://127.0.0.1:{server.port}/"
    hook = Hook(Webhook(url=url, secret="secret"), tmp_path, full)
    hook.offer(alert_delivery(LINE))
    hook.offer(alert_delivery(LINE))
    hook.close()
    assert hook.n_taken == 2
    assert "No space" in hook.error


def tls_of(folder, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


@pytest.mark.parametrize(
    ("name", "ca", "state"),
    [
        ("localhost", "ca.pem", "taken"),
        ("other", "ca.pem", "given up"),
        ("localhost", "", "given up"),
    ],
)
def test_certificate_and_name_of_the_server_are_checked(served, hooked, tmp_path, name, ca, state):
    make_certificates(tmp_path, ["localhost", "other"])
    server = served(200, tls=tls_of(tmp_path, name))
    hook = hooked(server.port, "https", ca=ca, tries=1)
    hook.offer(alert_delivery(LINE))
    assert hook.wait()[0].state == state
    assert len(server.taken) == (1 if state == "taken" else 0)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://127.0.0.1/", "https:///a", "https://a:b@example.org/",
        "https://example.org/a b", "https://example.org/\r\nX: y", "https://example.org:x/",
        "http://localhost.example.org/", "https://a..example.org/", f"https://{'a' * 64}.org/",
    ],
)  # fmt: skip
def test_address_that_is_open_or_no_url_is_refused(url):
    with pytest.raises(ConfigError, match="webhook"):
        address_of(url)


def test_authorities_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"webhook\.ca"):
        address_of("https://example.org/", tmp_path / "none.pem")


@pytest.mark.parametrize("text", ["short", "whsec_!", "whsec_AAAA", "x" * 65, "é" * 30])
def test_secret_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "secret").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"webhook\.secret"):
        read_secret(tmp_path / "secret")


def test_secret_is_plain_or_base64(tmp_path):
    (tmp_path / "secret").write_text("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
    assert read_secret(tmp_path / "secret") == SECRET.encode()


def test_signature_is_the_hmac_of_identifier_time_and_body():
    mac = hmac.new(SECRET.encode(), b"a.1.{}", hashlib.sha256).digest()
    assert signature(SECRET.encode(), "a", 1, b"{}") == "v1," + base64.b64encode(mac).decode()


@pytest.mark.parametrize(
    ("changed", "body", "now_s"),
    [
        ({}, b"{ }", NOW_S),
        ({"webhook-id": "b"}, b"{}", NOW_S),
        ({"webhook-timestamp": str(int(NOW_S) + 1)}, b"{}", NOW_S),
        ({"webhook-timestamp": "x"}, b"{}", NOW_S),
        ({"webhook-signature": ""}, b"{}", NOW_S),
        ({"webhook-signature": "v1,é"}, b"{}", NOW_S),
        ({}, b"{}", NOW_S + 301.0),
        ({}, b"{}", NOW_S - 301.0),
    ],
)
def test_edited_or_replayed_request_is_refused(changed, body, now_s):
    secret = SECRET.encode()
    headers = {
        "webhook-id": "a",
        "webhook-timestamp": str(int(NOW_S)),
        "webhook-signature": signature(secret, "a", int(NOW_S), b"{}"),
    }
    assert is_signed(secret, headers, b"{}", NOW_S)
    assert not is_signed(secret, headers | changed, body, now_s)
    assert not is_signed(b"another secret, 24 bytes.", headers, b"{}", NOW_S)


def test_each_address_gets_what_it_asked_for(served, tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    servers = [served(200) for _ in range(3)]
    wanted = [
        {"rules": ("area",), "warnings": "all"},
        {"warnings": "released"},
        {"alerts": False, "warnings": "none"},
    ]
    settings = [
        Webhook(url=f"http://127.0.0.1:{server.port}/", secret="secret", **options)
        for server, options in zip(servers, wanted, strict=True)
    ]
    hooks = Webhooks(settings, tmp_path)
    hooks.tell_alert(LINE)
    hooks.tell_warning("north.1", "Restricted", b"<draft/>")
    hooks.tell_warning("north.2", "Public", b"<public/>")
    hooks.close()
    bodies = [{body for _, _, body in server.taken} for server in servers]
    assert bodies[0] == {b"<draft/>", b"<public/>"}
    assert bodies[1] == {alert_delivery(LINE).body, b"<public/>"}
    assert bodies[2] == set()


def test_wrong_address_among_right_ones_is_refused(tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    right = Webhook(url="http://127.0.0.1:9/", secret="secret")
    with pytest.raises(ConfigError):
        Webhooks([right, Webhook(url="http://example.org/", secret="secret")], tmp_path)


def test_name_that_cannot_be_looked_up_ends_no_hook(served, hooked, monkeypatch):
    def look_up(*_):
        raise UnicodeError("label too long")

    server = served(200)
    hook = hooked(server.port, tries=2)
    with monkeypatch.context() as patched:
        patched.setattr("socket.create_connection", look_up)
        hook.offer(alert_delivery(LINE))
        assert hook.wait()[0].state == "given up"
    hook.offer(alert_delivery(LINE))
    assert hook.wait()[1].state == "taken"


def test_slow_server_with_tls_is_hung_up_on(served, hooked, tmp_path):
    make_certificates(tmp_path, ["localhost"])
    server = served("drip", tls=tls_of(tmp_path, "localhost"))
    hook = hooked(server.port, "https", ca="ca.pem", tries=2, timeout_s=0.2)
    hook.offer(alert_delivery(LINE))
    assert hook.wait()[0].state == "given up"


@pytest.mark.parametrize("url", ["https://anna:hush@example.org/", "http://example.org/?key=hush"])
def test_no_secret_of_an_address_is_in_an_error(url):
    with pytest.raises(ConfigError) as refused:
        address_of(url)
    assert "hush" not in str(refused.value)


def test_no_query_of_an_address_is_in_a_receipt(served, hooked):
    hook = hooked(served(200).port)
    hook.offer(alert_delivery(LINE))
    assert hook.wait()[0].url.endswith("/alerts")
