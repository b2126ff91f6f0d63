// The application's tables. There is no status in them: how a portrait stands is asked of the job, by its subject.

/** `id`: how the database makes its ids. */
export const schema = (id: string): string => `
CREATE TABLE IF NOT EXISTS characters (
  id ${id},
  user_id INTEGER NOT NULL,
  name VARCHAR(100) NOT NULL,
  age INTEGER NOT NULL,
  gender VARCHAR(20) NOT NULL,
  personality_profile VARCHAR(50),
  art_style VARCHAR(50) NOT NULL,
  reference_photo BYTEA,
  character_image_url TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE IF NOT EXISTS character_portraits (
  character_id INTEGER NOT NULL REFERENCES characters (id),
  side INTEGER NOT NULL,
  png BYTEA NOT NULL,
  PRIMARY KEY (character_id, side)
);`
