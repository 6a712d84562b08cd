"""Makes models of Keras with random weights that were never trained: a process of its own, ``networks.py FOLDER``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["made"]


def made(folder: Path) -> Path:
    """All models, in a folder; Keras is told to take numpy before it is imported, and to keep no settings."""
    env = {**os.environ, "KERAS_BACKEND": "numpy", "KERAS_HOME": str(folder), "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, __file__, str(folder)], env=env, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    return folder


def main(folder: Path) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)

    def saved(model: keras.Model, name: str) -> None:
        for suffix in (".keras", ".h5"):
            model.save(folder / f"{name}{suffix}")

    def trunk() -> tuple[object, object]:
        given = keras.Input((8, 8, 3), name="image")
        made = layers.Conv2D(2, 3, activation="relu", name="conv")(given)
        return given, layers.GlobalAveragePooling2D(name="pool")(layers.BatchNormalization(name="bn")(made))

    given, pool = trunk()
    inner = layers.Dense(4, activation="relu", name="face_race_features")(pool)
    race = layers.Activation("softmax", name="softmax")(layers.Dense(4, name="face_race")(inner))
    outs = [layers.Dense(1, name="face_age")(pool), race, layers.Dense(2, name="face_gender")(pool)]
    saved(keras.Model(given, outs, name="face"), "heads")
    model = keras.Model(given, outs, name="face")
    model.compile(loss={"face_age": "mse", "softmax": "mse", "face_gender": "mse"})
    saved(model, "compiled")
    saved(keras.Model(given, [race], name="face"), "lone")

    given, pool = trunk()
    shared = layers.Dense(3, name="face_ethnicity_features")(pool)
    outs = [layers.Dense(1, name="face_age")(shared), layers.Dense(2, name="face_gender")(shared)]
    saved(keras.Model(given, outs, name="face"), "shared")

    given, pool = trunk()
    many = layers.Activation("sigmoid", name="attributes")(layers.Dense(5, name="attribute_scores")(pool))
    saved(keras.Model(given, [many, layers.Dense(1, name="face_age")(pool)], name="face"), "classes")
    rows = [keras.Input((6,), name="pooled"), layers.Dense(5, activation="softmax", name="attributes")]
    saved(keras.Sequential(rows, name="face"), "sequence")

    given = keras.Input((8, 8, 3), name="image")
    pool = layers.GlobalAveragePooling2D(keepdims=True, name="pool")(layers.Conv2D(6, 3, name="conv")(given))
    maps = layers.Conv2D(5, 1, name="attribute_scores")(pool)
    flat = layers.Activation("sigmoid", name="attributes")(layers.Reshape((5,), name="flat")(maps))
    saved(keras.Model(given, flat, name="face"), "pixel")
    maps = layers.Conv2D(5, 1, name="attribute_scores")(layers.Conv2D(6, 3, name="conv")(given))
    flat = layers.GlobalAveragePooling2D(name="attributes")(maps)
    saved(keras.Model(given, flat, name="face"), "maps")

    given, pool = trunk()
    odd = layers.Lambda(lambda x: x * 2, output_shape=(2,), name="doubled")(layers.Dense(2, name="face_race")(pool))
    saved(keras.Model(given, [layers.Dense(1, name="face_age")(pool), odd], name="face"), "lambda")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
