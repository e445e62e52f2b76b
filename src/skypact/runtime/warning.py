"""Wires alerts to warnings of the public and to webhooks."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from skypact.deploy import PublicWarnings
from skypact.encode.capalert import Warner
from skypact.errors import ConfigError
from skypact.model.store import AlertRecord
from skypact.record.alert_file import alert_line
from skypact.record.capsign import read_signing_key
from skypact.record.warning_files import WarningFiles
from skypact.record.warnings import Outlet, Warnings, Written
from skypact.rules.warning import WarningParams
from skypact.runtime.heard import Heard
from skypact.serve.kinds import Released
from skypact.serve.outputs import OutputSink
from skypact.serve.webhook import Receipt, Webhooks
from skypact.watch.release import Desk, Draft, Outcome, Waiting


def warnings_of(
    settings: PublicWarnings,
    params: WarningParams,
    unit: str,
    folder: Path,
    outlets: Sequence[Outlet] = (),
    heard: Heard | None = None,
) -> Warnings:
    """Make what a unit warns with.

    Parameters
    ----------
    settings : PublicWarnings
    params : WarningParams
    unit : str
    folder : Path
        That files of the settings are relative to.
    outlets : sequence of callables
        Get each message.
    heard : Heard, optional
        Tells when reports were received, for the delays.

    Raises
    ------
    ConfigError
        A key, a certificate or the folder cannot be used.
    """
    key = read_signing_key(folder / settings.key, folder / settings.certificate)
    warner = Warner(
        settings.sender,
        settings.sender_name,
        settings.contact,
        settings.web,
        settings.status,
        settings.note,
        settings.languages,
    )
    codes = {name: tuple(sorted(of.items())) for name, of in settings.geocodes.items()}
    try:
        files = WarningFiles(folder / (settings.folder or "warnings"))
    except OSError as error:
        raise ConfigError(f"warnings.folder: expected a folder to write to: {error}") from error
    desk = Desk(params, warner, unit, codes)
    if heard is None:
        return Warnings(desk, key, files, outlets)
    return Warnings(desk, key, files, outlets, heard.heard_s)


class ReleaseDesk:
    """Warnings as people decide on them (`serve.deciding.WarningDesk`), by the unit's clock.

    Parameters
    ----------
    warnings : Warnings
    now_s : callable
        UTC seconds.
    """

    def __init__(self, warnings: Warnings, now_s: Callable[[], float]) -> None:
        self._warnings, self._now_s = warnings, now_s

    def waiting(self) -> Sequence[Waiting]:
        """Return the drafts that wait for a person, the oldest first."""
        return self._warnings.waiting()

    def draft(self, alert: str) -> Draft | None:
        """Return the draft of an alert that waits; None where none waits."""
        return self._warnings.draft(alert)

    def release(self, alert: str, who: str, role: str) -> Outcome:
        """Release what waits (`Desk.release`)."""
        return self._warnings.release(alert, who, role, self._now_s())

    def refuse(self, alert: str, who: str, role: str, why: str) -> Outcome:
        """Decide not to release what waits (`Desk.refuse`)."""
        return self._warnings.refuse(alert, who, role, why, self._now_s())


class WebhookSink:
    """Gives alerts and warnings to webhooks (an `AlertSink`, and an `Outlet`)."""

    def __init__(self, hooks: Webhooks) -> None:
        self._hooks = hooks

    def append_alerts(self, alerts: list[AlertRecord]) -> None:
        """Put states of alerts into the queues."""
        for alert in alerts:
            self._hooks.tell_alert(alert_line(alert))

    def warn(self, written: Written) -> None:
        """Put a message into the queues."""
        message = written.message
        self._hooks.tell_warning(message.identifier, message.scope, written.xml)


class ReceiptFile:
    """Appends receipts of webhooks to a file, a line each."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, receipt: Receipt) -> None:
        """Write one; called from the threads of the webhooks.

        Raises
        ------
        OSError
            The disk takes nothing.
        """
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(receipt._asdict()) + b"\n")


def both(*notes: Callable[[Receipt], None]) -> Callable[[Receipt], None]:
    """Return what hands a receipt to each in turn; a fault of the last is the caller's."""

    def note(receipt: Receipt) -> None:
        for one in notes:
            one(receipt)

    return note


def released_to(outputs: OutputSink) -> Outlet:
    """Return what hands warnings to the public on to outputs; drafts stay here."""

    def warn(written: Written) -> None:
        if written.message.scope == "Public":
            outputs.append_released(Released(written.alert, written.message))

    return warn
