/**
 * Pure. Payloads of the benchmark's notifications that carry measurements or audits: batches of
 * telemetry.polling, sensors, hosts' metrics, requests in CADF's form, and services that notify rarely.
 */
import type { Dict, Value } from "../../core/notifications/value.ts";
import type { Chance, Instance } from "./cloud.ts";
import { ago, agoWhole, type Making, type Told } from "./payloads.ts";

/** Ceilometer's polling agents: 5 to 50 samples of a few servers. */
export function tellPolling(making: Making): Told {
  const { chance, cloud } = making;
  const size = chance.pick([5, 20, 30, 50, 50, 50]);
  const samples: Value[] = [];
  while (samples.length < size) samples.push(...polled(making, chance.pick(cloud.instances)));
  const payload: Dict = { samples: samples.slice(0, size) };
  return { publisher: "ceilometer.polling", payload, who: undefined };
}

interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly volume: Value;
  readonly resource: string;
  readonly about: Dict;
}

/** All that is polled of one server. */
function polled(making: Making, one: Instance): Value[] {
  const { chance } = making;
  const about = serverOf(one);
  const { flavor: _, image: __, ...rest } = about;
  const tap = `tap${one.port.slice(0, 11)}`;
  const nic: Dict = {
    ...{ ...rest, fref: null, mac: one.mac, vnic_name: tap },
    parameters: { interfaceid: one.port, bridge: "br-int" },
  };
  const counter = (name: string, unit: string): Omit<Measured, "about" | "resource"> => ({
    ...{ name, unit, volume: chance.int(1e11) },
  });
  const usage = Math.round(chance.next() * one.flavor.ram * 100) / 100;
  const disks = one.n % 2 === 0 ? ["vda"] : ["vda", "vdb"];
  const nicName = `instance-${one.n.toString(16).padStart(8, "0")}-${one.id}-${tap}`;
  const measured: readonly Measured[] = [
    {
      ...counter("cpu", "ns"),
      ...{ resource: one.id, about: { ...about, cpu_number: one.flavor.vcpus } },
    },
    { name: "memory.usage", unit: "MB", volume: usage, resource: one.id, about },
    ...disks.flatMap((disk) =>
      ["read.bytes", "write.bytes", "read.requests", "write.requests"].map((what) => ({
        ...counter(`disk.device.${what}`, what.endsWith("bytes") ? "B" : "request"),
        ...{ resource: `${one.id}-${disk}`, about: { ...about, disk_name: disk } },
      }))
    ),
    ...["incoming.bytes", "outgoing.bytes", "incoming.packets", "outgoing.packets"].map((what) => ({
      ...counter(`network.${what}`, what.endsWith("bytes") ? "B" : "packet"),
      ...{ resource: nicName, about: nic },
    })),
  ];
  return measured.map((each) => ({
    ...{ source: "openstack", counter_name: each.name },
    counter_type: each.name === "memory.usage" ? "gauge" : "cumulative",
    ...{ counter_unit: each.unit, counter_volume: each.volume, user_id: one.user },
    ...{ project_id: one.project.id, resource_id: each.resource },
    ...{ timestamp: `${ago(making, 0.5)}+00:00`, resource_metadata: each.about },
    ...{ message_id: chance.uuid(), monotonic_time: null, message_signature: chance.hex(64) },
  }));
}

/** A server as nova's API shows it to the polling agent. */
function serverOf(one: Instance): Dict {
  const { flavor, image } = one;
  const href = `http://controller:8774/images/${image.id}`;
  const size = { vcpus: flavor.vcpus, ram: flavor.ram, disk: flavor.disk, swap: 0 };
  return {
    ...{ display_name: one.name, name: `instance-${one.n.toString(16).padStart(8, "0")}` },
    ...{ instance_id: one.id, instance_type: flavor.name },
    ...{ host: (one.n * 7919).toString(16).padStart(56, "0"), instance_host: one.host },
    flavor: { id: flavor.uuid, name: flavor.name, ...size, ephemeral: flavor.ephemeral },
    ...{ status: "active", state: "running", task_state: "", vcpus: flavor.vcpus },
    image: { id: image.id, links: [{ rel: "bookmark", href }] },
    ...{ image_ref: image.id, image_ref_url: href, architecture: "x86_64" },
    ...{ "OS-EXT-AZ:availability_zone": "nova", memory_mb: flavor.ram },
    ...{ disk_gb: flavor.disk + flavor.ephemeral, ephemeral_gb: flavor.ephemeral },
    root_gb: flavor.disk,
    ...(one.group === undefined ? {} : { user_metadata: { server_group: one.group } }),
  };
}

