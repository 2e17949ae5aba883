"""The gettext catalogues, and the command that keeps them in step with the code."""
