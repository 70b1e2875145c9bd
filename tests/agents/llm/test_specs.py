"""Policies of language models from one string."""

import json
import traceback
from pathlib import Path

import pytest

from dynenvs.core.errors import CorruptFile, ParameterError
from dynenvs.evaluation.episodes import evaluate
from dynenvs.policies import make_policy, policy_schemes
from dynenvs_agents.llm import commands, retries, specs
from dynenvs_agents.llm.loops import run
from dynenvs_agents.llm.specs import load_llm

from .misbehaving_server import broken, misbehaving_server

GAME = "dynenvs/RepeatedGame-v0"
AT = "base_url=http://127.0.0.1:1/v1&cache=off"


@pytest.fixture(autouse=True)
def fresh():
    """Nothing is shared with other tests."""
    for shared in (specs._model, specs._cache):
        shared.cache_clear()
    specs._budgets.clear()


def played(spec, opponents=("joss",), **options):
    """Evaluate a policy behind a server, and close the connections."""
    try:
        return evaluate(GAME, [spec], opponents=opponents, **{"episodes": 2, "horizon": 3, **options})
    finally:
        run(make_policy(spec, GAME).model.aclose())


def test_the_scheme_is_known():
    assert "llm" in policy_schemes()


def test_a_string_says_model_and_manner():
    policy = make_policy(
        f"llm:org/model-7b?{AT}&memory=window:10&repairs=3&temperature=0.5&persona=A%26B co&reflection=true&trial=2",
        GAME,
    )
    assert policy.model.name == "org/model-7b"
    assert policy.model.server.base_url == "http://127.0.0.1:1/v1"
    assert policy.manner.memory.turns == 10
    assert policy.manner.repairs == 3
    assert policy.manner.interventions.temperature == 0.5
    assert policy.manner.interventions.persona == "A&B co"
    assert policy.manner.interventions.reflection is True
    assert policy.trial == 2
    assert policy.concurrency == 2 * policy.model.concurrency


