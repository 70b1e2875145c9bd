"""What there is to say of an environment, as sheets of text: for the terminal, and for a family's page in Markdown."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dynenvs import registration
from dynenvs.core.layouts import DiscreteHead, Role, WorldLayout

__all__ = ["Sheet", "as_markdown", "sheets"]

MANY = 8
"""Options of a head that are listed one by one."""


class Sheet(NamedTuple):
    """A table of text.

    Attributes
    ----------
    title : str
        Stands above.
    header : tuple of str
        Names of the columns.
    rows : sequence of tuple of str
        One text a column.
    foot : str
        A line that stands below.
    """

    title: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    foot: str = ""


def sheets(env_id: str, params: Any) -> list[Sheet]:
    """Describe an environment.

    Parameters
    ----------
    env_id : str
        A registered id.
    params : dataclass
        Its parameters, which decide what there is to see and to do.

    Returns
    -------
    list of Sheet
        Parameters, presets, what every role observes and decides, rewards and ends, background policies; those of which
        there are none are left out.
    """
    world_type = registration.world_type(env_id)
    layout = world_type.describe(params)
    notes = world_type.background_notes()
    found = [
        _of_params(params),
        _of_presets(env_id, registration.spec(env_id).presets),
        *(sheet for role in dict.fromkeys(layout.roles) for sheet in (_of_observation(role), _of_action(role))),
        _of_outcome(layout, world_type.outcome_notes(params)),
        Sheet(
            "Background policies", ("policy", "what it does", "source"), [(name, *note) for name, note in notes.items()]
        ),
    ]
    return [sheet for sheet in found if sheet.rows]


def as_markdown(sheet: Sheet) -> str:
    """Write a sheet as a heading, a table and its foot; the first column, which holds names, as code."""
    lines = [
        f"### {sheet.title}",
        "",
        _line(sheet.header),
        _line(["---"] * len(sheet.header)),
        *(_line([f"`{first}`", *others]) for first, *others in sheet.rows),
        *(("", sheet.foot) if sheet.foot else ()),
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _of_params(params: Any) -> Sheet:
    meanings = {name: text for cls in reversed(type(params).__mro__) for name, text in _attributes(cls)}
    rows = [
        (field.name, repr(getattr(params, field.name)), meanings.get(field.name, ""))
        for field in dataclasses.fields(params)
    ]
    return Sheet("Parameters", ("parameter", "value", "meaning"), rows)


def _attributes(documented: type) -> Iterator[tuple[str, str]]:
    """Yield names and meanings from the section of a NumPy docstring that lists attributes."""
    _, _, section = inspect.cleandoc(documented.__doc__ or "").partition("Attributes\n----------\n")
    section = re.split(r"\n\n\S+\n-+\n", section)[0]
    for names, meaning in re.findall(r"^(\w[\w, ]*) : .*\n((?:[ ].*\n?|\n)+)", section + "\n", re.MULTILINE):
        for name in names.split(", "):
            yield name, " ".join(meaning.split())


def _of_presets(env_id: str, presets: Mapping[str, Mapping[str, Any]]) -> Sheet:
    rows = [(name, ", ".join(f"{key}={value!r}" for key, value in preset.items())) for name, preset in presets.items()]
    first = next(iter(presets), "")
    foot = f"To use one: `dynenvs render {env_id} -p preset={first}`, as with every command that takes `-p`; in Python "
    foot += f'`gymnasium.make("{env_id}", preset="{first}")`. Parameters beside it win over those that it sets.'
    return Sheet("Presets", ("preset", "parameters"), rows, foot)


def _of_observation(role: Role) -> Sheet:
    layout = role.observation
    rows = [
        (_span(columns), field.name, f"[{field.low:g}, {field.high:g}]", field.unit, field.about)
        for field, columns in zip(layout.fields, layout.slices.values(), strict=True)
    ]
    if grid := layout.grid:
        rows.append(("grid", grid.name, f"[0, {grid.num_codes - 1}]", "x".join(map(str, grid.shape)), grid.about))
    title = f"Observation of the {role.name}: {layout.size} numbers"
    return Sheet(title, ("columns", "field", "range", "unit", "meaning"), rows)


def _span(columns: slice) -> str:
    only = columns.stop - columns.start == 1
    return f"{columns.start}" if only else f"{columns.start}-{columns.stop - 1}"


def _of_action(role: Role) -> Sheet:
    rows = [(head.name, _choices(head), head.about) for head in role.actions.discrete_heads]
    rows += [
        (head.name, f"[{head.low:g}, {head.high:g}] {head.unit}".rstrip(), head.about)
        for head in role.actions.continuous_heads
    ]
    return Sheet(f"Action of the {role.name}", ("head", "values", "meaning"), rows)


def _choices(head: DiscreteHead) -> str:
    return f"as {head.shares_mask_with}" if head.shares_mask_with else _options(head.options)


def _options(options: tuple[str, ...]) -> str:
    listed = [f"{number} {option}" for number, option in enumerate(options[:MANY])]
    return ", ".join([*listed, f"... {len(options) - 1}"] if len(options) > MANY else listed)


def _of_outcome(layout: WorldLayout, notes: Mapping[str, str]) -> Sheet:
    """Say who plays, what pays and what ends an episode; words follow the names that they explain."""
    terms = {name: note for name, note in notes.items() if name.startswith("term ")}
    rows = [
        ("players", f"{layout.num_agents}: {', '.join(layout.player_names)}"),
        ("reward", _sum(layout.reward_terms)),
        *terms.items(),
        ("ends by", ", ".join(layout.end_reasons[1:])),
        *((name, note) for name, note in notes.items() if name not in terms),
    ]
    return Sheet("Players, reward and ends", ("what", "is"), rows)


def _sum(terms: Mapping[str, float]) -> str:
    """Write a sum of weighted terms, with a minus where one is taken away."""
    first, *others = [(" - " if weight < 0 else " + ", f"{abs(weight):g} x {name}") for name, weight in terms.items()]
    return "".join([first[0].strip(" +"), first[1], *(text for one in others for text in one)])
