"""Quantities: units are kept, sources are united, and a number that would mislead is refused."""

import pytest

from generators.core import units
from generators.core.units import Quantity, number_text, of, parse, text


def test_a_ridge_point_has_its_unit_and_both_sources():
    ridge = parse("312 TFLOP/s", "sheet") / parse("2039 GB/s", "other")
    assert text(ridge, "FLOP/byte") == "153 FLOP/byte"
    assert ridge.sources == {"sheet", "other"}


def test_adding_bytes_to_rates_is_refused():
    with pytest.raises(ValueError, match="cannot add byte and byte/s"):
        parse("1 GB") + parse("1 GB/s")


def test_a_binary_gigabyte_is_not_a_decimal_one():
    assert parse("1 GiB").value / parse("1 GB").value == pytest.approx(1.073741824)


@pytest.mark.parametrize(
    "written",
    [
        "80",
        "80 G",
        "80 Gb",
        "GB",
        "80 TFLOPS",
        "1e400 GB/q",
        "80 GBps",
        "80 gb/s",
        "80 Tops",
        "80 furlongs",
        "٨٠ GB",
        "0,200 GB",
    ],
)
def test_a_number_without_a_unit_of_the_book_is_refused(written):
    if written == "80":
        assert parse(written).dims == units.COUNT  # a count is a number of things, not of bytes
        with pytest.raises(ValueError):
            parse(written).to("GB")
    else:
        with pytest.raises(ValueError):
            parse(written)


def test_a_non_zero_never_prints_as_zero():
    with pytest.raises(ValueError, match="would print as 0"):
        number_text(0.4, 0)


@pytest.mark.parametrize(
    ("value", "digits", "wanted"),
    [
        (6.4839, 3, "6.48"),
        (1.555, 3, "1.56"),
        (0.0064839, 2, "0.0065"),
        (13476.8, 3, "13,500"),
        (80.0, 3, "80"),
        (9.999, 3, "10.0"),
        (61.7, 0, "62"),
    ],
)
def test_rounding_is_to_significant_digits_halves_up(value, digits, wanted):
    assert number_text(value, digits) == wanted


def test_the_larger_of_two_rests_on_the_sources_of_both():
    larger = of(1, "s", "a").largest(of(2, "s", "b"))
    assert (larger.value, larger.sources) == (2.0, {"a", "b"})


def test_a_plain_zero_starts_a_sum():
    assert 0.0 + parse("1 GB") == Quantity(1e9, (1, 0, 0, 0))
