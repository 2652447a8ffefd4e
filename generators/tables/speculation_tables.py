"""Tables of chapter 8: numbers plain, but for one link in each."""

from generators.numbers.registry import Numbers
from generators.tables.registry import Table, named_table

AT = "free-checks.llama-3.1-8b.bf16.{}.b{}.s512"


@named_table
def free_zone(n: Numbers, users: str, *chips: str) -> Table:
    """Tokens of each user that a pass of Llama 3.1 8B can check while the limit is still memory's, and what was measured.

    `users` are the batches, with hyphens between them.
    """
    batches = users.split("-")
    rows = []
    for chip in chips:
        free = [n.number(AT.format(chip, batch)).text for batch in batches]
        if chip == chips[0]:
            free[0] = n.link(AT.format(chip, batches[0]))
        role = next((r for r, one in n.catalog.roles.items() if one.machine.accelerator == chip), "")
        rows.append([n.catalog.accelerators[chip].short, *free, _widest(n, role)])
    heads = [f"{batch} user{'s' if batch != '1' else ''} >" for batch in batches]
    return Table(["GPU", *heads, "Measured, 1 user, no cache >"], rows)


def _widest(n: Numbers, role: str) -> str:
    """The widest pass that a role's record holds as a graph; awaited where there is none."""
    if not role:
        return "awaited"
    try:
        return f"32 tokens: {n.number(f'{role}.checking.8b.n32').text}"
    except KeyError:
        return "awaited"


@named_table
def speculation_tests(n: Numbers) -> Table:
    """Predictions of the chapter beside what was measured or published."""

    def text(*ids: str) -> list[str]:
        return [n.number(id_).text for id_ in ids]

    gemma = "checking.gemma-4-{}.h200-sxm.b1.s128.n2"
    check = [f"checking.llama-3.1-8b.bf16.h200-sxm.b1.s0.n{tokens}" for tokens in (16, 32)]
    rows = [
        ["A prompt of 16 tokens, 8B on one H200, in plain passes", *text(check[0]), n.link("h200.checking.8b.n16")],
        ["A prompt of 32 tokens, the same", *text(check[1]), *text("h200.checking.8b.n32")],
        [
            "One draft and its check, Gemma 4 31B ᵃ",
            text(gemma.format("31b.mlx-8bit"))[0] + " and the draft",
            *text("cycle.gemma-31b-per-pass.gemma-31b-drafted"),
        ],
        [
            "The same, Gemma 4 26B-A4B, experts ᵃ",
            text(gemma.format("26b-a4b.mlx-4bit"))[0] + " and the draft",
            *text("cycle.gemma-26b-per-pass.gemma-26b-drafted"),
        ],
        ["Speed, T5, 7 drafts, 75% right ᵇ", text("accepted.75.7")[0] + "×", *text("quoted.leviathan-speedup")],
        [
            "Speed, T5, 7 drafts, 62% right ᵇ",
            text("accepted.62.7")[0] + "×",
            *text("quoted.leviathan-speedup-sampling"),
        ],
        ["Speed, T5, 5 drafts, 65% right ᵇ", text("accepted.65.5")[0] + "×", *text("quoted.leviathan-speedup-summary")],
        [
            "Speed, T5, 5 drafts, 53% right ᵇ",
            text("accepted.53.5")[0] + "×",
            *text("quoted.leviathan-speedup-summary-sampling"),
        ],
        ["Alice rewritten, 8 copied drafts", *text("copied.rewritten.formula.8", "copied.rewritten.8")],
    ]
    return Table(["What", "Predicted >", "Measured >"], rows)
