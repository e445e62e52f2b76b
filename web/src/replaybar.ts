// Play, pause, speed, and the slider over the span processed so far.

import type { Command } from "./connection";
import { byId, el, icon, setText, utcTime } from "./dom";
import type { Message } from "./wire";

const PLAY = "M8 5.5v13l11-6.5z";
const PAUSE = "M7 5.5h3.6v13H7zM13.4 5.5H17v13h-3.6z";
const SPEEDS = ["0.25", "0.5", "1", "2", "5", "10", "30", "60", "max"] as const;
/** What the server calls max. */
const MAX_SPEED = 600;
const STEP_S = 10;

export class ReplayBar {
  private readonly play = el("button", "play");
  private readonly slider = el("input", "slider");
  private readonly speed = el("select", "speed");
  private readonly live = el("button", "live", "LIVE");
  private readonly from = el("span", "mark");
  private readonly to = el("span", "mark");
  private readonly bubble = el("span", "bubble");
  private isDragging = false;
  private isPlaying = false;
  private isLiveNow = false;
  private clockS = NaN;
  private span: readonly [number, number] = [NaN, NaN];

  constructor(mode: "live" | "replay", private readonly send: (command: Command) => void) {
    this.slider.type = "range";
    this.slider.min = "0";
    this.slider.max = "1";
    this.slider.step = "any";
    this.slider.setAttribute("aria-label", "Time");
    this.speed.setAttribute("aria-label", "Speed");
    this.speed.title = "Speed (+ and -)";
    for (const s of SPEEDS) {
      const option = el("option", "", s === "max" ? "max" : `${s}×`);
      option.value = s;
      this.speed.append(option);
    }
    this.speed.value = "1";
    this.live.title = mode === "live" ? "Follow the newest data (L)" : "Jump to the newest processed data (L)";
    if (mode === "replay") setText(this.live, "END");
    this.play.addEventListener("click", () => this.toggle());
    this.live.addEventListener("click", () => this.send({ cmd: "live" }));
    this.speed.addEventListener("change", () => {
      this.sendSpeed();
      this.speed.blur();
    });
    this.slider.addEventListener("input", () => this.drag());
    this.slider.addEventListener("change", () => this.drop());
    const track = el("div", "track", this.slider, this.bubble);
    byId("replaybar").append(this.play, this.from, track, this.to, this.speed, this.live);
    addEventListener("keydown", (event) => this.key(event));
    this.setIcon();
  }

  hear(message: Message): void {
    const [first, last] = (this.span = [message.firstS, message.lastS]);
    if (message.playing !== this.isPlaying) {
      this.isPlaying = message.playing;
      this.setIcon();
    }
    this.isLiveNow = message.live;
    this.live.dataset.on = String(message.live);
    setText(this.from, utcTime(first));
    setText(this.to, utcTime(last));
    this.to.dataset.growing = String(!message.complete);
    this.to.title = message.complete ? "End of the recording" : "Processed so far";
    const speed = message.speed >= MAX_SPEED ? "max" : String(message.speed);
    if (document.activeElement !== this.speed && this.speed.value !== speed) this.speed.value = speed;
  }

  show(clockS: number): void {
    this.clockS = clockS;
    const [first, last] = this.span;
    if (this.isDragging || !(last > first)) return;
    const share = this.isLiveNow ? 1 : Math.min(1, Math.max(0, (clockS - first) / (last - first)));
    this.slider.value = String(share);
    this.fill(share);
  }

  private fill(share: number): void {
    this.slider.style.setProperty("--share", `${(share * 100).toFixed(2)}%`);
  }

  private timeOfSlider(): number {
    const [first, last] = this.span;
    return first + Number(this.slider.value) * (last - first);
  }

  private drag(): void {
    this.isDragging = true;
    const share = Number(this.slider.value);
    this.fill(share);
    setText(this.bubble, utcTime(this.timeOfSlider()));
    this.bubble.style.left = `${share * 100}%`;
    this.bubble.dataset.on = "true";
  }

  private drop(): void {
    this.isDragging = false;
    this.bubble.dataset.on = "false";
    this.seek(this.timeOfSlider());
    this.slider.blur();
  }

  private seek(timeS: number): void {
    if (Number.isFinite(timeS)) this.send({ cmd: "seek", time_s: timeS });
  }

  private toggle(): void {
    this.send({ cmd: this.isPlaying ? "pause" : "play" });
    this.play.blur();
  }

  private sendSpeed(): void {
    const value = this.speed.value;
    this.send({ cmd: "speed", speed: value === "max" ? "max" : Number(value) });
  }

  private step(by: number): void {
    const index = this.speed.selectedIndex + by;
    if (index < 0 || index >= SPEEDS.length) return;
    this.speed.selectedIndex = index;
    this.sendSpeed();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLSelectElement) return;
    const actions: Record<string, () => void> = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.seek(this.clockS - STEP_S * (event.shiftKey ? 6 : 1)),
      ArrowRight: () => this.seek(this.clockS + STEP_S * (event.shiftKey ? 6 : 1)),
      Home: () => this.seek(this.span[0]),
      "+": () => this.step(1),
      "-": () => this.step(-1),
      l: () => this.send({ cmd: "live" }),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  private setIcon(): void {
    this.play.replaceChildren(icon(this.isPlaying ? PAUSE : PLAY));
    this.play.setAttribute("aria-label", this.isPlaying ? "Pause" : "Play");
    this.play.title = this.isPlaying ? "Pause (space)" : "Play (space)";
  }
}
