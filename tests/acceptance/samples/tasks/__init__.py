"""Functions of the project's own package, which stages call as `tasks/NAME@TAG`."""

import csv
from pathlib import Path

from stageline import tag


@tag("tasks", alias="count_rows")
def count_rows_of_a_file(source: str, target: str) -> dict[str, object]:
    """Count the rows of a CSV file, and write their number down."""
    with Path(source).open(newline="") as file:
        rows = len(list(csv.DictReader(file)))
    Path(target).write_text(str(rows))
    return {"rows": rows, "target": target}
