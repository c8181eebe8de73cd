"""The transformer comes from the hub whole, once, and only what is read of it; each use is its own process."""

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.measuring import transformer
from grader.measuring.transformer.verify import sha256_of
from grader.schema import TransformerSource
from tests.support.hub import REPOSITORY, REVISION, Hub, serving
from tests.support.saved_transformers import saved, saved_as_gguf

PATIENCE_SECONDS = 60

NEVER_FETCHED = {
    "pytorch_model.bin": b"\x80\x04.",
    "model.pt": b"\x80\x04.",
    "modeling.py": b"raise SystemExit('ran')",
    "README.md": b"# Tiny",
    "onnx/model.safetensors": b"",
}

PROGRAM = """
import json, sys
from pathlib import Path
from grader.base.errors import GraderError
from grader.schema import TransformerSource
from grader.measuring.transformer import load, locate, verify
source, said, code = TransformerSource.model_validate_json(sys.argv[1]), [], 0
explicit = Path(sys.argv[3]) if len(sys.argv) > 3 else None
found = {"said": said}
try:
    if sys.argv[2] == "load":
        found["digest"] = load(source, explicit, say=said.append).digest
    else:
        located = locate(source, explicit, say=said.append)
        verify(located, source)
        found |= {"origin": located.origin, "path": str(located.path)}
except GraderError as error:
    found |= {"error": type(error).__name__, "message": str(error)}
    code = error.exit_code
print(json.dumps(found))
sys.exit(code)
"""


