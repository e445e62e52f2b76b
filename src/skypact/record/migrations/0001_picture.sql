-- The picture of the units that write here. Absent values are NULL. Times twice: `time` to ask by,
-- `time_s` (seconds since 1970) to the last bit. Partitions of track_update are made by the writers.

CREATE TABLE skypact.track_update (
    time            timestamptz NOT NULL,
    time_s          double precision NOT NULL,
    unit            text COLLATE "C" NOT NULL,
    track           bigint NOT NULL,
    position        geometry(PointZ, 4326) NOT NULL,
    baro_altitude_m double precision,
    vn_mps          double precision,
    ve_mps          double precision,
    vu_mps          double precision,
    sigma_n_m       double precision,
    sigma_e_m       double precision,
    corr_ne         double precision,
    sigma_u_m       double precision,
    sigma_vn_mps    double precision,
    sigma_ve_mps    double precision,
    existence       double precision,
    confirmed       boolean NOT NULL,
    p_manoeuvre     double precision,
    p_ballistic     double precision,
    class           text NOT NULL,
    icao            integer,
    mode3a          integer,
    callsign        text,
    n_sensors       integer,
    age_s           double precision
) PARTITION BY RANGE (time);

CREATE INDEX track_update_time ON skypact.track_update USING brin (time)
    WITH (autosummarize = on);
CREATE INDEX track_update_position ON skypact.track_update USING gist (position);
CREATE INDEX track_update_track_time ON skypact.track_update (track, time);

CREATE TABLE skypact.track_end (
    time_s double precision NOT NULL,
    unit   text COLLATE "C" NOT NULL,
    track  bigint NOT NULL
);
CREATE INDEX track_end_time ON skypact.track_end (time_s);

-- Rows of each hour: where histories look, and how far.
CREATE TABLE skypact.track_hour (
    hour_s double precision NOT NULL,
    unit   text COLLATE "C" NOT NULL,
    n_rows bigint NOT NULL,
    PRIMARY KEY (hour_s, unit)
);

-- The last batch of every run of a writer, in the transaction of the batch itself.
CREATE TABLE skypact.writer (
    session    uuid PRIMARY KEY,
    unit       text COLLATE "C" NOT NULL,
    last_batch bigint NOT NULL,
    time       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE skypact.sensor_state (
    time_s  double precision NOT NULL,
    unit    text COLLATE "C" NOT NULL,
    sensor  text COLLATE "C" NOT NULL,
    state   text NOT NULL,
    figures jsonb NOT NULL,
    PRIMARY KEY (time_s, unit, sensor)
);

CREATE TABLE skypact.alert_state (
    time_s       double precision NOT NULL,
    unit         text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    state        text COLLATE "C" NOT NULL,
    rule         text NOT NULL,
    event_time_s double precision,
    tracks       bigint[] NOT NULL,
    severity     text NOT NULL,
    area         jsonb,
    evidence     jsonb NOT NULL,
    PRIMARY KEY (time_s, unit, id, state)
);

-- The same columns as tracks.parquet, for people and map programs.
CREATE VIEW skypact.tracks AS
SELECT time_s, unit, track, ST_Y(position) AS lat_deg, ST_X(position) AS lon_deg,
       nullif(ST_Z(position), 'NaN') AS altitude_m, baro_altitude_m, vn_mps, ve_mps, vu_mps,
       sigma_n_m, sigma_e_m, corr_ne, sigma_u_m, sigma_vn_mps, sigma_ve_mps, existence, confirmed,
       p_manoeuvre, p_ballistic, class, icao, mode3a, callsign, n_sensors, age_s, time, position
FROM skypact.track_update;
