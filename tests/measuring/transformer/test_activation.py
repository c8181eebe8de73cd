"""The activation in place: the library's own formula, in every precision."""

import pytest
import torch
from transformers.activations import NewGELUActivation

from grader.measuring.transformer.activation import ROWS, GeluInPlace


@pytest.mark.parametrize(("dtype", "most"), [(torch.float64, 1e-14), (torch.float32, 2e-6), (torch.bfloat16, 0.016)])
def test_it_is_the_librarys_formula(dtype: torch.dtype, most: float) -> None:
    given = torch.linspace(-8, 8, 2 * (ROWS + 1) * 30, dtype=torch.float64).reshape(2, ROWS + 1, 30).to(dtype)
    exact = NewGELUActivation()(given.double())

    found = GeluInPlace()(given)

    assert found.dtype == dtype
    assert float((found.double() - exact).abs().max()) <= most


def test_what_is_not_in_one_piece_is_computed_as_well() -> None:
    given = torch.linspace(-3, 3, 60).reshape(3, 4, 5)
    exact = NewGELUActivation()(given.mT.clone())

    assert torch.allclose(GeluInPlace()(given.mT), exact, atol=1e-6)
