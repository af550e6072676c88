"""The compiled <bits/stdc++.h>: it is used where it may be, and never changes a program."""

from dataclasses import replace

import pytest

from executor.compile import Compiled, CompileTask, compile_task, run_compiler
from executor.sandbox.port import BoxFile
from schemas.values import SourceFile
from tests import machine
from tests.contract.sandbox.conftest import Bench

PROGRAM = """
#include <bits/stdc++.h>
using namespace std;
int main() {
    map<int, vector<string>> words;
    for (string word; cin >> word;) words[word.size()].push_back(word);
    for (auto &[size, of_size] : words) cout << size << ' ' << of_size.size() << '\\n';
}
"""


def task(bench: Bench, language: str, program: str) -> CompileTask:
    if machine.PROGRAMS is not None:
        pytest.skip("this machine has no compilers")
    source = SourceFile(name="main.cpp", content=program.encode())
    return compile_task(bench.image(language), bench.language(language), [source], stub=None, entry_point=None)


def compiled(bench: Bench, wanted: CompileTask) -> Compiled:
    found = run_compiler(bench.sandbox, wanted)
    assert isinstance(found, Compiled), found.compiler_output
    return found


@pytest.mark.parametrize("language", ["cpp", "cpp20", "cpp23"])
def test_it_is_used_with_the_flags_of_the_compile_command(bench: Bench, language: str) -> None:
    wanted = task(bench, language, PROGRAM)
    said = compiled(bench, replace(wanted, command=(*wanted.command, "-H"))).compiler_output
    (used,) = [line for line in said.splitlines() if line.startswith("! ")]
    assert used.endswith(f"/bits/stdc++.h.gch/{language.removeprefix('cpp') or 17}")


@pytest.mark.parametrize(
    "before",
    [
        "",
        '#pragma GCC optimize("O3,unroll-loops")\n#pragma GCC target("avx2")\n',
        "#include <cstdio>\n#define pi 3\n",
        "#define _GLIBCXX_DEBUG\n",
        "#define NDEBUG\n",
    ],
)
def test_the_program_is_the_one_that_the_text_makes(bench: Bench, before: str) -> None:
    wanted = task(bench, "cpp", before + PROGRAM)
    # From within another header g++ takes no compiled one.
    in_between = BoxFile(name="bits/stdc++.h", content=b"#include_next <bits/stdc++.h>\n")
    from_text = replace(wanted, command=(*wanted.command, "-I."), sources=(*wanted.sources, in_between))
    assert compiled(bench, wanted).files == compiled(bench, from_text).files
