"""What a program's file says about itself: for which machine it is, which loader it asks for, which libraries. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

_MAGIC = b"\x7fELF"
_64_BIT, _LITTLE_ENDIAN = 2, 1
_MACHINES = {62: "x86_64", 183: "aarch64"}
_HEADER = struct.Struct("<16xHH4xQQ8x4xHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_ENTRY = struct.Struct("<qQ")
_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_NEEDED, _STRINGS, _RPATH, _RUNPATH = 1, 5, 15, 29


class Elf(msgspec.Struct, frozen=True, kw_only=True):
    """A program or a library. `machine` is empty when it is for none that we know; `loader` when it needs none."""

    machine: str
    loader: str = ""
    needed: tuple[str, ...] = ()
    search: str = ""


class _Segment(msgspec.Struct, frozen=True):
    kind: int
    flags: int
    offset: int
    address: int
    physical: int
    size: int
    memory: int
    align: int


def is_elf(content: bytes) -> bool:
    """Does the file begin like one?"""
    return content.startswith(_MAGIC)


def read_elf(content: bytes) -> Elf | None:
    """What the file says; None when it is cut short or no such file."""
    if not is_elf(content) or len(content) < 64:
        return None
    if content[4] != _64_BIT or content[5] != _LITTLE_ENDIAN:
        return Elf(machine="")
    _, machine, _, table, _, each, count = _HEADER.unpack_from(content)
    try:
        segments = [_Segment(*_SEGMENT.unpack_from(content, table + each * at)) for at in range(count)]
        dynamic = list(_dynamic(content, segments))
        strings = next((_offset(value, segments) for tag, value in dynamic if tag == _STRINGS), 0)
        return Elf(
            machine=_MACHINES.get(machine, ""),
            loader=next((_text(content, one.offset) for one in segments if one.kind == _INTERPRETER), ""),
            needed=tuple(_text(content, strings + value) for tag, value in dynamic if tag == _NEEDED),
            search=":".join(_text(content, strings + value) for tag, value in dynamic if tag in (_RPATH, _RUNPATH)),
        )
    except (struct.error, ValueError):
        return None


def _dynamic(content: bytes, segments: list[_Segment]) -> Iterator[tuple[int, int]]:
    for one in segments:
        if one.kind == _DYNAMIC:
            for at in range(one.offset, one.offset + one.size, _ENTRY.size):
                tag, value = _ENTRY.unpack_from(content, at)
                if tag == 0:
                    return
                yield tag, value


def _offset(address: int, segments: list[_Segment]) -> int:
    for one in segments:
        if one.kind == _LOAD and one.address <= address < one.address + one.size:
            return one.offset + address - one.address
    raise ValueError("an address that is nowhere in the file")


def _text(content: bytes, offset: int) -> str:
    return content[offset : content.index(b"\0", offset)].decode("utf-8", "surrogateescape")
