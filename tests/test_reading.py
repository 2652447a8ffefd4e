"""What a computation reads is noted while it runs, and what is remembered tells nobody."""

from generators.catalog import model_inputs
from generators.core.reading import apart, read, reading, remembered
from generators.numbers.everything import all_numbers


def test_rows_say_that_they_are_read(catalog):
    chip, model, quote = (
        catalog.accelerators["h200-sxm"],
        catalog.models["llama-3.1-8b"],
        catalog.published["gpt-fast-7b-bf16"],
    )
    role = next(iter(catalog.roles))
    for ask, source in (
        (lambda: chip.bandwidth, chip.memory.bandwidth.source),
        (lambda: model_inputs.shape(model), model.source),
        (lambda: model_inputs.number_format(catalog.formats["bf16"]), catalog.formats["bf16"].source),
        (lambda: quote.quantity, quote.source),
        (lambda: catalog.speaker(role), f"record:{catalog.roles[role].id}"),
    ):
        for _ in range(2):
            with reading() as found:
                ask()
            assert found == {source}


def test_readings_lie_within_one_another_and_what_is_apart_in_none():
    with reading() as outer:
        with reading() as inner:
            read("a")
        with apart() as other:
            read("b")
        read("c")
    assert (outer, inner, other) == ({"a", "c"}, {"a"}, {"b"})
    read("d")
    assert outer == {"a", "c"}


def test_what_is_remembered_tells_nobody_the_first_time_as_the_next():
    @remembered(maxsize=2)
    def twice(value):
        read("seen")
        return 2 * value

    for _ in range(2):
        with reading() as found:
            assert twice(2) == 4
        assert found == set()


def test_a_number_in_plain_floats_rests_on_what_it_read_in_whatever_order(catalog):
    given = "batch-within.llama-3.1-8b.bf16.h200-sxm.s4096.10"
    alone = all_numbers(catalog).number(given).sources
    asked = all_numbers(catalog)
    asked.number("decode.llama-3.1-8b.bf16.h200-sxm.b1.s4096.time")
    assert asked.number(given).sources == alone
    row = catalog.accelerators["h200-sxm"].memory.bandwidth.source
    assert {catalog.models["llama-3.1-8b"].source, catalog.formats["bf16"].source, row} == set(alone)
