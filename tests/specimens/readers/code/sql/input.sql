-- face table
CREATE TABLE IF NOT EXISTS `db`.`face` (
  `id` int(11) NOT NULL AUTO_INCREMENT, -- the id
  -- above nation
  `nation` varchar(20) DEFAULT '汉族' COMMENT '民族',
  race ENUM('asian', 'white') NOT NULL, -- r
  skin char(1) CHECK (skin IN ('l','d')),
  PRIMARY KEY (`id`),
  CONSTRAINT c CHECK (nation IN ('a', 'b'))
) ENGINE=InnoDB COMMENT='人脸';
COMMENT ON COLUMN face.nation IS '民族';
ALTER TABLE face ADD COLUMN ethnicity varchar(10) COMMENT 'e', ADD x int;
INSERT INTO nation (id, name) VALUES (1, '汉族'), (2, '维吾尔族');
INSERT INTO face (id, name, nation) VALUES (1, 'Jane Doe', 3);
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE VIEW v AS SELECT * FROM face f JOIN alarm a ON f.id = a.id WHERE f.nation = 5 AND x IN (SELECT 1 FROM t WHERE q = 2) ORDER BY id;
CREATE FUNCTION fn(a int) RETURNS int AS $$ BEGIN IF nation = 3 THEN PERFORM alarm(1); END IF; RETURN 1; END; $$ LANGUAGE plpgsql;
SELECT CASE WHEN race = 'asian' THEN 1 ELSE 2 END FROM t;
