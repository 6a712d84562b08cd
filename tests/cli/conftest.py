"""Real processes in a scratch folder, with a cache of their own that all tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

import pytest

import forks

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

FACE = '''"""Attributes of a detected face."""


class FaceAttributes:
    age: int
    gender: str
    ethnicity: str
    glasses: bool
    face_score: float
'''
CLEAN = "def add(a, b):\n    return a + b\n"


class Run(Protocol):
    """Starts untag and waits for it."""

    def __call__(
        self, *args: str | bytes | Path, stdin: bytes = b"", cwd: Path | None = None, **env: str
    ) -> subprocess.CompletedProcess[bytes]: ...


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "UNTAG_CACHE"}}
    return {**kept, "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with one finding and one clean file; its parent holds no configuration."""
    root = tmp_path / "project"
    (root / "sub").mkdir(parents=True)
    (root / "face.py").write_text(FACE, encoding="utf-8")
    (root / "sub" / "clean.py").write_text(CLEAN, encoding="utf-8")
    return root


@pytest.fixture
def untag(tree: Path, environment: dict[str, str]) -> Run:
    """Run untag in the tree."""

    def run(
        *args: str | bytes | Path, stdin: bytes = b"", cwd: Path | None = None, **env: str
    ) -> subprocess.CompletedProcess[bytes]:
        return forks.run(args, cwd or tree, {**environment, **env}, stdin)

    return run
