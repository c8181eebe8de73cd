"""A file that is not pinned is not read, and without pins every file that is read is in the digest."""

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from grader.base.errors import DigestMismatch, UnsupportedTransformer
from grader.measuring import transformer
from grader.measuring.transformer import Loaded, digest, load
from grader.measuring.transformer.verify import sha256_of
from grader.schema import TransformerSource
from tests.support.saved_transformers import saved, saved_as_gguf

TEXT = "Nora Belling waved at the old house."
TOKENS = {"content": "e", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
BESIDE = {
    "special_tokens_map.json": {"additional_special_tokens": ["e", "a"]},
    "added_tokens.json": {"old": 5, "house": 6},
    "tokenizer_config.json": {"added_tokens_decoder": {"5": TOKENS}, "additional_special_tokens": ["e"]},
    "generation_config.json": {"bos_token_id": 7},
    "adapter_config.json": {"peft_type": "LORA", "base_model_name_or_path": "elsewhere"},
    "chat_template.jinja": "{{ raise_exception('read') }}",
    "tokenizer.4.0.0.json": {},
    "vocab.json": {"e": 0},
    "merges.txt": "#version: 0.2\ne a\n",
    "vocab.txt": "e\na\n",
    "tokenizer.model": "none",
    "preprocessor_config.json": {"feature_extractor_type": "none"},
    "model.safetensors.index.json": {"weight_map": {}},
    "pytorch_model.bin": "a pickle",
    "modeling.py": "raise SystemExit('ran')",
}
"""Files that the library reads, would read in another version, or has read in an earlier one."""


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny transformer without a configuration of its tokenizer; not to be changed."""
    folder = saved(tmp_path_factory.mktemp("clean") / "tiny", "gpt2", 320)  # room for tokens that are added
    (folder / "tokenizer_config.json").unlink()
    return folder


def source(folder: Path | None = None) -> TransformerSource:
    pins = {file.name: sha256_of(file) for file in folder.iterdir()} if folder else {}
    return TransformerSource(name="tiny-one", family="decoder", layers=2, heads=4, files=pins)


def computed(loaded: Loaded) -> tuple[list[int], list[int], torch.Tensor]:
    ids = loaded.tokenizer(TEXT)["input_ids"]
    return ids, sorted(loaded.tokenizer.all_special_ids), loaded.model(torch.tensor([ids])).last_hidden_state


def write(folder: Path, name: str) -> None:
    content = BESIDE[name]
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.fixture(scope="module")
def expected(clean: Path) -> tuple[list[int], list[int], torch.Tensor]:
    return computed(load(source(clean), clean))


@pytest.mark.parametrize("name", BESIDE)
def test_what_is_not_pinned_is_not_read(
    clean: Path, tmp_path: Path, expected: tuple[list[int], list[int], torch.Tensor], name: str
) -> None:
    folder = shutil.copytree(clean, tmp_path / "tiny")
    write(folder, name)
    loaded = load(source(clean), folder)

    assert computed(loaded)[:2] == expected[:2]
    torch.testing.assert_close(computed(loaded)[2], expected[2], rtol=0, atol=0)
    assert loaded.digest == digest(source(clean))


@pytest.mark.parametrize("name", BESIDE)
def test_without_pins_what_changes_anything_changes_the_digest(
    clean: Path, tmp_path: Path, expected: tuple[list[int], list[int], torch.Tensor], name: str
) -> None:
    folder = shutil.copytree(clean, tmp_path / "tiny")
    write(folder, name)
    if digest(source(), folder) == digest(source(), clean):
        ids, special, states = computed(load(source(), folder))
        assert (ids, special) == expected[:2]
        torch.testing.assert_close(states, expected[2], rtol=0, atol=0)


def test_beside_a_gguf_file_nothing_is_read(tmp_path: Path) -> None:
    file = saved_as_gguf(tmp_path / "tiny.gguf")
    before = computed(load(source(), file))
    for name in ("special_tokens_map.json", "added_tokens.json", "tokenizer_config.json"):
        write(tmp_path, name)

    assert computed(load(source(), file))[:2] == before[:2]


def test_a_configuration_that_names_other_weights_is_refused(clean: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(clean, tmp_path / "tiny")
    weights = {name: values + 1 for name, values in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "other.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"transformers_weights": "other.safetensors"}))

    with pytest.raises(UnsupportedTransformer, match=r"config\.json: `transformers_weights: other\.safetensors`"):
        load(source(), folder)


def test_pins_that_leave_out_what_is_needed_are_refused(clean: Path) -> None:
    pinned = source(clean)
    few = pinned.model_copy(update={"files": {"model.safetensors": pinned.files["model.safetensors"]}})

    with pytest.raises(DigestMismatch, match=r"'tiny-one' leave out config\.json, a tokenizer .*add it to `files`"):
        load(few, clean)


def test_the_digest_is_that_of_what_was_loaded(clean: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(clean, tmp_path / "tiny")

    def rewrite(caption: str) -> None:
        if caption.startswith("loading"):
            config = json.loads((folder / "config.json").read_text())
            (folder / "config.json").write_text(json.dumps(config | {"layer_norm_epsilon": 0.5}))

    before = digest(source(), folder)
    assert load(source(), folder, say=rewrite).digest == digest(source(), folder) != before


def test_weights_in_memory_stay_what_they_were(clean: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(clean, tmp_path / "tiny")
    loaded = load(source(), folder)
    before = computed(loaded)[2]
    weights = folder / "model.safetensors"
    with weights.open("r+b") as file:
        file.seek(weights.stat().st_size // 2)
        file.write(b"\x41" * 1000)

    torch.testing.assert_close(computed(loaded)[2], before, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_transformer_that_somebody_names_is_compared_with_the_pins(clean: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(clean, tmp_path / "tiny")
    assert digest(source(clean), folder) == digest(source(clean))
    with (folder / name).open("ab") as file:
        file.write(b" ")

    with pytest.raises(DigestMismatch, match=f"{name}.*is not the file pinned"):
        digest(source(clean), folder)


def test_a_file_written_over_at_the_same_size_and_time_has_another_digest(clean: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(clean, tmp_path / "tiny")
    file = folder / "model.safetensors"
    before, status = transformer.digest(source(), folder), file.stat()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert transformer.digest(source(), folder) != before
