"""What lies beside the editions at the site's root and belongs to none: the page for lost readers, and what crawlers read."""

from urllib.parse import urlsplit

LATEST = "latest"


def root_files(site: str, not_found: bytes) -> dict[str, bytes]:
    """By path: the newest edition's 404 page, a map that leads to its map, and robots.txt.

    `site` ends with a slash.  Crawlers read robots.txt at the top of a host only; under a path it does no harm.
    """
    files = {"404.html": not_found, "sitemap.xml": _map(site).encode()}
    path = urlsplit(site).path
    files["robots.txt"] = f"User-agent: *\nAllow: {path}\nSitemap: {site}sitemap.xml\n".encode()
    return files


def _map(site: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"  <sitemap><loc>{site}{LATEST}/sitemap.xml</loc></sitemap>\n"
        "</sitemapindex>\n"
    )
