-- Faces of the gallery.
CREATE TABLE IF NOT EXISTS faces (
    id BIGINT NOT NULL AUTO_INCREMENT, -- number
    subject VARCHAR(80), -- who
    face_score DOUBLE,
    PRIMARY KEY (id)
);
CREATE TABLE `captures` (id INT, `face_embedding` BLOB, skin_color TINYINT);
SELECT * FROM faces WHERE race = 'asian';
