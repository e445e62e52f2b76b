"""What the command line accepts. Nothing heavy is imported, so that ``--help`` is immediate."""

import argparse
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from skypact.model.site import Site
from skypact.model.withhold import WITHHOLDABLE

WIDTH: Final = 96
MAX_SPEED: Final = float("inf")
TOKEN_ROLES: Final = ("view", "operate", "release")
"""As in `serve.access`, which is not imported for ``--help``."""


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


def seed(text: str) -> int:
    """Read a seed: a whole number that is not negative."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise argparse.ArgumentTypeError(f"expected a whole number from 0, got {text}")
    return int(text)


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


def instant(text: str) -> float:
    """Seconds UTC since 1970, as such or as ``2024-11-21T04:00:00``."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a time as 2024-11-21T04:00:00 (UTC) or seconds since 1970, got {text}"
        ) from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def renamed(text: str) -> dict[str, str]:
    """``OURS=THEIRS,...``: names of columns in a foreign file, by our names."""
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(ours.strip() and theirs.strip() for ours, _, theirs in pairs):
        raise argparse.ArgumentTypeError(f"expected OURS=THEIRS,... such as track=id, got {text}")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


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
        "Bytes to reports. Reads raw ASTERIX, FINAL and ORADIS framing, pcap and pcapng;\n"
        "of receivers Beast, AVR, SBS-1, JSON, CSV, aircraft.json and remote identification;\n"
        "folders that units record to.\n"
        "Exits 0 with at least one record (errors are counted), 1 with none, 2 for a missing path.",
        [
            "skypact decode radar.ast",
            "skypact decode radar.ast --date 2023-05-02 --json",
            "skypact decode lan1.pcap lan2.pcap --out reports.parquet",
            "skypact decode tracker.ff --json | python -m json.tool",
            "skypact decode roof.beast --date 2024-11-21 --out reports.parquet",
        ],
    )
    _add_inputs(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the reports as Parquet")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON on stdout")


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rules",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="watch for what this file says instead of the union file's [watch], and report how"
        " often each rule tells; given again, what each file would have raised is compared with"
        " the first",
    )
    parser.add_argument(
        "--truth",
        type=Path,
        metavar="FILE",
        help="judge alerts by where everybody really was: truth.parquet of `simulate`, or another"
        " table that `evaluate --truth` reads",
    )
    parser.add_argument(
        "--events",
        type=Path,
        metavar="FILE",
        help="and by what paths do not tell: events.jsonl of `simulate`, or your own",
    )


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
            "skypact replay smr.ast mlat.ast --union airport.toml --out run --checkpoint state",
            "skypact replay reports.parquet --union union.toml --rules watch.toml"
            " --truth truth.parquet",
            "skypact replay radar.ast --union union.toml --rules now.toml --rules new.toml",
            "skypact replay north --union union.toml --unit north --serve --speed 1",
        ],
    )
    _add_inputs(parser)
    parser.add_argument("--union", type=Path, metavar="FILE", help="union file with the sensors")
    parser.add_argument(
        "--unit", metavar="NAME", help="repeat the run of this unit of the union file, bit for bit"
    )
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
        "--out",
        type=Path,
        metavar="DIR",
        help="write tracks.parquet, alerts.jsonl and summary.json here",
    )
    _add_rules(parser)
    parser.add_argument(
        "--smooth",
        action="store_true",
        help="write tracks smoothed by all their reports: what happened, for reference",
    )
    parser.add_argument(
        "--withhold",
        type=columns,
        default=(),
        metavar="A,B",
        help=f"hide from the tracker: {', '.join(sorted(WITHHOLDABLE))}",
    )
    parser.add_argument(
        "--no-registration",
        action="store_true",
        help="leave the sensors' biases in: neither estimate nor remove them",
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="keep the state here, each minute of the recording and at its end; what is held back"
        " then waits for --resume",
    )
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="go on from a checkpoint, with the rest of the recording or the whole again",
    )
    parser.add_argument(
        "--serve", action="store_true", help="show the tracks on a map until stopped"
    )
    parser.add_argument(
        "--port", type=port, default=8600, metavar="P", help="port of the map (8600)"
    )


