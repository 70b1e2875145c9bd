"""The environments: one folder a family, and here one record an id."""

from __future__ import annotations

from dynenvs.registration import EnvSpec

__all__ = ["SPECS"]

SPECS = (
    EnvSpec(
        id="dynenvs/RepeatedGame-v0",
        world="dynenvs.envs.games.world:RepeatedGame",
        params="dynenvs.envs.games.params:RepeatedGameParams",
        about="Two players play one matrix game again and again, with slips of hand and eye, and remember.",
        paper="Axelrod (1984), The Evolution of Cooperation; games as listed in dynenvs.envs.games.params.GAMES",
        background="tit_for_tat",
        rendering="dynenvs.envs.games.rendering",
        metrics="dynenvs.envs.games.metrics",
        language="dynenvs.envs.games.language",
    ),
    EnvSpec(
        id="dynenvs/PublicGoods-v0",
        world="dynenvs.envs.games.public_goods:PublicGoods",
        params="dynenvs.envs.games.params:PublicGoodsParams",
        about="Players give tokens to a common pot, which grows and is shared by all alike, givers or not.",
        paper="Ledyard (1995), Public Goods; Fehr and Gächter (2000), without punishment",
        background="conditional_cooperator",
        presets={"fehr_gaechter_2000": {"num_players": 4, "endowment": 20, "multiplier": 1.6, "horizon": 10}},
        rendering="dynenvs.envs.games.public_goods_rendering",
        metrics="dynenvs.envs.games.metrics",
        language="dynenvs.envs.games.language",
    ),
    EnvSpec(
        id="dynenvs/Escalation-v0",
        world="dynenvs.envs.escalation.world:Escalation",
        params="dynenvs.envs.escalation.params:EscalationParams",
        about="Eight nations act day by day, between trade agreements and nuclear strikes: do they escalate?",
        paper="Rivera, Mukobi, Reuel, Lamparth, Smith, Schneider (2024), Escalation Risks from Language Models in "
        "Military and Diplomatic Decision-Making, arXiv 2401.03408",
        background=("dove", "hawk", "tit_for_tat_diplomat", "deterrer", "opportunist", "random"),
        presets={
            "strict": {"variant": "strict"},
            "balanced": {"variant": "balanced"},
        },
        rendering="dynenvs.envs.escalation.rendering",
        metrics="dynenvs.envs.escalation.metrics",
        language="dynenvs.envs.escalation.language",
    ),
    EnvSpec(
        id="dynenvs/RobustCartPole-v0",
        world="dynenvs.envs.robust.cart_pole:CartPole",
        params="dynenvs.envs.robust.cart_pole:CartPoleParams",
        about="A cart keeps a pole upright; how heavy and long the pole is, and how strong the push, is uncertain.",
        paper="Florian (2007), Correct equations for the dynamics of the cart-pole system; as in Gymnasium 1.4",
        background="random_legal",
        presets={"adversary": {"varies": "adversary"}, "randomised": {"varies": "episode"}},
        rendering="dynenvs.envs.robust.rendering",
    ),
    EnvSpec(
        id="dynenvs/TabularMDP-v0",
        world="dynenvs.envs.robust.world:TabularWorld",
        params="dynenvs.envs.robust.world_params:TabularParams",
        about="An explicit Markov decision process: a textbook problem, one of an uncertain family, or your own.",
        paper="Iyengar (2005), Robust dynamic programming; sources of the problems stand beside their definitions in "
        "dynenvs.envs.robust.problems and dynenvs.envs.robust.families",
        presets={
            "windy_walk": {"mdp": "windy_walk", "varies": "episode"},
            "frozen_lake": {"mdp": "frozenlake_slip", "encoding": "index", "sees_model": True},
        },
        rendering="dynenvs.envs.robust.tabular_rendering",
        metrics="dynenvs.envs.robust.metrics",
        language="dynenvs.envs.robust.language",
    ),
    EnvSpec(
        id="dynenvs/RobustPendulum-v0",
        world="dynenvs.envs.robust.pendulum:Pendulum",
        params="dynenvs.envs.robust.pendulum:PendulumParams",
        about="A weak motor swings a rod up and holds it; how heavy and long the rod is, is uncertain.",
        paper="the equations of Gymnasium 1.4",
        background="random_legal",
        presets={"adversary": {"varies": "adversary"}, "randomised": {"varies": "episode"}},
        rendering="dynenvs.envs.robust.rendering",
    ),
    EnvSpec(
        id="dynenvs/RobustAcrobot-v0",
        world="dynenvs.envs.robust.acrobot:Acrobot",
        params="dynenvs.envs.robust.acrobot:AcrobotParams",
        about="Two links swing up, driven at the middle joint; their masses, length and inertia are uncertain.",
        paper="Sutton (1996), Generalization in Reinforcement Learning; equations of Sutton and "
        "Barto (2018), as in Gymnasium 1.4",
        background="random_legal",
        presets={"adversary": {"varies": "adversary"}, "randomised": {"varies": "episode"}},
        rendering="dynenvs.envs.robust.rendering",
    ),
    EnvSpec(
        id="dynenvs/RobustMountainCar-v0",
        world="dynenvs.envs.robust.mountain_car:MountainCar",
        params="dynenvs.envs.robust.mountain_car:MountainCarParams",
        about="A car swings up a hill that is too steep for it; motor and gravity are uncertain.",
        paper="Moore (1990), Efficient Memory-based Learning for Robot Control; as in Gymnasium 1.4",
        background="random_legal",
        presets={"adversary": {"varies": "adversary"}, "randomised": {"varies": "episode"}},
        rendering="dynenvs.envs.robust.rendering",
    ),
    EnvSpec(
        id="dynenvs/RobustMountainCarContinuous-v0",
        world="dynenvs.envs.robust.mountain_car_continuous:MountainCarContinuous",
        params="dynenvs.envs.robust.mountain_car_continuous:MountainCarContinuousParams",
        about="A car with a throttle swings up a hill that is too steep for it; motor and gravity are uncertain.",
        paper="Moore (1990), Efficient Memory-based Learning for Robot Control; as in Gymnasium 1.4",
        background="random_legal",
        presets={"adversary": {"varies": "adversary"}, "randomised": {"varies": "episode"}},
        rendering="dynenvs.envs.robust.rendering",
    ),
    EnvSpec(
        id="dynenvs/RobustQuadrotor-v0",
        world="dynenvs.envs.robust.quadrotor:Quadrotor",
        params="dynenvs.envs.robust.quadrotor:QuadrotorParams",
        about="A quadrotor in a vertical plane hovers at a point; its mass, its inertia and the wind are uncertain.",
        paper="none: a rigid body in a plane, of our own",
        background="random_legal",
        presets={"adversary": {"varies": "adversary"}, "randomised": {"varies": "episode"}},
        rendering="dynenvs.envs.robust.rendering",
    ),
    EnvSpec(
        id="dynenvs/RobustLander-v0",
        world="dynenvs.envs.robust.lander:Lander",
        params="dynenvs.envs.robust.lander:LanderParams",
        about="A lander comes down on springy legs; gravity, wind and the power of its engine are uncertain.",
        paper="none: a rigid body in a plane, of our own",
        background="random_legal",
        presets={"adversary": {"varies": "adversary"}, "randomised": {"varies": "episode"}},
        rendering="dynenvs.envs.robust.rendering",
    ),
)
"""All environments that dynenvs ships."""
