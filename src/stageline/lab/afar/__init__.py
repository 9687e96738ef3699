"""Labs on targets: a home there that mirrors the one here, and a crew that has scripts run in it."""
