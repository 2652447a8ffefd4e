"""The fitted knee: it finds the knee of times made from one, whatever the units, and refuses what has none."""

import random

import pytest

from generators.comparison import knee
from generators.model.phases import knee_time

TOKENS = [float(2**power) for power in range(13)]


def made(floor, slope, sharpness, noise=0.0, samples=9):
    draw = random.Random(7)
    return tuple(
        (
            t,
            tuple(
                knee_time(floor, slope, sharpness, t) * (1 + noise * (2 * draw.random() - 1)) for _ in range(samples)
            ),
        )
        for t in TOKENS
    )


@pytest.mark.parametrize("sharpness", [1.0, 2.0, 4.0, 16.0])
@pytest.mark.parametrize("floor", [2e-6, 6e-4, 0.5])
def test_it_finds_the_knee_that_times_were_made_from(floor, sharpness):
    found = knee.fit(made(floor, floor / 150, sharpness))
    assert found.tokens == pytest.approx(150, rel=1e-3) and found.sharpness == sharpness
    assert found.floor == pytest.approx(floor, rel=1e-3) and found.miss < 1e-3
    assert found.interval[0] == pytest.approx(found.interval[1], rel=0.01)


def test_noise_widens_the_interval_and_keeps_the_truth_inside():
    calm, rough = (knee.fit(made(6e-4, 4e-6, 3.0, noise)) for noise in (0.01, 0.2))
    for found in (calm, rough):
        assert found.interval[0] < 150 < found.interval[1]
    assert rough.interval[1] - rough.interval[0] > 3 * (calm.interval[1] - calm.interval[0])


def test_a_maximum_and_a_sum_are_told_apart():
    assert knee.fit(made(1e-3, 1e-5, 16.0)).sharpness > 8 > 2 > knee.fit(made(1e-3, 1e-5, 1.0)).sharpness


def test_the_same_points_give_the_same_interval_every_time():
    points = made(6e-4, 4e-6, 3.0, 0.1)
    first = knee.fit(points)
    knee.fit.cache_clear()
    assert knee.fit(points) == first


def test_scaling_time_scales_the_times_and_not_the_knee():
    points = made(6e-4, 4e-6, 3.0, 0.1)
    slower = tuple((t, tuple(1000 * s for s in samples)) for t, samples in points)
    one, other = knee.fit(points), knee.fit(slower)
    assert other.tokens == pytest.approx(one.tokens, rel=1e-6) and other.floor == pytest.approx(
        1000 * one.floor, rel=1e-6
    )


@pytest.mark.parametrize(
    "points", [tuple((t, (1e-3,)) for t in TOKENS), tuple((t, (t * 1e-6,)) for t in TOKENS), made(1e-3, 1e-5, 2.0)[:3]]
)
def test_what_has_no_knee_is_refused(points):
    with pytest.raises(ValueError, match="wanted"):
        knee.fit(points)
