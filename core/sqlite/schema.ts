/**
 * Pure. The tables and views of tpctl's SQLite files, and their version. They are made to be queried
 * by a person with any SQLite 3.38 or later; how rows get in and out is writer.ts and reader.ts.
 */

/** Marks a SQLite file as tpctl's (`PRAGMA application_id`): "tpct" in ASCII. */
export const applicationId = 0x74706374;

/** The version that this program writes (`PRAGMA user_version`). */
export const schemaVersion = 1;

/**
 * Points are kept in time order, because that is how they come: with the series first, each batch
 * would touch a page per series (measured with 5,600 series: 77k rows/s against 635k).
 *
 * What is the same overwrites itself, as in InfluxDB: a point with the series and the time of an
 * older one takes its place field by field (fields that the newer one lacks stay), a document with
 * the index and the id of an older one replaces it.
 */
export const schemaText = `
CREATE TABLE series (              -- one row per set of tags
  id INTEGER PRIMARY KEY,
  database TEXT NOT NULL,          -- '' unless the configuration names a database per tenant
  measurement TEXT NOT NULL,       -- metric or meter name, alarm_state_history, event
  tags TEXT NOT NULL,              -- JSON object of text, keys sorted
  tenant TEXT GENERATED ALWAYS AS (
    coalesce(tags ->> '$._tenant_id', tags ->> '$.tenant_id', tags ->> '$.project_id')
  ) VIRTUAL,
  UNIQUE (database, measurement, tags)
) STRICT;

CREATE TABLE points (
  time INTEGER NOT NULL,           -- ns since the epoch
  series INTEGER NOT NULL REFERENCES series (id),
  value REAL,                      -- the field "value" where it is a float
  fields TEXT,                     -- JSON object of all other fields; floats have a point or exponent
  PRIMARY KEY (time, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
  index_name TEXT NOT NULL,
  id TEXT NOT NULL,                -- SHA-256 of the index and the original bytes
  document TEXT NOT NULL,          -- JSON
  UNIQUE (index_name, id)
) STRICT;

CREATE VIEW measurements AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', p.time / 1000000 / 1000.0, 'unixepoch') AS time,
  s.measurement, s.tenant, p.value, p.fields ->> '$.value_meta' AS value_meta, s.tags, p.fields,
  s.database, p.time AS time_ns, p.series
FROM points p JOIN series s ON s.id = p.series;

CREATE VIEW alarm_transitions AS
SELECT time, tenant, fields ->> '$.alarm_id' AS alarm_id, fields ->> '$.old_state' AS old_state,
  fields ->> '$.new_state' AS new_state, fields ->> '$.reason' AS reason,
  fields ->> '$.lifecycle_state' AS lifecycle_state, fields ->> '$.link' AS link,
  fields ->> '$.metrics' AS metrics, fields ->> '$.sub_alarms' AS sub_alarms, database
FROM measurements WHERE measurement = 'alarm_state_history';

CREATE VIEW events AS
SELECT document ->> '$."@timestamp"' AS time, document ->> '$.event_type' AS event_type,
  document ->> '$.project_id' AS tenant, document, index_name, id
FROM documents WHERE json_valid(document)
UNION ALL                          -- what pipeline stores are points: traits and id are fields
SELECT time, tags ->> '$.event_type',
  iif(json_valid(fields ->> '$.traits'), fields ->> '$.traits' ->> '$.project_id', NULL),
  fields ->> '$.traits', database, fields ->> '$.message_id'
FROM measurements WHERE measurement = 'event' AND tags ->> '$.event_type' IS NOT NULL;
`;
