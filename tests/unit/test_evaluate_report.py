"""Figures, tables, plots and page of an evaluation of three aircraft that are known exactly."""

import html.parser
import re

import numpy as np
import pytest
from tests.naive.judged import tracks_of as positions_of
from tests.naive.judged import truth_of

from skypact.errors import ConfigError, MissingExtraError, RecordingError
from skypact.evaluate import pairs, plots
from skypact.evaluate.evaluation import evaluate
from skypact.evaluate.params import EvaluateParams
from skypact.evaluate.report import nees_band, page
from skypact.evaluate.report_html import html as html_of
from skypact.evaluate.series import binned, clock, thinned
from skypact.evaluate.table import GROUPS, PERCENT, lines, look_up, number, reasons
from skypact.model.tracks import concat_rows, empty_rows, take_rows
from skypact.model.truth import TruthRows

SECONDS = 60
SPEED_MPS = 200.0
START_S = 1.7e9
PARAMS = EvaluateParams(gospa_c_m=100.0, match_m=2000.0)


def flat_truth(objects=3):
    """Objects 10 km apart that fly along x at 200 m/s for a minute, one state a second."""
    time_s = np.tile(START_S + np.arange(SECONDS + 1.0), objects)
    number = np.repeat(np.arange(objects, dtype=np.int32), SECONDS + 1)
    n = len(time_s)
    return TruthRows(
        time_s, number, 10e3 * number, SPEED_MPS * (time_s - START_S), np.zeros(n), np.zeros(n),
        np.full(n, SPEED_MPS), np.zeros(n), 4_000 + number, np.full(n, np.nan),
        (1 + number % 2).astype(np.int8),
    )  # fmt: skip


def tracks_of(truth, behind_m=0.0, beside_m=0.0, sigma_m=30.0):
    """One track per object with every state moved by the same distance."""
    n = len(truth.time_s)
    return empty_rows(n)._replace(
        time_s=truth.time_s.copy(),
        track=truth.target.astype(np.int64) + 1,
        lat_rad=truth.lat_rad - beside_m,
        lon_rad=truth.lon_rad - behind_m,
        altitude_m=np.zeros(n),
        vn_mps=truth.vn_mps,
        ve_mps=truth.ve_mps,
        vu_mps=truth.vu_mps,
        sigma_n_m=np.full(n, sigma_m),
        sigma_e_m=np.full(n, sigma_m),
        corr_ne=np.zeros(n),
        sigma_vn_mps=np.ones(n),
        sigma_ve_mps=np.ones(n),
        confirmed=np.ones(n, np.int8),
        target_class=np.zeros(n, np.int8),
        icao=truth.icao,
    )


@pytest.fixture(scope="module")
def judged():
    truth = flat_truth()
    tracks = tracks_of(truth, behind_m=40.0, beside_m=30.0)
    return evaluate(tracks, truth, PARAMS, flat=True, requirements=["surveillance-5nm"])


@pytest.fixture(scope="module")
def report(judged):
    return html_of(page(judged, "a < b", ["read & <noted>"], "made here"))


def test_an_offset_of_50_m_is_an_error_of_50_m_in_every_measure(judged):
    figures = judged.figures
    assert figures["rms_position_m"] == pytest.approx(50.0)
    assert figures["errors"]["all"]["along_m"]["mean"] == pytest.approx(-40.0)
    assert figures["gospa"]["mean"] == pytest.approx(50.0 * np.sqrt(3))
    assert figures["ospa"]["mean"] == pytest.approx(50.0)
    assert figures["nees"]["mean"] == pytest.approx(50.0**2 / 30.0**2 / 2)


def test_tracks_40_m_behind_at_200_mps_lag_by_a_fifth_of_a_second(judged):
    assert judged.figures["latency_s"] == pytest.approx(0.2)


def test_the_stable_keys_are_there(judged):
    keys = {
        "gospa", "ospa", "rms_position_m", "nees", "completeness", "false_tracks", "breaks",
        "switches", "latency_s", "floors", "requirements",
    }  # fmt: skip
    assert keys <= set(judged.figures)
    assert {"mean", "rms", "localisation", "missed", "false"} <= set(judged.figures["gospa"])
    assert {"mean", "low", "high"} <= set(judged.figures["nees"])


