"""How the house is built: who may import whom, and what nobody does. Read from the code itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.rules import every

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("data_access", "dashboard", "pages")
OURS = ("data_access", "dashboard", "pages", "benchmarks", "docs", "tests")

# Folder or file → what it never imports. The longest name that fits a file is added to the
# shorter ones: dashboard/analytics keeps the rules of dashboard too.
NEVER = {
    "pages": ("sqlalchemy", "pandas", "plotly", "duckdb", "data_access.tables",
              "data_access.scope", "data_access.database", "pages"),
    "dashboard": ("data_access.tables", "pages", "benchmarks", "docs", "tests"),
    "dashboard/figures": ("sqlalchemy", "streamlit"),
    "dashboard/analytics": ("sqlalchemy", "streamlit", "plotly", "data_access"),
    "data_access": ("streamlit", "streamlit_authenticator", "plotly", "prophet", "dashboard",
                    "pages", "benchmarks", "docs", "tests"),
}  # fmt: skip
# Queries see only the relations of a Scope; these build what stands beneath or beside it.
MAY_NAME_TABLES = (
    "data_access/scope.py", "data_access/schema.py", "data_access/totals.py",
    "data_access/accounts.py", "data_access/sessions.py", "data_access/signing_in.py",
    "data_access/migrations/", "data_access/importing/", "data_access/demo/",
    "data_access/analytics_copy/", "data_access/audit_chain.py", "data_access/edits/",
    "data_access/refreshing/", "data_access/purchasing.py", "data_access/sealing.py",
    "data_access/verifying.py", "data_access/verifying_values.py",
)  # fmt: skip
ONLY_HERE = {
    "streamlit_authenticator": ("dashboard/session.py",),
    "plotly": ("dashboard/figures/", "dashboard/charts.py", "dashboard/overview_view.py"),
    "duckdb": ("data_access/analytics_copy/", "data_access/importing/", "dashboard/connection.py"),
    "tests": (),
}
# Of SQLAlchemy, dashboard knows addresses, engines to hand on, and that a database may fail.
SQLALCHEMY_IN_DASHBOARD = {"sqlalchemy", "engine", "exc", "Engine", "URL", "make_url"}
ASKS_WHETHER_IT_ANSWERS = {"dashboard/routes.py": {"text"}}
CACHES = ("dashboard/reads.py", "dashboard/connection.py")
WORDS_NOT_SAID = re.compile(
    r"(^|_)(utils?|helpers?|manager|service|handler|process_data|df\d*|do)(_|$)|^common$"
)
NAMED_BY_OTHERS = {"do_begin", "do_commit", "do_rollback"}
SIGNING_IN = (
    "dashboard/session.py", "dashboard/cookies.py", "dashboard/routes.py", "dashboard/guard.py",
    "data_access/accounts.py", "data_access/passwords.py", "data_access/sessions.py",
    "data_access/signing_in.py",
)  # fmt: skip
# Shown to those who are not signed in: there is no scope to ask for.
WITHOUT_A_SCOPE = ("dashboard/sign_in.py",)
MOST_LINES = 400
LONG_ON_PURPOSE = ("data_access/tables.py", "data_access/migrations/versions/")


def files(*folders: str) -> list[str]:
    return sorted(
        str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).rglob("*.py")
    )


CODE = files(*FOLDERS)


@cache
def tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text("utf-8"), file)


def imports(file: str) -> set[str]:
    """Every module and every name taken from one: `data_access.tables`, `sqlalchemy.select`."""
    found: set[str] = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno} imports relatively"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def names(file: str) -> Iterator[tuple[int, str]]:
    """Every name that is used or an attribute of something, with its line."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.value.lineno, node.arg


def is_in(file: str, places: tuple[str, ...]) -> bool:
    return any(file == place or (place[-1] == "/" and file.startswith(place)) for place in places)


