"""Whatever stands in a transformer's files, the answer is an error about them, and at once."""

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest
import torch
from safetensors.torch import load_file, save_file

from grader.base.errors import OutOfMemory, UnsupportedTransformer
from grader.base.memory import enough_memory
from grader.measuring.transformer import load
from grader.measuring.transformer.sane import _refuse_counts, foreign
from grader.schema import TransformerSource
from tests.support.saved_transformers import saved, saved_as_gguf

SECONDS = 20
"""Far more than any of these takes: a refusal that first builds, or counts, takes minutes."""
SOURCE = TransformerSource(name="tiny-one", family="decoder", layers=2, heads=4)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed."""
    return saved(tmp_path_factory.mktemp("whole") / "gpt2", "gpt2")


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / "gpt2")


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return saved_as_gguf(tmp_path_factory.mktemp("whole") / "tiny.gguf").read_bytes()


def refused(path: Path) -> str:
    """The message about it."""
    started = monotonic()
    with pytest.raises(UnsupportedTransformer) as error:
        load(SOURCE, path)
    assert monotonic() - started < SECONDS
    assert str(path) in str(error.value)
    return str(error.value)


def change(file: Path, **values: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


CONFIGURATIONS: dict[str, tuple[dict[str, object], str]] = {
    "a milliard layers": ({"n_layer": 10**9}, "config.json: `n_layer: 1000000000` cannot be"),
    "more layers than tensors": ({"n_layer": 500}, "config.json: `n_layer: 500` cannot be"),
    "no number of layers": ({"n_layer": float("nan")}, "config.json: `n_layer: nan` cannot be"),
    "endless layers": ({"n_layer": float("inf")}, "config.json: `n_layer: inf` cannot be"),
    "layers as text": ({"n_layer": "two"}, "cannot be read"),
    "no heads": ({"n_head": 0}, "`num_attention_heads: 0`; it must be 1 or more"),
    "less than no heads": ({"n_head": -4}, "`num_attention_heads: -4`; it must be 1 or more"),
    "a milliard labels": ({"num_labels": 10**9}, "`num_labels: 1000000000` cannot be"),
    "a milliard words": ({"vocab_size": 10**9}, "describes 32,000,"),
    "a milliard positions": ({"n_positions": 10**9}, "describes 32,000,"),
    "wider than 64 bits": ({"n_embd": 10**30}, "`n_embd: 1000000000000000000000000000000` cannot be"),
    "a list of types": ({"model_type": [1]}, "cannot be read"),
    "no such type": ({"model_type": "gpt9"}, "cannot be read"),
    "nothing but a number": ({"activation_function": 3}, "cannot be read"),
    "a type of another shape": ({"n_embd": 64}, "cannot be read"),
}


@pytest.mark.parametrize(("values", "said"), CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_configuration_that_the_weights_do_not_bear(folder: Path, values: dict[str, object], said: str) -> None:
    change(folder / "config.json", **values)

    assert said in refused(folder)


def nested(folder: Path) -> None:
    (folder / "config.json").write_text('{"a":' + "[" * 100_000 + "]" * 100_000 + "}")


def listed(name: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_text("[]")

    return write


def list_of_parts(folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_text('{"weight_map": ["model.safetensors"]}')


def numbers_of_parts(folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"wte.weight": 1}}')


def no_number(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights["h.1.mlp.c_fc.weight"][3, 4] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def infinite_products(folder: Path) -> None:
    weights = {name: torch.full_like(each, 1e30) for name, each in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def huge_text(folder: Path) -> None:
    with (folder / "tokenizer.json").open("ab") as file:
        file.truncate(200_000_000)


def folder_for_file(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.json").mkdir()


def cut(folder: Path) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])


def long_header(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 2**60) + bytes(100))


def other_ids(folder: Path) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    words = tokenizer["model"]["vocab"]
    words[max(words, key=words.__getitem__)] = 5_000
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


DAMAGE: dict[Callable[[Path], None], str] = {
    nested: "config.json: its brackets are nested too deeply",
    listed("config.json"): "config.json: not a JSON object",
    listed("tokenizer.json"): "tokenizer.json: not a JSON object",
    listed("tokenizer_config.json"): "tokenizer_config.json: not a JSON object",
    listed("model.safetensors.index.json"): "index.json: not a JSON object",
    list_of_parts: "index.json: `weight_map` must give the name of a file for each weight",
    numbers_of_parts: "index.json: `weight_map` must give the name of a file for each weight",
    no_number: "1 of the 4,096 weights of h.1.mlp.c_fc.weight are not numbers",
    huge_text: "tokenizer.json: it has 200,000,000 bytes",
    folder_for_file: "it lacks a tokenizer",
    cut: "model.safetensors: it cannot be read",
    long_header: "model.safetensors: it cannot be read",
}


@pytest.mark.parametrize(("damage", "said"), DAMAGE.items(), ids=range(len(DAMAGE)))
def test_damaged_files(folder: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(folder)

    assert said in refused(folder)


def test_brackets_that_are_nested_deeper_than_python_calls_itself(folder: Path) -> None:
    """Some versions of Python read them."""
    deep: list[object] = [10**9]
    for _ in range(5_000):
        deep = [deep]

    with pytest.raises(UnsupportedTransformer, match=r"`a\.num_labels: 1000000000` cannot be"):
        _refuse_counts(folder / "config.json", {"a": {"num_labels": deep}}, 28)


def test_a_tokenizer_of_another_transformer(folder: Path) -> None:
    other_ids(folder)

    with pytest.raises(UnsupportedTransformer, match=r"gives the token 5000, but GPT2Model has a vocabulary of 300"):
        load(SOURCE, folder)


def test_attention_that_is_no_number(folder: Path) -> None:
    from grader.measuring.attention.streaming import pattern_of

    infinite_products(folder)
    loaded = load(SOURCE, folder)

    with pytest.raises(UnsupportedTransformer, match="attention in layer 0 sums to nan"):
        pattern_of(loaded.model, [1, 2, 3], 1, 0)


COUNTS = 8
"""The place of the numbers of tensors and keys in a `.gguf` file."""


def counted(tensors: int, keys: int) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:COUNTS] + struct.pack("<QQ", tensors, keys) + whole[COUNTS + 16 :]


def array_of(type_: int, count: int) -> Callable[[bytes], bytes]:
    key = struct.pack("<Q", 1) + b"a" + struct.pack("<IIQ", 9, type_, count)
    return lambda whole: whole[:COUNTS] + struct.pack("<QQ", 1, 1) + key + bytes(64)


GGUF: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "tensors without end": (counted(2**63, 1), "its header cannot be: 9223372036854775808 tensors"),
    "keys without end": (counted(1, 2**63), "its header cannot be"),
    "numbers without end": (array_of(0, 2**60), "an array of 1152921504606846976 values"),
    "arrays without end": (array_of(9, 2**40), "an array of 1099511627776 values"),
    "text without end": (lambda whole: whole[:24] + struct.pack("<Q", 2**62) + bytes(64), "more than the file holds"),
    "a type that there is not": (array_of(77, 1), "a value of type 77"),
    "another version": (lambda whole: whole[:4] + struct.pack("<I", 99) + whole[8:], "version 99 of the format"),
    "cut": (lambda whole: whole[:300], "its header cannot be"),
    "no header": (lambda _: b"GGUF", "its header cannot be"),
    "nothing": (lambda _: b"", "it is no .gguf file"),
}


@pytest.mark.parametrize(("changed", "said"), GGUF.values(), ids=GGUF)
def test_an_absurd_header(gguf: bytes, tmp_path: Path, changed: Callable[[bytes], bytes], said: str) -> None:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(changed(gguf))

    assert said in refused(file)


def test_memory_that_runs_out_names_what_needs_it(tmp_path: Path) -> None:
    with pytest.raises(OutOfMemory, match="there is not enough memory"), foreign(tmp_path):
        torch.empty(2**46)
    with pytest.raises(OutOfMemory, match="measuring: there is not enough memory"), enough_memory("measuring"):
        torch.empty(2**46)
    with pytest.raises(OutOfMemory, match="measuring: there is not enough memory"), enough_memory("measuring"):
        bytearray(2**62)


def test_a_library_may_panic_and_a_person_may_interrupt(tmp_path: Path) -> None:
    class Panic(BaseException):
        """As Rust's, which is no Exception."""

    with pytest.raises(UnsupportedTransformer, match="it cannot be read"), foreign(tmp_path):
        raise Panic
    for stop in (KeyboardInterrupt, SystemExit):
        with pytest.raises(stop), foreign(tmp_path):
            raise stop
