"""An evaluation as one HTML file: tables and drawings in it, nothing fetched, no script.

Pure text from text: what stands in the tables is made in `evaluate.table`, the drawings in
`evaluate.plots`.
"""

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

STYLE: Final = """
:root{color-scheme:light dark;--paper:#ffffff;--raised:#f6f7f8;--ink:#16191d;--muted:#5c6470;
--line:#dfe3e8;--blue:#1f6fb5;--orange:#c8571b;--green:#2e8b57;--purple:#7d4cb0;--bad:#b3261e;
--font:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--raised:#1c2024;--ink:#e8eaed;
--muted:#9aa3ad;--line:#333a41;--blue:#6cb0ee;--orange:#f0935c;--green:#5fc28d;--purple:#bd95ea;
--bad:#f2857c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 var(--font);
font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:40px 28px 64px}
h1{font-size:26px;line-height:1.25;font-weight:600;margin:0 0 6px;letter-spacing:-.01em;
overflow-wrap:anywhere}
h2{font-size:17px;font-weight:600;margin:44px 0 4px;padding-top:14px;
border-top:1px solid var(--line)}
p{margin:4px 0 12px;max-width:74ch;color:var(--muted)}
ul.notes{margin:10px 0 0;padding-left:18px;color:var(--muted)}
dl.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(136px,1fr));gap:1px;
margin:26px 0 0;border:1px solid var(--line);border-radius:6px;
overflow:hidden}
dl.tiles div{box-shadow:0 0 0 1px var(--line);padding:12px 14px 10px}
dl.tiles dt{font-size:12.5px;color:var(--muted)}
dl.tiles dd{margin:2px 0 0;font-size:22px;font-weight:600;line-height:1.2}
dl.tiles small{display:block;font-size:12px;font-weight:400;color:var(--muted);margin-top:3px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px;margin:10px 0 4px}
th{font-weight:500;color:var(--muted);text-align:left;border-bottom:1px solid var(--line);
padding:5px 10px 5px 0;vertical-align:bottom}
td{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
th.n,td.n{text-align:right;white-space:nowrap}
td.u,td.s{color:var(--muted)}td.s{font-size:12.5px}
td.pass{color:var(--green);font-weight:600}td.fail{color:var(--bad);font-weight:600}
tr.group td{padding-top:16px;font-weight:600;border-bottom:1px solid var(--line)}
.plots{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:22px 28px;margin-top:14px}
figure{margin:0;min-width:0}figure.wide{grid-column:1/-1}
figcaption{font-size:13px;color:var(--muted);margin:0 0 4px}
figcaption b{color:var(--ink);font-weight:600}
figure svg{display:block;width:100%;height:auto;overflow:visible}
figure image{image-rendering:pixelated}
footer{margin-top:48px;padding-top:12px;border-top:1px solid var(--line);font-size:12.5px;
color:var(--muted)}
@media (max-width:760px){main{padding:24px 16px}.plots{grid-template-columns:minmax(0,1fr)}}
@media print{main{max-width:none;padding:0}h2,figure{break-inside:avoid}}
"""

KINDS: Final = {"n": "n", "u": "u", "s": "s", "t": ""}
"""Classes of columns: numbers to the right, units and sources muted, text."""
VERDICTS: Final = {"pass": "pass", "fail": "fail", "not measured": "u"}


class Tile(NamedTuple):
    """One figure at a glance."""

    label: str
    value: str
    remark: str = ""


class Table(NamedTuple):
    """Cells as text; a row of one cell is a heading of the rows below it."""

    head: Sequence[str]
    kinds: str
    """One letter per column, see `KINDS`."""
    rows: Sequence[Sequence[str]]


class Figure(NamedTuple):
    """A drawing as SVG text, what it is, and how to read it."""

    title: str
    text: str
    svg: str
    is_wide: bool = True


class Section(NamedTuple):
    """A heading, words, and a table or drawings below it."""

    title: str
    text: str
    content: Table | Sequence[Figure]


class Page(NamedTuple):
    """All that is on the page, in order."""

    title: str
    text: str
    notes: Sequence[str]
    tiles: Sequence[Tile]
    sections: Sequence[Section]
    footer: str


def html(page: Page) -> str:
    """Text of the file."""
    tiles = "".join(
        f"<div><dt>{escape(t.label)}</dt><dd>{escape(t.value)}"
        + (f"<small>{escape(t.remark)}</small>" if t.remark else "")
        + "</dd></div>"
        for t in page.tiles
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in page.notes)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(page.title)}</title><style>{STYLE}</style></head>\n<body><main>\n"
        f"<header><h1>{escape(page.title)}</h1><p>{escape(page.text)}</p></header>\n"
        f'<dl class="tiles">{tiles}</dl>\n'
        + (f'<ul class="notes">{notes}</ul>\n' if notes else "")
        + "\n".join(_section(section) for section in page.sections)
        + f"\n<footer>{escape(page.footer)}</footer>\n</main></body></html>\n"
    )


def _section(section: Section) -> str:
    content = section.content
    body = _table(content) if isinstance(content, Table) else _figures(content)
    words = f"<p>{escape(section.text)}</p>" if section.text else ""
    return f"<section><h2>{escape(section.title)}</h2>{words}{body}</section>"


def _table(table: Table) -> str:
    kinds = [KINDS[kind] for kind in table.kinds]
    head = "".join(
        f'<th scope="col"{_class(kind)}>{escape(cell)}</th>'
        for cell, kind in zip(table.head, kinds, strict=True)
    )
    rows = "\n".join(_row(row, kinds) for row in table.rows)
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(row: Sequence[str], kinds: list[str]) -> str:
    if len(row) == 1:
        return f'<tr class="group"><td colspan="{len(kinds)}">{escape(row[0])}</td></tr>'
    cells = (
        f"<td{_class(VERDICTS.get(cell, kind))}>{escape(cell)}</td>"
        for cell, kind in zip(row, kinds, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _figures(figures: Sequence[Figure]) -> str:
    parts = (
        f"<figure{_class('wide' if f.is_wide else '')}><figcaption><b>{escape(f.title)}.</b> "
        f"{escape(f.text)}</figcaption>{f.svg}</figure>"
        for f in figures
    )
    return f'<div class="plots">{"".join(parts)}</div>'
