"""Each claim of chapter 8 that can be computed, as an assertion.  A changed fact that makes a sentence false fails here."""

import random

import pytest

from generators.comparison import speculation
from generators.comparison.speculation import best_length, copied, copied_from, drafted, one_chance
from generators.model.work import accepted_tokens, speculative_gain
from vis import checks_on_a_processor, draft_cost, speculation_against_batch

LLAMA, QWEN = "llama-3.1-8b.bf16.h200-sxm", "qwen3-30b-a3b.bf16.h200-sxm"


def test_a_pass_gives_what_independent_guesses_give():
    draw, total, rounds = random.Random(8), 0, 40_000
    for _ in range(rounds):
        right = 0
        while right < 4 and draw.random() < 0.7:
            right += 1
        total += right + 1
    assert accepted_tokens(0.7, 4) == pytest.approx(total / rounds, rel=0.01)


def test_copying_counts_what_stood_there():
    text = ["a", "b", "c", "d", "a", "b", "c", "e"]
    assert drafted(text, copied_from(text), 0, 2).passes == ((0, 0),) * 5 + ((2, 2),)
    twice = text + text
    again = drafted(twice, copied_from(twice), len(text), 8)
    assert again.passes == ((0, 0), (4, 2), (8, 4))  # "a" alone, then "b c d", which stood there once
    assert again.chance(1) == 1 and again.chance(3) == 0.5
    assert drafted(twice, copied_from(twice), len(text), 0).tokens_per_pass == 1
    assert speculation.tokens_of('Don\'t say "so"!') == ["don't", "say", '"', "so", '"', "!"]


def test_a_draft_proposes_nothing_that_is_not_yet_written(catalog):
    passes, at = copied(catalog, "new", 8).passes, 0
    for proposed, right in passes:
        assert right <= proposed <= min(8, at)
        at += right + 1


def test_a_pass_over_sixteen_tokens_took_hardly_longer_and_the_limit_is_flat(n):
    few, many = (n[f"h200.checking.8b.n{tokens}"].value for tokens in (16, 32))
    assert few == pytest.approx(1 + 1 / 12, abs=0.005)  # "a twelfth more than the limit"
    assert (few - 1) / (many - 1) > 0.85  # "nearly all of it between one token and sixteen"
    assert n[f"checking.{LLAMA}.b1.s512.n64"].value < 1.005
    assert n["accepted.7.4"].value == pytest.approx(3, rel=0.1) and n["accepted.7.4"].value < 3


def test_only_passes_replayed_as_graphs_stand_for_checks(catalog):
    cases = speculation.checks(catalog.speaker("h200"), "8b")
    assert sorted(cases) == [1, 16, 32] and all(case.parameters["mode"] == "graph" for case in cases.values())
    with pytest.raises(KeyError):
        speculation.checks(catalog.speaker("h100"), "8b")  # "awaited": all of that record was issued from Python


def test_users_and_drafts_draw_on_the_same_math(n):
    one, eight, many = (n[f"free-checks.{LLAMA}.b{users}.s512"].value for users in (1, 8, 64))
    assert one / eight == pytest.approx(8, rel=0.05) and many == 4
    assert n["h200.busy-tokens.8b"].value > 4 * one  # what eager mode would show as a free zone


def test_one_token_more_made_a_pass_more_than_twice_as_long(n):
    eight, nine = (n[f"quoted.llama-34b-{count}-tokens"].value for count in ("eight", "nine"))
    assert (9 / nine) / (8 / eight) > 2


def test_the_best_length_grows_with_the_chance_and_falls_with_the_cost():
    assert best_length(0.9, 0.16)[1] > best_length(0.7, 0.16)[1] > best_length(0.7, 0.39)[1]


def test_a_small_draft_costs_more_than_twice_what_its_bytes_say(n):
    assert n["h200.draft-cost.1-1b.8b.time"] / n["h200.draft-cost.1-1b.8b.bytes"] > 2
    rows = {r["draft"]: r["speed-up"] for r in draft_cost.data(n.catalog).rows if r["chance"] == 70}
    for draft, part in (("measured", "time"), ("by its bytes", "bytes")):
        assert rows[draft] == pytest.approx(n[f"h200.drafting.1-1b.8b.{part}.a70"].value)


