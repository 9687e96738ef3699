"""A type in words, for messages and tables: `a number from 0 to 1800`, `a list of texts`."""

from typing import Any

from msgspec import inspect

from stageline.load.words import listed


def words_of(type_: inspect.Type) -> str:
    """What a value of this type is."""
    match type_:
        case inspect.Metadata():
            return words_of(type_.type)
        case inspect.LiteralType():
            return listed(str(value) for value in type_.values)
        case inspect.EnumType():
            return listed(str(member.value) for member in type_.cls)
        case inspect.UnionType():
            *others, last = dict.fromkeys(words_of(one) for one in type_.types if not isinstance(one, inspect.NoneType))
            return f"{', '.join(others)} or {last}" if others else last
        case inspect.ListType() | inspect.VarTupleType():
            return f"a list of {_plural(type_.item_type)}"
        case inspect.DictType():
            return "a map" if isinstance(type_.value_type, inspect.AnyType) else f"a map of {_plural(type_.value_type)}"
        case inspect.StructType():
            return f"a map of {', '.join(field.encode_name.replace('_', '-') for field in type_.fields)}"
        case _:
            return _scalar(type_)


def _scalar(type_: inspect.Type) -> str:
    match type_:
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType():
            return "a text"
        case inspect.IntType():
            return f"a whole number{_range(type_)}"
        case inspect.FloatType():
            return f"a number{_range(type_)}"
        case inspect.NoneType():
            return "nothing"
        case _:
            return "any value"


def _plural(type_: inspect.Type) -> str:
    match type_:
        case inspect.StrType():
            return "texts"
        case inspect.ListType() | inspect.VarTupleType():
            return f"lists of {_plural(type_.item_type)}"
        case inspect.StructType() if hasattr(type_.cls, "kind"):
            return "stages"
        case inspect.StructType():
            return f"maps of {', '.join(field.encode_name.replace('_', '-') for field in type_.fields)}"
        case inspect.AnyType():
            return "any values"
        case _:
            return words_of(type_)


def _range(type_: inspect.IntType | inspect.FloatType) -> str:
    lowest: Any = type_.ge
    if type_.gt is not None:
        return f" above {type_.gt}" + (f" and at most {type_.le}" if type_.le is not None else "")
    if lowest is None:
        return "" if type_.le is None else f" of at most {type_.le}"
    return f" of at least {lowest}" if type_.le is None else f" from {lowest} to {type_.le}"