@dataclass
class Machine:
    """A computer with its own cache of the hub, and the hub that it asks."""

    home: Path
    hub: str
    offline: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of this machine's own settings for the hub or the grader."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "GRADER_"))}
        return kept | {
            "HF_ENDPOINT": self.hub,
            "HF_HOME": str(self.home),
            "HF_HUB_OFFLINE": str(int(self.offline)),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "*",
            "no_proxy": "*",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(Path(transformer.__file__).parents[3]),
        }

    def use(self, source: TransformerSource, how: str = "locate", *explicit: Path) -> dict[str, object]:
        """What a fresh process finds out about the transformer; it writes nothing beside."""
        done = subprocess.run(
            [sys.executable, "-W", "error::UserWarning", "-c", PROGRAM, source.model_dump_json(), how, *explicit],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.stderr == ""
        found: dict[str, object] = json.loads(done.stdout)
        assert done.returncode == (3 if "error" in found else 0)
        return found

    def files(self) -> dict[str, int]:
        """The names and sizes of all contents in the cache."""
        return {path.name: path.stat().st_size for path in self.home.rglob("snapshots/*/*")}

    def leftovers(self) -> list[Path]:
        """What an interrupted download left behind."""
        return list(self.home.rglob("*.incomplete"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny transformer, as it lies on the hub; not to be changed."""
    return saved(tmp_path_factory.mktemp("hub") / "tiny", "gpt2")


@pytest.fixture(scope="session")
def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="session")
def source(folder: Path) -> TransformerSource:
    return TransformerSource(
        name="tiny-one",
        family="decoder",
        layers=2,
        heads=4,
        hub=REPOSITORY,
        revision=REVISION,
        files={file.name: sha256_of(file) for file in folder.iterdir()},
    )


def test_it_is_downloaded_once_and_then_used_off_line(
    contents: dict[str, bytes], source: TransformerSource, tmp_path: Path
) -> None:
    with serving(Hub(contents | NEVER_FETCHED)) as hub:
        machine = Machine(tmp_path, hub.url)
        first = machine.use(source, "load")
        asked = len(hub.requests)
        assert machine.use(source)["origin"] == "cache"
        assert len(hub.requests) == asked
    machine.offline = True
    off_line = machine.use(source, "load")

    assert first["digest"] == off_line["digest"] == transformer.digest(source)
    assert hub.fetched() == set(contents)
    size = len(contents["model.safetensors"]) / 1e6
    assert f"downloading model.safetensors: {size:.1f} of {size:.1f} MB" in first["said"]
    assert off_line["said"] == [
        f"verifying tiny-one (in the hub's cache, {REPOSITORY})",
        f"loading tiny-one (in the hub's cache, {REPOSITORY})",
    ]


def test_without_pins_it_is_downloaded_too(
    contents: dict[str, bytes], source: TransformerSource, tmp_path: Path
) -> None:
    unpinned = source.model_copy(update={"files": {}})
    with serving(Hub(contents | NEVER_FETCHED)) as hub:
        found = Machine(tmp_path, hub.url).use(unpinned)

    assert transformer.digest(unpinned, Path(str(found["path"]))) == transformer.digest(source)


def test_a_gguf_file_alone_is_downloaded(contents: dict[str, bytes], tmp_path: Path) -> None:
    file = saved_as_gguf(tmp_path / "tiny.gguf")
    source = TransformerSource(
        name="tiny-one",
        family="decoder",
        layers=2,
        heads=4,
        hub=REPOSITORY,
        revision=REVISION,
        gguf="tiny.gguf",
        files={"tiny.gguf": sha256_of(file)},
    )
    with serving(Hub(contents | {"tiny.gguf": file.read_bytes()})) as hub:
        machine = Machine(tmp_path / "home", hub.url)
        assert machine.use(source)["origin"] == "hub"
        assert hub.fetched() == {"tiny.gguf"}
        assert machine.use(source)["origin"] == "cache"


def test_other_bytes_than_the_pinned_ones_are_refused_and_not_kept(
    contents: dict[str, bytes], source: TransformerSource, tmp_path: Path
) -> None:
    wrong = contents["model.safetensors"][:-1] + b"\xff"
    with serving(Hub(contents | {"model.safetensors": wrong})) as hub:
        machine = Machine(tmp_path, hub.url)
        refused = machine.use(source)
        hub.files = contents
        mended = machine.use(source)

    assert refused["error"] == "DigestMismatch"
    for part in ("model.safetensors", source.files["model.safetensors"], "removed from the hub's cache", "Try once"):
        assert part in str(refused["message"])
    assert mended["origin"] == "hub"


def test_a_byte_that_changed_in_the_cache_is_refused_until_the_cache_is_cleared(
    contents: dict[str, bytes], source: TransformerSource, tmp_path: Path
) -> None:
    with serving(Hub(contents)) as hub:
        machine = Machine(tmp_path, hub.url)
        weights = Path(str(machine.use(source)["path"])) / "model.safetensors"
        weights.resolve().write_bytes(contents["model.safetensors"][:-1] + b"\xff")
        refused = machine.use(source)
        still = machine.use(source)

        command = f"hf cache rm model/{REPOSITORY}"
        assert refused["error"] == still["error"] == "DigestMismatch"
        assert command in str(refused["message"])
        subprocess.run(
            [Path(sys.executable).parent / "hf", *command.split()[1:], "--yes"],
            env=machine.environment,
            check=True,
            capture_output=True,
        )
        assert machine.use(source)["origin"] == "hub"


def test_a_download_that_breaks_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    big = saved(tmp_path / "big", "gpt2", vocabulary=100_000)  # the library writes in pieces of 10 MiB
    contents = {file.name: file.read_bytes() for file in big.iterdir()}
    source = TransformerSource(
        name="big", family="decoder", layers=2, heads=4, hub=REPOSITORY, revision=REVISION,
        files={file.name: sha256_of(file) for file in big.iterdir()},
    )  # fmt: skip
    with serving(Hub(contents, cuts={"model.safetensors": 1})) as hub:
        found = Machine(tmp_path / "home", hub.url).use(source)

    assert found["origin"] == "hub"
    assert hub.requests[-1] == f"GET /{REPOSITORY}/resolve/{REVISION}/model.safetensors bytes=10485760-"


def test_a_download_that_keeps_breaking_off_is_an_error_and_no_half_file_is_used(
    contents: dict[str, bytes], source: TransformerSource, tmp_path: Path
) -> None:
    with serving(Hub(contents, ranges=False, cuts={"model.safetensors": 1000})) as hub:
        machine = Machine(tmp_path, hub.url)
        broken = machine.use(source)
        assert "model.safetensors" not in machine.files()
        assert machine.leftovers() == []
        hub.cuts.clear()
        whole = machine.use(source)

    assert broken["error"] == "TransformerNotFound"
    assert "the hub's cache: it lacks weights" in str(broken["message"])
    assert "RemoteProtocolError" in str(broken["message"])
    assert whole["origin"] == "hub"


def test_an_unreachable_hub_is_one_error_that_names_the_ways_and_comes_soon(
    source: TransformerSource, tmp_path: Path
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        machine = Machine(tmp_path, f"http://127.0.0.1:{closed.getsockname()[1]}")
        began = time.monotonic()
        found = machine.use(source)

    assert time.monotonic() - began < 20
    assert found["error"] == "TransformerNotFound"
    for part in (
        "the hub's cache: it lacks config.json",
        "ConnectError",
        "grade submit FILE --transformer PATH",
        "export GRADER_TRANSFORMER_TINY_ONE=PATH",
        f"hf download {REPOSITORY} --revision {REVISION}",
    ):
        assert part in str(found["message"])


def test_off_line_nothing_is_asked(contents: dict[str, bytes], source: TransformerSource, tmp_path: Path) -> None:
    with serving(Hub(contents)) as hub:
        found = Machine(tmp_path, hub.url, offline=True).use(source)

    assert hub.requests == []
    assert found["error"] == "TransformerNotFound"
    assert "HF_HUB_OFFLINE is set" in str(found["message"])


def test_the_download_command_of_the_error_is_a_way_that_works(
    contents: dict[str, bytes], source: TransformerSource, tmp_path: Path
) -> None:
    with serving(Hub(contents)) as hub:
        machine = Machine(tmp_path, hub.url, offline=True)
        message = str(machine.use(source)["message"])
        command = next(line.split() for line in message.splitlines() if line.strip().startswith("hf download"))
        machine.offline = False
        subprocess.run(
            [Path(sys.executable).parent / "hf", *(word.strip('"') for word in command[1:])],
            env=machine.environment,
            check=True,
            capture_output=True,
        )
    machine.offline = True
    assert machine.use(source)["origin"] == "cache"


def test_a_repository_of_pickles_is_refused_without_fetching_them(
    contents: dict[str, bytes], source: TransformerSource, tmp_path: Path
) -> None:
    pickled = {name: content for name, content in contents.items() if name != "model.safetensors"} | NEVER_FETCHED
    with serving(Hub(pickled)) as hub:
        found = Machine(tmp_path, hub.url).use(source)

    assert found["error"] == "TransformerNotFound"
    assert "it lacks weights (*.safetensors)" in str(found["message"])
    assert hub.fetched().isdisjoint(NEVER_FETCHED)


def test_a_revision_that_the_hub_does_not_know_is_an_error(
    contents: dict[str, bytes], source: TransformerSource, tmp_path: Path
) -> None:
    with serving(Hub(contents)) as hub:
        found = Machine(tmp_path, hub.url).use(source.model_copy(update={"revision": "f" * 40}))

    assert found["error"] == "TransformerNotFound"
    assert "404" in str(found["message"])


def test_a_local_folder_asks_the_hub_for_nothing(folder: Path, source: TransformerSource, tmp_path: Path) -> None:
    with serving(Hub({})) as hub:
        found = Machine(tmp_path, hub.url).use(source, "load", folder)

    assert found["digest"] == transformer.digest(source)
    assert hub.requests == []
