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
    "stock_movements.kind": {
        "opening": N_("Opening stock"),
        "shipment": N_("Shipment"),
        "return": N_("Return"),
        "receipt": N_("Goods received"),
        "correction": N_("Stock count"),
    },
    "replenishments.state": {
        "proposed": N_("Proposed"),
        "ordered": N_("Ordered from supplier"),
        "received": N_("Arrived"),
        "approved": N_("Approved"),
        "closed": N_("Put away"),
        "rejected": N_("Rejected"),
    },
    "audit.reason": {  # of what no person gave a reason for
        "demo company": N_("demo company"),
        "bulk load": N_("bulk load"),
    },
    "feedback.state": {
        "new": N_("New"),
        "assigned": N_("Assigned"),
        "resolved": N_("Resolved"),
    },
}

# a logged table, as the log calls its rows
TABLE_NAMES: dict[str, str] = {
    "orders": N_("Order"),
    "order_lines": N_("Order line"),
    "payments": N_("Payment"),
    "stock": N_("Stock"),
    "stock_movements": N_("Stock movement"),
    "shipments": N_("Shipment"),
    "returns": N_("Return"),
    "replenishments": N_("Replenishment"),
    "comments": N_("Comment"),
    "stage_rules": N_("Rule of a stage"),
    "discount_limits": N_("Discount limit"),
    "users": N_("Account"),
    "*": N_("Many rows"),
}
# a column of a logged table; the same in every table
FIELD_NAMES: dict[str, str] = {
    "order_number": N_("Order number"),
    "customer_id": N_("Customer"),
    "owner_id": N_("Sales rep"),
    "region_id": N_("Region"),
    "channel": N_("Channel"),
    "campaign_id": N_("Campaign"),
    "warehouse_id": N_("Warehouse"),
    "product_id": N_("Product"),
    "supplier_id": N_("Supplier"),
    "stage": N_("Stage"),
    "currency": N_("Currency"),
    "coupon_code": N_("Coupon"),
    "ship_address": N_("Ship to"),
    "note": N_("Note"),
    "ordered_at": N_("Ordered at"),
    "confirmed_at": N_("Confirmed at"),
    "processing_at": N_("In processing since"),
    "shipped_at": N_("Shipped at"),
    "completed_at": N_("Completed at"),
    "cancelled_at": N_("Cancelled at"),
    "returned_at": N_("Returned at"),
    "ordered_on": N_("Ordered on"),
    "promised_on": N_("Promised"),
    "confirmed_on": N_("Confirmed on"),
    "shipped_on": N_("Shipped on"),
    "completed_on": N_("Completed on"),
    "cancelled_on": N_("Cancelled on"),
    "returned_on": N_("Returned on"),
    "due_on": N_("Payment due"),
    "cancel_reason": N_("Cancelled because"),
    "units": N_("Units"),
    "returned_units": N_("Units returned"),
    "gross_sales": N_("Gross sales"),
    "returns_value": N_("Value of returns"),
    "net_sales": N_("Net sales"),
    "cost": N_("Cost"),
    "paid": N_("Paid"),
    "line_number": N_("Line number"),
    "quantity": N_("Quantity"),
    "returned_quantity": N_("Quantity returned"),
    "received_quantity": N_("Quantity received"),
    "unit_price": N_("Unit price"),
    "discount_rate": N_("Discount"),
    "unit_cost": N_("Unit cost"),
    "amount": N_("Amount"),
    "method": N_("Method"),
    "reference": N_("Reference"),
    "paid_at": N_("Paid at"),
    "paid_on": N_("Paid on"),
    "on_hand": N_("On hand"),
    "reserved": N_("Reserved"),
    "reorder_point": N_("Reorder point"),
    "kind": N_("Kind"),
    "moved_at": N_("Moved at"),
    "carrier": N_("Carrier"),
    "tracking_number": N_("Tracking no."),
    "delivered_at": N_("Delivered at"),
    "reason": N_("Reason"),
    "state": N_("State"),
    "cause": N_("Cause"),
    "requested_at": N_("Requested at"),
    "expected_on": N_("Expected on"),
    "received_at": N_("Received at"),
    "author": N_("Author"),
    "text": N_("Text"),
    "written_at": N_("Written at"),
    "position": N_("Position"),
    "owner_role": N_("Owner"),
    "target_hours": N_("Target in hours"),
    "exit_criteria": N_("Exit criteria in English"),
    "exit_criteria_zh": N_("Exit criteria in Chinese"),
    "role": N_("Role"),
    "max_rate": N_("Largest discount"),
}
# an action of the log → what the person did
ACTIONS: dict[str, str] = {
    "create_order": N_("created the order"),
    "confirm_order": N_("confirmed the order"),
    "start_processing": N_("started processing"),
    "ship_order": N_("shipped the order"),
    "complete_order": N_("completed the order"),
    "cancel_order": N_("cancelled the order"),
    "propose_cancellation": N_("proposed to cancel"),
    "register_return": N_("registered a return"),
    "take_payment": N_("booked a payment"),
    "refund_payment": N_("booked a refund"),
    "change_line_quantity": N_("changed a quantity"),
    "change_line_discount": N_("changed a discount"),
    "change_promised_date": N_("changed the promised date"),
    "change_address": N_("changed the address"),
    "change_owner": N_("changed the sales rep"),
    "change_note": N_("changed the note"),
    "comment_on_order": N_("wrote a comment"),
    "move_orders": N_("moved several orders"),
    "undo_change": N_("undid a change"),
    "change_stage_rule": N_("changed the rule of a stage"),
    "change_discount_limit": N_("changed a discount limit"),
    "import": N_("imported data"),
    "bulk_load": N_("loaded data"),
    "begin_log": N_("began the log"),
    "insert": N_("added a row outside of the app"),
    "update": N_("changed a row outside of the app"),
    "delete": N_("deleted a row outside of the app"),
    "add_user": N_("added an account"),
    "set_password": N_("set a password"),
    "set_role": N_("changed a role"),
    "disable_user": N_("disabled an account"),
    "enable_user": N_("enabled an account"),
}


def action_in_words(action: str) -> str:
    """What the person did; an action of a later version as it is stored."""
    return _(ACTIONS[action]) if action in ACTIONS else action


def in_words(column: str, value: Any) -> str:
    """The stored value of a `table.column` as people read it; nothing for no value."""
    if value is None or value != value:
        return ""
    known = WORDS[column].get(str(value))
    return _(known) if known else str(value)
