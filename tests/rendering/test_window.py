"""The window of render mode "human", with SDL's dummy driver: no display is needed."""

import copy
import pickle
import time

import pygame
import pytest

from dynenvs.rendering.canvas import Window
from dynenvs.rendering.vocabulary import Circle, Frame

FRAME = Frame(60, 40, (Circle(20, 20, 9, "#d00000"),))


@pytest.fixture(autouse=True)
def _dummy_driver(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    yield
    pygame.quit()


@pytest.fixture
def window():
    window = Window("a match", fps=1000)
    yield window
    window.close()


def press_close(window):
    pygame.event.post(pygame.event.Event(pygame.WINDOWCLOSE, window=window._window))


def test_it_opens_at_the_first_frame(window):
    pygame.quit()
    assert not pygame.display.get_init()
    window.show(FRAME)
    assert window._window.title == "a match"
    assert window._window.get_surface().get_at((20, 20)) == pygame.Color("#d00000")


def test_it_takes_the_size_of_each_frame(window):
    window.show(FRAME)
    window.show(Frame(80, 50, ()))
    assert window._window.get_surface().get_size() == (80, 50)


def test_it_waits_for_its_frame_rate():
    window = Window("slow", fps=25)
    start = time.perf_counter()
    for _ in range(4):
        window.show(FRAME)
    assert time.perf_counter() - start >= 3 * 0.035
    window.close()


def test_when_its_user_closes_it_the_program_goes_on(window):
    window.show(FRAME)
    press_close(window)
    window.show(FRAME)
    assert window.closed
    window.show(FRAME)


def test_closing_one_window_leaves_the_other_open(window):
    other = Window("another match", fps=1000)
    window.show(FRAME)
    other.show(FRAME)
    press_close(other)
    window.show(FRAME)
    other.show(FRAME)
    assert (window.closed, other.closed) == (False, True)
    window.show(FRAME)


def test_closing_twice_or_before_opening_is_fine(window):
    Window("never shown", fps=10).close()
    window.show(FRAME)
    window.close()
    window.close()
    assert window.closed


def test_closing_frees_the_window(window):
    window.show(FRAME)
    inner = window._window
    window.close()
    with pytest.raises(pygame.error, match="Invalid window"):
        _ = inner.id


def test_many_windows_come_and_go():
    for index in range(50):
        window = Window(f"match {index}", fps=1000)
        window.show(FRAME)
        window.close()
    assert window._window is None


@pytest.mark.parametrize("restart", [lambda: None, pygame.display.init])
def test_it_opens_again_when_another_library_quits_pygame(window, restart):
    window.show(FRAME)
    pygame.quit()
    restart()
    window.show(FRAME)
    assert window._window.get_surface().get_size() == (60, 40)
    pygame.quit()
    restart()
    window.close()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda window: pickle.loads(pickle.dumps(window))])
def test_a_copy_has_no_window_yet(window, duplicate):
    window.show(FRAME)
    other = duplicate(window)
    assert (other.title, other.fps, other.closed, other._window) == ("a match", 1000, False, None)
    other.show(FRAME)
    assert other._window.id != window._window.id
    other.close()
