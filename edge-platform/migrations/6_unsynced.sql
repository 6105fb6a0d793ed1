-- 1: the device did not believe the clock that the time was taken from.
ALTER TABLE states ADD COLUMN unsynced BIGINT NOT NULL DEFAULT 0;

ALTER TABLE history ADD COLUMN unsynced BIGINT NOT NULL DEFAULT 0;

ALTER TABLE reports ADD COLUMN unsynced BIGINT NOT NULL DEFAULT 0;
