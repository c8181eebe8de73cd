"""The device on which heads are measured: the one that is meant, and the one that there is.

The CPU is the reference: what is kept of it is taken everywhere, and what another device gives is read more cautiously
(`grader/measuring/tables/elsewhere.py`). Only `found` imports torch.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from grader.base.environment import value
from grader.base.errors import DeviceError
from grader.base.language import N_, _
from grader.base.memory import enough_memory
from grader.schema import REFERENCE, Precision

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

VARIABLE = "GRADER_DEVICE"
AUTO = "auto"
"""A GPU where there is one that can be used, else the CPU."""
_NAMES = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?")
WRONG = N_("{where}: `{word}` is not a device; write one of {names}")
NO_GPU = N_("{device}: there is no such device here; torch sees {seen}. Take one of them, or leave the device out")
MOVING = N_("moving the transformer to {device}")
NO_DOUBLE = N_("mps: it cannot compute in float64, which this exercise asks for; take cpu, or leave the device out")


def meant(word: str | None, where: str = "--device") -> str:
    """Return the device that a word means, or if there is none, the variable's; `auto` if neither is given.

    Raises:
        DeviceError: It is not the name of a device.
    """
    if not word:
        word, where = value(VARIABLE), VARIABLE
    name = word.strip().lower() or AUTO
    if not _NAMES.fullmatch(name):
        raise DeviceError(_(WRONG, where=where, word=word, names="auto, cpu, cuda, cuda:1, mps"))
    return name


def found(device: str, precision: Precision = "float32") -> "torch.device":
    """Return the device of this name, which `meant` returned, for weights in this precision.

    Raises:
        DeviceError: It is not there, or cannot compute in this precision.
    """
    import torch

    if device == AUTO:
        return torch.device(next((name for name in there() if name != "mps" or precision != "float64"), REFERENCE))
    if device == "mps" and precision == "float64":
        raise DeviceError(_(NO_DOUBLE))
    seen = there()
    if device not in seen:
        raise DeviceError(_(NO_GPU, device=device, seen=", ".join(seen)))
    return torch.device(device)


def moved(model: "PreTrainedModel", place: "torch.device") -> None:
    """Move the transformer to a device.

    Raises:
        OutOfMemory: The device has too little memory for it.
    """
    with enough_memory(_(MOVING, device=place)):
        model.to(place)  # type: ignore[arg-type]


def there() -> list[str]:
    """Return the names of all devices that torch can use here, the CPU last; `cuda` is the first of several."""
    import torch

    names = [f"cuda:{number}" for number in range(torch.cuda.device_count() if torch.cuda.is_available() else 0)]
    if names:
        names.insert(0, "cuda")
    if torch.backends.mps.is_available():
        names.append("mps")
    return [*names, REFERENCE]


def room(place: "torch.device") -> int:
    """Return the bytes of a GPU's memory that can still be had."""
    import torch

    if place.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    unused = torch.cuda.memory_reserved(place) - torch.cuda.memory_allocated(place)  # held by torch, and free
    return int(torch.cuda.mem_get_info(place)[0]) + unused


def given_back(place: "torch.device") -> None:
    """Give back the memory of a GPU that torch holds for later; on the CPU nothing is held."""
    import torch

    if place.type != REFERENCE:
        getattr(torch, place.type).empty_cache()


def in_double(place: "torch.device") -> str:
    """Return the device on which the statistics of what is measured here are taken, which needs float64."""
    return REFERENCE if place.type == "mps" else str(place)


@contextmanager
def exact_products() -> Iterator[None]:
    """Let products of float32 be of float32, whatever shorter numbers the caller allows (TF32, bfloat16)."""
    import torch

    kinds = [getattr(each, "matmul", None) for each in (torch.backends.cuda, torch.backends.mkldnn)]
    backends: list[Any] = [each for each in kinds if hasattr(each, "fp32_precision")]  # from torch 2.9 on
    before = [backend.fp32_precision for backend in backends]
    try:
        for backend in backends:
            backend.fp32_precision = "ieee"
        yield
    finally:
        for backend, precision in zip(backends, before, strict=True):
            backend.fp32_precision = precision