def test_a_missing_object_and_a_false_track_cost_completeness_and_gospa():
    truth = flat_truth()
    tracks = tracks_of(truth)
    stray = take_rows(tracks, tracks.track == 3)
    stray = stray._replace(lat_rad=stray.lat_rad + 50e3)
    found = evaluate(
        concat_rows([take_rows(tracks, tracks.track != 3), stray]), truth, PARAMS, flat=True
    ).figures
    assert found["completeness"] == pytest.approx(2 / 3)
    assert found["false_tracks"] == 1
    half = 100.0 / np.sqrt(2.0)
    assert found["gospa"]["missed"] == pytest.approx(half)
    assert found["gospa"]["false"] == pytest.approx(half)


def test_a_new_number_halfway_is_one_break_of_that_object():
    truth = flat_truth()
    tracks = tracks_of(truth)
    late = (tracks.track == 2) & (tracks.time_s > START_S + 30)
    tracks.track[late] = 9
    found = evaluate(tracks, truth, PARAMS, flat=True).figures
    assert found["breaks"] == 1
    assert [row["breaks"] for row in found["per_target"]] == [0, 1, 0]


def test_nothing_before_the_start_and_after_the_end_is_judged():
    truth = flat_truth()
    tracks = tracks_of(truth)
    tracks.lat_rad[tracks.time_s < START_S + 20] += 80.0
    params = EvaluateParams(start_s=START_S + 20, end_s=START_S + 40)
    found = evaluate(tracks, truth, params, flat=True).figures
    assert found["data"]["instants"] == 21
    assert found["rms_position_m"] == pytest.approx(0.0)


def test_truth_and_tracks_of_different_days_are_refused_with_both_spans():
    truth = flat_truth()
    tracks = tracks_of(truth)
    tracks.time_s[:] -= 1.7e9
    with pytest.raises(RecordingError, match=r"2023-11-14.*1970-01-01 00:00:00.*--date"):
        evaluate(tracks, truth, PARAMS, flat=True)


def test_tracks_that_are_all_tentative_are_refused_unless_asked_for():
    truth = flat_truth()
    tracks = tracks_of(truth)._replace(confirmed=np.zeros(3 * SECONDS + 3, np.int8))
    with pytest.raises(RecordingError, match="--tentative"):
        evaluate(tracks, truth, PARAMS, flat=True)
    params = EvaluateParams(confirmed_only=False)
    assert evaluate(tracks, truth, params, flat=True).figures["completeness"] == 1.0


def test_distances_in_space_need_heights():
    time_s = START_S + np.arange(5.0)
    truth = truth_of([(t, 1, 0.1, 0.9) for t in time_s])
    tracks = positions_of([(t, 1, 0.1, 0.9) for t in time_s])
    gone = np.full(5, np.nan)
    gone[0] = 9.0
    bare = tracks._replace(altitude_m=gone, baro_altitude_m=gone)
    params = EvaluateParams(dimensions=3)
    assert evaluate(tracks, truth, params, flat=False).figures["rms_position_m"] == 0.0
    with pytest.raises(ConfigError, match="got 4 of 5 track states without one"):
        evaluate(bare, truth, params, flat=False)
    with pytest.raises(ConfigError, match="got 5 of 5 true states without one"):
        evaluate(tracks, truth._replace(altitude_m=gone * np.nan), params, flat=False)


def test_a_step_that_would_take_millions_of_instants_is_refused():
    truth = flat_truth()
    with pytest.raises(ConfigError, match="--step: expected"):
        evaluate(tracks_of(truth), truth, EvaluateParams(step_s=1e-6), flat=True)


