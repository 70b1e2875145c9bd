"""The registry: what an id gives, and what it says of a name that it does not know."""

import dataclasses

import gymnasium
import numpy as np
import pettingzoo
import pytest

import dynenvs
from dynenvs import registration
from dynenvs.core.errors import ParameterError, UnknownEnvironment
from dynenvs.envs import SPECS
from dynenvs.registration import EnvSpec

from .testing import broken_worlds as worlds
from .testing.broken_worlds import broken_worlds, env_id  # noqa: F401

GAME = "dynenvs/RepeatedGame-v0"
SOUND = EnvSpec(
    id="mine/Sound-v0",
    world=f"{worlds.__name__}:Sound",
    params=f"{worlds.__name__}:NoParams",
    about="For tests.",
    paper="-",
    background="random_legal",
)


@pytest.fixture
def registries():
    """Forget afterwards what a test registers."""
    known = [
        registration._SPECS,
        gymnasium.envs.registration.registry,
        pettingzoo.parallel_registry,
        pettingzoo.aec_registry,
    ]
    before = [dict(registry) for registry in known]
    yield
    for registry, entries in zip(known, before, strict=True):
        registry.clear()
        registry.update(entries)


def test_the_shipped_ids_are_sorted_and_versioned():
    ids = dynenvs.env_ids()
    shipped = {spec.id for spec in SPECS}
    assert GAME in shipped
    assert shipped <= set(ids)
    assert ids == sorted(ids)
    assert all(one.startswith("dynenvs/") and one.rpartition("-v")[2].isdigit() for one in shipped)


@pytest.mark.usefixtures("registries")
def test_a_world_of_ones_own_is_known_everywhere_once_it_is_registered():
    dynenvs.register(SOUND)
    dynenvs.register(SOUND)  # the same once more
    assert SOUND.id in dynenvs.env_ids()
    assert gymnasium.make(SOUND.id).unwrapped.world.layout.player_names == ("ann", "bob")
    assert gymnasium.make_vec(SOUND.id, num_envs=3).num_envs == 3
    assert pettingzoo.make("parallel", SOUND.id).possible_agents == ["agent_0", "agent_1"]
    assert pettingzoo.make("aec", SOUND.id).possible_agents == ["agent_0", "agent_1"]


@pytest.mark.usefixtures("registries")
def test_an_id_that_is_taken_stays_with_its_owner():
    dynenvs.register(SOUND)
    with pytest.raises(ParameterError, match=r"environment id 'mine/Sound-v0' is taken by .*broken_worlds:Sound"):
        dynenvs.register(dataclasses.replace(SOUND, world="mine:Other"))
    assert dynenvs.spec(SOUND.id) == SOUND


@pytest.mark.parametrize("ask", [dynenvs.spec, dynenvs.make_world, dynenvs.make_params, dynenvs.rules_digest])
def test_an_unknown_id_lists_the_nearest(ask):
    with pytest.raises(UnknownEnvironment, match=f"no environment 'dynenvs/RepeatdGame-v0'; nearest: '{GAME}'"):
        ask("dynenvs/RepeatdGame-v0")


def test_presets_are_a_start_that_parameters_win_over():
    params = dynenvs.make_params("dynenvs/PublicGoods-v0", preset="fehr_gaechter_2000", horizon=3)
    assert (params.endowment, params.horizon) == (20, 3)
    with pytest.raises(ParameterError, match="preset='nobody': expected one of 'fehr_gaechter_2000'"):
        dynenvs.make_params("dynenvs/PublicGoods-v0", preset="nobody")


def test_a_module_that_registers_can_stand_before_the_id():
    assert registration.registered_id(GAME) == GAME
    assert registration.registered_id(f"dynenvs.envs:{GAME}") == GAME
    with pytest.raises(ParameterError, match="expected an id, or module:id, but No module named 'no_such'"):
        registration.registered_id(f"no_such:{GAME}")


