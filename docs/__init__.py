"""Documentation, and the scripts that make the parts of it that can be made."""
