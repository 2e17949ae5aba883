"""A mapping for UCI Online Retail, one CSV file from which four tables are made."""

MAPPING = '''
source = "online_retail"
time_zone = "Europe/London"

[tables.channels]
existing = "use"
rows = [{ id = "phone", channel = "phone", name = "Phone" }]

[tables.customers]
select = """
SELECT CustomerID, max(Country) AS country FROM source WHERE CustomerID IS NOT NULL GROUP BY 1
"""
id = "CustomerID"
[tables.customers.columns]
name = { sql = "'Customer ' || replace(CustomerID, '.0', '')" }
country = "country"

[tables.products]
select = "SELECT StockCode, max(Description) AS name FROM source GROUP BY 1"
id = "StockCode"
[tables.products.columns]
sku = "StockCode"
name = { sql = "coalesce(name, StockCode)" }
currency = { value = "GBP" }

[tables.orders]
select = """
SELECT InvoiceNo, min(InvoiceDate) AS moment, max(CustomerID) AS customer FROM source GROUP BY 1
"""
id = "InvoiceNo"
[tables.orders.columns]
order_number = "InvoiceNo"
customer_id = { column = "customer", lookup = "customers" }
channel = { value = "phone", lookup = "channels" }
stage = { value = "completed" }
currency = { value = "GBP" }
ordered_at = "moment"

[tables.order_lines]
select = """
SELECT *, row_number() OVER (PARTITION BY InvoiceNo ORDER BY source_row) AS line FROM source
"""
id = ["InvoiceNo", "line"]
[tables.order_lines.columns]
order_id = { column = "InvoiceNo", lookup = "orders" }
line_number = "line"
product_id = { column = "StockCode", lookup = "products" }
quantity = "Quantity"
unit_price = "UnitPrice"
'''
