"""The command line and the Python client of judgestream; both talk HTTP and nothing else."""

from judgestream.client import Client, Receipt
from judgestream.errors import JudgestreamError, NoVerdict, Refused, Unreachable

__all__ = ["Client", "JudgestreamError", "NoVerdict", "Receipt", "Refused", "Unreachable"]