def _add_record(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(
        commands,
        "record",
        "UNION.toml --unit NAME --out DIR [options]",
        "What a unit's sources bring, byte for byte, as pcapng segments with an index.\n"
        "Nothing is tracked. Rotation and limits are those of the unit's [unit.record]; a table\n"
        "of reports is made beside each ended segment. `replay` and `decode` take the folder.",
        [
            "skypact record union.toml --unit north --out recording",
            "skypact record union.toml --unit north --out recording --seconds 3600",
            "skypact record union.toml --unit north --out recording | python -m json.tool",
            "skypact record union.toml --unit tower --out /var/lib/skypact/tower",
            "skypact record union.toml --unit roof --out roof --seconds 60",
        ],
    )
    parser.add_argument("union", type=Path, metavar="UNION.toml", help="file with the unit")
    parser.add_argument("--unit", required=True, metavar="NAME", help="whose sources")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of the segments"
    )
    parser.add_argument(
        "--seconds", type=positive, metavar="N", help="stop after so long (until interrupted)"
    )


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(
        commands,
        "run",
        "UNION.toml --unit NAME [options]",
        "One live unit: takes in its sources, records them, tracks, shows and keeps the picture.\n"
        "SIGTERM and Ctrl-C end it in order; after a crash it goes on where it was.",
        [
            "skypact run union.toml --unit north",
            "skypact run union.toml --unit north --seconds 3600 > summary.json",
            "skypact run union.toml --unit north --standby",
            "skypact run live/union.toml --unit all",
            "skypact run union.toml --unit tower --seconds 60 | python -m json.tool",
        ],
    )
    parser.add_argument("union", type=Path, metavar="UNION.toml", help="file with a [[unit]] entry")
    parser.add_argument("--unit", required=True, metavar="NAME", help="which of its units")
    parser.add_argument(
        "--seconds", type=positive, metavar="N", help="stop after so long (until interrupted)"
    )
    parser.add_argument(
        "--standby",
        action="store_true",
        help="wait beside the process that runs the unit; take over when it dies or hangs",
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
    parser.add_argument("--seed", type=seed, default=1, metavar="N", help="seed of the scene (1)")


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


def _add_token(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(
        commands,
        "token",
        "ROLE [--name TEXT]",
        "A new token for reading a unit over the network, and its line for the file of tokens.\n"
        "The line goes to stdout, the token to stderr. Each role may do what those before it may.",
        [
            "skypact token view",
            "skypact token view >> tokens.txt",
            "skypact token operate --name 'watch desk' >> tokens.txt",
            "skypact token release --name 'duty officer' >> tokens.txt",
            "skypact token view --name grafana >> /etc/skypact/tokens",
        ],
    )
    parser.add_argument("role", choices=TOKEN_ROLES, metavar="ROLE", help=", ".join(TOKEN_ROLES))
    parser.add_argument("--name", default="", metavar="TEXT", help="remark: whose it is")


def _add_simulate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(
        commands,
        "simulate",
        "SCENARIO --out DIR [options]",
        "A scenario and a seed to truth, reports and real sensor bytes.\n"
        "SCENARIO is a TOML file or a shipped name: ballistic, balloons, bias-30-radars, border,\n"
        "clutter, crossing, enroute-30-radars, quiet, scale-N, spoofing, swarm, terminal,\n"
        "vo-linear, vo-turn, williams15 and its variants. The same seed gives the same bytes.",
        [
            "skypact simulate border --seed 1 --out scene",
            "skypact simulate my.toml --seed 7 --out scene --seconds 300",
            "skypact simulate scale-1000 --out thousand --seconds 60",
            "skypact simulate terminal --out scene | python -m json.tool",
            "skypact simulate border --out live --send udp://127.0.0.1:9600",
        ],
    )
    parser.add_argument("scenario", metavar="SCENARIO", help="file or shipped name")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of the files"
    )
    parser.add_argument("--seed", type=seed, default=1, metavar="N", help="of every draw (1)")
    parser.add_argument(
        "--seconds", type=positive, metavar="S", help="how long (what the scenario says)"
    )
    parser.add_argument(
        "--send",
        metavar="udp://HOST:PORT",
        help="send live, as sensors do, until stopped; DIR gets a union file of who hears them",
    )


EVALUATE_FLAGS: Final = (
    ("step", "step_s", "S", "seconds between the instants at which sets are compared (1)"),
    ("dimensions", "dimensions", "2|3", "distances across the vertical, or in space (2)"),
    ("match", "match_m", "M", "farthest that a track may be from its object (2000)"),
    ("pause", "pause_s", "S", "time without a track that counts as a pause (30)"),
    ("gospa-c", "gospa_c_m", "M", "GOSPA: cut-off (1000)"),
    ("gospa-p", "gospa_p", "P", "GOSPA: order (2)"),
    ("gospa-alpha", "gospa_alpha", "A", "GOSPA: alpha (2)"),
    ("tgospa-gamma", "tgospa_gamma_m", "M", "trajectory GOSPA: cost of a change of track (as c)"),
    ("ospa-c", "ospa_c_m", "M", "OSPA, OSPA(2): cut-off (1000)"),
    ("ospa-p", "ospa_p", "P", "OSPA, OSPA(2): order (1)"),
    ("ospa2-window", "ospa2_window_s", "S", "OSPA(2): seconds that tracks are compared over (10)"),
)
"""Flag, field of `evaluate.params.EvaluateParams`, metavar and text; all are numbers above 0."""


def _add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _command(
        commands,
        "evaluate",
        "--tracks FILE --truth FILE [options]",
        "Tracks judged by the truth: errors, sets, consistency, continuity, floors, requirements.\n"
        "Tracks: Parquet or CSV with the columns of tracks.parquet, or a CAT062 recording.\n"
        "Truth: Parquet or CSV, recorded trajectories, ADS-B reports or a recording with CAT021.\n"
        "JSON goes to stdout, a table to stderr. A requirement that is not met changes the exit\n"
        "code only with --strict.",
        [
            "skypact evaluate --tracks run/tracks.parquet --truth scene/truth.parquet",
            "skypact evaluate --tracks run/tracks.parquet --truth scene/truth.parquet "
            "--reports scene/reports.parquet --union scene/union.toml --html report.html",
            "skypact evaluate --tracks tracker.ff --date 2023-05-02 --truth adsb.parquet "
            "--requirements surveillance-5nm",
            "skypact evaluate --tracks theirs.csv --columns track=id,time_s=t --truth truth.csv",
            "skypact evaluate --tracks a.parquet --truth truth.parquet --gospa-c 100 --dimensions 3"
            " | python -m json.tool",
        ],
    )
    files = parser.add_argument_group("files")
    files.add_argument("--tracks", type=Path, required=True, metavar="FILE", help="who is judged")
    files.add_argument("--truth", type=Path, required=True, metavar="FILE", help="by what")
    files.add_argument(
        "--reports", type=Path, metavar="FILE", help="what was tracked, for floors and delays"
    )
    files.add_argument("--union", type=Path, metavar="FILE", help="sensors of those reports")
    files.add_argument(
        "--scenario", metavar="NAME|FILE", help="flat scene whose own model the floors use"
    )
    files.add_argument(
        "--columns", type=renamed, default={}, metavar="OURS=THEIRS,...", help="names in --tracks"
    )
    files.add_argument(
        "--truth-columns", type=renamed, default={}, metavar="OURS=THEIRS,...",
        help="names in --truth",
    )  # fmt: skip
    files.add_argument(
        "--date", type=day, metavar="YYYY-MM-DD", help="day of a recording that holds none"
    )
    files.add_argument("--html", type=Path, metavar="FILE", help="write a report with plots")
    parser.add_argument(
        "--requirements",
        action="append",
        default=[],
        metavar="NAME",
        help="set to check; repeatable",
    )
    parser.add_argument(
        "--strict", action="store_true", help="exit 1 when a requirement is not met"
    )
    parser.add_argument("--start", type=instant, metavar="T", help="judge from this time (all)")
    parser.add_argument("--end", type=instant, metavar="T", help="judge until this time (all)")
    parser.add_argument(
        "--tentative", action="store_true", help="judge rows that are not confirmed, too"
    )
    numbers = parser.add_argument_group("parameters, printed with the result")
    for flag, field, metavar, text in EVALUATE_FLAGS:
        numbers.add_argument(f"--{flag}", type=positive, dest=field, metavar=metavar, help=text)


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
    for add in (
        _add_demo,
        _add_run,
        _add_replay,
        _add_record,
        _add_decode,
        _add_simulate,
        _add_evaluate,
        _add_token,
        _add_doctor,
    ):
        add(commands)
    return top


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line; exits as argparse does (2 when it is wrong, 0 after ``--help``)."""
    top = parser()
    args = top.parse_args(argv)
    if args.version:
        args.command = "version"
    if args.command is None:
        names = "demo, run, replay, record, decode, simulate, evaluate, token, doctor"
        top.error(f"expected a command: {names}")
    return args
