"""How long a warning takes: from the state of an alert to the signed message on the disk.

``python -m benchmarks.warning [N]``. Ballistic alerts with areas of two hundred corners and twenty
districts become signed drafts in a folder on the disk, checked by the schema, and are released; the
stamps are those of `record.warnings.Delays`. The way before, from the report to the alert, is
the latency of the unit (`benchmarks.live`) and the period of the watch. Prints one JSON line per
figure.
"""

import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from skypact.encode.capalert import Warner
from skypact.model.store import AlertRecord
from skypact.record.capsign import SigningKey, verify
from skypact.record.warning_files import WarningFiles
from skypact.record.warnings import Warnings, Written
from skypact.rules.warning import WarningParams
from skypact.watch.release import Desk

ALERTS = 300
CORNERS = 200
DISTRICTS = 20
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


def main(arguments: list[str]) -> int:
    """Measure and print."""
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
