import pytest
from tests.naive.warned import NORTH, NOW_S, alert, key_of

from skypact.encode.caprules import text_of
from skypact.errors import RecordingError
from skypact.record.capschema import parse
from skypact.record.capsign import verify
from skypact.record.warning_files import WarningFiles
from skypact.record.warnings import Warnings
from skypact.rules.warning import WarningParams
from skypact.watch.release import Desk

ID = alert().id


class Desktop:
    """Warnings in a folder, and what came out of them."""

    def __init__(self, folder, **options):
        self.folder, self.sent = folder, []
        self.key = key_of(folder.parent)
        desk = Desk(WarningParams(), NORTH, "north")
        self.files = WarningFiles(folder)
        self.warnings = Warnings(desk, self.key, self.files, [self.sent.append], **options)

    def names(self, place):
        return sorted(path.name for path in (self.folder / place).iterdir())


@pytest.fixture
def desktop(tmp_path):
    return Desktop(tmp_path / "warnings")


def test_draft_is_signed_kept_and_sent(desktop):
    desktop.warnings.append_alerts([alert()])
    (written,) = desktop.sent
    path = desktop.folder / "drafts" / f"{written.message.identifier}.xml"
    assert path.read_bytes() == written.xml
    made_s = desktop.key.certificate.not_valid_before_utc.timestamp() + 3600.0
    found = verify(written.xml, {NORTH.sender: [desktop.key.certificate]}, made_s)
    assert text_of(found.alert, "scope") == "Restricted"
    assert desktop.names("released") == []


def test_release_is_signed_anew_and_each_step_is_recorded(desktop):
    desktop.warnings.append_alerts([alert()])
    desktop.warnings.release(ID, "Carl", "view", NOW_S + 1.0)
    desktop.warnings.refuse(ID, "Anna", "release", "a balloon", NOW_S + 2.0)
    desktop.warnings.release(ID, "Bert", "release", NOW_S + 3.0)
    desktop.warnings.append_alerts([alert("cleared", NOW_S + 60.0)])
    steps = desktop.files.steps()
    assert [s.action for s in steps] == ["drafted", "denied", "refused", "released", "cancelled"]
    assert [s.who for s in steps] == ["north", "Carl", "Anna", "Bert", "north"]
    assert [s.time_s - NOW_S for s in steps] == [0.0, 1.0, 2.0, 3.0, 60.0]
    assert len(desktop.names("released")) == 2
    draft, public, _ = (parse(written.xml) for written in desktop.sent)
    assert draft[-1][1].text != public[-1][1].text  # the values of the signatures


def test_restart_takes_up_the_chain(desktop):
    desktop.warnings.append_alerts([alert()])
    again = Desktop(desktop.folder)
    again.warnings.append_alerts([alert()])
    assert again.sent == []
    assert len(again.warnings.waiting()) == 1
    again.warnings.release(ID, "Bert", "release", NOW_S + 3.0)
    assert again.sent[0].message.scope == "Public"


def test_message_that_was_kept_is_never_written_anew(desktop):
    desktop.warnings.append_alerts([alert()])
    (desktop.folder / "desk.msgpack").unlink()  # the process died before it was written
    again = Desktop(desktop.folder)
    again.warnings.append_alerts([alert()])
    assert again.sent[0].xml == desktop.sent[0].xml


def test_message_goes_out_when_the_disk_takes_nothing(desktop, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    for name in ("keep", "note", "save"):
        monkeypatch.setattr(desktop.files, name, full)
    desktop.warnings.append_alerts([alert()])
    assert len(desktop.sent) == 1
    assert desktop.warnings.error == "No space left on device"
    assert desktop.warnings.n_failed == 2


def test_outlet_at_fault_does_not_silence_the_others(desktop):
    def broken(_):
        raise RuntimeError("broken")

    desktop.warnings._outlets.insert(0, broken)
    desktop.warnings.append_alerts([alert()])
    assert len(desktop.sent) == 1
    assert "RuntimeError: broken" in desktop.warnings.error


def test_chain_is_kept_before_its_message_is_sent(desktop):
    kept = []
    desktop.warnings._outlets.append(lambda _: kept.append(desktop.files.load()))
    desktop.warnings.append_alerts([alert()])
    assert kept == [desktop.warnings._desk.pack()]


def test_message_that_cannot_be_made_is_counted_and_recorded(desktop):
    desktop.warnings._desk._warner = NORTH._replace(status="Exercise", note="")
    desktop.warnings.append_alerts([alert()])
    assert desktop.sent == []
    assert desktop.warnings.n_failed == 1
    assert [s.action for s in desktop.files.steps()] == ["drafted", "failed"]


def test_delays_are_from_the_report_heard_to_the_message_written(tmp_path):
    desktop = Desktop(
        tmp_path / "warnings", heard_s=lambda a: a.time_s - 0.5, clock=lambda: NOW_S + 1.0
    )
    assert desktop.warnings.delays.percentile_s(0.95) is None
    desktop.warnings.append_alerts([alert()])
    assert desktop.warnings.delays.percentile_s(0.95) == pytest.approx(1.5)
    desktop.warnings.release(ID, "Bert", "release", NOW_S + 3.0)
    assert desktop.warnings.delays.percentile_s(1.0) == pytest.approx(1.5)


def test_broken_state_is_refused(desktop):
    (desktop.folder / "desk.msgpack").write_bytes(b"broken")
    with pytest.raises(RecordingError, match="state of a warning desk"):
        Desktop(desktop.folder)


def test_line_that_was_cut_off_is_left_out_of_the_log(desktop):
    desktop.warnings.append_alerts([alert()])
    with (desktop.folder / "steps.jsonl").open("ab") as file:
        file.write(b'{"time_s": 1')
    assert [s.action for s in desktop.files.steps()] == ["drafted"]
