"""Measures go to their recipients; what came back is kept, and made again by a replay."""

import json

import numpy as np
import pytest
from tests.naive.posted import Server
from tests.naive.receivers import until
from tests.naive.track_rows import START_S
from tests.naive.warned import alert, warnings_in

from skypact.deploy import Webhook
from skypact.errors import ConfigError
from skypact.model.tracks import empty_rows
from skypact.record.alert_file import DoctrineFile
from skypact.record.notice_file import NoticeFile, read_notices
from skypact.rules import watching_from_toml
from skypact.rules.common import RuleParams
from skypact.runtime.deliveries import Deliveries
from skypact.runtime.warning import WebhookSink
from skypact.runtime.watching import WatchSink
from skypact.runtime.watchstatus import warnings_status
from skypact.serve.webhook import Webhooks
from skypact.watch.life import Watch
from skypact.watch.rules import doctrine_of
from skypact.watch.sky import Finding

NONE = np.empty(0, np.int64)
RULES = """
[[recipient]]
name = "civil"
channels = ["{channel}"]
[[recipient]]
name = "ministry"
channels = ["webhook"]
[[doctrine]]
name = "tell"
tell = ["civil"]
within_s = 3
[[doctrine.escalate]]
tell = ["ministry"]
within_s = 3
"""


class Script:
    """Finds one matter from the first second on."""

    name, params = "ballistic", RuleParams()

    def look(self, sky):
        return [Finding("7", (7,), "extreme")] if sky.now_s >= START_S + 1.0 else []


class Unit:
    """A watch with its doctrine, webhooks to a server and what goes to them."""

    def __init__(self, folder, server, channel="webhook", past=(), **hook):
        (folder / "secret").write_text("0123456789abcdef0123456789abcdef")
        watching = watching_from_toml(RULES.format(channel=channel), "rules")
        settings = [
            Webhook(url=f"http://127.0.0.1:{server.port}/{name}", secret="secret", alerts=False,
                    recipients=(name,), tries=1, **hook)
            for name in ("civil", "ministry")
        ]  # fmt: skip
        recipients = watching.recipient
        self.deliveries = Deliveries(
            recipients, settings, lambda d: self.sink.desk.receive(d),
            lambda name: self.sink.desk.find(name),
        )  # fmt: skip
        self.deliveries.hooks = self.hooks = Webhooks(settings, folder, self.deliveries.receipt)
        self.sink = WatchSink(
            Watch([Script()], "north"), 1.0, doctrine=doctrine_of(watching, "north"),
            measure_sinks=[DoctrineFile(folder / "doctrine.jsonl"), self.deliveries],
            notices=NoticeFile(folder), past=past,
        )  # fmt: skip

    def look(self, *seconds):
        for s in seconds:
            self.sink.append(empty_rows(0), NONE, START_S + s)

    def states(self):
        return [(m.step, m.state, m.missing) for m in self.sink.doctrine.measures]

    def settle(self, n):
        """Wait until `n` deliveries have ended."""
        until(lambda: sum(len(hook.receipts) for hook in self.hooks.hooks) >= n)


@pytest.fixture
def server():
    made = Server(200)
    yield made
    made.close()


@pytest.fixture
def unit(tmp_path, server):
    made = Unit(tmp_path, server)
    yield made
    made.hooks.close()


def bodies(server):
    return [(path, json.loads(body)) for path, _, body in server.taken]


def test_a_measure_is_told_when_the_webhook_of_its_recipient_took_it(unit, server, tmp_path):
    unit.deliveries.begin(())
    unit.look(0, 1)
    assert unit.states() == [(0, "owed", ())]
    unit.settle(1)
    ((path, told),) = bodies(server)
    assert (path, told["type"], told["recipients"]) == ("/civil", "measure", ["civil"])
    assert told["measure"]["tell_by_s"] == START_S + 4.0
    assert told["alert"]["id"] == told["measure"]["alert"]
    unit.look(2, 3, 4, 5)
    assert unit.states() == [(0, "told", ())]
    assert unit.sink.doctrine.measures[0].times["told"] == START_S + 2.0
    notices = read_notices(tmp_path)
    assert [(look, n.recipient, n.channel) for look, n in notices] == [
        (START_S + 2.0, "civil", "webhook")
    ]


