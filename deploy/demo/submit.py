"""Sends one program for each verdict in each language, and shows the verdicts arrive by themselves."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deploy.demo.people import CONTESTANTS, Person, token
from judgestream import Client, JudgestreamError, render
from judgestream.follow import follow
from judgestream.progress import Progress

PROGRAMS: Final = Path(__file__).parent / "programs"
PROBLEM: Final = "sum"
PATIENCE_S: Final = 300.0
REFRESHES_PER_SECOND: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A demo program; its file is named for the verdict that it earns."""

    author: Person
    language: str
    path: Path

    @property
    def expected(self) -> str:
        """The verdict that it must get."""
        return self.path.stem.upper()


def programs() -> list[Program]:
    """All of them; each contestant writes in one language, the accepted program last."""
    languages = sorted(folder for folder in PROGRAMS.iterdir() if folder.is_dir())
    return [
        Program(author=author, language=folder.name, path=path)
        for author, folder in zip(CONTESTANTS, languages, strict=True)
        for path in sorted(folder.iterdir(), key=lambda path: (path.stem == "ac", path.name))
    ]


def submit_programs(url: str, private_key: Path, contest_id: str) -> bool:
    """Submits all in the contest and follows them at once; whether every verdict was the expected one."""
    picture = _Picture(programs())
    with (
        Live(get_renderable=picture.table, console=Console(), refresh_per_second=REFRESHES_PER_SECOND),
        ThreadPoolExecutor(len(CONTESTANTS)) as threads,
    ):
        list(threads.map(lambda author: _send_all(picture, author, url, private_key, contest_id), CONTESTANTS))
    return picture.as_expected()


def _send_all(picture: "_Picture", author: Person, url: str, private_key: Path, contest_id: str) -> None:
    with Client(url, token(author, private_key)) as client:
        for program in picture.of(author):
            try:
                for now in _judged(client, program, contest_id):
                    picture.show(program, now)
            except JudgestreamError as error:
                picture.show(program, Progress(state=str(error)))


def _judged(client: Client, program: Program, contest_id: str) -> Iterable[Progress]:
    name = "Main.java" if program.language == "java" else program.path.name
    receipt = client.submit(
        problem_id=PROBLEM,
        language=program.language,
        files={name: program.path.read_bytes()},
        contest_id=contest_id,
    )
    yield Progress()
    yield from follow(client, receipt.submission_id, patience_s=PATIENCE_S)


class _Picture:
    """The table on the screen, written by several threads."""

    def __init__(self, shown: list[Program]) -> None:
        self._lock = Lock()
        self._progress: dict[Program, Progress | None] = dict.fromkeys(shown)

    def of(self, author: Person) -> list[Program]:
        return [program for program in self._progress if program.author == author]

    def show(self, program: Program, now: Progress) -> None:
        with self._lock:
            self._progress[program] = now

    def as_expected(self) -> bool:
        return all(now is not None and now.verdict == program.expected for program, now in self._progress.items())

    def table(self) -> Table:
        with self._lock:
            shown = dict(self._progress)
        table = Table(box=None, header_style="dim")
        for heading in ("team", "language", "program", "verdict", ""):
            table.add_column(heading)
        for program, now in shown.items():
            told = Text("waiting", style="dim") if now is None else render.heading(now)
            as_it_should = "" if now is None or now.verdict is None else "✓" if now.verdict == program.expected else "✗"
            table.add_row(program.author.name, program.language, program.path.name, told, as_it_should)
        return table
