"""Settings for all tests: properties draw the same examples every time, so that a run can be repeated.

New examples are looked for by the long runs (``./check --long fuzz``) and with ``UNTAG_RANDOM=1``.
"""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pathlib import Path

settings.register_profile("same", derandomize=True, deadline=None)
if not os.environ.get("UNTAG_RANDOM"):
    settings.load_profile("same")


def pytest_collection_finish() -> None:
    """What was imported and collected stays: rubbish is looked for elsewhere, and as seldom as by the command line."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with the compiled lexicon and nothing else; the whole suite shares it, and only reads it.

    It takes seconds to make, so tests that need a cache of their own copy it.
    """
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "compiled"
    root.mkdir(exist_ok=True)
    made, face = root / "cache", root / "face"
    with (root / "lock").open("w") as lock:
        with contextlib.suppress(ImportError):  # where there is none, each makes it for itself
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            face.mkdir()
            (face / "a.py").write_text("class FaceAttributes:\n    age: int\n    ethnicity: str\n", encoding="utf-8")
            (face / "a.bin").write_bytes(b"\x7fELF" + b"\0\1\2ethnicity of face\0" * 40)
            # In a process of its own: this one may hold the sieve compiled already, and would write nothing.
            command = [sys.executable, "-m", "untag", "scan", str(face), "-q", "--exit-zero"]
            env = {**os.environ, "UNTAG_CACHE": str(made)}
            subprocess.run(command, env=env, capture_output=True, check=True, timeout=300)
            for path in made.iterdir():
                if path.name.startswith(("index-", "outcomes-")):
                    path.unlink()
    return made


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder for a model, by whose name it is one of faces."""
    folder = tmp_path / "face_attributes"
    folder.mkdir()
    return folder


@pytest.fixture
def root(model: Path) -> Path:
    """The same, for what holds models."""
    return model


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """What is packed."""
    folder = tmp_path / "inside"
    folder.mkdir()
    return folder
