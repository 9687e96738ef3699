"""`stageline config`: all settings, and where each came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stageline.cli.options import Session, as_json, pass_session, verb


@verb()
@as_json
@pass_session
def command(session: Session, as_json: bool) -> None:
    """Show all settings with their values, and where each came from."""
    from stageline.cli.output import print_json, print_table
    from stageline.config.home import store_url
    from stageline.config.kinds import shown
    from stageline.store.address import without_password

    config = session.config
    found = {name: (value.value, value.origin) for name, value in config.items()}
    if config["home"] is None:
        found["home"] = (session.home, "default")
    found["store"] = (without_password(store_url(config, session.home)), config.origin("store"))
    if as_json:
        print_json({name: {"value": _plain(value), "origin": origin} for name, (value, origin) in found.items()})
        return
    rows = [(name, shown(value), origin) for name, (value, origin) in found.items()]
    print_table(session, ("SETTING", "VALUE", "FROM"), rows)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
