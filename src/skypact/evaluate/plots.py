"""Plots of an evaluation as SVG text that takes its colours from the page it is put in.

Drawn by matplotlib (the extra ``plots``), which is imported when the first plot is drawn. The same
input gives the same text: no dates, ids from a fixed salt. Colours are drawn as stand-ins and
become CSS variables, so that one drawing reads in light and in dark. Every plot is of bounded
size, however long the input: values are gathered in bins.
"""

import io
import re
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final

import numpy as np

from skypact.errors import MissingExtraError
from skypact.evaluate.series import Series, Updates, binned, clock, thinned, time_axis
from skypact.model.reports import Floats
from skypact.model.tracks import CLASSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, LINE = "#010203", "#010204", "#010205"
BLUE, ORANGE, GREEN, PURPLE, PAPER = "#010206", "#010207", "#010208", "#010209", "#01020a"
_VARIABLE: Final = {
    INK: "ink", MUTED: "muted", LINE: "line", BLUE: "blue", ORANGE: "orange", GREEN: "green",
    PURPLE: "purple", PAPER: "paper",
}  # fmt: skip
CELLS: Final = 140
"""Cells of the map along its longer side."""
RAMP: Final = ("#3b86c8", "#5cb89a", "#e9b949", "#e07b39", "#c2323f")
"""Small to large errors on the map; each colour stands out from white and from black."""
MOST_POINTS: Final = 400
"""Points of a line over time."""
SPIKE: Final = 3.0
"""A peak this many times the 97 % point leaves the plot's top."""
_STYLE: Final = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.color": MUTED,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "legend.handlelength": 1.6,
    "lines.linewidth": 1.6,
    "figure.facecolor": "none",
    "axes.formatter.useoffset": False,
}


def need_matplotlib() -> ModuleType:
    """Import matplotlib, or say how to install it."""
    try:
        import_module("matplotlib.figure")
        return import_module("matplotlib")
    except ImportError as error:
        raise MissingExtraError(
            'plots need matplotlib: pip install "skypact[plots]", or leave out --html'
        ) from error