/** Metrics of nova's hosts. */
export function tellHost(making: Making): Told {
  const { chance, cloud } = making;
  const host = chance.pick(cloud.hosts);
  const at = { timestamp: ago(making, 1), source: "libvirt.LibvirtDriver" };
  const metric = (name: string, value: number): Dict => ({ name, value, ...at });
  const shares = ["user", "kernel", "iowait"].map((name) => [name, chance.next() / 4] as const);
  const busy = shares.reduce((sum, [, share]) => sum + share, 0);
  const metrics = [
    metric("cpu.frequency", chance.pick([2100, 2600, 3200])),
    ...["user", "kernel", "idle", "iowait"].map((name) =>
      metric(`cpu.${name}.time`, chance.int(1e15))
    ),
    ...shares.map(([name, share]) => metric(`cpu.${name}.percent`, share)),
    ...[metric("cpu.idle.percent", 1 - busy), metric("cpu.percent", busy)],
  ];
  const payload: Dict = {
    ...{ host, host_ip: chance.address(), nodename: `${host}.example.net`, metrics },
  };
  return { publisher: `compute.${host}`, payload, who: undefined };
}

/** Sensors of ironic's machines. */
export function tellSensors(making: Making): Told {
  const { chance, cloud } = making;
  const node = chance.pick(cloud.nodes);
  const group = (kind: string, unit: string, names: readonly string[]): Dict =>
    Object.fromEntries(names.map((name, k) => {
      const id = `${name} (0x${k + 1})`;
      const reading = Math.round(chance.next() * 9000) / 100;
      return [id, {
        ...{ "Sensor ID": id, "Entity ID": `${k + 3}.1 (Board)` },
        ...{ "Sensor Type (Threshold)": `${kind} (0x01)`, Status: "ok" },
        "Sensor Reading": chance.next() < 0.03 ? "Disabled" : `${reading} (+/- 0) ${unit}`,
        ...{ "Normal Reading": "40.000", "Upper critical": "90.000" },
        ...{ "Upper non-critical": "80.000", "Positive Hysteresis": "1.000" },
        ...{ "Negative Hysteresis": "1.000", "Assertions Enabled": "ucr+" },
        ...{ "Deassertions Enabled": "ucr+", "Sensor Model": "Analog" },
        ...{ "Readable Thresholds": "unc ucr", "Settable Thresholds": "unc ucr" },
      }];
    }));
  const payload: Dict = {
    ...{ node_name: node.name, node_uuid: node.id, instance_uuid: chance.uuid() },
    ...{ timestamp: ago(making, 0), event_type: "hardware.ipmi.metrics.update" },
    payload: {
      Temperature: group("Temperature", "degrees C", ["CPU1", "CPU2", "Inlet", "Exhaust"]),
      Fan: group("Fan", "RPM", ["Fan0", "Fan1", "Fan2", "Fan3", "Fan4", "Fan5"]),
      Voltage: group("Voltage", "Volts", ["12V", "5V", "3.3V", "VBAT"]),
      Current: group("Current", "Amps", ["PSU1 Iout", "PSU2 Iout"]),
    },
  };
  return { publisher: "ironic-conductor.controller", payload, who: undefined };
}

interface Audited {
  readonly service: string;
  readonly action: string;
  readonly target: Dict;
}

/** A record of the Cloud Auditing Data Federation. */
function cadf(making: Making, { service, action, target }: Audited, one: Instance): Dict {
  const { chance } = making;
  return {
    ...{ typeURI: "http://schemas.dmtf.org/cloud/audit/1.0/event", id: chance.uuid() },
    ...{ eventType: "activity", eventTime: `${ago(making, 0.05)}+0000`, action },
    outcome: chance.next() < 0.05 ? "failure" : "success",
    initiator: {
      ...{ typeURI: "service/security/account/user", id: one.user },
      ...{ name: `user-${one.user.slice(0, 4)}`, project_id: one.project.id },
      ...{ domain_id: "default", user_id: one.user, request_id: `req-${chance.uuid()}` },
      host: {
        address: chance.address(),
        agent: "openstacksdk/1.0.1 keystoneauth1/5.1.2 python-requests/2.28.1 CPython/3.11.2",
      },
    },
    target,
    observer: { typeURI: `service/${service}`, id: chance.hex(32) },
  };
}

const security = "security";

/** keystone's logins and changes. */
export function tellIdentity(making: Making, eventType: string): Told {
  const { chance, cloud } = making;
  const one = chance.pick(cloud.instances);
  const [, kind = "", done] = eventType.split(".");
  const who = { user: one.user, project: one.project };
  const isLogin = done === undefined;
  const id = isLogin ? one.user : chance.hex(32);
  const typeURI = isLogin ? "service/security/account/user" : `data/security/${kind}`;
  const action = isLogin ? kind : `${done}.${kind}`;
  const audit = cadf(making, { service: security, action, target: { typeURI, id } }, one);
  const more: Dict = isLogin
    ? {}
    : kind === "role_assignment"
    ? { project: one.project.id, user: one.user, role: id, inherited_to_projects: false }
    : { resource_info: id };
  return { publisher: "identity.controller", payload: { ...audit, ...more }, who };
}

