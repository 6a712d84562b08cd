"""The bound on what sums in another order may change: it holds for these, and for nothing that is another sum."""

from __future__ import annotations

import numpy as np
import pytest

from untag.rewriters import _bound, _run


def layer(seed: int, width: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.standard_normal((4, width)).astype(np.float32), random.standard_normal((width, classes)).astype("f4")


def summed(given: np.ndarray, weights: np.ndarray, order: np.ndarray) -> np.ndarray:
    """One product after the other, in an order."""
    out = np.zeros((given.shape[0], weights.shape[1]), np.float32)
    for at in order:
        out += given[:, at : at + 1] * weights[at]
    return out


@pytest.mark.parametrize("width", [8, 300, 2048])
def test_sums_in_another_order_are_explained_and_other_sums_are_not(width: int) -> None:
    given, weights = layer(width, width, 5)
    forth = summed(given, weights, np.arange(width))
    back = summed(given, weights, np.arange(width)[::-1])
    assert (forth != back).any()
    wrong = _bound.wrong(np.abs(given) @ np.abs(weights), width)
    start = [1, 0.0, 0, 0.0]
    fits, bound, terms, far = _bound.judged(start, forth, back, [forth + wrong, forth - wrong], 0, width)
    assert (fits, terms) == (1, width)
    assert 0 < far <= bound
    other = weights.copy()
    other[width // 2, 3] += 1
    again = summed(given, other, np.arange(width))
    assert not _bound.judged(start, forth, again, [forth + wrong, forth - wrong], 0, width)[0]


@pytest.mark.parametrize("change", [0, 1e-2])
def test_a_layer_of_other_numbers_is_told(change: float, tmp_path: object) -> None:
    _, weights = layer(1, 512, 6)
    sides = []
    for number, held in enumerate((weights.T.copy(), np.delete(weights.T, (1, 4), axis=0).copy())):
        held[3 if number else 0, 7] += change if number else 0
        path = f"{tmp_path}/{number}"
        held.tofile(path)
        sides.append({"weight": {"file": path, "type": "F32", "shape": list(held.shape)}})
    made = _run.layers({"layers": [{"name": "head", "cut": [1, 4], "sides": sides}]})
    assert made["bounds"]["head"][0] == (not change)
