// What the colours mean, how many there are of each, and what is shown.

import { byId, el, setText } from "./dom";
import { css, LOOKS, type Look } from "./style";

export interface Shown {
  tentative: boolean;
  labels: boolean;
  sensors: boolean;
}

/** Rare looks have a row only while there is such a track. */
const RARE: readonly Look[] = ["emergency", "ballistic"];

export class Legend {
  readonly shown: Shown = { tentative: true, labels: true, sensors: true };
  private readonly counts = new Map<Look, { row: HTMLElement; value: HTMLElement }>();

  constructor(private readonly onChange: () => void) {
    const list = el("ul");
    for (const look of Object.keys(LOOKS) as Look[]) {
      const swatch = el("i");
      swatch.style.background = css(LOOKS[look].rgb);
      const value = el("b", "", "0");
      const row = el("li", "", swatch, el("span", "", LOOKS[look].text), value);
      this.counts.set(look, { row, value });
      list.append(row);
    }
    const switches = el("div", "switches");
    for (const [key, text] of [["labels", "Labels"], ["tentative", "Tentative"], ["sensors", "Sensors"]] as const) {
      switches.append(this.toggle(key, text));
    }
    byId("legend").append(list, switches);
  }

  private toggle(key: keyof Shown, text: string): HTMLElement {
    const button = el("button", "", text);
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      this.shown[key] = !this.shown[key];
      button.setAttribute("aria-pressed", String(this.shown[key]));
      button.blur();
      this.onChange();
    });
    return button;
  }

  show(counts: ReadonlyMap<Look, number>): void {
    for (const [look, { row, value }] of this.counts) {
      const n = counts.get(look) ?? 0;
      setText(value, String(n));
      row.hidden = n === 0 && RARE.includes(look);
    }
  }
}
