"""Settings come from the environment, then from the secrets file, and say what is wrong."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.settings import (
    NAMES,
    ROOT,
    TABLE,
    MailServer,
    SettingWrong,
    read_secrets,
    read_settings,
    settings,
)

SECRETS = """
CRM_TIME_ZONE = "Europe/Berlin"
[connections.crm]
url = "postgresql://someone:secret@db/crm"
"""


def secrets_file(folder: Path, text: str) -> Path:
    path = folder / "secrets.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_any_setting_there_is_a_sqlite_file_in_the_checkout() -> None:
    read = read_settings({}, {})
    assert read.database_url == f"sqlite:///{ROOT}/orderscope.sqlite"
    assert read.analytics_url == f"duckdb:///{ROOT}/orderscope.duckdb"
    assert (read.time_zone, read.currency) == ("Asia/Shanghai", "CNY")
    assert (read.public_url, read.allow_plain_http) == (None, False)
    assert (read.session_idle, read.session_lifetime) == (
        timedelta(minutes=30),
        timedelta(hours=8),
    )


def test_the_environment_wins_over_the_secrets_file(tmp_path: Path) -> None:
    secrets = read_secrets((secrets_file(tmp_path, SECRETS),))
    read = read_settings({}, secrets)
    assert read.database_url == "postgresql://someone:secret@db/crm"
    assert read.time_zone == "Europe/Berlin"
    environment = {"CRM_DATABASE_URL": "sqlite:///x.sqlite", "CRM_TIME_ZONE": "Asia/Tokyo"}
    read = read_settings(environment, secrets)
    assert (read.database_url, read.time_zone) == ("sqlite:///x.sqlite", "Asia/Tokyo")


def test_the_checkouts_secrets_win_over_those_of_the_home_folder(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    home = secrets_file(tmp_path / "home", 'CRM_CURRENCY = "EUR"\nCRM_TIME_ZONE = "UTC"')
    checkout = secrets_file(tmp_path, 'CRM_CURRENCY = "USD"')
    read = read_settings({}, read_secrets((checkout, home)))
    assert (read.currency, read.time_zone) == ("USD", "UTC")


def test_a_changed_environment_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_CURRENCY", "eur")
    assert settings().currency == "EUR"
    monkeypatch.setenv("CRM_CURRENCY", "usd")
    assert settings().currency == "USD"


def test_the_copy_of_a_server_database_lies_in_the_cache_folder_and_can_be_off() -> None:
    read = read_settings({"CRM_DATABASE_URL": "postgresql://u:p@db.example/crm"}, {})
    assert read.analytics_url is not None
    assert read.analytics_url.endswith("/orderscope/db_example_crm.duckdb")
    assert "u:p" not in read.analytics_url
    assert read_settings({"CRM_ANALYTICS_URL": "OFF"}, {}).analytics_url is None


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("CRM_DATABASE_URL", "crm.sqlite", "CRM_DATABASE_URL is not a database URL such as"),
        ("CRM_DATABASE_URL", "mysql://u:secret@h/d", "must name a SQLite or a PostgreSQL"),
        ("CRM_ANALYTICS_URL", "nowhere", "CRM_ANALYTICS_URL is not a database URL"),
        ("CRM_TIME_ZONE", "Shanghai", "must be a time zone such as Asia/Shanghai, not Shanghai."),
        ("CRM_TIME_ZONE", "../../etc/passwd", "must be a time zone"),
        ("CRM_CURRENCY", "yuan", "must be a currency of three letters such as CNY, not yuan."),
        ("CRM_PUBLIC_URL", "crm.example.com", "must be the address people open"),
        ("CRM_PUBLIC_URL", "https://crm.example.com/crm", "must be the address people open"),
        ("CRM_ALLOW_PLAIN_HTTP", "perhaps", "must be yes or no, not perhaps."),
        ("CRM_SESSION_IDLE_MINUTES", "0", "must be a whole number from 1 to 480, not 0."),
        ("CRM_SESSION_HOURS", "25", "must be a whole number from 1 to 24, not 25."),
        ("CRM_SESSION_HOURS", "8.5", "must be a whole number from 1 to 24, not 8.5."),
    ],
)
def test_a_wrong_setting_says_what_it_must_be(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingWrong, match=name) as refusal:
        read_settings({name: value}, {})
    assert sentence in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_mail_goes_into_a_folder_or_by_a_server_and_no_password_in_the_open() -> None:
    sender = {"CRM_MAIL_FROM": "sales@example.com"}
    assert read_settings({"CRM_MAIL_FOLDER": "out"}, {}).mail_folder == Path("out")
    url = "smtp://sales%40example.com:p%40ss@mail.example.com?starttls"
    server = read_settings({"CRM_SMTP_URL": url, **sender}, {}).mail_server
    assert server == MailServer("mail.example.com", 587, "starttls", "sales@example.com", "p@ss")
    assert "p@ss" not in repr(server)
    server = read_settings({"CRM_SMTP_URL": "smtps://mail.example.com", **sender}, {}).mail_server
    assert server == MailServer("mail.example.com", 465, "tls")
    wrong = {
        "mail.example.com": "is not the address of a mail server",
        "smtp://mail.example.com:many": "is not the address of a mail server",
        "smtp://a:secret@mail.example.com": "would send its password unencrypted",
    }
    for url, sentence in wrong.items():
        with pytest.raises(SettingWrong, match=sentence) as refusal:
            read_settings({"CRM_SMTP_URL": url, **sender}, {})
        assert "secret" not in str(refusal.value)
    for said, sentence in (
        ({"CRM_SMTP_URL": "smtp://localhost"}, "must be the mail address"),
        ({"CRM_MAIL_FOLDER": "out", "CRM_MAIL_FROM": "sales"}, "must be the mail address"),
        ({"CRM_SMTP_URL": "smtp://localhost", "CRM_MAIL_FOLDER": "out"}, "not both"),
    ):
        with pytest.raises(SettingWrong, match=sentence):
            read_settings(said, {})


def test_a_broken_secrets_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingWrong, match=r"secrets\.toml cannot be read"):
        read_secrets((secrets_file(tmp_path, "url = "),))


def test_every_setting_is_in_the_table_and_read_from_the_environment() -> None:
    source = (ROOT / "dashboard" / "settings.py").read_text(encoding="utf-8")
    assert len(set(NAMES)) == len(TABLE)
    for setting in TABLE:
        assert source.count(f'"{setting.name}"') >= 2, f"{setting.name} is never read"
        assert setting.meaning.endswith(".") and setting.default


def test_the_shipped_configuration_shows_and_opens_nothing() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    server, client = config["server"], config["client"]
    assert server["address"] == "127.0.0.1"
    assert server["maxUploadSize"] == 20
    assert server["enableCORS"] and server["enableXsrfProtection"]
    assert not server["enableStaticServing"] and server["fileWatcherType"] == "none"
    assert not server.get("enableAgentApi") and "trustedUserHeaders" not in server
    assert client["showErrorDetails"] == "none" and not client["showErrorLinks"]
    assert client["disableDataExport"]  # tables leave by an export that checks, or not at all
    assert client["toolbarMode"] == "minimal"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["runner"]["postScriptGC"] is False
