// Natural Earth land and borders, the graticule, sensors and their ranges, as a MapLibre style.

import type { Feature, FeatureCollection, Geometry, MultiLineString, Position } from "geojson";
import type { StyleSpecification } from "maplibre-gl";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import topologyUrl from "world-atlas/countries-50m.json?url";
import { offset } from "./picture";
import { placedSensors, type Scene } from "./scene";
import { MAP_COLOURS, MEMBER_COLOURS } from "./style";

export interface Country {
  name: string;
  lat: number;
  lon: number;
  /** Extent of its largest part, degrees of longitude. */
  width: number;
}

type World = Topology<{ countries: GeometryCollection<{ name: string }> }>;

export interface Basemap {
  style: StyleSpecification;
  countries: Country[];
}

const line = (coordinates: Position[][]): Feature<MultiLineString> => ({
  type: "Feature",
  properties: {},
  geometry: { type: "MultiLineString", coordinates },
});

/** Make longitudes run on where a line crosses the date line; the map wraps what lies beyond. */
function unwrap(points: Position[]): Position[] {
  let turn = 0;
  return points.map((p, i) => {
    const step = i > 0 ? p[0]! - points[i - 1]![0]! : 0;
    if (step > 180) turn -= 360;
    else if (step < -180) turn += 360;
    return [p[0]! + turn, p[1]!];
  });
}

/** A ring that goes around a pole does not close by itself: lead it along the map's edge. */
function unwrapRing(ring: Position[]): Position[] {
  const points = unwrap(ring);
  const [first, last] = [points[0]!, points[points.length - 1]!];
  if (Math.abs(last[0]! - first[0]!) < 180) return points;
  const pole = first[1]! < 0 ? -90 : 90;
  return [...points, [last[0]!, pole], [first[0]!, pole], first];
}

function unwrapFeature<P>(f: Feature<Geometry, P>): Feature<Geometry, P> {
  const g = f.geometry;
  if (g.type === "Polygon") {
    return { ...f, geometry: { ...g, coordinates: g.coordinates.map(unwrapRing) } };
  }
  if (g.type === "MultiPolygon") {
    return { ...f, geometry: { ...g, coordinates: g.coordinates.map((p) => p.map(unwrapRing)) } };
  }
  return f;
}

function graticule(stepDeg: number): Feature<MultiLineString> {
  const lines: Position[][] = [];
  for (let lon = -180; lon <= 180; lon += stepDeg) lines.push([[lon, -85], [lon, 85]]);
  for (let lat = -80; lat <= 80; lat += stepDeg) lines.push([[-180, lat], [180, lat]]);
  return line(lines);
}

function countryOf(f: Feature<Geometry, { name: string }>): Country | undefined {
  const g = f.geometry;
  const rings =
    g.type === "Polygon" ? [g.coordinates[0]!]
    : g.type === "MultiPolygon" ? g.coordinates.map((p) => p[0]!)
    : [];
  let best: Country | undefined;
  let bestArea = 0;
  for (const ring of rings) {
    let [area, x, y, west, east] = [0, 0, 0, 180, -180];
    for (let i = 0; i < ring.length - 1; i++) {
      const [x0, y0] = ring[i] as [number, number];
      const [x1, y1] = ring[i + 1] as [number, number];
      const cross = x0 * y1 - x1 * y0;
      area += cross;
      x += (x0 + x1) * cross;
      y += (y0 + y1) * cross;
      west = Math.min(west, x0);
      east = Math.max(east, x0);
    }
    if (Math.abs(area) > bestArea) {
      bestArea = Math.abs(area);
      best = { name: f.properties.name, lon: x / (3 * area), lat: y / (3 * area), width: east - west };
    }
  }
  return best;
}

/** A circle on the ground, degrees. */
export function ring(lat: number, lon: number, radiusM: number): Position[] {
  const points: Position[] = [];
  const sinLat = Math.sin((lat * Math.PI) / 180);
  const cosLat = Math.cos((lat * Math.PI) / 180);
  const d = radiusM / 6_371_008.8;
  for (let i = 0; i <= 180; i++) {
    const azimuth = (i * Math.PI) / 90;
    const sinOut = sinLat * Math.cos(d) + cosLat * Math.sin(d) * Math.cos(azimuth);
    const dLon = Math.atan2(
      Math.sin(azimuth) * Math.sin(d) * cosLat,
      Math.cos(d) - sinLat * sinOut,
    );
    points.push([lon + (dLon * 180) / Math.PI, (Math.asin(sinOut) * 180) / Math.PI]);
  }
  return points;
}

export function memberColour(scene: Scene, member: string): string {
  const i = scene.members.findIndex((m) => m.name === member);
  return i < 0 ? MAP_COLOURS.sensor : MEMBER_COLOURS[i % MEMBER_COLOURS.length]!;
}