@pytest.mark.parametrize("kind", ["far", "one row", "no covariance", "no velocity"])
def test_odd_tracks_still_make_a_page(kind):
    truth = flat_truth()
    tracks = tracks_of(truth)
    none = np.full(len(tracks.time_s), np.nan)
    odd = {
        "far": tracks._replace(lat_rad=tracks.lat_rad + 1e6),
        "one row": take_rows(tracks, np.array([5])),
        "no covariance": tracks._replace(sigma_n_m=none),
        "no velocity": tracks._replace(vn_mps=none, ve_mps=none, vu_mps=none),
    }[kind]
    found = evaluate(odd, truth, PARAMS, flat=True)
    assert "</html>" in html_of(page(found, kind, [], ""))


def test_an_unknown_requirement_set_is_refused_before_any_work():
    truth = flat_truth()
    with pytest.raises(ConfigError, match="surveillance-5nm"):
        evaluate(tracks_of(truth), truth, PARAMS, flat=True, requirements=["nothing"])


def test_every_row_for_people_names_a_figure_that_exists(judged):
    paths = [row.path for _, rows in GROUPS for row in rows]
    lacking = [
        path
        for path in paths
        if not path.startswith(("floors.", "nis.")) and look_up(judged.figures, path) is None
    ]
    # Nothing turns here, every object has an address, and a flat scene has no heights.
    absent = ("turn", "identity.invented", "height_m", "climb_mps")
    assert [path for path in lacking if not any(word in path for word in absent)] == []
    assert len(set(paths)) == len(paths)


def test_values_are_shown_with_four_digits_and_shares_in_per_cent():
    assert number(0.98765, PERCENT) == "98.77"
    assert number(12_345.6) == "12,346"
    assert number(3) == "3"
    assert number(None) == "–"  # noqa: RUF001
    assert number(float("nan")) == "–"  # noqa: RUF001
    assert number(True) == "yes"


def test_headings_without_figures_are_left_out():
    assert lines({"rms_position_m": 1.5})[0][1][0].value == "1.5"
    assert len(lines({"rms_position_m": 1.5})) == 1


def test_bins_hold_every_finite_value_once():
    values = np.array([1.0, 2.0, np.nan, 3.0, 10.0])
    bins = binned(np.arange(5.0), values, most=2)
    assert bins.n.tolist() == [2, 2]
    assert bins.mean.tolist() == [1.5, 6.5]
    assert bins.rms == pytest.approx([np.sqrt(2.5), np.sqrt(54.5)])
    assert bins.p95.tolist() == [2.0, 10.0]


def test_bins_of_nothing_and_of_one_instant_exist():
    assert not binned(np.empty(0), np.empty(0)).n.size
    assert binned(np.zeros(3), np.ones(3)).n.tolist() == [3]


def test_thinning_keeps_the_ends():
    rows = thinned(10_000, 100)
    assert (rows[0], rows[-1], len(rows)) == (0, 9_999, 100)
    assert thinned(3, 100).tolist() == [0, 1, 2]


def test_times_are_shown_as_utc():
    assert clock(1_732_161_600.0) == "2024-11-21 04:00:00 UTC"
    assert clock(float("nan")) == "unknown time"


def test_the_band_of_the_mean_narrows_with_the_number_of_values():
    """Against chi-square tables: 2n = 20 degrees of freedom, 9.591 to 34.170."""
    low, high = nees_band(10)
    assert low == pytest.approx(9.591 / 20, rel=0.01)
    assert high == pytest.approx(34.170 / 20, rel=0.01)
    assert nees_band(1000)[1] < 1.1


class _Balance(html.parser.HTMLParser):
    """Checks that every element that opens closes, and gathers what is fetched."""

    VOID = ("meta", "path", "use", "image", "link", "br")

    def __init__(self):
        super().__init__()
        self.open, self.fetched, self.ids = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        found = dict(attrs)
        self.fetched += [found[name] for name in ("src", "href", "xlink:href") if name in found]
        self.ids += [found["id"]] if "id" in found else []

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_page_is_well_formed_and_fetches_nothing(report):
    parser = _Balance()
    parser.feed(report)
    assert parser.open == []
    assert all(link.startswith(("#", "data:")) for link in parser.fetched)
    assert "<script" not in report
    assert len(set(parser.ids)) == len(parser.ids)


