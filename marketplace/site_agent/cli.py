"""`suanli-agent`: enrol a provider, renew its key, run, and stop what runs. Problems are one sentence and exit 2."""

import argparse
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from marketplace.site_agent import VERSION, enrolments, layout, service, signing
from marketplace.site_agent.client import Portal, Refused, Unreachable, check_address
from marketplace.site_agent.drivers import makers
from marketplace.site_agent.files import make_private
from marketplace.site_agent.problems import Problem

STATE_VARIABLE = "SUANLI_AGENT_STATE"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Problem(f"{message[:1].upper()}{message[1:]}. Run `suanli-agent --help` to see what is possible.")


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        asked = _parser().parse_args(arguments)
        asked.act(asked)
    except (Problem, Refused) as problem:
        sys.stderr.write(f"suanli-agent: {problem}\n")
        return 2
    except Unreachable as problem:
        sys.stderr.write(f"suanli-agent: {problem}. Nothing was changed.\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="suanli-agent", description="Serves order lines of a province with this site's cards.")
    parser.add_argument("--version", action="version", version=f"suanli-agent {VERSION}")
    acts = parser.add_subparsers(required=True, metavar="enrol | rotate | run | stop | devices")
    enrol = acts.add_parser("enrol", help="exchange a one-time code of the portal for a key of this agent")
    enrol.add_argument(
        "--pools", type=Path, metavar="FILE", help="JSON: devices, serials and faulty cards of the pools"
    )
    enrol.add_argument("--name", default=socket.gethostname(), help="how the portal shows this agent")
    enrol.add_argument(
        "--declared",
        action="store_true",
        help="report cards that no driver of this machine counts; the portal says so wherever it shows them",
    )
    enrol.set_defaults(act=_enrol)
    rotate = acts.add_parser(
        "rotate", help="get a new key for an enrolled agent; one that runs takes it over by itself"
    )
    rotate.set_defaults(act=_rotate)
    for one in (enrol, rotate):
        one.add_argument("--portal", required=True, metavar="URL", help="the national host, https://…")
        one.add_argument("--code", required=True, help="the one-time code")
    run = acts.add_parser("run", help="serve until stopped; workspaces go on running")
    run.set_defaults(act=_run)
    stop = acts.add_parser("stop", help="stop the workspaces of an agent that does not run; `run` starts them again")
    stop.set_defaults(act=_stop)
    found = acts.add_parser("devices", help="list the cards that the drivers of this machine count, and their names")
    found.set_defaults(act=_devices)
    for one in (enrol, rotate, run, stop):
        one.add_argument("--state", type=Path, metavar="DIR", default=os.environ.get(STATE_VARIABLE))
    return parser


def _enrol(asked: argparse.Namespace) -> None:
    state, declared = _state(asked, make=True), enrolments.read_declared(asked.pools)
    layout.check(state)
    enrolment, answer = _exchange(asked, asked.name[:80])
    enrolments.save(state, enrolment)  # before anything can fail: the code is used up
    enrolments.check_declared(declared, [*enrolment.pools, *answer.get("others", [])])
    enrolment.declared, enrolment.pools = declared, enrolments.pools_from(answer["pools"], declared)
    enrolment.may_declare = asked.declared or bool(answer.get("may_declare"))
    enrolments.save(state, enrolment)
    sys.stdout.write(f"Enrolled for {enrolment.provider} in {enrolment.province}, {len(enrolment.pools)} pools.\n")


def _rotate(asked: argparse.Namespace) -> None:
    state = _state(asked)
    layout.check(state)
    enrolment, _answer = _exchange(asked, "")
    known = enrolments.find(state, enrolment.key_id)
    if known is not None:
        known.private_key, enrolment = enrolment.private_key, known
    enrolments.save(state, enrolment)
    sys.stdout.write(
        f"New key for {enrolment.provider} in {enrolment.province}. The old one works until the new one is used.\n"
    )


def _exchange(asked: argparse.Namespace, name: str) -> tuple[enrolments.Enrolment, dict[str, Any]]:
    """The code for a key: the enrolment with the pools as the portal knows them, and the portal's whole answer."""
    url = check_address(asked.portal)
    private, public = signing.new_key_pair()
    portal = Portal(url)
    try:
        answer: dict[str, Any] = portal.enrol(asked.code, public, name)
    finally:
        portal.close()
    pools, version = enrolments.pools_from(answer["pools"], {}), answer.get("register", "")
    enrolment = enrolments.Enrolment(
        answer["key_id"], private, answer["province"], answer["provider"], url, pools, register=version
    )
    return enrolment, answer


def _run(asked: argparse.Namespace) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    state, stop = _state(asked), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with service.alone(state):
        service.Service(state).run(stop)


def _stop(asked: argparse.Namespace) -> None:
    service.park(_state(asked))


def _devices(asked: argparse.Namespace) -> None:
    def complain(what: str, error: Exception) -> None:
        sys.stderr.write(f"{what} failed: {error}.\n")

    found = makers.found(complain)
    for device in found:
        sys.stdout.write(f"{device.maker} {device.model}: {' or '.join(device.names)}\n")
    sys.stdout.write(f"{len(found)} cards. A registered card is found by a serial number that is one of its names.\n")


def _state(asked: argparse.Namespace, *, make: bool = False) -> Path:
    if asked.state is None:
        raise Problem(f"Say where the agent keeps its state: --state DIR, or {STATE_VARIABLE} in the environment.")
    state = Path(asked.state)
    if not make and not state.is_dir():
        raise Problem(f"There is no state folder {state}. `suanli-agent enrol` makes one.")
    try:
        return make_private(state).resolve()
    except OSError as error:
        raise Problem(f"The state folder {state} cannot be used: {error.strerror}.") from None
