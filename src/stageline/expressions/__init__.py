"""The expression language `${{ … }}`: read once, evaluated many times against names that are handed in. Pure."""

from stageline.expressions.condition import Condition, parse_condition
from stageline.expressions.error import ExpressionError
from stageline.expressions.reference import Reference
from stageline.expressions.template import Template, parse
from stageline.expressions.tree import Tree, evaluate_tree, parse_tree, tree_errors

__all__ = [
    "Condition",
    "ExpressionError",
    "Reference",
    "Template",
    "Tree",
    "evaluate_tree",
    "parse",
    "parse_condition",
    "parse_tree",
    "tree_errors",
]
