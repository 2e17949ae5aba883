"""Where OrderScope starts: `streamlit run dashboard/app.py`, `uvicorn dashboard.app:app`, AppTest.

Imported by a server, this file is the ASGI application; run by Streamlit for a browser session, it
is the script of every page.
"""

from __future__ import annotations

import sys
from pathlib import Path

if str(Path(__file__).resolve().parent.parent) not in sys.path:
    # `streamlit run` puts dashboard/ on the path, not the folder that dashboard is in
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from dashboard.routes import MIDDLEWARE, ROUTES
    from dashboard.starting import check_before_start, lifespan, show_script_error

    check_before_start()
    app = st.App(
        __file__,
        routes=ROUTES,
        middleware=MIDDLEWARE,
        lifespan=lifespan,
        on_script_error=show_script_error,
    )
else:
    from dashboard.shell import run

    run()
