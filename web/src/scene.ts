// What does not move: read once from the server.

export interface Sensor {
  name: string;
  kind: string;
  member: string;
  lat_deg: number | null;
  lon_deg: number | null;
  range_max_m: number;
  period_s: number;
}

export interface Member {
  name: string;
  title: string;
  countries: string[];
}

export interface Scene {
  title: string;
  mode: "live" | "replay";
  members: Member[];
  sensors: Sensor[];
  hold_s: number;
}

export async function loadScene(): Promise<Scene> {
  const answer = await fetch("/api/scene");
  if (!answer.ok) throw new Error(`scene: the server answered ${answer.status}`);
  return (await answer.json()) as Scene;
}

export interface Placed extends Sensor {
  lat_deg: number;
  lon_deg: number;
}

export const placedSensors = (scene: Scene): Placed[] =>
  scene.sensors.filter((s): s is Placed => s.lat_deg !== null && s.lon_deg !== null);
