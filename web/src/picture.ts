// The tracks as last heard, where they are now, and where they have been.

import { SNAPSHOT, unpackCallsign, type Message } from "./wire";

const EARTH_RADIUS_M = 6_371_008.8;
const DEGREE = Math.PI / 180;
/** A track is not carried further than this beyond its last update. */
const MAX_EXTRAPOLATION_S = 20;
/** Corrections are spread over this time of the viewer's, so that symbols glide. */
const GLIDE_MS = 350;
/** Larger corrections are shown at once. */
const MAX_GLIDE_DEG = 0.06;
export const TRAIL_S = 240;
const TRAIL_MIN_S = 3;
const TRAIL_MAX_S = 16;
/** A trail point is dropped when it is this close to the line between its neighbours. */
const TRAIL_BEND_M = 40;

export interface TrailPoint {
  timeS: number;
  lat: number;
  lon: number;
}

export interface Track {
  number: number;
  timeS: number;
  lat: number;
  lon: number;
  altitudeM: number;
  baroM: number;
  vn: number;
  ve: number;
  vu: number;
  sigmaM: number;
  existence: number;
  confirmed: boolean;
  manoeuvre: boolean;
  ballistic: boolean;
  targetClass: number;
  nSensors: number;
  callsign: string;
  icao: number;
  mode3a: number;
  bornS: number;
  trail: TrailPoint[];
  /** Where it is drawn now, degrees. */
  shownLat: number;
  shownLon: number;
  /** Where that is on the screen, pixels; set once a frame. */
  x: number;
  y: number;
  /** Correction still being spread, degrees, and when it began. */
  glideLat: number;
  glideLon: number;
  glideMs: number;
  /** Changes with every update; labels and colours depend on it. */
  version: number;
}

function newTrack(number: number): Track {
  return {
    number, timeS: NaN, lat: NaN, lon: NaN, altitudeM: NaN, baroM: NaN, vn: NaN, ve: NaN, vu: NaN,
    sigmaM: NaN, existence: 0, confirmed: false, manoeuvre: false, ballistic: false,
    targetClass: 0, nSensors: 0, callsign: "", icao: -1, mode3a: -1, bornS: NaN, trail: [],
    shownLat: NaN, shownLon: NaN, x: NaN, y: NaN, glideLat: 0, glideLon: 0, glideMs: 0, version: 0,
  };
}

export class Picture {
  readonly tracks = new Map<number, Track>();
  /** Grows whenever a track appears or goes; layers compare it. */
  generation = 0;
  /** Grows with every message that brought rows. */
  version = 0;
  /** Updates heard since the page opened. */
  updates = 0;
  holdS = 60;

  apply(message: Message, nowMs: number): void {
    const isSnapshot = message.kind === SNAPSHOT;
    if (isSnapshot) {
      this.tracks.clear();
      this.generation++;
    }
    this.applyKinematics(message, isSnapshot, nowMs);
    this.applyIdentities(message);
    for (const number of message.ended) {
      if (this.tracks.delete(number)) this.generation++;
    }
    if (isSnapshot) this.applyTrails(message);
    this.version++;
  }

  private applyKinematics(message: Message, isSnapshot: boolean, nowMs: number): void {
    const k = message.kinematics;
    for (let i = 0; i < k.track.length; i++) {
      const number = k.track[i]!;
      let track = this.tracks.get(number);
      if (!track) {
        track = newTrack(number);
        this.tracks.set(number, track);
        this.generation++;
      }
      track.timeS = message.clockS - k.ageS[i]!;
      track.lat = k.latE7[i]! / 1e7;
      track.lon = k.lonE7[i]! / 1e7;
      track.altitudeM = k.altitudeM[i]!;
      track.baroM = k.baroAltitudeM[i]!;
      track.vn = k.vnMps[i]!;
      track.ve = k.veMps[i]!;
      track.vu = k.vuMps[i]!;
      track.sigmaM = k.sigmaM[i]!;
      track.existence = k.existence[i]! / 255;
      const flags = k.flags[i]!;
      track.confirmed = (flags & 1) !== 0;
      track.manoeuvre = (flags & 2) !== 0;
      track.ballistic = (flags & 4) !== 0;
      track.targetClass = k.targetClass[i]!;
      track.nSensors = k.nSensors[i]!;
      track.version++;
      this.glide(track, message.clockS, nowMs);
      if (!isSnapshot) addTrailPoint(track);
    }
    if (!isSnapshot) this.updates += k.track.length;
  }

