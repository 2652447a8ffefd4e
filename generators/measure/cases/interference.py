"""A prompt lands among decoding sequences: the time of every pass, with the prompt read whole and in chunks."""

from __future__ import annotations

from functools import partial

from generators.measure.bench import Bench
from generators.measure.counting import serving as count_serving
from generators.measure.graphs import once
from generators.measure.plan import Part, Replay, Script
from generators.measure.serving.fixture import ServingFixture, chosen_model
from generators.measure.serving.plans import Landing, reported


def interference(
    bench: Bench,
    model: str = "",
    dtype: str = "bfloat16",
    sequences: int = 4,
    cached: int = 256,
    prompt: int = 512,
    chunks: tuple[int, ...] | list[int] = (64, 128, 256),
    arrives: int = 5,
    after: int = 5,
    plays: int = 5,
    shape: dict[str, int] | None = None,
) -> list[Replay]:
    """Every pass while a prompt lands among decoding sequences: whole, and in chunks of some sizes."""
    name, size = chosen_model(bench, model, shape)
    landings = [Landing(sequences, cached, prompt, chunk, arrives, after) for chunk in (None, *chunks)]
    fixture = ServingFixture(bench, size, dtype, sequences + 1, max(one.capacity for one in landings))
    return [
        Replay(
            "interference",
            {
                "model": name,
                "dtype": dtype,
                "policy": "chunked" if one.chunk_tokens else "whole",
                "chunk_tokens": one.chunk_tokens,
                "batch": sequences,
                "cached": cached,
                "prompt_tokens": prompt,
            },
            partial(landing_script, fixture, one),
            plays,
            fixture.needs_bytes,
        )
        for one in landings
    ]


def landing_script(fixture: ServingFixture, landing: Landing) -> Script:
    """One play: the warming pass, then every watched pass with its time; played once before it counts."""
    warm, watched = landing.passes()
    itemsize = fixture.engine.model.dtype.itemsize
    works = [count_serving.mixed_pass(fixture.shape, itemsize, segments) for segments in watched]

    engine, bench = fixture.engine, fixture.bench
    passes, modes = zip(*(once(bench, partial(engine.compute, engine.lay_out(one))) for one in watched), strict=True)

    def play() -> list[Part]:
        engine.run(warm)
        times = [bench.time(one, 1) for one in passes]
        return [
            Part({"step": step} | reported(segments), work, seconds)
            for step, (segments, work, seconds) in enumerate(zip(watched, works, times, strict=True))
        ]

    check = fixture.check
    play()
    how = next((one for one in modes if one.get("mode") == "eager"), modes[0])  # one eager pass among them decides
    if how.get("mode") == "graph":
        how |= {"method": "a CUDA graph of each pass, attention per sequence, padded rows"}
    return Script(play, check, fixture.facts() | how | fixture.attention(chunked=landing.chunk_tokens is not None))
