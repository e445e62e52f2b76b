"""A simulation kept: truth, reports, union, biases and the sensors' bytes, in one folder.

The reports are what the decoder makes of the bytes, with the target that caused each, plus those of
sensors that send no ASTERIX.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import msgspec
import numpy as np

from skypact.config import Biases, Sensor, Union
from skypact.decode.asterix.reports import Decoder
from skypact.encode.pcapng import Line, file_header, packet_block, sensor_line
from skypact.errors import RecordingError
from skypact.model.packets import PacketBatch
from skypact.model.reports import ReportBatch, concat_reports, empty_reports, take_reports
from skypact.model.truth import TruthRows, concat_truth
from skypact.record.table_file import TableFile
from skypact.record.tables import reports_to_arrow, truth_to_arrow
from skypact.record.union_file import union_to_toml
from skypact.simulate import Slice

FILES: Final = ("truth.parquet", "reports.parquet", "union.toml")
"""What every simulation leaves; one of the real sky also ``feeds.pcapng``,
``biases.json`` and ``events.jsonl``."""


def without_biases(union: Union) -> Union:
    """Hide from the tracker what the simulated sensors measure wrongly, as reality does."""
    sensors = tuple(msgspec.structs.replace(s, biases=Biases()) for s in union.sensor)
    return msgspec.structs.replace(union, sensor=sensors)


class TargetedDecoder:
    """Decodes a simulation's bytes and says which target caused each report."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._decoder = Decoder(sensors)
        self.records: dict[str, int] = {}
        self.errors: dict[str, int] = {}

    def reports(self, part: Slice) -> ReportBatch:
        """Return the reports of one slice in order of arrival, `target` filled."""
        decoded = self._decoder.decode(part.packets)
        for total, more in ((self.records, decoded.records), (self.errors, decoded.errors)):
            for name, n in more.items():
                total[name] = total.get(name, 0) + n
        target = part.origins.target[decoded.record].astype(np.int32)
        reports = decoded.reports._replace(target=target)
        if part.reports.time_s.size:
            reports = concat_reports([reports, part.reports])
            order = np.argsort(reports.received_ns, kind="stable")
            reports = take_reports(reports, order)
        return reports


class SimulationFiles:
    """Writes a simulation slice by slice; the files are complete after `finish`.

    As a context manager it removes at its end what was not completed.

    Parameters
    ----------
    folder : Path
        Exists already.
    union : Union
        Sensors of the scene; their biases are left out of ``union.toml``.
    """

    def __init__(self, folder: Path, union: Union) -> None:
        self._folder = folder
        self._union = union
        self._flat = union.frame == "flat"
        self._names = [sensor.name for sensor in union.sensor]
        schemas = (
            truth_to_arrow(concat_truth([]), flat=self._flat).schema,
            reports_to_arrow(empty_reports(0), self._names).schema,
        )
        self.truth = TableFile(folder / "truth.parquet", schemas[0])
        try:
            self.reports = TableFile(folder / "reports.parquet", schemas[1])
        except RecordingError:
            self.truth.discard()
            raise
        self._targets: set[int] = set()

    def __enter__(self) -> Self:
        """Return these files."""
        return self

    def __exit__(self, *error: object) -> None:
        """Remove what is not complete."""
        self.truth.discard()
        self.reports.discard()

    @property
    def n_targets(self) -> int:
        """Objects that the truth holds."""
        return len(self._targets)

    def append(self, truth: TruthRows, reports: ReportBatch) -> None:
        """Take one slice."""
        self._targets.update(np.unique(truth.target).tolist())
        self.truth.append(truth_to_arrow(truth, flat=self._flat))
        self.reports.append(reports_to_arrow(reports, self._names))

    def finish(self) -> None:
        """Complete the tables and write the union file."""
        self.truth.finish()
        self.reports.finish()
        text = union_to_toml(without_biases(self._union))
        _write(self._folder / "union.toml", text.encode())


class FeedFile:
    """``feeds.pcapng``: the sensors' datagrams as they crossed the network, with arrival times.

    As a context manager it removes at its end what was not completed.
    """

    def __init__(self, path: Path, sensors: Sequence[Sensor]) -> None:
        self._path = path
        self._part = path.with_suffix(".part")
        self._lines: list[Line] = [
            sensor_line(sensor.name, sensor.sac, sensor.sic, i) for i, sensor in enumerate(sensors)
        ]
        self.n_packets = 0
        try:
            self._file: BinaryIO = self._part.open("wb")
        except OSError as error:
            raise RecordingError(f"cannot write {path}: {error}") from error
        self._file.write(file_header(self._lines))

    def __enter__(self) -> Self:
        """Return this file."""
        return self

    def __exit__(self, *error: object) -> None:
        """Remove what is not complete."""
        if not self._file.closed:
            with suppress(OSError):
                self._file.close()
            self._part.unlink(missing_ok=True)

    def append(self, packets: PacketBatch) -> None:
        """Write datagrams in the order given."""
        data = packets.data.tobytes()
        columns = (packets.link, packets.received_ns, packets.start, packets.end)
        blocks = [
            packet_block(link, self._lines[link], received_ns, data[start:end])
            for link, received_ns, start, end in zip(*(c.tolist() for c in columns), strict=True)
        ]
        self._file.write(b"".join(blocks))
        self.n_packets += len(blocks)

    def finish(self) -> None:
        """Close the file and give it its name."""
        self._file.close()
        self._part.replace(self._path)


def write_biases(folder: Path, biases: Mapping[str, Any]) -> None:
    """Write what each sensor really measures wrongly, by name, as ``biases.json``."""
    text = msgspec.json.format(msgspec.json.encode(dict(biases)), indent=2)
    _write(folder / "biases.json", text + b"\n")


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise RecordingError(f"cannot write {path}: {error}") from error
