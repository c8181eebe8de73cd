"""The transformer as a script for the browser, and those that the browser cannot run."""

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from shutil import copytree, ignore_patterns

import numpy as np
import pytest
from tokenizers import Tokenizer, normalizers

from grader import exercises
from grader.base.errors import UnsupportedTransformer
from grader.explorer import weights
from grader.explorer.files import of_files
from grader.explorer.weights import GLOBAL, transformer_script
from grader.measuring.transformer import Loaded, load, locate


@pytest.fixture
def loaded() -> Loaded:
    return load(exercises.load("mini-heads").transformer)


def test_the_script_holds_every_weight_exactly(loaded: Loaded) -> None:
    script = transformer_script(loaded)

    content = json.loads(script.removeprefix(f"globalThis.{GLOBAL}=").removesuffix(";\n"))
    numbers = np.frombuffer(b64decode(content["numbers"]), "<f2")
    own = loaded.model.state_dict()
    assert [name for name, _ in content["tensors"]] == sorted(own)
    assert (numbers == np.concatenate([own[name].numpy().ravel() for name in sorted(own)])).all()
    assert script == transformer_script(load(loaded.source))


def other_activation(loaded: Loaded) -> None:
    loaded.model.config.activation_function = "relu"


def finer_weights(loaded: Loaded) -> None:
    loaded.model.get_parameter("ln_f.weight").data += 1e-5


def narrow_heads(loaded: Loaded) -> None:
    loaded.model.config.n_head = 64


def other_tokenizer(loaded: Loaded) -> None:
    backend: Tokenizer = loaded.tokenizer.backend_tokenizer
    backend.normalizer = normalizers.Lowercase()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (other_activation, "`activation_function` is relu"),
        (finer_weights, "no float16 numbers"),
        (narrow_heads, "not a multiple of 8 wide"),
        (other_tokenizer, "byte-level BPE"),
    ],
)
def test_what_the_browser_cannot_run_is_refused_with_the_way_out(
    loaded: Loaded, change: Callable[[Loaded], None], reason: str
) -> None:
    change(loaded)

    with pytest.raises(UnsupportedTransformer, match=f"mini-gpt2.*{reason}.*grade explore"):
        transformer_script(loaded)


def test_too_large_a_transformer_is_refused(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "MOST_NUMBERS", 3_000_000)

    with pytest.raises(UnsupportedTransformer, match="3 million weights"):
        transformer_script(loaded)


def test_the_files_alone_give_the_same_script(loaded: Loaded) -> None:
    assert transformer_script(of_files(loaded.source)) == transformer_script(loaded)


def no_inner(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    del config["n_inner"]
    (folder / "config.json").write_text(json.dumps(config))


def no_first_token(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text("{}")


def cut_weights(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 20)


@pytest.mark.parametrize("change", [no_inner, no_first_token, cut_weights, no_weights])
def test_files_that_do_not_say_everything_are_refused(
    loaded: Loaded, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    folder = copytree(locate(loaded.source).path, tmp_path / "copy", ignore=ignore_patterns("heat-maps"))
    change(folder)

    with pytest.raises(UnsupportedTransformer, match=r"head-grader\[measure\]"):
        of_files(loaded.source.model_copy(update={"files": {}}), folder)
