import json

import msgspec
import pytest
from tests.naive.certificates import make_certificates
from tests.naive.warned import alert

from skypact.deploy import PublicWarnings, Unit, Webhook
from skypact.errors import ConfigError
from skypact.record.capschema import parse
from skypact.rules import watching_from_toml
from skypact.rules.warning import WarningParams
from skypact.runtime.warning import ReceiptFile, WebhookSink, warnings_of
from skypact.serve.webhook import Webhooks

SETTINGS = {
    "sender": "warn.north.example", "status": "Exercise", "note": "Autumn exercise",
    "key": "north.key", "certificate": "north.pem",
    "geocodes": {"Vilnius": {"NUTS3": "LT011"}},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    make_certificates(tmp_path, ["north"])
    return tmp_path


def test_unit_warns_in_its_name_with_its_key(folder):
    unit = msgspec.convert({"name": "north", "warnings": SETTINGS}, Unit)
    sent = []
    warnings = warnings_of(unit.warnings, WarningParams(), unit.name, folder, [sent.append])
    warnings.append_alerts([alert(evidence={"districts": [{"name": "Vilnius"}]})])
    xml = sent[0].xml
    parse(xml)
    assert b"<sender>warn.north.example<" in xml
    assert b"<headline>EXERCISE: Take shelter now: Vilnius<" in xml
    assert b"<value>LT011<" in xml
    assert len(list((folder / "warnings" / "drafts").iterdir())) == 1


@pytest.mark.parametrize(
    "changed",
    [{"status": "Draft"}, {"status": "Exercise", "note": ""}, {"sender": "a b"}, {"languages": []}],
)
def test_settings_that_could_mislead_are_refused(changed):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(SETTINGS | changed, PublicWarnings)


@pytest.mark.parametrize("name", ["sender", "status", "key", "certificate"])
def test_nothing_warns_by_default(name):
    assert Unit(name="north").warnings is None
    settings = {key: value for key, value in SETTINGS.items() if key != name}
    with pytest.raises(msgspec.ValidationError, match=name):
        msgspec.convert(settings, PublicWarnings)


def test_missing_key_and_folder_are_told(folder):
    settings = msgspec.convert(SETTINGS | {"key": "none.key"}, PublicWarnings)
    with pytest.raises(ConfigError, match=r"none\.key"):
        warnings_of(settings, WarningParams(), "north", folder)
    (folder / "taken").write_text("")
    settings = msgspec.convert(SETTINGS | {"folder": "taken"}, PublicWarnings)
    with pytest.raises(ConfigError, match=r"warnings\.folder"):
        warnings_of(settings, WarningParams(), "north", folder)


def test_rule_files_say_what_becomes_a_warning():
    watching = watching_from_toml('[warning]\nrules = ["area"]\nrenewed_by = "person"\n', "a")
    assert watching.warning.rules == ("area",)
    with pytest.raises(ConfigError):
        watching_from_toml('[warning]\nrestriction = ""\n', "a")


def test_webhooks_get_alerts_and_warnings_and_leave_receipts(folder):
    (folder / "secret").write_text("0123456789abcdef0123456789abcdef")
    # Port 9 of loopback refuses: the receipts are what matters here.
    hook = Webhook(url="http://127.0.0.1:9/", secret="secret", warnings="all", tries=1)
    hooks = Webhooks([hook], folder, ReceiptFile(folder / "receipts.jsonl"))
    sink = WebhookSink(hooks)
    settings = msgspec.convert(SETTINGS, PublicWarnings)
    warnings = warnings_of(settings, WarningParams(), "north", folder, [sink.warn])
    sink.append_alerts([alert(event_time_s=float("nan"))])
    warnings.append_alerts([alert()])
    hooks.close()
    lines = (folder / "receipts.jsonl").read_text().splitlines()
    receipts = [json.loads(line) for line in lines]
    assert sorted(receipt["kind"] for receipt in receipts) == ["alert", "warning"]
    assert {receipt["state"] for receipt in receipts} == {"given up"}
