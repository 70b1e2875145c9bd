import pytest

from dynenvs.core.files import replacing, write_text


def test_a_file_is_written_whole_with_its_folders(tmp_path):
    write_text(tmp_path / "a/b/page.html", "é\n")
    assert (tmp_path / "a/b/page.html").read_bytes() == "é\n".encode()


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    write_text(tmp_path / "page.html", "old")
    with pytest.raises(TypeError), replacing(tmp_path / "page.html") as beside:
        beside.write_text("half") + "not text"
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("page.html", "old")]


def test_readers_see_the_old_file_until_the_new_one_is_whole(tmp_path):
    write_text(tmp_path / "page.html", "old")
    with replacing(tmp_path / "page.html") as beside:
        beside.write_text("new")
        assert (tmp_path / "page.html").read_text() == "old"
    assert (tmp_path / "page.html").read_text() == "new"
