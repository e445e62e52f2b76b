// The time the page shows: the server's playhead, carried on smoothly between messages.

/** Share of the difference to the server's playhead that each message takes away. */
const SLEW = 0.08;
/** Without messages the picture moves on for this long, then it stands still. */
const COAST_S = 1.2;

export class DisplayClock {
  private anchorS = NaN;
  private anchorMs = 0;
  private heardMs = 0;
  playing = false;
  speed = 1;

  hear(clockS: number, playing: boolean, speed: number, isSnapshot: boolean): void {
    const nowMs = performance.now();
    const shown = this.now();
    this.playing = playing;
    this.speed = speed;
    const error = clockS - shown;
    const jump = isSnapshot || !playing || !(Math.abs(error) < 1.5 * Math.max(1, speed));
    this.anchorS = jump ? clockS : shown + SLEW * error;
    this.anchorMs = nowMs;
    this.heardMs = nowMs;
  }

  /** UTC seconds; NaN before the first step. */
  now(): number {
    if (!this.playing) return this.anchorS;
    const untilMs = Math.min(performance.now(), this.heardMs + COAST_S * 1000);
    return this.anchorS + ((untilMs - this.anchorMs) / 1000) * this.speed;
  }

  silentS(): number {
    return (performance.now() - this.heardMs) / 1000;
  }
}
