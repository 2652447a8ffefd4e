"""Gate: every link, anchor and file of the built site is there, and nothing is fetched from elsewhere."""

from generators.site.links import check


def test_links_hold(site) -> None:
    assert check(site) == []
