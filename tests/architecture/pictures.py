"""What the code says about itself, as Mermaid diagrams, tables and lists."""

import ast
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

from executor import policy, regrade
from executor.languages.images import DEFAULT_IMAGES
from executor.languages.loader import load_languages
from schemas import topics
from schemas.topics import TOPICS, Topic

ROOT: Final = Path(__file__).parents[2]
DOCUMENT: Final = ROOT / "ARCHITECTURE.md"
ROOMS: Final = ("schemas", "ingest_api", "stream_processors", "executor", "projections", "judgestream", "deploy")
SERVICES: Final = ("ingest_api", "stream_processors", "executor", "projections")


def topic_table() -> str:
    """The topic table as Markdown."""
    head = "| topic | key | events | partitions | kept | writer |\n|---|---|---|---|---|---|\n"
    return head + "".join(_row(topic) for topic in TOPICS)


def topic_diagram() -> str:
    """Who writes and who reads each topic: a service that names a topic that it does not write reads it."""
    edges = sorted({edge for service in SERVICES for edge in _topic_edges(service)})
    return "```mermaid\nflowchart LR\n" + "".join(f"    {edge}\n" for edge in edges) + "```\n"


def import_diagram() -> str:
    """Which room imports which."""
    edges = sorted({(room, other) for room in ROOMS for other in _imported_rooms(room) if other != room})
    return "```mermaid\nflowchart TD\n" + "".join(f"    {room} --> {other}\n" for room, other in edges) + "```\n"


def policy_table() -> str:
    """From the facts of a run to the verdict on its case."""
    rows = [(row.fact, row.verdict) for row in policy.TABLE] + list(policy.BY_OUTPUT)
    head = "| row | fact | verdict |\n|---|---|---|\n"
    return head + "".join(f"| {number} | {fact} | {verdict} |\n" for number, (fact, verdict) in enumerate(rows, 1))


def reasons_to_run_again() -> str:
    """What brings a case that failed for its time another run."""
    return "".join(f"- {reason.fact}\n" for reason in policy.REASONS)


def reasons_to_run() -> str:
    """What of a record is not decided by it."""
    facts = [*(reason.fact for reason in regrade.REASONS_TO_RUN), regrade.NOT_CLEAR, regrade.RUNS_AGAIN]
    return "".join(f"- {fact}\n" for fact in facts)


def language_table() -> str:
    """The languages that there are."""
    head = "| id | language | suffixes | image | built |\n|---|---|---|---|---|\n"
    return head + "".join(
        f"| `{language.id}` | {language.name} | {' '.join(f'.{suffix}' for suffix in language.suffixes)} "
        f"| `{language.image}` | {'by set-up' if language.image in DEFAULT_IMAGES else 'when asked for'} |\n"
        for language in load_languages().values()
    )


PICTURES: Final[dict[str, Callable[[], str]]] = {
    "topics": topic_table,
    "topic diagram": topic_diagram,
    "imports": import_diagram,
    "languages": language_table,
    "judging policy": policy_table,
    "reasons": reasons_to_run_again,
    "reasons to run": reasons_to_run,
}


def redrawn(document: str) -> str:
    """The document with every picture drawn anew between its marks."""
    for name, draw in PICTURES.items():
        before, mark, rest = document.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not mark or not end:
            raise ValueError(f"ARCHITECTURE.md has no place for {name!r}")
        document = before + mark + draw() + end + after
    return document


def _row(topic: Topic) -> str:
    events = ", ".join(event.__name__ for event in topic.events)
    kept = "compacted" if topic.compacted else _age(topic.retention)
    key = topic.key or "chosen partition"
    return f"| `{topic.name}` | {key} | {events} | {topic.partitions} | {kept} | {topic.writer} |\n"


def _age(retention: timedelta | None) -> str:
    match retention:
        case None:
            return "for ever"
        case timedelta(days=1):
            return "1 day"
        case _:
            return f"{retention.days} days"


def _topic_edges(service: str) -> Iterator[str]:
    for module, name in _imports(service):
        found = getattr(topics, name, None) if module == "schemas.topics" else None
        for topic in found.values() if isinstance(found, dict) else [found]:
            if isinstance(topic, Topic):
                node = f'{topic.name.replace(".", "_").replace("-", "_")}[("{topic.name}")]'
                yield (
                    f"{service} --> {node}" if topic.writer in (service, "whoever gave up") else f"{node} --> {service}"
                )


def _imported_rooms(room: str) -> Iterator[str]:
    for module, _ in _imports(room):
        if (other := module.partition(".")[0]) in ROOMS:
            yield other


@cache
def _imports(room: str) -> tuple[tuple[str, str], ...]:
    """Each (module, name) that a file of the room imports."""
    return tuple(_imports_of_files(room))


def _imports_of_files(room: str) -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / room).rglob("*.py")):
        if {"programs", "samples"} & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield from ((node.module, alias.name) for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from ((alias.name, "") for alias in node.names)
