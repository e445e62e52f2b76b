"""What the command line accepts. Nothing heavy is imported, so that ``--help`` is immediate."""

import argparse
import re
from datetime import date
from pathlib import Path
from typing import Final

from skypact.model.site import Site
from skypact.model.withhold import WITHHOLDABLE

WIDTH: Final = 96
MAX_SPEED: Final = float("inf")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Descriptions and examples as written, in a width that does not follow the terminal."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26, width=WIDTH)


def site(text: str) -> Site:
    """``SAC/SIC=LAT,LON,HEIGHT_M`` as a `Site`."""
    match = re.fullmatch(r"(\d+)/(\d+)=([-+.\d]+),([-+.\d]+),([-+.\d]+)", text)
    wrong = argparse.ArgumentTypeError(
        f"expected SAC/SIC=LAT,LON,HEIGHT_M such as 20/129=41.3007,2.1021,76.7, got {text}"
    )
    if not match:
        raise wrong
    try:
        lat_deg, lon_deg, height_m = (float(match[i]) for i in (3, 4, 5))
    except ValueError:
        raise wrong from None
    sac, sic = int(match[1]), int(match[2])
    in_range = abs(lat_deg) <= 90 and abs(lon_deg) <= 180 and -500 <= height_m <= 60_000
    if not in_range or sac > 255 or sic > 255:
        raise wrong
    return Site(sac, sic, lat_deg, lon_deg, height_m)


def speed(text: str) -> float:
    """``max`` or a positive factor."""
    try:
        value = MAX_SPEED if text == "max" else float(text)
    except ValueError:
        value = -1.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"expected max or a factor above 0, got {text}")
    return value


def positive(text: str) -> float:
    """Read a number above zero."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < MAX_SPEED:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return value


def port(text: str) -> int:
    """Read a TCP port; 0 lets the system choose."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, got {text}")
    return int(text)


def day(text: str) -> date:
    """``YYYY-MM-DD`` as a date."""
    try:
        value = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a date as 2024-11-21, got {text}") from None
    if not 1970 <= value.year <= 2200:
        raise argparse.ArgumentTypeError(f"expected a year from 1970 to 2200, got {text}")
    return value


def columns(text: str) -> tuple[str, ...]:
    """Names of what to withhold from the tracker, separated by commas."""
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [name for name in names if name not in WITHHOLDABLE]
    if unknown or not names:
        known = ", ".join(sorted(WITHHOLDABLE))
        raise argparse.ArgumentTypeError(f"expected some of {known}, got {text}")
    return names


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    usage: str,
    text: str,
    examples: list[str],
) -> argparse.ArgumentParser:
    lines = "\n".join(f"  {example}" for example in examples)
    return commands.add_parser(
        name,
        prog=f"skypact {name}",
        usage=f"skypact {name} {usage}".rstrip(),
        help=re.split(r"\.\s", text)[0].rstrip("."),
        description=text,
        epilog=f"examples:\n{lines}",
        formatter_class=_Help,
        allow_abbrev=False,
    )


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", nargs="+", type=Path, metavar="INPUT", help="recording to read")
    parser.add_argument(
        "--date",
        type=day,
        metavar="YYYY-MM-DD",
        help="day of a raw recording, which holds only the time of day (1970-01-01)",
    )