def test_every_reference_inside_the_drawings_has_its_target(report):
    wanted = set(re.findall(r'(?:url\(|href=")#([\w-]+)', report))
    assert wanted
    assert wanted <= set(re.findall(r'id="([\w-]+)"', report))


def test_text_of_files_is_escaped_on_the_page(report):
    assert "a &lt; b" in report
    assert "read &amp; &lt;noted&gt;" in report


def test_the_page_has_a_table_of_objects_requirements_and_parameters(report):
    assert report.count("<table>") >= 4
    for words in ("Surveillance for 5 NM", "gospa_c_m", "000FA1", "Map of errors", 'class="pass"'):
        assert words in report


def test_colours_follow_the_page(report):
    assert "var(--blue)" in report
    assert "#0102" not in report


def test_the_same_input_gives_the_same_page(judged, report):
    assert html_of(page(judged, "a < b", ["read & <noted>"], "made here")) == report


def test_plots_of_a_million_updates_stay_small():
    truth = flat_truth(2)
    series = evaluate(tracks_of(truth), truth, PARAMS, flat=True).series
    random = np.random.default_rng(5)
    n = 300_000
    updates = series.updates._replace(
        time_s=START_S + random.uniform(0, 60, n),
        horizontal_m=random.rayleigh(30.0, n),
        nees=random.exponential(1.0, n),
        x=random.uniform(0, 1e5, n),
        y=random.uniform(0, 1e5, n),
        target_class=random.integers(0, 8, n).astype(np.int8),
    )
    large = series._replace(updates=updates)
    drawn = [plots.errors_over_time(large), plots.map_of_errors(large)]
    drawn += [plots.error_distribution(large), plots.nees_over_time(large, nees_band)]
    assert max(len(text) for text in drawn) < 200_000


def test_without_matplotlib_the_install_line_is_told(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(plots, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"skypact\[plots\]"):
        plots.need_matplotlib()


def test_parts_of_a_figure_stay_indented_on_the_page(report):
    assert "\N{EM SPACE}part of missed objects, RMS" in report


def test_metrics_over_time_of_too_many_pairs_are_left_out_and_say_why(monkeypatch):
    monkeypatch.setattr(pairs, "PER_ENTRY", 0)
    monkeypatch.setattr(pairs, "MOST_PAIRS", 182)
    truth = flat_truth()
    judged = evaluate(tracks_of(truth), truth, PARAMS, flat=True).figures
    assert judged["gospa"]["mean"] == pytest.approx(0.0, abs=1e-6)
    assert judged["ospa"]["mean"] == pytest.approx(0.0, abs=1e-6)
    assert (judged["tgospa"]["total"], judged["tgospa"]["exact"]) == (None, None)
    assert judged["ospa2"]["mean"] is None
    told = reasons(judged)
    assert [line.partition(": expected at most 182 pairs")[0] for line in told] == [
        "trajectory GOSPA", "OSPA(2)",
    ]  # fmt: skip
    assert all("got 183" in line for line in told)
    shown = {line.label: line.value for _, group in lines(judged) for line in group}
    assert shown["trajectory GOSPA"] == shown["OSPA(2), mean"] == number(None)
    monkeypatch.setattr(pairs, "PER_ENTRY", 1)
    assert reasons(evaluate(tracks_of(truth), truth, PARAMS, flat=True).figures) == []


def test_a_trajectory_gospa_that_may_be_too_high_is_shown_as_at_most():
    for exact, want in ((True, "12"), (False, "at most 12")):
        figures = {"tgospa": {"total": 12.0, "exact": exact}}
        assert [line.value for _, group in lines(figures) for line in group] == [want]


def test_the_window_of_ospa2_is_told_in_instants():
    truth = flat_truth()
    params = EvaluateParams(step_s=5.0, ospa2_window_s=2.0)
    judged = evaluate(tracks_of(truth), truth, params, flat=True).figures
    assert judged["parameters"]["ospa2_window_instants"] == 1
