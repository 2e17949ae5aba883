"""What to offer whom, and why. Arrays in, frames out; sparse matrices of customers by products."""
