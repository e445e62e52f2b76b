// Sensors and the names of countries: text without a glyph server.

import { memberColour, type Country } from "./basemap";
import type { Placed, Scene } from "./scene";
import type { Projection } from "./view";

const SENSOR_FONT = "10.5px B612, system-ui, sans-serif";
const COUNTRY_FONT = "11px B612, system-ui, sans-serif";
const COUNTRY_SPACING_PX = 3;

export function drawSensors(c: CanvasRenderingContext2D, scene: Scene, sensors: Placed[], view: Projection): void {
  c.font = SENSOR_FONT;
  c.textAlign = "center";
  c.lineJoin = "round";
  for (const s of sensors) {
    const [x, y] = [Math.round(view.x(s.lon_deg)), Math.round(view.y(s.lat_deg))];
    if (!view.isInside(x, y, 60)) continue;
    const colour = memberColour(scene, s.member);
    drawSensor(c, s.kind, x, y, colour);
    c.lineWidth = 3;
    c.strokeStyle = "rgba(8,13,19,0.85)";
    c.strokeText(s.name, x, y + 18);
    c.fillStyle = colour;
    c.fillText(s.name, x, y + 18);
  }
  c.textAlign = "left";
}

/** Where sensors and their names are, pixels. */
export function sensorBoxes(sensors: Placed[], view: Projection): { x: number; y: number; width: number; height: number }[] {
  return sensors.map((s) => {
    const width = Math.max(14, s.name.length * 6.2);
    return { x: view.x(s.lon_deg) - width / 2, y: view.y(s.lat_deg) - 6, width, height: 26 };
  });
}

/** A disc with a hand for what rotates, a mast for what listens. */
function drawSensor(c: CanvasRenderingContext2D, kind: string, x: number, y: number, colour: string): void {
  c.lineWidth = 1.5;
  c.strokeStyle = colour;
  c.fillStyle = "rgba(10,16,23,0.9)";
  c.beginPath();
  if (kind === "radar" || kind === "smr") {
    c.arc(x, y, 5, 0, 2 * Math.PI);
    c.fill();
    c.moveTo(x, y);
    c.lineTo(x + 3.5, y - 3.5);
  } else {
    c.rect(x - 4, y - 4, 8, 8);
    c.fill();
    c.moveTo(x, y - 4);
    c.lineTo(x, y - 9);
  }
  c.stroke();
}

export function drawCountries(c: CanvasRenderingContext2D, countries: Country[], view: Projection): void {
  c.font = COUNTRY_FONT;
  c.textAlign = "center";
  c.letterSpacing = `${COUNTRY_SPACING_PX}px`;
  c.fillStyle = "rgba(170,190,205,0.3)";
  for (const country of countries) {
    const [x, y] = [view.x(country.lon), view.y(country.lat)];
    const widthPx = view.x(country.lon + country.width / 2) - view.x(country.lon - country.width / 2);
    const name = country.name.toUpperCase();
    if (widthPx < name.length * 11 || !view.isInside(x, y, 100)) continue;
    c.fillText(name, x, y);
  }
  c.letterSpacing = "0px";
  c.textAlign = "left";
}
