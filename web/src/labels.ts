// Labels that do not cover each other. Each text is drawn once and kept as an image.

import type { Track } from "./picture";
import { css, LOOKS, lookOf, type Look, type Rgb } from "./style";
import type { Projection } from "./view";

const FONT = "11px 'B612 Mono', ui-monospace, monospace";
const CHARACTER_PX = 6.7;
const LINE_PX = 13;
const PAD_PX = 2;
const CELL_PX = 4;
const PLACE_MS = 200;
/** With more symbols than this on the screen, only the nearest places are tried. */
const CROWD = 600;
const MAX_SPRITES = 1500;
const FOOT_M = 0.3048;
const KNOT_MPS = 1852 / 3600;
/** Climbs and descents slower than this show no arrow: 300 ft/min. */
const LEVEL_MPS = 1.5;

/** Where a label may go: side right and down of the symbol, distance; tried in this order. */
const SIDES = [[1, -1], [1, 1], [-1, -1], [-1, 1], [1, 0], [-1, 0], [0, -1], [0, 1]] as const;
const PLACES = [12, 24, 38].flatMap((gap) => SIDES.map(([right, down]) => ({ right, down, gap })));
/** Labels further off than this are tied to their symbol by a line. */
const TIE_PX = 20;

export const hex = (icao: number): string => icao.toString(16).toUpperCase().padStart(6, "0");
export const octal = (code: number): string => String(code).padStart(4, "0");

export function nameOf(track: Track): string {
  if (track.callsign) return track.callsign;
  if (track.icao >= 0) return hex(track.icao);
  return track.mode3a >= 0 ? `A${octal(track.mode3a)}` : `#${track.number}`;
}

/** Flight level from pressure; G marks a geometric height in hundreds of feet. */
export function levelOf(track: Track): string {
  const isBaro = Number.isFinite(track.baroM);
  const heightM = isBaro ? track.baroM : track.altitudeM;
  if (!Number.isFinite(heightM)) return "---";
  const hundreds = Math.round(heightM / FOOT_M / 100);
  const text = hundreds < 0 ? `-${String(-hundreds).padStart(2, "0")}` : String(hundreds).padStart(3, "0");
  return (isBaro ? "" : "G") + text;
}

export const arrowOf = (track: Track): string =>
  track.vu > LEVEL_MPS ? "↑" : track.vu < -LEVEL_MPS ? "↓" : " ";

export const knots = (track: Track): number => Math.round(Math.hypot(track.vn, track.ve) / KNOT_MPS);

function linesOf(track: Track): string[] {
  const speed = Number.isFinite(track.vn) ? String(knots(track)) : "---";
  const lines = [nameOf(track), `${levelOf(track)}${arrowOf(track)}${speed.padStart(4)}`];
  if ([7500, 7600, 7700].includes(track.mode3a)) lines.unshift(`SQUAWK ${octal(track.mode3a)}`);
  return lines;
}

/** What a track's label says; made anew only when the track was updated. */
interface Text {
  version: number;
  look: Look;
  lines: string[];
  key: string;
  width: number;
  height: number;
}

interface Placement {
  track: Track;
  text: Text;
  dx: number;
  dy: number;
  place: number;
}

export interface Highlight {
  selected: number;
  hovered: number;
}

export class Labels {
  private readonly sprites = new Map<string, ImageBitmap>();
  private readonly written = new WeakMap<Track, Text>();
  private readonly lastPlace = new Map<number, number>();
  private placements: Placement[] = [];
  private placedMs = 0;
  private placedKey = "";
  private ratio = 1;
  private taken = new Uint8Array(0);
  private columns = 0;
  private rows = 0;
  /** Where no label may go: bars, panels, the names of sensors. Pixels. */
  kept: { x: number; y: number; width: number; height: number }[] = [];
  private nPlaces = PLACES.length;

  /** Texts on the screen now, for people who cannot see it and for tests. */
  texts(): { track: number; lines: string[] }[] {
    return this.placements.map((p) => ({ track: p.track.number, lines: p.text.lines }));
  }

  resize(view: Projection, ratio: number): void {
    this.ratio = ratio;
    this.columns = Math.ceil(view.width / CELL_PX) + 1;
    this.rows = Math.ceil(view.height / CELL_PX) + 1;
    this.taken = new Uint8Array(this.columns * this.rows);
    this.sprites.clear();
    this.placedMs = 0;
  }

  draw(c: CanvasRenderingContext2D, tracks: Track[], view: Projection, highlight: Highlight, nowMs: number): void {
    const key = `${view.key} ${highlight.selected} ${highlight.hovered}`;
    if (nowMs - this.placedMs > PLACE_MS || key !== this.placedKey) {
      this.placedMs = nowMs;
      this.placedKey = key;
      this.place(tracks, view, highlight);
    }
    this.drawTies(c);
    for (const p of this.placements) this.drawLabel(c, p);
  }

  private cover(x: number, y: number, w: number, h: number, mark: boolean): boolean {
    const [i0, i1] = [Math.max(0, Math.floor(x / CELL_PX)), Math.min(this.columns - 1, Math.floor((x + w) / CELL_PX))];
    const [j0, j1] = [Math.max(0, Math.floor(y / CELL_PX)), Math.min(this.rows - 1, Math.floor((y + h) / CELL_PX))];
    for (let j = j0; j <= j1; j++) {
      for (let i = i0; i <= i1; i++) {
        if (mark) this.taken[j * this.columns + i] = 1;
        else if (this.taken[j * this.columns + i]) return true;
      }
    }
    return false;
  }

