-- Faces of the gallery.
CREATE TABLE IF NOT EXISTS public.faces (
    id BIGINT NOT NULL, -- number
    subject VARCHAR(80), /* who, it's said */
    score NUMERIC(5, 2) DEFAULT 0
);

CREATE TABLE captures (id INT, face_embedding BYTEA);
CREATE TABLE logs (id INT, said TEXT);
INSERT INTO logs VALUES (1, 'done; it''s');
