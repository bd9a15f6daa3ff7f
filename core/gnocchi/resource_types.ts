/**
 * Pure. The resource types that `ceilometer-upgrade` makes in Gnocchi, as they are after all its
 * steps, and what is missing of one that exists already.
 *
 * Facts: ceilometer/gnocchi_client.py (resources_initial and the update operations after it).
 */

/** An attribute as Gnocchi's API takes it. */
export type AttributeType = Readonly<Record<string, unknown>>;

/** A resource type's attributes by name. */
export type AttributeTypes = Readonly<Record<string, AttributeType>>;

const text = { type: "string", min_length: 0, max_length: 255, required: false } as const;
const neededText = { ...text, required: true } as const;
const datetime = { type: "datetime", required: false } as const;
const uuid = { type: "uuid", required: false } as const;
const neededUuid = { ...uuid, required: true } as const;

/** By name. */
export const upgradedResourceTypes: ReadonlyMap<string, AttributeTypes> = new Map([
  ["ceph_account", {}],
  ["dns_zone", { zone_name: text, email: text, zone_type: text, pool_id: text }],
  ["host", { host_name: neededText }],
  ["host_disk", { host_name: neededText, device_name: text }],
  ["host_network_interface", { host_name: neededText, device_name: text }],
  ["identity", {}],
  ["image", { name: neededText, container_format: text, disk_format: text }],
  ["instance", {
    flavor_id: neededText,
    flavor_name: neededText,
    image_ref: text,
    host: text,
    display_name: neededText,
    server_group: text,
    availability_zone: text,
    launched_at: datetime,
    created_at: datetime,
    deleted_at: datetime,
  }],
  ["instance_disk", { name: neededText, instance_id: neededUuid }],
  ["instance_network_interface", { name: neededText, instance_id: neededUuid }],
  ["ipmi", {}],
  ["ipmi_sensor", { node: neededText }],
  ["loadbalancer", { name: text, availability_zone: text, vip_address: text, provider: text }],
  ["manila_share", {
    name: text,
    host: neededText,
    protocol: text,
    availability_zone: text,
    status: neededText,
  }],
  ["network", {}],
  ["nova_compute", { host_name: neededText }],
  ["stack", {}],
  ["swift_account", { storage_policy: text }],
  ["volume", {
    display_name: text,
    volume_type: text,
    volume_type_id: text,
    image_id: uuid,
    instance_id: uuid,
  }],
  ["volume_provider", {}],
  ["volume_provider_pool", { provider: neededText }],
  ["volume_service", { host: text, binary: text, zone: text, status: text }],
]);

/** One step of a JSON patch on a resource type. */
export interface TypePatch {
  readonly op: "add";
  readonly path: string;
  readonly value: AttributeType;
}

/** What a type lacks of what `ceilometer-upgrade` gives it; a needed text is "" in what exists. */
export function missingAttributes(name: string, existing: AttributeTypes): readonly TypePatch[] {
  return Object.entries(upgradedResourceTypes.get(name) ?? {})
    .filter(([attribute]) => !Object.hasOwn(existing, attribute))
    .map(([attribute, type]) => ({
      op: "add",
      path: `/attributes/${attribute}`,
      value: type.required === true ? { ...type, options: { fill: "" } } : type,
    }));
}
