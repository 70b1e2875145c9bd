"""What a server understands, found out by asking: no two of those that speak chat completions do so alike."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, get_args

from dynenvs_agents.llm.chat_completions import request_body
from dynenvs_agents.llm.models import ModelError, Request, Structured

__all__ = ["Dialect"]

FORMS: tuple[Structured, ...] = get_args(Structured)  # from the strictest to none

OPTIONAL = ("max_tokens", "seed", "logprobs", "top_logprobs")
"""Fields without which a request still means the same: ``max_tokens`` has a newer name, the others are extras.

The temperature is not among them: an experiment that set it must hear that it was refused."""

REFUSED = (400, 415, 422)
NOT_IMPLEMENTED = 501

_ABOUT_THE_FORM = re.compile(r"response_format|json_schema|json_object|tool|schema|grammar", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """How a server is asked.

    Attributes
    ----------
    form : Structured
        How the form of an answer is asked for.
    without : frozenset of str
        Those of the optional fields that it refuses.
    """

    form: Structured = "json_schema"
    without: frozenset[str] = frozenset()

    def body(self, model: str, request: Request) -> dict[str, Any]:
        """Write a request as this server takes it."""
        body = request_body(model, request, self.form)
        if "max_tokens" in self.without:
            body["max_completion_tokens"] = body["max_tokens"]
        return {field: value for field, value in body.items() if field not in self.without}

    def refuses_form(self, error: ModelError) -> bool:
        """Tell whether a server's error is about how the form was asked for, and no trouble of the moment.

        Some servers answer 500 to a form that they do not know; then they name it.
        """
        if self.form == "text" or error.status is None or error.kind == "context":
            return False
        named = error.status >= 500 and _ABOUT_THE_FORM.search(error.detail) is not None
        return named or error.status in (*REFUSED, NOT_IMPLEMENTED)

    def after(self, error: ModelError, *, structured: bool, proven: bool) -> Dialect | None:
        """Return what to try next.

        Parameters
        ----------
        error : ModelError
            Why this dialect failed, after all retries.
        structured : bool
            Whether the request has a schema.
        proven : bool
            Whether the server has answered to this form before.

        Returns
        -------
        Dialect or None
            Without the fields that the server refuses, or one form further down; None if the error has another
            cause.
        """
        if error.kind == "context":
            return None
        if error.status in REFUSED:
            named = {field for field in OPTIONAL if re.search(rf"\b{field}\b", error.detail)} - self.without
            if named:
                return replace(self, without=self.without | named)
        suspect = error.status == 500 and not proven  # again and again, without a word: the form may be the cause
        if structured and self.form != "text" and (self.refuses_form(error) or suspect):
            return replace(self, form=FORMS[FORMS.index(self.form) + 1])
        return None

    def joined(self, other: Dialect) -> Dialect:
        """Return what is refused neither by what the one has learned nor by what the other has."""
        form = max(self.form, other.form, key=FORMS.index)
        return Dialect(form, self.without | other.without)
