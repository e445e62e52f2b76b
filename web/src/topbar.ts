// Title, clock, mode, counts, connection.

import type { Connection } from "./connection";
import { byId, el, setText, utcDate, utcTime } from "./dom";
import type { Scene } from "./scene";

export interface Counts {
  confirmed: number;
  tentative: number;
  updatesPerS: number;
}

export class TopBar {
  private readonly time = el("span", "time");
  private readonly date = el("span", "date");
  private readonly badge = el("span", "badge");
  private readonly tracks = el("b");
  private readonly tentative = el("span", "dim");
  private readonly rate = el("b");
  private readonly rateUnit = el("span", "dim", "updates/s");
  private readonly sensors = el("b");
  private readonly state = el("span", "state");

  constructor(scene: Scene) {
    const title = el("span", "title", scene.title || "Skypact");
    setText(this.sensors, String(scene.sensors.length));
    byId("topbar").append(
      el("div", "left", el("span", "brand", "SKYPACT"), title),
      el("div", "centre", this.badge, this.time, el("span", "zone", "UTC"), this.date),
      el(
        "div", "right",
        el("span", "figure", this.tracks, el("span", "dim", "tracks"), this.tentative),
        el("span", "figure", this.rate, this.rateUnit),
        el("span", "figure", this.sensors, el("span", "dim", "sensors")),
        this.state,
      ),
    );
    document.title = scene.title ? `${scene.title} · Skypact` : "Skypact";
  }

  show(clockS: number, mode: string, isLive: boolean, counts: Counts, status: Record<string, unknown>): void {
    setText(this.time, utcTime(clockS));
    setText(this.date, utcDate(clockS));
    setText(this.badge, isLive ? "LIVE" : mode === "live" ? "LOOKING BACK" : "REPLAY");
    this.badge.dataset.kind = isLive ? "live" : mode;
    setText(this.tracks, String(counts.confirmed));
    setText(this.tentative, counts.tentative ? `+${counts.tentative}` : "");
    const reports = status["reports_per_s"];
    const isReports = isLive && typeof reports === "number";
    setText(this.rate, Math.round(isReports ? reports : counts.updatesPerS).toLocaleString("en"));
    setText(this.rateUnit, isReports ? "reports/s" : "updates/s");
  }

  connection(state: Connection["state"]): void {
    this.state.dataset.state = state;
    setText(this.state, state === "open" ? "Connected" : state === "lost" ? "Reconnecting" : "Connecting");
  }
}
