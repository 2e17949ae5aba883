"""From an order to what else its customer may want, and to who else may want its products."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.menu import find_page, may_open
from dashboard.offer_choice import link_to_offers
from dashboard.order_view import Order
from dashboard.texts import _, plain
from data_access.scope import Scope


def order_offers(scope: Scope, order: Order, lines: pd.DataFrame) -> None:
    """Beside the lines, for who may open the offers."""
    if not may_open(scope.role, "offers"):
        return
    page = find_page("offers")
    with st.popover(_(page.title), icon=page.icon, key="order_offers", width="content"):
        if order["customer_id"] is not None:
            link_to_offers(_("What to offer"), customer=order["customer_id"])
        products = lines.dropna(subset=["product_id", "product"]).drop_duplicates("product_id")
        if len(products):
            st.markdown(f":small[:gray[{_('Who else may want it')}]]")
        for product_id, product in zip(products["product_id"], products["product"], strict=True):
            link_to_offers(
                plain(product), icon=":material/groups:", view="product", product=int(product_id)
            )
