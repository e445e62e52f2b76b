// What is known about the selected track.

import { byId, el, setText } from "./dom";
import { arrowOf, hex, knots, levelOf, nameOf, octal } from "./labels";
import type { Track } from "./picture";
import { css, LOOKS, lookOf } from "./style";

const CLASSES = ["unknown", "airliner", "light", "helicopter", "fast", "drone", "balloon", "surface", "ballistic"];
const FEET_PER_MINUTE_MPS = 0.3048 / 60;

function angle(deg: number, positive: string, negative: string, digits: number): string {
  const total = Math.round(Math.abs(deg) * 3600);
  const pad = (v: number, n: number) => String(v).padStart(n, "0");
  const [d, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return `${pad(d, digits)}°${pad(m, 2)}′${pad(s, 2)}″ ${deg < 0 ? negative : positive}`;
}

const metres = (v: number): string => (Number.isFinite(v) ? `${Math.round(v).toLocaleString("en")} m` : "unknown");

function duration(s: number): string {
  if (!Number.isFinite(s)) return "unknown";
  const v = Math.max(0, Math.round(s));
  return v < 60 ? `${v} s` : `${Math.floor(v / 60)} min ${String(v % 60).padStart(2, "0")} s`;
}

function heading(track: Track): string {
  if (!Number.isFinite(track.vn)) return "unknown";
  const deg = Math.round(((Math.atan2(track.ve, track.vn) * 180) / Math.PI + 360) % 360);
  return `${String(deg === 0 ? 360 : deg).padStart(3, "0")}°`;
}

function verticalRate(track: Track): string {
  if (!Number.isFinite(track.vu)) return "unknown";
  const feet = Math.round(track.vu / FEET_PER_MINUTE_MPS / 50) * 50;
  return `${feet > 0 ? "+" : ""}${feet.toLocaleString("en")} ft/min`;
}

type Row = readonly [string, (track: Track, clockS: number) => string];

const ROWS: readonly Row[] = [
  ["Address", (t) => (t.icao >= 0 ? hex(t.icao) : "none")],
  ["Mode A", (t) => (t.mode3a >= 0 ? octal(t.mode3a) : "none")],
  ["Level", (t) => `${levelOf(t).startsWith("G") ? "" : "FL "}${levelOf(t)}${arrowOf(t)}`],
  ["Height (WGS-84)", (t) => metres(t.altitudeM)],
  ["Vertical rate", verticalRate],
  ["Ground speed", (t) => (Number.isFinite(t.vn) ? `${knots(t)} kt` : "unknown")],
  ["Track angle", heading],
  ["Position", (t) => `${angle(t.lat, "N", "S", 2)}\n${angle(t.lon, "E", "W", 3)}`],
  ["Accuracy (1σ)", (t) => metres(t.sigmaM)],
  ["Existence", (t) => t.existence.toFixed(t.existence > 0.995 ? 3 : 2)],
  ["Class", (t) => `${CLASSES[t.targetClass] ?? "unknown"}${t.manoeuvre ? ", manoeuvring" : ""}`],
  ["Sensors", (t) => String(t.nSensors)],
  ["Track age", (t, clockS) => duration(clockS - t.bornS)],
  ["Last update", (t, clockS) => `${Math.max(0, clockS - t.timeS).toFixed(1)} s ago`],
];

export class Panel {
  private readonly root = byId("panel");
  private readonly name = el("h2");
  private readonly number = el("span", "dim");
  private readonly look = el("p", "look");
  private readonly values = ROWS.map(() => el("dd"));

  constructor(close: () => void) {
    const button = el("button", "close", "×");
    button.setAttribute("aria-label", "Close");
    button.title = "Close (Esc)";
    button.addEventListener("click", close);
    const list = el("dl");
    ROWS.forEach(([label], i) => list.append(el("dt", "", label), this.values[i]!));
    this.root.append(el("div", "head", this.name, this.number, button), this.look, list);
  }

  show(track: Track | undefined, clockS: number): void {
    this.root.hidden = !track;
    if (!track) return;
    const look = LOOKS[lookOf(track)];
    setText(this.name, nameOf(track));
    setText(this.number, `#${track.number}`);
    setText(this.look, look.text);
    this.root.style.setProperty("--look", css(look.rgb));
    ROWS.forEach(([, value], i) => setText(this.values[i]!, value(track, clockS)));
  }
}
