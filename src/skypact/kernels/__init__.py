"""All compiled code. Importing this package sets the compile cache, so import it before numba.

A helper edited in another file leaves a cached kernel stale, and a kernel cached without bounds
checks is reused with them on. The cache therefore lives in a folder named by a hash of every
source a kernel can read, the numba version and the mode. ``NUMBA_CACHE_DIR`` overrides it.
"""

import hashlib
import os
import sys
from importlib.metadata import version
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def source_hash() -> str:
    """Hash of what compiled code depends on: sources, numba's version, Python's, the mode."""
    digest = hashlib.sha256()
    paths = [*_PACKAGE.glob("kernels/**/*.py"), *_PACKAGE.glob("model/**/*.py")]
    for path in sorted([*paths, _PACKAGE / "units.py", _PACKAGE / "errors.py"]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    modes = [os.environ.get(f"NUMBA_{m}", "0") for m in ("BOUNDSCHECK", "DISABLE_JIT")]
    digest.update(f"{version('numba')} {sys.version_info[:2]} {modes}".encode())
    return digest.hexdigest()[:16]


def _cache_root() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "skypact"


def cache_folder() -> Path:
    """Folder of the compiled kernels of exactly this source."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    return Path(given) if given else _cache_root() / f"kernels-{source_hash()}"


if "numba" not in sys.modules and "NUMBA_CACHE_DIR" not in os.environ:
    os.environ["NUMBA_CACHE_DIR"] = str(cache_folder())
elif "NUMBA_CACHE_DIR" not in os.environ:
    import numba

    numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]
