"""A PostgreSQL server with PostGIS of the tests' own: a folder, a socket, no network."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

USER: Final = "skypact"
LOCKED: Final = "locked"
"""A user who needs a password."""
PASSWORD: Final = "open-sesame"
PACKAGES: Final = "postgresql-15 postgresql-15-postgis-3"
START_S: Final = 60
OPTIONS: Final = "-c listen_addresses='' -c fsync=off -c shared_buffers=64MB -c max_connections=40"


def server_folder() -> Path | None:
    """Folder of the newest server's programs."""
    on_path = shutil.which("pg_ctl")
    if on_path:
        return Path(on_path).resolve().parent
    found = Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")
    newest = max(found, key=lambda path: int(path.parts[-3]), default=None)
    return None if newest is None else newest.parent


def missing_server() -> str:
    """Tell why no server can be started; empty where one can."""
    folder = server_folder()
    if folder is None:
        return f"expected a PostgreSQL server; on Debian: apt-get install {PACKAGES}"
    command = [str(folder / "pg_config"), "--sharedir"]
    share = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if not (Path(share) / "extension" / "postgis.control").exists():
        return f"expected PostGIS for PostgreSQL; on Debian: apt-get install {PACKAGES}"
    return ""


class PostgresServer:
    """Started and stopped at will; its databases are gone with it.

    The server refuses to run for root, who therefore lends it to another user.
    """

    def __init__(self) -> None:
        folder = server_folder()
        if folder is None:
            raise FileNotFoundError(missing_server())
        self._bin = folder
        self.folder = Path(tempfile.mkdtemp(prefix="skypact-pg-"))
        self._as: list[str] = []
        self._n_databases = 0
        if os.name == "posix" and os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self._as = ["runuser", "-u", "postgres", "--"]
        made = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-locale", "--no-sync"]
        self._run("initdb", "-D", str(self.folder / "data"), *made)
        rules = self.folder / "data" / "pg_hba.conf"
        asked = f"local all {LOCKED} scram-sha-256\n"
        rules.write_text(asked + rules.read_text("utf-8"), "utf-8")

    def _run(self, program: str, *arguments: str) -> str:
        command = [*self._as, str(self._bin / program), *arguments]
        with (self.folder.parent / f"{self.folder.name}.out").open("w+") as out:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/", check=False
            )
            out.seek(0)
            said = out.read()
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}: {said}")
        return said

    def start(self) -> None:
        """Start, or start again; return when it takes connections."""
        log, options = str(self.folder / "log"), f"{OPTIONS} -c unix_socket_directories="
        control = ["-D", str(self.folder / "data"), "-l", log, "-w", "-t", str(START_S)]
        self._run("pg_ctl", "start", *control, "-o", f"{options}'{self.folder}'")
        if not self._n_databases:
            self._n_databases = 1
            self.sql("CREATE DATABASE template_postgis", "postgres")
            self.sql("CREATE EXTENSION postgis", "template_postgis")
            self.sql(f"CREATE USER {LOCKED} PASSWORD '{PASSWORD}'", "postgres")

    def stop(self, how: str = "fast") -> None:
        """Stop: ``fast``, or ``immediate`` as in a crash."""
        self._run("pg_ctl", "stop", "-D", str(self.folder / "data"), "-m", how, "-w")

    def sql(self, statement: str, database: str) -> str:
        """Run a statement; return its rows as text."""
        options = ["-h", str(self.folder), "-U", USER, "-d", database, "-v", "ON_ERROR_STOP=1"]
        return self._run("psql", *options, "-X", "-A", "-t", "-q", "-c", statement)

    def database(self, extension: bool = True) -> str:
        """Make an empty database, with or without PostGIS; return its address."""
        name = f"picture_{self._n_databases}"
        self._n_databases += 1
        template = "template_postgis" if extension else "template1"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}", "postgres")
        return self.url(name)

    def url(self, database: str, user: str = USER) -> str:
        """Address of a database."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def remove(self) -> None:
        """Stop it and remove all that it wrote."""
        try:
            if (self.folder / "data" / "postmaster.pid").exists():
                self.stop("immediate")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.with_name(f"{self.folder.name}.out").unlink(missing_ok=True)
