"""What a title page states besides the title."""

from generators.export.manuscript import Manuscript


def facts(book: Manuscript) -> list[str]:
    """Authors; edition and commit; the machines measured; the license; and the address, where the book has one."""
    edition, where = book.edition, "" if book.addresses.is_placeholder else book.addresses.site
    state = " and changes since" if edition.changed else ""
    commit = f", commit {edition.commit}{state}" if edition.commit else ""
    lines = [
        ", ".join(name for _, name in book.work.authors),
        f"{edition.name[:1].upper()}{edition.name[1:]}{commit}",
        f"Measured on {book.measured_on}",
        f"Text, figures and data: {book.work.license}",
    ]
    return lines + ([f"Read it online: {where}"] if where else [])
