-- Every statement of the SQL stores, for both databases. A word in braces is what the dialects say differently.

-- name: add_run
INSERT INTO runs (id, name, application, definition, record) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING

-- name: add_stages
INSERT INTO stages (run, seq, spec) VALUES (?, ?, ?)

-- name: key_of_run
SELECT key FROM runs WHERE id = ?

-- name: newest_ids
SELECT id FROM runs ORDER BY key DESC LIMIT 1000

-- name: run
SELECT key, definition, record FROM runs WHERE id = ?

-- name: stages
SELECT seq, spec FROM stages WHERE run = ? ORDER BY seq

-- name: records
SELECT seq, record FROM records WHERE run = ?

-- name: offered
SELECT DISTINCT stage FROM offers WHERE run = ? ORDER BY stage

-- name: list_runs
SELECT r.id, r.name, r.application, r.record, r.definition, r.ready_at, p.id, p.host, p.pid, p.birth, p.slots
FROM runs r LEFT JOIN processors p ON p.id = r.owner ORDER BY r.key DESC LIMIT ?

-- name: runs_that_begin
SELECT id FROM runs WHERE substr(id, 1, CAST(? AS INTEGER)) = ? ORDER BY key DESC LIMIT ?

-- name: texts_with
SELECT record FROM records WHERE record LIKE ? UNION ALL SELECT body FROM events WHERE body LIKE ?
UNION ALL SELECT body FROM queue_messages WHERE body LIKE ? UNION ALL SELECT body FROM offers WHERE body LIKE ?

-- name: message_of
SELECT 1 FROM queue_messages WHERE run = ? LIMIT 1

-- name: forget_stages
DELETE FROM stages WHERE run = ?

-- name: forget_records
DELETE FROM records WHERE run = ?

-- name: forget_events
DELETE FROM events WHERE run = ?

-- name: forget_offers
DELETE FROM offers WHERE run = ?

-- name: forget_run
DELETE FROM runs WHERE key = ?

-- name: events
SELECT body FROM events WHERE run = ? AND seq > ? ORDER BY seq

-- name: lock_run
SELECT id, key, owner, fence FROM runs WHERE id = ? {for_update}

-- name: lock_runs
SELECT id, key, owner, fence FROM runs WHERE id IN ({each}) ORDER BY key {for_update}

-- name: save_run
UPDATE runs SET record = ? WHERE key = ?

-- name: put_records
INSERT INTO records (run, seq, record) VALUES (?, ?, ?) ON CONFLICT (run, seq) DO UPDATE SET record = excluded.record

-- name: add_events
INSERT INTO events (run, seq, body) VALUES (?, ?, ?)

-- name: add_message
INSERT INTO queue_messages (run, body) VALUES (?, ?)

-- name: mark_ready
UPDATE runs SET ready_at = 0 WHERE key = ? AND owner IS NULL

-- name: consume
DELETE FROM queue_messages WHERE id = ? AND run = ?

-- name: release
UPDATE runs SET owner = NULL, ready_at = CASE
    WHEN EXISTS (SELECT 1 FROM queue_messages m WHERE m.run = runs.key) THEN 0 ELSE CAST(? AS BIGINT) END
WHERE key = ?

-- name: inbox
SELECT m.id, r.id, m.body FROM runs r JOIN queue_messages m ON m.run = r.key WHERE r.owner = ? ORDER BY m.id

-- name: alive
SELECT 1 FROM processors WHERE id = ? {for_share}

-- name: claimable
SELECT key, id, fence FROM runs WHERE owner IS NULL AND ready_at <= ? ORDER BY ready_at, key LIMIT ? {skip_locked}

-- name: claimable_of
SELECT key, id, fence FROM runs WHERE owner IS NULL AND ready_at <= ? AND id IN ({each})
ORDER BY ready_at, key LIMIT ? {skip_locked}

-- name: own
UPDATE runs SET owner = ?, fence = ?, ready_at = NULL WHERE key = ?

-- name: next_ready
SELECT MIN(ready_at) FROM runs WHERE owner IS NULL AND ready_at IS NOT NULL

-- name: next_ready_of
SELECT MIN(ready_at) FROM runs WHERE owner IS NULL AND ready_at IS NOT NULL AND id IN ({each})

-- name: join
INSERT INTO processors (id, host, pid, birth, slots, address, lease_until) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET host = excluded.host, pid = excluded.pid, birth = excluded.birth, slots = excluded.slots,
    address = excluded.address, lease_until = excluded.lease_until

-- name: renew
UPDATE processors SET lease_until = ? WHERE id = ?

-- name: others
SELECT id, host, pid, birth, slots, lease_until FROM processors WHERE id <> ? ORDER BY id

-- name: addresses
SELECT id, address FROM processors

-- name: bury
DELETE FROM processors WHERE id = ? AND lease_until = ?

-- name: leave
DELETE FROM processors WHERE id = ?

-- name: orphans
SELECT key FROM runs WHERE owner IS NOT NULL AND owner NOT IN (SELECT id FROM processors) ORDER BY key {for_update}

-- name: orphans_there
SELECT 1 WHERE EXISTS (SELECT 1 FROM runs WHERE owner IS NOT NULL AND owner NOT IN (SELECT id FROM processors))
    OR EXISTS (SELECT 1 FROM offers WHERE owner IS NOT NULL AND owner NOT IN (SELECT id FROM processors))

-- name: free_run
UPDATE runs SET owner = NULL, ready_at = 0 WHERE key = ?

-- name: orphaned_offers
SELECT run, stage, execution FROM offers WHERE owner IS NOT NULL AND owner NOT IN (SELECT id FROM processors)
ORDER BY run, stage, execution {for_update}

-- name: free_offer
UPDATE offers SET owner = NULL WHERE run = ? AND stage = ? AND execution = ?

-- name: add_offers
INSERT INTO offers (run, stage, execution, type, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (run, stage, execution) DO UPDATE SET type = excluded.type, body = excluded.body, owner = NULL

-- name: withdraw
DELETE FROM offers WHERE run = ? AND stage = ? AND execution = ?

-- name: free_offers
SELECT o.run, r.id, o.stage, o.execution, o.type, o.body FROM offers o JOIN runs r ON r.key = o.run
WHERE o.owner IS NULL AND o.type IN ({each}) ORDER BY o.run, o.stage, o.execution LIMIT ? {skip_locked_offers}

-- name: free_offers_of
SELECT o.run, r.id, o.stage, o.execution, o.type, o.body FROM offers o JOIN runs r ON r.key = o.run
WHERE o.owner IS NULL AND o.type IN ({each}) AND r.id IN ({each})
ORDER BY o.run, o.stage, o.execution LIMIT ? {skip_locked_offers}

-- name: free_offers_there
SELECT 1 FROM offers WHERE owner IS NULL LIMIT 1

-- name: hold_offer
UPDATE offers SET owner = ? WHERE run = ? AND stage = ? AND execution = ?

-- name: held_offers
SELECT r.id, o.stage, o.execution FROM offers o JOIN runs r ON r.key = o.run WHERE o.owner = ?

-- name: answer_offer
DELETE FROM offers WHERE run = ? AND stage = ? AND execution = ? AND owner = ?

-- name: ring
SELECT pg_notify(?, '')

-- name: migrations
SELECT number, name, checksum FROM migrations ORDER BY number

-- name: add_migration
INSERT INTO migrations (number, name, checksum) VALUES (?, ?, ?)
