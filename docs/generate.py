"""Write the reference pages that come from the code, and check the links of all pages.

``make docs`` runs it; a test compares its output with the files.
"""

import ast
import importlib
import re
import sys
from pathlib import Path

import msgspec

from skypact import config, deploy, errors
from skypact.cli.args import parser
from skypact.decode.asterix.registry import EDITIONS
from skypact.decode.asterix.services import STATUSES
from skypact.decode.asterix.targets import TARGETS
from skypact.model import reports, tracks, truth
from skypact.record.postgres_link import migrations
from skypact.record.store_tables import ALERTS, ENDED, SENSORS
from skypact.record.tables import reports_to_arrow, tracks_to_arrow, truth_to_arrow
from skypact.rules import Watching
from skypact.serve import openapi, problem
from skypact.serve import query as api_query
from skypact.serve.operation import Operation
from skypact.serve.operations import OPERATIONS
from skypact.simulate import parts, scenario
from skypact.simulate.flat import schema
from skypact.sources.url import NETWORK, OPTIONS
from skypact.track import params as track_params

DOCS = Path(__file__).resolve().parent
MEANING = {
    "target": "Number of the object, never used twice in a file.",
    "x_m": "East, in the plane.",
    "azimuth_deg_per_h": "Drift of the azimuth bias.",
    "range_m_per_h": "Drift of the range bias.",
    "time_s_per_h": "Drift of the clock.",
    "step_range_m": "Jump of the range bias.",
    "step_azimuth_deg": "Jump of the azimuth bias.",
    "step_time_s": "Jump of the clock.",
    "height_m": "Height above the WGS-84 ellipsoid, of wind: the levels.",
    "radius_m": "Radius.",
    "count": "How many.",
    "interval_s": "Between two of them.",
    "from_lat": "Where it begins, degrees north.",
    "from_lon": "Where it begins, degrees east.",
    "to_lat": "Where it ends, degrees north.",
    "to_lon": "Where it ends, degrees east.",
    "start_s": "Begin, seconds after the scene's start.",
    "end_s": "End, seconds after the scene's start.",
    "speed_mps": "Speed.",
    "course_deg": "Course over ground.",
    "transponder": "Share with a transponder.",
    "modes": "Share of those with Mode S.",
    "adsb": "Share of those that broadcast ADS-B.",
    "cross_section": "Radar cross-section against an airliner's.",
    "primary": "It has a primary channel.",
    "secondary": "It has a secondary channel.",
    "delay_min_s": "Least delay on the line.",
    "delay_max_s": "Greatest delay on the line.",
    "shift_east_m": "The same to the east.",
    "level_m": "Pressure altitude.",
    "sigma_range_gain": "Standard deviation of the range gain.",
    "sigma_time_s": "Standard deviation of the clock.",
    "sigma_elevation_deg": "Standard deviation of elevation.",
    "gust_s": "Correlation time of the gusts.",
    "clock_step_at_s": "When the clock jumps, after the scene's start.",
    "y_m": "North, in the plane.",
    "truth_period_s": "Between two rows of an object in the truth.",
    "traffic": "How airliners' flights are shared among routes.",
    "air": "Pressure altitude against height.",
    "wind": "Wind by height.",
    "noise": "How errors stray beyond the data sheet.",
    "bias": "What the radars' biases are drawn from.",
    "fleet": "Aircraft that fly themselves.",
    "entry": "Where transit routes begin and end.",
    "fix": "Points between.",
    "airport": "Airports of airliners.",
    "airfield": "Airfields of light aircraft and helicopters.",
    "area": "Training areas of fast aircraft.",
    "pad": "Where drones start.",
    "balloon": "Balloons.",
    "ballistic": "Ballistic flights.",
    "recorded": "Trajectories flown again.",
    "flock": "Birds.",
    "satellite": "Satellites that pass.",
    "zoom": "Zoom climbs.",
    "gnss": "Areas without true satellite positions.",
    "ghost": "Aircraft that are not there.",
    "runway_deg": "Course of the runway.",
    "ascent_mps": "Rate of climb.",
    "ramp_s": "Time over which the shift grows to its full size.",
    "cell_azimuth_deg": "The same in azimuth, the beam's width.",
    "hotspot": "Places with more false plots.",
    "reflector": "Reflecting surfaces.",
    "drift": "Biases that change.",
    "least_stations": "Stations a solution needs.",
    "late_s": "How much later.",
    "duplicate_delay_s": "How much later the copy is.",
    "age_s": "Seconds since the track began.",
    "altitude_m": "Height above the WGS-84 ellipsoid.",
    "azimuth_deg": "Angle clockwise from true north.",
    "baro_altitude_m": "Pressure altitude (1013.25 hPa).",
    "biases": "Known biases, removed before tracking.",
    "callsign": "Aircraft identification, up to eight characters.",
    "class": "What kind of object it is, see below.",
    "clutter_per_scan": "False reports per rotation or update.",
    "coast": "Prediction of the sensor's own tracker, not a detection.",
    "confirmed": "The tracker vouches for it.",
    "elevation_deg": "Angle above the sensor's horizon.",
    "emergency": "Emergency status as the sensor codes it.",
    "format": "Format of the feed: `asterix`, or that of a [receiver](receivers.md). Of a "
    "simulated radar `asterix` or `reports`.",
    "geo_altitude_m": "Height above the WGS-84 ellipsoid.",
    "ground_speed_mps": "Downlinked ground speed.",
    "icao": "24-bit aircraft address.",
    "kind": "Kind, see below.",
    "lat": "Degrees north, WGS-84.",
    "lat_deg": "Degrees north, WGS-84.",
    "lon": "Degrees east, WGS-84.",
    "lon_deg": "Degrees east, WGS-84.",
    "member": "Member or members.",
    "mode3a": "Mode A code; 7700 is the integer 7700.",
    "nacp": "Navigation accuracy category, position (0 to 11).",
    "name": "Name, once in the file.",
    "nic": "Navigation integrity category (0 to 11).",
    "p_ballistic": "Probability of the ballistic model.",
    "p_manoeuvre": "Probability of the manoeuvre models together.",
    "p_detection": "Probability of detection per rotation or update.",
    "period_s": "Rotation or update period.",
    "range_gain": "Range gain: measured / true - 1.",
    "range_m": "Slant range.",
    "range_max_m": "Greatest range.",
    "range_rate_mps": "Rate of the slant range; negative approaches.",
    "sac": "System area code.",
    "sensor": "Sensor or sensors; in tables its name, SAC/SIC where it has none.",
    "sic": "System identification code.",
    "sigma_azimuth_deg": "Standard deviation of azimuth.",
    "sigma_e_m": "Standard deviation of the position to the east.",
    "sigma_n_m": "Standard deviation of the position to the north.",
    "sigma_position_m": "Standard deviation per axis of a position report that states none.",
    "sigma_range_m": "Standard deviation of slant range.",
    "sigma_u_m": "Standard deviation of the height.",
    "sigma_ve_mps": "Standard deviation of the velocity to the east.",
    "sigma_vn_mps": "Standard deviation of the velocity to the north.",
    "sil": "Source integrity level (0 to 3).",
    "simulated": "Marked as simulated by the sensor.",
    "spi": "Special position identification.",
    "test": "Marked as a test target by the sensor.",
    "time_s": "Seconds UTC since 1970.",
    "title": "Text for people.",
    "target_class": "What kind of object it is, see below.",
    "track_angle_deg": "Downlinked track over ground, clockwise from true north.",
    "unit": "Unit whose tracker made the row.",
    "severity": "As in the Common Alerting Protocol.",
    "upper_m": "Greatest height above the WGS-84 ellipsoid.",
    "upper_fl": "Greatest flight level instead.",
    "begin": "Time of the day.",
    "raise_after_s": "What is found must hold for so long before it is told.",
    "clear_after_s": "An alert is over when nothing was found for so long.",
    "update_s": "A living alert is told anew so often, where something has changed.",
    "ve_mps": "Velocity to the east.",
    "vn_mps": "Velocity to the north.",
    "vu_mps": "Velocity upwards.",
    "walk_azimuth_deg": "The same of the azimuth bias, degrees.",
    "walk_range_gain": "The same of the range gain.",
    "walk_time_s": "The same of the time bias.",
    "Biases.azimuth_deg": "Azimuth bias, clockwise.",
    "Biases.elevation_deg": "Elevation bias.",
    "Biases.range_m": "Range bias.",
    "Biases.time_s": "Time bias: stamp minus true time.",
    "BiasSigmas.azimuth_deg": "Standard deviation of the azimuth bias.",
    "BiasSigmas.elevation_deg": "Standard deviation of the elevation bias.",
    "BiasSigmas.range_m": "Standard deviation of the range bias.",
    "BiasSigmas.time_s": "Standard deviation of the time bias.",
    "BirthSpot.height_m": "Height above the WGS-84 ellipsoid.",
    "RegistrationParams.sigma_azimuth_deg": "The same of the azimuth bias.",
    "RegistrationParams.sigma_elevation_deg": "The same of the elevation bias.",
    "RegistrationParams.sigma_range_gain": "The same of the range gain.",
    "RegistrationParams.sigma_time_s": "The same of a radar's time bias.",
}
"""Meanings of names whose code needs no comment because the name says it; with a class where a name
means several things."""

