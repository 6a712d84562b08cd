"""Reading an artifact once more, with a witness: which readers ran, and what they showed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from untag.fill import opened
from untag.judge.gather import Gatherer
from untag.work import Outcome, Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.artifact import Artifact
    from untag.lexicon.sieve import Sifted
    from untag.readers import Reader
    from untag.scan import Options
    from untag.sources import Entry
    from untag.surface import Surface

__all__ = ["Reading", "Recorder"]


@dataclass
class Reading:
    """What one artifact showed.

    Attributes:
        artifact: The artifact.
        used: Readers that ran, in order, and whether each read to its end.
        surfaces: What they showed.
        private: Whether lines must not be quoted.
    """

    artifact: Artifact
    used: list[tuple[str, bool]] = field(default_factory=list)
    surfaces: list[Surface] = field(default_factory=list)
    private: bool = False


class _Ear(Gatherer):
    """Passes surfaces on to a gatherer and remembers them."""

    def __init__(self, gatherer: Gatherer, heard: list[Surface]) -> None:
        self._gatherer = gatherer
        self._heard = heard

    def add(self, surface: Surface) -> None:
        """Remember a surface."""
        self._heard.append(surface)
        self._gatherer.add(surface)

    def extend(self, surfaces: list[Surface]) -> None:
        """Remember several."""
        self._heard += surfaces
        self._gatherer.extend(surfaces)


class Recorder(Worker):
    """A worker that keeps what readers showed."""

    def __init__(self, options: Options, guard: Callable[[Callable[[], None]], str | None], *, sieve: bool) -> None:
        super().__init__(options.limits, sieve=sieve, engine=options.engine, guard=guard, nest=options.nest)
        self.readings: dict[tuple[str, ...], Reading] = {}

    def again(self, entry: Entry) -> tuple[Outcome, bytes | None]:
        """Read an entry once more; its bytes are None where they cannot be had or are too many to hold."""
        outcome = Outcome()
        try:
            artifact = opened(entry)
            artifact.nest = self._nest(artifact)
            self._artifact(artifact, outcome)
            data = artifact.data if artifact.held else None
        except OSError:
            return outcome, None
        return outcome, data

    def sift(self, data: bytes) -> tuple[tuple[tuple[int, int], ...], bool] | None:
        """Spans and gate, as the sieve says."""
        sifted = self._sift(data)
        return None if sifted is None else (sifted.strong, sifted.gate)

    def _reading(self, artifact: Artifact) -> Reading:
        return self.readings.setdefault(artifact.place.chain, Reading(artifact))

    def _run(self, reader: Reader, artifact: Artifact, gatherer: Gatherer, outcome: Outcome) -> bool:
        reading = self._reading(artifact)
        done = super()._run(reader, artifact, _Ear(gatherer, reading.surfaces), outcome)
        reading.used.append((reader.name, done))
        reading.private = reading.private or self._quiet(gatherer, artifact)
        return done

    def _window(
        self, data: bytes, line: int, sifted: Sifted | None, artifact: Artifact, gatherer: Gatherer, outcome: Outcome
    ) -> None:
        reading = self._reading(artifact)
        if not reading.used:
            reading.used.append(("raw", True))
        super()._window(data, line, sifted, artifact, _Ear(gatherer, reading.surfaces), outcome)
