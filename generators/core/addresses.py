"""Where the site and its repository live: `site_url` and `repo_url` of mkdocs.yml, the one place that names them."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from generators.core.errors import BookError

PLACE = "mkdocs.yml"
#: Hosts that nobody can own, so that an address there is a placeholder.
_PLACEHOLDERS = re.compile(r"(^|\.)(example|test|invalid|example\.(com|net|org))$")
_LINE = re.compile(r"^(?P<name>site_url|repo_url):(?P<value>.*)$", re.MULTILINE)
_COMMENT = re.compile(r"(^|\s)#.*")


@dataclass(frozen=True)
class Addresses:
    """Both with a slash at the end of `site` and none at that of `repository`; empty where unset."""

    site: str = ""
    repository: str = ""

    @property
    def is_placeholder(self) -> bool:
        """Whether nothing can be published at the site's address."""
        return not self.site or bool(_PLACEHOLDERS.search(urlsplit(self.site).hostname or ""))

    def commit(self, id_: str) -> str:
        """The page of a commit, for GitHub, GitLab, Gitea and Forgejo alike; empty without a repository."""
        return f"{self.repository}/commit/{id_}" if self.repository and id_ else ""

    def report(self, place: str, edition: str) -> str:
        """A new issue about an error at a place (a page, a figure), filled in so far; empty without a repository.

        The names are those of .github/ISSUE_TEMPLATE/erratum.yml; a host that does not know one leaves it out.
        """
        if not self.repository:
            return ""
        title = f"Erratum: {place}".rstrip(": ")
        fields = {"template": "erratum.yml", "title": title, "edition": edition, "place": place}
        filled = {name: value for name, value in fields.items() if value}
        return f"{self.repository}/issues/new?{urlencode(filled, quote_via=quote)}"


NOWHERE = Addresses()


def read_addresses(root: Path) -> Addresses:
    """Both addresses of a project; one that is no https address is a `BookError`.  A missing file has none."""
    path = root / PLACE
    if not path.is_file():
        return Addresses()
    text = path.read_text(encoding="utf-8")
    found = {}
    for match in _LINE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        found[match["name"]] = _checked(match["name"], _unquoted(match["value"]), line)
    site, repository = found.get("site_url", "").rstrip("/"), found.get("repo_url", "").rstrip("/")
    return Addresses(f"{site}/" if site else "", repository)


def _unquoted(value: str) -> str:
    value = _COMMENT.sub("", value).strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _checked(name: str, value: str, line: int) -> str:
    parts = urlsplit(value)
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    if value and (" " in value or not (parts.hostname and (parts.scheme == "https" or local))):
        wanted = "wanted an https address on this line, or nothing; correct it"
        raise BookError(PLACE, line, f"{name}: found {value!r}, {wanted}")
    return value