NOTE = "<!-- Generated by docs/generate.py; change the code and run `make docs`. -->\n"


def attribute_texts(module: object, class_name: str) -> dict[str, str]:
    """Docstrings that follow the attributes of a class, by attribute."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    body = next(n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == class_name)
    texts = {}
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            texts[node.target.id] = " ".join(str(after.value.value).split()) if is_text else ""
    return texts


def cli_page() -> str:
    """Every command's ``--help``."""
    top = parser()
    actions = [a for a in top._actions if hasattr(a, "choices") and isinstance(a.choices, dict)]
    parts = [NOTE, "# Command line\n", f"```text\n{top.format_help()}```\n"]
    for name, command in actions[0].choices.items():
        parts.append(f"## skypact {name}\n\n```text\n{command.format_help()}```\n")
    parts.append(
        "Exit codes: 0 done, 1 failed, 2 wrong usage (also a path that is missing, or a directory "
        "that no unit records to), "
        "3 an optional part is not installed. Programs read stdout, people read stderr. "
        "An unexpected error is one line; with `SKYPACT_TRACEBACK=1` it shows where it came from.\n"
    )
    return "\n".join(parts)


def columns(schema: object, texts: dict[str, str]) -> str:
    """Rows of a column table."""
    lines = ["| column | type | meaning |", "|---|---|---|"]
    for field in schema:
        inside = {"class": "target_class"}.get(field.name, field.name)
        text = texts.get(inside) or texts.get(inside.replace("_deg", "_rad")) or MEANING[field.name]
        lines.append(f"| `{field.name}` | {field.type} | {text} |")
    return "\n".join(lines) + "\n"


