// Decoder of the binary messages; docs/reference/wire.md tells every byte.

export const SNAPSHOT = 1;
const MAGIC = 0x31594b53;
const HEADER_BYTES = 56;

export interface Kinematics {
  track: Float64Array;
  ageS: Float32Array;
  latE7: Int32Array;
  lonE7: Int32Array;
  altitudeM: Float32Array;
  baroAltitudeM: Float32Array;
  vnMps: Float32Array;
  veMps: Float32Array;
  vuMps: Float32Array;
  sigmaM: Float32Array;
  existence: Uint8Array;
  flags: Uint8Array;
  targetClass: Uint8Array;
  nSensors: Uint8Array;
}

export interface Identities {
  track: Float64Array;
  callsign: Float64Array;
  bornS: Float64Array;
  icao: Int32Array;
  mode3a: Int32Array;
}

export interface Trail {
  row: Uint32Array;
  ageS: Float32Array;
  latE7: Int32Array;
  lonE7: Int32Array;
}

export interface Message {
  kind: number;
  playing: boolean;
  live: boolean;
  complete: boolean;
  clockS: number;
  firstS: number;
  lastS: number;
  speed: number;
  sequence: number;
  kinematics: Kinematics;
  identities: Identities;
  ended: Float64Array;
  trail: Trail;
}

/** Reads columns one after the other; each starts at a multiple of eight bytes. */
class Columns {
  constructor(
    private readonly buffer: ArrayBuffer,
    private at: number,
  ) {}

  private take(bytes: number): number {
    const start = this.at;
    this.at += Math.ceil(bytes / 8) * 8;
    if (this.at > this.buffer.byteLength) throw new Error("wire: the message is cut short");
    return start;
  }

  f64 = (n: number) => new Float64Array(this.buffer, this.take(n * 8), n);
  f32 = (n: number) => new Float32Array(this.buffer, this.take(n * 4), n);
  i32 = (n: number) => new Int32Array(this.buffer, this.take(n * 4), n);
  u32 = (n: number) => new Uint32Array(this.buffer, this.take(n * 4), n);
  u8 = (n: number) => new Uint8Array(this.buffer, this.take(n), n);
}

function readKinematics(c: Columns, n: number): Kinematics {
  return {
    track: c.f64(n),
    ageS: c.f32(n),
    latE7: c.i32(n),
    lonE7: c.i32(n),
    altitudeM: c.f32(n),
    baroAltitudeM: c.f32(n),
    vnMps: c.f32(n),
    veMps: c.f32(n),
    vuMps: c.f32(n),
    sigmaM: c.f32(n),
    existence: c.u8(n),
    flags: c.u8(n),
    targetClass: c.u8(n),
    nSensors: c.u8(n),
  };
}

function readIdentities(c: Columns, n: number): Identities {
  return { track: c.f64(n), callsign: c.f64(n), bornS: c.f64(n), icao: c.i32(n), mode3a: c.i32(n) };
}

function readTrail(c: Columns, n: number): Trail {
  return { row: c.u32(n), ageS: c.f32(n), latE7: c.i32(n), lonE7: c.i32(n) };
}

export function decode(buffer: ArrayBuffer): Message {
  const head = new DataView(buffer);
  if (buffer.byteLength < HEADER_BYTES || head.getUint32(0, true) !== MAGIC) {
    throw new Error("wire: not a message of this version; reload the page");
  }
  const flags = head.getUint8(5);
  const count = (i: number) => head.getUint32(40 + 4 * i, true);
  const columns = new Columns(buffer, HEADER_BYTES);
  return {
    kind: head.getUint8(4),
    playing: (flags & 1) !== 0,
    live: (flags & 2) !== 0,
    complete: (flags & 4) !== 0,
    clockS: head.getFloat64(8, true),
    firstS: head.getFloat64(16, true),
    lastS: head.getFloat64(24, true),
    speed: head.getFloat32(32, true),
    sequence: head.getUint32(36, true),
    kinematics: readKinematics(columns, count(0)),
    identities: readIdentities(columns, count(1)),
    ended: columns.f64(count(2)),
    trail: readTrail(columns, count(3)),
  };
}

/** Text of a callsign packed in 48 bits, six bits a character; a double holds it exactly. */
export function unpackCallsign(packed: number): string {
  if (packed < 0) return "";
  let text = "";
  for (let i = 0; i < 8; i++) {
    const code = packed % 64;
    packed = Math.floor(packed / 64);
    text = String.fromCharCode(code >= 1 && code <= 26 ? code + 64 : code) + text;
  }
  return text.replaceAll("\0", " ").trim();
}
