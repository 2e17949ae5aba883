"""What a real server answers: to browsers, to other sites, and to those who guess."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import anyio
import pytest
from sqlalchemy import insert, select, update

from dashboard.guard import HEADERS, Guard, is_known_host, is_loopback
from dashboard.menu import PAGES
from dashboard.routes import local_address
from dashboard.settings import Settings
from dashboard.starting import StartRefused, check_address
from data_access.accounts import NewUser, add_user, utc_now
from data_access.database import Database, connect, writing
from data_access.passwords import hash_password
from data_access.schema import upgrade_schema
from data_access.tables import properties, sessions, sign_in_failures, users
from tests.serving import ROOT, Server, free_port, serving

PASSWORD = "the right sentence 密码"
RIGHT = {"username": "wang", "password": PASSWORD}


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = connect(f"sqlite:///{tmp_path_factory.mktemp('routes') / 'crm.sqlite'}")
    upgrade_schema(database.writer)
    password_hash = hash_password(PASSWORD, rounds=4)
    add_user(database.writer, NewUser("wang", "manager"), password_hash=password_hash,
             now=utc_now())  # fmt: skip
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def server(crm: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(str(crm.writer.url), tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(autouse=True)
def forgotten(crm: Database) -> None:
    with writing(crm.writer) as connection:
        connection.execute(sign_in_failures.delete())
        connection.execute(update(users).values(is_active=True, language=None))


def events(server: Server) -> list[dict[str, object]]:
    lines = server.log.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def living_sessions(crm: Database) -> int:
    with crm.record.connect() as connection:
        rows = connection.execute(select(sessions).where(sessions.c.ended_at.is_(None))).all()
    return len(rows)


ROUTES = ["/", "/orders", "/account", "/readyz", "/auth/login", "/media/x.csv", "/nowhere",
          "/_stcore/health", "/_stcore/metrics", "/_stcore/host-config", "/static/x.js",
          "/_stcore/upload_file/a/b"]  # fmt: skip


@pytest.mark.parametrize("path", ROUTES)
def test_every_answer_has_the_security_headers(server: Server, path: str) -> None:
    for answer in (server.get(path), server.post(path)):
        for name, value in HEADERS.items():
            assert answer.headers.get_all(name) == [value], (path, name)
        assert "strict-transport-security" not in answer.headers
        if not path.startswith("/static/"):
            assert answer.headers["cache-control"] == "no-store"


def test_the_policy_lets_no_foreign_or_inline_script_in() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy and "http" not in policy and "*" not in policy


def test_ready_while_the_database_answers(server: Server) -> None:
    answer = server.get("/readyz")
    assert answer.status == 200 and json.loads(answer.body)["ready"] is True


def test_not_ready_while_the_database_does_not_answer(tmp_path: Path) -> None:
    away = "postgresql://nobody:secret@127.0.0.1:1/none"
    with serving(away, tmp_path) as running:
        answer = running.get("/readyz")
        assert answer.status == 503 and json.loads(answer.body)["ready"] is False
        assert running.post("/auth/login", RIGHT).location.startswith("/?problem=database")
        assert running.get("/media/x.csv").status == 503
        assert "secret" not in running.log.read_text()


def test_signing_in_sets_the_cookie_and_leads_back(server: Server) -> None:
    answer = server.post("/auth/login", {**RIGHT, "next": "/order?number=A%26B&x=%E5%8D%95"})
    assert (answer.status, answer.location) == (303, "/order?number=A%26B&x=%E5%8D%95")
    name, *flags = answer.headers["set-cookie"].split("; ")
    assert name.startswith("orderscope=") and len(name.split("=")[1]) == 43
    assert {flag.lower() for flag in flags} == {
        "httponly", "samesite=lax", "path=/", "max-age=28800",
    }  # fmt: skip


def test_behind_a_tls_proxy_the_cookie_is_secure(crm: Database, tmp_path: Path) -> None:
    public = "https://crm.example.com"
    with serving(str(crm.writer.url), tmp_path, CRM_PUBLIC_URL=public) as running:
        answer = running.post("/auth/login", RIGHT, Origin=public, Host="crm.example.com")
        assert answer.cookie.startswith("__Host-orderscope=")
        assert "; Secure" in answer.headers["set-cookie"]
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        plain = running.post("/auth/login", RIGHT, Origin=running.origin)
        assert plain.location == "/?problem=foreign"
        assert running.get("/", Host="evil.example").status == 403


@pytest.mark.parametrize(
    "wish",
    ["//evil.example", "https://evil.example/orders", "/\\evil.example", "\\\\evil.example",
     "/orders/../../evil", "javascript:alert(1)", "/auth/logout", "/nowhere", "orders",
     "//evil.example/orders", "/%2F%2Fevil.example", "http:orders", "///orders", "/orders:80@evil",
     "\t//evil.example", "/\t/evil.example", "https://[", "@evil.example", "/ORDERS/"],
)  # fmt: skip
def test_the_way_back_leads_to_no_other_site(server: Server, wish: str) -> None:
    assert local_address(wish) in ("/", "/orders")
    assert server.post("/auth/login", {**RIGHT, "next": wish}).location in ("/", "/orders")


def test_the_way_back_keeps_pages_and_queries_and_splits_no_header() -> None:
    for page in PAGES:
        assert local_address(f"/{page.slug}?stage=shipped") == f"/{page.slug}?stage=shipped"
    assert local_address("/orders?a=b\r\nSet-Cookie: x=y") == "/orders?a=bSet-Cookie%3A+x%3Dy"
    assert local_address("/orders#//evil") == "/orders"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
    ],
)
def test_a_form_of_another_site_signs_nobody_in_or_out(
    server: Server, crm: Database, headers: dict[str, str]
) -> None:
    cookie = server.post("/auth/login", RIGHT).cookie
    living = living_sessions(crm)
    answer = server.post("/auth/login", RIGHT, **headers)
    assert answer.location == "/?problem=foreign" and not answer.cookie
    answer = server.post("/auth/logout", Cookie=cookie, **headers)
    assert answer.location == "/?problem=foreign"
    assert living_sessions(crm) == living


@pytest.mark.parametrize("path", ["/auth/login", "/auth/logout"])
def test_a_get_changes_nothing(server: Server, crm: Database, path: str) -> None:
    cookie = server.post("/auth/login", RIGHT).cookie
    living = living_sessions(crm)
    answer = server.get(f"{path}?username=wang&password={PASSWORD.split()[0]}", Cookie=cookie)
    assert "orderscope" not in answer.headers.get("set-cookie", "")
    assert living_sessions(crm) == living


def test_logging_out_kills_the_cookie_everywhere(server: Server) -> None:
    cookie = server.post("/auth/login", RIGHT).cookie
    assert server.get("/media/x.csv", Cookie=cookie).status == 404
    answer = server.post("/auth/logout", Cookie=cookie)
    assert (answer.status, answer.location) == (303, "/")
    assert all("Max-Age=0" in line for line in answer.headers.get_all("set-cookie"))
    assert server.get("/media/x.csv", Cookie=cookie).status == 403


def test_signing_in_again_ends_the_session_the_browser_came_with(server: Server) -> None:
    first = server.post("/auth/login", RIGHT).cookie
    second = server.post("/auth/login", RIGHT, Cookie=first).cookie
    assert server.get("/media/x.csv", Cookie=first).status == 403
    assert server.get("/media/x.csv", Cookie=second).status == 404


@pytest.mark.parametrize(
    "path", ["/media/x.csv", "//media/x.csv", "/media/../media/x.csv", "/_stcore/upload_file/a/b",
             "/media"]
)  # fmt: skip
def test_files_are_for_those_signed_in(server: Server, path: str) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert server.ask(method, path).status in (403, 404, 400), method
    assert server.get("/media/x.csv", Cookie="orderscope=" + "A" * 43).status == 403


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/metrics/", "/_stcore/agent/x", "//_stcore/metrics"]
)
def test_metrics_and_the_agent_are_closed(server: Server, path: str) -> None:
    cookie = server.post("/auth/login", RIGHT).cookie
    assert server.get(path, Cookie=cookie).status in (404, 400)


def test_a_name_of_another_site_that_points_here_is_refused(server: Server) -> None:
    own = f"127.0.0.1:{server.port}"
    assert server.get("/readyz", Host="10.0.0.1").status == 200
    assert server.get("/", Host=own).status == 200
    for host in (
        "evil.example",
        f"evil.example:{server.port}",
        "127.0.0.1.evil.example",
        "10.0.0.1",
    ):
        assert server.get("/", Host=host).status == 403, host
        assert server.shake_hands(Host=host, Origin=f"http://{host}") == 403, host
    assert server.shake_hands(Host=own, Origin=f"http://{own}") == 101
    assert server.shake_hands(Host=own, Origin="http://evil.example") == 403


def test_wrong_passwords_are_delayed_in_words(server: Server) -> None:
    wrong = {**RIGHT, "password": "wrong", "next": "/orders", "language": "zh_CN"}
    for _ in range(5):
        answer = server.post("/auth/login", wrong)
        assert answer.location == "/orders?problem=wrong&language=zh_CN"
    answer = server.post("/auth/login", RIGHT)
    assert answer.location.startswith("/?problem=wait&seconds=") and not answer.cookie


def test_odd_forms_are_refused_without_a_fault(server: Server) -> None:
    for form in (
        {},
        {"username": "wang"},
        {"password": PASSWORD},
        {"username": "a\x00b", "password": "\x00"},
        {"username": "x" * 5000, "password": "y" * 5000},
        {"username": "密" * 500, "password": "🙂"},
    ):
        answer = server.post("/auth/login", form)
        assert answer.status == 303 and "problem=" in answer.location, form
    assert server.post("/auth/login", b"\xff\xfe=%ff&%zz").status == 303
    assert server.post("/auth/login", b"a=b&" * 50).status == 303
    assert server.post("/auth/login", b"x" * 20_000).status == 413


def test_the_chosen_language_is_kept_with_the_account(server: Server, crm: Database) -> None:
    server.post("/auth/login", {**RIGHT, "language": "zh_CN"})
    server.post("/auth/login", {**RIGHT, "language": "xx"})
    with crm.record.connect() as connection:
        assert connection.scalar(select(users.c.language)) == "zh_CN"


def test_each_event_is_one_line_without_secrets(server: Server) -> None:
    before = len(events(server))
    cookie = server.post("/auth/login", RIGHT, User_Agent="Canary").cookie
    server.post("/auth/login", {"username": "x\r\n{}", "password": "canary-password"})
    server.post("/auth/login", RIGHT, Origin="https://evil.example")
    server.post("/auth/logout", Cookie=cookie)
    new = events(server)[before:]
    assert [(event["action"], event["outcome"]) for event in new] == [
        ("sign_in", "done"),
        ("sign_in", "wrong"),
        ("sign_in", "foreign origin"),
        ("sign_out", "done"),
    ]
    assert new[0]["user"] == "wang" and new[0]["session"] == new[3]["session"]
    assert all(str(event["at"]).endswith("+00:00") for event in new)
    log = server.log.read_text()
    for secret in (cookie.split("=")[1], "canary-password", PASSWORD):
        assert secret not in log


def test_streamlit_run_serves_the_same(crm: Database, tmp_path: Path) -> None:
    with serving(str(crm.writer.url), tmp_path, by="streamlit") as running:
        assert running.get("/readyz").status == 200
        assert running.post("/auth/login", {**RIGHT, "next": "/orders"}).location == "/orders"
        assert running.get("/").headers["content-security-policy"]


def start_refused(database_url: str, *flags: str, **environment: str) -> str:
    """The sentence with which `streamlit run` ends."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            "dashboard/app.py",
            "--server.port",
            str(free_port()),
            *flags,
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "CRM_DATABASE_URL": database_url,
            "CRM_ANALYTICS_URL": "off",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    return done.stderr.strip().splitlines()[-1]


