-- Where states were taken, and what they were before.
ALTER TABLE states ADD COLUMN location TEXT;

CREATE TABLE history (
    asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    -- Keeps states of the same time in their order.
    arrived BIGINT NOT NULL,
    value TEXT NOT NULL,
    session BIGINT,
    seq BIGINT,
    location TEXT
);

CREATE INDEX history_asset_at ON history (asset_id, at, arrived);
