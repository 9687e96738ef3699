"""The block `params:` of a workflow: a type, a default value, or both and more in a map."""

from typing import Any

from stageline.load.expect import choice, expect_bool, expect_list, expect_mapping, expect_str, wrong
from stageline.load.fields import Fields, fields_of
from stageline.load.nodes import BrokenNode, ListNode, Node, ScalarNode, plain
from stageline.load.problems import Problems
from stageline.load.words import found
from stageline.model.params import TYPES, Param, Refused, value_of

_KEYS = ("type", "default", "required", "desc", "options")
_WRITTEN = tuple(name for name in TYPES if name != "any")
_OTHER_NAMES = {"string": "str", "text": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list"}
_OTHER_NAMES |= {"dict": "map", "object": "map", "mapping": "map", "enum": "choice", "dt": "datetime"}


def read_params_block(node: Node, problems: Problems) -> dict[str, Param]:
    """The parameters by name."""
    mapping = expect_mapping(node, problems)
    params: dict[str, Param] = {}
    for name, entry in mapping.entries.items() if mapping else ():
        if not name.isidentifier():
            message = f"the name '{name}' cannot stand in an expression"
            problems.add(entry.key, message, "letters, digits and _ make a name, and it does not begin with a digit")
        params[name] = _param(entry.value, problems)
    return params


def _param(node: Node, problems: Problems) -> Param:
    if isinstance(node, ScalarNode):
        return _from_scalar(node, problems)
    if isinstance(node, ListNode):
        return Param(type="list", default=plain(node))
    fields = fields_of(node, problems)
    if fields.entries and fields.entries.keys().isdisjoint(_KEYS):
        hint = "a map as a default is written {type: map, default: {…}}"
        problems.add(node, "no key here says what the parameter is, such as 'type' or 'default'", hint)
        return Param("any")
    fields.refuse_unknown(_KEYS, problems)
    return _from_map(fields, problems)


def _from_scalar(node: ScalarNode, problems: Problems) -> Param:
    """`int` is a type, `5` is a default value whose type is told by it, and so is any text in quotes."""
    if node.value is None:
        return Param("str", required=not isinstance(node, BrokenNode))
    if isinstance(node.value, str):
        if node.style == "" and node.value in _WRITTEN:
            if node.value == "choice":
                problems.add(node, "a choice needs its options", "write {type: choice, options: [a, b]}")
            return Param(node.value, required=True)  # type: ignore[arg-type]
        if node.style == "" and node.value.lower() in _OTHER_NAMES:
            known = _OTHER_NAMES[node.value.lower()]
            problems.add(node, f"'{node.value}' is no type", f"write {known}; or, for a default text, put it in quotes")
    return Param(_type_of(node.value), default=node.value)


def _type_of(value: Any) -> Any:
    kinds: dict[type, str] = {bool: "bool", int: "int", float: "float", list: "list", dict: "map"}
    return kinds.get(type(value), "str")


def _from_map(fields: Fields, problems: Problems) -> Param:
    default, options = fields.get("default"), _options(fields, problems)
    type_ = _type(fields, plain(default) if default is not None else None, options, problems)
    written = fields.get("required")
    required = expect_bool(written, problems) if written is not None else None
    if default is not None and required:
        assert written is not None
        problems.add(written, "a parameter with a default is never missing", "take one of both away")
    desc = fields.get("desc")
    param = Param(
        type=type_,
        required=default is None and required is not False,
        desc=(expect_str(desc, problems) or "") if desc is not None else "",
        options=tuple(options),
    )
    return param if default is None else _with_default(param, default, problems)


def _type(fields: Fields, default: Any, options: list[Any], problems: Problems) -> Any:
    node = fields.get("type")
    if node is None:
        return "choice" if options else _type_of(default)
    if isinstance(node, ScalarNode) and isinstance(node.value, str) and (known := _OTHER_NAMES.get(node.value.lower())):
        problems.add(node, f"'{node.value}' is no type", f"write {known}")
        return known
    type_ = choice(node, problems, _WRITTEN) or "any"
    if type_ == "choice" and fields.get("options") is None:
        problems.add(node, "a choice needs its options", "write 'options: [a, b]' beside it")
    if options and type_ not in ("choice", "any"):
        problems.add(node, f"only a choice has options, and this is {type_}", "write 'type: choice'")
    return type_


def _options(fields: Fields, problems: Problems) -> list[Any]:
    node = fields.get("options")
    items = expect_list(node, problems) if node is not None else None
    options: list[Any] = []
    for item in items.items if items else ():
        if isinstance(item, ScalarNode) and item.value is not None:
            options.append(item.value)
        else:
            wrong(item, problems, "a text or a number")
    if items is not None and not items.items:
        wrong(items, problems, "at least one option")
    return options


def _with_default(param: Param, node: Node, problems: Problems) -> Param:
    """The default must be a value of the type; one without quotes that a text means is taken as it is written."""
    value = plain(node)
    if param.type == "str" and isinstance(node, ScalarNode) and value is not None:
        value = node.text
    try:
        default = value_of(param, value)
    except Refused as error:
        problems.add(node, f"the default is {error}, not {found(node)}")
        default = None
    return Param(param.type, default, False, param.desc, param.options)
