/**
 * Pure. A made-up cloud that notifications tell of: a fixed population, so that resources come back as
 * they do in life, and everything in it by a seeded chance. No data of any cloud.
 */

/** Whole numbers by chance, the same for the same seed (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 <= n < 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** 0 <= n < `below`, whole. */
  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.int(choices.length)];
    if (chosen === undefined) throw new RangeError("nothing to choose from");
    return chosen;
  }

  /** So many lower-case hex digits. */
  hex(digits: number): string {
    let text = "";
    while (text.length < digits) text += this.int(2 ** 32).toString(16).padStart(8, "0");
    return text.slice(0, digits);
  }

  uuid(): string {
    const hex = this.hex(30);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-` +
      `a${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
  }

  address(): string {
    return `10.${this.int(256)}.${this.int(256)}.${1 + this.int(254)}`;
  }
}

/** A size of servers. */
export interface Flavor {
  readonly id: string;
  readonly uuid: string;
  readonly name: string;
  readonly ram: number;
  readonly vcpus: number;
  readonly disk: number;
  readonly ephemeral: number;
}

/** A tenant with its network. */
export interface Project {
  readonly id: string;
  readonly name: string;
  readonly users: readonly string[];
  readonly network: string;
  readonly subnet: string;
  readonly router: string;
  readonly label: string;
}

/** What servers are made from. */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly checksum: string;
  readonly owner: Project;
}

/** A server. */
export interface Instance {
  readonly n: number;
  readonly id: string;
  readonly name: string;
  readonly project: Project;
  readonly user: string;
  readonly host: string;
  readonly flavor: Flavor;
  readonly image: Image;
  readonly reservation: string;
  readonly mac: string;
  readonly ip: string;
  readonly port: string;
  readonly ageSeconds: number;
  readonly group: string | undefined;
}

/** A disk of a server's. */
export interface Volume {
  readonly id: string;
  readonly name: string;
  readonly owner: Instance;
  readonly type: string;
  readonly size: number;
  readonly attachment: string;
  readonly hasImage: boolean;
}

/** All of it. */
export interface Cloud {
  readonly hosts: readonly string[];
  readonly projects: readonly Project[];
  readonly images: readonly Image[];
  readonly instances: readonly Instance[];
  readonly volumes: readonly Volume[];
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
  readonly tokens: readonly string[];
}

const flavorSizes: readonly (readonly [string, number, number, number, number])[] = [
  ["tiny", 512, 1, 1, 0],
  ["small", 2048, 1, 20, 0],
  ["medium", 4096, 2, 40, 0],
  ["large", 8192, 4, 80, 20],
  ["wide", 16384, 8, 40, 160],
  ["deep", 65536, 8, 80, 0],
];

/** Some are not ASCII: Python writes those as escapes. */
const names = "front store queue batch post relay watch gate über façade 倉庫 сервер".split(" ");

/** A cloud of so many servers. */
export function makeCloud(chance: Chance, instanceCount: number): Cloud {
  const many = <T>(count: number, make: (n: number) => T): readonly T[] =>
    Array.from({ length: count }, (_, n) => make(n));
  const flavors = flavorSizes.map(([name, ram, vcpus, disk, ephemeral], n): Flavor => ({
    ...{ id: String(n + 1), uuid: chance.uuid(), name: `c1.${name}` },
    ...{ ram, vcpus, disk, ephemeral },
  }));
  const hosts = many(Math.max(2, Math.floor(instanceCount / 25)), (n) => `node-${1000 + n}`);
  const projects = many(Math.max(2, Math.floor(instanceCount / 20)), (n): Project => ({
    id: chance.hex(32),
    name: `tenant-${n}`,
    users: many(1 + chance.int(4), () => chance.hex(32)),
    network: chance.uuid(),
    subnet: chance.uuid(),
    router: chance.uuid(),
    label: chance.uuid(),
  }));
  const images = ["alpine", "debian-12", "ubuntu-24.04", "rocky-9", "windows", "router"]
    .map((name): Image => ({
      ...{ id: chance.uuid(), name, size: (10 + chance.int(3000)) * 2 ** 20 },
      ...{ checksum: chance.hex(32), owner: chance.pick(projects) },
    }));
  const instances = many(instanceCount, (n): Instance => {
    const project = chance.pick(projects);
    return {
      ...{ n, id: chance.uuid(), name: `${chance.pick(names)}-${n}`, project },
      ...{ user: chance.pick(project.users), host: chance.pick(hosts) },
      ...{ flavor: chance.pick(flavors), image: chance.pick(images) },
      ...{ reservation: `r-${chance.hex(8)}`, mac: macOf(chance.hex(6)), ip: chance.address() },
      ...{ port: chance.uuid(), ageSeconds: 60 + chance.int(1e7) },
      group: chance.next() < 0.3 ? `group-${chance.int(20)}` : undefined,
    };
  });
  const types = many(3, () => chance.uuid());
  const volumes = many(instanceCount, (n): Volume => ({
    ...{ id: chance.uuid(), name: `disk-${n}`, owner: chance.pick(instances) },
    ...{ type: chance.pick(types), size: chance.pick([1, 10, 20, 50, 100, 500]) },
    ...{ attachment: chance.uuid(), hasImage: chance.next() < 0.4 },
  }));
  const nodes = many(8, (n) => ({ id: chance.uuid(), name: `bare-${n}` }));
  const tokens = many(16, () => `gAAAAAB${chance.hex(176)}`);
  return { hosts, projects, images, instances, volumes, nodes, tokens };
}

function macOf(hex: string): string {
  return `fa:16:3e:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`;
}