def is_of(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@every(CODE)
def test_nobody_imports_what_stands_above(file: str) -> None:
    never = {
        package
        for place, packages in NEVER.items()
        if file == place or file.startswith(f"{place}/")
        for package in packages
    }
    found = {(module, package) for module in imports(file) for package in never}
    assert {module for module, package in found if is_of(module, package)} == set()


@every(files("dashboard/analytics"))
def test_analytics_stand_alone(file: str) -> None:
    ours = {module for module in imports(file) if module.split(".")[0] in OURS}
    assert {module for module in ours if not is_of(module, "dashboard.analytics")} == set()


@every(files("data_access"))
def test_only_what_lies_beneath_a_scope_names_tables(file: str) -> None:
    names_tables = any(is_of(module, "data_access.tables") for module in imports(file))
    assert not names_tables or is_in(file, MAY_NAME_TABLES) or file == "data_access/tables.py"


@every(CODE)
def test_some_packages_are_named_in_one_place(file: str) -> None:
    for package, places in ONLY_HERE.items():
        used = any(is_of(module, package) for module in imports(file))
        assert not used or is_in(file, places), f"{file} imports {package}"


@every(files("dashboard"))
def test_no_sql_is_written_in_dashboard(file: str) -> None:
    taken = {module.split(".")[-1] for module in imports(file) if is_of(module, "sqlalchemy")}
    allowed = SQLALCHEMY_IN_DASHBOARD | ASKS_WHETHER_IT_ANSWERS.get(file, set())
    assert {name for name in taken - allowed if not name.endswith("Error")} == set()


@every(files("pages"))
def test_a_page_begins_with_its_scope(file: str) -> None:
    statements = [
        node
        for node in tree(file).body
        if not isinstance(node, ast.Import | ast.ImportFrom)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    slug = Path(file).stem.replace("_", "-")
    assert ast.unparse(statements[0]) == f"scope = current_scope('{slug}')"


def _is_fragment(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called) in ("st.fragment", "st.dialog", "fragment", "dialog")


@every(files("pages", "dashboard"))
def test_every_fragment_and_dialog_asks_for_the_scope_again(file: str) -> None:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef) and any(map(_is_fragment, node.decorator_list)):
            first = ast.unparse(node.body[0])
            assert "current_scope(" in first or is_in(file, WITHOUT_A_SCOPE), (
                f"{file}: {node.name} begins with {first!r}"
            )
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("st.fragment", "st.dialog"):
            decorates = node in [
                decorator
                for function in ast.walk(tree(file))
                if isinstance(function, ast.FunctionDef)
                for decorator in function.decorator_list
            ]
            assert decorates, f"{file}:{node.lineno} makes a fragment that this test cannot read"


@every(CODE)
def test_only_two_files_cache(file: str) -> None:
    caching = {name for _, name in names(file) if name.startswith(("cache_", "lru_cache", "cache"))}
    streamlit = caching & {"cache_data", "cache_resource"}
    assert not streamlit or file in CACHES
    assert "cache" not in caching or file.startswith("data_access"), "a scope must be in the key"


@every(CODE)
def test_nobody_uses_what_is_unsafe_or_gone(file: str) -> None:
    said = {name for _, name in names(file)}
    assert said & {"unsafe_allow_html", "unsafe_allow_javascript", "use_container_width",
                   "use_column_width", "exec", "eval"} == set()  # fmt: skip
    modules = imports(file)
    for package in ("pickle", "shelve", "marshal", "plotly.express", "streamlit.components.v1"):
        assert not any(is_of(module, package) for module in modules), package


@every(SIGNING_IN)
def test_no_guessable_chance_in_signing_in(file: str) -> None:
    assert not any(is_of(module, "random") or "numpy.random" in module for module in imports(file))


@every(CODE)
def test_no_error_is_swallowed_unnamed(file: str) -> None:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{file}:{node.lineno} catches everything"
            is_wide = {"Exception", "BaseException"} & {
                ast.unparse(inner) for inner in ast.walk(node.type)
            }
            passes = all(isinstance(statement, ast.Pass) for statement in node.body)
            assert not (is_wide and passes), f"{file}:{node.lineno} passes over everything"


def _queries() -> list[tuple[str, ast.FunctionDef]]:
    forms = ("list_", "sum_", "count_", "find_")
    return [
        (file, node)
        for file in files("data_access")
        if not is_in(file, MAY_NAME_TABLES)
        for node in tree(file).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith(forms)
    ]


@every(_queries())
def test_a_query_is_given_an_engine_and_a_scope(found: tuple[str, ast.FunctionDef]) -> None:
    file, query = found
    arguments = [argument.arg for argument in query.args.args]
    assert arguments[:2] == ["engine", "scope"], file
    assert ast.get_docstring(query) or len(query.body) == 1, f"{query.name} says nothing"
    assert query.returns is not None


@every(CODE)
def test_words_not_said_in_this_house(file: str) -> None:
    defined = [Path(file).stem] + [
        node.name
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    said = [name for name in defined if WORDS_NOT_SAID.search(name.lower())]
    assert set(said) - NAMED_BY_OTHERS == set()


@every(files("dashboard"))
def test_nothing_of_python_is_shadowed(file: str) -> None:
    # `streamlit run` puts dashboard/ first on the path
    import sys

    if Path(file).parent == Path("dashboard"):
        assert Path(file).stem not in sys.stdlib_module_names


def test_the_entry_file_has_no_pages_beside_it() -> None:
    # Streamlit would run scripts there without the entry file, and so without its checks
    assert not (ROOT / "dashboard" / "pages").exists()
    assert list(ROOT.glob("*.py")) == []


@every(files(*FOLDERS, "benchmarks", "docs", "tests"))
def test_files_stay_short(file: str) -> None:
    lines = len((ROOT / file).read_text("utf-8").splitlines())
    most = 600 if file.startswith("tests/") else MOST_LINES
    assert lines <= most or is_in(file, LONG_ON_PURPOSE)
