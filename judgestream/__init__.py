"""The command line and the Python client of judgestream; both talk HTTP and nothing else."""

from judgestream.client import Client, Receipt
from judgestream.errors import JudgestreamError, NoDecision, NoVerdict, Refused, Uncertain, Unreachable

__all__ = [
    "Client",
    "JudgestreamError",
    "NoDecision",
    "NoVerdict",
    "Receipt",
    "Refused",
    "Uncertain",
    "Unreachable",
]
