"""`python -m deploy.local run`: starts everything, tells the URLs and tokens, stops everything on Ctrl-C.

`engines` starts only broker, Cassandra and registry; `env` prints the variables of the system that runs here.
"""

import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from deploy.demo.load import load
from deploy.demo.people import JURY, PEOPLE, token
from deploy.local import preflight, settings
from deploy.local.errors import LocalError
from deploy.local.settings import LocalSettings
from deploy.local.stack import Stack
from deploy.setup.errors import SetupError
from judgestream import Client, JudgestreamError


def main(arguments: Sequence[str]) -> int:
    """Runs the command that the arguments name; 0 after an orderly end."""
    command = arguments[0] if arguments else "run"
    if command not in ("run", "engines", "env"):
        print(f"unknown command {command!r}: run, engines or env", file=sys.stderr)
        return 2
    # SIGINT too: a shell starts what it puts into the background with SIGINT ignored.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        return _run(settings.read(), command)
    except (LocalError, SetupError) as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, SystemExit):
        return 0


def _run(given: LocalSettings, command: str) -> int:
    stack = Stack(given.state, given.ports, host=given.host, engines_only=command == "engines")
    if command == "env":
        print("\n".join(f"export {name}={value}" for name, value in stack.environment().items()))
        return 0
    stack.refuse_if_running()
    preflight.check(given.state, given.ports, given.host, docker=command == "run")
    began = time.monotonic()
    stack.start(lambda name: _tell(f"  {time.monotonic() - began:5.1f} s  {name}"))
    try:
        if command == "run":
            _welcome(stack)
        _tell(f"\nReady after {time.monotonic() - began:.1f} s. Ctrl-C stops everything.")
        stack.wait()
        _tell(f"the process manager has ended by itself; its log is in {given.state / 'log'}")
        return 1
    finally:
        stopping = time.monotonic()
        stack.stop()
        _tell(f"\nstopped in {time.monotonic() - stopping:.1f} s; the state stays in {given.state}")


def _welcome(stack: Stack) -> None:
    """Loads the demo and tells where it is and who one may be."""
    try:
        with Client(stack.url, token(JURY, stack.private_key)) as jury:
            contest_id = load(jury, datetime.now(UTC))
    except JudgestreamError as error:
        _tell(f"the demo could not be loaded: {error}")
        return
    _tell(f"\n  judgestream   {stack.url}/")
    _tell(f"  demo contest  {stack.url}/#/contests/{contest_id}")
    _tell(f"  API           {stack.url}/api/v1/openapi.json\n")
    for person in PEOPLE:
        _tell(f"  token of {person.user_id} ({', '.join(person.roles)}):\n  {token(person, stack.private_key)}\n")


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
