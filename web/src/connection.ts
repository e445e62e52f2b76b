// The stream: opens it, keeps it open, says when it is lost.

import { decode, type Message } from "./wire";

export type Command =
  | { cmd: "play" | "pause" | "live" }
  | { cmd: "speed"; speed: number | "max" }
  | { cmd: "seek"; time_s: number };

/** Five frames a second are due, so this much silence is a loss. */
const SILENCE_MS = 1500;
/** A page busy starting up may take longer to open its stream. */
const OPENING_MS = 8000;
const WATCH_MS = 250;
const RETRY_MS = [250, 500, 1000, 2000];

export class Connection {
  private socket: WebSocket | undefined;
  private heardMs = 0;
  private watchedMs = 0;
  private tries = 0;
  private timer: number | undefined;
  state: "connecting" | "open" | "lost" = "connecting";

  constructor(
    private readonly onMessage: (message: Message) => void,
    private readonly onStatus: (status: Record<string, unknown>) => void,
    private readonly onState: () => void,
  ) {
    this.open();
    setInterval(() => this.watch(), WATCH_MS);
  }

  send(command: Command): void {
    this.post(command);
  }

  private post(value: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(value));
  }

  private open(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.heardMs = performance.now();
    socket.onmessage = (event: MessageEvent<ArrayBuffer | string>) => this.hear(event.data);
    socket.onclose = () => {
      if (this.socket === socket) this.lose();
    };
  }

  private hear(data: ArrayBuffer | string): void {
    this.heardMs = performance.now();
    if (typeof data === "string") {
      const value = JSON.parse(data) as { status?: Record<string, unknown>; error?: string };
      if (value.status) this.onStatus(value.status);
      if (value.error) console.warn(value.error);
      return;
    }
    const message = decode(data);
    this.tries = 0;
    this.become("open");
    this.onMessage(message);
    this.post({ cmd: "ack", sequence: message.sequence });
  }

  private watch(): void {
    const nowMs = performance.now();
    const wasBusy = nowMs - this.watchedMs > 2 * WATCH_MS;
    this.watchedMs = nowMs;
    // After a stall of the page itself, messages are waiting to be read: ask again.
    if (!this.socket || wasBusy) return;
    const limitMs = this.socket.readyState === WebSocket.OPEN ? SILENCE_MS : OPENING_MS;
    if (nowMs - this.heardMs > limitMs) this.lose();
  }

  private lose(): void {
    const socket = this.socket;
    this.socket = undefined;
    if (socket) {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
    this.become("lost");
    const waitMs = RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)];
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.open(), waitMs);
  }

  private become(state: Connection["state"]): void {
    if (this.state === state) return;
    this.state = state;
    this.onState();
  }
}
