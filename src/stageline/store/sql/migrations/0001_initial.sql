-- What is written once of a run and its stages stands apart from what changes, so that a change writes little.

CREATE TABLE runs (
    key {serial},
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    application TEXT NOT NULL,
    definition TEXT NOT NULL,
    record TEXT NOT NULL,
    owner TEXT,
    fence BIGINT NOT NULL DEFAULT 0,
    ready_at BIGINT
);

CREATE INDEX runs_ready ON runs (ready_at, key) WHERE owner IS NULL AND ready_at IS NOT NULL;

CREATE INDEX runs_owned ON runs (owner) WHERE owner IS NOT NULL;

CREATE TABLE stages (
    run BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    spec TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) {compact};

CREATE TABLE records (
    run BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) {compact};

CREATE TABLE events (
    run BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) {compact};

CREATE TABLE queue_messages (
    id {serial},
    run BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX queue_messages_run ON queue_messages (run);

CREATE TABLE processors (
    id TEXT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    birth TEXT NOT NULL,
    slots BIGINT NOT NULL,
    address TEXT NOT NULL,
    lease_until BIGINT NOT NULL
);

CREATE TABLE offers (
    run BIGINT NOT NULL,
    stage BIGINT NOT NULL,
    execution BIGINT NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    owner TEXT,
    PRIMARY KEY (run, stage, execution)
) {compact};

CREATE INDEX offers_free ON offers (run, stage, execution) WHERE owner IS NULL;

CREATE INDEX offers_held ON offers (owner) WHERE owner IS NOT NULL
