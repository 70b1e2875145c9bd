"""Prices and budgets."""

import contextlib
import json

import pytest

from dynenvs.core.errors import CorruptFile, Interrupted, ParameterError
from dynenvs_agents.llm.budget import Budget, BudgetExhausted
from dynenvs_agents.llm.models import Usage
from dynenvs_agents.llm.prices import Price, Prices

USAGE = Usage(prompt_tokens=1_000, completion_tokens=100)
TABLE = {"small": {"input": 0.5, "output": 2.0}, "large": {"input": 5, "output": 20}}


def test_a_reply_costs_what_its_tokens_cost():
    assert Price(input=0.5, output=2.0).cost(USAGE) == pytest.approx(0.0005 + 0.0002)


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_a_table_is_a_file(tmp_path, suffix):
    path = tmp_path / f"prices{suffix}"
    toml = "".join(f'["{name}"]\ninput = {row["input"]}\noutput = {row["output"]}\n' for name, row in TABLE.items())
    path.write_text(json.dumps(TABLE) if suffix == ".json" else toml)
    assert Prices.read(path).of("large") == Price(input=5, output=20)
    with pytest.raises(ParameterError, match="no price of 'medium': the table has small, large"):
        Prices.read(path).of("medium")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "prices"),
        ("[]", "expected a table of models"),
        ('{"m": 3}', "price of 'm': expected input and output"),
        ('{"m": {"input": 1}}', "price of 'm': expected input and output"),
        ('{"m": {"input": 1, "output": 1, "cached": 1}}', "price of 'm': expected input and output"),
        ('{"m": {"input": -1, "output": 1}}', "input=-1: expected a number in"),
        ('{"m": {"input": "1", "output": 1}}', "input='1': expected a number in"),
        ('{"m": {"input": NaN, "output": 1}}', "input=nan: expected a number in"),
    ],
)
def test_a_wrong_table_is_named(tmp_path, text, complaint):
    path = tmp_path / "prices.json"
    path.write_text(text)
    with pytest.raises(CorruptFile, match=complaint):
        Prices.read(path)


def test_a_table_must_be_there(tmp_path):
    with pytest.raises(CorruptFile, match="prices"):
        Prices.read(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("budget", "calls"),
    [(Budget(max_calls=3), 3), (Budget(max_tokens=2_500), 3), (Budget(max_usd=0.0015), 3), (Budget(max_usd=1e9), 50)],
)
def test_a_budget_is_spent_call_by_call(budget, calls):
    with contextlib.suppress(BudgetExhausted):
        for _ in range(50):
            budget.begin_call()
            budget.end_call(USAGE, Price(input=0.5, output=2.0).cost(USAGE))
    assert budget.calls == calls


def test_a_spent_budget_interrupts_and_says_what_is_spent():
    budget = Budget(max_usd=0.5, usd=0.5)
    with pytest.raises(Interrupted, match=r"the budget of 0\.5 US dollars is spent") as spent:
        budget.begin_call()
    assert spent.value.reason == "budget"


@pytest.mark.parametrize("limit", [{"max_usd": 0}, {"max_usd": -1}, {"max_calls": 0}, {"max_tokens": 1.5}])
def test_a_budget_of_nothing_is_a_mistake(limit):
    with pytest.raises(ParameterError, match=next(iter(limit))):
        Budget(**limit)
