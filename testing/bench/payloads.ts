/**
 * Pure. The payloads of the benchmark's notifications: what nova, cinder, neutron and the other
 * services tell of their resources, in their members and usual sizes. Polled samples and sensors are
 * in payloads_measured.ts, the envelope and how often each comes in notifications.ts.
 */
import { PyFloat, type Value } from "../../core/notifications/value.ts";
import type { Dict } from "../../core/notifications/value.ts";
import type { Chance, Cloud, Instance, Project } from "./cloud.ts";

/** What a notification is made with. */
export interface Making {
  readonly chance: Chance;
  readonly cloud: Cloud;
  readonly nowMs: number;
}

/** What a service puts into a notification. */
export interface Told {
  readonly publisher: string;
  readonly payload: Dict;
  /** Whose request it was, for the context; undefined where there is none. */
  readonly who: { readonly user: string; readonly project: Project } | undefined;
}

/** Makes what one event type tells. */
export type Telling = (making: Making, eventType: string) => Told;

/** A time so many seconds ago, as services write it: with a T and microseconds. */
export function ago({ nowMs }: Making, seconds: number): string {
  return `${new Date(nowMs - seconds * 1000).toISOString().slice(0, 23)}417`;
}

/** The same with whole seconds and `zone` behind it. */
export function agoWhole(making: Making, seconds: number, zone: string): string {
  return `${ago(making, seconds).slice(0, 19)}${zone}`;
}

const hourMs = 3_600_000;

function auditHour({ nowMs }: Making): Dict {
  const hour = Math.floor(nowMs / hourMs) * hourMs;
  const text = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
  return { audit_period_beginning: text(hour - hourMs), audit_period_ending: text(hour) };
}

function told(publisher: string, payload: Dict, { user, project }: Instance): Told {
  return { publisher, payload, who: { user, project } };
}

/** nova's servers. */
export function tellServer(making: Making, eventType: string): Told {
  const { chance, cloud } = making;
  const one = chance.pick(cloud.instances);
  const { flavor, image } = one;
  const verb = eventType.slice("compute.instance.".length);
  const isEnd = verb.endsWith(".end");
  const payload: Dict = {
    ...{ tenant_id: one.project.id, user_id: one.user, instance_id: one.id },
    ...{ display_name: one.name, reservation_id: one.reservation, hostname: `host-${one.n}` },
    ...{ instance_type: flavor.name, instance_type_id: Number(flavor.id) },
    ...{ instance_flavor_id: flavor.uuid, architecture: "x86_64", memory_mb: flavor.ram },
    ...{ disk_gb: flavor.disk + flavor.ephemeral, vcpus: flavor.vcpus, root_gb: flavor.disk },
    ...{ ephemeral_gb: flavor.ephemeral, host: one.host, node: `${one.host}.example.net` },
    ...{ availability_zone: "nova", cell_name: "", terminated_at: "", deleted_at: "" },
    created_at: agoWhole(making, verb === "create.end" ? 25 : one.ageSeconds, "+00:00"),
    launched_at: verb === "create.start" ? "" : ago(making, one.ageSeconds - 20),
    image_ref_url: `http://controller:9292/images/${image.id}`,
    ...{ os_type: "linux", kernel_id: "", ramdisk_id: "", state: "active" },
    ...{ state_description: "", progress: "", access_ip_v4: null, access_ip_v6: null },
    metadata: {
      owner: `team-${one.n % 9}`,
      ...(one.group === undefined ? {} : { "metering.server_group": one.group }),
    },
    image_meta: {
      ...{ base_image_ref: image.id, container_format: "bare", disk_format: "qcow2" },
      ...{ min_disk: String(flavor.disk), min_ram: "0", hw_disk_bus: "virtio" },
      "org.openstack__1__architecture": "x64",
      "org.openstack__1__os_version": "12",
      "org.openstack__1__os_distro": image.name,
    },
  };
  if (verb.startsWith("create.")) payload.image_name = image.name;
  if (verb === "create.end") payload.message = "Success";
  if (verb.startsWith("delete.")) payload.state = isEnd ? "deleted" : "active";
  if (verb === "delete.end") payload.terminated_at = ago(making, 2);
  if (verb === "exists" || verb === "update") Object.assign(payload, auditHour(making));
  if (verb === "exists") {
    payload.bandwidth = { private: { bw_in: chance.int(1e9), bw_out: chance.int(1e9) } };
  }
  if (verb === "update") {
    const changes = { old_state: "building", new_task_state: "spawning", old_task_state: null };
    Object.assign(payload, changes, { tags: [], bandwidth: {} });
  }
  if (isEnd && !verb.startsWith("delete.")) {
    payload.fixed_ips = [{
      ...{ address: one.ip, type: "fixed", version: 4, floating_ips: [], label: "private" },
      ...{ vif_mac: one.mac, meta: {} },
    }];
  }
  return told(`compute.${one.host}`, payload, one);
}

