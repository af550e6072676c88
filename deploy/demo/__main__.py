"""`python -m deploy.demo [load|submit]`: puts the demo in place; sends its programs and shows their verdicts arrive.

For the system that `make run` started here. Exit status 0 only if all went as expected.
"""

import sys
from datetime import UTC, datetime

from deploy.demo.load import load
from deploy.demo.people import JURY, token
from deploy.demo.submit import submit_programs
from deploy.local import settings
from deploy.local.stack import Stack
from judgestream import Client, JudgestreamError


def main(arguments: list[str]) -> int:
    """Runs the command that the arguments name; `load` without any."""
    given = settings.read()
    stack = Stack(given.state, given.ports, host=given.host)
    url, key = stack.url, stack.private_key
    if not key.is_file():
        print(f"there is no key at {key}: start the system with `make run` first", file=sys.stderr)
        return 2
    try:
        with Client(url, token(JURY, key)) as jury:
            contest_id = load(jury, datetime.now(UTC))
        if arguments[:1] == ["submit"]:
            return 0 if submit_programs(url, key, contest_id) else 1
        print(contest_id)
        return 0
    except JudgestreamError as error:
        print(error, file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
