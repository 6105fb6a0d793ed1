-- Devices that are parts of devices, versions of data points, and what outlives a deleted device.
ALTER TABLE devices ADD COLUMN parent_id TEXT REFERENCES devices (id);

ALTER TABLE devices ADD COLUMN presence_via TEXT;

ALTER TABLE assets ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- Where the session numbers of a serial number go on when it is registered again.
CREATE TABLE retired (
    sn TEXT PRIMARY KEY,
    session BIGINT NOT NULL
);

CREATE INDEX devices_parent ON devices (parent_id) WHERE parent_id IS NOT NULL;

CREATE INDEX devices_top ON devices (sn) WHERE parent_id IS NULL;

CREATE INDEX devices_organization_top ON devices (organization_id, sn) WHERE parent_id IS NULL;

CREATE INDEX devices_presence_via ON devices (presence_via) WHERE presence_via IS NOT NULL;