def _svg(figure: "Figure", name: str) -> str:
    """Text of a figure without header, ids of groups and fixed colours."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r'\1 role="img"', text, count=1)
    text = text.replace("'DejaVu Sans'", "var(--font)").replace("DejaVu Sans", "var(--font)")
    for colour, variable in _VARIABLE.items():
        text = text.replace(colour, f"var(--{variable})")
    # Ids are hashes of what they name; the name keeps those of two plots on a page apart.
    return re.sub(r'(id="|url\(#|href="#)', rf"\1{name}-", text)


def _drawn(
    name: str, draw: Callable[["Figure", "Axes"], None], width: float = 10.8, height: float = 3.7
) -> str:
    """Make one figure with one pair of axes; `draw` gets the figure and the axes."""
    matplotlib = need_matplotlib()
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = matplotlib.figure.Figure(figsize=(width, height), layout="constrained")
        draw(figure, figure.add_subplot())
        return _svg(figure, name)


def _time_label(axes: "Axes", first_s: float, span_s: float) -> float:
    """Name the axis of time; seconds in its unit."""
    size_s, unit = time_axis(span_s)
    axes.set_xlabel(f"{unit} after {clock(first_s)}")
    axes.set_xlim(0, max(span_s / size_s, 1e-3))
    return size_s


def _legend(axes: "Axes", n: int) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=n, borderaxespad=0.2)


def _cut(axes: "Axes", values: Floats) -> None:
    """Let a few high values leave the top, and say how high they are."""
    if not values.size:
        return
    usual, most = float(np.percentile(values, 97)), float(values.max())
    if most > SPIKE * usual > 0:
        axes.set_ylim(top=1.5 * usual)
        axes.text(
            0.995, 0.97, f"peak {most:,.0f} m", transform=axes.transAxes, ha="right", va="top"
        )


def _span(series: Series) -> tuple[float, float]:
    """First instant and length, seconds, of what is plotted over time."""
    time_s = np.concatenate([series.instants.time_s, series.updates.time_s])
    return (float(time_s.min()), float(np.ptp(time_s))) if time_s.size else (0.0, 0.0)


def errors_over_time(series: Series, floor_m: float | None = None) -> str:
    """Horizontal error of matched updates: median, RMS and 95th percentile in stretches of time.

    Parameters
    ----------
    series : Series
        The evaluation's arrays.
    floor_m : float or None
        A bound on the RMS error, drawn as a dashed line [m].
    """

    def draw(_: "Figure", axes: "Axes") -> None:
        first_s, span_s = _span(series)
        size_s = _time_label(axes, first_s, span_s)
        bins = binned(series.updates.time_s, series.updates.horizontal_m)
        x = (bins.time_s - first_s) / size_s
        axes.fill_between(x, bins.median, bins.p95, color=BLUE, alpha=0.16, linewidth=0)
        axes.plot(x, bins.p95, color=BLUE, linewidth=0.9, alpha=0.6, label="95 % of updates below")
        axes.plot(x, bins.rms, color=ORANGE, label="RMS")
        axes.plot(x, bins.median, color=BLUE, label="median")
        if floor_m is not None and np.isfinite(floor_m):
            axes.axhline(floor_m, color=INK, linestyle="--", linewidth=1.1, label="floor (RMS)")
        axes.set_ylabel("horizontal error [m]")
        axes.set_ylim(bottom=0)
        _legend(axes, 4)

    return _drawn("errors", draw)


def gospa_over_time(series: Series) -> str:
    """GOSPA and the parts it is made of, per instant; long runs are thinned to bin means."""

    def draw(_: "Figure", axes: "Axes") -> None:
        first_s, span_s = _span(series)
        size_s = _time_label(axes, first_s, span_s)
        i = series.instants
        for values, colour, label in (
            (i.localisation_m, BLUE, "localisation"),
            (i.missed_m, ORANGE, "missed"),
            (i.false_m, PURPLE, "false"),
            (i.gospa_m, INK, "GOSPA"),
        ):
            bins = binned(i.time_s, values, MOST_POINTS)
            axes.plot((bins.time_s - first_s) / size_s, bins.mean, color=colour, label=label)
        axes.set_ylabel("distance [m]")
        axes.set_ylim(bottom=0)
        _cut(axes, i.gospa_m)
        _legend(axes, 4)

    return _drawn("gospa", draw)


def counts_over_time(series: Series) -> str:
    """How many objects there are, and how many tracks claim to be one."""

    def draw(_: "Figure", axes: "Axes") -> None:
        first_s, span_s = _span(series)
        size_s = _time_label(axes, first_s, span_s)
        i = series.instants
        keep = thinned(i.time_s.size, MOST_POINTS)
        x = (i.time_s[keep] - first_s) / size_s
        axes.step(x, i.n_truth[keep], color=INK, where="post", label="objects")
        axes.step(x, i.n_tracks[keep], color=ORANGE, where="post", label="tracks")
        axes.set_ylabel("number")
        axes.set_ylim(bottom=0)
        _legend(axes, 2)

    return _drawn("counts", draw, height=2.6)


def _cells(u: Updates, is_flat: bool) -> tuple[Floats, tuple[float, float, float, float]]:
    """RMS error per cell (rows from the south) and left, right, bottom, top of the map."""
    use = np.isfinite(u.horizontal_m) & np.isfinite(u.x) & np.isfinite(u.y)
    x, y, square = u.x[use], u.y[use], u.horizontal_m[use] ** 2
    stretch = 1.0 if is_flat else float(np.cos(np.radians(y.mean())))
    width = max(float(np.ptp(x)) * stretch, float(np.ptp(y)), 1e-9) * 1.04
    half = width / 2 / stretch, width / 2
    mid = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    reach_x = min(half[0], float(np.ptp(x)) * 0.52 + 0.02 * half[0])
    reach_y = min(half[1], float(np.ptp(y)) * 0.52 + 0.02 * half[1])
    extent = mid[0] - reach_x, mid[0] + reach_x, mid[1] - reach_y, mid[1] + reach_y
    shape = (
        max(4, round(CELLS * reach_y / half[1])),
        max(4, round(CELLS * reach_x / half[0])),
    )
    bounds = [[extent[2], extent[3]], [extent[0], extent[1]]]
    n, *_ = np.histogram2d(y, x, shape, bounds)
    total, *_ = np.histogram2d(y, x, shape, bounds, weights=square)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(total / n), extent


def map_of_errors(series: Series) -> str:
    """Where the errors are: RMS horizontal error in cells of the map."""

    def draw(figure: "Figure", axes: "Axes") -> None:
        axes.grid(visible=False)
        axes.set_xlabel("x [m]" if series.is_flat else "longitude [°]")
        axes.set_ylabel("y [m]" if series.is_flat else "latitude [°]")
        if not np.isfinite(series.updates.horizontal_m * series.updates.x).any():
            return
        cells, extent = _cells(series.updates, series.is_flat)
        seen = cells[np.isfinite(cells)]
        low, high = np.percentile(seen, [5, 95])
        image = axes.imshow(
            np.ma.masked_invalid(cells),
            cmap=import_module("matplotlib.colors").LinearSegmentedColormap.from_list("map", RAMP),
            vmin=low,
            vmax=max(high, low * 1.01 + 1e-9),
            origin="lower",
            extent=extent,
            interpolation="none",
            aspect="equal" if series.is_flat else 1 / np.cos(np.radians(np.mean(extent[2:]))),
        )
        bar = figure.colorbar(image, ax=axes, extend="both", shrink=0.8, pad=0.02)
        bar.set_label("RMS error in the cell [m]")
        bar.outline.set_visible(False)

    return _drawn("map", draw, height=6.6)


def error_distribution(series: Series) -> str:
    """Share of updates whose error is below a distance, all and by class (at most three)."""

    def draw(_: "Figure", axes: "Axes") -> None:
        u = series.updates
        use = np.isfinite(u.horizontal_m)
        names, counts = np.unique(u.target_class[use], return_counts=True)
        most = names[np.argsort(-counts, kind="stable")][:3]
        parts = [(use, INK, "all")]
        if names.size > 1:
            parts += [
                (use & (u.target_class == c), colour, CLASSES[max(int(c), 0)])
                for c, colour in zip(most, (BLUE, ORANGE, GREEN), strict=False)
            ]
        for rows, colour, label in parts:
            errors_m = np.sort(u.horizontal_m[rows])
            keep = thinned(errors_m.size, 240)
            share = 100 * (keep + 1) / max(errors_m.size, 1)
            axes.plot(np.maximum(errors_m[keep], 0.1), share, color=colour, label=label)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
        axes.set_xlabel("horizontal error [m]")
        axes.set_ylabel("share of updates below [%]")
        axes.set_ylim(0, 100)
        if use.any():
            axes.set_xlim(left=max(0.1, float(np.percentile(u.horizontal_m[use], 0.5))))
        axes.axhline(95, color=MUTED, linewidth=0.8, linestyle=":")
        _legend(axes, 4)

    return _drawn("distribution", draw, width=5.3, height=3.7)


def nees_over_time(series: Series, band: Callable[[int], tuple[float, float]]) -> str:
    """Mean NEES in stretches of time, with the band that holds 95 % of a consistent filter's.

    Parameters
    ----------
    series : Series
        The evaluation's arrays.
    band : callable
        ``band(n)`` gives the lower and upper limit of the mean of n values.
    """

    def draw(_: "Figure", axes: "Axes") -> None:
        first_s, span_s = _span(series)
        size_s = _time_label(axes, first_s, span_s)
        bins = binned(series.updates.time_s, series.updates.nees, 90)
        x = (bins.time_s - first_s) / size_s
        limits = np.array([band(int(n)) for n in bins.n]).reshape(-1, 2)
        axes.fill_between(
            x, limits[:, 0], limits[:, 1], color=GREEN, alpha=0.25, linewidth=0, label="95 % band"
        )
        axes.axhline(1, color=MUTED, linewidth=0.8, linestyle=":")
        axes.plot(x, bins.mean, color=INK, label="mean NEES / 2 (expected 1)")
        axes.set_ylabel("NEES / 2, horizontal")
        axes.set_ylim(0, max(2.0, 1.1 * float(np.percentile(bins.mean, 98)) if x.size else 2.0))
        _legend(axes, 2)

    return _drawn("nees", draw)


def nees_histogram(series: Series) -> str:
    """NEES of the updates against the chi-square density of two degrees of freedom."""

    def draw(_: "Figure", axes: "Axes") -> None:
        values = series.updates.nees[np.isfinite(series.updates.nees)]
        edges = np.linspace(0, 7, 57)
        n = np.histogram(np.minimum(values, 6.99), edges)[0]
        density = n / max(values.size, 1) / np.diff(edges)
        axes.stairs(density, edges, fill=True, color=BLUE, alpha=0.45, label="found")
        x = np.linspace(0, 7, 100)
        axes.plot(x, np.exp(-x), color=INK, label="expected (χ², 2 d.o.f.)")
        axes.set_xlabel("NEES / 2 (the last bar holds all above)")
        axes.set_ylabel("density")
        axes.set_xlim(0, 7)
        _legend(axes, 2)

    return _drawn("histogram", draw, width=5.3, height=3.7)


def errors_by_class(series: Series) -> str:
    """Median, RMS and 95th percentile of the horizontal error for every class of object."""

    def draw(_: "Figure", axes: "Axes") -> None:
        u = series.updates
        use = np.isfinite(u.horizontal_m)
        found = [int(c) for c in np.unique(u.target_class[use])]
        for row, c in enumerate(found):
            errors_m = u.horizontal_m[use & (u.target_class == c)]
            median, p95 = np.percentile(errors_m, [50, 95])
            axes.plot([median, p95], [row, row], color=BLUE, linewidth=5, alpha=0.3)
            axes.plot([median], [row], "|", color=BLUE, markersize=12, markeredgewidth=2)
            axes.plot([np.sqrt((errors_m**2).mean())], [row], "o", color=ORANGE, markersize=5)
        axes.set_yticks(range(len(found)), [CLASSES[max(c, 0)] for c in found])
        axes.set_ylim(-0.7, len(found) - 0.3)
        axes.grid(visible=False, axis="y")
        axes.set_xlim(left=0)
        axes.set_xlabel("horizontal error [m]: median to 95 %, RMS as a dot")

    n_classes = np.unique(series.updates.target_class).size
    return _drawn("classes", draw, width=10.8, height=1.0 + 0.36 * max(n_classes, 1))
