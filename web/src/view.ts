// The map's view: MapLibre set up without network, and a fast projection to the screen.

import "maplibre-gl/dist/maplibre-gl.css";
import { AttributionControl, Map as GlMap, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Basemap } from "./basemap";

setWorkerUrl(new URL(workerUrl, location.href).href);

const TILE = 512;
const EARTH_CIRCUMFERENCE_M = 2 * Math.PI * 6_371_008.8;

export function createMap(basemap: Basemap): GlMap {
  const map = new GlMap({
    container: "map",
    style: basemap.style,
    center: [20, 51],
    zoom: 4,
    minZoom: 1.5,
    maxZoom: 16,
    dragRotate: false,
    pitchWithRotate: false,
    maxPitch: 0,
    renderWorldCopies: false,
    attributionControl: false,
    fadeDuration: 0,
    keyboard: false,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new ScaleControl({ unit: "nautical", maxWidth: 140 }), "bottom-right");
  map.addControl(new AttributionControl({ compact: true, customAttribution: "Natural Earth" }), "bottom-right");
  return map;
}

/** Mercator on the screen for a north-up view; a multiplication and an addition per point. */
export class Projection {
  width = 0;
  height = 0;
  zoom = 0;
  /** Changes when the view does. */
  key = "";
  private scale = 1;
  private x0 = 0;
  private y0 = 0;

  update(map: GlMap): void {
    const box = map.getContainer();
    this.width = box.clientWidth;
    this.height = box.clientHeight;
    this.zoom = map.getZoom();
    this.scale = TILE * 2 ** this.zoom;
    const centre = map.getCenter();
    this.x0 = this.width / 2 - mercatorX(centre.lng) * this.scale;
    this.y0 = this.height / 2 - mercatorY(centre.lat) * this.scale;
    this.key = `${this.width} ${this.height} ${this.scale} ${this.x0} ${this.y0}`;
  }

  x = (lon: number): number => this.x0 + mercatorX(lon) * this.scale;
  y = (lat: number): number => this.y0 + mercatorY(lat) * this.scale;

  /** Pixels of a metre on the ground. */
  pxPerM = (lat: number): number => this.scale / (EARTH_CIRCUMFERENCE_M * Math.cos((lat * Math.PI) / 180));

  isInside(x: number, y: number, margin = 0): boolean {
    return x >= -margin && y >= -margin && x <= this.width + margin && y <= this.height + margin;
  }
}

const mercatorX = (lon: number): number => (lon + 180) / 360;

function mercatorY(lat: number): number {
  const s = Math.sin((lat * Math.PI) / 180);
  return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
}