function sensorRings(scene: Scene): FeatureCollection {
  const features = placedSensors(scene).flatMap((s): Feature[] => {
    const colour = memberColour(scene, s.member);
    const rings: Feature[] = [];
    if (s.range_max_m > 0) {
      const whole = ring(s.lat_deg, s.lon_deg, s.range_max_m);
      rings.push({ type: "Feature", properties: { colour, strength: 0.34 }, geometry: { type: "LineString", coordinates: whole } });
      const half = ring(s.lat_deg, s.lon_deg, s.range_max_m / 2);
      rings.push({ type: "Feature", properties: { colour, strength: 0.12 }, geometry: { type: "LineString", coordinates: half } });
    }
    return rings;
  });
  return { type: "FeatureCollection", features };
}

/** For each member its countries, coloured; ISO 3166 numeric codes are the features' ids. */
function territory(scene: Scene, countries: FeatureCollection): FeatureCollection {
  const colours = new Map<string, string>();
  for (const member of scene.members) {
    for (const code of member.countries) colours.set(code.padStart(3, "0"), memberColour(scene, member.name));
  }
  const features = countries.features
    .filter((f) => colours.has(String(f.id)))
    .map((f) => ({ ...f, properties: { colour: colours.get(String(f.id)) } }));
  return { type: "FeatureCollection", features };
}

export async function loadBasemap(scene: Scene): Promise<Basemap> {
  const world = (await (await fetch(topologyUrl)).json()) as World;
  const whole = feature(world, world.objects.countries);
  const countries = { ...whole, features: whole.features.map(unwrapFeature) };
  const inner = mesh(world, world.objects.countries, (a, b) => a !== b).coordinates.map(unwrap);
  const coast = mesh(world, world.objects.countries, (a, b) => a === b).coordinates.map(unwrap);
  const source = (data: Feature | FeatureCollection) =>
    ({ type: "geojson", data, tolerance: 0.25, maxzoom: 12 }) as const;
  const style: StyleSpecification = {
    version: 8,
    sources: {
      land: source(countries),
      territory: source(territory(scene, countries)),
      borders: source(line(inner)),
      coast: source(line(coast)),
      fine: source(graticule(1)),
      coarse: source(graticule(10)),
      rings: source(sensorRings(scene)),
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": MAP_COLOURS.sea } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": MAP_COLOURS.land, "fill-antialias": false } },
      { id: "territory", type: "fill", source: "territory", paint: { "fill-color": ["get", "colour"], "fill-opacity": 0.11, "fill-antialias": false } },
      { id: "fine", type: "line", source: "fine", minzoom: 4.5, paint: { "line-color": MAP_COLOURS.graticule, "line-opacity": 0.045, "line-width": 1 } },
      { id: "coarse", type: "line", source: "coarse", maxzoom: 4.5, paint: { "line-color": MAP_COLOURS.graticule, "line-opacity": 0.05, "line-width": 1 } },
      { id: "coast", type: "line", source: "coast", paint: { "line-color": MAP_COLOURS.coast, "line-width": 1 } },
      { id: "glow", type: "line", source: "territory", paint: { "line-color": ["get", "colour"], "line-opacity": 0.13, "line-width": 5, "line-blur": 4 } },
      { id: "borders", type: "line", source: "borders", paint: { "line-color": MAP_COLOURS.border, "line-width": 1 } },
      { id: "edge", type: "line", source: "territory", paint: { "line-color": ["get", "colour"], "line-opacity": 0.5, "line-width": 1 } },
      { id: "rings", type: "line", source: "rings", paint: { "line-color": ["get", "colour"], "line-opacity": ["get", "strength"], "line-width": 1 } },
    ],
  };
  const names = countries.features.map((f) => countryOf(f as Feature<Geometry, { name: string }>));
  return { style, countries: names.filter((c) => c !== undefined) };
}

/** South-west and north-east corners around the sensors; none without a placed sensor. */
export function sceneBounds(scene: Scene): [[number, number], [number, number]] | undefined {
  const sensors = placedSensors(scene);
  if (!sensors.length) return undefined;
  let [west, south, east, north] = [180, 90, -180, -90];
  for (const s of sensors) {
    const reachM = Math.min(s.range_max_m, 170_000) || 50_000;
    for (const [dn, de] of [[-1, -1], [1, 1]] as const) {
      const [lat, lon] = offset(s.lat_deg, s.lon_deg, dn * reachM, de * reachM);
      [west, east] = [Math.min(west, lon), Math.max(east, lon)];
      [south, north] = [Math.min(south, lat), Math.max(north, lat)];
    }
  }
  return [[west, Math.max(-80, south)], [east, Math.min(84, north)]];
}
