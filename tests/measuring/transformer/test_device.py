"""The device that is meant, and the one that there is."""

import pytest
import torch

from grader.base.errors import DeviceError
from grader.measuring.transformer.device import VARIABLE, exact_products, found, meant, there


def test_an_option_goes_before_the_variable_and_without_both_it_is_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert meant(None) == "auto"

    monkeypatch.setenv(VARIABLE, " CUDA:1 ")
    assert meant(None) == "cuda:1"
    assert meant("cpu") == "cpu"


@pytest.mark.parametrize("word", ["gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:0", "cuda 1"])
def test_another_word_is_refused_with_the_place_where_it_stands(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeviceError, match=f"--device: `{word}` is not a device; write one of auto, cpu, cuda"):
        meant(word)

    monkeypatch.setenv(VARIABLE, word)
    with pytest.raises(DeviceError, match=f"{VARIABLE}: `{word}` is not a device"):
        meant(None)


def test_a_device_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(DeviceError, match=r"cuda:99: there is no such device here; torch sees .*cpu\. Take one"):
        found("cuda:99")


def test_no_device_of_apple_computes_in_double_precision() -> None:
    with pytest.raises(DeviceError, match="mps: it cannot compute in float64"):
        found("mps", "float64")
    assert found("auto", "float64").type != "mps"


def test_auto_is_a_gpu_where_there_is_one_and_else_the_cpu() -> None:
    assert there()[-1] == "cpu"
    assert str(found("auto")) == there()[0]
    assert all(str(found(name)) == name for name in there())


def test_products_are_exact_meanwhile_and_then_as_the_caller_has_them() -> None:
    matmul = torch.backends.mkldnn.matmul
    before = matmul.fp32_precision
    matmul.fp32_precision = "bf16"
    try:
        with exact_products():
            assert matmul.fp32_precision == "ieee"
        assert matmul.fp32_precision == "bf16"
    finally:
        matmul.fp32_precision = before
