"""What the server answers beside the pages: signing in and out, and whether it is ready."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from anyio import CapacityLimiter, to_thread
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboard.connection import database
from dashboard.cookies import COOKIE, SECURE_COOKIE, token_of
from dashboard.guard import Guard, is_over_tls
from dashboard.menu import PAGES
from dashboard.security_log import record_event
from dashboard.settings import settings
from dashboard.texts import LANGUAGES
from data_access.accounts import set_language, utc_now
from data_access.sessions import end_session, hash_token
from data_access.signing_in import SignedIn, SignInRefused, sign_in, subject_of

FORM_BYTES = 16 * 1024
# bcrypt is heavy on purpose: a burst of sign-ins may not take every core from the pages
_checks = CapacityLimiter(2)


async def log_in(request: Request) -> Response:
    """POST username, password, next, language; answers with a cookie and the way back."""
    form = await _form(request)
    if form is None:
        return Response("The form is too large.", status_code=413)
    address = local_address(form.get("next", ""))
    if not is_same_origin(request):
        record_event("sign_in", "foreign origin", address=_client_address(request))
        return _back(address, problem="foreign")
    try:
        person = await to_thread.run_sync(_sign_in, request, form, limiter=_checks)
    except SignInRefused as refusal:
        return _back(address, form, problem=refusal.reason, **refusal.values)
    except SQLAlchemyError:
        return _back(address, form, problem="database")
    response = _back(address)
    _set_cookie(response, request, person.token)
    return response


async def log_out(request: Request) -> Response:
    """POST; ends the session of the cookie and takes the cookie back."""
    if not is_same_origin(request):
        record_event("sign_out", "foreign origin", address=_client_address(request))
        return _back("/", problem="foreign")
    token = token_of(request.cookies)
    try:
        await to_thread.run_sync(_sign_out, token)
    except SQLAlchemyError:
        return _back("/", problem="database")
    if token:
        record_event("sign_out", "done", session=hash_token(token))
    response = _back("/")
    for name in (COOKIE, SECURE_COOKIE):
        response.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True)
    return response


async def ready(_request: Request) -> Response:
    """200 while the CRM database answers, 503 while it does not."""
    try:
        await to_thread.run_sync(_ask_database)
    except Exception:
        return JSONResponse({"ready": False, "database": "does not answer"}, status_code=503)
    return JSONResponse({"ready": True, "database": "answers"})


def local_address(wish: str) -> str:
    """The address of a page of ours, with its query; "/" for anything else."""
    try:
        parts = urlsplit(wish)
    except ValueError:
        return "/"
    path = parts.path
    if parts.scheme or parts.netloc or path not in {f"/{page.slug}" for page in PAGES}:
        return "/"
    query = urlencode(parse_qsl(parts.query[:4000]))
    return f"{path}?{query}" if query else path


def is_same_origin(request: Request) -> bool:
    """Whether the browser says that the form stood on a page of ours. Not a browser: no."""
    origin = request.headers.get("origin")
    own = settings().public_url or f"{request.url.scheme}://{request.url.netloc}"
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    return origin == own


def _sign_in(request: Request, form: dict[str, str]) -> SignedIn:
    from dashboard.session import check_password  # loaded by the first page in any case

    address, name = _client_address(request), form.get("username", "")
    try:
        person = sign_in(
            database().writer,
            name,
            form.get("password", ""),
            address=address,
            now=utc_now(),
            lifetime=settings().session_lifetime,
            client=request.headers.get("user-agent", ""),
            old_token=token_of(request.cookies),
            check=check_password,
        )
    except SignInRefused as refusal:
        record_event("sign_in", refusal.reason, target=subject_of("user", name), address=address)
        raise
    session = hash_token(person.token)
    record_event("sign_in", "done", user=person.username, session=session, address=address)
    if form.get("language") in LANGUAGES:
        set_language(database().writer, person.user_id, form["language"])
    return person


def _sign_out(token: str | None) -> None:
    end_session(database().writer, token, now=utc_now())


def _ask_database() -> None:
    with database().record.connect() as connection:
        connection.execute(text("SELECT 1"))


async def _form(request: Request) -> dict[str, str] | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return None
    fields = body.decode("utf-8", "replace").split("&")[:20]
    return dict(parse_qsl("&".join(fields), keep_blank_values=True))


def _back(
    address: str, form: dict[str, str] | None = None, **parameters: object
) -> RedirectResponse:
    """To a page of ours; `parameters` tell the sign-in page what went wrong."""
    if form and form.get("language") in LANGUAGES:
        parameters["language"] = form["language"]
    if parameters:
        address += ("&" if "?" in address else "?") + urlencode(parameters)
    return RedirectResponse(address, status_code=303)


def _set_cookie(response: Response, request: Request, token: str) -> None:
    over_tls = is_over_tls(request)
    response.set_cookie(
        SECURE_COOKIE if over_tls else COOKIE,
        token,
        max_age=int(settings().session_lifetime.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=over_tls,
    )


def _client_address(request: Request) -> str:
    return request.client.host if request.client else "local"


ROUTES = [
    Route("/auth/login", log_in, methods=["POST"]),
    Route("/auth/logout", log_out, methods=["POST"]),
    Route("/readyz", ready, methods=["GET"]),
]
MIDDLEWARE = [Middleware(Guard)]
