"""The files of a new project. None is written over one that is there."""

from pathlib import Path

from stageline.errors import ConfigError

WORKFLOW = """\
# yaml-language-server: $schema=./stageline.schema.json   (stageline schema > stageline.schema.json)
name: hello
params:
  name: {type: str, default: world}
stages:
  - name: Look around
    id: look
    bash: |
      uname -s
      date -u +%F

  - name: Greet
    id: greet
    uses: tasks/greet@latest
    with:
      name: ${{ params.name }}
      system: ${{ stages.look.outputs.stdout }}

  - name: Tell
    id: tell
    bash: echo "$GREETING"
    env:
      GREETING: ${{ stages.greet.outputs.text }}
"""

TASKS = '''\
"""Functions that stages call: `uses: tasks/greet@latest`."""

from stageline import tag


@tag("tasks", alias="greet")
def greet(name: str, system: str) -> dict[str, str]:
    """A greeting for `name`."""
    return {"text": f"Hello {name}, from {system.split()[0]}"}
'''

README = """\
# A Stageline project

    stageline run workflow.yml -p name=you    # run it
    stageline show                            # what became of it
    stageline check workflow.yml              # mistakes, before they happen
"""

IGNORED = ".stageline/\n__pycache__/\n"

FILES = {"workflow.yml": WORKFLOW, "tasks/__init__.py": TASKS, "README.md": README, ".gitignore": IGNORED}


def make_project(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the files; answers those that were made, and those that were there."""
    made, kept = [], []
    for name, text in FILES.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            kept.append(path)
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
        else:
            made.append(path)
    return made, kept
