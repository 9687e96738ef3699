"""`if:` and `until:`: true, false, or an expression whose result is true or false itself. Anything else is an error.

The whole text is one expression, in which each placeholder stands for its value: `"${{ a }} == 'x'"` compares values,
and no value is ever read as an expression. Placeholders inside quotes are inserted as text: `"'${{ a }}' == 'x'"`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stageline.expressions.error import ExpressionError, Place
from stageline.expressions.lookup import Evaluate
from stageline.expressions.placeholders import find_placeholders
from stageline.expressions.reference import Reference, check_roots

if TYPE_CHECKING:
    from jinja2 import nodes

    from stageline.expressions.closures import Part
    from stageline.expressions.compiler import Compiler

_LITERALS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that has been read; two are equal when their texts are."""

    text: str
    constant: bool | None
    _evaluate: Evaluate = field(repr=False, compare=False)
    _references: tuple[Reference, ...] = field(repr=False, compare=False)

    @property
    def is_constant(self) -> bool:
        """It is `true` or `false`."""
        return self.constant is not None

    def references(self) -> tuple[Reference, ...]:
        """The paths that it reads, in the order of the text."""
        return self._references

    def evaluate(self, names: Mapping[str, Any]) -> bool:
        """Whether it holds."""
        try:
            return bool(self._evaluate(names))
        except RecursionError as error:
            raise Place(self.text, 0, len(self.text)).error("this condition is nested too deeply") from error

    def __reduce__(self) -> tuple[Any, ...]:
        return parse_condition, (self.text,)


def parse_condition(source: object, roots: Collection[str] | None = None) -> Condition:
    """Reads a condition; what is wrong with it, or begins with none of `roots`, is an ExpressionError."""
    if isinstance(source, bool):
        return _literal(str(source).lower(), source)
    if not isinstance(source, str):
        shown = str(source)
        message = 'a condition is true, false, or a text such as "${{ params.n > 1 }}"'
        raise ExpressionError(message, shown, 0, len(shown))
    if (value := _LITERALS.get(source.strip().lower())) is not None:
        return _literal(source, value)
    evaluate, references = _compile(source)
    check_roots(source, references, roots)
    return Condition(source, None, evaluate, references)


def _literal(text: str, value: bool) -> Condition:
    return Condition(text, value, lambda _: value, ())


def _compile(text: str) -> tuple[Evaluate, tuple[Reference, ...]]:
    from stageline.expressions.compiler import Compiler
    from stageline.expressions.grammar import parse_expression

    spans = find_placeholders(text)
    outer = parse_expression(text, 0, len(text), spans)
    inner = {span: parse_expression(text, *span.inner) for span in spans}
    ends = dict(outer.ends)
    for syntax in inner.values():
        ends.update(syntax.ends)
    holes = {span.start + 1: syntax.tree for span, syntax in inner.items()}
    compiler = Compiler(text, ends, holes)
    try:
        part = _boolean(compiler, outer.tree)
    except RecursionError as error:
        raise Place(text, 0, len(text)).error("this condition is nested too deeply") from error
    return part.evaluate, tuple(sorted(compiler.references, key=lambda reference: reference.start))


def _boolean(compiler: "Compiler", node: "nodes.Node") -> "Part":
    """What must be true or false itself, and so must all that it is made of by `and`, `or` and `not`."""
    from jinja2 import nodes

    from stageline.expressions import closures
    from stageline.expressions.operators import only_boolean

    match node:
        case nodes.Name() if node.lineno in compiler.holes:
            return _boolean(compiler, compiler.holes[node.lineno])
        case nodes.And() | nodes.Or():
            link = closures.both if isinstance(node, nodes.And) else closures.either
            left, right = _boolean(compiler, node.left), _boolean(compiler, node.right)
            return closures.Part(link(compiler.at(left), left.evaluate, right.evaluate), left.start, right.end)
        case nodes.Not():
            part = _boolean(compiler, node.node)
            return closures.Part(closures.inverse(compiler.at(part), part.evaluate), node.lineno, part.end)
        case _:
            part = compiler.value(node)
            check = closures.applied(compiler.at(part), "this condition", only_boolean, part.evaluate)
            return part._replace(evaluate=check)