def tables_page() -> str:
    """Columns of the Parquet files."""
    report_schema = reports_to_arrow(reports.empty_reports(0), []).schema
    track_schema = tracks_to_arrow(tracks.empty_rows(0), "").schema
    truth_schema = truth_to_arrow(truth.concat_truth([])).schema
    kinds = ", ".join(f"`{k}`" for k in reports.KINDS)
    classes = ", ".join(f"`{c}`" for c in tracks.CLASSES)
    return "\n".join(
        [
            NOTE,
            "# Tables\n",
            "Parquet files for people carry degrees; the unit is in the name. Times are seconds "
            "UTC since 1970 (float64) or nanoseconds (int64). NaN means absent in float columns, "
            "-1 in integer columns, null in text.\n",
            "## reports.parquet\n",
            "One row per target report. A `track` report is another tracker's output, a `coast` "
            "is that sensor's prediction: neither is a measurement, and the tracker leaves both "
            "out.\n",
            columns(report_schema, attribute_texts(reports, "ReportBatch")),
            f"Kinds: {kinds}.\n",
            "## tracks.parquet\n",
            "One row per track update, in step order.\n",
            columns(track_schema, attribute_texts(tracks, "TrackRows")),
            f"Classes: {classes}.\n",
            "## truth.parquet\n",
            "One row per object and instant.\n",
            columns(truth_schema, attribute_texts(truth, "TruthRows")),
            'In a flat scene (`frame = "flat"` in the union file) tracks and truth have `x_m`, '
            "`y_m`, `vx_mps`, `vy_mps` instead of latitude, longitude and velocities.\n",
        ]
    )


STORE_TEXT = """\
Where the picture is kept; [how to](../how-to/store.md). In both kinds of store a history is ordered
by time, track and unit.

## Parquet

`DIR/2026-11-23/10/FIRST-LAST.parquet`: the hour, by UTC, of the rows' `time_s`; numbers of the
first and last batch in the file. Columns are those of [tracks.parquet](tables.md). Merged files are
sorted into slabs of time (262,144 rows), a slab into row groups by place: the order of rows within
a file means nothing. Beside them, in the same way by the hour:
"""


def store_page() -> str:
    """Tables of the store."""
    parts = [NOTE, "# The store's tables\n", STORE_TEXT]
    for name, columns_of in (("_ended", ENDED), ("_sensors", SENSORS), ("_alerts", ALERTS)):
        fields = ", ".join(f"`{field.name}` ({field.type})" for field in columns_of)
        parts.append(f"- `DIR/{name}`: {fields}.")
    parts.append("\n`figures`, `area` (GeoJSON) and `evidence` are JSON.\n")
    parts.append("## PostgreSQL\n")
    parts.append("Made by numbered files in the package; `skypact.schema_version` tells which.\n")
    parts += [
        f"### {number}. {name}\n\n```sql\n{statements}```\n"
        for number, name, statements in migrations()
    ]
    return "\n".join(parts)


