"""Words that the CRM database stores as they were written, said in the person's language."""

from __future__ import annotations

from typing import Any

from dashboard.texts import N_, _

# column → stored value → how it reads; what is not here is shown as it is stored
WORDS: dict[str, dict[str, str]] = {
    "payments.method": {
        "Alipay": N_("Alipay"),
        "WeChat Pay": N_("WeChat Pay"),
        "UnionPay": N_("UnionPay"),
        "Cash": N_("Cash"),
        "Cash on delivery": N_("Cash on delivery"),
        "Bank transfer": N_("Bank transfer"),
        "credit_card": N_("Credit card"),
        "debit_card": N_("Debit card"),
        "voucher": N_("Voucher"),
        "boleto": N_("Boleto"),
        "not_defined": N_("Unknown method"),
    },
    "shipments.carrier": {
        "SF Express": N_("SF Express"),
        "JD Logistics": N_("JD Logistics"),
        "ZTO Express": N_("ZTO Express"),
        "YTO Express": N_("YTO Express"),
        "Deppon": N_("Deppon"),
        "Store pick-up": N_("Store pick-up"),
    },
    "returns.reason": {
        "Damaged in transit": N_("Damaged in transit"),
        "Wrong item": N_("Wrong item"),
        "Not as described": N_("Not as described"),
        "Quality problem": N_("Quality problem"),
        "Changed my mind": N_("Changed my mind"),
        "Arrived too late": N_("Arrived too late"),
    },
    "returns.state": {
        "received": N_("Received back"),
        "closed": N_("Closed"),
    },
    "orders.cancel_reason": {
        "Changed my mind": N_("Changed my mind"),
        "Found a better price": N_("Found a better price"),
        "Ordered by mistake": N_("Ordered by mistake"),
        "Delivery too slow": N_("Delivery too slow"),
        "Duplicate order": N_("Duplicate order"),
        "Payment failed": N_("Payment failed"),
        "Out of stock": N_("Out of stock"),
    },
    "feedback.state": {
        "new": N_("New"),
        "assigned": N_("Assigned"),
        "resolved": N_("Resolved"),
    },
}


def in_words(column: str, value: Any) -> str:
    """The stored value of a `table.column` as people read it; nothing for no value."""
    if value is None or value != value:
        return ""
    known = WORDS[column].get(str(value))
    return _(known) if known else str(value)