/** nova's scheduler. */
export function tellScheduler({ chance, cloud }: Making): Told {
  const one = chance.pick(cloud.instances);
  const { flavor, image } = one;
  const size = { root_gb: flavor.disk, memory_mb: flavor.ram, vcpus: flavor.vcpus };
  const spec: Dict = {
    num_instances: 1,
    instance_properties: {
      ...{ uuid: one.id, project_id: one.project.id, availability_zone: "nova", ...size },
      ...{ ephemeral_gb: flavor.ephemeral, numa_topology: null },
      pci_requests: { requests: [], instance_uuid: one.id },
    },
    image: { id: image.id, name: image.name, min_disk: 1, min_ram: 0, properties: {} },
    instance_type: {
      ...{ flavorid: flavor.uuid, name: flavor.name, memory_mb: flavor.ram },
      ...{ vcpus: flavor.vcpus, extra_specs: { "hw:cpu_policy": "shared" } },
    },
  };
  return told("scheduler.controller", { request_spec: spec }, one);
}

const attachedVerbs = ["attach.end", "exists", "detach.start", "resize.end"];

/** cinder's volumes. */
export function tellVolume(making: Making, eventType: string): Told {
  const { chance, cloud } = making;
  const volume = chance.pick(cloud.volumes);
  const one = volume.owner;
  const verb = eventType.slice("volume.".length);
  const isAttached = attachedVerbs.includes(verb);
  const { checksum, id, name, size } = one.image;
  const about = { image_id: id, image_name: name, min_ram: "0", min_disk: "0", checksum };
  const payload: Dict = {
    ...{ tenant_id: one.project.id, host: "controller@lvm#pool", user_id: one.user },
    ...{ availability_zone: "nova", volume_id: volume.id, volume_type: volume.type },
    ...{ display_name: volume.name, launched_at: agoWhole(making, 4000, "+00:00") },
    ...{ created_at: agoWhole(making, 4010, "+00:00"), snapshot_id: null, size: volume.size },
    ...{ status: isAttached ? "in-use" : "available", replication_status: null },
    ...{ replication_extended_status: null, replication_driver_data: null },
    metadata: { purpose: chance.pick(["data", "logs"]) },
    volume_attachment: !isAttached ? [] : [{
      ...{ id: volume.attachment, volume_id: volume.id, server_id: one.id },
      ...{ attached_host: one.host, mountpoint: "/dev/vdb", attach_status: "attached" },
      ...{ attach_mode: "rw", attach_time: ago(making, 3000), detach_time: null },
    }],
    glance_metadata: !volume.hasImage
      ? []
      : Object.entries({ ...about, disk_format: "qcow2", size: String(size) })
        .map(([key, value]) => ({ volume_id: volume.id, key, value })),
  };
  if (verb === "exists") Object.assign(payload, auditHour(making));
  return told("volume.controller@lvm", payload, one);
}

/** cinder's snapshots and backups. */
export function tellCopy(making: Making, eventType: string): Told {
  const { chance, cloud } = making;
  const volume = chance.pick(cloud.volumes);
  const one = volume.owner;
  const payload: Dict = {
    ...{ tenant_id: one.project.id, user_id: one.user, availability_zone: "nova" },
    ...{ volume_id: volume.id, created_at: agoWhole(making, 30, "+00:00") },
    ...{ status: "available", display_name: `copy of ${volume.name}` },
  };
  const size = volume.size;
  Object.assign(
    payload,
    eventType.startsWith("backup.")
      ? {
        ...{ backup_id: chance.uuid(), host: "controller", size, object_count: size * 20 },
        ...{ service_metadata: `volume_${volume.id}`, fail_reason: null },
        service: "cinder.backup.drivers.swift",
      }
      : { snapshot_id: chance.uuid(), volume_size: size, deleted: "", metadata: "{}" },
  );
  return told("snapshot.controller@lvm", payload, one);
}

/** cinder's capacity. */
export function tellCapacity(making: Making, eventType: string): Told {
  const { chance } = making;
  const total = chance.pick([1000, 8000, 40000]);
  const used = chance.int(total);
  const kind = eventType.slice("capacity.".length);
  const payload: Dict = {
    ...{ name_to_id: kind === "pool" ? "controller@lvm#pool" : "controller@lvm", type: kind },
    ...{ total, free: total - used, allocated: used, provisioned: used + 13 },
    ...{ reported_at: ago(making, 1), virtual_free: new PyFloat((total - used) * 20) },
  };
  return { publisher: "capacity.controller@lvm", payload, who: undefined };
}

