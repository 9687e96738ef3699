"""Constant texts and plain paths, the most of any workflow, are read without Jinja."""

import sys
from importlib import import_module

import pytest


@pytest.fixture
def without_jinja(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith("stageline.expressions"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jinja2", None)


@pytest.mark.usefixtures("without_jinja")
def test_constants_and_paths_need_no_jinja() -> None:
    room = import_module("stageline.expressions")
    assert room.parse("plain").is_constant
    assert room.parse("n=${{ params.n }}, ${{ item }}").evaluate({"params": {"n": 1}, "item": None}) == "n=1, null"
    assert room.parse_tree({"a": ["${{ params.n }}"]}).evaluate({"params": {"n": 1}}) == {"a": [1]}
    assert room.parse_condition("true").evaluate({}) is True
    with pytest.raises(ImportError):
        room.parse("${{ n + 1 }}")