  /** Start spreading the difference between where a track was drawn and where it is. */
  private glide(track: Track, clockS: number, nowMs: number): void {
    const [lat, lon] = placeAt(track, clockS);
    const dLat = track.shownLat - lat;
    const dLon = track.shownLon - lon;
    const small = Math.abs(dLat) < MAX_GLIDE_DEG && Math.abs(dLon) < 2 * MAX_GLIDE_DEG;
    track.glideLat = small ? dLat : 0;
    track.glideLon = small ? dLon : 0;
    track.glideMs = nowMs;
  }

  private applyIdentities(message: Message): void {
    const d = message.identities;
    for (let i = 0; i < d.track.length; i++) {
      const track = this.tracks.get(d.track[i]!);
      if (!track) continue;
      track.callsign = unpackCallsign(d.callsign[i]!);
      track.bornS = d.bornS[i]!;
      track.icao = d.icao[i]!;
      track.mode3a = d.mode3a[i]!;
      track.version++;
    }
  }

  private applyTrails(message: Message): void {
    const t = message.trail;
    const numbers = message.kinematics.track;
    for (let i = 0; i < t.row.length; i++) {
      const track = this.tracks.get(numbers[t.row[i]!]!);
      const point = {
        timeS: message.clockS - t.ageS[i]!,
        lat: t.latE7[i]! / 1e7,
        lon: t.lonE7[i]! / 1e7,
      };
      if (track) pushTrail(track.trail, point);
    }
  }

  /** Move every track to `clockS`; forget those silent for longer than the hold time. */
  moveTo(clockS: number, nowMs: number): void {
    for (const track of this.tracks.values()) {
      if (clockS - track.timeS > this.holdS) {
        this.tracks.delete(track.number);
        this.generation++;
        continue;
      }
      const [lat, lon] = placeAt(track, clockS);
      const rest = Math.exp(-(nowMs - track.glideMs) / GLIDE_MS);
      track.shownLat = lat + track.glideLat * rest;
      track.shownLon = lon + track.glideLon * rest;
      const trail = track.trail;
      while (trail.length && clockS - trail[0]!.timeS > TRAIL_S) trail.shift();
    }
  }
}

/** Dead reckoning along the last known velocity, degrees. */
export function placeAt(track: Track, clockS: number): [number, number] {
  const dt = Math.min(Math.max(clockS - track.timeS, -2), MAX_EXTRAPOLATION_S);
  if (!Number.isFinite(track.vn) || !Number.isFinite(track.ve)) return [track.lat, track.lon];
  return offset(track.lat, track.lon, track.vn * dt, track.ve * dt);
}

/** A place moved north and east by metres, on the sphere; good for some tens of kilometres. */
export function offset(lat: number, lon: number, northM: number, eastM: number): [number, number] {
  const dLat = northM / EARTH_RADIUS_M / DEGREE;
  const dLon = eastM / (EARTH_RADIUS_M * Math.max(0.05, Math.cos(lat * DEGREE))) / DEGREE;
  return [lat + dLat, lon + dLon];
}

function addTrailPoint(track: Track): void {
  const last = track.trail[track.trail.length - 1];
  if (last && track.timeS - last.timeS < TRAIL_MIN_S) return;
  pushTrail(track.trail, { timeS: track.timeS, lat: track.lat, lon: track.lon });
}

/** Add a point; drop the one before it where the trail runs straight. */
function pushTrail(trail: TrailPoint[], point: TrailPoint): void {
  const b = trail[trail.length - 1];
  const a = trail[trail.length - 2];
  if (a && b && point.timeS - a.timeS < TRAIL_MAX_S && bendM(a, b, point) < TRAIL_BEND_M) {
    trail.pop();
  }
  trail.push(point);
}

/** Distance of b from the line a-c, metres. */
function bendM(a: TrailPoint, b: TrailPoint, c: TrailPoint): number {
  const east = Math.cos(a.lat * DEGREE);
  const [x, y] = [(c.lon - a.lon) * east, c.lat - a.lat];
  const [u, v] = [(b.lon - a.lon) * east, b.lat - a.lat];
  const length = Math.hypot(x, y);
  if (length === 0) return 0;
  return (Math.abs(x * v - y * u) / length) * DEGREE * EARTH_RADIUS_M;
}
