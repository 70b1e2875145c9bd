"""Libraries that read our environments, 1,000 steps each and installed apart: `make test-frameworks`."""

import gymnasium
import numpy as np
import pytest

import dynenvs

pytestmark = [
    pytest.mark.frameworks,
    # TorchRL 0.14 says that it is tested with PettingZoo 1.24.3 only.
    pytest.mark.filterwarnings("ignore:PettingZoo in TorchRL is tested:UserWarning"),
]

ENV_ID = "dynenvs/RepeatedGame-v0"
STEPS = 1000
HORIZON = 50
PAYOFFS = np.array([[3.0, 0.0], [5.0, 1.0]])  # of the row player in the prisoner's dilemma; 0 = cooperate


def needs(module: str):
    return pytest.importorskip(module, reason=f"needs {module.partition('.')[0]}: make test-frameworks")


def test_torchrl_rolls_out_a_parallel_environment():
    envs = needs("torchrl.envs")
    env = envs.PettingZooWrapper(dynenvs.parallel_env(ENV_ID, horizon=HORIZON), seed=1)
    (group,) = env.group_map

    rollout = env.rollout(STEPS, break_when_any_done=False)

    moves = rollout[group, "action"].numpy().T
    rewards = rollout["next", group, "reward"].squeeze(-1).numpy().T
    assert moves.shape == (2, STEPS)
    assert set(moves.flat) == {0, 1}
    np.testing.assert_array_equal(rewards, [PAYOFFS[moves[0], moves[1]], PAYOFFS[moves[1], moves[0]]])
    assert rollout["next", "done"].sum() == STEPS / HORIZON


def test_rllib_plays_a_parallel_environment():
    wrappers = needs("ray.rllib.env.wrappers.pettingzoo_env")
    env = wrappers.ParallelPettingZooEnv(dynenvs.parallel_env(ENV_ID, horizon=HORIZON))
    observations, _ = env.reset(seed=1)
    episodes = 0
    for _ in range(STEPS):
        moves = {agent: env.get_action_space(agent).sample() for agent in observations}
        observations, rewards, terminations, truncations, _ = env.step(moves)
        mine, theirs = moves.values()
        assert [*rewards.values()] == [PAYOFFS[mine, theirs], PAYOFFS[theirs, mine]]
        if terminations["__all__"] or truncations["__all__"]:
            episodes += 1
            observations, _ = env.reset()
    assert episodes == STEPS / HORIZON


def test_rllib_plays_an_environment_of_turns():
    wrappers = needs("ray.rllib.env.wrappers.pettingzoo_env")
    env = wrappers.PettingZooEnv(dynenvs.aec_env(ENV_ID, horizon=HORIZON))
    observations, _ = env.reset(seed=1)
    earned = {"agent_0": 0.0, "agent_1": 0.0}
    episodes = 0
    for _ in range(STEPS):
        ((agent, observation),) = observations.items()
        assert env.get_observation_space(agent).contains(observation)
        observations, rewards, terminations, truncations, _ = env.step({agent: 0})  # all cooperate
        for agent, reward in rewards.items():
            earned[agent] += reward
        if terminations["__all__"] or truncations["__all__"]:
            episodes += 1
            observations, _ = env.reset()
    assert episodes == STEPS / 2 / HORIZON
    assert earned["agent_0"] > 0


def test_a_loop_in_the_style_of_cleanrl_learns_to_exploit_a_cooperator():
    """As CleanRL's ppo.py: all in sight, next-step autoreset, `RecordEpisodeStatistics` around it."""
    torch = needs("torch")
    torch.manual_seed(1)
    games, turns, gamma, lam = 8, STEPS // 8, 0.9, 0.95
    envs = gymnasium.make_vec(ENV_ID, num_envs=games, horizon=HORIZON, background="always_cooperate")
    envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(envs)
    assert envs.metadata["autoreset_mode"] is gymnasium.vector.AutoresetMode.NEXT_STEP
    inputs, moves = envs.single_observation_space.shape[0], int(envs.single_action_space.n)
    actor, critic = (
        torch.nn.Sequential(torch.nn.Linear(inputs, 32), torch.nn.Tanh(), torch.nn.Linear(32, outputs))
        for outputs in (moves, 1)
    )
    optimizer = torch.optim.Adam([*actor.parameters(), *critic.parameters()], lr=0.01)
    observations = torch.zeros(turns + 1, games, inputs)
    actions = torch.zeros(turns, games, dtype=torch.int64)
    rewards, dones = torch.zeros(turns, games), torch.zeros(turns + 1, games)
    returns: list[float] = []

    observations[-1] = torch.as_tensor(envs.reset(seed=1)[0])
    for _ in range(10):
        observations[0], dones[0] = observations[-1].clone(), dones[-1].clone()
        for t in range(turns):
            with torch.no_grad():
                actions[t] = torch.distributions.Categorical(logits=actor(observations[t])).sample()
            observation, reward, terminated, truncated, info = envs.step(actions[t].numpy())
            observations[t + 1], rewards[t] = torch.as_tensor(observation), torch.as_tensor(reward)
            dones[t + 1] = torch.as_tensor(terminated | truncated)
            returns += info["episode"]["r"][info["_episode"]].tolist() if "episode" in info else []

        with torch.no_grad():
            values = critic(observations).squeeze(-1)
        advantages, running = torch.zeros(turns, games), torch.zeros(games)
        for t in reversed(range(turns)):
            goes_on = 1 - dones[t + 1]
            delta = rewards[t] + gamma * values[t + 1] * goes_on - values[t]
            advantages[t] = running = delta + gamma * lam * goes_on * running
        targets, old = advantages + values[:-1], None
        for _ in range(4):
            chosen = torch.distributions.Categorical(logits=actor(observations[:-1])).log_prob(actions)
            old = chosen.detach() if old is None else old
            ratio, weight = (chosen - old).exp(), (advantages - advantages.mean()) / advantages.std()
            policy_loss = -torch.min(ratio * weight, ratio.clamp(0.8, 1.2) * weight).mean()
            value_loss = (critic(observations[:-1]).squeeze(-1) - targets).square().mean()
            optimizer.zero_grad()
            (policy_loss + 0.5 * value_loss).backward()
            optimizer.step()

    cooperation, temptation = 3.0 * HORIZON, 5.0 * HORIZON
    assert cooperation < np.mean(returns[:games]) < 0.9 * temptation  # at first it plays at random
    assert np.mean(returns[-games:]) > 0.95 * temptation
