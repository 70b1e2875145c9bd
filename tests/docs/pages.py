"""The pages of the documentation, taken apart as their readers use them.

Three comments say what is special about what follows them::

    <!-- from PATH -->          the block is copied from that file
    <!-- not run: REASON -->    the block is not run by the tests
    <!-- $ COMMAND -->          what follows, up to <!-- end -->, is what the command prints

A block of ``text`` right after a block of Python is what that prints. ``python -m tests.docs.pages [PAGE ...]`` writes
anew what code and commands print.
"""

import contextlib
import io
import re
import shlex
import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from dynenvs.cli import main as dynenvs
from dynenvs.core.files import write_text

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "dynenvs/envs").glob("*/README.md")),
]

FENCED = re.compile(
    r"(?:^<!-- (?P<note>[^>]*) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
GENERATED = re.compile(r"(?P<head><!-- \$ (?P<command>[^>]*) -->\n)(?P<text>.*?)(?P<tail><!-- end -->)", re.DOTALL)
LINK = re.compile(r'(?:!?\[[^\]]*\]\(|src=")(?P<target>[^)"\s]+)[)"]')
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    note: str  # of the comment before it, or empty
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    source = page.read_text(encoding="utf-8")
    return [
        Block(
            page,
            source.count("\n", 0, found.start("text")) + 1,
            found["language"],
            found["note"] or "",
            found["text"],
        )
        for found in FENCED.finditer(source)
    ]


def run_python(page: Path) -> Iterator[tuple[Block, str]]:
    """Run the Python of a page from top to bottom; yield the blocks of text that follow it, and what they should be."""
    module = sys.modules["a_page"] = types.ModuleType("a_page")
    output = None
    for block in blocks(page):
        if block.language == "text" and output is not None:
            yield block, output
        output = None
        if block.language == "python" and not block.note.startswith(("from ", "not run: ")):
            code = compile("\n" * (block.line - 1) + block.text, str(page), "exec")
            with contextlib.redirect_stdout(io.StringIO()) as said:
                exec(code, module.__dict__)  # the pages are ours
            output = re.sub(r" +$", "", said.getvalue(), flags=re.MULTILINE).strip("\n") + "\n"


def commands(page: Path) -> Iterator[tuple[Block, list[str]]]:
    """Yield the words of every `dynenvs` command in the shell blocks of a page."""
    for block in blocks(page):
        if block.language in ("bash", "console"):
            joined = block.text.replace("\\\n", " ")
            for line in joined.splitlines():
                words = shlex.split(line.removeprefix("$ "), comments=True)
                while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                    words = words[1:]
                if words[:1] == ["dynenvs"]:
                    yield block, words[1:]


def links(page: Path) -> list[str]:
    """Return what a page points to, outside of its code."""
    prose = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [found["target"] for found in LINK.finditer(prose)]


def anchors(page: Path) -> set[str]:
    """Return the names by which the headings of a page can be reached, as GitHub makes them."""
    source = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(source)}


def printed(command: str) -> str:
    """Return what a `dynenvs` command prints."""
    _, *words = shlex.split(command)
    result = CliRunner().invoke(dynenvs, words, catch_exceptions=False)
    if result.exit_code:
        raise RuntimeError(f"{command}: {result.output}")
    return result.output


def refreshed(page: Path) -> str:
    """Write anew what a page says is printed, by commands and by its Python."""
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    for block, output in reversed(list(run_python(page))):
        lines[block.line - 1 : block.line - 1 + block.text.count("\n")] = [output]
    return refreshed_commands("".join(lines))


def refreshed_commands(source: str) -> str:
    """Write anew what commands print."""
    return GENERATED.sub(lambda found: f"{found['head']}\n{printed(found['command'])}\n{found['tail']}", source)


def main(names: list[str]) -> None:
    """Write pages anew where they are out of date: those named, or all."""
    for page in [ROOT / name for name in names] or PAGES:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            source = refreshed(page)
        if source != page.read_text(encoding="utf-8"):
            write_text(page, source)
            print(f"written anew: {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
