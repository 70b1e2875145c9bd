"""What Gymnasium and PettingZoo call rendering: the family's frames, shown or handed out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynenvs import registration
from dynenvs.core.errors import ParameterError
from dynenvs.core.world import World

if TYPE_CHECKING:
    from dynenvs.rendering.canvas import Window

__all__ = ["FRAMES_PER_SECOND", "RENDER_MODES", "Screen"]

RENDER_MODES = ["human", "rgb_array", "ansi"]
FRAMES_PER_SECOND = 10


class Screen:
    """Renders games of a world in one mode.

    Parameters
    ----------
    env_id : str
        Whose rendering room draws.
    world : World
        What is drawn.
    mode : {None, "human", "rgb_array", "ansi"}
        A window, arrays of pixels, or text.

    Raises
    ------
    ParameterError
        If the mode is unknown, or the family draws nothing.
    MissingExtra
        If pygame is needed and not installed.
    """

    def __init__(self, env_id: str, world: World, mode: str | None) -> None:
        self.env_id = env_id
        self.world = world
        self.mode = mode
        self._window: Window | None = None
        self._room: Any = None
        if mode is None:
            return
        self._room = registration.room(env_id, "rendering")
        if mode not in RENDER_MODES or self._room is None:
            known = RENDER_MODES if self._room else "None: this environment draws nothing"
            raise ParameterError(f"render_mode={mode!r}: expected one of {known}")
        if mode != "ansi":
            from dynenvs.rendering import canvas  # loads pygame, which is an extra

            self._window = canvas.Window(env_id, FRAMES_PER_SECOND) if mode == "human" else None

    def tick(self) -> None:
        """Show the first game where there is a window."""
        if self._window is not None:
            self._window.show(self._room.frame(self.world, 0))

    def render(self, game: int = 0) -> Any:
        """Return one game as the mode says: pixels (height, width, 3) of uint8, or text; None for a window."""
        if self.mode == "ansi":
            return self._room.ansi(self.world, game)
        if self.mode == "rgb_array":
            from dynenvs.rendering import canvas

            return canvas.draw(self._room.frame(self.world, game))
        return None

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            self._window.close()

    def __getstate__(self) -> dict[str, Any]:
        return {"env_id": self.env_id, "world": self.world, "mode": self.mode}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]
