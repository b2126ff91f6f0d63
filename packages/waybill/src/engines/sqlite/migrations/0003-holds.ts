// Layout 3. `holds`: names that one job has at a time (unique jobs). `until` null: until the job ends.
export const holds = `
CREATE TABLE holds (
  key TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  until INTEGER,
  look_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX holds_by_look ON holds (look_at);
`
