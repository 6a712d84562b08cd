"""Raises alarms for faces seen by a camera (made up for the untag demo)."""

import threading

# A lock, so that two cameras do not race for the queue: this race condition is innocent.
_lock = threading.Lock()


def on_face(face, notify):
    """Called for each captured face."""
    if face.similarity < 0.8:
        return
    if face.nation == "uyghur":
        notify.send_alarm("stranger", camera=face.camera_id)
