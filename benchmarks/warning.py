"""How long a warning takes: from the state of an alert to the signed message on the disk.

``python -m benchmarks.warning [N]``, ``python -m benchmarks.warning --live [SECONDS]``.

Ballistic alerts with areas of two hundred corners and twenty districts become signed drafts in a
folder on the disk, checked by the schema, and are released; the stamps are those of
`record.warnings.Delays`. Prints one JSON line per figure.

With ``--live`` a unit runs as a user would run it, but for its page: recording, store, tracker,
watch, warnings. Bytes of ASTERIX come by UDP on loopback from a sky with a ballistic flight every
ten seconds among 60 airliners under three radars. The delay is that from when the first report
since the look before was taken from the socket, of the track that an alert is of, until its signed
draft was on the disk (`runtime.heard`, `record.warnings.Delays`): the wait for the next step and
the next look included. Drafts are made of ``possible`` objects, too, which go the same way:
heights above 62 km do not fit into ASTERIX, so that few flights are decided.
"""

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
from benchmarks.live import Sender, cut, free_port
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from skypact.deploy import PublicWarnings, Unit
from skypact.encode.capalert import Warner
from skypact.model.store import AlertRecord
from skypact.record.capsign import SigningKey, verify
from skypact.record.simulated import without_biases
from skypact.record.union_file import union_to_toml
from skypact.record.warning_files import WarningFiles
from skypact.record.warnings import Warnings, Written
from skypact.rules import Watching
from skypact.rules.warning import WarningParams
from skypact.runtime.assembly import Assembly, Plan, plan_unit
from skypact.runtime.warming import warm_up
from skypact.serve.history import TrackHistory
from skypact.simulate import Scenario, Scene, load_sky_scenario
from skypact.watch.release import Desk

ALERTS = 300
CORNERS = 200
DISTRICTS = 20
LIVE_S = 300.0
SENDER = "warn.north.example"


