// Where the tracks have been: lines that fade with age.

import type { Frame } from "./overlay";
import { TRAIL_S } from "./picture";
import { css, LOOKS, lookOf, type Look } from "./style";

/** Steps of fading; all segments of one colour and step are one path. */
const STEPS = 6;

export function drawTrails(c: CanvasRenderingContext2D, frame: Frame): void {
  const { view, clockS, selected } = frame;
  const paths = new Map<string, Path2D>();
  for (const track of frame.tracks) {
    if (!view.isInside(track.x, track.y, 400)) continue;
    const look = lookOf(track);
    const isSelected = track.number === selected;
    const trail = track.trail;
    let [x, y] = [trail[0] ? view.x(trail[0].lon) : 0, trail[0] ? view.y(trail[0].lat) : 0];
    for (let i = 1; i < trail.length; i++) {
      const point = trail[i]!;
      const age = Math.min(0.999, Math.max(0, (clockS - point.timeS) / TRAIL_S));
      const key = isSelected ? `${look} -1` : `${look} ${Math.floor(age * STEPS)}`;
      let path = paths.get(key);
      if (!path) paths.set(key, (path = new Path2D()));
      path.moveTo(x, y);
      [x, y] = [view.x(point.lon), view.y(point.lat)];
      path.lineTo(x, y);
    }
  }
  c.lineCap = "round";
  for (const [key, path] of paths) {
    const [look, step] = key.split(" ") as [Look, string];
    const fresh = 1 - Number(step) / STEPS;
    const strength = step === "-1" ? 0.95 : look === "tentative" ? 0.25 * fresh : 0.08 + 0.5 * fresh * fresh;
    c.strokeStyle = css(LOOKS[look].rgb, strength);
    c.lineWidth = step === "-1" ? 2 : 1.5;
    c.stroke(path);
  }
}
