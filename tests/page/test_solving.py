"""A person signs in, reads a problem, writes a program and sees it judged."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

import deploy.demo.submit
from deploy.demo.people import Person, token
from deploy.local.stack import Stack
from judgestream import Client
from judgestream.rejudgings import await_decision, follow
from tests.page.conftest import ADA, GRACE, Visit
from tests.page.editing import write

PROGRAMS: Final = Path(deploy.demo.submit.PROGRAMS)

PATIENCE_S: Final = 60.0
REMEMBERED: Final = "window.remembered = true"
"""Survives as long as the page is not loaded again."""


def test_a_verdict_arrives_by_itself(visit: Visit, stack: Stack) -> None:
    page = visit()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Token").fill(token(ADA, stack.private_key))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Add them up").click()
    expect(page.get_by_role("heading", name="Add them up")).to_be_visible()
    page.get_by_label("Language").select_option("cpp")
    write(page, (PROGRAMS / "cpp" / "ac.cpp").read_text())
    page.evaluate(REMEMBERED)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".verdict h2")).to_have_text("Accepted")
    expect(page.locator(".case[data-verdict=AC]")).to_have_count(4)
    expect(page.get_by_label("Your submissions").get_by_text("Accepted").first).to_be_visible()
    assert page.evaluate("window.remembered") is True
    assert "token" not in page.url


@pytest.mark.parametrize(
    ("language", "program", "verdict"),
    [("python3", "wa.py", "Wrong answer"), ("cpp", "ce.cpp", "Compile error"), ("java", "ac.java", "Accepted")],
)
def test_each_verdict_has_its_words(visit: Visit, language: str, program: str, verdict: str) -> None:
    page = visit("/problems/sum", ADA)
    page.get_by_label("Language").select_option(language)
    write(page, (PROGRAMS / language / program).read_text())
    page.keyboard.press("Control+Enter")
    expect(page.locator(".verdict h2")).to_have_text(verdict)
    expect(page.get_by_text("Compiler output")).to_be_visible(visible=verdict == "Compile error")


def test_a_draft_is_kept_for_each_language(visit: Visit) -> None:
    page = visit("/problems/sum", ADA)
    page.get_by_label("Language").select_option("python3")
    write(page, "print('a draft')")
    page.get_by_label("Language").select_option("cpp")
    expect(page.locator("code-editor .cm-content")).not_to_contain_text("a draft")
    page.reload()
    page.get_by_label("Language").select_option("python3")
    expect(page.locator("code-editor .cm-content")).to_contain_text("a draft")
    page.get_by_role("button", name="Start anew").click()
    expect(page.locator("code-editor .cm-content")).not_to_contain_text("a draft")


def test_a_problem_with_a_stub_starts_with_it(visit: Visit) -> None:
    page = visit("/problems/gcd", ADA)
    page.get_by_label("Language").select_option("cpp")
    expect(page.locator("code-editor .cm-content")).to_contain_text("long long gcd(long long a, long long b)")


def test_the_first_case_is_shown_as_a_sample(visit: Visit) -> None:
    page = visit("/problems/sum")
    expect(page.get_by_label("Sample input", exact=True)).to_have_text("3\n1 2 3\n")
    expect(page.get_by_label("Sample output", exact=True)).to_have_text("6\n")


def test_only_its_author_may_read_a_program(visit: Visit) -> None:
    page = visit("/problems/sum", GRACE)
    page.get_by_label("Language").select_option("python3")
    write(page, "print('only mine')")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".verdict h2")).to_have_text("Wrong answer")
    page.get_by_role("link", name="Details").click()
    expect(page.locator(".source")).to_contain_text("only mine")
    place = re.sub(r".*#", "", page.url)
    strangers = visit(place, ADA)
    expect(strangers.locator(".verdict h2")).to_have_text("Wrong answer")
    expect(strangers.locator(".source")).to_have_count(0)


def test_a_statement_cannot_bring_its_own_html(visit: Visit) -> None:
    hostile = (
        "<img src=x onerror=window.hurt=1> <script>window.hurt=1</script> [go](javascript:window.hurt=1) "
        "![p](javascript:window.hurt=1) and $x^2 \\href{javascript:window.hurt=1}{y}$"
    )
    page = visit("/problems/sum")
    page.evaluate(
        "async (hostile) => document.body.append(await (await import('/statement.js')).renderStatement(hostile))",
        hostile,
    )
    statement = page.locator("body > .prose")
    expect(statement).to_contain_text("<script>window.hurt=1</script>")
    expect(statement.locator("math")).to_have_count(1)
    assert statement.locator(":is(script, img, a[href^=javascript], [onerror], [style])").count() == 0
    assert page.evaluate("window.hurt") is None


def test_each_case_says_whether_it_was_run_or_decided_by_its_stored_output(
    visit: Visit, open_client: Callable[[Person], Client], jury: Client
) -> None:
    program = {"a.py": (PROGRAMS / "python3" / "ac.py").read_bytes()}
    submission_id = open_client(ADA).submit(problem_id="sum", language="python3", files=program).submission_id
    assert jury.submission(submission_id, wait_s=30)["verdict"] == "AC"
    page = visit(f"/submissions/{submission_id}", ADA)
    expect(page.locator(".case-table .origin")).to_have_text(["Run"] * 4)
    page.evaluate(REMEMBERED)

    wanted = {"filter": {"submission_ids": [submission_id]}, "reason": "to see"}
    asked = jury.open_rejudging(wanted | {"override": {"comparison": {"kind": "float", "absolute": 1e-6}}})
    await_decision(jury, asked["rejudging_id"], asked["position"], patience_s=PATIENCE_S)
    *_, judged = follow(jury, asked["rejudging_id"], patience_s=PATIENCE_S)
    assert judged["state"] == "judged"
    jury.change_rejudging(asked["rejudging_id"], "apply", reason="to see")
    expect(page.locator(".case-table .origin")).to_have_text(["Stored output"] * 4)
    assert page.evaluate("window.remembered") is True
