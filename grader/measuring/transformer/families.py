"""The families of transformers that can be measured: those whose attention goes through the library's interface."""

MEASURED = {
    "gpt2": "GPT-2",
    "gpt_neox": "GPT-NeoX and Pythia",
    "gpt_bigcode": "GPTBigCode",
    "gpt_oss": "gpt-oss",
    "opt": "OPT",
    "biogpt": "BioGPT",
    "llama": "Llama and SmolLM2",
    "smollm3": "SmolLM3",
    "mistral": "Mistral",
    "mixtral": "Mixtral",
    "qwen2": "Qwen2",
    "qwen2_moe": "Qwen2-MoE",
    "qwen3": "Qwen3",
    "gemma": "Gemma",
    "gemma2": "Gemma 2",
    "gemma3_text": "Gemma 3 (text)",
    "phi": "Phi",
    "phi3": "Phi-3",
    "stablelm": "StableLM",
    "olmo": "OLMo",
    "olmo2": "OLMo 2",
    "granite": "Granite",
    "cohere": "Cohere",
    "starcoder2": "StarCoder2",
    "bert": "BERT and MiniLM",
    "roberta": "RoBERTa",
    "xlm-roberta": "XLM-RoBERTa",
    "camembert": "CamemBERT",
    "distilbert": "DistilBERT",
    "electra": "ELECTRA",
    "albert": "ALBERT",
    "modernbert": "ModernBERT",
}
"""Their names for people, by the library's (`model_type` in config.json): tests measure a small one of each."""
NOT_MEASURED = {
    "gptj": "GPT-J",
    "gpt_neo": "GPT-Neo",
    "bloom": "BLOOM",
    "mpt": "MPT",
    "codegen": "CodeGen",
    "xglm": "XGLM",
    "deberta-v2": "DeBERTa v2",
    "mpnet": "MPNet",
    "roformer": "RoFormer",
    "xlm": "XLM",
}
"""Well-known families whose attention is out of reach."""


def advice() -> str:
    """Return the families that can be measured, in a sentence."""
    return f"These families can be measured: {', '.join(MEASURED.values())}"
