"""A person beyond loopback's rules: the log-in page, then the map, over TLS."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser.conftest import SIZE, Watched, filled
from tests.browser.synthetic_sky import SyntheticSky, baltic_scene
from tests.system.test_serve_tls import write_certificate

from skypact import deploy
from skypact.serve.access import access_of, new_token
from skypact.serve.app import create_app
from skypact.serve.server import Server

pytestmark = pytest.mark.browser


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[str, str]]:
    write_certificate(tmp_path)
    token, line = new_token("view")
    (tmp_path / "tokens").write_text(line)
    settings = deploy.Server(
        listen="0.0.0.0:0", certificate="unit.pem", key="unit.key", tokens="tokens"
    )
    history = filled(SyntheticSky(50), 600)
    access = access_of(settings, tmp_path)
    with Server(create_app(history, baltic_scene("live"), dict, access=access)) as server:
        yield server.url, token


def test_a_person_logs_in_and_sees_the_picture(browser: Browser, guarded: tuple[str, str]) -> None:
    url, token = guarded
    context = browser.new_context(ignore_https_errors=True, viewport=SIZE)
    try:
        watched = Watched(context.new_page())
        page = watched.page
        page.goto(url)
        assert page.url == f"{url}/login"
        page.get_by_label("Token").fill("wrong")
        page.get_by_role("button").click()
        assert "not known" in page.get_by_role("status").inner_text()
        refused = [p for p in watched.problems if "401" not in p]
        page.get_by_label("Token").fill(token)
        page.get_by_role("button").click()
        watched.wait(lambda: page.evaluate("!!window.skypact"), "map")
        watched.wait(lambda: len(watched.places()) == 50, "picture of 50 tracks")
        assert page.url == f"{url}/"
        assert page.evaluate("document.cookie") == ""
        assert refused + [p for p in watched.problems if "401" not in p] == []
        cookies = context.cookies()
        assert [(c["name"], c["httpOnly"], c["secure"]) for c in cookies] == [
            ("__Host-skypact", True, True)
        ]
    finally:
        context.close()
