// Puts the page together: stream -> picture -> map, labels, bars; one loop draws.

import "@fontsource/b612/latin-400.css";
import "@fontsource/b612/latin-700.css";
import "@fontsource/b612-mono/latin-400.css";
import "./page.css";
import { loadBasemap, sceneBounds } from "./basemap";
import { DisplayClock } from "./clock";
import { Connection } from "./connection";
import { byId, setText, utcTime } from "./dom";
import { Overlay } from "./overlay";
import { Legend } from "./legend";
import { Panel } from "./panel";
import { Picture, type Track } from "./picture";
import { ReplayBar } from "./replaybar";
import { loadScene } from "./scene";
import { lookOf, type Look } from "./style";
import { TopBar } from "./topbar";
import { createMap, Projection } from "./view";
import { SNAPSHOT, type Message } from "./wire";

const PICK_PX = 16;

async function start(): Promise<void> {
  const scene = await loadScene();
  const basemap = await loadBasemap(scene);
  await document.fonts.ready;
  await Promise.all(["11px 'B612 Mono'", "11px B612", "600 11px B612"].map((f) => document.fonts.load(f)));
  const map = createMap(basemap);
  const bounds = sceneBounds(scene);
  const padding = { top: 70, bottom: 90, left: 40, right: 40 };
  if (bounds) map.fitBounds(bounds, { padding, animate: false });

  const picture = new Picture();
  picture.holdS = scene.hold_s;
  const clock = new DisplayClock();
  const view = new Projection();
  const overlay = new Overlay(scene, basemap.countries);
  const topbar = new TopBar(scene);
  let status: Record<string, unknown> = {};
  let span: Pick<Message, "firstS" | "live"> = { firstS: NaN, live: scene.mode === "live" };
  let selected = -1;
  let hovered = -1;
  let choice = 0;
  let isFitted = bounds !== undefined;
  let fps = 0;
  let lastMs = performance.now();
  let costMs = 0;
  let maxCostMs = 0;

  const legend = new Legend(() => choice++);
  const panel = new Panel(() => select(-1));
  const connection = new Connection(hear, (s) => (status = s), () => topbar.connection(connection.state));
  topbar.connection("connecting");
  const bar = new ReplayBar(scene.mode, (command) => connection.send(command));

  function hear(message: Message): void {
    picture.apply(message, performance.now());
    clock.hear(message.clockS, message.playing, message.live ? 1 : message.speed, message.kind === SNAPSHOT);
    span = message;
    bar.hear(message);
  }

  function select(number: number): void {
    selected = number;
  }

  function nearest(x: number, y: number): number {
    let [best, bestPx] = [-1, PICK_PX];
    for (const t of visibleTracks()) {
      const px = Math.hypot(view.x(t.shownLon) - x, view.y(t.shownLat) - y);
      if (px < bestPx) [best, bestPx] = [t.number, px];
    }
    return best;
  }

  let visible: Track[] = [];
  let visibleKey = "";
  function visibleTracks(): Track[] {
    const key = `${picture.generation} ${choice} ${legend.shown.tentative ? 0 : picture.version}`;
    if (key !== visibleKey) {
      visibleKey = key;
      visible = [...picture.tracks.values()].filter((t) => t.confirmed || legend.shown.tentative);
    }
    return visible;
  }

  map.on("click", (event) => select(nearest(event.point.x, event.point.y)));
  map.on("mousemove", (event) => {
    hovered = nearest(event.point.x, event.point.y);
    map.getCanvas().style.cursor = hovered >= 0 ? "pointer" : "";
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") select(-1);
  });

  const rates: { ms: number; n: number }[] = [];
  function updatesPerS(nowMs: number): number {
    rates.push({ ms: nowMs, n: picture.updates });
    while (rates.length > 2 && nowMs - rates[0]!.ms > 5000) rates.shift();
    const first = rates[0]!;
    return nowMs > first.ms ? ((picture.updates - first.n) * 1000) / (nowMs - first.ms) : 0;
  }

  function showBars(clockS: number, nowMs: number): void {
    const counts = new Map<Look, number>();
    for (const t of picture.tracks.values()) {
      const look = lookOf(t);
      counts.set(look, (counts.get(look) ?? 0) + 1);
    }
    const tentative = counts.get("tentative") ?? 0;
    const confirmed = picture.tracks.size - tentative;
    const isLive = span.live && scene.mode === "live";
    topbar.show(clockS, scene.mode, isLive, { confirmed, tentative, updatesPerS: updatesPerS(nowMs) }, status);
    legend.show(counts);
    bar.show(clockS);
    panel.show(picture.tracks.get(selected), clockS);
    showNotice(clockS);
  }

  function showNotice(clockS: number): void {
    const notice = byId("notice");
    const isLost = connection.state === "lost";
    const text = isLost
      ? `Connection lost. Picture of ${utcTime(clockS)} UTC. Trying again`
      : !Number.isFinite(span.firstS)
        ? "Waiting for the first scan"
        : picture.tracks.size === 0
          ? "No tracks at this time"
          : "";
    notice.hidden = text === "";
    notice.dataset.kind = isLost ? "lost" : "quiet";
    setText(notice, text);
  }

  function fitToTracks(): void {
    const tracks = [...picture.tracks.values()];
    if (isFitted || !tracks.length) return;
    isFitted = true;
    const lons = tracks.map((t) => t.lon).sort((a, b) => a - b);
    const lats = tracks.map((t) => t.lat).sort((a, b) => a - b);
    const at = (v: number[], q: number) => v[Math.floor(q * (v.length - 1))]!;
    map.fitBounds([[at(lons, 0.02) - 0.2, at(lats, 0.02) - 0.2], [at(lons, 0.98) + 0.2, at(lats, 0.98) + 0.2]], { padding, animate: false, maxZoom: 13 });
  }

  let barsMs = 0;
  function frame(): void {
    const nowMs = performance.now();
    fps += (1000 / Math.max(1, nowMs - lastMs) - fps) * 0.05;
    lastMs = nowMs;
    const clockS = clock.now();
    fitToTracks();
    view.update(map);
    picture.moveTo(clockS, nowMs);
    const tracks = visibleTracks();
    const isLost = connection.state === "lost";
    overlay.draw({ tracks, key: visibleKey, view, nowMs, clockS, shown: legend.shown, selected, hovered, dim: isLost });
    if (nowMs - barsMs > 100) {
      barsMs = nowMs;
      showBars(clockS, nowMs);
    }
    const cost = performance.now() - nowMs;
    costMs += (cost - costMs) * 0.05;
    maxCostMs = Math.max(maxCostMs * 0.99, cost);
    requestAnimationFrame(frame);
  }
  requestAnimationFrame(frame);

  window.skypact = {
    tracks: () =>
      [...picture.tracks.values()].map((t) => ({ track: t.number, lat: t.shownLat, lon: t.shownLon, callsign: t.callsign, trail: t.trail.length })),
    clock: () => clock.now(),
    labels: () => overlay.labels.texts(),
    screen: (number) => {
      const t = picture.tracks.get(number);
      return t && [view.x(t.shownLon), view.y(t.shownLat)];
    },
    state: () => connection.state,
    performance: () => ({ fps, costMs, maxCostMs }),
    ready: () => map.loaded(),
    select,
  };
}

declare global {
  interface Window {
    /** For tests and for people who script the page. */
    skypact: {
      tracks(): { track: number; lat: number; lon: number; callsign: string; trail: number }[];
      clock(): number;
      labels(): { track: number; lines: string[] }[];
      screen(track: number): number[] | undefined;
      state(): string;
      performance(): { fps: number; costMs: number; maxCostMs: number };
      ready(): boolean;
      select(track: number): void;
    };
  }
}

start().catch((error: unknown) => {
  const notice = byId("notice");
  notice.hidden = false;
  notice.dataset.kind = "lost";
  setText(notice, `The page could not start: ${error instanceof Error ? error.message : String(error)}`);
  console.error(error);
});
