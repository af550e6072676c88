"""A client of the HTTP and live interfaces.

A submission, or a wish for a rejudging, is sent with an id of the client's own by idempotent PUT, so that whatever
happens on the way it can be sent again, and counts once.
"""

import base64
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import quote
from uuid import UUID

import httpx

from judgestream.errors import Refused, Uncertain, Unreachable

Json = dict[str, Any]

PATIENCE_S: Final = 30.0
"""How long a call is tried again while nobody answers: longer than any one process of ours takes to restart."""

FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 3.0
LONGEST_WAIT_S: Final = 30.0
"""The longest `wait` that the service takes."""

RETRIED_STATUS: Final = frozenset({502, 503, 504})
URN: Final = "urn:judgestream:problem:"
NOTHING_DONE: Final = frozenset(f"{URN}{name}" for name in ("log-unavailable", "store-unavailable", "overloaded"))
"""Refusals after which a command may be sent again: it was certainly not carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The acknowledgement of a submission: from here on it cannot be lost. `position` is topic:partition:offset."""

    submission_id: str
    position: str


class Client:
    """Talks to one judgestream at `url` as whoever `token` says; without a token, as anybody."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.url: Final = url.rstrip("/")
        self.token: Final = token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers=headers,
            timeout=LONGEST_WAIT_S + 10,
            transport=transport,
            # Reading all certificates takes longer than a call; where nothing is encrypted nobody shows one.
            verify=not self.url.startswith("http:"),
        )
        self._pause = pause
        self._patience_s = patience_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the connections."""
        self._http.close()

    def submit(
        self,
        *,
        problem_id: str,
        language: str,
        files: Mapping[str, bytes],
        contest_id: str | None = None,
        entry_point: str | None = None,
        submission_id: str | None = None,
    ) -> Receipt:
        """Submits, and answers once the submission is in the log; raises `Refused` or `Unreachable`."""
        body: Json = {
            "problem_id": problem_id,
            "language": language,
            "files": [_file(name, content) for name, content in files.items()],
            "contest_id": contest_id,
            "entry_point": entry_point,
        }
        path = f"/submissions/{submission_id or _fresh_id()}"
        answer = self._call("PUT", path, {k: v for k, v in body.items() if v is not None})
        return Receipt(submission_id=answer["submission_id"], position=answer["position"])

    def submission(self, submission_id: str, *, wait_s: float = 0, after: str | None = None) -> Json:
        """A submission as its viewer may see it; waits up to `wait_s` (30 at most) for the final verdict."""
        wanted = {"wait": min(wait_s, LONGEST_WAIT_S) or None, "after": after}
        return self._call("GET", f"/submissions/{submission_id}", params=wanted)

    def board(self, contest_id: str, *, jury: bool = False, at: str | None = None) -> Json:
        """The board as it is now, or was at that moment (RFC 3339); `jury` asks for the one without a freeze."""
        return self._call("GET", f"/contests/{contest_id}/board", params={"view": "jury" if jury else None, "at": at})

    def languages(self) -> list[Json]:
        """The languages that executors offer now, with their suffixes."""
        return _items(self._call("GET", "/languages"), "languages")

    def problems(self) -> list[Json]:
        """The problems that may be submitted to."""
        return _items(self._call("GET", "/problems"), "problems")

    def create_problem(self, problem: Json) -> Json:
        """Creates a problem (setters and admins)."""
        return self._call("POST", "/problems", problem)

    def create_contest(self, contest: Json) -> Json:
        """Creates a contest (jury and admins)."""
        return self._call("POST", "/contests", contest)

    def contests(self) -> list[Json]:
        """The contests that the public may see."""
        return _items(self._call("GET", "/contests"), "contests")

    def contest(self, contest_id: str) -> Json:
        """A contest as the public may see it."""
        return self._call("GET", f"/contests/{contest_id}")

    def register_team(self, contest_id: str, team_id: str, *, name: str, members: list[str]) -> Json:
        """Registers a team, or changes its name and members."""
        return self._call("PUT", f"/contests/{contest_id}/teams/{team_id}", {"name": name, "members": members})

    def status(self) -> Json:
        """How the whole system is: lanes, executors, read models, stalls, dead letters (jury and admins)."""
        return self._call("GET", "/status")

    def dead_letters(self, *, limit: int, cursor: str | None = None) -> Json:
        """Records that were given up, the newest first (jury and admins); `cursor` is that of the page before."""
        return self._call("GET", "/dead-letters", params={"limit": limit, "cursor": cursor})

    def dead_letter(self, position: str) -> Json:
        """One of them with its key and value in base64; `position` is where the letter stands."""
        return self._call("GET", f"/dead-letters/{_quoted(position)}")

    def open_rejudging(self, wanted: Json, *, rejudging_id: str | None = None) -> Json:
        """Asks for a rejudging (jury and admins): `{filter, override?, reason, priority?, repeats?, everything?,
        dry_run?}`; answers `{rejudging_id, position}`, and GET tells what was decided.

        It is sent by idempotent PUT, so that it can be sent again, and one rejudging is opened."""
        return self._call("PUT", f"/rejudgings/{rejudging_id or _fresh_id()}", wanted)

    def change_rejudging(self, rejudging_id: str, change: str, *, reason: str, part: Json | None = None) -> Json:
        """Asks to `apply` (all, or the `part` that a filter selects), `cancel`, `revert`, `pause` or `resume` one."""
        body = {"reason": reason} if part is None else {"reason": reason, "part": part}
        return self._call("POST", f"/rejudgings/{_quoted(rejudging_id)}/{change}", body, repeatable=False)

    def rejudging(self, rejudging_id: str, *, after: str | None = None) -> Json:
        """A rejudging: its state, how far it is, and what was decided; `after` is the position of a request about
        which something should be decided, and is waited for, some seconds at most."""
        return self._call("GET", f"/rejudgings/{_quoted(rejudging_id)}", params={"after": after})

    def rejudgings(self, *, limit: int, cursor: str | None = None) -> Json:
        """Rejudgings, the newest first; `cursor` is that of the page before."""
        return self._call("GET", "/rejudgings", params={"limit": limit, "cursor": cursor})

    def rejudging_matrix(self, rejudging_id: str) -> Json:
        """How many submissions go from which verdict to which."""
        return self._call("GET", f"/rejudgings/{_quoted(rejudging_id)}/matrix")

    def rejudging_changes(self, rejudging_id: str, *, limit: int, cursor: str | None = None) -> Json:
        """The submissions whose verdict is another one, with times and memory before and after."""
        params = {"limit": limit, "cursor": cursor}
        return self._call("GET", f"/rejudgings/{_quoted(rejudging_id)}/changes", params=params)

    def rejudging_diff(self, rejudging_id: str, *, contest_id: str) -> Json:
        """What applying it would do to the contest's board."""
        return self._call("GET", f"/rejudgings/{_quoted(rejudging_id)}/diff", params={"contest_id": contest_id})

    def projections(self) -> Json:
        """The read models, how far they are, and what is done to them (admins)."""
        return self._call("GET", "/projections")

    def projection(self, name: str) -> Json:
        """One of them."""
        return self._call("GET", f"/projections/{_quoted(name)}")

    def order_projection(self, name: str, order: str, body: Json) -> Json:
        """Orders `rebuild`, `verify`, `cancel`, `pause`, `resume` or `skip`; answers how the model is then."""
        return self._call("POST", f"/projections/{_quoted(name)}/{order}", body, repeatable=False)

    def _call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        repeatable: bool = True,
    ) -> Json:
        """One call, tried again while nobody answers it; what is not `repeatable` only if it was certainly not done."""
        given = {key: value for key, value in (params or {}).items() if value is not None}
        pause_s, deadline = FIRST_PAUSE_S, time.monotonic() + self._patience_s
        while True:
            try:
                response = self._http.request(method, path, json=body, params=given)
                if response.status_code not in RETRIED_STATUS:
                    return _answer(response)
                problem = _problem(response)
                why, done_perhaps = problem.detail or f"status {response.status_code}", problem.type not in NOTHING_DONE
            except httpx.TransportError as error:
                why, done_perhaps = str(error) or type(error).__name__, not isinstance(error, httpx.ConnectError)
            if done_perhaps and not repeatable:
                raise Uncertain(why)
            if time.monotonic() + pause_s > deadline:
                raise Unreachable(self.url, why)
            self._pause(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


def new_id(unix_ms: int) -> str:
    """A fresh UUIDv7 (RFC 9562): 48 bits of time, 74 of chance."""
    chance = secrets.randbits(74)
    value = (unix_ms & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (chance >> 62) << 64 | 0b10 << 62 | chance & (1 << 62) - 1
    return str(UUID(int=value))


def _fresh_id() -> str:
    return new_id(time.time_ns() // 1_000_000)


def _quoted(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe=":")


def _file(name: str, content: bytes) -> Json:
    try:
        return {"name": name, "content": content.decode()}
    except UnicodeDecodeError:
        return {"name": name, "content": base64.b64encode(content).decode(), "encoding": "base64"}


def _answer(response: httpx.Response) -> Json:
    if response.is_success:
        decoded = response.json() if response.content else {}
        return decoded if isinstance(decoded, dict) else {"items": decoded}
    raise _problem(response)


def _problem(response: httpx.Response) -> Refused:
    try:
        document = response.json()
    except ValueError:
        document = {}
    if not isinstance(document, dict):
        document = {}
    return Refused(
        status=response.status_code,
        type=str(document.get("type", "about:blank")),
        title=str(document.get("title", f"HTTP status {response.status_code}")),
        detail=str(document.get("detail", "")),
    )


def _items(answer: Json, name: str) -> list[Json]:
    listed: list[Json] = answer[name] if name in answer else answer["items"]
    return listed
