"""The families of transformers: how the attention of each is reached, what is special about it, or why it is refused.

Tests measure a small random transformer of each family against the library's own `output_attentions`, once plain and
once with each special feature on; the table in docs/families.md follows from this one.
"""

from typing import Literal, NamedTuple

from grader.base.errors import UnsupportedTransformer

AT_MOST = 1e-6
"""The bound of the difference of any weight from the library's own."""
Way = Literal["interface", "modules", "encoder", "refused"]
"""Through the library's attention interface; taken over in the family's own modules; through the interface in the
encoder of an encoder-decoder, without its decoder; not at all."""


class Family(NamedTuple):
    """One family."""

    name: str
    """The name for people."""
    way: Way
    special: tuple[str, ...] = ()
    """Special features of its attention."""
    why: str = ""
    """The reason for a refusal."""


WINDOW, CAP, SINKS, GROUPED = "sliding window", "capped logits", "sink logits", "grouped keys"
SCALE, ALIBI, RELATIVE, NORMED, ROTARY = "own scale", "ALiBi", "relative positions", "normed queries", "part rotated"

FAMILIES = {
    "gpt2": Family("GPT-2", "interface", ("scaled by layer", "unscaled", "upcast")),
    "gpt_neox": Family("GPT-NeoX and Pythia", "interface", (ROTARY,)),
    "gpt_bigcode": Family("GPTBigCode", "interface", (GROUPED, "unscaled")),
    "gpt_oss": Family("gpt-oss", "interface", (SINKS, WINDOW, GROUPED)),
    "opt": Family("OPT", "interface"),
    "biogpt": Family("BioGPT", "interface"),
    "llama": Family("Llama and SmolLM2", "interface", (GROUPED,)),
    "smollm3": Family("SmolLM3", "interface", (GROUPED, "layers without positions")),
    "mistral": Family("Mistral", "interface", (WINDOW, GROUPED)),
    "mixtral": Family("Mixtral", "interface", (WINDOW, GROUPED)),
    "qwen2": Family("Qwen2", "interface", (WINDOW, GROUPED)),
    "qwen2_moe": Family("Qwen2-MoE", "interface", (WINDOW, GROUPED)),
    "qwen3": Family("Qwen3", "interface", (WINDOW, GROUPED)),
    "gemma": Family("Gemma", "interface", (GROUPED,)),
    "gemma2": Family("Gemma 2", "interface", (WINDOW, CAP, SCALE, GROUPED)),
    "gemma3_text": Family("Gemma 3 (text)", "interface", (WINDOW, SCALE, GROUPED)),
    "phi": Family("Phi", "interface", (ROTARY, NORMED, GROUPED)),
    "phi3": Family("Phi-3", "interface", (WINDOW, GROUPED)),
    "stablelm": Family("StableLM", "interface", (ROTARY, NORMED, GROUPED)),
    "olmo": Family("OLMo", "interface", ("clipped queries", GROUPED)),
    "olmo2": Family("OLMo 2", "interface", (GROUPED,)),
    "granite": Family("Granite", "interface", (SCALE, GROUPED)),
    "cohere": Family("Cohere", "interface", (NORMED, GROUPED)),
    "starcoder2": Family("StarCoder2", "interface", (WINDOW, GROUPED)),
    "bert": Family("BERT and MiniLM", "interface"),
    "roberta": Family("RoBERTa", "interface"),
    "xlm-roberta": Family("XLM-RoBERTa", "interface"),
    "camembert": Family("CamemBERT", "interface"),
    "distilbert": Family("DistilBERT", "interface"),
    "electra": Family("ELECTRA", "interface"),
    "albert": Family("ALBERT", "interface"),
    "modernbert": Family("ModernBERT", "interface", (WINDOW,)),
    "gptj": Family("GPT-J", "modules", (ROTARY,)),
    "gpt_neo": Family("GPT-Neo and TinyStories", "modules", (WINDOW,)),
    "bloom": Family("BLOOM", "modules", (ALIBI,)),
    "falcon": Family("Falcon", "modules", (ALIBI, GROUPED)),
    "mpt": Family("MPT", "modules", (ALIBI, SCALE)),
    "codegen": Family("CodeGen", "modules", (ROTARY,)),
    "xglm": Family("XGLM", "modules"),
    "openai-gpt": Family("GPT", "modules"),
    "deberta": Family("DeBERTa", "modules", (RELATIVE,)),
    "deberta-v2": Family("DeBERTa v2 and v3", "modules", (RELATIVE,)),
    "mpnet": Family("MPNet", "modules", (RELATIVE,)),
    "roformer": Family("RoFormer", "modules", ("rotated values",)),
    "rembert": Family("RemBERT", "modules"),
    "xlm": Family("XLM", "modules", ("causal",)),
    "t5": Family("T5", "encoder", (RELATIVE, "gated")),
    "mt5": Family("mT5", "encoder", (RELATIVE,)),
    "umt5": Family("UMT5", "encoder", (RELATIVE,)),
    "bart": Family("BART", "encoder"),
    "convbert": Family("ConvBERT", "refused", why="half of its heads are convolutions, which have no pattern"),
    "squeezebert": Family("SqueezeBERT", "refused", why="it lays texts out as pictures, and returns no plain pattern"),
    "longformer": Family("Longformer", "refused", why="it computes a band of each pattern, which is no square"),
    "xlnet": Family("XLNet", "refused", why="its modules lay the pattern out in an order of their own"),
    "mamba": Family("Mamba", "refused", why="it has no attention"),
    "fnet": Family("FNet", "refused", why="it mixes tokens by a Fourier transform, and has no attention"),
}
"""By the library's name (`model_type` in config.json)."""
MEASURED = {key: family.name for key, family in FAMILIES.items() if family.way in ("interface", "modules")}
"""The names of the decoders and encoders that are measured as they are."""
ENCODERS = {key: family.name for key, family in FAMILIES.items() if family.way == "encoder"}
"""The names of the encoder-decoders of which the encoder is measured; some weights are the encoder's alone."""


def advice() -> str:
    """Return the families that can be measured, in a sentence."""
    both = ", ".join(ENCODERS.values())
    return f"These families can be measured: {', '.join(MEASURED.values())}; and the encoders of {both}"


def refuse_known(model_type: str, what: str) -> None:
    """Refuse a family that is known to be out of reach; `what` names the transformer.

    Raises:
        UnsupportedTransformer: It is one; the message says why.
    """
    family = FAMILIES.get(model_type)
    if family is not None and family.way == "refused":
        raise UnsupportedTransformer(f"{what} cannot be measured: {family.why}. {advice()}")
