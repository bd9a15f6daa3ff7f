/**
 * Pure. The field definitions that are used where the operator has none: what the publisher's example
 * file names as dimensions, and the metadata that services give most samples.
 */

/** YAML, as monasca_field_definitions.yaml has it. */
export const defaultMapping = `dimensions:
  - resource_id
  - project_id
  - user_id
  - region
  - type
  - unit
  - source
metadata:
  common:
    - event_type
    - audit_period_beginning
    - audit_period_ending
    - availability_zone
  memory: &instance
    - state
    - memory_mb
    - root_gb
    - vcpus
    - disk_gb
    - ephemeral_gb
    - host
    - instance_flavor_id
    - image_ref_url
    - created_at
    - deleted_at
    - launched_at
  vcpus: *instance
  image.size:
    - size
    - status
    - is_public
    - properties.image_type
  snapshot.size:
    - volume_size
    - state
    - status
    - created_at
    - host
  volume.size:
    - size
    - volume_type
    - status
    - created_at
    - host
`;
