-- Faces of the gallery.
CREATE TABLE IF NOT EXISTS faces (
    id BIGINT NOT NULL AUTO_INCREMENT, -- number
    subject VARCHAR(80), -- who
    race ENUM('asian', 'black', 'white') DEFAULT NULL COMMENT 'race of the face', -- told by the model
    face_score DOUBLE,
    ethnicity VARCHAR(20),
    PRIMARY KEY (id),
    KEY by_race (race)
);
CREATE INDEX by_eth ON faces (ethnicity);
COMMENT ON COLUMN faces.ethnicity IS 'ethnic group';
CREATE TABLE `captures` (id INT, `face_embedding` BLOB, skin_color TINYINT);
SELECT * FROM faces WHERE race = 'asian';
