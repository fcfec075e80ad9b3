"""Links of README.md, CHANGELOG.md and docs/ lead to files, and to headings in them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_NAMED = re.compile(r"`((?:docs|examples|benchmarks|tests|passes|runtime|machine)/[\w./-]+)`")
_FENCED = re.compile(r"```.*?```", re.DOTALL)


def anchors(page: Path) -> set[str]:
    """List the names by which headings of a page are linked to."""
    found: set[str] = set()
    for line in _FENCED.sub("", page.read_text()).splitlines():
        if line.startswith("#"):
            text = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower())
            found.add(text.replace(" ", "-"))
    return found


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links(page: Path) -> None:
    text = _FENCED.sub("", page.read_text())
    for link in _LINK.findall(text):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name(page)} links {link}, which is not there"
        if anchor:
            assert anchor in anchors(target), f"{name(page)} links {link}, a heading not there"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_that_are_named(page: Path) -> None:
    """Paths in code quotes are those of files and folders, seen from the root."""
    for path in _NAMED.findall(_FENCED.sub("", page.read_text())):
        assert (ROOT / path).exists(), f"{name(page)} names {path}, which is not there"