class TestRulesDigest:
    @pytest.fixture(autouse=True)
    def computed_anew(self, monkeypatch):
        monkeypatch.setattr(registration, "_DIGESTS", {})

    def test_it_is_a_fact_of_id_and_parameters(self):
        digest = dynenvs.rules_digest(GAME)
        registration._DIGESTS.clear()
        assert dynenvs.rules_digest(GAME) == digest
        assert dynenvs.rules_digest(GAME, execution_noise=0.1) != digest
        assert len(digest) == 16

    def test_how_state_is_kept_makes_no_difference(self, monkeypatch):
        digest = dynenvs.rules_digest(env_id(worlds.Sound))
        monkeypatch.setattr(worlds.Sound, "make_state", lambda self, games: worlds.Count(*np.zeros((2, games))))
        registration._DIGESTS.clear()
        assert dynenvs.rules_digest(env_id(worlds.Sound)) == digest
        monkeypatch.setattr(worlds.Sound, "luck", lambda self, game: 0.25)
        registration._DIGESTS.clear()
        assert dynenvs.rules_digest(env_id(worlds.Sound)) != digest

    def test_background_policies_are_part_of_the_rules(self, monkeypatch):
        digest = dynenvs.rules_digest(GAME)
        names = registration.world_type(GAME).background_policies()
        swapped = ("always_defect", *names[1:])
        assert swapped != names
        monkeypatch.setattr(registration.world_type(GAME), "background_policies", classmethod(lambda cls: swapped))
        registration._DIGESTS.clear()
        assert dynenvs.rules_digest(GAME) != digest

    def test_a_world_of_chance_is_known_by_its_layout(self):
        assert dynenvs.rules_digest(env_id(worlds.Frail)) == dynenvs.rules_digest(env_id(worlds.Frail))


@pytest.mark.parametrize("wrong", [5, None, "mine/Sound-v0", {"id": "mine/Sound-v0"}])
def test_only_a_record_can_be_registered(wrong):
    with pytest.raises(ParameterError, match=r"env_spec=.*: expected an EnvSpec"):
        dynenvs.register(wrong)


@pytest.mark.parametrize(
    "wrong", ["Sound", "mine/Sound", "Sound-v0", "mine/Sound-v", "a/b/Sound-v0", "mine/Sound-v0 ", "", 5]
)
def test_an_id_has_a_namespace_a_name_and_a_version(wrong):
    with pytest.raises(ParameterError, match=f"id={wrong!r}: expected namespace/Name-vN, such as 'mine/Fishery-v0'"):
        dataclasses.replace(SOUND, id=wrong)


@pytest.mark.parametrize(
    "wrong", ["Sound", "mine.Sound", "mine/worlds.py:Sound", "mine:", ":Sound", worlds.Sound, None]
)
@pytest.mark.parametrize("name", ["world", "params"])
def test_classes_are_named_by_module_and_class(name, wrong):
    with pytest.raises(ParameterError, match=rf"environment 'mine/Sound-v0': {name}=.*: expected module:Class"):
        dataclasses.replace(SOUND, **{name: wrong})


@pytest.mark.usefixtures("registries")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"world": "no_such_module:Sound"}, "world='no_such_module:Sound': No module named 'no_such_module'"),
        ({"world": f"{worlds.__name__}:Sond"}, "world='.*:Sond': module '.*broken_worlds' has no attribute 'Sond'"),
        ({"world": SOUND.params}, "world='.*:NoParams': expected a subclass of World"),
        ({"params": "no_such_module:Sound"}, "params='no_such_module:Sound': No module named 'no_such_module'"),
        ({"params": SOUND.world}, "params='.*:Sound': expected a dataclass"),
    ],
)
def test_a_place_where_nothing_is_names_its_registration(change, message):
    dynenvs.register(dataclasses.replace(SOUND, **change))
    for make in (dynenvs.make_world, gymnasium.make, dynenvs.parallel_env):
        with pytest.raises(ParameterError, match=f"environment 'mine/Sound-v0' was registered with {message}"):
            make(SOUND.id)


@pytest.mark.usefixtures("registries")
def test_a_room_that_is_not_there_names_its_registration():
    dynenvs.register(dataclasses.replace(SOUND, language="no_such_room"))
    with pytest.raises(ParameterError, match="'mine/Sound-v0' was registered with language='no_such_room': No module"):
        dynenvs.text_game(SOUND.id)


@pytest.mark.parametrize("preset", ["nobody", 5, ["fehr_gaechter_2000"], {}, np.zeros(2)])
def test_a_preset_that_is_not_there_is_told_with_those_that_are(preset):
    with pytest.raises(ParameterError, match=r"preset=.*: expected one of 'fehr_gaechter_2000'"):
        dynenvs.make_params("dynenvs/PublicGoods-v0", preset=preset)
    for make in (dynenvs.make_params, dynenvs.make_world, gymnasium.make):
        with pytest.raises(ParameterError, match=rf"preset=.*: {GAME} has no presets"):
            make(GAME, preset=preset)


@pytest.mark.parametrize("wrong", [5, None, ["dynenvs/RepeatedGame-v0"], {}])
def test_what_is_no_string_is_no_environment(wrong):
    with pytest.raises(UnknownEnvironment, match=r"no environment .*; all: dynenvs list"):
        dynenvs.spec(wrong)
