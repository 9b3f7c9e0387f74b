"""The user's cache folder."""

from pathlib import Path

from hw_models.folder.cache import cache_folder


def test_the_folder_is_named_or_the_user_s(tmp_path, monkeypatch):
    monkeypatch.setenv("TRISPIKE_CACHE", "here")
    assert cache_folder() == Path("here")
    monkeypatch.delenv("TRISPIKE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "trispike"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "trispike"
