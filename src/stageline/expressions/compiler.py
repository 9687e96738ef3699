"""Jinja's syntax tree to one function of the names: each node becomes a closure over the closures of its parts.

No code is generated: nothing is reached but what `lookup`, `operators`, `methods` and `workshop` allow, and each error
knows its place. Compiling evaluates nothing; what is wrong whatever the values are is said here already.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from jinja2 import nodes

from stageline.expressions import closures, operators
from stageline.expressions.closures import Arguments, Part
from stageline.expressions.error import Place
from stageline.expressions.grammar import parse_expression
from stageline.expressions.lookup import MISSING, Evaluate, Key, walk, walk_if_there
from stageline.expressions.methods import call_method, numbers, unknown_method
from stageline.expressions.reference import Reference
from stageline.expressions.workshop import call_filter, call_test, misuse_of_filter, misuse_of_test

_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in"}
_TOLERANT_FILTERS = frozenset({"default", "d", "coalesce"})
_TOLERANT_TESTS = frozenset({"defined", "undefined"})
_FUNCTIONS_OF_PYTHON = {"len": "length", "str": "string", "sorted": "sort"}
_SHOWN = 40

Step = tuple[Key, int, int]


class Compiler:
    """Compiles one expression; `holes` are the expressions that stand behind names at these offsets."""

    def __init__(self, text: str, ends: Mapping[int, int], holes: Mapping[int, nodes.Expr]) -> None:
        self.text = text
        self.ends = ends
        self.holes = holes
        self.references: list[Reference] = []

    def value(self, node: nodes.Node) -> Part:
        """What must be there."""
        match node:
            case nodes.Const():
                return self._constant(node)
            case nodes.Name() | nodes.Getattr() | nodes.Getitem():
                return self._path(node, optional=False)
            case nodes.List() | nodes.Tuple() | nodes.Dict():
                return self._literal(node)
            case nodes.And() | nodes.Or() | nodes.Not() | nodes.CondExpr():
                return self._logic(node)
            case nodes.Compare():
                return self._compare(node)
            case nodes.Neg() | nodes.Pos() | nodes.BinExpr() | nodes.Concat():
                return self._operation(node)
            case nodes.Filter():
                part = self._filter(node)
                message = f"filter `{node.name}` finds nothing here; `| default(…)` says what to use then"
                return part._replace(evaluate=closures.present(self.at(part), message, part.evaluate))
            case nodes.Test():
                return self._test(node)
            case nodes.Call():
                return self._call(node)
            case _:
                raise self._token(node.lineno).error("this cannot stand in an expression")

    def tolerant(self, node: nodes.Node) -> Part:
        """What may be absent, since the one that asks has an answer to that."""
        match node:
            case nodes.Name() | nodes.Getattr() | nodes.Getitem():
                return self._path(node, optional=True)
            case nodes.Filter():
                return self._filter(node)
            case nodes.CondExpr():
                return self._choice(node, optional=True)
            case _:
                return self.value(node)

    def _constant(self, node: nodes.Const) -> Part:
        place = self._token(node.lineno)
        if isinstance(node.value, str) and any("\ud800" <= sign <= "\udfff" for sign in node.value):
            raise place.error("this text holds half of a surrogate pair; write the character itself")
        return Part(closures.constant(node.value), place.start, place.end)

    def _path(self, node: nodes.Node, optional: bool) -> Part:
        """`a.b['c'][0]`: as one walk where it begins with a name, else step by step."""
        node, steps = _unwound(self.text, self.ends, node)
        if isinstance(node, nodes.Name) and node.lineno not in self.holes:
            return self._walk(node, steps, optional)
        part = self._holder(node, optional)
        for key, start, end in steps:
            place = Place(self.text, start, end)
            evaluate = closures.item(place, self._source(part), part.evaluate, closures.constant(key), optional)
            part = Part(evaluate, part.start, end)
        return part

    def _walk(self, root: nodes.Name, steps: list[Step], optional: bool) -> Part:
        first = (root.name, root.lineno, self.ends[root.lineno])
        path = [first, *steps]
        keys = tuple(key for key, _, _ in path)
        static: list[str] = []
        for key in keys:
            if not isinstance(key, str):
                break
            static.append(key)
        end = path[len(static) - 1][2]
        self.references.append(Reference(tuple(static), root.lineno, end, optional))
        evaluate = walk_if_there(keys) if optional else walk(self.text, keys, tuple((a, b) for _, a, b in path))
        return Part(evaluate, root.lineno, path[-1][2])

    def _holder(self, node: nodes.Node, optional: bool) -> Part:
        """What a path begins with that is no name, or that is read by a key known only later."""
        match node:
            case nodes.Name():
                inner = self.holes[node.lineno]
                return self.tolerant(inner) if optional else self.value(inner)
            case nodes.Getitem(arg=nodes.Slice() as bounds):
                part = self.tolerant(node.node) if optional else self.value(node.node)
                parts = tuple(self._bound(bound) for bound in (bounds.start, bounds.stop, bounds.step))
                place = self._token(node.lineno)
                return Part(closures.sliced(place, part.evaluate, parts), part.start, place.end)
            case nodes.Getitem():
                part = self.tolerant(node.node) if optional else self.value(node.node)
                key = self.value(node.arg)
                place = self.at(key)
                evaluate = closures.item(place, self._source(part), part.evaluate, key.evaluate, optional)
                return Part(evaluate, part.start, key.end)
            case _:
                return self.tolerant(node) if optional else self.value(node)

    def _bound(self, node: nodes.Expr | None) -> Evaluate:
        return closures.constant(None) if node is None else self.value(node).evaluate

    def _literal(self, node: nodes.List | nodes.Tuple | nodes.Dict) -> Part:
        place = self._token(node.lineno)
        if isinstance(node, nodes.Dict):
            pairs = tuple((self.value(pair.key).evaluate, self.value(pair.value).evaluate) for pair in node.items)
            return Part(closures.mapped(place, pairs), place.start, place.end)
        items = tuple(self.value(item).evaluate for item in node.items)
        return Part(closures.listed(items), place.start, place.end)

    def _logic(self, node: nodes.And | nodes.Or | nodes.Not | nodes.CondExpr) -> Part:
        match node:
            case nodes.CondExpr():
                return self._choice(node, optional=False)
            case nodes.Not():
                inner = self.value(node.node)
                return Part(closures.inverse(self.at(inner), inner.evaluate), node.lineno, inner.end)
            case nodes.And() | nodes.Or():
                link = closures.both if isinstance(node, nodes.And) else closures.either
                left, right = self.value(node.left), self.value(node.right)
                return Part(link(self.at(left), left.evaluate, right.evaluate), left.start, right.end)

    def _choice(self, node: nodes.CondExpr, optional: bool) -> Part:
        one = self.tolerant(node.expr1) if optional else self.value(node.expr1)
        test = self.value(node.test)
        if node.expr2 is not None:
            other = self.tolerant(node.expr2) if optional else self.value(node.expr2)
        elif optional:
            other = Part(closures.constant(MISSING), test.end, test.end)
        else:
            message = "`if` without `else` has no value when the condition is false; write `else ''` or `else none`"
            raise Place(self.text, one.start, test.end).error(message)
        return Part(closures.chosen(self.at(test), test.evaluate, one.evaluate, other.evaluate), one.start, other.end)

    def _compare(self, node: nodes.Compare) -> Part:
        first = self.value(node.expr)
        others = [(_COMPARISONS[operand.op], self.value(operand.expr)) for operand in node.ops]
        place = Place(self.text, first.start, others[-1][1].end)
        pairs = tuple((sign, part.evaluate) for sign, part in others)
        return Part(closures.compared(place, first.evaluate, pairs), place.start, place.end)

    def _operation(self, node: nodes.Expr) -> Part:
        match node:
            case nodes.Neg() | nodes.Pos():
                inner = self.value(node.node)
                place = Place(self.text, node.lineno, inner.end)
                sign = operators.negative if isinstance(node, nodes.Neg) else operators.positive
                evaluate = closures.applied(place, "the sign", sign, inner.evaluate)
            case nodes.Concat():
                parts = [self.value(part) for part in node.nodes]
                place = Place(self.text, parts[0].start, parts[-1].end)
                evaluate = closures.joined(place, tuple(part.evaluate for part in parts))
            case nodes.BinExpr():
                left, right = self.value(node.left), self.value(node.right)
                place = Place(self.text, left.start, right.end)
                compute = partial(operators.arithmetic, node.operator)
                evaluate = closures.applied(place, "this", compute, left.evaluate, right.evaluate)
            case _:
                raise AssertionError(node)
        return Part(evaluate, place.start, place.end)

    def _filter(self, node: nodes.Filter) -> Part:
        place = self._token(node.lineno)
        tolerant = node.name in _TOLERANT_FILTERS
        given = self._arguments(node, tolerant)
        if wrong := misuse_of_filter(node.name, len(given.positional), [key for key, _ in given.named]):
            raise place.error(wrong)
        assert node.node is not None  # only in filter blocks, which are no expressions
        subject = self.tolerant(node.node) if tolerant else self.value(node.node)
        call = partial(call_filter, node.name)
        evaluate = closures.called(place, f"filter `{node.name}`", call, subject.evaluate, given)
        return Part(evaluate, subject.start, place.end)

    def _test(self, node: nodes.Test) -> Part:
        subject = self.tolerant(node.node) if node.name in _TOLERANT_TESTS else self.value(node.node)
        start = self.text.index(node.name.split(".")[0], self.ends[node.lineno])
        place = Place(self.text, subject.start, start + len(node.name))
        given = self._arguments(node)
        if wrong := misuse_of_test(node.name, len(given.positional), [key for key, _ in given.named]):
            raise place._replace(start=start).error(wrong)
        call = partial(call_test, node.name)
        evaluate = closures.called(place, f"test `is {node.name}`", call, subject.evaluate, given)
        return Part(evaluate, subject.start, place.end)

    def _call(self, node: nodes.Call) -> Part:
        """A method of a value, or `range`: nothing else can be called."""
        match node.node:
            case nodes.Getattr(attr=name) as method:
                subject = self.value(method.node)
                _, (*_, (_, start, end)) = _unwound(self.text, self.ends, method)
                place = Place(self.text, start, end)
                if wrong := unknown_method(name):
                    raise place.error(wrong)
                call = partial(_method, name)
                evaluate = closures.called(place, f"method `{name}`", call, subject.evaluate, self._arguments(node))
                return Part(evaluate, subject.start, self.ends[node.lineno])
            case nodes.Name(name="range") as function if function.lineno not in self.holes:
                place = self._token(function.lineno)
                nothing = closures.constant(None)
                evaluate = closures.called(place, "`range`", _range, nothing, self._arguments(node))
                return Part(evaluate, place.start, self.ends[node.lineno])
            case nodes.Name(name=name) as function if function.lineno not in self.holes:
                place = self._token(function.lineno)
                advice = _FUNCTIONS_OF_PYTHON.get(name, name)
                wrong = (
                    misuse_of_filter(advice, 0, ()) and "; there are filters, `x | length`, and methods, `x.upper()`"
                )
                raise place.error(f"'{name}' is no function here{wrong or f'; write `x | {advice}`'}")
            case _:
                raise self._token(node.lineno).error("only methods of values and `range` can be called")

    def _arguments(self, node: nodes.Filter | nodes.Test | nodes.Call, tolerant: bool = False) -> Arguments:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise self._token(node.lineno).error("arguments are written one by one; `*` and `**` cannot stand here")
        compile_one = self.tolerant if tolerant else self.value
        positional = tuple(compile_one(argument).evaluate for argument in node.args)
        return Arguments(positional, tuple((str(pair.key), self.value(pair.value).evaluate) for pair in node.kwargs))

    def _token(self, offset: int) -> Place:
        return Place(self.text, offset, self.ends.get(offset, offset + 1))

    def at(self, part: Part) -> Place:
        return Place(self.text, part.start, part.end)

    def _source(self, part: Part) -> str:
        """How the author wrote it, where that is short."""
        source = self.text[part.start : part.end]
        return source if len(source) <= _SHOWN and "\n" not in source else "this value"


def _unwound(text: str, ends: Mapping[int, int], node: nodes.Node) -> tuple[nodes.Node, list[Step]]:
    """What a path begins with, and its constant steps in order."""
    steps: list[Step] = []
    while True:
        match node:
            case nodes.Getattr():
                start = ends[node.lineno]
                while text[start].isspace():
                    start += 1
                steps.append((node.attr, start, start + len(node.attr)))
            case nodes.Getitem(arg=nodes.Const(value=str() | int() as key) as constant) if not isinstance(key, bool):
                steps.append((key, constant.lineno, ends.get(constant.lineno, constant.lineno + 1)))
            case _:
                return node, steps[::-1]
        node = node.node


def _method(name: str, subject: Any, positional: list[Any], named: Mapping[str, Any]) -> Any:
    return call_method(subject, name, *positional, **named)


def _range(_: None, positional: list[Any], named: Mapping[str, Any]) -> Any:
    return numbers(*positional, **named)


def compile_value(text: str, start: int, end: int) -> tuple[Evaluate, list[Reference]]:
    """The expression in `text[start:end]`, and the paths that it reads."""
    syntax = parse_expression(text, start, end)
    compiler = Compiler(text, syntax.ends, {})
    try:
        return compiler.value(syntax.tree).evaluate, compiler.references
    except RecursionError as error:
        raise Place(text, start, end).error("this expression is nested too deeply") from error
