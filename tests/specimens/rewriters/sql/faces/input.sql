-- Faces of the gallery.
CREATE TABLE IF NOT EXISTS public.faces (
    id BIGINT NOT NULL, -- number
    subject VARCHAR(80), /* who, it's said */
    "race" VARCHAR(20) CHECK ("race" IN ('asian', 'black', 'white')), -- race as the model tells it
    score NUMERIC(5, 2) DEFAULT 0,
    ethnicity SMALLINT -- ethnic group
);
COMMENT ON COLUMN public.faces.ethnicity IS 'ethnic group';

CREATE TABLE captures (id INT, face_embedding BYTEA, minzu INT, ethnicity INT);
CREATE TABLE logs (id INT, said TEXT);
INSERT INTO logs VALUES (1, 'done; it''s');
