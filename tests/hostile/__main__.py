"""Lets every attack loose and prints what came of it: `python -m tests.hostile --sandbox nested --docker URL`.

Needs root, Docker, the runner images, and either a compiler or the folder that `--build FOLDER` filled elsewhere
(`--programs FOLDER`). Attacks in a language whose image is not there are left out. Ends with 1 if one got through.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from executor.sandbox.errors import ImageMissing
from tests.hostile.adapters import KINDS
from tests.hostile.arena import Arena, Result, arena
from tests.hostile.attacks import LISTENER, PROGRAMS, SENDER
from tests.hostile.building import build, built
from tests.hostile.compilations import COLLECTIONS, COMPILATIONS
from tests.hostile.report import as_json, summary, table


def main() -> int:
    """The exit status: 0 where every attack was contained."""
    asked = _arguments()
    if asked.build:
        build(asked.build)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        programs = built(asked.programs) if asked.programs else build(folder / "programs")
        results = [result for kind in asked.sandbox or KINDS for result in _all(kind, asked, folder, programs)]
    for line in table(results):
        print(line)
    if asked.json:
        asked.json.write_text("".join(f"{as_json(result)}\n" for result in results))
    print(summary(results))
    print("A23, A36, A38, A41 and A42 are no programs: tests/hostile/test_statements.py")
    return 1 if any(result.wrong or result.left for result in results) else 0


def _all(kind: str, asked: argparse.Namespace, folder: Path, programs: dict[str, Path]) -> Iterator[Result]:
    with arena(kind, asked.docker, folder, programs) as ground:
        for number, language, let_loose in _attacks(ground, compiling=asked.programs is None):
            if (asked.only and number not in asked.only) or (asked.language and language not in asked.language):
                continue
            with suppress(ImageMissing):
                ground.image(language)
                result = let_loose()
                print(f"{result.kind} {result.id} {result.name}: {result.verdict}", file=sys.stderr, flush=True)
                yield result


def _attacks(ground: Arena, *, compiling: bool) -> Iterator[tuple[str, str, Callable[[], Result]]]:
    for program in PROGRAMS:
        if compiling or program.language == "c":
            yield program.id, program.language, lambda attack=program: ground.attack(attack)  # type: ignore[misc]
    yield LISTENER.id, "c", lambda: ground.two_at_once(SENDER, LISTENER)
    for collection in COLLECTIONS:
        yield collection.id, "c", lambda attack=collection: ground.collection(attack)  # type: ignore[misc]
    for source in COMPILATIONS if compiling else ():
        yield source.id, source.language, lambda attack=source: ground.compilation(attack)  # type: ignore[misc]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--sandbox", action="append", choices=KINDS, help="an adapter; without it all of them")
    parser.add_argument("--docker", default=os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    parser.add_argument("--programs", type=Path, help="a folder of compiled programs; nothing is compiled then")
    parser.add_argument("--build", type=Path, help="only compile the programs into this folder")
    parser.add_argument("--only", action="append", help="an attack's number, such as A22")
    parser.add_argument("--language", action="append", help="c, cpp, python3 or java")
    parser.add_argument("--json", type=Path, help="write the results there, a line each")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
