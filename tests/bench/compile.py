"""What the compiled <bits/stdc++.h> saves: a program, compiled in the sandbox with it and from the text.

g++ takes no compiled header from within another one, so one that is in between makes it read the text; everything
else is the same in both, the program that comes out included.
"""

import os
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import Final

from deploy.setup.docker import daemon
from deploy.setup.places import HOME, SUPERVISOR
from executor.compile import CompileTask, compile_task, run_compiler
from executor.cores import plan_cores
from executor.languages.images import runner_images
from executor.languages.loader import load_languages
from executor.sandbox.cgroup import accounting
from executor.sandbox.engine import Engine
from executor.sandbox.leftovers import owner_name, sweep
from executor.sandbox.nested import NestedSandbox
from executor.sandbox.port import BoxFile, Sandbox
from schemas.ids import LanguageId
from schemas.values import SourceFile
from tests.bench.measurement import Measurement

ROUNDS: Final = 7
"""Both kinds take turns, so that what else the machine does meets both; the first round warms up."""

IN_BETWEEN: Final = BoxFile(name="bits/stdc++.h", content=b"#include_next <bits/stdc++.h>\n")

LANGUAGES: Final = tuple(LanguageId(language) for language in ("cpp", "cpp20", "cpp23"))

PROGRAMS: Final = {
    "short": """\
#include <bits/stdc++.h>
using namespace std;

int main() {
    int n;
    cin >> n;
    vector<long long> numbers(n);
    for (auto &number : numbers) cin >> number;
    sort(numbers.begin(), numbers.end());
    long long sum = 0, best = 0;
    for (int i = 0; i < n; i++) {
        sum += numbers[i];
        best = max(best, numbers[i] * (n - i) - sum);
    }
    cout << best << '\\n';
}
""",
    "long": """\
#include <bits/stdc++.h>
using namespace std;
using ll = long long;

int main() {
    ios::sync_with_stdio(false);
    cin.tie(nullptr);
    int n, m;
    cin >> n >> m;
    vector<vector<pair<int, ll>>> edges(n);
    for (int i = 0; i < m; i++) {
        int a, b;
        ll weight;
        cin >> a >> b >> weight;
        edges[a].push_back({b, weight});
        edges[b].push_back({a, weight});
    }
    vector<ll> distance(n, LLONG_MAX);
    priority_queue<pair<ll, int>, vector<pair<ll, int>>, greater<>> queue;
    queue.push({distance[0] = 0, 0});
    while (!queue.empty()) {
        auto [far, here] = queue.top();
        queue.pop();
        if (far > distance[here]) continue;
        for (auto [there, weight] : edges[here])
            if (far + weight < distance[there]) queue.push({distance[there] = far + weight, there});
    }
    map<ll, int> count;
    for (ll far : distance) count[far]++;
    for (auto [far, times] : count) cout << far << ' ' << times << '\\n';
}
""",
}


def run() -> list[Measurement]:
    """A figure for each program in each standard of C++."""
    with nested_sandbox("compile") as (sandbox, image):
        return [_compare(sandbox, image, language, name) for language in LANGUAGES for name in PROGRAMS]


def _compare(sandbox: Sandbox, image: str, language: LanguageId, name: str) -> Measurement:
    source = SourceFile(name="main.cpp", content=PROGRAMS[name].encode())
    compiled = compile_task(image, load_languages()[language], [source], stub=None, entry_point=None)
    plain = replace(
        compiled,
        command=(*compiled.command, "-I."),
        sources=(*compiled.sources, IN_BETWEEN),
    )
    times: dict[CompileTask, list[float]] = {compiled: [], plain: []}
    programs = set()
    for number in range(ROUNDS + 1):
        for task, taken in times.items():
            began = time.perf_counter()
            programs.add(run_compiler(sandbox, task))
            taken.extend([(time.perf_counter() - began) * 1000] if number else [])
    if len(programs) != 1:
        raise RuntimeError("the compiled header makes another program than its text")
    with_header, from_text = (statistics.median(taken) for taken in times.values())
    return Measurement(
        name=f"compile: a {name} {language} program with <bits/stdc++.h>, p50",
        value=with_header,
        unit="ms",
        baseline=from_text,
        ratio=with_header / from_text,
        repetitions=ROUNDS,
        note="baseline: the same without the compiled header; the same program byte by byte",
    )


@contextmanager
def nested_sandbox(name: str) -> Iterator[tuple[Sandbox, str]]:
    """A sandbox on a core of its own, for the benchmark of that name, and the digest of the image for C and C++."""
    work = HOME / "bench" / name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    owner = owner_name("bench", work)
    with ExitStack() as held:
        engine = held.enter_context(closing(Engine(held.enter_context(daemon()))))
        info = engine.info()
        groups = accounting(version=info.cgroup_version, driver=info.cgroup_driver, owner=owner)
        held.callback(sweep, engine, groups, owner, work)
        sandbox = NestedSandbox(
            engine=engine,
            accounting=groups,
            slot=plan_cores(sorted(os.sched_getaffinity(0)), 1).slots[0],
            owner=owner,
            work=work / "boxes",
            supervisor=SUPERVISOR,
            apparmor=info.apparmor,
        )
        held.callback(sandbox.close)
        yield sandbox, next(engine.image_id(image.reference) for image in runner_images() if image.name == "cpp")
