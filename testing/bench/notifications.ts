/**
 * Pure. The benchmark's notifications: a small made-up cloud's, in the proportions of `mix`; 70 event
 * types, 7.9 kB mean, 4.1 kB median, 8 % batches of polled samples. Each is an envelope of version 2 as
 * oslo.messaging puts it on the wire. The same number of them is the same text.
 */
import type { Dict } from "../../core/notifications/value.ts";
import { dumpValue } from "../../core/notifications/value_text.ts";
import { Chance, makeCloud } from "./cloud.ts";
import {
  ago,
  type Making,
  tellCapacity,
  tellCopy,
  tellImage,
  type Telling,
  tellLabel,
  tellNetwork,
  tellPort,
  tellScheduler,
  tellServer,
  tellVolume,
  type Told,
} from "./payloads.ts";
import {
  tellAudit,
  tellHost,
  tellIdentity,
  tellObjects,
  tellPolling,
  tellRare,
  tellSensors,
  tellStack,
} from "./payloads_measured.ts";

/** One message body, and the queue that it waits in. */
export interface LoadMessage {
  readonly priority: "info" | "sample";
  readonly body: string;
}

/** Event types by the service that tells of them: `name=weight`. */
const mix: readonly (readonly [Telling, string])[] = [
  [
    tellServer,
    "compute.instance: update=120 exists=80 create.start=15 create.end=15 delete.start=14 " +
    "delete.end=14 shutdown.start=14 shutdown.end=14 power_on.start=8 power_on.end=8 " +
    "power_off.start=8 power_off.end=8 reboot.start=5 reboot.end=5 resize.prep.end=2 " +
    "resize.confirm.end=2 live_migration.pre.end=2 volume.attach=6 snapshot.end=3",
  ],
  [tellScheduler, "scheduler.select_destinations: start=8 end=8"],
  [tellHost, "compute.metrics: update=20"],
  [
    tellVolume,
    "volume: create.start=6 create.end=6 attach.start=6 attach.end=6 detach.start=5 " +
    "detach.end=5 delete.start=5 delete.end=5 resize.end=2 exists=40",
  ],
  [tellCopy, "snapshot: create.end=4 delete.end=3 exists=10"],
  [tellCopy, "backup: create.end=2"],
  [tellCapacity, "capacity: backend=4 pool=6"],
  [tellPort, "port: create.start=15 create.end=15 update.end=30 delete.end=14"],
  [tellNetwork, "network: create.end=4"],
  [tellNetwork, "subnet: create.end=4"],
  [tellNetwork, "router: create.end=3 update.end=3"],
  [tellNetwork, "floatingip: create.end=4 update.end=6"],
  [tellLabel, "l3: meter=30"],
  [tellImage, "image: create=2 upload=2 update=4 delete=2 send=8"],
  [
    tellIdentity,
    "identity: authenticate=120 user.created=2 project.created=2 role_assignment.created=3",
  ],
  [tellObjects, "objectstore.http: request=80"],
  [tellAudit, "audit.http: request=20 response=20"],
  [tellStack, "orchestration.stack: create.start=3 create.end=3 update.end=2 delete.end=2"],
  [tellSensors, "hardware.ipmi: metrics=10"],
  [tellRare, "dns.domain: exists=4"],
  [tellRare, "trove.instance: exists=4"],
  [tellRare, "share: create.end=2"],
  [tellPolling, "telemetry: polling=80"],
];

interface Kind {
  readonly eventType: string;
  readonly tell: Telling;
  /** Weights up to and with this one. */
  readonly upTo: number;
}

const kinds = readMix();
/** 2026-01-02T03:04:05 */
const startMs = 1_767_323_045_000;
/** Time that passes in the cloud between two. */
const stepMs = 10;
const instanceCount = 500;

/** All event types of the load. */
export const eventTypes: readonly string[] = kinds.map(({ eventType }) => eventType);

/** So many notifications, the first ones of an endless row that is always the same. */
export function* loadMessages(count: number): Generator<LoadMessage> {
  const chance = new Chance(1);
  const cloud = makeCloud(chance, instanceCount);
  const total = kinds.at(-1)?.upTo ?? 0;
  for (let n = 0; n < count; n++) {
    const drawn = chance.int(total);
    const kind = kinds.find(({ upTo }) => drawn < upTo);
    if (kind === undefined) throw new RangeError("the mix is empty");
    yield messageOf(kind, { chance, cloud, nowMs: startMs + n * stepMs });
  }
}

function readMix(): readonly Kind[] {
  let upTo = 0;
  return mix.flatMap(([tell, text]) => {
    const [prefix = "", rest = ""] = text.split(": ");
    return rest.split(" ").map((word): Kind => {
      const [name = "", weight] = word.split("=");
      upTo += Number(weight);
      return { eventType: `${prefix}.${name}`, tell, upTo };
    });
  });
}

function messageOf({ eventType, tell }: Kind, making: Making): LoadMessage {
  const { chance } = making;
  const { publisher, payload, who } = tell(making, eventType);
  const priority = eventType === "telemetry.polling" ? "sample" : "info";
  const message: Dict = {
    ...{ message_id: chance.uuid(), publisher_id: publisher, event_type: eventType },
    ...{ priority: priority.toUpperCase(), payload, timestamp: ago(making, 0).replace("T", " ") },
    _unique_id: chance.hex(32),
    ...(who === undefined ? {} : contextOf(making, who)),
  };
  const inner = dumpValue(message);
  const body = dumpValue({ "oslo.version": "2.0", "oslo.message": inner });
  return { priority, body };
}

/** What oslo.context adds of the request that led to the notification. */
function contextOf(making: Making, { user, project }: NonNullable<Told["who"]>): Dict {
  const { chance, cloud } = making;
  const endpoints = (url: string): Dict[] => [
    { region: "RegionOne", publicURL: url, internalURL: url, adminURL: url },
  ];
  const catalog: readonly (readonly [string, string, string])[] = [
    ["volumev3", "cinderv3", `http://controller:8776/v3/${project.id}`],
    ["image", "glance", "http://controller:9292"],
    ["network", "neutron", "http://controller:9696"],
    ["placement", "placement", "http://controller:8778"],
  ];
  const context: Dict = {
    ...{ user, tenant: project.id, user_id: user, project_id: project.id },
    ...{ tenant_id: project.id, project_name: project.name, tenant_name: project.name },
    ...{ user_name: `user-${user.slice(0, 4)}`, user_domain: "default" },
    ...{ project_domain: "default", domain: null, system_scope: null, is_admin: false },
    ...{ is_admin_project: true, read_only: false, show_deleted: false, read_deleted: "no" },
    ...{ quota_class: null, roles: ["member", "reader"], request_id: `req-${chance.uuid()}` },
    ...{ global_request_id: null, resource_uuid: null, remote_address: chance.address() },
    ...{ auth_token: chance.pick(cloud.tokens), timestamp: ago(making, 0.2) },
    ...{ instance_lock_checked: false, user_identity: `${user} ${project.id} - default default` },
    service_catalog: catalog.map(([type, name, url]) => ({
      ...{ type, name, endpoints: endpoints(url) },
    })),
  };
  return Object.fromEntries(
    Object.entries(context).map(([name, value]) => [`_context_${name}`, value]),
  );
}
