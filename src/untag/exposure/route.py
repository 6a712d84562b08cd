"""Routes with whatever may be somebody's left out: ``/v1/persons/4711/faces`` is ``/v1/persons/*/faces``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.guard.policy import normal

if TYPE_CHECKING:
    from untag.lexicon import Lexicon

__all__ = ["Routes"]

#: Segments that are told, longest path.
SEGMENTS = 8
#: Routes that are remembered.
KNOWN = 20_000
_VERSION = re.compile(r"v\d{1,3}(?:\.\d{1,3})?|api\d?")
_WORDS = re.compile(r"[A-Za-z]{2,30}(?:[_\-.:][A-Za-z]{2,30}){0,4}")
#: Words that paths of services are made of, besides those of the lexicon.
_PLAIN = frozenset(
    re.split(
        r"\s+",
        """
    access account accounts action actions add admin age alert alerts all analyse analysis analytics analyze api app
    apps archive archives artifact artifacts asset assets attribute attributes audit auth batch blob blobs body
    bucket buckets bulk callback camera cameras capture captures catalog channel channels check checks class classes
    classify client clients cluster collection collections compare config configuration count create customer
    customers data dataset datasets delete demo detect detection detections device devices dist docs download
    downloads embed embedding embeddings enroll enrollment enrolment entries entry event events export exports
    extract face faces feature features feed field fields file files filter filters find firmware frame frames
    galleries gallery gender get graphql group groups health healthz history hooks id identify identity image images
    import index infer inference info ingest insert internal item items job jobs json label labels latest libraries
    library list lists live liveness load log login logout logs manifest manifests match matches me media member
    members message messages metadata metrics model models module modules monitor new notifications object objects
    org orgs package packages pedestrian pedestrians people person persons photo photos picture pictures ping plate
    plates predict prediction predictions private profile profiles project projects public queries query queue ready
    readyz receive recognise recognition recognize record records register registration registry release releases
    report reports request requests resource resources rest result results root rpc rule rules scan schema scores
    sdk search searches secure send server service services session sessions set settings share simple site sites
    snapshot snapshots static stats status storage store stores stream streams submit subscribe subscription
    subscriptions sync system tag tags target targets task tasks team teams template templates test tests token
    tokens track tracking tracks train training update updates upload uploads user users validate vector vectors
    vehicle vehicles verify version versions video videos watch watchlist watchlists web webhook webhooks
        """.strip(),
    )
)


class Routes:
    """Collapses paths; words of a tag are named by their term, what is not known is ``*``.

    Args:
        lexicon: Its words of the surroundings may stand in a route.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._match = lexicon.match
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        """The route of a path, with or without its query."""
        bare = path.partition("?")[0][:2000]
        made = self._known.get(bare)
        if made is None:
            parts = [part for part in normal(bare).split("/") if part]
            shown = [self._part(part) for part in parts[:SEGMENTS]]
            made = "/" + "/".join(shown) + ("/…" if len(parts) > SEGMENTS else "")
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known[bare] = made
        return made

    def _part(self, part: str) -> str:
        if _VERSION.fullmatch(part):
            return part
        if not part.isascii() or _WORDS.fullmatch(part) is None:
            return self._term(part)
        words = re.split(r"[_\-.:]", part.lower())
        return part if all(word in _PLAIN for word in words) else self._term(part)

    def _term(self, part: str) -> str:
        """A segment that is a word of the lexicon and nothing more."""
        for hit in self._match(part[:60]):
            if hit.end - hit.start >= len(part) - 1:
                return part if hit.kind == "context" and part.isascii() else f"<{hit.term}>"
        return "*"
