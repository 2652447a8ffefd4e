"""Data files bent at random are refused, clearly, or mean what they meant; ``python -m tests.mutations`` tries a thousand."""

from tests import mutations


def test_nothing_wrong_is_accepted_and_nothing_ends_in_a_traceback(tmp_path):
    tally = mutations.run(60, 11, tmp_path)
    assert tally.accepted == [] and tally.tracebacks == [] and len(tally.unclear) <= 1, tally
    assert tally.counts["refused clearly"] >= 50


def test_a_fault_of_each_sort_is_counted(tmp_path, monkeypatch):
    root = mutations.ground(tmp_path)
    path = "data/contributors.toml"
    whole = (root / path).read_bytes()
    tally = mutations.Tally()
    mutations.attempt(root, mutations.Mutation(path, whole, "nothing, called harmful"), tally)
    monkeypatch.setattr(mutations, "validate_data", lambda root: ["it is wrong"])
    mutations.attempt(root, mutations.Mutation(path, whole, "a message without found and wanted"), tally)
    monkeypatch.setattr(mutations, "validate_data", lambda root: 1 / 0)
    mutations.attempt(root, mutations.Mutation(path, whole, "a traceback"), tally)
    assert (len(tally.accepted), len(tally.unclear), len(tally.tracebacks)) == (1, 1, 1)
    assert (root / path).read_bytes() == whole
