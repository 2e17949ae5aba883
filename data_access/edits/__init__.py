"""Commands: one transaction each, logged below by triggers, carried out once per request."""
