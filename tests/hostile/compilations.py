"""The attacks on the compiler, and on the collecting of what it made."""

from dataclasses import dataclass, field, replace
from typing import Final

from executor.sandbox.port import COLLECTED_MAX_FILES, RunLimits
from schemas.values import Verdict
from tests.hostile.attack import LIMITS, MEBIBYTE

BOMB_LIMITS: Final = replace(LIMITS, cpu_time_ms=2_000, wall_time_ms=6_000, memory_bytes=256 * MEBIBYTE, processes=64)
"""Little, so that the suite is quick; the judge's own are more, and of the same kind."""

CE: Final = frozenset({Verdict.CE})
EITHER: Final = frozenset({Verdict.CE, Verdict.AC})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """A hostile source. One that compiles is run and must say "contained"; with `bomb` it gets little time."""

    id: str
    name: str
    files: dict[str, bytes]
    language: str = "c"
    bomb: bool = False
    expected: frozenset[Verdict] = CE
    limits: RunLimits = LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A program that takes the compiler's place: what it leaves is collected, if `kept` allows it."""

    id: str
    name: str
    mode: str
    kept: frozenset[str] = field(default_factory=frozenset)


HARMLESS: Final = b'#include <stdio.h>\nint main(void) { puts("contained"); }\n'
MACROS: Final = b"#define A(x) x x x x x x x x\n#define B(x) A(A(A(A(x))))\nint main(void) { B(B(B(;))) }\n"
FOLDED: Final = b"def f():\n    return ('x' * 4096 * 4096 * 4096, 9 ** 9 ** 9 ** 9)\nprint('contained')\n"
JAVA: Final = b'public class Main { public static void main(String[] a) { System.out.println("contained"); } }\n'
SHADOWING: Final = b"print('hole: shadowed')\n"
WARNINGS: Final = b"int main(void) {\n" + b"  int x = *(int *)1.5f + undeclared;\n" * 20_000 + b"}\n"
ELF: Final = b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 64


def _c(number: str, name: str, text: bytes, *, bomb: bool = False, expected: frozenset[Verdict] = CE) -> Compilation:
    return Compilation(id=number, name=name, files={"main.c": text}, bomb=bomb, expected=expected)


