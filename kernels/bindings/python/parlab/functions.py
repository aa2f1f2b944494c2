"""The extern "C" functions of a cell: which there are, and calls of them with arguments that are checked."""

from __future__ import annotations

import ctypes
import numbers
import re
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import cpp_text
from .arguments import plain, refuse_mask, shown, whole
from .compiled import Built, build
from .errors import BadInput, BadType

NUMBERS = {"double": ctypes.c_double, "float": ctypes.c_float, "bool": ctypes.c_bool, "size_t": ctypes.c_size_t,
           "short": ctypes.c_short, "int": ctypes.c_int, "long": ctypes.c_long, "long long": ctypes.c_longlong,
           "unsigned short": ctypes.c_ushort, "unsigned int": ctypes.c_uint, "unsigned long": ctypes.c_ulong,
           "unsigned long long": ctypes.c_ulonglong, "unsigned char": ctypes.c_ubyte,
           "int8_t": ctypes.c_int8, "int16_t": ctypes.c_int16, "int32_t": ctypes.c_int32,
           "int64_t": ctypes.c_int64, "uint8_t": ctypes.c_uint8, "uint16_t": ctypes.c_uint16,
           "uint32_t": ctypes.c_uint32, "uint64_t": ctypes.c_uint64}
# Words of a type that do not change what is passed.
SILENT = {"const", "volatile", "inline", "constexpr", "restrict", "__restrict", "__restrict__", "std", "::"}


class Parameter:
    """A parameter of a function: a number, or a pointer to the first element of an array."""

    def __init__(self, words: str, place: int) -> None:
        tokens = re.findall(r"\w+|::|\S", words.split("=")[0])
        if "[" in tokens:  # `double x[]`
            tokens = [*tokens[:tokens.index("[") - 1], "*", tokens[tokens.index("[") - 1]]
        self.kind = _number(tokens) or _number(tokens[:-1])
        if self.kind is None:
            raise _cannot_be_bound(words)
        self.name = tokens[-1] if _number(tokens) is None else f"argument {place}"
        self.pointer = "*" in tokens
        self.written = self.pointer and "const" not in tokens[:tokens.index("*")]

    def convert(self, value: Any) -> Any:
        """The value as ctypes takes it. Raises BadType or BadInput where it does not fit."""
        if self.pointer:
            return ctypes.c_void_p(self._address(value))
        number, kind = plain(self.name, value), self.kind
        if kind in (ctypes.c_double, ctypes.c_float):
            if not isinstance(number, numbers.Real):
                raise BadType(f"{self.name} must be a number, not {shown(value)}")
            return kind(number)
        if isinstance(number, bool):
            return kind(number)
        if kind is ctypes.c_bool:
            return kind(whole(self.name, number, 0, 1))
        bits, signed = 8 * ctypes.sizeof(kind), kind(-1).value < 0
        return kind(whole(self.name, number, -2**(bits - 1) if signed else 0, 2**(bits - signed) - 1))

    def _address(self, array: Any) -> int:
        dtype = np.dtype(self.kind)
        if not isinstance(array, np.ndarray):
            raise BadType(f"{self.name} must be a numpy array of {dtype}, not {type(array).__name__}")
        refuse_mask(self.name, array)
        if array.dtype != dtype:
            raise BadType(f"{self.name} holds {array.dtype}, not {dtype}: convert it with "
                          f"{self.name}.astype(numpy.{dtype})")
        if not array.flags.c_contiguous or not array.flags.aligned:
            raise BadInput(f"{self.name} is not contiguous: pass numpy.ascontiguousarray({self.name})")
        if self.written and not array.flags.writeable:
            raise BadInput(f"{self.name} is read-only: pass an array that may be written")
        return array.ctypes.data


class Function:
    """A function in C. Other Python threads run during a call."""

    def __init__(self, declared: cpp_text.Function) -> None:
        self.__name__ = declared.name
        self.__doc__ = " ".join(f"{declared.back} {declared.name}({declared.parameters})".split())
        words = [word for word in declared.parameters.split(",") if word.strip() not in ("", "void")]
        self._parameters = [Parameter(word, place) for place, word in enumerate(words, 1)]
        tokens = re.findall(r"\w+|::|\S", declared.back)
        self._back = _number(tokens)
        if "*" in tokens or self._back is None and "void" not in tokens:
            raise _cannot_be_bound(declared.back)

    def load(self, library: ctypes.CDLL) -> None:
        """Finds the function. Raises BadInput where it is not in the library."""
        try:
            self._call = getattr(library, self.__name__)
        except AttributeError:
            raise BadInput(f"{self.__name__} is not in what was compiled: an inline function is only there "
                           "where it is used") from None
        self._call.restype = self._back

    def __call__(self, *arguments: Any) -> Any:
        if len(arguments) != len(self._parameters):
            raise BadType(f"{self.__doc__} takes {len(self._parameters)} arguments, not {len(arguments)}")
        return self._call(*map(Parameter.convert, self._parameters, arguments))

    def __repr__(self) -> str:
        return f"<{self.__doc__}>"


def bound(cell: str, flags: list[str] | None) -> tuple[SimpleNamespace, Built]:
    """Compiles a cell and binds its functions. Raises CellFailed, and BadInput where there are none or one
    takes what no number and no array is."""
    cell, found = cpp_text.clean(cell), []

    def look(preprocessed: str) -> None:
        found[:] = map(Function, cpp_text.functions(preprocessed))
        if not found:
            raise BadInput('no function that starts with extern "C" in the cell: only those can be bound')

    made = build(f'#include <cstddef>\n#include <cstdint>\n#line 2 "cell"\n{cell}', flags, True, cell, look)
    library = ctypes.CDLL(str(made.path))
    for function in found:
        function.load(library)
    return SimpleNamespace(**{function.__name__: function for function in found}), made


def _number(tokens: list[str]) -> Any:
    """The type of number that these are, or that they point to; None for what is neither."""
    words = [token for token in tokens if token not in SILENT]
    if words[-1:] == ["*"]:
        words.pop()
    if set(words) <= {"signed", "unsigned", "char", "short", "long", "int"} and words:
        size = " ".join(sorted(word for word in words if word in ("char", "short", "long")))
        words = [*["unsigned"] * ("unsigned" in words), size or "int"]
    return NUMBERS.get(" ".join(words))


def _cannot_be_bound(words: str) -> BadInput:
    return BadInput(f"a function cannot be bound with '{' '.join(words.split())}': take "
                    f"{', '.join(NUMBERS)} or a pointer to one")
