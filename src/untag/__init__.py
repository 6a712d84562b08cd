"""untag finds, proves, removes and blocks ethnic tags in biometric software."""

from __future__ import annotations

__version__ = "0.1.0"
