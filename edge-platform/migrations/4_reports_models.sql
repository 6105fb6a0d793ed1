-- What devices say besides their states, and what models of devices say.
CREATE TABLE reports (
    device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    -- 'ALERT' or 'DATA'.
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- Keeps reports of the same time in their order.
    arrived BIGINT NOT NULL,
    -- From 0, the least; only of alerts.
    severity BIGINT,
    -- As JSON: PostgreSQL has no texts with NUL.
    description TEXT,
    value TEXT NOT NULL,
    session BIGINT,
    seq BIGINT
);

CREATE INDEX reports_device_at ON reports (device_id, kind, at, arrived);

-- What comes again is not kept twice. Reports without a number are each of their own.
CREATE UNIQUE INDEX reports_stamp ON reports (device_id, session, seq);

CREATE TABLE models (
    urn TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