def _limits(kind: msgspec.inspect.Type) -> str:
    if isinstance(kind, msgspec.inspect.UnionType):
        return " or ".join(_limits(t) for t in kind.types if t != msgspec.inspect.NoneType())
    if isinstance(kind, msgspec.inspect.LiteralType):
        return ", ".join(f"`{v}`" for v in kind.values)
    if isinstance(kind, msgspec.inspect.VarTupleType):
        return f"list of {_limits(kind.item_type)}"
    if isinstance(kind, msgspec.inspect.TupleType):
        return "pair of " + " and ".join(_limits(item) for item in kind.item_types)
    if isinstance(kind, msgspec.inspect.DictType):
        return f"tables by name, each {_limits(kind.value_type)}"
    if isinstance(kind, msgspec.inspect.StructType):
        name = kind.cls.__name__.lower()
        page = "configuration.md" if kind.cls.__module__ == config.__name__ else ""
        if kind.cls is Watching:
            return "[rules](rules.md)"
        return f"[{name}]({page}#{name})"
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
    found = [f"{s} {v:g}" for k, s in signs.items() if (v := getattr(kind, k, None)) is not None]
    name = type(kind).__name__.removesuffix("Type").lower()
    return " ".join([{"str": "text", "float": "number"}.get(name, name), ", ".join(found)]).strip()


def _default(field: msgspec.inspect.Field) -> str:
    if field.required:
        return "required"
    default = field.default
    if default is None:
        return "by kind" if hasattr(config.KindDefaults, field.name) else "none"
    if default is msgspec.NODEFAULT or default == "" or default == ():
        return "none"
    if isinstance(default, msgspec.Struct):
        return "its own"
    if isinstance(default, tuple):
        return f"`{list(default)}`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def struct_table(struct: type[msgspec.Struct], *modules: object) -> str:
    """Keys of a struct with their limits and defaults; texts come from the modules given."""
    texts: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        for module in modules:
            if getattr(module, base.__name__, None) is base and base.__module__ == module.__name__:
                texts |= attribute_texts(module, base.__name__)
    lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for field in msgspec.inspect.type_info(struct).fields:
        own = MEANING.get(f"{struct.__name__}.{field.name}")
        text = texts.get(field.name) or own or MEANING[field.name]
        lines.append(f"| `{field.name}` | {_limits(field.type)} | {_default(field)} | {text} |")
    about = " ".join(str(struct.__doc__).split("\n\n")[0].split())
    return f"## {struct.__name__}\n\n{about}\n\n" + "\n".join(lines) + "\n"


def scenario_page() -> str:
    """Keys of a scenario file."""
    names = ", ".join(f"`{name}`" for name in scenario.shipped_scenarios())
    intro = (
        "TOML, for `skypact simulate`. Unknown keys are errors. Members and sensors are those of a "
        f'[union file](configuration.md). A scene with `frame = "flat"` has [keys of its '
        f"own](flat-scenario.md). Shipped: {names}.\n"
    )
    structs = [
        value
        for value in vars(parts).values()
        if isinstance(value, type)
        and issubclass(value, parts.Part)
        and value is not parts.Part
        and value.__module__ == parts.__name__
    ]
    tables = [struct_table(s, parts, scenario) for s in (scenario.Scenario, *structs)]
    return "\n".join([NOTE, "# Scenario file\n", intro, *tables])


def flat_scenario_page() -> str:
    """Keys of a scenario file of a flat scene."""
    intro = (
        'TOML with `frame = "flat"`, for `skypact simulate`: a multi-target scene as papers '
        "publish them, in a Cartesian plane. Unknown keys are errors. States are x, vx, y, vy in "
        "m and m/s, with the turn rate (counter-clockwise) as a fifth for coordinated turns. "
        "Azimuths are clockwise from +y.\n"
    )
    structs = (
        schema.FlatScenario,
        schema.Model,
        schema.Birth,
        schema.Target,
        schema.Leg,
        schema.Mirror,
        schema.Meeting,
        schema.Crowd,
        schema.FlatSensor,
    )
    tables = [struct_table(struct, schema) for struct in structs]
    return "\n".join([NOTE, "# Scenario file of a flat scene\n", intro, *tables])


UNIT = (
    deploy.Unit, deploy.Recording, deploy.Store, deploy.Server, deploy.Output,
    deploy.PublicWarnings, deploy.Webhook, deploy.Overload, deploy.FlightPlans, deploy.Standby,
)  # fmt: skip
"""Tables of a unit, as they stand in the union file."""


