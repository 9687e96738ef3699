"""`python -m stageline` is the command `stageline`."""

from stageline.cli.main import main

main()
