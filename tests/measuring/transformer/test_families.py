"""Each family is equal to the library's own attention, plain and with each special feature on, or is refused."""

import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from weakref import ReferenceType, ref

import pytest
import torch
from torch import Tensor
from transformers import (
    AutoModel,
    BartForConditionalGeneration,
    MambaConfig,
    PreTrainedModel,
    T5EncoderModel,
    T5ForConditionalGeneration,
    XLNetConfig,
)

from grader.base.errors import UnsupportedTransformer
from grader.laboratory.looking import Looking
from grader.measuring.attention import hooked
from grader.measuring.attention.streaming import pattern_of, stream
from grader.measuring.interventions.workbench import Edit, Workbench
from grader.measuring.scan import scan
from grader.measuring.transformer import Loaded, load
from grader.measuring.transformer.borrowed import borrowed
from grader.measuring.transformer.families import AT_MOST, FAMILIES, advice
from grader.measuring.transformer.load import attention_calls
from grader.measuring.transformer.stated import completed, stated, unread
from grader.schema import Kind, ProbeSettings, TransformerSource
from tests.support.every_family import DECODERS, ENCODERS, config, headed, output_projections, special
from tests.support.hooked import Hooked
from tests.support.saved_transformers import tokenizer
from tests.support.tiny import word_tokenizer
from tests.support.trained_tokenizers import TOKENIZERS

LAYERS, HEADS = 2, 4
TEXTS = [[3, 5, 6, 7, 8, 9, 5, 6, 7, 8], [3, 15, 26, 37, 48, 59, 65, 76, 87, 98]]
"""Longer than every sliding window."""
SINGLE = ("xglm", "gpt2 upcast")
"""What the library itself computes in float32 alone."""
REACHED = {name: family for name, family in FAMILIES.items() if family.way != "refused"}
ENCODER = TransformerSource(name="tiny-one", family="encoder", layers=LAYERS, heads=HEADS)
SETTINGS = ProbeSettings(seed=3, random_sequences=8, repeat_sequences=6, grows_to=1)
EVERY = [(name, feature) for name, family in REACHED.items() for feature in ("", *family.special)]


def tiny(family: str, feature: str = "", **more: object) -> PreTrainedModel:
    """Return a random one, always of the same weights, which are so large that heads differ."""
    torch.manual_seed(0)
    settings = (special(family, feature) if feature else {}) | more
    made: PreTrainedModel = AutoModel.from_config(config(family, LAYERS, **settings), experts_implementation="eager")
    made = made.to(torch.float32 if {family, f"{family} {feature}"} & {*SINGLE} else torch.float64).eval()
    for name, weights in made.requires_grad_(False).named_parameters():
        if weights.ndim >= 2:
            weights.mul_(5)
        elif name.endswith("bias"):
            weights.normal_(std=0.3)
    return made


def shown(model: PreTrainedModel) -> list[Tensor]:
    """Return what the library shows of the encoder of an encoder-decoder, or of the whole: [text, head, query, key]."""
    part = model.get_encoder() if model.config.is_encoder_decoder else model
    part.config._attn_implementation = "eager"
    with torch.inference_mode():
        texts = [part(torch.tensor([text]), output_attentions=True).attentions for text in TEXTS]
    return [torch.cat(layer) for layer in zip(*texts, strict=True)]


@cache
def measured(family: str, feature: str = "") -> tuple[list[Tensor], float]:
    """Return the patterns that are streamed, and the largest difference from what the library shows."""
    model, found = tiny(family, feature), list[Tensor]()
    with borrowed(model, word_tokenizer("gpt2")) as lent:
        assert (lent.layers, lent.heads) == (LAYERS, HEADS)
        assert lent.causal == ((family not in ENCODERS and FAMILIES[family].way != "encoder") or feature == "causal")
        stream(lent.model, TEXTS, lambda _, pattern: found.append(pattern.clone()), LAYERS - 1)
    gaps = [(one - other).abs().max() for one, other in zip(found, shown(model), strict=True)]
    return found, float(torch.stack(gaps).max())


@pytest.mark.parametrize(("family", "feature"), EVERY)
def test_every_head_is_equal_to_what_the_library_shows(family: str, feature: str) -> None:
    found, gap = measured(family, feature)

    assert gap <= AT_MOST
    if feature and special(family, feature):
        plain, _ = measured(family)
        assert max(float((one - other).abs().max()) for one, other in zip(found, plain, strict=True)) > 1e-9


