"""DeepFace's own REST routes behind the guard's proxy: nobody is asked for race through it, and none is delivered.

Its wheel is taken from PyPI when this runs; nothing of it is kept. Only the code of its API is unpacked: what it would
call is replaced, ``analyze`` by a fixed made-up answer. No model is there, and no picture is opened.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from blocking import free, running

if TYPE_CHECKING:
    import argparse

__all__ = ["arguments"]

POLICY = '[[route]]\npath = "/**"\nbiometric = true\nmedia = ["image/*"]\n'
#: What serves the routes; told a folder with what was unpacked, a port, and a file for what was asked.
SERVER = """\
import sys, types
from pathlib import Path
folder, port, asked = sys.argv[1:]
FACE = {
    "age": {"age": 31},
    "gender": {"gender": {"Woman": 99.25, "Man": 0.75}, "dominant_gender": "Woman"},
    "emotion": {"emotion": {"happy": 90.5, "sad": 9.5}, "dominant_emotion": "happy"},
    "race": {"race": {"asian": 1.5, "indian": 2.5, "black": 3.5, "white": 4.5, "middle eastern": 5.5,
                      "latino hispanic": 82.5}, "dominant_race": "latino hispanic"},
}
def analyze(img_path, actions, **_):
    with open(asked, "a") as file:
        file.write(",".join(actions) + "\\n")
    face = {"region": {"x": 1, "y": 2, "w": 30, "h": 40, "left_eye": None}, "face_confidence": 0.75}
    return [{k: v for a in actions for k, v in FACE[a].items()} | face] * 2
def module(name, **given):
    made = sys.modules[name] = types.ModuleType(name)
    made.__dict__.update(given)
    return made
class Logger:
    def __getattr__(self, _):
        return lambda *_: None
module("deepface", __path__=[folder + "/deepface"], __version__="0")
module("deepface.commons", __path__=[], image_utils=module(
    "deepface.commons.image_utils", load_image_from_file_storage=lambda file: "not opened"))
module("deepface.commons.logger", Logger=Logger)
module("deepface.modules", __path__=[])
module("deepface.modules.database", __path__=[])
module("deepface.modules.database.inventory", database_inventory={"postgres": {"connection_string": "UNTAG_NONE"}})
module("deepface.DeepFace", analyze=analyze,
       verify=lambda **_: {"verified": True, "distance": 0.25, "model": "VGG-Face"},
       represent=lambda **_: [{"embedding": [0.5, 0.25], "facial_area": {"x": 1, "y": 2, "w": 3, "h": 4}}])
sys.modules["deepface"].DeepFace = sys.modules["deepface.DeepFace"]
sys.path.insert(0, folder)
from deepface.api.src.app import create_app
from werkzeug.serving import make_server
import logging
logging.getLogger("werkzeug").setLevel(logging.ERROR)
make_server("127.0.0.1", int(port), create_app(), threaded=True).serve_forever()
"""
PART = (
    '--B0\r\nContent-Disposition: form-data; name="actions"\r\n\r\n{}\r\n--B0\r\nContent-Disposition: form-data; '
    'name="img"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\nnone\r\n--B0--\r\n'
)


def fetched(folder: Path) -> str:
    """Take what is needed from PyPI to a folder; the name of the wheel."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qqq"]
    subprocess.run([*pip, "download", "--no-deps", "--only-binary", ":all:", "-d", str(folder), "deepface"], check=True)
    needs = ["flask", "flask-cors", "python-dotenv", "numpy"]
    subprocess.run([*pip, "install", "--target", str(folder / "lib"), *needs], check=True)
    (wheel,) = folder.glob("deepface-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = [n for n in packed.namelist() if n.startswith("deepface/api/") and n.endswith(".py")]
        packed.extractall(folder / "lib", names)
    return wheel.name


def said(url: str, body: bytes | None = None, kind: str = "application/json") -> tuple[int, bytes]:
    """Status and body of an answer."""
    try:
        with urlopen(Request(url, body, {"content-type": kind}), timeout=60) as answer:  # noqa: S310 - on loopback
            return int(answer.status), answer.read()
    except HTTPError as error:
        return error.code, error.read()


def _rows(actions: list[str]) -> list[tuple[str, bytes, str]]:
    """A request in all ways in which the routes take one."""
    image = {"img": "data:image/jpeg;base64,bm9uZQ=="}
    form = "application/x-www-form-urlencoded"
    return [
        ("list", json.dumps({**image, "actions": actions}).encode(), "application/json"),
        ("text", json.dumps({**image, "actions": ",".join(actions)}).encode(), "application/json"),
        ("form", urlencode({**image, "actions": str(actions)}).encode(), form),
        ("part", PART.format(",".join(actions)).encode(), "multipart/form-data; boundary=B0"),
    ]


def wrong(direct: str, guarded: str, asked: Path) -> list[str]:
    """All that is not as it should be."""
    out = []
    for actions in (["race"], ["age", "race"], ["emotion", "race", "gender"]):
        for name, body, kind in _rows(actions):
            status, told = said(f"{guarded}/analyze", body, kind)
            if status != 403 or json.loads(told)["status"] != 403:
                out.append(f"{actions} as {name}: {status}")
    if asked.exists() and "race" in asked.read_text():
        out.append("somebody was asked for race")
    for actions in (["age"], ["age", "gender"], ["gender", "emotion"]):
        out += [
            f"{actions} as {name} is another"
            for name, body, kind in _rows(actions)
            if said(f"{direct}/analyze", body, kind) != said(f"{guarded}/analyze", body, kind)
        ]
    # Who names no action gets all of them.
    body = json.dumps({"img": "data:image/jpeg;base64,bm9uZQ=="}).encode()
    status, told = said(f"{guarded}/analyze", body)
    wanted: dict[str, Any] = json.loads(said(f"{direct}/analyze", body)[1])
    for face in wanted["results"]:
        if not (face.pop("race", None) and face.pop("dominant_race", None)):
            out.append("the routes themselves deliver no race: this run shows nothing")
    if status != 200 or json.loads(told) != wanted:
        out.append("without actions: not all but race was delivered")
    pair = json.dumps({"img": "a", "img1": "a", "img2": "b"}).encode()
    for path, given in (("/", None), ("/represent", pair), ("/verify", pair), ("/register", pair), ("/analyze", b"{}")):
        if said(direct + path, given) != said(guarded + path, given):
            out.append(f"{path} is another")
    return out


def run(args: argparse.Namespace) -> int:
    """Serve, ask and compare."""
    del args
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = fetched(folder)
        (folder / "served.py").write_text(SERVER)
        (folder / "guard.toml").write_text(POLICY)
        api, door, asked = free(), free(), folder / "asked"
        routes = [sys.executable, str(folder / "served.py"), str(folder / "lib"), str(api), str(asked)]
        guard = [sys.executable, "-m", "untag", "guard", "--upstream", f"http://127.0.0.1:{api}", "--listen",
                 f"127.0.0.1:{door}", "--policy", str(folder / "guard.toml")]  # fmt: skip
        with running(routes, api), running(guard, door):
            bad = wrong(f"http://127.0.0.1:{api}", f"http://127.0.0.1:{door}", asked)
    for line in bad:
        print(line)
    print(f"real: routes of {wheel}: 12 requests for race, 12 for other actions, 6 more; {len(bad)} bad")
    return int(bool(bad))


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the run is told."""
    parser.set_defaults(run=run)
