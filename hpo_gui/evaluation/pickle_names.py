"""What a pickle would import, found by reading its opcodes: nothing is imported, called or made.

The machine here keeps track of the strings on the pickle's stack, since the newer opcode of a
global takes its module and its name from there. Joblib puts the bytes of arrays between the
opcodes; they are passed over by the shape and type that the pickle says they have.

A pickle that wants to be misread can be: what is found is to be told, never to be relied on.
"""

from __future__ import annotations

import io
import math
import pickletools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

COMPUTED = "(a name that is computed while loading)"
WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
DTYPE = "numpy.dtype"
HAS_OBJECTS = 0x01  # NPY_ITEM_HASOBJECT, in the flags of a dtype
FLAGS_AT = 7  # in the state of a dtype
_TYPE = re.compile(r"[?a-zA-Z]\d{0,9}")
_MARK = object()
_UNKNOWN = object()


@dataclass
class _Made:
    """What a global, or a call of it, stands for on the stack."""

    name: str
    args: Any = ()
    state: Any = field(default=None, repr=False)


def pickle_names(file: io.BytesIO) -> Iterator[str]:
    """The dotted names of a pickle, as they come; may come more than once.

    Raises
    ------
    ValueError, IndexError, KeyError, TypeError, OverflowError, RecursionError : it is no pickle,
        or one that cannot be followed; what it would import is not known then
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    arg: Any
    for opcode, arg, _ in pickletools.genops(file):
        match opcode.name:
            case "MARK":
                stack.append(_MARK)
            case "POP":
                stack.pop()
            case "DUP":
                stack.append(stack[-1])
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                memo[int(arg)] = stack[-1]
            case "MEMOIZE":
                memo[len(memo)] = stack[-1]
            case "GET" | "BINGET" | "LONG_BINGET":
                stack.append(memo[int(arg)])
            case "EXT1" | "EXT2" | "EXT4":
                yield f"(the extension {arg} of copyreg)"
                stack.append(_UNKNOWN)
            case "GLOBAL" | "INST":
                if opcode.name == "INST":
                    _take(stack, opcode)
                yield (name := str(arg).replace(" ", "."))
                stack.append(_Made(name))
            case "STACK_GLOBAL":
                module, attribute = _take(stack, opcode)
                known = isinstance(module, str) and isinstance(attribute, str)
                yield (name := f"{module}.{attribute}" if known else COMPUTED)
                stack.append(_Made(name))
            case "BUILD":
                made, state = _take(stack, opcode)
                stack.append(made)
                if isinstance(made, _Made):
                    made.state = state
                    if made.name == WRAPPER:
                        yield from _pass_array(file, state)
            case _:
                taken = _take(stack, opcode)
                stack.extend(_left(opcode, arg, taken))


def _take(stack: list[Any], opcode: pickletools.OpcodeInfo) -> list[Any]:
    """Take from the stack what an opcode takes, without marks."""
    before = opcode.stack_before
    if pickletools.markobject not in before:
        count = len(before)
        if count > len(stack):
            raise IndexError("the stack is empty")
        taken = stack[len(stack) - count :]
        del stack[len(stack) - count :]
        return taken
    start = len(stack) - 1
    while stack[start] is not _MARK:
        start -= 1
        if start < 0:
            raise IndexError("no mark on the stack")
    start -= before.index(pickletools.markobject)
    taken = stack[max(start, 0) :]
    del stack[max(start, 0) :]
    return [one for one in taken if one is not _MARK]


def _left(opcode: pickletools.OpcodeInfo, arg: Any, taken: list[Any]) -> list[Any]:
    """What an opcode leaves on the stack: enough to know strings, and the shapes of arrays."""
    match opcode.name:
        case "EMPTY_DICT":
            return [{}]
        case "DICT":
            return [_with_items({}, taken)]
        case "SETITEM" | "SETITEMS":
            return [_with_items(taken[0], taken[1:])]
        case "APPEND" | "APPENDS" | "ADDITEMS":
            return taken[:1]
        case "EMPTY_TUPLE" | "TUPLE" | "TUPLE1" | "TUPLE2" | "TUPLE3":
            return [tuple(taken)]
        case "REDUCE" | "NEWOBJ":
            made, args = taken
            return [_Made(made.name, args) if isinstance(made, _Made) else _UNKNOWN]
        case "NEWTRUE":
            return [True]
    count = len(opcode.stack_after)
    return [arg if arg is not None and count == 1 else _UNKNOWN] * count


def _with_items(target: Any, items: list[Any]) -> Any:
    """Only names are looked at: the hash of a key could be made to take for ever."""
    if isinstance(target, dict):
        for key, value in zip(items[::2], items[1::2], strict=False):
            if isinstance(key, str):
                target[key] = value
    return target


def _pass_array(file: io.BytesIO, state: Any) -> Iterator[str]:
    """Go to the end of an array that joblib has put between the opcodes."""
    dtype, shape = state["dtype"], state["shape"]
    text = dtype.args[0]
    if dtype.name != DTYPE or not _TYPE.fullmatch(text):
        raise ValueError("an array of unknown type")
    flags = dtype.state[FLAGS_AT] if dtype.state and len(dtype.state) > FLAGS_AT else 0
    if text.startswith("O") or flags & HAS_OBJECTS:
        yield from pickle_names(file)  # an array of objects is a pickle of its own
        return
    if isinstance(state.get("numpy_array_alignment_bytes"), int):
        padding = file.read(1)
        file.seek(padding[0], io.SEEK_CUR)
    size = np.dtype(text).itemsize * math.prod(shape)
    if not 0 <= size <= len(file.getbuffer()) - file.tell():
        raise ValueError("an array beyond the end of the file")
    file.seek(size, io.SEEK_CUR)