/** neutron's ports. */
export function tellPort(making: Making, eventType: string): Told {
  const { chance, cloud } = making;
  const one = chance.pick(cloud.instances);
  const { project } = one;
  const asked: Dict = {
    ...{ network_id: project.network, tenant_id: project.id, admin_state_up: true },
    ...{ device_id: one.id, device_owner: "compute:nova" },
  };
  const port: Dict = eventType === "port.create.start" ? asked : {
    ...{ id: one.port, name: "", ...asked, project_id: project.id, mac_address: one.mac },
    ...{ status: "ACTIVE", fixed_ips: [{ subnet_id: project.subnet, ip_address: one.ip }] },
    ...{ allowed_address_pairs: [], extra_dhcp_opts: [], description: "" },
    security_groups: Array.from({ length: 1 + chance.int(3) }, () => chance.uuid()),
    ...{ "binding:vnic_type": "normal", "binding:profile": {}, "binding:host_id": one.host },
    "binding:vif_type": "ovs",
    "binding:vif_details": {
      ...{ port_filter: true, connectivity: "l2", bridge_name: "br-int" },
      datapath_type: "system",
    },
    ...{ qos_policy_id: null, port_security_enabled: true, tags: [], revision_number: 4 },
    ...{ created_at: agoWhole(making, 50, "Z"), updated_at: agoWhole(making, 1, "Z") },
  };
  const payload = eventType === "port.delete.end" ? { port_id: one.port, port } : { port };
  return told("network.controller", payload, one);
}

/** neutron's networks, subnets, routers and floating addresses. */
export function tellNetwork(making: Making, eventType: string): Told {
  const { chance, cloud } = making;
  const one = chance.pick(cloud.instances);
  const { project } = one;
  const [kind = ""] = eventType.split(".");
  const ids: Readonly<Record<string, string>> = {
    network: project.network,
    subnet: project.subnet,
    router: project.router,
  };
  const own: Readonly<Record<string, Dict>> = {
    network: {
      ...{ mtu: 1450, subnets: [], shared: false, "router:external": false },
      ...{ "provider:network_type": "vxlan", "provider:segmentation_id": 77 },
      "provider:physical_network": null,
    },
    subnet: {
      ...{ network_id: project.network, ip_version: 4, cidr: "10.0.0.0/24" },
      ...{ gateway_ip: "10.0.0.1", enable_dhcp: true, dns_nameservers: [], host_routes: [] },
      allocation_pools: [{ start: "10.0.0.2", end: "10.0.0.254" }],
    },
    router: {
      ...{ ha: false, distributed: false, routes: [] },
      external_gateway_info: { network_id: project.network, enable_snat: true },
    },
    floatingip: {
      ...{ floating_ip_address: chance.address(), fixed_ip_address: one.ip },
      ...{ port_id: one.port, router_id: project.router, floating_network_id: project.network },
    },
  };
  const thing: Dict = {
    ...{ id: ids[kind] ?? chance.uuid(), name: `${kind}-${project.name}` },
    ...{ tenant_id: project.id, project_id: project.id, description: "", tags: [] },
    ...{ created_at: agoWhole(making, 9, "Z"), revision_number: 2, status: "ACTIVE" },
    ...own[kind],
  };
  return told("network.controller", { [kind]: thing }, one);
}

/** neutron's metering labels. */
export function tellLabel({ chance, cloud, nowMs }: Making): Told {
  const project = chance.pick(cloud.projects);
  const bytes = chance.int(1e9);
  const now = Math.floor(nowMs / 1000);
  const payload: Dict = {
    ...{ label_id: project.label, tenant_id: project.id, project_id: project.id },
    ...{ pkts: Math.floor(bytes / 900), bytes, time: 30, host: "controller" },
    ...{ first_update: now - 90_000, last_update: now },
  };
  return { publisher: "metering.controller", payload, who: undefined };
}

/** glance's images. */
export function tellImage(making: Making, eventType: string): Told {
  const { chance, cloud } = making;
  const image = chance.pick(cloud.images);
  const one = chance.pick(cloud.instances);
  if (eventType === "image.send") {
    const payload: Dict = {
      ...{ bytes_sent: image.size, image_id: image.id, owner_id: image.owner.id },
      ...{ receiver_tenant_id: one.project.id, receiver_user_id: one.user },
      destination_ip: chance.address(),
    };
    return { publisher: "image.controller", payload, who: undefined };
  }
  const isNew = eventType === "image.create";
  const isGone = eventType === "image.delete";
  const deletedAt: Value = isGone ? agoWhole(making, 1, "Z") : null;
  return told("image.controller", {
    ...{ id: image.id, name: image.name, owner: image.owner.id },
    ...{ status: isNew ? "queued" : isGone ? "deleted" : "active" },
    ...{ size: isNew ? null : image.size, virtual_size: null, checksum: image.checksum },
    ...{ disk_format: "qcow2", container_format: "bare", min_disk: 0, min_ram: 0 },
    ...{ protected: false, is_public: true, visibility: "public", tags: [] },
    ...{ created_at: agoWhole(making, 99, "Z"), updated_at: agoWhole(making, 2, "Z") },
    ...{ deleted: isGone, deleted_at: deletedAt },
    properties: { hw_disk_bus: "virtio", os_distro: image.name },
  }, one);
}