def test_a_file_of_lines_is_a_model(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text('{"move": "defect"}\n{"move": "cooperate"}\n')
    (record,) = evaluate(
        GAME, [f"llm:scripted:{path}?cache=off"], opponents=["always_cooperate"], episodes=1, horizon=3
    )
    assert record.returns == (5 + 3 + 5, 3)
    with pytest.raises(ParameterError, match="expected a text file of replies, one a line"):
        load_llm(f"scripted:{tmp_path}", GAME)


def test_a_policy_is_named_after_what_decides_how_it_plays():
    assert load_llm(f"m?{AT}", GAME).name == "llm:m"
    assert load_llm(f"m?{AT}&temperature=1&trial=3&concurrency=2", GAME).name == "llm:m?temperature=1&trial=3"
    assert load_llm(f"m?{AT}&trial=0", GAME).name == "llm:m"
    assert load_llm(f"m?{AT}&temperature=1&name=warm", GAME).name == "warm"


def test_a_temperature_may_be_the_models_own():
    assert load_llm(f"m?{AT}&temperature=default", GAME).manner.interventions.temperature is None


@pytest.mark.parametrize(
    ("rest", "complaint"),
    [
        ("", r"policy 'llm:': expected llm:MODEL"),
        (f"?{AT}", r"expected llm:MODEL"),
        (f"m?{AT}&temprature=1", r"llm: has no option 'temprature'; did you mean 'temperature'\?"),
        (f"m?{AT}&xyzzy=1", r"llm: has no option 'xyzzy'; known: memory, repairs"),
        (f"m?{AT}&temperature", r"option 'temperature' of llm: expected option=value"),
        (f"m?{AT}&repairs=1&repairs=2", r"option 'repairs' of llm: expected option=value, each once"),
        (f"m?{AT}&temperature=warm", r"temperature='warm': could not convert"),
        (f"m?{AT}&temperature=nan", r"temperature=nan: expected a number"),
        (f"m?{AT}&repairs=1.5", r"repairs='1.5': expected a whole number"),
        (f"m?{AT}&repairs=-1", r"repairs='-1': expected a whole number"),
        (f"m?{AT}&repairs=101", r"repairs=101: expected an integer"),
        (f"m?{AT}&reflection=yes", r"reflection='yes': expected true or false"),
        (f"m?{AT}&memory=all", r"memory='all': expected 'full'"),
        (f"m?{AT}&extra_body=[]", r"extra_body='\[\]': expected a JSON object"),
        (f"m?{AT}&prompts=/no/such/folder", r"prompts='/no/such/folder': expected a folder"),
        (f"m?{AT}&budget_usd=1", r"budget_usd needs prices=FILE"),
        (f"m?{AT}&budget_calls=0", r"max_calls=0: expected an integer at least 1"),
        (f"m?{AT}&n_ctx=99", r"n_ctx is an option of models in this process, but m is a server's"),
        ("smollm2?cache=off&concurrency=4", r"concurrency is an option of servers, but smollm2 runs in this process"),
        ("my.gguf?cache=off&retries=4", r"retries is an option of servers, but my.gguf runs in this process"),
    ],
)
def test_a_wrong_string_says_what_is_wrong(rest, complaint):
    with pytest.raises(ParameterError, match=complaint):
        load_llm(rest, GAME)


SECRET = "sk-proj-1a2b3c4d5e6f"


@pytest.mark.parametrize(
    "option",
    [
        f"api_key_env={SECRET}",
        f"api_key_env=A&api_key_env={SECRET}",
        f"{SECRET}=1",
        f"{SECRET}",
        f'extra_body={{"api_key": "{SECRET}"',
        f'extra_body=["{SECRET}"]',
        f"timeout={SECRET}",
        f"concurrency={SECRET}",
        f"reflection={SECRET}",
    ],
)
def test_a_key_in_the_wrong_place_is_not_repeated(option):
    for rest in (f"m?{AT}&{option}", f"?{option}"):
        with pytest.raises(ParameterError) as raised:
            load_llm(rest, GAME)
        assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_a_long_persona_is_told_by_its_beginning_and_a_hash():
    personas = [f"You are a banker who has seen {what}." for what in ("it all", "nothing yet")]
    names = [load_llm(f"m?{AT}&persona={persona}", GAME).name for persona in personas]
    assert names[0].startswith("llm:m?persona=You are a banker who has…")
    assert max(map(len, names)) < 50
    assert names[0] != names[1]
    with pytest.raises(ParameterError, match="short for a longer text"):
        load_llm(f"{names[0].removeprefix('llm:')}&{AT}", GAME)


def test_every_option_is_in_the_documentation_and_in_the_help():
    page = (Path(__file__).parents[3] / "docs" / "language_models.md").read_text(encoding="utf-8")
    table = page[page.index("| option |") : page.index("So an experiment is")]
    assert {option for option in specs.OPTIONS if f"`{option}`" not in table} == set()
    assert {option for option in specs.OPTIONS if option not in commands.OPTIONS.split("docs/")[0]} == set()


def test_a_trial_is_part_of_name_and_digest():
    first, same, other = (
        load_llm(f"m?{AT}&{trial}", GAME) for trial in ("persona=x", "persona=x&trial=0", "persona=x&trial=7")
    )
    assert (first.name, first.digest()) == (same.name, same.digest())
    assert other.name == "llm:m?persona=x&trial=7"
    assert other.digest() != first.digest()


def test_a_run_does_not_go_on_with_another_trial_of_the_same_name(tmp_path):
    with misbehaving_server() as server:
        one, other = (f"llm:m?base_url={server.base_url}&cache=off&name=mine&trial={trial}" for trial in (1, 7))
        played(one, out=tmp_path / "x.jsonl")
        with pytest.raises(ParameterError, match="was played with policy_digests="):
            played(other, out=tmp_path / "x.jsonl", resume=True)


@pytest.mark.parametrize("second", ["name=mine&trial=1", "name=mine&base_url=http://127.0.0.1:2/v1"])
def test_policies_that_are_called_the_same_are_refused_before_anything_is_played(second):
    with misbehaving_server() as server:
        specs_ = [f"llm:m?base_url={server.base_url}&cache=off&name=mine", f"llm:m?cache=off&{second}"]
        with pytest.raises(ParameterError, match="two policies are called 'mine'"):
            evaluate(GAME, specs_, opponents=["joss"], episodes=2, horizon=3)
        assert server.requests == []


def test_two_servers_of_one_model_are_refused_before_anything_is_played():
    ask = [f"llm:m?base_url=http://127.0.0.1:{port}/v1&cache=off" for port in (1, 2)]
    with pytest.raises(ParameterError, match=r"two policies are called 'llm:m'.*name="):
        evaluate(GAME, ask, opponents=["joss"], episodes=2, horizon=3)


def test_prices_give_the_cost(tmp_path):
    (tmp_path / "prices.json").write_text(json.dumps({"m": {"input": 1, "output": 2}}))
    with pytest.raises(ParameterError, match="no price of 'n'"):
        load_llm(f"n?{AT}&prices={tmp_path}/prices.json", GAME)
    with pytest.raises(CorruptFile, match=r'none\.json: .*expected \{"MODEL": \{"input": 0.15, "output": 0.6\}\}'):
        load_llm(f"m?{AT}&prices={tmp_path}/none.json", GAME)
    with misbehaving_server() as server:
        rest = f"llm:m?base_url={server.base_url}&cache=off&prices={tmp_path}/prices.json"
        (record,) = played(rest, episodes=1)
    assert record.counts["cost_usd"][0] == pytest.approx(3 * (11 * 1 + 7 * 2) / 1e6)


def test_policies_share_model_and_cache_and_those_of_one_string_the_budget(tmp_path):
    cache = f"base_url=http://127.0.0.1:1/v1&cache={tmp_path}/c.sqlite"
    one, same, other = (load_llm(f"m?{cache}&budget_calls=9{more}", GAME) for more in ("", "", "&persona=x"))
    assert one.model is same.model is other.model
    assert one._caller.cache is other._caller.cache
    assert one._caller.budget is same._caller.budget
    assert one._caller.budget is not other._caller.budget


def test_replies_are_kept_in_the_users_cache_folder_by_default(tmp_path, monkeypatch):
    monkeypatch.setattr(specs.platformdirs, "user_cache_dir", lambda name: str(tmp_path / name))
    with misbehaving_server() as server:
        for _ in range(2):
            played(f"llm:m?base_url={server.base_url}")
        assert len(server.requests) == 6
    assert (tmp_path / "dynenvs" / "replies.sqlite").exists()


def test_a_budget_holds_over_all_opponents(tmp_path):
    told = []
    with misbehaving_server() as server:
        spec = f"llm:m?base_url={server.base_url}&cache=off&budget_calls=10&concurrency=1"
        records = played(spec, ["joss", "grudger"], notice=told.append)
        assert len(server.requests) == 10
    assert len(records) < 4
    assert all("budget: the budget of 10 calls is spent" in text for text in told)


def test_every_run_has_a_budget_of_its_own():
    with misbehaving_server() as server:
        spec = f"llm:m?base_url={server.base_url}&cache=off&budget_calls=5&concurrency=1"
        runs = [played(spec, notice=lambda text: None) for _ in range(2)]
        assert [len(records) for records in runs] == [1, 1]
        assert len(server.requests) == 10


def test_the_seats_of_one_run_share_the_budget_of_their_string():
    with misbehaving_server() as server:
        spec = f"llm:m?base_url={server.base_url}&cache=off&budget_calls=11&concurrency=1"
        assert len(played(spec, [spec], notice=lambda text: None)) == 1
        assert len(server.requests) == 11


def test_requests_that_a_call_takes_are_no_calls_of_a_budget(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.001)
    with misbehaving_server(broken, broken) as server:
        spec = f"llm:m?base_url={server.base_url}&cache=off&budget_calls=3&concurrency=1"
        (record,) = played(spec, episodes=1)
        assert record.counts["calls"][0] == 3
        assert len(server.requests) == 5