@pytest.mark.parametrize("family", REACHED)
def test_each_row_sums_to_1_but_where_a_query_may_pay_attention_to_nothing(family: str) -> None:
    rows = torch.stack(measured(family)[0]).sum(-1)

    assert bool((rows <= 1 + 1e-6).all())
    assert bool((rows >= 1 - 1e-6).all()) == (family != "gpt_oss")


@pytest.mark.parametrize("family", [name for name in hooked.PROJECTIONS if name in FAMILIES])
def test_heads_of_a_family_with_code_of_its_own_are_replaced_as_by_plain_hooks(family: str) -> None:
    model, reference = (headed(family) for _ in range(2))
    if family in SINGLE:
        model, reference = model.float(), reference.float()
    known = Hooked(reference, output_projections(family, reference))
    bench, zeros = Workbench(model.base_model, model), [torch.zeros_like(each) for each in known.outputs(TEXTS)]
    clean = bench.run(TEXTS)
    final, _ = bench.replaced(clean, 1, {1: [Edit(slice(0, 2), (0, 2), zeros[1])]})
    assert final is not None
    logits = torch.cat(list(bench.predictions(final.flatten(0, 1)))).unflatten(0, final.shape[:2])
    expected = known.logits(TEXTS, {1: ((0, 2), zeros[1])})

    most = 1e-3 if family in SINGLE else 1e-9
    assert float((logits - expected).abs().max()) <= most
    assert float((expected - known.logits(TEXTS)).abs().max()) > 10 * most


def test_the_files_of_each_state_its_family_and_shape(tmp_path: Path) -> None:
    for family in REACHED:
        config(family).save_pretrained(tmp_path / family)
        source = completed(unread(family), tmp_path / family)

        assert (source.family, source.layers, source.heads) == ("decoder" if family in DECODERS else "encoder", 2, 4)


def test_where_the_outputs_of_heads_cannot_be_told_no_head_is_replaced() -> None:
    bench = Workbench(tiny("xlm"))

    with pytest.raises(UnsupportedTransformer, match=r"XLMModel .* so no head can be replaced"):
        bench.run(TEXTS)


def test_there_heads_are_looked_at_and_cannot_be_switched_off() -> None:
    words = word_tokenizer("bert")
    looking = Looking(Loaded(tiny("xlm", vocab_size=len(words)), words, ENCODER, ""))

    assert not looking.about.switches
    assert looking.layer("the king waits", 1).shape == (HEADS, 5, 5)
    with pytest.raises(UnsupportedTransformer, match="no head can be replaced"):
        looking.layer("the king waits", 1, [(0, 1)])


def test_threads_at_once_read_what_one_reads_alone() -> None:
    """Each is handed the patterns of its own texts."""
    model = tiny("bloom")
    alone = [pattern_of(model, text, 1, 2) for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(lambda number: pattern_of(model, TEXTS[number % 2], 1, 2), range(40)))

    assert all(torch.equal(pattern, alone[number % 2]) for number, pattern in enumerate(at_once))


def test_a_transformer_with_code_of_its_own_is_given_back_as_it_was() -> None:
    model = tiny("gptj")
    before = {name: sorted(vars(module)) for name, module in model.named_modules()}
    with torch.inference_mode():
        said = model(torch.tensor(TEXTS)).last_hidden_state
    with borrowed(model, word_tokenizer("gpt2")) as lent:
        pattern_of(lent.model, TEXTS[0], 1, 2)

    assert {name: sorted(vars(module)) for name, module in model.named_modules()} == before
    with torch.inference_mode():
        assert torch.equal(model(torch.tensor(TEXTS)).last_hidden_state, said)


def test_nothing_runs_behind_the_last_layer_asked_for_and_one_pattern_is_held() -> None:
    model, ran, held = tiny("gpt_neo"), list[int](), list[ReferenceType[Tensor]]()
    for number, layer in enumerate(model.get_submodule("h").children()):
        layer.register_forward_pre_hook(lambda *_, number=number: ran.append(number))
    hooked.prepared(model)
    ran.clear()

    def receive(layer: int, pattern: Tensor) -> None:
        assert not any(each() is not None for each in held)
        held.append(ref(pattern))

    stream(model, TEXTS, receive, 1)
    assert ran == [0, 1]
    assert len(held) == 2
    ran.clear()
    stream(model, TEXTS, receive, 0)
    assert ran == [0]


