"""The prompt of a terminal: several lines, completion, colours, history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.filters import completion_is_selected, has_completions
from prompt_toolkit.formatted_text import AnyFormattedText
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import ColorDepth

from neuraldb.language.split import complete
from neuraldb.shell.completion import ShellCompleter
from neuraldb.shell.highlighting import STYLE, ShellLexer
from neuraldb.shell.memory import open_history
from neuraldb.shell.vocabulary import Vocabulary

CONTINUED = "...> "


def is_finished(text: str, vocabulary: Vocabulary) -> bool:
    """Whether Enter at the end of a text runs it: it is complete, or ends in an empty line."""
    return complete(text, vocabulary.relation_names) or text.endswith("\n")


class FullPrompt:
    """A prompt with all that a terminal can do.

    Args:
        vocabulary: gives the names that are known now.
        language: gives the language that is set.
        environment: where the history is kept.
        colour: False for none.
        session: further arguments of prompt_toolkit's session (its input and output).

    Attributes:
        problem: why the history is not kept; empty where it is.
    """

    def __init__(
        self,
        vocabulary: Callable[[], Vocabulary],
        language: Callable[[], str],
        environment: Mapping[str, str],
        colour: bool = True,
        **session: Any,
    ) -> None:
        self._vocabulary = vocabulary
        history, self.problem = open_history(environment)
        self._session: PromptSession[str] = PromptSession(
            multiline=True,
            history=history,
            auto_suggest=AutoSuggestFromHistory(),
            completer=ShellCompleter(vocabulary, language),
            complete_while_typing=False,
            lexer=ShellLexer(vocabulary, language) if colour else None,
            style=STYLE,
            color_depth=None if colour else ColorDepth.MONOCHROME,
            key_bindings=self._keys(),
            prompt_continuation=self._continued,
            **session,
        )

    def read(self, message: str) -> str:
        """The next text; as of :class:`neuraldb.shell.repl.Prompt`."""
        return self._session.prompt([("class:prompt", message)])

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()

        @keys.add("enter", filter=has_completions & completion_is_selected)
        def _choose(event: KeyPressEvent) -> None:
            event.current_buffer.complete_state = None

        @keys.add("enter", filter=~completion_is_selected)
        def _enter(event: KeyPressEvent) -> None:
            buffer = event.current_buffer
            at_end = not buffer.document.text_after_cursor.strip()
            if not buffer.text.strip() or (at_end and is_finished(buffer.text, self._vocabulary())):
                buffer.validate_and_handle()
            else:
                buffer.insert_text("\n")

        @keys.add("escape", "enter")
        def _line(event: KeyPressEvent) -> None:
            event.current_buffer.insert_text("\n")

        return keys

    @staticmethod
    def _continued(width: int, line: int, wraps: int) -> AnyFormattedText:
        return [("class:prompt", CONTINUED.rjust(width))]