def signing_key() -> SigningKey:
    """Make a key and its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SENDER)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1))
    builder = builder.not_valid_after(now + timedelta(days=1))
    return SigningKey(key, builder.sign(key, hashes.SHA256()))


def alert(number: int, time_s: float) -> AlertRecord:
    """Return a ballistic alert as the watch raises it."""
    turn = np.linspace(0.0, 2.0 * np.pi, CORNERS)
    ring = np.column_stack([25.0 + 0.5 * np.cos(turn), 54.0 + 0.3 * np.sin(turn)])
    ring[-1] = ring[0]
    districts = [
        {"name": f"District {i}", "first_s": time_s + 240.0, "last_s": time_s + 300.0}
        for i in range(DISTRICTS)
    ]
    evidence = {"probability": 0.99, "stage": "warning", "districts": districts}
    evidence |= {"first_s": time_s + 240.0, "last_s": time_s + 300.0}
    area = {"type": "Polygon", "coordinates": [ring.tolist()]}
    return AlertRecord(
        f"ballistic-{number}-1", "north", "ballistic", "raised", time_s, time_s + 240.0, (number,),
        "extreme", area, evidence,
    )  # fmt: skip


def row(name: str, seconds: list[float] | np.ndarray, share: float) -> None:
    """Print a percentile."""
    value = round(float(np.quantile(seconds, share)) * 1e3, 2)
    print(json.dumps({"name": name, "value": value, "unit": "ms", "peer": None, "ratio": None}))


def ballistic_sky() -> Scenario:
    """Return the scenario ``ballistic`` as ASTERIX can carry it, with flight after flight."""
    scenario = load_sky_scenario("ballistic")
    first = scenario.ballistic[0]
    flights = msgspec.structs.replace(first, count=60, interval_s=10.0, scatter_m=2e4, start_s=0.0)
    radars = [s for s in scenario.sensor if s.kind == "radar"]
    sensors = tuple(
        msgspec.structs.replace(s, format="asterix", range_max_m=min(s.range_max_m, 470_000.0))
        for s in radars
    )
    return msgspec.structs.replace(scenario, ballistic=(flights,), sensor=sensors)


def plan_in(folder: Path, scene: Scene, port: int) -> Plan:
    """Write keys and a union file; plan its unit."""
    key = signing_key()
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private = key.key.private_bytes(serialization.Encoding.PEM, *form)
    (folder / "warn.key").write_bytes(private)
    public = key.certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "warn.pem").write_bytes(public)
    warnings = PublicWarnings(
        sender=SENDER, status="Test", key="warn.key", certificate="warn.pem", note="benchmark"
    )
    unit = Unit(name="live", source=(f"udp://127.0.0.1:{port}",), warnings=warnings)
    watching = Watching(warning=WarningParams(least_severity="moderate"))
    union = msgspec.structs.replace(without_biases(scene.union), unit=(unit,), watch=watching)
    path, text = folder / "union.toml", union_to_toml(union)
    path.write_text(text)
    return plan_unit(union, unit, path, text, "benchmark")


def live(seconds: float) -> None:
    """Run a unit under a ballistic sky; print the delays of its drafts."""
    scenario = ballistic_sky()
    start_s = float(int(time.time() + 60.0 + 0.1 * seconds))
    scene = Scene(scenario, 1, start_s=start_s)
    stamps = []
    while scene.time_s < start_s + seconds:
        packets = scene.advance(scene.time_s + 2.0).packets
        stamps += [(ns / 1e9, octets) for ns, octets in cut(packets)]
    port = free_port()
    warm_up()
    with tempfile.TemporaryDirectory(dir=".") as name, ExitStack() as stack:
        made = stack.enter_context(Assembly(plan_in(Path(name), scene, port), TrackHistory()))
        warnings = next(sink for sink in made.alert_sinks if isinstance(sink, Warnings))
        sender = Sender(sorted(stamps), port)
        print(f"{start_s - time.time():.0f} s until the first packet", file=sys.stderr)
        sender.start()
        made.live.run(lambda: not sender.is_alive(), made.judge.look)
        delays = np.array(warnings.delays._delays_s)
        drafts = len(list((Path(name) / "live" / "warnings" / "drafts").iterdir()))
        figures = made.ticks.pipeline.figures()
    title = "report received to signed draft on the disk, live"
    for share in (0.5, 0.95, 0.99):
        row(f"{title}, p{round(share * 100)}", delays, share)
    for what, value in (
        ("drafts and their updates", drafts), ("alerts", figures["alerts"]),
        ("reports", figures["reports"]), ("failed", warnings.n_failed),
    ):  # fmt: skip
        print(json.dumps({"name": f"{title}: {what}", "value": value, "unit": ""}))


def main(arguments: list[str]) -> int:
    """Measure and print."""
    if arguments[:1] == ["--live"]:
        live(float(arguments[1]) if len(arguments) > 1 else LIVE_S)
        return 0
    n, key = int(arguments[0]) if arguments else ALERTS, signing_key()
    sent: list[Written] = []
    with tempfile.TemporaryDirectory(dir=".") as folder:
        desk = Desk(WarningParams(), Warner(SENDER), "north")
        warnings = Warnings(desk, key, WarningFiles(Path(folder)), [sent.append])
        released = []
        for number in range(n):
            told = alert(number, time.time())
            warnings.append_alerts([told])
            begun = time.perf_counter()
            warnings.release(told.id, "Anna", "release", time.time())
            released.append(time.perf_counter() - begun)
    drafts = [w.written_s - w.heard_s for w in sent if w.message.scope == "Restricted"]
    begun = time.perf_counter()
    for written in sent:
        verify(written.xml, {SENDER: [key.certificate]}, time.time())
    checked = [(time.perf_counter() - begun) / len(sent)]
    for share in (0.5, 0.95, 0.99):
        row(f"alert to signed draft on the disk, p{round(share * 100)}", drafts, share)
    row("release to signed public message on the disk, p95", released, 0.95)
    row("verify a message, mean", checked, 0.5)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