/** swift's requests. */
export function tellObjects(making: Making): Told {
  const { chance, cloud } = making;
  const one = chance.pick(cloud.instances);
  const action = chance.pick(["get", "put", "delete", "head"]);
  const [container, object] = [`bucket-${chance.int(12)}`, chance.uuid()];
  const path = `/v1/AUTH_${one.project.id}/${container}/${object}`;
  const target: Dict = {
    ...{ typeURI: "service/storage/object", action, id: `AUTH_${one.project.id}` },
    metadata: { path, version: "v1", container, object },
  };
  const ways = action === "get" ? ["outgoing"] : action === "put" ? ["incoming"] : bothOr(chance);
  const measurements = ways.map((way): Dict => ({
    metric: {
      ...{ metricId: `openstack:${chance.uuid()}`, unit: "B" },
      name: `storage.objects.${way}.bytes`,
    },
    result: action === "get" || action === "put" ? chance.int(1e7) : 0,
  }));
  const audit = cadf(making, { service: "storage/object", action, target }, one);
  const payload = { ...audit, requestPath: path, measurements };
  return { publisher: "objectstore.proxy-0", payload, who: undefined };
}

function bothOr(chance: Chance): readonly string[] {
  return chance.next() < 0.5 ? ["outgoing"] : ["outgoing", "incoming"];
}

/** Requests to nova's API. */
export function tellAudit(making: Making, eventType: string): Told {
  const { chance, cloud } = making;
  const one = chance.pick(cloud.instances);
  const url = "http://controller:8774/v2.1";
  const target: Dict = {
    ...{ typeURI: "service/compute/servers/server", id: one.id, name: "nova" },
    addresses: ["admin", "private", "public"].map((name) => ({ name, url })),
  };
  const payload: Dict = {
    ...cadf(making, { service: "compute", action: "read", target }, one),
    ...{ requestPath: `/v2.1/servers/${one.id}`, tags: [`correlation_id?value=${chance.uuid()}`] },
  };
  if (eventType.endsWith("response")) {
    payload.reason = { reasonType: "HTTP", reasonCode: "200" };
  }
  return { publisher: "nova-api", payload, who: { user: one.user, project: one.project } };
}

/** heat's stacks. */
export function tellStack(making: Making, eventType: string): Told {
  const { chance, cloud } = making;
  const one = chance.pick(cloud.instances);
  const [, , verb = "", phase] = eventType.split(".");
  const action = verb.toUpperCase();
  const payload: Dict = {
    ...{ tenant_id: one.project.id, user_identity: one.user, user_id: one.user },
    ...{ username: `user-${one.user.slice(0, 4)}`, trustor_user_id: null },
    ...{ stack_identity: chance.uuid(), stack_name: one.name, name: one.name, tags: [] },
    ...{ create_at: ago(making, 40), updated_at: null },
    ...{ description: "Servers behind a load balancer", state_reason: `Stack ${action}` },
    state: `${action}_${phase === "start" ? "IN_PROGRESS" : "COMPLETE"}`,
  };
  const who = { user: one.user, project: one.project };
  return { publisher: "orchestration.controller", payload, who };
}

/** designate, trove and manila. */
export function tellRare(making: Making, eventType: string): Told {
  const { chance, cloud, nowMs } = making;
  const one = chance.pick(cloud.instances);
  const [kind = ""] = eventType.split(".");
  const id = chance.uuid();
  const day = new Date(nowMs).toISOString().slice(0, 10);
  const period = { audit_period_beginning: `${day} 00:00:00`, audit_period_ending: day };
  const own: Readonly<Record<string, Dict>> = {
    dns: {
      ...{ ...period, email: "admin@example.net", ttl: 3600, pool_id: chance.uuid() },
      ...{ serial: 1_767_225_600, version: 1 },
    },
    trove: {
      ...{ ...period, instance_id: id, instance_name: one.name, instance_type: "small" },
      ...{ instance_type_id: "2", state: "active", service_id: "mysql", region: "RegionOne" },
      ...{ nova_instance_id: one.id, launched_at: ago(making, 50), display_name: one.name },
    },
    share: {
      ...{ share_id: id, size: 10, proto: "NFS", availability_zone: "nova", is_public: false },
      ...{ host: "controller@generic#pool", share_group_id: null, snapshot_id: null },
    },
  };
  const payload: Dict = {
    ...{ id, tenant_id: one.project.id, user_id: one.user, project_id: one.project.id },
    ...{ name: one.name, created_at: agoWhole(making, 60, ""), status: "ACTIVE", ...own[kind] },
  };
  return {
    publisher: `${kind}.controller`,
    payload,
    who: { user: one.user, project: one.project },
  };
}