COMPILATIONS: Final[list[Compilation]] = [
    _c("A30", "huge binary", b"int main[-1u] = {1};\n", bomb=True),
    _c("A30", "big binary", b"int big[1 << 26] = {1};\nint main(void) { return big[5]; }\n", bomb=True),
    _c("A30", "endless include", b'#include "/dev/zero"\nint main(void) {}\n', bomb=True),
    _c("A30", "includes itself", b'#include "main.c"\n#include "main.c"\n', bomb=True),
    _c("A30", "macro bomb", MACROS, bomb=True),
    _c("A30", "warnings without end", WARNINGS, bomb=True),
    Compilation(id="A30", name="template recursion", language="cpp", bomb=True, files={"main.cpp": b"""
        template <int N, int M> struct X { static const int v = X<N - 1, M>::v + X<N - 1, M + 1>::v; };
        template <int M> struct X<0, M> { static const int v = M; };
        int main() { return X<800, 0>::v; }"""}),
    Compilation(id="A30", name="constexpr without end", language="cpp", bomb=True, files={"main.cpp": b"""
        template <int N> constexpr unsigned f() {
            unsigned sum = 0;
            for (unsigned i = 0; i < 200000; i++) sum += i * N;
            return sum + f<N - 1>();
        }
        template <> constexpr unsigned f<0>() { return 0; }
        constexpr unsigned x = f<700>();
        int main() { return x; }"""}),
    Compilation(id="A30", name="nesting", language="python3", bomb=True,
                files={"main.py": b"x = " + b"(" * 100_000 + b"1" + b")" * 100_000 + b"\n"}),
    Compilation(id="A30", name="constant folding", language="python3", bomb=True, expected=EITHER,
                files={"main.py": FOLDED}),
    Compilation(id="A30", name="nesting", language="java", bomb=True,
                files={"Main.java": b"class Main { int x = " + b"(" * 50_000 + b"1" + b")" * 50_000 + b"; }\n"}),
    _c("A31", "includes a secret", b'#include "/etc/shadow"\nint main(void) {}\n'),
    _c("A31", "includes the host's secret", b'#include "{place}"\nint main(void) {}\n'),
    _c("A31", "includes an environment", b'#include "/proc/1/environ"\nint main(void) {}\n'),
    _c("A31", "binary include of a secret", b'__asm__(".incbin \\"/etc/shadow\\"");\nint main(void) {}\n'),
    _c("A31", "binary include of the host's secret", b'__asm__(".incbin \\"{place}\\"");\nint main(void) {}\n'),
    _c("A31", "asks what exists", b'#if __has_include("{place}")\n#error it exists\n#endif\n' + HARMLESS,
       expected=frozenset({Verdict.AC})),
    Compilation(id="A31", name="options as file names", expected=EITHER, files={
        "main.c": HARMLESS, "-wrapper.c": b"", "@list.c": b"-o /out/other\n", "-fplugin=x.c": b""}),
    Compilation(id="A31", name="annotation processor", language="java", expected=frozenset({Verdict.AC}), files={
        "Main.java": JAVA,
        "Evil.java": b"""
import java.util.*; import javax.annotation.processing.*; import javax.lang.model.element.*;
@SupportedAnnotationTypes("*") public class Evil extends AbstractProcessor {
    static { System.err.println("hole: " + "code at compile time"); }
    public boolean process(Set<? extends TypeElement> types, RoundEnvironment round) { return false; }
}""", "META-INF/services/javax.annotation.processing.Processor": b"Evil\n"}),
    Compilation(id="A31", name="modules of the compiler shadowed", language="python3",
                expected=frozenset({Verdict.AC}), files={
        "main.py": b"print('contained')\n", "py_compile.py": SHADOWING, "importlib.py": SHADOWING,
        "sitecustomize.py": SHADOWING}),
    Compilation(id="A35", name="shell characters in names", expected=EITHER, files={
        "main.c": HARMLESS, "a;touch b.c": b"", "$(id).c": b"", "`id`.c": b"", "a b.c": b"",
        "a'\"b.c": b"", "new\nline.c": b""}),
    _c("A40", "binary as source", ELF),
    _c("A40", "NULs and UTF-16", "int main(void) { return 0; }\n".encode("utf-16")),
    Compilation(id="A40", name="binary as source", language="python3", files={"main.py": ELF}),
    Compilation(id="A40", name="class file as source", language="java",
                files={"Main.java": b"\xca\xfe\xba\xbe\0\0\0\x3d" + bytes(range(256)) * 8}),
]  # fmt: skip

COLLECTIONS: Final[list[Collection]] = [
    *(
        Collection(id="A22", name=f"collected: {mode}", mode=mode)
        for mode in ("symlink", "folder_link", "fifo", "device", "socket", "deep", "empty")
    ),
    Collection(id="A22", name="collected: hardlink", mode="hardlink", kept=frozenset({"main", "too"})),
    Collection(id="A22", name="collected: closed", mode="closed", kept=frozenset({"main", "closed/main"})),
    Collection(id="A22", name="collected: setuid", mode="setuid", kept=frozenset({"main"})),
    Collection(id="A22", name="collected: names", mode="names", kept=frozenset({"a\nb", "-rf", " .."})),
    Collection(id="A22", name="collected: big", mode="big", kept=frozenset({"main"})),
    Collection(id="A22", name="collected: sparse", mode="sparse"),
    Collection(id="A22", name="collected: many", mode="many", kept=frozenset(map(str, range(COLLECTED_MAX_FILES)))),
    Collection(id="A22", name="collected: swap", mode="swap", kept=frozenset({"main", "other"})),
]
