// Small pieces of the page's own interface.

type Child = Node | string;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K, className = "", ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export function byId(id: string): HTMLElement {
  const node = document.getElementById(id);
  if (!node) throw new Error(`page: no element ${id}`);
  return node;
}

/** Set a node's text only when it differs: writing equal text still costs a layout. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export const utcTime = (timeS: number): string =>
  Number.isFinite(timeS) ? new Date(timeS * 1000).toISOString().slice(11, 19) : "--:--:--";

export const utcDate = (timeS: number): string =>
  Number.isFinite(timeS) ? new Date(timeS * 1000).toISOString().slice(0, 10) : "";
