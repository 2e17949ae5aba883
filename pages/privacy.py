"""Privacy: who agreed to be contacted, what is held about one person, and its erasure."""

from dashboard.live import follow_changes, page_title
from dashboard.message_view import message_summary
from dashboard.privacy_view import consent_summary, erasures, person_search
from dashboard.session import current_scope, today
from dashboard.texts import _

scope = current_scope("privacy")
page_title(_("Privacy"), today())
person_search(scope)
consent_summary(scope)
message_summary(scope)
erasures(scope)
follow_changes("privacy")
