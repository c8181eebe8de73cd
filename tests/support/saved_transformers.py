"""Tiny transformers with random weights, saved as real ones are: in folders and `.gguf` files."""

import json
from pathlib import Path

import gguf
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2Model,
    LlamaConfig,
    LlamaModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

TEXTS = ["Nora Belling waved, and Nora Belling smiled at the old red house near the bridge."] * 4


def tokenizer(size: int = 300) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer, trained on one sentence."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        TEXTS,
        trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=["<end>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<end>", eos_token="<end>")  # noqa: S106


def model(family: str, vocabulary: int = 300) -> PreTrainedModel:
    """Return a transformer of 2 layers with 4 heads and weights from a fixed seed."""
    torch.manual_seed(0)
    if family == "gpt2":
        return GPT2Model(GPT2Config(vocab_size=vocabulary, n_positions=64, n_embd=32, n_layer=2, n_head=4)).eval()
    sizes = {
        "vocab_size": vocabulary,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 64,
    }
    if family == "llama":
        return LlamaModel(LlamaConfig(**sizes, num_key_value_heads=2)).eval()
    return BertModel(BertConfig(**sizes)).eval()


def saved(folder: Path, family: str, vocabulary: int = 300) -> Path:
    """Save weights, configuration and tokenizer of a tiny transformer in the folder, and return it."""
    model(family, vocabulary).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def saved_as_gguf(file: Path) -> Path:
    """Save the tiny Llama and its tokenizer in the file, and return it."""
    llama, words = model("llama"), tokenizer()
    config = llama.config
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_vocab_size(config.vocab_size)
    bpe = json.loads(words.backend_tokenizer.to_str())["model"]
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(sorted(bpe["vocab"], key=bpe["vocab"].get))
    writer.add_token_types([gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * (len(bpe["vocab"]) - 1))
    writer.add_token_merges([" ".join(pair) for pair in bpe["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    for name, weights in llama.state_dict().items():
        writer.add_tensor(*_in_gguf(name, weights, config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


GGUF_NAMES = {
    "embed_tokens": "token_embd",
    "norm": "output_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def _in_gguf(name: str, weights: torch.Tensor, config: LlamaConfig) -> tuple[str, object]:
    """Return a weight by its name in the format, which interleaves the two halves of each head's queries and keys."""
    place, prefix = name.removesuffix(".weight"), ""
    if place.startswith("layers."):
        _, layer, place = place.split(".", 2)
        prefix = f"blk.{layer}."
    heads = {"self_attn.q_proj": config.num_attention_heads, "self_attn.k_proj": config.num_key_value_heads}
    if place in heads:
        halves = weights.reshape(heads[place], 2, config.head_dim // 2, -1)
        weights = halves.transpose(1, 2).reshape(weights.shape)
    return f"{prefix}{GGUF_NAMES[place]}.weight", weights.contiguous().numpy()
