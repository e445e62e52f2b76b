// Every colour of the map and the tracks, and what each says.

import type { Track } from "./picture";

export type Rgb = readonly [number, number, number];

export const MAP_COLOURS = {
  sea: "#0a1017",
  land: "#141c24",
  coast: "#33434f",
  border: "#3a4b58",
  graticule: "#ffffff",
  sensor: "#7f97a8",
} as const;

/** One hue per member: territory, sensors and rings. */
export const MEMBER_COLOURS = ["#5b8fd9", "#4fb5a3", "#b58ae0", "#d9a65b", "#7fb35b", "#d97f9a"] as const;

export type Look = "several" | "single" | "code" | "unknown" | "tentative" | "emergency" | "ballistic";

export const LOOKS: Record<Look, { rgb: Rgb; text: string }> = {
  several: { rgb: [118, 226, 190], text: "Identified, several sensors" },
  single: { rgb: [132, 184, 235], text: "Identified, one sensor" },
  code: { rgb: [222, 214, 160], text: "Mode A only" },
  unknown: { rgb: [245, 178, 72], text: "No identity" },
  tentative: { rgb: [130, 146, 158], text: "Tentative" },
  emergency: { rgb: [255, 92, 92], text: "Emergency code" },
  ballistic: { rgb: [240, 110, 220], text: "Ballistic" },
};

const EMERGENCY = new Set([7500, 7600, 7700]);

export function lookOf(track: Track): Look {
  if (track.ballistic) return "ballistic";
  if (EMERGENCY.has(track.mode3a)) return "emergency";
  if (!track.confirmed) return "tentative";
  if (track.icao >= 0 || track.callsign) return track.nSensors > 1 ? "several" : "single";
  return track.mode3a >= 0 ? "code" : "unknown";
}

export const css = (rgb: Rgb, alpha = 1): string => `rgba(${rgb[0]},${rgb[1]},${rgb[2]},${alpha})`;
