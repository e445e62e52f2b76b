// Symbols, velocity leaders, and the last stretch of each trail: everything that moves.

import type { Frame } from "./overlay";
import type { Track } from "./picture";
import { css, LOOKS, lookOf, type Look } from "./style";
import type { Projection } from "./view";

/** The leader ends where the track is in a minute. */
const LEADER_S = 60;
const LEADER_MIN_MPS = 5;
const SPRITE_PX = 22;
/** Sprites are turned in steps of five degrees. */
const TURN_DEG = 5;

type Shape = "arrow" | "hollow" | "diamond" | "dot" | "missile";

function shapeOf(track: Track): Shape {
  if (track.ballistic) return "missile";
  if (!track.confirmed) return "dot";
  if (track.icao >= 0 || track.callsign) return "arrow";
  return track.mode3a >= 0 ? "hollow" : "diamond";
}

/** Outlines around (0, 0), north up, pixels. */
const SHAPES: Record<Shape, (c: OffscreenCanvasRenderingContext2D) => void> = {
  arrow: (c) => {
    dart(c);
    c.fill();
  },
  hollow: (c) => {
    dart(c);
    c.stroke();
  },
  diamond: (c) => {
    c.moveTo(0, -5.5);
    c.lineTo(5.5, 0);
    c.lineTo(0, 5.5);
    c.lineTo(-5.5, 0);
    c.closePath();
    c.stroke();
  },
  dot: (c) => {
    c.arc(0, 0, 2.6, 0, 2 * Math.PI);
    c.stroke();
  },
  missile: (c) => {
    c.moveTo(0, -8);
    c.lineTo(6, 5);
    c.lineTo(-6, 5);
    c.closePath();
    c.moveTo(0, 5);
    c.lineTo(0, 9);
    c.stroke();
  },
};

function dart(c: OffscreenCanvasRenderingContext2D): void {
  c.moveTo(0, -7);
  c.lineTo(4.8, 5.8);
  c.lineTo(0, 3.2);
  c.lineTo(-4.8, 5.8);
  c.closePath();
}

export class Symbols {
  private readonly sprites = new Map<string, ImageBitmap>();
  private ratio = 1;

  resize(ratio: number): void {
    this.ratio = ratio;
    this.sprites.clear();
  }

  draw(c: CanvasRenderingContext2D, frame: Frame): void {
    const { view } = frame;
    const visible = frame.tracks.filter((t) => view.isInside(t.x, t.y, 60));
    drawLeaders(c, visible, view);
    for (const track of visible) {
      const [x, y] = [track.x, track.y];
      const sprite = this.sprite(track);
      c.drawImage(sprite, x - SPRITE_PX / 2, y - SPRITE_PX / 2, SPRITE_PX, SPRITE_PX);
      if (track.number === frame.selected || track.number === frame.hovered) {
        drawCircle(c, x, y, track.number === frame.selected ? 0.95 : 0.45);
      }
    }
  }

  private sprite(track: Track): ImageBitmap {
    const shape = shapeOf(track);
    const look = lookOf(track);
    const isTurned = shape !== "diamond" && shape !== "dot" && Number.isFinite(track.vn);
    const courseDeg = isTurned ? (Math.atan2(track.ve, track.vn) * 180) / Math.PI : 0;
    const turn = Math.round(courseDeg / TURN_DEG);
    const key = `${shape} ${look} ${turn}`;
    let sprite = this.sprites.get(key);
    if (!sprite) this.sprites.set(key, (sprite = this.render(shape, look, turn * TURN_DEG)));
    return sprite;
  }

  private render(shape: Shape, look: Look, turnDeg: number): ImageBitmap {
    const size = Math.ceil(SPRITE_PX * this.ratio);
    const canvas = new OffscreenCanvas(size, size);
    const c = canvas.getContext("2d")!;
    c.scale(this.ratio, this.ratio);
    c.translate(SPRITE_PX / 2, SPRITE_PX / 2);
    c.rotate((turnDeg * Math.PI) / 180);
    c.fillStyle = c.strokeStyle = css(LOOKS[look].rgb, look === "tentative" ? 0.8 : 1);
    c.lineWidth = 1.5;
    c.lineJoin = "round";
    c.shadowColor = "rgba(5,9,14,0.9)";
    c.shadowBlur = 2 * this.ratio;
    c.beginPath();
    SHAPES[shape](c);
    return canvas.transferToImageBitmap();
  }
}

function drawCircle(c: CanvasRenderingContext2D, x: number, y: number, alpha: number): void {
  c.strokeStyle = `rgba(255,255,255,${alpha})`;
  c.lineWidth = 1.5;
  c.beginPath();
  c.arc(x, y, 13, 0, 2 * Math.PI);
  c.stroke();
}

/** One path per colour: the minute ahead, and from the newest trail point to the symbol. */
function drawLeaders(c: CanvasRenderingContext2D, tracks: Track[], view: Projection): void {
  const ahead = new Map<Look, Path2D>();
  const behind = new Map<Look, Path2D>();
  for (const track of tracks) {
    const look = lookOf(track);
    const [x, y] = [track.x, track.y];
    const tail = track.trail[track.trail.length - 1];
    if (tail) segment(behind, look, view.x(tail.lon), view.y(tail.lat), x, y);
    if (!track.confirmed || !(Math.hypot(track.vn, track.ve) > LEADER_MIN_MPS)) continue;
    const aheadPx = LEADER_S * view.pxPerM(track.shownLat);
    segment(ahead, look, x, y, x + track.ve * aheadPx, y - track.vn * aheadPx);
  }
  c.lineCap = "round";
  c.lineWidth = 1.5;
  for (const [look, path] of behind) {
    c.strokeStyle = css(LOOKS[look].rgb, look === "tentative" ? 0.25 : 0.58);
    c.stroke(path);
  }
  c.lineWidth = 1.25;
  for (const [look, path] of ahead) {
    c.strokeStyle = css(LOOKS[look].rgb, 0.9);
    c.stroke(path);
  }
}

function segment(paths: Map<Look, Path2D>, look: Look, x0: number, y0: number, x1: number, y1: number): void {
  let path = paths.get(look);
  if (!path) paths.set(look, (path = new Path2D()));
  path.moveTo(x0, y0);
  path.lineTo(x1, y1);
}
