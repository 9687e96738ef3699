"""All commands with their one line of help, so that the list of them can be shown without importing any."""

from typing import NamedTuple


class Entry(NamedTuple):
    """A command in the list: its name, the module of `commands` that holds it, and what it does."""

    name: str
    help: str
    module: str = ""

    @property
    def place(self) -> str:
        """The module to import."""
        return f"stageline.cli.commands.{self.module or self.name}"


SECTIONS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Write",
        (
            Entry("init", "Make a small project that runs at once."),
            Entry("check", "Tell all mistakes of workflow files, without running anything."),
            Entry("schema", "Print the JSON Schema of workflow files, for editors."),
        ),
    ),
    (
        "Run",
        (
            Entry("build", "Build an experiment into a Lab."),
            Entry("run", "Run a workflow file, or jobs of a Lab."),
            Entry("resume", "Go on with a run that was interrupted, canceled or paused."),
            Entry("retry", "Run again what failed, or a stage and all after it."),
            Entry("tick", "Look once after the runs on targets, as cron does."),
            Entry("worker", "Work on all runs of the store until stopped."),
        ),
    ),
    (
        "Look",
        (
            Entry("list", "List the runs, newest first.", "list_runs"),
            Entry("show", "Show one run with its stages."),
            Entry("log", "Print what the stages of a run have said."),
            Entry("status", "Tell what is going on now."),
            Entry("debug", "Open a shell in exactly the surroundings of a job."),
        ),
    ),
    (
        "Explain",
        (
            Entry("plan", "Tell what a run of a Lab would do, and why."),
            Entry("why", "Tell what makes a job another than the one that was finished before."),
            Entry("trace", "Tell which parameters decided a job, and where each comes from."),
            Entry("diff", "Tell what is different between two Labs."),
            Entry("viz", "Draw a Lab, or a workflow file."),
        ),
    ),
    (
        "Steer",
        (
            Entry("cancel", "Stop a run: nothing new starts, what runs is stopped."),
            Entry("pause", "Start no more stages of a run until it is resumed."),
            Entry("signal", "Tell a waiting stage to go on, and hand it values."),
        ),
    ),
    (
        "Keep house",
        (
            Entry("gc", "Delete old runs with their logs and large values."),
            Entry("config", "Show all settings, and where each came from."),
            Entry("doctor", "Look whether this machine has what workflows need."),
            Entry("completions", "Print what makes your shell complete commands and run ids."),
        ),
    ),
)

ENTRIES = {entry.name: entry for _, entries in SECTIONS for entry in entries}