def configuration_page() -> str:
    """Keys of a union file with their limits and defaults."""
    sheets = [NOTE, "# Union file\n", "TOML. Unknown keys are errors.\n"]
    sheets += [
        struct_table(struct, config)
        for struct in (
            config.Union,
            config.Member,
            config.Sensor,
            config.Biases,
            config.BiasSigmas,
            config.RegistrationParams,
            config.Tracking,
            config.TargetClass,
            config.TrackingArea,
        )
    ]
    names = [f.name for f in msgspec.inspect.type_info(config.KindDefaults).fields]
    lines = ["| kind | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for kind, values in config.KIND_DEFAULTS.items():
        cells = " | ".join(f"{getattr(values, n):g}" for n in names)
        lines.append(f"| {kind} | {cells} |")
    sheets += [
        struct_table(struct, track_params)
        for struct in (track_params.TrackerParams, track_params.BirthSpot)
    ]
    sheets += [struct_table(struct, deploy) for struct in UNIT]
    sheets += ["## Defaults by kind\n", "\n".join(lines) + "\n"]
    return "\n".join(sheets)


ASTERIX_TEXT = """\
Every item of every record of these categories is read, by a plain decoder that gives them all and
by a compiled one that gives what is asked for; all can be written (`encode.asterix`). An edition
in brackets is read by the newer one before it, to the same values: every table but that of 129 was
compared bit by bit with libasterix's. Reserved expansion and special purpose fields are kept raw.
Other categories are counted and passed over.
"""
ASTERIX_MORE = f"""\
## Editions

Nothing in a block names its edition. Where one table reads all editions there is nothing to choose.
Category 021 has four layouts; each sensor's is found out from its first 500 records: the one in
which records end where blocks end and no number is impossible, the newest where several fit. What
a sensor says of itself (category 247) decides where the bytes leave it open, and `editions` of its
[entry](configuration.md#sensor) goes before everything. If no layout fits nine records of ten, the
sensor's blocks are refused and counted as `edition`. `decode --json` tells each sensor's edition.

## What becomes of the records

Target reports go to the tracker; of category 015 the range of a pair of stations is a detour, not
a distance, and counts as `bistatic_range`. Category 021 brings quality figures of all versions to
those of version 2: NUCp to NIC and NACp by radius of containment and 95 % error, PIC to NIC. What
they say of a position's error is [one rule](receivers.md#how-good-a-position-is) with Mode S. A
time of reception is refined by I021/074 where it is sent.

Service messages say north marks, sectors, sites and states; the words for states are
{", ".join(f"`{word}`" for word in STATUSES)}. Safety net messages are kept as records.

`duplicates` are records whose bytes came before within a second, as over two networks. `echoes`
are positions that came before: the same address at the same place, within half the steps in which
both are counted, from another kind of sensor within a second or from the same sensor with the same
stamp. A multilateration system passes on ADS-B positions as its own; a station sends a position
again when only the callsign is new.

## What is written of the picture

Category 062 from tracks (`encode.cat062`): place, speeds, heights, identity, accuracies with
covariance, ages by kind of sensor (I062/290) and of the data sent (I062/295), and the composed
track number (I062/510) where the unit has an identification. 063 from states and biases of sensors
(`encode.cat063`), 065 from a unit's own state (`encode.cat065`), 004 from alerts
(`encode.cat004`). libasterix and tshark read the same values; tshark 4.0 takes I062/510 for five
octets whatever it holds, and the height in I004/170 CPW for four.
"""


def asterix_page() -> str:
    """Categories and editions."""
    lines = ["| category | what | editions | read as | written from |", "|---|---|---|---|---|"]
    written = {4: "alerts", 62: "tracks", 63: "sensor states and biases", 65: "unit states"}
    for number, tables in EDITIONS.items():
        module = sys.modules[f"skypact.decode.asterix.cat{number:03}"]
        title = str(module.__doc__).splitlines()[0].partition(", ")[2]
        editions = [t.edition + (f" ({', '.join(t.reads)})" if t.reads else "") for t in tables]
        kind = "target reports" if number in TARGETS else "service messages"
        what = title.partition(":")[0].rstrip(".")
        row = (f"{number:03}", what, ", ".join(editions), kind, written.get(number, ""))
        lines.append(f"| {' | '.join(row)} |")
    parts = [NOTE, "# ASTERIX categories\n", ASTERIX_TEXT, "\n".join(lines) + "\n", ASTERIX_MORE]
    return "\n".join(parts)


SOURCES_TEXT = """\
Where a unit's bytes come from: `source` of a sensor's [entry](configuration.md#sensor) and of a
unit. Options follow `?`, with `&` between them; an unknown one is an error.

| URL | what |
|---|---|
| `udp://239.0.0.1:8600` | datagrams to a group, which is joined; IPv6: `udp://[ff15::1]:8600` |
| `udp://232.0.0.1:8600?source=10.0.0.7` | a group with one sender |
| `udp://10.0.0.1:8600`, `udp://:8600` | datagrams to one address of this machine, or to any |
| `tcp://radar.example:30005` | a stream that is connected to, again and again |
| `tcp://:30005?listen` | a port where senders connect |
| `http://HOST/data/aircraft.json` | a page that is asked for every `period` |
| `file:PATH`, `pcap:PATH` | a recording, played as if it arrived now |
| `-`, `stdin:` | standard input |
"""
SOURCES_MORE = """\
## What is promised

* **Order.** No two messages have one stamp (nanoseconds), and stamps never fall, whatever the
  machine's clock does. They follow it by at most 0.05 % of the time that passes. Of a clock that
  was set by more than a second a unit asks its sensors: where two or more with clocks of their own
  (ASTERIX) agree that the time before was right, it keeps that time and says so. Else a clock that
  was set ahead is followed within seconds, one that was set back by up to 7 s within minutes, and
  for more the unit begins anew. `skypact record` always follows. Pipeline and stamps have one
  clock.
* **Bounds.** Packets wait for the pipeline in one place with a limit in packets and bytes
  (`overload` of the unit). When it is full, the source with the most waiting loses its oldest, so
  that a flood displaces only itself. Files and standard input wait instead.
* **Streams.** ASTERIX over TCP is cut into whole data blocks. A stream that does not hold together
  is taken up again where blocks follow each other (`n_breaks`); a connection that holds no block in
  a mebibyte is closed. Receivers' bytes are handed on as they come, and one sender is heard at a
  time; the same one may come back.
* **Connections** are opened again after 0.5 s, 1 s, 2 s ... up to 30 s, each cut by up to a half at
  random; a name that cannot be resolved is tried again, too. A peer that is gone without a word is
  found out by keepalive after 25 s, one that hangs after `idle`.
* **Groups** that are silent are joined again every 30 s. Datagrams have 32 MiB of room in the
  system where it grants them (`sysctl net.core.rmem_max`); what it drops counts as dropped.
* **At the start** an address that cannot be listened at, or a file that cannot be read, is an
  error. Later the same is told and tried again.
* **Recordings** keep their offsets, divided by `speed`. The times inside the messages stay those of
  the recording: a sensor's clock then seems wrong by as much as the recording is old.

## States

| state | meaning |
|---|---|
| `waiting` | nothing was heard yet |
| `up` | it brings packets |
| `silent` | none for `silent` seconds |
| `down` | not connected, or broken; it is tried again |
| `over` | a file or standard input at its end |
"""


def sources_page() -> str:
    """Grammar of sources."""
    lines = ["| option | value | default | of | meaning |", "|---|---|---|---|---|"]
    names = {"listen": "tcp?listen", "file": "file", "stdin": "-"}
    for name, option in OPTIONS.items():
        kinds = [names.get(kind, kind) for kind in option.kinds]
        of = "all" if len(kinds) > len(NETWORK) else ", ".join(f"`{kind}`" for kind in kinds)
        row = (f"`{name}`", option.value, option.default, of, option.meaning)
        lines.append(f"| {' | '.join(row)} |")
    parts = [
        NOTE,
        "# Sources\n",
        SOURCES_TEXT,
        "## Options\n",
        "\n".join(lines) + "\n",
        SOURCES_MORE,
    ]
    return "\n".join(parts)


API_TEXT = f"""\
Every unit answers programs under `{openapi.PREFIX}`, `skypact demo` and `replay --serve` too.
What reads is GET and HEAD; what has effects is POST, from programs and from this server's own
pages. Beyond loopback every request needs [a token](../how-to/api.md#tokens). The same as OpenAPI
3.1: `{openapi.PREFIX}/openapi.json`. GeoJSON has longitude, latitude (degrees) and height above
the WGS-84 ellipsoid (metres, left out where it is not known); its properties are named as the
columns of [tracks.parquet](tables.md#tracksparquet), an address is six hexadecimal digits, a code
four octal ones, and what is not known is left out. Times are seconds UTC since 1970, or RFC 3339
where they are text.
"""
API_BESIDE = {
    "/health/live": "200, or 503 where only a new start helps",
    "/health/ready": "200, or 503 while the picture cannot be relied on: none yet, too old, "
    'overload, standby. `{"status": "ok", "reasons": []}`; `degraded` is ready, with something '
    "lost beside the picture",
    "/metrics": "figures for Prometheus, `skypact_*` and `process_*`",
    "/ws": "the page's [stream](wire.md); a program gives its token as `Authorization: Bearer`, or "
    "as sub-protocols `skypact, bearer.TOKEN`",
    "/login": "where a person gives a token",
    "/logout": "POST forgets it",
}


def _choices(parameter: api_query.Parameter) -> str:
    schema = parameter.schema.get("items", parameter.schema)
    words = schema.get("enum", ())
    return " One of " + ", ".join(f"`{word}`" for word in words) + "." if words else ""


def _operation(operation: Operation) -> str:
    lines = [
        f"### {operation.method} {openapi.PREFIX}{operation.path}\n",
        f"{operation.text} `{operation.name}`\n",
    ]
    if operation.parameters:
        lines += ["| parameter | default | example | meaning |", "|---|---|---|---|"]
    for p in operation.parameters:
        place = " (path)" if p.place == "path" else ""
        shown = {api_query.Span: "all"}.get(type(p.default), p.default)
        default = "" if p.default in (None, "", -1) else f"{shown}"
        example = f"`{p.example}`" if p.example else ""
        lines.append(f"| `{p.name}`{place} | {default} | {example} | {p.text}{_choices(p)} |")
    if operation.body is not None:
        keys = ", ".join(f"`{f.name}`" for f in msgspec.inspect.type_info(operation.body).fields)
        nothing = "" if operation.needs_body else ", or nothing"
        lines.append(f"\nWith a JSON object of {keys}{nothing}.")
    if operation.role != "view":
        lines.append(f"\nRole `{operation.role}`.")
    if operation.accepted:
        lines.append(f"\n202: {operation.accepted} 200: it was so already.")
    kind = "GeoJSON" if operation.media_type.endswith("geo+json") else "JSON"
    tagged = "; with an entity tag, 304 while nothing is new" if operation.pin else ""
    failed = ", ".join(f"{status}" for status in openapi.statuses(operation))
    lines += ["" if operation.parameters else None, f"Answers {kind}{tagged}. Else {failed}.\n"]
    return "\n".join(line for line in lines if line is not None)


def api_page() -> str:
    """Operations of the interface for programs."""
    parts = [NOTE, "# Interface for programs\n", API_TEXT]
    for tag, text in openapi.TAGS.items():
        parts.append(f"## {tag.capitalize()}\n\n{text}\n")
        parts += [_operation(o) for o in OPERATIONS if o.tag == tag]
    parts += ["## Problems\n", "As `application/problem+json` (RFC 9457): `detail` is a sentence; "
              "`where`, `expected`, `got` and `remedy` are its parts.\n"]  # fmt: skip
    rows = [f"| {status} | `urn:skypact:problem:{kind}` | {text} |"
            for kind, (status, text) in problem.TITLES.items()]  # fmt: skip
    parts += ["\n".join(["| status | type | meaning |", "|---|---|---|", *rows]) + "\n"]
    rows = [f"| `{path}` | {text} |" for path, text in API_BESIDE.items()]
    parts += ["## Beside it\n", "\n".join(["| path | answers |", "|---|---|", *rows]) + "\n"]
    return "\n".join(parts)


RULES_TEXT = """\
What a watch looks for. A union file has these tables under `[watch]`, such as `[watch.border]`; a
file for `skypact replay --rules` has them without `watch`, such as `[border]`. The picture is
looked at once each `period_s`. Every rule has the keys of [RuleParams](#ruleparams), with defaults
of its own where its table says so. What is told, and how an alert lives, is in
[Alerts](alerts.md).
"""


def _structs_within(struct: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    """List a struct and those that its fields are made of, each once, in order."""
    found = [struct]
    for field in msgspec.inspect.type_info(struct).fields:
        inner = getattr(field.type, "item_type", field.type)
        if isinstance(inner, msgspec.inspect.StructType):
            found += [s for s in _structs_within(inner.cls) if s not in found]
    return found


def rules_page() -> str:
    """Every rule: what it does, its keys with their limits and defaults."""
    common = importlib.import_module("skypact.rules.common")
    parts, others = [NOTE, "# Rules of the watch\n", RULES_TEXT], []
    for field in msgspec.inspect.type_info(Watching).fields:
        if not isinstance(field.type, msgspec.inspect.StructType):
            continue
        name, params = field.name, field.type.cls
        if not issubclass(params, common.RuleParams):
            others.append(struct_table(params, importlib.import_module(params.__module__)))
            continue
        about = str(importlib.import_module(f"skypact.watch.{name}").__doc__).strip()
        module = importlib.import_module(params.__module__)
        parts.append(f"## {name}\n\n{about}\n")
        tables = [struct_table(s, common, module) for s in _structs_within(params)]
        parts += [table.replace("## ", "### ", 1) for table in tables]
    parts += [struct_table(common.RuleParams, common), *others]
    return "\n".join(parts)


DOCTRINE_TEXT = """\
Which alerts lead to which measures: `[[watch.recipient]]` and `[[watch.doctrine]]` of a union file;
`[[recipient]]` and `[[doctrine]]` of a file for `skypact replay --rules`. An entry is for alerts of
its rules, severities and evidence; each entry that fits is applied. It owes that its recipients are
told in time, and where it says so that one of them acknowledges in time. Both times run from the
look at which the measure begins. When one is missed, the entry's step is done anew `repeats` times;
then the steps of `escalate` follow, each the same way. An acknowledgement ends the whole chain.

| state | meaning |
|---|---|
| `owed` | begun; somebody is not told yet |
| `told` | all recipients are told through all channels |
| `acknowledged` | one of those who were told took notice |
| `overdue` | not told or not acknowledged in time; `missing` says what |
| `escalated` | the next step has begun |
| `closed` | the alert was over before an acknowledgement |

The channels `api` (this interface, the page, files) and `log` (the unit's log) tell at once, at the
look. Through `webhook` a recipient is told when a `[[unit.webhook]]` whose `recipients` name them
took the measure; where none does, nothing can tell them and the measure is overdue in time. Through
`cap` they are told when a warning of the alert is released to the public, or when a webhook that
leads to them took a signed message of it, a draft, too. A delivery that is refused, given up or
dropped tells nobody. What is due at a look is in time if it has come by that look; else it is
overdue at it. An alert that gets more severe after everything was done is told and must be
acknowledged anew; while something is owed, what is owed is owed for that, too. Who acknowledged
before being told need not again.

`POST /api/v1/alerts/{id}/acknowledge` acknowledges, `GET /api/v1/doctrine` tells how things stand,
and each state is a line of `doctrine.jsonl` beside `alerts.jsonl`. Acknowledgements and receipts
are kept in `acknowledgements.jsonl` with the look at which they were served, so that
`skypact replay --unit` makes the same alerts and measures.

## Example

To be adapted: names, times, and whose tokens are whose.

"""


def doctrine_example() -> str:
    """Return the example of a doctrine, as it stands in a union file."""
    return (DOCS / "reference" / "doctrine.toml").read_text("utf-8")


def doctrine_page() -> str:
    """Entries of the doctrine, their keys, an example."""
    module = importlib.import_module("skypact.rules.doctrine")
    common = importlib.import_module("skypact.rules.common")
    tables = [struct_table(s, module, common)
              for s in (module.Recipient, module.Entry, module.Step)]  # fmt: skip
    example = f"```toml\n{doctrine_example()}```\n"
    return "\n".join([NOTE, "# Doctrine\n", DOCTRINE_TEXT + example, *tables])


def errors_page() -> str:
    """Status codes of kernels and the errors of the package."""
    lines = ["| code | name | meaning and remedy |", "|---|---|---|"]
    names = {v: n for n, v in vars(errors).items() if n.isupper() and isinstance(v, int)}
    lines += [f"| {c} | `{names[c]}` | {text} |" for c, text in errors.STATUS_TEXT.items()]
    leaves = ["| error | meaning |", "|---|---|"]
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.SkypactError):
            leaves.append(f"| `{name}` | {str(value.__doc__).splitlines()[0]} |")
    parts = [NOTE, "# Errors and status codes\n", "\n".join(leaves) + "\n"]
    parts += ["Compiled code writes one of these per row:\n", "\n".join(lines) + "\n"]
    return "\n".join(parts)


def pages() -> dict[str, str]:
    """Text of every generated page by its path under docs."""
    return {
        "reference/cli.md": cli_page(),
        "reference/tables.md": tables_page(),
        "reference/configuration.md": configuration_page(),
        "reference/doctrine.md": doctrine_page(),
        "reference/rules.md": rules_page(),
        "reference/scenario.md": scenario_page(),
        "reference/flat-scenario.md": flat_scenario_page(),
        "reference/asterix.md": asterix_page(),
        "reference/errors.md": errors_page(),
        "reference/sources.md": sources_page(),
        "reference/api.md": api_page(),
        "reference/store.md": store_page(),
    }


def broken_links(docs: Path) -> list[str]:
    """Links to files that are not there."""
    return [
        f"{page.relative_to(docs)}: {target}"
        for page in sorted(docs.rglob("*.md"))
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]


def main() -> int:
    """Write the pages; 1 when a link leads nowhere."""
    for name, text in pages().items():
        (DOCS / name).write_text(text, "utf-8")
    broken = broken_links(DOCS)
    sys.stderr.write("".join(f"broken link in {line}\n" for line in broken))
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
