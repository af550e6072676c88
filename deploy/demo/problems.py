"""The demo problems: statements from files, cases made by small programs that always make the same."""

import math
import random
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

Problem = dict[str, Any]

STATEMENTS: Final = Path(__file__).parent / "statements"
MEBIBYTE: Final = 2**20
LIMITS: Final = {
    "cpu_time_ms": 2000,
    "wall_time_ms": 20_000,  # for sleepers only: a newcomer's laptop may be busy with other things
    "memory_bytes": 256 * MEBIBYTE,
    "output_bytes": 8 * MEBIBYTE,
}
TOKENS: Final = {"kind": "tokens"}
SEED: Final = 20_260_901


def problems() -> list[Problem]:
    """Bodies for POST /problems, in the order in which the demo contest shows them."""
    return [_sum(), _root(), _islands(), _staircase(), _gcd()]


def _sum() -> Problem:
    chance = random.Random(SEED)
    rows = [[1, 2, 3], [-5], [10**9] * 10, [chance.randint(-(10**9), 10**9) for _ in range(100_000)]]
    cases = [(_numbers(row), f"{sum(row)}\n") for row in rows]
    return _problem("sum", "Add them up", "easy", ["warm-up"], cases)


def _root() -> Problem:
    cases = [(f"{area}\n", f"{math.sqrt(area):.12g}\n") for area in (2, 0, 144, 0.0004, 999_999_999_999)]
    comparison = {"kind": "float", "absolute": 1e-6, "relative": 1e-6}
    return _problem("root", "A square bed", "easy", ["floats"], cases) | {"comparison": comparison}


def _islands() -> Problem:
    chance = random.Random(SEED)
    dense = ["".join(chance.choice("##.") for _ in range(300)) for _ in range(300)]
    sparse = ["".join(chance.choice("#...") for _ in range(300)) for _ in range(300)]
    grids = [["##.", "..#", "#.#"], ["."], ["#" * 300] * 300, dense, sparse]
    cases = [(_grid(grid), f"{_count_islands(grid)}\n") for grid in grids]
    return _problem("islands", "Islands", "medium", ["graphs"], cases)


def _staircase() -> Problem:
    chance = random.Random(SEED)
    rows = [
        [3, 1, 2, 5, 4],
        [7, 7, 7],
        list(range(1, 200_001)),
        [chance.randint(1, 10**9) for _ in range(200_000)],
    ]
    cases = [(_numbers(row), f"{_longest_rise(row)}\n") for row in rows]
    return _problem("staircase", "A staircase of books", "hard", ["sequences"], cases)


def _gcd() -> Problem:
    chance = random.Random(SEED)
    few, many = (
        [(12, 18), (7, 13)],
        [(chance.randint(1, 10**18), chance.randint(1, 10**18)) for _ in range(20_000)],
    )
    cases = [
        (
            f"{len(pairs)}\n" + "".join(f"{a} {b}\n" for a, b in pairs),
            "".join(f"{math.gcd(a, b)}\n" for a, b in pairs),
        )
        for pairs in (few, many)
    ]
    return _problem("gcd", "Only the function", "easy", ["numbers", "function"], cases) | {"stubs": _gcd_stubs()}


def _problem(name: str, title: str, difficulty: str, tags: list[str], cases: list[tuple[str, str]]) -> Problem:
    """A problem whose first case is its sample."""
    return {
        "problem_id": name,
        "title": title,
        "statement": (STATEMENTS / f"{name}.md").read_text(),
        "difficulty": difficulty,
        "tags": tags,
        "limits": LIMITS,
        "comparison": TOKENS,
        "cases": [
            {"name": f"{number:02d}", "input": given, "answer": answer, "sample": number == 1}
            for number, (given, answer) in enumerate(cases, 1)
        ],
    }


def _gcd_stubs() -> dict[str, dict[str, str]]:
    return {
        "cpp": {
            "before": "#include <iostream>\n",
            "starter": "long long gcd(long long a, long long b) {\n    return 1;\n}\n",
            "after": "int main() {\n    int n;\n    std::cin >> n;\n"
            "    for (long long a, b; n-- && std::cin >> a >> b;) std::cout << gcd(a, b) << '\\n';\n}\n",
        },
        "python3": {
            "before": "",
            "starter": "def gcd(a, b):\n    return 1\n",
            "after": "\nfor _ in range(int(input())):\n    print(gcd(*map(int, input().split())))\n",
        },
    }


def _numbers(row: list[int]) -> str:
    return f"{len(row)}\n{' '.join(map(str, row))}\n"


def _grid(grid: list[str]) -> str:
    return f"{len(grid)} {len(grid[0])}\n" + "\n".join(grid) + "\n"


def _count_islands(grid: list[str]) -> int:
    land = {(y, x) for y, row in enumerate(grid) for x, cell in enumerate(row) if cell == "#"}
    islands = 0
    while land:
        islands += 1
        shore = [land.pop()]
        while shore:
            for neighbour in _neighbours(*shore.pop()):
                if neighbour in land:
                    land.remove(neighbour)
                    shore.append(neighbour)
    return islands


def _neighbours(y: int, x: int) -> Iterator[tuple[int, int]]:
    yield from ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1))


def _longest_rise(row: list[int]) -> int:
    """Patience sorting: the least last height of a rise of each length."""
    lasts: list[int] = []
    for height in row:
        place = bisect_left(lasts, height)
        lasts[place : place + 1] = [height]
    return len(lasts)