  private place(tracks: Track[], view: Projection, highlight: Highlight): void {
    this.taken.fill(0);
    for (const box of this.kept) this.cover(box.x, box.y, box.width, box.height, true);
    const visible = tracks.filter((t) => view.isInside(t.x, t.y, 20));
    for (const t of visible) this.cover(t.x - 5, t.y - 5, 10, 10, true);
    const rank = (t: Track): number => {
      if (t.number === highlight.selected) return -3;
      if (t.number === highlight.hovered) return -2;
      const look = lookOf(t);
      if (look === "emergency" || look === "ballistic") return -1;
      return (t.confirmed ? 0 : 2) + (this.lastPlace.has(t.number) ? 0 : 1);
    };
    const ranks = new Map(visible.map((t) => [t, rank(t)]));
    visible.sort((a, b) => ranks.get(a)! - ranks.get(b)! || a.number - b.number);
    this.placements = [];
    const places = new Map<number, number>();
    this.nPlaces = visible.length > CROWD ? SIDES.length : PLACES.length;
    for (const track of visible) {
      const placement = this.placeOne(track, view, ranks.get(track)! < 0);
      if (!placement) continue;
      places.set(track.number, placement.place);
      this.placements.push(placement);
    }
    this.lastPlace.clear();
    places.forEach((place, number) => this.lastPlace.set(number, place));
  }

  private placeOne(track: Track, view: Projection, must: boolean): Placement | undefined {
    if (!track.confirmed && view.zoom < 7 && !must) return undefined;
    const text = this.write(track);
    const [x, y] = [track.x, track.y];
    const last = this.lastPlace.get(track.number);
    if (last !== undefined && last < this.nPlaces && (must || this.isFree(text, x, y, last))) {
      return this.take(track, text, x, y, last);
    }
    for (let place = 0; place < this.nPlaces; place++) {
      if (must || this.isFree(text, x, y, place)) return this.take(track, text, x, y, place);
    }
    return undefined;
  }

  private isFree(text: Text, x: number, y: number, place: number): boolean {
    const [dx, dy] = shift(text, place);
    return !this.cover(x + dx, y + dy, text.width, text.height, false);
  }

  private take(track: Track, text: Text, x: number, y: number, place: number): Placement {
    const [dx, dy] = shift(text, place);
    this.cover(x + dx, y + dy, text.width, text.height, true);
    return { track, text, dx, dy, place };
  }

  private write(track: Track): Text {
    const known = this.written.get(track);
    if (known?.version === track.version) return known;
    const look = lookOf(track);
    const lines = linesOf(track);
    const width = Math.ceil(Math.max(...lines.map((l) => l.length)) * CHARACTER_PX) + 2 * PAD_PX + 2;
    const height = Math.ceil(lines.length * LINE_PX) + PAD_PX;
    const text = { version: track.version, look, lines, key: `${look}|${lines.join("|")}`, width, height };
    this.written.set(track, text);
    return text;
  }

  private sprite(text: Text): ImageBitmap {
    const known = this.sprites.get(text.key);
    if (known) return known;
    const { lines, width, height } = text;
    const rgb: Rgb = LOOKS[text.look].rgb;
    const canvas = new OffscreenCanvas(Math.ceil(width * this.ratio), Math.ceil(height * this.ratio));
    const s = canvas.getContext("2d")!;
    s.scale(this.ratio, this.ratio);
    s.font = FONT;
    s.textBaseline = "middle";
    s.lineJoin = "round";
    s.lineWidth = 3.5;
    s.strokeStyle = "rgba(8,13,19,0.88)";
    lines.forEach((line, i) => {
      const y = PAD_PX / 2 + LINE_PX * (i + 0.5);
      s.strokeText(line, PAD_PX, y);
      const isName = i === lines.length - 2;
      s.fillStyle = isName ? css(mix(rgb, 0.35)) : css(rgb, text.look === "tentative" ? 0.7 : 0.86);
      s.fillText(line, PAD_PX, y);
    });
    if (this.sprites.size > MAX_SPRITES) this.sprites.clear();
    const sprite = canvas.transferToImageBitmap();
    this.sprites.set(text.key, sprite);
    return sprite;
  }

  private drawTies(c: CanvasRenderingContext2D): void {
    c.strokeStyle = "rgba(170,195,212,0.4)";
    c.lineWidth = 1;
    c.beginPath();
    for (const p of this.placements) {
      const { right, down, gap } = PLACES[p.place]!;
      if (gap < TIE_PX) continue;
      const [x, y] = [p.track.x, p.track.y];
      const length = Math.hypot(right, down);
      c.moveTo(x + (right / length) * 9, y + (down / length) * 9);
      c.lineTo(x + right * (gap - 3), y + down * (right ? gap * 0.7 : gap - 3));
    }
    c.stroke();
  }

  private drawLabel(c: CanvasRenderingContext2D, p: Placement): void {
    const r = this.ratio;
    const left = Math.round((p.track.x + p.dx) * r) / r;
    const top = Math.round((p.track.y + p.dy) * r) / r;
    c.drawImage(this.sprite(p.text), left, top, p.text.width, p.text.height);
  }
}

/** From the symbol to the label's top left corner. */
function shift({ width, height }: Text, place: number): [number, number] {
  const { right, down, gap } = PLACES[place]!;
  const dx = right > 0 ? gap : right < 0 ? -gap - width : -width / 2;
  if (right === 0) return [dx, down > 0 ? gap : -gap - height];
  const low = gap * 0.7 - 4;
  return [dx, down > 0 ? low : down < 0 ? -low - height : -height / 2];
}

const mix = (rgb: Rgb, white: number): Rgb =>
  rgb.map((v) => Math.round(v + (255 - v) * white)) as unknown as Rgb;
