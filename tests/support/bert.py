"""BERT-base's own tokenizer and configuration, without its weights."""

import json
from hashlib import sha256
from pathlib import Path

from grader import exercises
from grader.measuring import transformer

CONFIGURATION = {
    "architectures": ["BertForMaskedLM"],
    "attention_probs_dropout_prob": 0.1,
    "gradient_checkpointing": False,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 768,
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "model_type": "bert",
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "pad_token_id": 0,
    "position_embedding_type": "absolute",
    "transformers_version": "4.6.0.dev0",
    "type_vocab_size": 2,
    "use_cache": True,
    "vocab_size": 30522,
}


def bert_files(folder: Path) -> Path:
    """Write all files of BERT-base but its weights, made from those of MiniLM, which has BERT's vocabulary."""
    minilm = transformer.locate(exercises.load("minilm-heads").transformer, online=False).path
    tokenizer = json.loads((minilm / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer |= {"truncation": None, "padding": None}
    del tokenizer["model"]["type"]  # as the library wrote it when BERT's file was made
    files = {
        "config.json": json.dumps(CONFIGURATION, indent=2) + "\n",
        "tokenizer.json": json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")),
        "tokenizer_config.json": json.dumps({"do_lower_case": True, "model_max_length": 512}),
        "vocab.txt": (minilm / "vocab.txt").read_text(encoding="utf-8"),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder, by name."""
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
