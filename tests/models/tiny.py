"""Models of Hugging Face's kinds, made in no time: a tokenizer trained on a few sentences, random weights."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
    T5Tokenizer,
)

from neuraldb.models import huggingface, serialisation

SENTENCES = (
    "Anna Berg was born in Oslo.", "Nils Berg was born in Bergen.", "Anna Berg works for Equinor.",
    "The Glomma is 621 km long.", "The Nile is 6,650 km long.", "Zoë lives in Tromsø.", "TRUE FALSE",
    "Who was born in Oslo?", "Which river is longest?", "Was Anna Berg born in Oslo?",
)  # fmt: skip


def tokenizer(
    texts: Iterable[str] = SENTENCES, added: Iterable[str] = serialisation.TOKENS, begin: bool = False
) -> PreTrainedTokenizerFast:
    """A byte-level tokenizer, as T5's and BART's are for what matters here: pairs, an end, tokens that were added."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = ["<pad>", "</s>", "<s>"]
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(list(texts), trainer)
    first = "<s> " if begin else ""
    made.post_processor = processors.TemplateProcessing(
        single=f"{first}$A </s>", pair=f"{first}$A </s> $B </s>", special_tokens=[("</s>", 1), ("<s>", 2)]
    )
    wrapped = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", eos_token="</s>", bos_token="<s>")
    wrapped.add_tokens(list(added))
    return wrapped


def t5_tokenizer(texts: Iterable[str] = SENTENCES) -> T5Tokenizer:
    """T5's own tokenizer with a vocabulary from a few texts; other letters are unknown to it."""
    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(vocab_size=120, special_tokens=special, unk_token="<unk>", show_progress=False)
    made.train_from_iterator(list(texts), trainer)
    pieces = json.loads(made.to_str())["model"]["vocab"]
    wrapped = T5Tokenizer(vocab=[(piece, score) for piece, score in pieces], extra_ids=4)
    wrapped.add_tokens(list(serialisation.TOKENS))
    return wrapped


def save_t5(folder: Path, made: Any = None, seed: int = 0) -> Path:
    """A T5 of one layer with its tokenizer."""
    made = made or tokenizer()
    config = T5Config(
        vocab_size=len(made), d_model=32, d_kv=16, d_ff=64, num_layers=1, num_decoder_layers=1, num_heads=2,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, dropout_rate=0.0,
    )  # fmt: skip
    return save(folder, T5ForConditionalGeneration, config, made, seed)


def save_bart(folder: Path, seed: int = 0) -> Path:
    """A BART of one layer with its tokenizer; its texts begin with a token of their own."""
    made = tokenizer(begin=True)
    config = BartConfig(
        vocab_size=len(made), d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=256,
        pad_token_id=0, bos_token_id=2, eos_token_id=1, decoder_start_token_id=1, forced_bos_token_id=2,
    )  # fmt: skip
    return save(folder, BartForConditionalGeneration, config, made, seed)


def save_gpt2(folder: Path, template: str | None = None, seed: int = 0) -> Path:
    """A GPT-2 of one layer with its tokenizer and a chat template."""
    made = tokenizer(added=())
    made.chat_template = template
    config = GPT2Config(
        vocab_size=len(made), n_embd=32, n_layer=1, n_head=2, n_positions=2048, bos_token_id=2, eos_token_id=1
    )
    return save(folder, GPT2LMHeadModel, config, made, seed)


def save(folder: Path, kind: Any, config: Any, made: Any, seed: int) -> Path:
    """A model of a kind with random weights, and its tokenizer."""
    with torch.random.fork_rng(), huggingface.quiet():
        torch.manual_seed(seed)
        kind(config).save_pretrained(folder)
        made.save_pretrained(folder)
    return folder
