"""The CRM database: tables, scopes, queries and commands. Knows nothing of Streamlit."""
