"""The account page: whether, how and of what a person is told when something is to be warned of."""

from __future__ import annotations

import streamlit as st

from dashboard.account import keep_alert_settings, own_alert_settings
from dashboard.refusals import as_text
from dashboard.session import current_scope
from dashboard.settings import settings
from dashboard.texts import N_, _
from data_access.edits.alert_messages import AlertSettings
from data_access.edits.rights import may_answer_alert
from data_access.errors import Refused
from data_access.scope import Scope

DIGEST_NAMES: dict[str, str] = {
    "none": N_("Not at all"),
    "daily": N_("Once a day"),
    "at_once": N_("At once"),
}
CHANNEL_NAMES: dict[str, str] = {"mail": N_("E-mail"), "webhook": N_("Webhook")}
_REFUSED = "alert_choice_refused"


def alert_choice(scope: Scope) -> None:
    """For who is warned of something; each choice holds at once."""
    if not scope.sees("alerts") or not may_answer_alert(scope, "snooze_alert"):
        return
    st.subheader(_("Warnings"), anchor=False)
    st.caption(
        _("Warnings stand in My work. If you like, you are also sent those that are new to you:"
          " what you see, in your language, each once.")
    )  # fmt: skip
    wanted = own_alert_settings(scope)
    st.session_state["alert_digest"] = wanted.digest
    st.segmented_control(
        _("Send me new warnings"), list(DIGEST_NAMES), key="alert_digest", required=True,
        format_func=lambda name: _(DIGEST_NAMES[name]), on_change=_keep,
    )  # fmt: skip
    if settings().webhook is not None or wanted.channel == "webhook":
        st.session_state["alert_channel"] = wanted.channel
        st.segmented_control(
            _("By"), list(CHANNEL_NAMES), key="alert_channel", required=True,
            format_func=lambda name: _(CHANNEL_NAMES[name]), on_change=_keep,
            help=_("The webhook is the address that your administrator has set."),
        )  # fmt: skip
    if scope.sees_all("orders"):
        st.session_state["alert_unusual_days"] = wanted.unusual_days
        st.toggle(_("Warn me of unusual days of sales too"), key="alert_unusual_days",
                  on_change=_keep)  # fmt: skip
    refusal: Refused | None = st.session_state.pop(_REFUSED, None)
    if refusal is not None:
        st.error(as_text(refusal), icon=":material/error:")


def _keep() -> None:
    scope, said = current_scope("account"), st.session_state
    before = own_alert_settings(scope)
    chosen = AlertSettings(
        said.get("alert_digest") or before.digest,
        said.get("alert_channel") or before.channel,
        bool(said.get("alert_unusual_days", before.unusual_days)),
    )
    try:
        keep_alert_settings(scope, chosen)
    except Refused as refusal:
        said[_REFUSED] = refusal