def test_half_precision_is_refused_where_the_family_rounds_what_it_returns() -> None:
    with (
        pytest.raises(UnsupportedTransformer, match=r"BloomModel computes attention in code of its own, .* float32"),
        borrowed(tiny("bloom").bfloat16(), word_tokenizer("gpt2")),
    ):
        pytest.fail("it was lent")


OF_THEIR_OWN = {
    "xlnet": XLNetConfig(vocab_size=100, d_model=32, n_layer=LAYERS, n_head=HEADS, d_inner=64),
    "mamba": MambaConfig(vocab_size=100, hidden_size=32, state_size=4, num_hidden_layers=LAYERS),
}
"""The configurations that have other names for their sizes."""


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in REACHED])
def test_what_is_out_of_reach_is_refused_with_the_reason(family: str) -> None:
    narrow: dict[str, object] = {"attention_window": 4} if family == "longformer" else {}
    made = OF_THEIR_OWN.get(family) or config(family, **narrow)
    model = AutoModel.from_config(made, attn_implementation="eager").eval()

    assert attention_calls(model) != [(HEADS, False)] * LAYERS
    with (
        pytest.raises(UnsupportedTransformer, match=re.escape(f"{FAMILIES[family].why}. {advice()}")),
        borrowed(model, word_tokenizer("gpt2")),
    ):
        pytest.fail("it was lent")


def test_the_advice_names_every_family_that_is_measured() -> None:
    assert all(family.name in advice() for family in REACHED.values())
    assert not any(family.why for family in REACHED.values())


def test_heads_of_the_encoder_of_t5_are_replaced_also_in_several_copies_of_a_batch() -> None:
    """Its layers hand on their bias once for all texts."""
    encoder, edited = (tiny("t5").get_encoder() for _ in range(2))
    projected = edited.get_submodule("block.1.layer.0.SelfAttention.o").get_parameter("weight")
    projected.unflatten(-1, (HEADS, -1))[:, 2] = 0
    bench = Workbench(encoder)
    clean = bench.run(TEXTS)
    final, _ = bench.replaced(clean, 2, {1: [Edit(slice(2, 4), (2,), torch.zeros_like(clean.outputs[1]))]})
    with torch.inference_mode():
        own, without = (part(torch.tensor(TEXTS)).last_hidden_state for part in (tiny("t5").get_encoder(), edited))

    torch.testing.assert_close(final, torch.cat((own, without)), rtol=0, atol=1e-9)
    assert not torch.allclose(own, without)


@pytest.mark.parametrize("made", [T5ForConditionalGeneration, T5EncoderModel, BartForConditionalGeneration])
@pytest.mark.parametrize("whole", [False, True])
def test_the_encoder_of_an_encoder_decoder_is_loaded_alone(
    made: type[PreTrainedModel], tmp_path: Path, *, whole: bool
) -> None:
    torch.manual_seed(0)
    saved = made(config("bart" if made is BartForConditionalGeneration else "t5", vocab_size=300)).eval()
    saved.save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    stated_source = stated(tmp_path)
    loaded, found = load(ENCODER, tmp_path, whole=whole), list[Tensor]()
    stream(loaded.model, TEXTS, lambda _, pattern: found.append(pattern.clone()), LAYERS - 1)

    assert (stated_source.family, stated_source.layers, stated_source.heads) == ("encoder", LAYERS, HEADS)
    assert loaded.whole is None
    assert all(torch.allclose(one, other, rtol=0, atol=AT_MOST) for one, other in zip(found, shown(saved), strict=True))


@pytest.mark.parametrize("family", ["gptj", "t5"])
def test_every_kind_of_probe_is_measured_with_the_same_scores_for_any_number_of_threads(family: str) -> None:
    words = TOKENIZERS["GPT-2" if family == "gptj" else "T5"][0]()
    model = tiny(family, vocab_size=len(words), n_positions=256, max_position_embeddings=256)
    kinds = [Kind(type="positional", offset=-1)]
    before = torch.get_num_threads()
    with borrowed(model, words) as lent:
        torch.set_num_threads(1)
        one = scan(lent.model, words, SETTINGS, kinds, causal=lent.causal)
        torch.set_num_threads(4)
        four = scan(lent.model, words, SETTINGS, kinds, causal=lent.causal)
        torch.set_num_threads(before)

    assert one == four
    assert {len(part.statistics[0].value) for of_kind in one for part in of_kind.slices} == {LAYERS}
