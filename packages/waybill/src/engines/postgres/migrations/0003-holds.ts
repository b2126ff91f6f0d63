// Layout 3. `holds`: names that one job has at a time (unique jobs). `until` null: until the job ends.
export const holds = `
CREATE TABLE wb.holds (
  key text COLLATE "C" PRIMARY KEY,
  id text NOT NULL COLLATE "C",
  until bigint,
  look_at bigint NOT NULL
);
CREATE INDEX holds_by_look ON wb.holds (look_at);
`