def test_one_chance_for_all_understates_what_copying_gives(catalog):
    once = one_chance(catalog, "rewritten")
    assert copied(catalog, "rewritten", 1).tokens_per_pass == pytest.approx(accepted_tokens(once, 1))
    misses = [
        1 - accepted_tokens(once, most) / copied(catalog, "rewritten", most).tokens_per_pass
        for most in (2, 4, 8, 16, 32)
    ]
    assert misses == sorted(misses) and misses[0] > -0.02 and misses[-1] > 0.25
    assert accepted_tokens(once, 10_000) < 2.2  # "never passes 2.2"


def test_a_copy_that_was_right_is_likelier_right_again(n, catalog):
    drafted = copied(catalog, "rewritten", 8)
    assert drafted.chance(1) < drafted.chance(2) < drafted.chance(3) and drafted.chance(8) > 0.85
    first, second, third = (
        n["quoted.ngram-first-right"],
        *(n[f"quoted-share.ngram-{a}-right.ngram-{b}-right"] for a, b in (("two", "first"), ("three", "two"))),
    )
    assert first < second < third


def test_copying_hardly_pays_in_new_prose(n):
    assert n["copied.new.8"].value < 1.2 and n["copied.rewritten.8"].value > 2 * n["copied.new.8"].value


def test_the_gain_of_a_dense_model_goes_with_the_batch_and_stays_at_a_long_context(n):
    rows = speculation_against_batch.data(n.catalog).where(model="Llama 3.1 8B")
    short, long = ([r for r in rows if r["context"] == context] for context in (512, 4096))
    assert all(r["speed-up"] > 2.7 for r in short if r["users"] <= 48) and short[-1]["speed-up"] < 1
    assert all(r["speed-up"] > 2.7 for r in long) and long[-1]["users"] > 200
    lost = n[f"speculation-loses.{LLAMA}.s512.7.4"].value
    assert all((r["speed-up"] < 1) == (r["users"] >= lost) for r in short)
    assert 0.4 < 1 - n["accepted.7.4"].value / 5 < 0.5  # "nearly half" of the math is thrown away
    assert n["quoted.gemma-256-drafted"] / n["quoted.gemma-256-plain"] < 0.8  # "a loss of a fifth"


def test_a_mixture_loses_alone_and_gains_in_a_batch(n):
    rows = {r["users"]: r["speed-up"] for r in speculation_against_batch.data(n.catalog).where(model="Qwen3 30B-A3B")}
    assert rows[1] < 1 and min(gain for users, gain in rows.items() if 48 <= users <= 256) > 2.5
    assert n[f"checking.{QWEN}.b1.s512.n5"].value > n["accepted.7.4"].value  # "more than they bring"
    share = [n[f"qwen3-30b-a3b.expert-share.b{tokens}"].value for tokens in (1, 5)]
    assert share[1] / share[0] == pytest.approx(4.5, abs=0.1)


def test_the_tests_told_lie_as_told(n):
    dense, mixture = (n[f"cycle.gemma-{size}-per-pass.gemma-{size}-drafted"].value for size in ("31b", "26b"))
    for cycle, limit in ((dense, "31b.mlx-8bit"), (mixture, "26b-a4b.mlx-4bit")):
        assert 1 < cycle / n[f"checking.gemma-4-{limit}.h200-sxm.b1.s128.n2"].value < 1.12
    for name, tokens, quote in (
        ("75", 7, "leviathan-speedup"),
        ("62", 7, "leviathan-speedup-sampling"),
        ("53", 5, "leviathan-speedup-summary-sampling"),
    ):
        assert abs(n[f"accepted.{name}.{tokens}.below.{quote}"].value) < 0.1  # "within a tenth three times"
    assert n["accepted.65.5.below.leviathan-speedup-summary"].value > 0.1  # "too low twice"
    assert n["copied.rewritten.miss.8"].value > 0.1


def test_two_cores_leave_the_flat_sooner_than_their_ceilings_say(catalog):
    rows = {row["tokens"]: row for row in checks_on_a_processor.data(catalog).rows}
    assert rows[16]["measured"] < 1.1 < rows[24]["measured"] and rows[64]["predicted"] < 1.1 < rows[64]["measured"]


def test_the_best_of_exercise_one_is_three_drafts():
    gains = {g: speculative_gain(accepted_tokens(0.6, g), g, 0.1, 1) for g in range(1, 12)}
    assert max(gains, key=gains.get) == 3 and gains[2] > gains[5]


def test_two_copied_tokens_per_pass_beat_the_small_model(n):
    assert 2 / n["h200.checking.8b.n16"].value > n["h200.drafting.1-1b.8b.time.a90"].value
