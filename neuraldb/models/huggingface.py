"""Hugging Face models from folders on this machine: never from a hub, never with code of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

import neuraldb.models.runtime  # noqa: F401 - it switches the hub off, before the library is loaded
from neuraldb.core.errors import MissingExtra, ModelUnavailable
from neuraldb.models.folders import check

_QUIET = threading.RLock()  # how talkative the library is, is one for all threads


def library() -> Any:
    """The module ``transformers``.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import transformers
    except ImportError as error:
        raise MissingExtra("transformers is not installed", hint='pip install "neuraldb[transformers]"') from error
    return transformers


def load(folder: Path, kind: str) -> tuple[Any, Any]:
    """The model and the tokenizer of a folder, in full precision, ready to read.

    Args:
        folder: what ``save_pretrained`` of both has written.
        kind: the class that loads the model: ``AutoModelForSeq2SeqLM`` or ``AutoModelForCausalLM``.

    Raises:
        MissingExtra: transformers is not installed.
        ModelUnavailable: there is no such folder, or no model of the kind in it.
    """
    check(folder)
    transformers = library()
    try:
        with quiet():
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False
            )
            model = getattr(transformers, kind).from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False, dtype=torch.float32
            )
    except Exception as error:  # the library raises errors of many kinds for a folder that does not fit
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelUnavailable(f"the model in {folder} cannot be loaded: {reason}") from error
    return model.eval(), tokenizer


@contextmanager
def quiet() -> Iterator[None]:
    """A block in which the library shows neither progress nor advice; afterwards it is as talkative as before."""
    logging = library().utils.logging
    with _QUIET:
        level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            yield
        finally:
            logging.set_verbosity(level)
            if bars:
                logging.enable_progress_bar()


def write_plainly(model: Any, tokens: int) -> None:
    """Have a model write greedily, at most so many tokens, whatever its folder says of beams, lengths and penalties.

    Its own settings are replaced, since the library fills up with them whatever a call leaves open.
    """
    own = model.generation_config
    names = ("decoder_start_token_id", "bos_token_id", "eos_token_id", "pad_token_id", "forced_bos_token_id")
    ids = {name: getattr(own, name, None) for name in names}
    model.generation_config = library().GenerationConfig(
        **ids, max_new_tokens=tokens, do_sample=False, num_beams=1, return_dict_in_generate=True, output_logits=True
    )


def positions(model: Any) -> int | None:
    """How many tokens a model's longest text may have; None where there is no end."""
    longest = getattr(model.config, "max_position_embeddings", None)
    return longest if isinstance(longest, int) else None


def ends_of(own: Any) -> set[int]:
    """The tokens of a generation configuration that end a text."""
    ends = own.eos_token_id
    return set(ends) if isinstance(ends, list | tuple) else {ends} - {None}
