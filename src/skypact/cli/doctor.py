"""``skypact doctor``: is this installation fit to run, is this union file right, what to do."""

import argparse
import ctypes
import os
import socket
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

import msgspec

from skypact.cli.console import emit, existing_files, say
from skypact.errors import ConfigError

if TYPE_CHECKING:
    from skypact.config import Union

PACKAGES: Final = (
    "numpy", "numba", "pyarrow", "msgspec", "starlette", "uvicorn", "websockets", "rich",
)  # fmt: skip
SCHEMES: Final = {"udp", "tcp", "file"}
UNSYNCHRONISED: Final = 5
"""What adjtimex returns while the kernel's clock follows no reference (TIME_ERROR, timex.h)."""


class Check(msgspec.Struct, frozen=True):
    """One finding; `remedy` says what to do where the status is not ``ok``."""

    check: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str = ""


def check_python() -> Check:
    """Python 3.11 to 3.14."""
    found = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] < (3, 15):
        return Check("python", "ok", found)
    return Check("python", "fail", found, "use Python 3.11 to 3.14")


def check_packages() -> list[Check]:
    """Every run-time package is installed."""
    checks = []
    for name in PACKAGES:
        try:
            checks.append(Check(name, "ok", version(name)))
        except PackageNotFoundError:
            remedy = "pip install --require-hashes -r requirements.lock"
            checks.append(Check(name, "fail", "not installed", remedy))
    return checks


def check_kernels() -> Check:
    """Look for compiled kernels in their cache, and whether it can be written."""
    from skypact.kernels import cache_folder

    folder = cache_folder()
    n_kernels = sum(1 for _ in folder.rglob("*.nbi")) if folder.is_dir() else 0
    parent = next(p for p in [folder, *folder.parents] if p.exists())
    if not os.access(parent, os.W_OK):
        remedy = "set NUMBA_CACHE_DIR to a folder that can be written"
        return Check("kernel cache", "warn", f"{folder} cannot be written", remedy)
    if not n_kernels:
        remedy = "nothing; the first run compiles and shows its progress"
        return Check("kernel cache", "warn", f"{folder} is empty", remedy)
    return Check("kernel cache", "ok", f"{n_kernels} kernels in {folder}")


def check_page() -> Check:
    """Look for the page that is built with the package."""
    page = Path(__file__).resolve().parent.parent / "serve" / "static" / "index.html"
    if page.is_file():
        return Check("page", "ok", str(page.parent))
    return Check("page", "fail", f"no {page}", "install again: pip install --no-deps -e .")


def check_port(port: int) -> Check:
    """Nothing listens on the map's port."""
    name = f"port {port}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return Check(name, "warn", error.strerror or str(error), "choose another with --port")
    return Check(name, "ok", "free")


def check_clock(now_s: float, installed_s: float, state: int) -> Check:
    """Compare the clock with the installation; see whether it follows a reference."""
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now_s))
    if now_s < installed_s:
        remedy = "set the clock; times of reports are taken from it"
        return Check("clock", "fail", f"{shown} is before this package was installed", remedy)
    if state == UNSYNCHRONISED:
        remedy = "run chrony or another NTP client before joining live sensors"
        return Check("clock", "warn", f"{shown}, follows no reference", remedy)
    return Check("clock", "ok", shown)


def clock_state() -> int:
    """State of the kernel's clock, see `UNSYNCHRONISED`; 0 where the system does not tell."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(1024)))
    except (AttributeError, OSError, TypeError):
        return 0


def check_feed(name: str, url: str) -> Check:
    """See whether a sensor's source is a URL that can be read."""
    check = f"feed of {name}"
    remedy = "write udp://GROUP:PORT, tcp://HOST:PORT or file://PATH"
    if not url:
        return Check(check, "warn", "no source", "give one to run live; replay needs none")
    try:
        parts = urlsplit(url)
        has_port = parts.port is not None
    except ValueError as error:
        return Check(check, "fail", f"{url}: {error}", remedy)
    if parts.scheme not in SCHEMES or (parts.scheme != "file" and not has_port):
        return Check(check, "fail", f"expected a source URL, got {url}", remedy)
    return Check(check, "ok", url)


def check_union(path: Path) -> list[Check]:
    """See whether the file is valid, sensors have sites, feeds can be read."""
    from skypact.cli.intake import read_union
    from skypact.config import Union

    existing_files([path])
    try:
        union = read_union(path) or Union()
    except ConfigError as error:
        return [Check("union file", "fail", str(error), "see docs/reference/configuration.md")]
    n_members, n_sensors = len(union.member), len(union.sensor)
    checks = [Check("union file", "ok", f"{n_members} members, {n_sensors} sensors")]
    for sensor in union.sensor:
        if union.frame == "earth" and (sensor.lat is None or sensor.lon is None):
            remedy = "give lat and lon, unless its reports carry positions"
            checks.append(Check(f"site of {sensor.name}", "warn", "unknown", remedy))
        checks.append(check_feed(sensor.name, sensor.source))
    return checks + check_telling(union)


def check_telling(union: "Union") -> list[Check]:
    """See whether each unit has ways to those whom the doctrine tells."""
    checks = []
    told = {name for e in union.watch.doctrine for s in (e, *e.escalate) for name in s.tell}
    for unit in union.unit:
        leads = {name for hook in unit.webhook for name in hook.recipients}
        for one in union.watch.recipient:
            what = f"{unit.name} tells {one.name}"
            if one.name not in told:
                continue
            if "webhook" in one.channels and one.name not in leads:
                remedy = "name them in recipients of a [[unit.webhook]]"
                checks.append(Check(what, "warn", "no webhook leads to them", remedy))
            if "cap" in one.channels and unit.warnings is None:
                checks.append(Check(what, "warn", "it makes no warnings", "give [unit.warnings]"))
    return checks


def run(args: argparse.Namespace) -> int:
    """Run all checks; 1 when one fails."""
    installed_s = Path(__file__).stat().st_mtime
    checks = [check_python(), *check_packages(), check_kernels(), check_page()]
    checks += [check_port(args.port), check_clock(time.time(), installed_s, clock_state())]
    if args.union is not None:
        checks += check_union(args.union)
    if args.json:
        emit({"checks": checks, "ok": all(c.status != "fail" for c in checks)})
    else:
        for c in checks:
            say(f"{c.status:4}  {c.check}: {c.detail}" + (f" -> {c.remedy}" if c.remedy else ""))
    return int(any(c.status == "fail" for c in checks))
