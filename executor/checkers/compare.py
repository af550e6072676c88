"""The checker that a problem asks for."""

from executor.checkers.floats import near_enough
from executor.checkers.tokens import same_tokens
from executor.errors import UnknownComparison
from schemas.values import Comparison, ComparisonKind


def matches(comparison: Comparison, output: bytes, answer: bytes) -> bool:
    """Whether the output is right. `exact` means every byte, a last newline too; a tolerance not given is 0."""
    match comparison.kind:
        case ComparisonKind.TOKENS:
            return same_tokens(output, answer)
        case ComparisonKind.EXACT:
            return output == answer
        case ComparisonKind.FLOAT:
            absolute, relative = comparison.absolute or 0.0, comparison.relative or 0.0
            return near_enough(output, answer, absolute=absolute, relative=relative)
        case ComparisonKind.UNKNOWN:
            raise UnknownComparison(comparison.kind)
