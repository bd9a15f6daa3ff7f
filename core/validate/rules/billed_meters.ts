/**
 * Pure. The meters that OpenStack installations usually bill by (CloudKitty's samples rate them).
 */

/** Their names. */
export const billedMeters: readonly string[] = [
  "cpu",
  "vcpus",
  "memory",
  "disk.root.size",
  "disk.ephemeral.size",
  "compute.instance.booting.time",
  "image.size",
  "image.download",
  "image.serve",
  "volume.size",
  "snapshot.size",
  "backup.size",
  "ip.floating",
  "network.incoming.bytes",
  "network.outgoing.bytes",
  "bandwidth",
  "storage.objects.size",
  "radosgw.objects.size",
];