def test_the_app_does_not_start_with_demo_accounts_among_real_data(
    sqlite_database: Database,
) -> None:
    user = NewUser("demo", "admin", is_demo=True)
    add_user(sqlite_database.writer, user, password_hash="!", now=utc_now())
    url = str(sqlite_database.writer.url)
    assert "holds demo accounts" in start_refused(url)
    with writing(sqlite_database.writer) as connection:
        connection.execute(insert(properties).values(name="demo", value="0"))
    assert "holds demo accounts" in start_refused(url)


def test_the_app_does_not_start_with_a_wrong_setting(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    assert start_refused("crm.sqlite").startswith("CRM_DATABASE_URL is not a database URL")
    assert start_refused(url, CRM_TIME_ZONE="Moon").startswith("CRM_TIME_ZONE must be a time zone")
    assert start_refused(url, "--server.address", "0.0.0.0").startswith(
        "OrderScope answers other machines only over TLS."
    )


def test_a_request_from_elsewhere_is_answered_only_over_tls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def app(_scope: object, _receive: object, send: Callable[[dict], Awaitable]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    def status(scheme: str = "http") -> int:
        scope = {"type": "http", "method": "GET", "path": "/readyz", "query_string": b"",
                 "scheme": scheme, "headers": [], "server": ("10.0.0.5", 8501)}  # fmt: skip
        sent: list[dict] = []

        async def send(message: dict) -> None:
            sent.append(message)

        anyio.run(Guard(app), scope, None, send)
        return sent[0]["status"]

    assert (status("http"), status("https")) == (403, 200)
    monkeypatch.setenv("CRM_ALLOW_PLAIN_HTTP", "yes")
    assert status("http") == 200
    monkeypatch.setenv("CRM_ALLOW_PLAIN_HTTP", "no")
    monkeypatch.setenv("CRM_PUBLIC_URL", "https://crm.example.com")
    assert status("http") == 200


def settings_with(**values: object) -> Settings:
    return Settings(database_url="sqlite://", analytics_url=None, **values)


def test_another_address_than_loopback_needs_tls_or_a_clear_word() -> None:
    for address in ("127.0.0.1", "127.9.9.9", "::1", "localhost", None):
        check_address(settings_with(), address, None)
    for address in ("0.0.0.0", "::", "192.168.1.5", "crm.example.com", ""):
        if address:
            with pytest.raises(StartRefused, match="only over TLS"):
                check_address(settings_with(), address, None)
        check_address(settings_with(), address, "certificate.pem")
        check_address(settings_with(public_url="https://crm.example.com"), address, None)
        check_address(settings_with(allow_plain_http=True), address, None)
    with pytest.raises(StartRefused):
        check_address(settings_with(public_url="http://crm.example.com"), "0.0.0.0", None)


def test_a_host_is_ours_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = ["localhost", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST:80"]
    foreign = ["", "evil.example", "localhost.evil.example", "192.168.1.5", "a@localhost@evil", "["]
    assert all(map(is_known_host, ours)) and not any(map(is_known_host, foreign))
    monkeypatch.setenv("CRM_ALLOW_PLAIN_HTTP", "yes")
    assert is_known_host("192.168.1.5:8501") and not is_known_host("evil.example")
    monkeypatch.setenv("CRM_PUBLIC_URL", "https://crm.example.com")
    assert is_known_host("crm.example.com") and not is_known_host("evil.example.com")


def test_loopback_is_what_only_this_machine_reaches() -> None:
    assert all(map(is_loopback, ["127.0.0.1", "::1", "localhost", "/run/app.sock", "unix:/a"]))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "10.0.0.1", "example.com", ""]))
