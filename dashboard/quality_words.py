"""What each rule of data quality finds, in words."""

from __future__ import annotations

from dashboard.texts import N_, _

RELATION_NAMES: dict[str, str] = {
    "customers": N_("Customers"),
    "contacts": N_("Contacts"),
    "orders": N_("Orders"),
    "order_lines": N_("Order lines"),
    "payments": N_("Payments"),
    "products": N_("Products"),
    "stock": N_("Stock"),
}
KIND_NAMES: dict[str, str] = {
    "missing": N_("Missing"),
    "invalid": N_("Wrong"),
    "orphan": N_("Orphan"),
    "double": N_("There twice"),
}
SEVERITY_NAMES = {3: N_("Grave"), 2: N_("Moderate"), 1: N_("Minor")}
RULE_NAMES: dict[str, str] = {
    "customers.no_owner_id": N_("Customer without an owner"),
    "customers.no_region_id": N_("Customer without a region"),
    "customers.no_phone": N_("Customer without a phone"),
    "customers.no_email": N_("Customer without an e-mail address"),
    "customers.no_address": N_("Customer without an address"),
    "customers.consent_unknown": N_("It is not known whether the customer may be contacted"),
    "customers.owner_left": N_("The owner has left the company"),
    "customers.bad_phone": N_("The phone is no phone number"),
    "customers.bad_email": N_("The e-mail address is none"),
    "customers.bad_born_on": N_("Born in the future, or more than 120 years ago"),
    "customers.consent_without_day": N_("Consent without the day it was given"),
    "customers.same_phone": N_("Several customers with the same phone"),
    "contacts.unreachable": N_("Contact without phone and e-mail address"),
    "contacts.bad_phone": N_("The contact's phone is no phone number"),
    "contacts.bad_email": N_("The contact's e-mail address is none"),
    "contacts.customer_gone": N_("Contact of a customer that does not exist"),
    "contacts.twice": N_("The same contact twice at one customer"),
    "orders.no_customer_id": N_("Order without a customer"),
    "orders.no_owner_id": N_("Order without a sales rep"),
    "orders.no_region_id": N_("Order without a region"),
    "orders.no_promised_on": N_("Order without a promised date"),
    "orders.customer_gone": N_("Order of a customer that does not exist"),
    "orders.no_lines": N_("Order without anything in it"),
    "orders.dates_out_of_order": N_("Dates out of order, such as shipped before ordered"),
    "orders.stage_without_day": N_("Stage reached, but the day is not known"),
    "orders.ordered_in_future": N_("Ordered in the future"),
    "orders.below_zero": N_("Net sales below zero"),
    "orders.overpaid": N_("More paid than ordered"),
    "orders.twice": N_("Perhaps entered twice: same customer, day, channel, amount and units"),
    "order_lines.no_unit_cost": N_("Order line without a cost"),
    "order_lines.order_gone": N_("Line of an order that does not exist"),
    "order_lines.bad_quantity": N_("Quantity of zero or less"),
    "order_lines.bad_price": N_("Price below zero"),
    "order_lines.free": N_("Price of zero"),
    "order_lines.bad_discount": N_("Discount below zero or over 100 %"),
    "order_lines.returned_more": N_("More returned than ordered"),
    "order_lines.other_currency": N_("The product is priced in another currency than the order"),
    "payments.order_gone": N_("Payment of an order that does not exist"),
    "payments.of_nothing": N_("Payment of nothing"),
    "payments.other_currency": N_("Paid in another currency than ordered"),
    "payments.in_future": N_("Paid in the future"),
    "products.no_category_id": N_("Product without a category"),
    "products.no_supplier_id": N_("Product without a supplier"),
    "products.no_unit_cost": N_("Product without a cost"),
    "products.no_list_price": N_("Product without a list price"),
    "products.bad_price": N_("List price of zero or less"),
    "products.bad_cost": N_("Cost below zero"),
    "products.below_cost": N_("List price below cost"),
    "products.gone_before_new": N_("Discontinued before it was introduced"),
    "products.twice": N_("Several products with the same name"),
    "stock.no_reorder_point": N_("Stock without a reorder point"),
    "stock.below_zero": N_("Stock below zero"),
    "stock.oversold": N_("More reserved than on hand"),
}
FIELD_NAMES: dict[str, str] = {
    "name": N_("Name"),
    "name_zh": N_("Chinese name"),
    "customer_type": N_("Type"),
    "industry": N_("Industry"),
    "grade": N_("Grade"),
    "source": N_("Won through"),
    "owner_id": N_("Owner"),
    "region_id": N_("Region"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "address": N_("Address"),
    "city": N_("City"),
    "country": N_("Country"),
    "born_on": N_("Born"),
    "consent": N_("Consent"),
}
COUNT_NAMES: dict[str, str] = {
    "orders": N_("Orders"),
    "contacts": N_("Contacts"),
    "interactions": N_("Conversations"),
    "feedback": N_("Feedback"),
    "opportunities": N_("Opportunities"),
}
CONSENT_NAMES = {"granted": N_("Granted"), "refused": N_("Refused"), "unknown": N_("Unknown")}


def severity_in_words(severity: int) -> str:
    return _(SEVERITY_NAMES[int(severity)])
