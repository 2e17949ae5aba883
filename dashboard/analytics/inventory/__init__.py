"""Inventory: where stock stands, what demand is, when to order again and how much, when it runs
out, what a policy would have done, and who gets what is short.

Demand, lead times and ways into the future are arrays by item (a product in a warehouse), in the
order of the frame they were asked for; what a page shows comes back as frames.
"""
