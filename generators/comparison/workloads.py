"""Workloads that others published, by prompt and answer length: ids of the quotes that hold the two."""

from dataclasses import dataclass

from generators.catalog.load import Catalog


@dataclass(frozen=True)
class Workload:
    """A published pair of lengths in tokens.

    `kind` says what the two are: what a benchmark configures, or medians of a trace (whose ratio is
    not that of a single request).
    """

    id: str
    label: str
    kind: str
    prompt: float
    answer: float

    @property
    def ratio(self) -> float:
        """Prompt tokens per answer token."""
        return self.prompt / self.answer


#: id -> label, what the lengths are, quote of the prompt, quote of the answer.
QUOTES = {
    "inferencex-1k8k": ("benchmark 1k/8k", "configured"),
    "inferencex-1k1k": ("benchmark 1k/1k", "configured"),
    "splitwise-conversation": ("conversation", "medians"),
    "inferencex-8k1k": ("benchmark 8k/1k", "configured"),
    "splitwise-coding": ("code completion", "medians"),
}


def workloads(catalog: Catalog) -> list[Workload]:
    """The quoted workloads in order of their prompt-to-answer ratio; KeyError where a quote is gone."""
    found = []
    for id_, (label, kind) in QUOTES.items():
        prompt, answer = (catalog.published[f"{id_}-{part}"].quantity for part in ("prompt", "answer"))
        found.append(Workload(id_, label, kind, prompt.value, answer.value))
    return sorted(found, key=lambda one: one.ratio)
