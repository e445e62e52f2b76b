// Two canvases over the map. What changes slowly (names, sensors, trails) is drawn twice a second
// or when the view moves; what moves (symbols, leaders, labels) is drawn every frame.

import type { Country } from "./basemap";
import { byId } from "./dom";
import { Labels } from "./labels";
import type { Shown } from "./legend";
import { drawCountries, drawSensors, sensorBoxes } from "./names";
import type { Track } from "./picture";
import { placedSensors, type Placed, type Scene } from "./scene";
import { Symbols } from "./symbols";
import { drawTrails } from "./trails";
import type { Projection } from "./view";

const GROUND_MS = 500;

export interface Frame {
  tracks: Track[];
  /** Changes when other tracks are shown. */
  key: string;
  view: Projection;
  nowMs: number;
  clockS: number;
  shown: Shown;
  selected: number;
  hovered: number;
  /** The picture is old: the connection is lost. */
  dim: boolean;
}

class Sheet {
  readonly context: CanvasRenderingContext2D;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d")!;
  }

  /** True when the size changed, which also clears. */
  fit(view: Projection, ratio: number): boolean {
    const [w, h] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
    if (this.canvas.width === w && this.canvas.height === h) return false;
    [this.canvas.width, this.canvas.height] = [w, h];
    return true;
  }

  clear(view: Projection, ratio: number): CanvasRenderingContext2D {
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, view.width, view.height);
    return this.context;
  }
}

export class Overlay {
  readonly labels = new Labels();
  private readonly symbols = new Symbols();
  private readonly ground = new Sheet(byId("ground") as HTMLCanvasElement);
  private readonly air = new Sheet(byId("air") as HTMLCanvasElement);
  private readonly sensors: Placed[];
  private groundKey = "";
  private groundMs = 0;
  private ratio = 0;

  constructor(private readonly scene: Scene, private readonly countries: Country[]) {
    this.sensors = placedSensors(scene);
  }

  draw(frame: Frame): void {
    const { view, nowMs } = frame;
    const ratio = window.devicePixelRatio || 1;
    const isResized = [this.ground.fit(view, ratio), this.air.fit(view, ratio)].includes(true);
    if (isResized || ratio !== this.ratio) {
      this.ratio = ratio;
      this.labels.resize(view, ratio);
      this.symbols.resize(ratio);
      this.groundMs = 0;
    }
    for (const track of frame.tracks) {
      track.x = view.x(track.shownLon);
      track.y = view.y(track.shownLat);
    }
    const key = `${view.key} ${frame.key} ${frame.selected} ${frame.dim}`;
    if (nowMs - this.groundMs > GROUND_MS || key !== this.groundKey) {
      this.groundMs = nowMs;
      this.groundKey = key;
      this.drawGround(frame);
    }
    this.drawAir(frame);
  }

  private keepClear(frame: Frame): void {
    const controls = ["#topbar", "#replaybar", "#legend", "#panel", ".maplibregl-ctrl-bottom-right"];
    const boxes = [...document.querySelectorAll(controls.join())].map((e) => e.getBoundingClientRect());
    const names = frame.shown.sensors ? sensorBoxes(this.sensors, frame.view) : [];
    this.labels.kept = [...boxes.filter((b) => b.width > 0), ...names];
  }

  private drawGround(frame: Frame): void {
    this.keepClear(frame);
    const c = this.ground.clear(frame.view, this.ratio);
    drawCountries(c, this.countries, frame.view);
    if (frame.shown.sensors) drawSensors(c, this.scene, this.sensors, frame.view);
    c.globalAlpha = frame.dim ? 0.4 : 1;
    drawTrails(c, frame);
    c.globalAlpha = 1;
  }

  private drawAir(frame: Frame): void {
    const c = this.air.clear(frame.view, this.ratio);
    c.globalAlpha = frame.dim ? 0.4 : 1;
    this.symbols.draw(c, frame);
    const { selected, hovered } = frame;
    const labelled = frame.shown.labels
      ? frame.tracks
      : frame.tracks.filter((t) => t.number === selected || t.number === hovered);
    this.labels.draw(c, labelled, frame.view, { selected, hovered }, frame.nowMs);
    c.globalAlpha = 1;
  }
}
