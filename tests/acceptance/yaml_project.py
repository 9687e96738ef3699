"""A project as a reader of the documentation has it: workflow files beside the modules that their stages call."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.contract.cli.calling import Project, Said

SAMPLES = Path(__file__).with_name("samples")


class YamlProject(Project):
    """Runs texts as workflow files, by the installed command."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        shutil.copytree(SAMPLES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))

    def begin_text(self, text: str, params: dict[str, Any]) -> tuple[str, ...]:
        """The arguments that run the text with these parameters."""
        self.write("flow.yml", text)
        self.write("params.yml", yaml.safe_dump(params))
        return ("run", "flow.yml", "-P", "params.yml")

    def said(self, text: str, **params: Any) -> Said:
        """Run the text; what the command says."""
        return self.call(*self.begin_text(text, params))

    def stages(self, text: str, **params: Any) -> dict[str, Any]:
        """Run the text, which must end well; the stages of its list by their refs."""
        said = self.call(*self.begin_text(text, params), "--json")
        assert said.code == 0, said
        return {stage["ref"]: stage for stage in said.json["stages"]}

    def outputs(self, text: str, **params: Any) -> dict[str, Any]:
        """Run the text, which has one stage and must end well; what that puts out."""
        (stage,) = self.stages(text, **params).values()
        found: dict[str, Any] = stage["outputs"]
        return found
