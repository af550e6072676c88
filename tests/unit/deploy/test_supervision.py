"""The process manager's configuration."""

from configparser import RawConfigParser
from pathlib import Path

from deploy.local.ports import Ports
from deploy.local.programs import GROUPS, Program, daemon_program, gateway_program, service_programs
from deploy.local.supervision import configuration

STATE = Path("/somewhere")


def parsed(programs: list[Program]) -> RawConfigParser:
    parser = RawConfigParser()
    parser.read_string(configuration(STATE, programs, {"A": "50% of b"}))
    return parser


def test_services_stop_before_the_daemon_that_removes_their_containers() -> None:
    found = parsed([*service_programs(Ports()), gateway_program(STATE, Ports()), daemon_program()])
    assert found.getint("group:services", "priority") > found.getint("group:engines", "priority")
    assert "dockerd" in found["group:engines"]["programs"]


def test_one_group_after_another_everything_stops_within_ten_seconds() -> None:
    programs = [*service_programs(Ports()), gateway_program(STATE, Ports()), daemon_program()]
    longest = {group: max(program.stop_s for program in programs if program.group == group) for group in GROUPS}
    assert sum(longest.values()) < 10


def test_a_program_ends_with_its_manager_even_if_that_is_killed() -> None:
    found = parsed([Program(name="a", command="echo")])
    assert found["program:a"]["command"] == "setpriv --pdeathsig TERM echo"


def test_a_service_comes_back_for_ever_and_a_one_shot_only_after_a_failure() -> None:
    found = parsed(service_programs(Ports()))
    assert found["program:router"]["autorestart"] == "true"
    assert int(found["program:router"]["startretries"]) >= 1_000_000
    assert found["program:prepare"]["autorestart"] == "unexpected"


def test_a_percent_sign_reaches_the_program() -> None:
    found = parsed([Program(name="a", command="echo 100%")])
    assert found["program:a"]["command"].endswith("echo 100%%")
    assert found["supervisord"]["environment"] == 'A="50%% of b"'


def test_what_is_not_timed_is_kept_off_the_timing_cores() -> None:
    programs = [*service_programs(Ports()), gateway_program(STATE, Ports()), daemon_program()]
    parser = RawConfigParser()
    parser.read_string(configuration(STATE, programs, {}, cores=(0, 1)))
    kept = {program.name for program in programs if "taskset -c 0,1 " in parser[f"program:{program.name}"]["command"]}
    assert kept == {program.name for program in programs} - {"executor", "dockerd"}
