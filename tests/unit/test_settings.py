"""Settings: every fault at once, secrets from files, a key made once."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import pytest

from civicprobe.settings import Settings, SettingsFault, env_name


def test_with_nothing_set_all_lies_under_var(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({})
    assert settings.var_dir == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path}/var/civicprobe.db"
    assert settings.storage_url == f"file://{tmp_path}/var/photos"
    assert not (tmp_path / "var").exists()


def test_all_faults_are_reported_at_once():
    with pytest.raises(SettingsFault) as fault:
        Settings.from_env(
            {
                "CIVICPROBE_MAX_PIXELS": "lots",
                "CIVICPROBE_PUBLIC_URL": "ftp://x",
                "CIVICPROBE_TWO_FACTOR": "perhaps",
                "CIVICPROBE_TIMEZONE": "Mars/Base",
                "CIVICPROBE_REPORTS_BURST": "0",
                "CIVICPROBE_DATABSE_URL": "sqlite:///x",
                "CIVICPROBE_LOG_LEVEL": "LOUD",
            }
        )
    assert len(fault.value.faults) == 7
    assert any("DATABSE_URL is not a setting" in words for words in fault.value.faults)


def test_postgresql_wants_a_key_of_its_own():
    with pytest.raises(SettingsFault, match="SECRET_KEY must be set"):
        Settings.from_env({"CIVICPROBE_DATABASE_URL": "postgresql://localhost/x"})
    settings = Settings.from_env(
        {"CIVICPROBE_DATABASE_URL": "postgresql://localhost/x", "CIVICPROBE_SECRET_KEY": "k"}
    )
    assert settings.database_url == "postgresql+psycopg://localhost/x"


def test_a_secret_may_lie_in_a_file(tmp_path):
    (tmp_path / "key").write_text("from a file\n")
    assert (
        Settings.from_env({"CIVICPROBE_SECRET_KEY_FILE": str(tmp_path / "key")}).secret_key
        == "from a file"
    )
    with pytest.raises(SettingsFault, match="SECRET_KEY"):
        Settings.from_env({"CIVICPROBE_SECRET_KEY_FILE": str(tmp_path / "nowhere")})


def test_a_key_is_made_once_for_all_processes_and_for_no_other_eyes(tmp_path):
    settings = Settings.from_env({"CIVICPROBE_VAR_DIR": str(tmp_path)})
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: settings.with_secret().secret_key, range(16)))
    assert len(keys) == 1
    assert len(keys.pop()) > 40
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]


def test_the_environment_makes_the_same_settings_again(tmp_path):
    first = Settings.from_env({"CIVICPROBE_VAR_DIR": str(tmp_path), "CIVICPROBE_TWO_FACTOR": "0"})
    assert Settings.from_env(first.to_env()) == first


def test_every_setting_says_what_it_is():
    for item in fields(Settings):
        assert item.metadata["doc"], env_name(item)