def test_a_measure_that_nobody_takes_is_overdue_and_goes_on_to_the_next(unit, server):
    server.answers[:] = [403, 200]
    unit.deliveries.begin(())
    unit.look(0, 1)
    unit.settle(1)
    unit.look(2, 3, 4)
    unit.settle(2)
    unit.look(5)
    assert [path for path, _ in bodies(server)] == ["/civil", "/ministry"]
    assert unit.states() == [(0, "escalated", ("civil by webhook",)), (1, "told", ())]


def test_a_replay_sends_nothing_and_makes_the_same_measures(unit, server, tmp_path):
    server.answers[:] = [403, 200]
    unit.deliveries.begin(())
    unit.look(0, 1)
    unit.settle(1)
    unit.look(2, 3, 4)
    unit.settle(2)
    unit.look(5, 6)
    again = tmp_path / "again"
    again.mkdir()
    repeated = Unit(again, server, past=read_notices(tmp_path))
    repeated.look(*range(7))
    repeated.hooks.close()
    assert len(server.taken) == 2
    live = (tmp_path / "doctrine.jsonl").read_bytes()
    assert (again / "doctrine.jsonl").read_bytes() == live
    assert b'"told"' in live


def test_what_was_owed_before_a_crash_is_sent_when_the_unit_has_caught_up(unit, server):
    unit.look(0, 1, 2)
    assert not server.taken
    unit.deliveries.begin(unit.sink.doctrine.untold)
    unit.settle(1)
    unit.look(3)
    assert unit.states() == [(0, "told", ())]


def cap_unit(folder, server, **hook):
    unit = Unit(folder, server, "cap", **hook)
    warnings = warnings_in(folder, [unit.deliveries.warn, WebhookSink(unit.hooks).warn])
    unit.deliveries.begin((), warnings.is_released)
    return unit, warnings


def raised(unit):
    return alert(id=unit.sink.desk.alive()[0].record.id)


def test_cap_tells_when_the_warning_is_released_and_not_when_it_is_drafted(tmp_path, server):
    unit, warnings = cap_unit(tmp_path, server, warnings="none")
    unit.look(0, 1)
    warnings.append_alerts([raised(unit)])
    unit.look(2)
    assert unit.states() == [(0, "owed", ())]
    warnings.release(raised(unit).id, "anna", "release", START_S + 2.5)
    unit.look(3)
    assert unit.states() == [(0, "told", ())]
    unit.hooks.close()
    assert server.taken == []


def test_cap_tells_who_took_a_signed_draft(tmp_path, server):
    unit, warnings = cap_unit(tmp_path, server, warnings="all")
    unit.look(0, 1)
    warnings.append_alerts([raised(unit)])
    unit.settle(2)
    unit.look(2)
    assert unit.states() == [(0, "told", ())]
    unit.hooks.close()


def test_a_warning_that_was_out_before_counts_at_once(tmp_path, server):
    unit, warnings = cap_unit(tmp_path, server, warnings="none")
    name = f"ballistic-7-{round((START_S + 1.0) * 1000.0)}"
    warnings.append_alerts([alert(id=name)])
    warnings.release(name, "anna", "release", START_S)
    unit.look(0, 1, 2)
    assert unit.states() == [(0, "told", ())]
    unit.hooks.close()


@pytest.mark.parametrize(("name", "known"), [("nobody", "civil, ministry"), ("duty", "ministry")])
def test_a_webhook_that_leads_to_nobody_is_refused(name, known):
    rules = RULES.format(channel="cap") + '[[recipient]]\nname = "duty"\nchannels = ["api"]\n'
    hook = Webhook(url="http://127.0.0.1:9/", secret="s", recipients=(name,))
    with pytest.raises(ConfigError, match=known):
        Deliveries(watching_from_toml(rules, "r").recipient, [hook], print, lambda _: None)


def test_status_tells_of_drafts_delays_and_what_nobody_took(tmp_path, server):
    server.answers[:] = [403]
    unit, warnings = cap_unit(tmp_path, server, warnings="all")
    counted = []
    status = lambda: warnings_status(warnings, unit.hooks.hooks, is_losing=counted.append)  # noqa: E731
    assert (status().state, status().delay_p95_s) == ("up", None)
    warnings.append_alerts([alert()])
    warnings.release("x", "eve", "view", START_S)
    unit.settle(2)
    told = status()
    assert (told.waiting, told.denied, told.undelivered, told.failed) == (1, 1, 2, 0)
    assert (told.state, counted[-1]) == ("degraded", 2)
    assert "403" in told.error
    assert told.delay_p95_s is not None
    unit.hooks.close()
    assert warnings_status(None, (), is_losing=lambda _: False).state == "off"
