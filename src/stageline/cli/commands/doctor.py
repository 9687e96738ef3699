"""`stageline doctor`: whether this machine has what workflows need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stageline.cli.options import Session, as_json, pass_session, verb

if TYPE_CHECKING:
    from stageline.cli.finding import Finding

MISSING = 3


@verb()
@click.option("--target", metavar="NAME", help="Look at this target instead: all that a run needs there.")
@as_json
@pass_session
def command(session: Session, target: str | None, as_json: bool) -> int:
    """Look whether this machine has what workflows need: what is missing, what it is for, and how to install it.

    Ends with 3 when something is missing that nothing works without.
    """
    from stageline.cli.output import print_json, say_line

    findings = _findings(session, target)
    if as_json:
        print_json({"findings": [finding._asdict() for finding in findings]})
    else:
        for finding in findings:
            say_line(_line(finding))
    return MISSING if any(finding.required and finding.is_missing for finding in findings) else 0


def _findings(session: Session, target: str | None) -> list[Finding]:
    if target is None:
        from stageline.cli.doctoring import examine

        return examine(session)
    from stageline.cli.doctoring_target import examine_target

    return examine_target(session, target)


def _line(finding: Finding) -> str:
    if finding.found:
        return f"ok       {finding.name:13} {finding.found}"
    word = "MISSING " if finding.required else "missing "
    return f"{word} {finding.name:13} for {finding.purpose}: {finding.remedy}"
