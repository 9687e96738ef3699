"""A stage with its parameters fixed and nothing wired yet: its attributes asked, its script written."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from stageline.lab.declared import Looks, Reader
from stageline.lab.mistakes import Mistakes
from stageline.lab.model import WORKER_ARG, Environment
from stageline.lab.python_body import (
    BadBody,
    PythonBody,
    paths_beside,
    program_of,
    python_body,
    script_of,
    spelled,
    word_for,
)
from stageline.lab.scalar import NotScalar, Scalar, scalar
from stageline.lab.stage import ATTRIBUTES, Stage
from stageline.lab.view import Loose, View, params_view, touched
from stageline.load.source import Place
from stageline.model.resources import Resources

Values: TypeAlias = Mapping[str, Scalar]
Names: TypeAlias = Mapping[str, str]
Script: TypeAlias = tuple[str, str, frozenset[str]]


class Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """All of a stage but its wires. `used` are the parameters that its function asked for.

    What is not `sound` has inputs and outputs, so that wires can be looked at, but cannot become a job.
    """

    pname: str
    version: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    example: Any = None
    environment: Environment
    resources: Resources
    script: str
    program: str = ""
    used: frozenset[str] = frozenset()
    sound: bool = True


class Definition:
    """A stage, read once: its parameters, its environment, and its body where that is Python."""

    def __init__(self, stage: Stage, mistakes: Mistakes, looks: Looks) -> None:
        self.stage = stage
        self.mistakes = mistakes
        self.reader = Reader(mistakes, stage.place, stage.name, stage.attributes)
        self.reader.refuse_unknown(ATTRIBUTES)
        self.defaults = self.reader.defaults()
        self.arguments = stage.arguments
        self.body = None if stage.gives_script else self._python_body()
        self.broken = not stage.gives_script and self.body is None
        self.environment = self.reader.environment(looks, ("python3",) if self.body else ())
        if self.body:
            self._declare_arguments(self.body)

    def fix(self, values: Values, schemas: Sequence[str] = ()) -> Fixed | None:
        """The stage with these values; None when it cannot be made, which is told."""
        reader, name = self.reader, self.stage.name
        pname, version = reader.folder(values, name.replace("_", "-"))
        inputs, outputs = reader.inputs(values), reader.outputs(values, schemas)
        if self.broken or inputs is None or outputs is None:
            return None
        example = self._example(outputs) if WORKER_ARG in schemas else None
        if self.body is None:
            made = self._script(inputs, outputs, values)
        else:
            inputs = {**inputs, **paths_beside(self.body, (*inputs, *outputs, *values))}
            made = self._program(pname or name, inputs, outputs, values)
        script, program, used = made or ("", "", frozenset[str]())
        return Fixed(
            pname=pname or name,
            version=version or "",
            inputs=inputs,
            outputs=outputs,
            example=example,
            environment=self.environment,
            resources=reader.resources(values),
            script=script,
            program=program,
            used=used,
            sound=bool(pname and version and made),
        )

    def _example(self, outputs: dict[str, Any]) -> Any:
        """The example of an item, which is taken out of the outputs."""
        example = outputs.pop(WORKER_ARG, None)
        try:
            return msgspec.json.decode(msgspec.json.encode(example))
        except (TypeError, ValueError) as error:
            self.reader.wrong(f"outputs.{WORKER_ARG}", f"this is no JSON: {error}", 'write {"index": 0, "name": ""}')
            return {}

    def _script(self, inputs: Names, outputs: Names, values: Values) -> Script | None:
        views = {
            "inputs": View("inputs", {name: f"${{inputs[{name}]}}" for name in inputs}),
            "outputs": View("outputs", outputs),
            "params": params_view(values, self._report),
        }
        wanted = {name: views[name] for name in self.arguments}
        answer = self.mistakes.call(self.stage.name, self.stage.place, self.stage.function, **wanted)
        if answer is None:
            return None
        (text,) = answer
        if not isinstance(text, str):
            hint = "return the script's text" + ("; is a 'return' missing?" if text is None else "")
            self.reader.wrong("", f"the function gives back {text!r}", hint)
            return None
        if isinstance(text, Loose):
            self._report(text.key, self.stage.place)
        try:
            scalar(text)
        except NotScalar as error:
            self.reader.wrong("", f"its script: {error}")
            return None
        return textwrap.dedent(str.__str__(text)).strip("\n") + "\n", "", frozenset(touched(views["params"]))

    def _program(self, pname: str, inputs: Names, outputs: Names, values: Values) -> Script | None:
        assert self.body is not None
        words, complete = [], True
        for argument in self.body.arguments:
            word = word_for(argument, inputs, outputs, values)
            words.append(word or "")
            if word is None:
                complete = False
                hint = f"a {argument.type.__name__} is expected, as the annotation says"
                message = f"the argument '{argument.name}' is no input, output or parameter of its type"
                self.reader.wrong("", message, hint)
        if not complete:
            return None
        return script_of(f"{pname}.py", words), program_of(self.body), frozenset(values)

    def _python_body(self) -> PythonBody | None:
        made = self.mistakes.call(self.stage.name, self.stage.place, self._body_or_why)
        body = made[0] if made else None
        if isinstance(body, BadBody):
            self.reader.wrong("", str(body), body.hint)
            return None
        return body

    def _body_or_why(self) -> PythonBody | BadBody:
        try:
            return python_body(self.stage.function, self.defaults)
        except BadBody as error:
            return error

    def _declare_arguments(self, body: PythonBody) -> None:
        """Arguments that are no paths are parameters, whether `params` names them or not."""
        for argument in body.arguments:
            if argument.type is not Path and spelled(argument.name, self.defaults) is None:
                self.defaults[argument.name] = argument.default

    def _report(self, key: str, place: Place) -> None:
        self.mistakes.add(
            place,
            f"{self.stage.name}.params.{key}",
            f"bash would not read the value of '{key}' as one plain word",
            f'write {{quote(params["{key}"])}} outside of quotes, or "${{{{params[{key}]}}}}" to have it at run time',
        )
