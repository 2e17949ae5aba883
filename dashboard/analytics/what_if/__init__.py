"""What would happen if: parameters estimated from the past with their own errors, and scenarios on
the same simulated paths as the baseline."""
