"""The few types of schema.org that the site uses: which properties it must give, and which it may.

Allowed properties are those listed for the type and its parents on https://schema.org/<type> (Thing, CreativeWork and,
for articles, Article); required ones are those that https://developers.google.com/search/docs/appearance/structured-data
asks for (Dataset: name, description) and those that this book promises (author, license, edition).
"""

THING = {"@type", "@id", "name", "description", "url", "image", "identifier", "sameAs", "mainEntityOfPage"}
WORK = THING | {
    "author",
    "creator",
    "publisher",
    "version",
    "license",
    "inLanguage",
    "isPartOf",
    "hasPart",
    "position",
    "datePublished",
    "dateCreated",
    "dateModified",
    "isAccessibleForFree",
    "headline",
    "keywords",
    "citation",
    "encodingFormat",
}
ALLOWED = {
    "WebSite": WORK | {"issn"},
    "Book": WORK | {"bookEdition", "bookFormat", "isbn", "numberOfPages", "illustrator", "abridged"},
    "TechArticle": WORK | {"articleBody", "articleSection", "wordCount", "dependencies", "proficiencyLevel"},
    "Dataset": WORK
    | {"distribution", "variableMeasured", "measurementTechnique", "measurementMethod", "includedInDataCatalog"},
    "DataDownload": WORK | {"contentUrl", "contentSize", "uploadDate", "sha256", "measurementTechnique"},
    "PropertyValue": THING
    | {"value", "minValue", "maxValue", "unitCode", "unitText", "propertyID", "measurementTechnique"},
    "Organization": THING | {"logo", "email"},
    "Person": THING | {"givenName", "familyName", "affiliation", "email"},
}
REQUIRED = {
    "WebSite": {"name", "url"},
    "Book": {"name", "url"},
    "TechArticle": {"url"},
    "Dataset": {"name", "description", "creator", "license", "distribution"},
    "DataDownload": {"contentUrl", "encodingFormat"},
    "PropertyValue": {"name"},
    "Organization": {"name"},
    "Person": {"name"},
}
ADDRESSES = ("@id", "url", "contentUrl", "image", "mainEntityOfPage")


def faults(node: object, site: str, place: str = "") -> list[str]:
    """What is wrong with linked data: one line each.  Addresses of ours must begin with `site`."""
    if isinstance(node, list):
        return [fault for number, inner in enumerate(node) for fault in faults(inner, site, f"{place}[{number}]")]
    if not isinstance(node, dict):
        return []
    found, kind = [], node.get("@type")
    if "@graph" in node:
        if node.get("@context") != "https://schema.org":
            found.append(f"{place}: no context")
        return found + faults(node["@graph"], site, f"{place}@graph")
    if kind not in ALLOWED:
        return [f"{place}: type {kind!r} is not one of {', '.join(ALLOWED)}"]
    keys = set(node) - ({"@context"} if not place else set())
    found += [f"{place}: {kind} has no property {key!r}" for key in sorted(keys - ALLOWED[kind])]
    found += [f"{place}: {kind} lacks {key!r}" for key in sorted(REQUIRED[kind] - keys)]
    for key in ADDRESSES:
        if isinstance(node.get(key), str) and not node[key].startswith(site):
            found.append(f"{place}.{key}: {node[key]!r} does not begin with {site}")
    if kind == "Dataset" and not 50 <= len(node.get("description", "")) <= 5000:
        found.append(f"{place}: description of {len(node.get('description', ''))} characters, wanted 50 to 5000")
    for key, value in node.items():
        found += faults(value, site, f"{place}.{key}")
    return found
