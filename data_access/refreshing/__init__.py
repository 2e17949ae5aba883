"""What `python -m dashboard refresh` reads and writes, with the rights of the system: results are
worked out of everybody's orders, and a page shows each person those they may see."""