def _add_decode(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(
        commands,
        "decode",
        "INPUT... [options]",
        "Bytes to reports. Reads raw ASTERIX, FINAL and ORADIS framing, pcap and pcapng.\n"
        "Exits 0 with at least one record (errors are counted), 1 with none, 2 for a missing path.",
        [
            "skypact decode radar.ast",
            "skypact decode radar.ast --date 2023-05-02 --json",
            "skypact decode lan1.pcap lan2.pcap --out reports.parquet",
            "skypact decode tracker.ff --json | python -m json.tool",
            "skypact decode capture.pcapng --json | grep -o '\"errors\":{[^}]*}'",
        ],
    )
    _add_inputs(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the reports as Parquet")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON on stdout")


def _add_replay(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(
        commands,
        "replay",
        "INPUT... [options]",
        "Recorded input through the live pipeline. The summary goes to stdout as JSON.\n"
        "Inputs are what `decode` reads, and reports.parquet; several are merged by arrival.\n"
        "Radar sites come from --union, --site or the recording's own CAT034.",
        [
            "skypact replay radar.ast --date 2023-05-02 --site 20/129=41.30,2.10,76.7 --out run",
            "skypact replay radar.ast --site 20/129=41.3007,2.1021,76.7 --serve",
            "skypact replay smr.ast mlat.ast --union airport.toml --out run",
            "skypact replay capture.pcap --union union.toml --speed 10",
            "skypact replay reports.parquet --union union.toml --withhold icao,velocity",
        ],
    )
    _add_inputs(parser)
    parser.add_argument("--union", type=Path, metavar="FILE", help="union file with the sensors")
    parser.add_argument(
        "--site",
        type=site,
        action="append",
        default=[],
        metavar="SAC/SIC=LAT,LON,H",
        help="where a sensor stands: degrees WGS-84, antenna metres above the ellipsoid",
    )
    parser.add_argument(
        "--speed", type=speed, metavar="X|max", help="factor of real time (max; pages show 1)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write tracks.parquet and summary.json here"
    )
    parser.add_argument(
        "--withhold",
        type=columns,
        default=(),
        metavar="A,B",
        help=f"hide from the tracker: {', '.join(sorted(WITHHOLDABLE))}",
    )
    parser.add_argument(
        "--serve", action="store_true", help="show the tracks on a map until stopped"
    )
    parser.add_argument(
        "--port", type=port, default=8600, metavar="P", help="port of the map (8600)"
    )


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(
        commands,
        "demo",
        "[options]",
        "The built-in union: simulated sensors of three members over a real border, live.\n"
        "Sensors produce ASTERIX bytes that are decoded and tracked like any feed.",
        [
            "skypact demo",
            "skypact demo --port 0 --seconds 600",
            "skypact demo --headless --seconds 30",
            "skypact demo --headless --seconds 30 | python -m json.tool",
            "skypact demo --seed 7",
        ],
    )
    parser.add_argument("--headless", action="store_true", help="no page; JSON summary at the end")
    parser.add_argument(
        "--seconds", type=positive, metavar="N", help="stop after so long (until interrupted)"
    )
    parser.add_argument(
        "--port", type=port, default=8600, metavar="P", help="port of the map (8600)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the scene (1)")


def _add_doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(
        commands,
        "doctor",
        "[UNION.toml] [options]",
        "Checks the installation and a union file, and says what to do.\n"
        "Exits 0 when nothing failed; warnings do not fail.",
        [
            "skypact doctor",
            "skypact doctor union.toml",
            "skypact doctor union.toml --json",
            "skypact doctor --port 8700",
            "skypact doctor --json | python -m json.tool",
        ],
    )
    parser.add_argument("union", nargs="?", type=Path, metavar="UNION.toml", help="union to check")
    parser.add_argument(
        "--port", type=port, default=8600, metavar="P", help="port that the map will use (8600)"
    )
    parser.add_argument("--json", action="store_true", help="print the checks as JSON on stdout")


def parser() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="skypact",
        usage="skypact COMMAND [options]",
        description="One air picture for a union of members.",
        epilog="examples:\n  skypact demo\n  skypact replay radar.ast --serve\n"
        "  skypact decode radar.ast --json\n  skypact doctor\n  skypact replay --help",
        formatter_class=_Help,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="store_true", help="print the version")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for add in (_add_demo, _add_replay, _add_decode, _add_doctor):
        add(commands)
    return top


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line; exits as argparse does (2 when it is wrong, 0 after ``--help``)."""
    top = parser()
    args = top.parse_args(argv)
    if args.version:
        args.command = "version"
    if args.command is None:
        top.error("expected a command: demo, replay, decode, doctor")
    return args
